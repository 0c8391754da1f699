"""Write a commented settings file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from geobench_tools.doctor._layouts import recognise
from geobench_tools.errors import InputError
from geobench_tools.files import atomic_file

__all__ = ["WrittenSettings", "write_settings"]

_DEEPEST = 2


@dataclass(frozen=True)
class WrittenSettings:
    """A settings file as written.

    Attributes:
        text: Its content.
        data: The data roots that were found, by family.
    """

    text: str
    data: Mapping[str, str]


def write_settings(
    output: Path | None, scan: Sequence[Path] = (), *, overwrite: bool = False
) -> WrittenSettings:
    """Write the commented settings file, with the data roots found in some folders.

    Args:
        output: The file; None to write nothing.
        scan: Folders to look into, and two levels below.
        overwrite: Replace an existing file.

    Raises:
        InputError: The file exists, or a folder to look into does not.
    """
    if output is not None and output.exists() and not overwrite:
        raise InputError(f"{output} exists already", hint="edit it, or pass --overwrite")
    found: dict[str, str] = {}
    for folder in scan:
        if not folder.is_dir():
            raise InputError(f"{folder} is no folder", hint="--scan takes a folder")
        for family, root in _roots(folder):
            found.setdefault(family, str(root.resolve()))
    text = (files("geobench_tools.manifests") / "geor1.toml").read_text(encoding="utf-8")
    text = _with_roots(text, found)
    if output is not None:
        with atomic_file(output) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return WrittenSettings(text, found)


def _roots(folder: Path) -> list[tuple[str, Path]]:
    """Families of benchmark data below a folder, the outermost folder of each first."""
    found: list[tuple[str, Path]] = []
    level = [folder]
    for _ in range(_DEEPEST + 1):
        found += [(family, place) for place in level for family in recognise(place)]
        level = [
            inner
            for place in level
            for inner in sorted(place.iterdir())
            if inner.is_dir() and not inner.is_symlink() and not inner.name.startswith(".")
        ]
    return found


def _with_roots(text: str, roots: Mapping[str, str]) -> str:
    lines = text.splitlines()
    for family, root in roots.items():
        quoted = root.replace("\\", "\\\\").replace('"', '\\"')
        line = f'{family} = "{quoted}"'
        places = [i for i, old in enumerate(lines) if old.startswith(f"#{family} = ")]
        if places:
            lines[places[0]] = line
        else:
            lines.insert(lines.index("[data]") + 1, line)
    return "\n".join(lines) + "\n"
