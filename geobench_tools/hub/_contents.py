"""What of a folder would be published: its kind, its files, what stays here, and what to mind."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from geobench_tools.errors import InputError
from geobench_tools.files import sha256_file
from geobench_tools.pairing import PairingSet, open_pairs
from geobench_tools.provenance import Manifest, read_manifest
from geobench_tools.safeyaml import parse_yaml
from geobench_tools.strictjson import parse_json

__all__ = ["Contents", "LeftOut", "contents_of"]

RepoType = Literal["dataset", "model"]

CARD = "README.md"
_KINDS = {"pairing-set": "card.md", "traces": "card.md", "export": CARD}
_TRAINING = "training-run"
_WEIGHTS = ("config.json", "adapter_config.json")
_CREDIT = "attribution.json"
_UNDECIDED = ("other", "")
_STATE = re.compile(
    r"(optimizer|scheduler|scaler|training_args)\.(pt|bin)|rng_state.*\.pth|trainer_state\.json"
    r"|events\.out\.tfevents\..*"
)
_FOLDERS = {
    "replies": "raw replies of the teacher; traces.jsonl has them",
    "checkpoints": "states to resume from",
    "tensorboard": "a log of this machine",
    "logs": "a log of this machine",
    "__pycache__": "a cache",
}
_TEXTS = (".json", ".jsonl", ".md", ".yaml", ".yml", ".html", ".txt", ".csv", ".toml", ".jinja")
_CHUNK, _OVERLAP = 4 << 20, 256
_SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)$")
_SHORTEST_SECRET = 8
_SECRETS = {
    "a Hugging Face token": rb"\bhf_[A-Za-z0-9]{30,}\b",
    "an API key (sk-…)": rb"\bsk-[A-Za-z0-9_-]{20,}",
    "a GitHub token": rb"\bgh[pousr]_[A-Za-z0-9]{36,}\b",
    "an AWS access key": rb"\bAKIA[0-9A-Z]{16}\b",
    "a private key": rb"-----BEGIN [A-Z ]*PRIVATE KEY-----",
}
_ELSEWHERE = rb"(?:/home|/Users|[A-Z]:\\\\?Users)[/\\]+[^/\\\"'\s<>]+"


@dataclass(frozen=True)
class LeftOut:
    """A file or folder that stays here.

    Attributes:
        path: Relative to the folder.
        reason: Why.
    """

    path: str
    reason: str


@dataclass(frozen=True)
class Contents:
    """What of a folder would be published.

    Attributes:
        folder: The folder.
        kind: ``pairing-set``, ``traces``, ``export`` or ``checkpoint``.
        repo_type: What the Hub calls it.
        files: Size in bytes of each file, by its name there.
        sources: Where each of them lies here.
        left_out: What stays here.
        paths: Places of this machine that a file names, by the file's name.
        licence: That of the card, else that of the images; empty if neither is known.
    """

    folder: Path
    kind: str
    repo_type: RepoType
    files: dict[str, int]
    sources: dict[str, Path]
    left_out: tuple[LeftOut, ...]
    paths: dict[str, str]
    licence: str

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(self.files.values())


def contents_of(folder: Path) -> Contents:
    """Look through a folder that this project made.

    Raises:
        InputError: It is none of the kinds that can be published, a file of it holds a key, is a
            link that leads elsewhere, or its card cannot be read.
    """
    kind, manifest = _kind_of(folder)
    card = folder / _KINDS.get(kind, CARD)
    header = _header(card)
    sources, left_out = _files(folder)
    if card.name != CARD and card.name in sources:
        sources[CARD] = sources.pop(card.name)
    paths: dict[str, str] = {}
    known = _known_secrets()
    for name, path in sources.items():
        if path.suffix.lower() in _TEXTS and (found := _look_into(path, name, folder, known)):
            paths[name] = found
    return Contents(
        folder,
        kind,
        "model" if kind == "checkpoint" else "dataset",
        {name: path.stat().st_size for name, path in sorted(sources.items())},
        sources,
        tuple(left_out),
        paths,
        _licence(folder, manifest, header),
    )


def _kind_of(folder: Path) -> tuple[str, Manifest | None]:
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder", hint="name the folder to publish")
    if any((folder / name).is_file() for name in _WEIGHTS):
        return "checkpoint", None
    path = folder / "manifest.json"
    for kind in _KINDS:
        try:
            return kind, read_manifest(path, kind)
        except InputError:
            continue
    hint = "geor1 build-pairs, export-pairs, synth-cot or train make what can be published"
    if (folder / "final").is_dir():
        hint = f"the trained model lies in {folder / 'final'}"
    raise InputError(
        f"{folder} holds no pairing set, export, traces or checkpoint of a finished command", hint
    )


def _files(folder: Path) -> tuple[dict[str, Path], list[LeftOut]]:
    sources: dict[str, Path] = {}
    left_out: list[LeftOut] = []
    root = folder.resolve()
    for where, folders, names in os.walk(folder):
        here = Path(where)
        relative = here.relative_to(folder)
        for name in sorted(folders):
            if reason := _reason(name, folder=True) or _link(here / name):
                left_out.append(LeftOut((relative / name).as_posix() + "/", reason))
                folders.remove(name)
        folders.sort()
        for name in sorted(names):
            path, shown = here / name, (relative / name).as_posix()
            if reason := _reason(name):
                left_out.append(LeftOut(shown, reason))
            elif not _is_text(shown):
                raise InputError(
                    f"{os.fsencode(path)!r}: the Hub takes names in UTF-8 alone", hint="rename it"
                )
            elif not path.resolve().is_relative_to(root):
                raise InputError(
                    f"{path} is a link that leads out of {folder}",
                    hint="make the folder again with --copy-images, or remove the link",
                )
            else:
                sources[shown] = path
    return sources, left_out


def _reason(name: str, *, folder: bool = False) -> str:
    if name.startswith("."):
        return "hidden: unfinished work or settings"
    if folder:
        return _FOLDERS.get(name, "states to resume from" if name.startswith("checkpoint-") else "")
    if name.endswith((".log", ".tmp", ".lock", ".pyc")):
        return "a log or temporary file"
    if name.endswith((".pkl", ".pickle")):
        return "a pickle runs code when it is opened"
    return "state of the trainer or a log of this machine" if _STATE.fullmatch(name) else ""


def _link(path: Path) -> str:
    return "a link to a folder" if path.is_symlink() else ""


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _known_secrets() -> dict[str, bytes]:
    """Return what the environment holds under names that speak of keys."""
    return {
        name: value.encode()
        for name, value in os.environ.items()
        if _SECRET_NAME.search(name.upper()) and len(value) >= _SHORTEST_SECRET
    }


def _look_into(path: Path, name: str, folder: Path, known: dict[str, bytes]) -> str:
    """Return the first place of this machine that a text names; a key in it is an error."""
    own = [str(Path.home()), str(folder.resolve().parent)]
    places = [re.escape(one.encode()) for one in own if len(Path(one).parts) > 1]
    place = re.compile(b"|".join([*places, _ELSEWHERE]))
    found = ""
    overlap = max([_OVERLAP, *map(len, known.values())])
    for text in _chunks(path, overlap):
        kinds = [kind for kind, pattern in _SECRETS.items() if re.search(pattern, text)]
        kinds += [f"the value of {variable}" for variable, value in known.items() if value in text]
        if kinds:
            raise InputError(
                f"{folder / name} holds what looks like {kinds[0]}",
                hint="remove it from the file, and make a new key if others have seen this one",
            )
        if not found and (match := place.search(text)):
            found = match.group().decode(errors="replace")
    return found


def _chunks(path: Path, overlap: int) -> Iterator[bytes]:
    before = b""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield before + chunk
            before = (before + chunk)[-overlap:]


def _header(card: Path) -> dict[str, Any]:
    if not card.is_file():
        return {}
    text = card.read_text(encoding="utf-8", errors="replace")
    if not text.startswith("---\n"):
        return {}
    try:
        header = parse_yaml(text.split("\n---", 1)[0])
    except ValueError as error:
        raise InputError(
            f"{card}: its YAML header cannot be read: {error}", hint="correct it between the ---"
        ) from None
    return header if isinstance(header, dict) else {}


def _licence(folder: Path, manifest: Manifest | None, header: dict[str, Any]) -> str:
    """Return the licence of the card, else of the images that the folder is about."""
    stated = str(header.get("license") or "")
    if stated not in _UNDECIDED:
        return stated
    name = str(header.get("license_name") or "")
    if header.get("license_link"):
        return name or str(header["license_link"])
    if manifest is None:
        return ""
    pairs = _pairs_of(folder, manifest)
    if pairs is None:
        return ""
    found = [_images_licence(pairs, kind) for kind in ("ground", "satellite")]
    return "; ".join(dict.fromkeys(found)) if all(found) else ""


def _pairs_of(folder: Path, manifest: Manifest) -> PairingSet | None:
    """Return the pairing set that this is or was made from, if it is still there."""
    where = [folder] if manifest.kind == "pairing-set" else _inputs(manifest)
    for one in where:
        try:
            return open_pairs(one)
        except InputError:
            continue
    return None


def _inputs(manifest: Manifest) -> Sequence[Path]:
    named = [(Path(one.path), one.sha256) for one in manifest.inputs]
    return [
        path.parent
        for path, digest in named
        if path.name == "manifest.json" and path.is_file() and sha256_file(path) == digest
    ]


def _images_licence(pairs: PairingSet, kind: str) -> str:
    root = pairs.image_root(kind)
    if root is None:
        return ""
    try:
        read_manifest(root / "manifest.json", "world")
        return "drawn by geobench-tools"
    except InputError:
        pass
    try:
        credit = parse_json((root / _CREDIT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(credit.get("licence") or "") if isinstance(credit, dict) else ""
