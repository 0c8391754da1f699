"""Source layouts: YAML files that say which lists a public data set has and what they hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from geobench_tools.errors import InputError
from geobench_tools.safeyaml import parse_yaml

__all__ = [
    "Listing",
    "Positions",
    "SourceLayout",
    "Tiles",
    "ViewTemplate",
    "layouts",
    "load_layout",
]

_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Tiles:
    """What is known of the satellite tiles of a source.

    Attributes:
        zoom: Web Mercator zoom level, or None where it is not published.
        pixels: Side of a tile as published, pixels, or None.
        density: How often a pixel of the map service was split in two each way.
    """

    zoom: int | None = None
    pixels: int | None = None
    density: int = 1


@dataclass(frozen=True)
class Positions:
    """A further list whose n-th line holds the position of a record.

    Attributes:
        file: Path in the data set.
        columns: Names of its columns.
        row: Template of the 1-based line number.
        remedy: What to do if the file is missing.
        separator: Between its values.
    """

    file: str
    columns: tuple[str, ...]
    row: str
    remedy: str
    separator: str = ","


@dataclass(frozen=True)
class ViewTemplate:
    """How a record becomes a view; templates name columns in braces.

    Attributes:
        kind: ``ground`` or ``satellite``.
        view_id: Template of the id.
        lat: Template of the latitude, or of the northing where the layout has a ``crs``.
        lon: Template of the longitude, or of the easting.
        image: Templates of the image path; the first that exists is taken, else the first.
        tile_id: Template of the id of the tile that shows a ground view's place, or None.
        place: Template of the place, or None.
    """

    kind: str
    view_id: str
    lat: str
    lon: str
    image: tuple[str, ...]
    tile_id: str | None = None
    place: str | None = None


@dataclass(frozen=True)
class Listing:
    """One list of a source.

    Attributes:
        files: Patterns of its files by split, the default split first; of several patterns the
            first that matches any file counts. ``{name}`` matches one path part and names it.
        views: What each record becomes.
        format: ``text`` (lines of values), ``names`` (the file names are the records) or ``mat``
            (variables of a MATLAB 5 file).
        separator: Between the values of a line; a space stands for any white space.
        columns: Names of the values, or of the variables.
        variables: Variables of a MATLAB file, ``name.0`` for the first column of a matrix.
        rows: Variables with the 1-based rows of a split in a MATLAB file.
        match: Regular expressions by column, whose named groups become columns.
        positions: Where the positions are, if not in the list.
    """

    files: Mapping[str, tuple[str, ...]]
    views: tuple[ViewTemplate, ...]
    format: str = "text"
    separator: str = ","
    columns: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    rows: Mapping[str, str] = field(default_factory=dict)
    match: Mapping[str, str] = field(default_factory=dict)
    positions: Positions | None = None

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits that can be asked for."""
        return tuple(dict.fromkeys([*self.files, *self.rows]))


@dataclass(frozen=True)
class SourceLayout:
    """A public cross-view data set as it lies on disk.

    Attributes:
        name: Name for ``--source``.
        title: Its own name.
        homepage: Where it is described and asked for.
        licence: As far as it is published.
        citation: How to cite it.
        notes: Known faults and pitfalls.
        tiles: What is known of its satellite tiles.
        lists: Its lists; of several that give views of one kind, the first with files counts.
        crs: Reference system of its positions if they are not in degrees.
        region: West, south, east and north bound of all positions, degrees, or None.
    """

    name: str
    title: str
    homepage: str
    licence: str
    citation: str
    notes: tuple[str, ...]
    tiles: Tiles
    lists: tuple[Listing, ...]
    crs: str | None = None
    region: tuple[float, float, float, float] | None = None


def layouts() -> dict[str, SourceLayout]:
    """Return the layouts that come with the package, by name."""
    folder = resources.files("geobench_tools.manifests") / "sources"
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    return {
        file.name.removesuffix(".yaml"): _parse(file, file.name)
        for file in files
        if file.name.endswith(".yaml")
    }


def load_layout(name: str) -> SourceLayout:
    """Return a layout by name, or from a YAML file of one's own.

    Raises:
        InputError: There is no such layout, or the file is none.
    """
    if name.endswith((".yaml", ".yml")):
        if not Path(name).is_file():
            raise InputError(f"{name} does not exist")
        return _parse(Path(name), name)
    known = layouts()
    if name not in known:
        raise InputError(
            f"there is no source layout {name!r}",
            hint=f"one of {', '.join(known)}, or a YAML file of your own",
        )
    return known[name]


class _Fault(Exception):
    """What is wrong with a layout file."""


def _parse(file: Traversable, shown: str) -> SourceLayout:
    try:
        document = parse_yaml(file.read_bytes())
        return _layout(Path(shown).stem, document)
    except ValueError as error:
        raise InputError(f"{shown} is not YAML: {error}") from None
    except _Fault as error:
        raise InputError(
            f"{shown}: {error}", hint="compare it with a layout that comes with the package"
        ) from None


def _layout(name: str, document: object) -> SourceLayout:
    values = _fields(document, SourceLayout, "the file", leave_out="name")
    for part in ("title", "homepage", "licence", "citation"):
        _check(values.get(part), str, part)
    for part in ("notes", "lists"):
        _check(values.get(part), list, part)
    region = values.get("region")
    if region is not None and not (
        isinstance(region, list) and len(region) == 4 and all(_is_number(side) for side in region)
    ):
        raise _Fault("region is not a list of four numbers")
    return SourceLayout(
        name=name,
        **values
        | {
            "notes": tuple(str(note) for note in values["notes"]),
            "tiles": Tiles(**_fields(values.get("tiles"), Tiles, "tiles")),
            "lists": tuple(_listing(entry, i + 1) for i, entry in enumerate(values["lists"])),
            "region": tuple(float(side) for side in region) if region else None,
        },
    )


def _listing(entry: object, number: int) -> Listing:
    where = f"list {number}"
    values = _fields(entry, Listing, where)
    _check(values.get("files"), dict, f"files of {where}")
    _check(values.get("views"), list, f"views of {where}")
    if values.get("format", "text") not in ("text", "names", "mat"):
        raise _Fault(f"format of {where} is not text, names or mat")
    values["files"] = {
        split: _texts(patterns, where) for split, patterns in values["files"].items()
    }
    values["views"] = tuple(_view(view, where) for view in values["views"])
    for part in ("columns", "variables"):
        values[part] = _texts(values.get(part, []), where)
    if values.get("positions") is not None:
        positions = _fields(values["positions"], Positions, f"positions of {where}")
        positions["columns"] = _texts(positions.get("columns", []), where)
        values["positions"] = _made(Positions, positions, f"positions of {where}")
    return _made(Listing, values, where)


def _view(entry: object, where: str) -> ViewTemplate:
    values = _fields(entry, ViewTemplate, f"a view of {where}")
    if values.get("kind") not in ("ground", "satellite"):
        raise _Fault(f"kind of a view of {where} is not ground or satellite")
    values["image"] = _texts(values.get("image", []), where)
    return _made(ViewTemplate, values, f"a view of {where}")


def _fields(entry: object, kind: type[Any], where: str, leave_out: str = "") -> dict[str, Any]:
    _check(entry, dict, where)
    assert isinstance(entry, dict)
    known = [name for name in kind.__dataclass_fields__ if name != leave_out]
    for name in entry:
        if name not in known:
            raise _Fault(f"{where} has {name!r}; it may have {', '.join(known)}")
    return dict(entry)


def _made(kind: Callable[..., _Made], values: dict[str, Any], where: str) -> _Made:
    try:
        return kind(**values)
    except TypeError as error:
        missing = str(error).partition(": ")[2] or str(error)
        raise _Fault(f"{where} lacks {missing}") from None


def _texts(value: object, where: str) -> tuple[str, ...]:
    entries = [value] if isinstance(value, str) else value
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise _Fault(f"{value!r} in {where} is not a list of texts")
    return tuple(entries)


def _check(value: object, kind: type[Any], what: str) -> None:
    if not isinstance(value, kind):
        names = {"dict": "a mapping", "list": "a list", "str": "a text"}
        raise _Fault(f"{what} is not {names[kind.__name__]}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
