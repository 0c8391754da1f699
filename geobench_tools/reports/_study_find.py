"""What a study is made of: the artefacts below the folders that the user names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.provenance import Manifest, read_manifest
from geobench_tools.strictjson import parse_json

__all__ = ["Artefact", "Study", "find_artefacts", "json_of"]

PAIRS, TRACES, TRAINING, EVALUATION = "pairing-set", "traces", "training-run", "evaluation-run"
_MANIFESTS = ("manifest.json", "run.json")
_CONTROLS = "controls"
_DEPTH = 4


@dataclass(frozen=True)
class Artefact:
    """A folder with a manifest.

    Attributes:
        folder: Where it lies.
        name: Its path below the folder that the user named, or that folder's name.
        manifest: Its manifest.
    """

    folder: Path
    name: str
    manifest: Manifest

    @property
    def kind(self) -> str:
        """``pairing-set``, ``traces``, ``training-run`` or ``evaluation-run``."""
        return self.manifest.kind


@dataclass(frozen=True)
class Study:
    """All artefacts of a study, in order of their making.

    Attributes:
        artefacts: Pairing sets, traces, training runs and evaluation runs.
        suites: Documents of suites by folder.
    """

    artefacts: Sequence[Artefact]
    suites: Mapping[Path, Mapping[str, Any]]

    def suite_of(self, artefact: Artefact) -> Path | None:
        """Return the folder of the suite that an evaluation run is part of, or None."""
        place = artefact.folder.resolve()
        return next((folder for folder in self.suites if place.is_relative_to(folder)), None)

    def of(self, kind: str) -> list[Artefact]:
        """Return the artefacts of a kind."""
        return [one for one in self.artefacts if one.kind == kind]


def find_artefacts(folders: Sequence[Path]) -> Study:
    """Look for artefacts in and below folders, four levels deep; hidden folders are left out.

    Raises:
        InputError: A folder does not exist, or nothing was found.
    """
    found: dict[Path, Artefact] = {}
    suites: dict[Path, Mapping[str, Any]] = {}
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{folder} is no folder", hint="name folders of runs")
        for place in _below(folder, _DEPTH):
            if (place / "suite.json").is_file():
                suites[place.resolve()] = json_of(place / "suite.json")
            for one in _artefacts_in(place, folder):
                found.setdefault(place.resolve(), one)
    if not found:
        raise InputError(
            "nothing to show in " + ", ".join(map(str, folders)),
            hint="name folders made by build-pairs, synth-cot, train or eval",
        )
    ordered = sorted(found.values(), key=lambda one: (one.manifest.run["created_at"], one.name))
    return Study(ordered, suites)


def json_of(path: Path) -> Any:
    """Return the document of a JSON file.

    Raises:
        InputError: It is none.
    """
    try:
        return parse_json(path.read_bytes())
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}") from None


def _below(folder: Path, depth: int) -> Iterator[Path]:
    """Yield folders, those of artefacts as leaves but for the controls of a training run."""
    yield folder
    is_artefact = any((folder / name).is_file() for name in _MANIFESTS)
    for child in sorted(folder.iterdir()) if depth else ():
        if is_artefact and child.name != _CONTROLS:
            continue
        if child.is_dir() and not child.is_symlink() and not child.name.startswith("."):
            yield from _below(child, depth - 1)


def _artefacts_in(place: Path, named: Path) -> Iterator[Artefact]:
    for name in _MANIFESTS:
        if not (place / name).is_file():
            continue
        document = json_of(place / name)
        kind = document.get("kind") if isinstance(document, dict) else None
        if kind in (PAIRS, TRACES, TRAINING, EVALUATION):
            below = place.relative_to(named).as_posix()
            shown = named.resolve().name if below == "." else below
            yield Artefact(place, shown, read_manifest(place / name, kind))
