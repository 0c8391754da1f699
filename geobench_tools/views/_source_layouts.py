"""Source layouts: YAML files that say which lists a public data set has and what they hold."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from geobench_tools.errors import InputError
from geobench_tools.safeyaml import parse_yaml

__all__ = [
    "BRACES",
    "Listing",
    "Positions",
    "SourceLayout",
    "Tiles",
    "ViewTemplate",
    "layouts",
    "load_layout",
]

BRACES = re.compile(r"\{(\w+)\}")
"""A column in a template, or a named part of a path in a pattern."""

_Made = TypeVar("_Made")
_NAMES = {str: "a text", int: "a whole number", float: "a number"}
_MOST = {"zoom": 30, "pixels": 100_000, "density": 100}


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

    kind: Literal["ground", "satellite"]
    view_id: str
    lat: str
    lon: str
    image: tuple[str, ...] = ()
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
    format: Literal["text", "names", "mat"] = "text"
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
            raise InputError(f"{name} does not exist", hint="check the path")
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
    except ValueError as error:
        raise InputError(f"{shown} is not YAML: {error}") from None
    try:
        if not isinstance(document, dict):
            raise _Fault("it is not a mapping")
        layout = _made(SourceLayout, {**document, "name": Path(shown).stem}, "")
        _check(layout)
    except _Fault as error:
        raise InputError(
            f"{shown}: {error}", hint="compare it with a layout that comes with the package"
        ) from None
    return layout


def _made(kind: type[_Made], entry: Any, where: str) -> _Made:
    """Make a dataclass of a mapping; names and types are checked."""
    if not isinstance(entry, dict):
        raise _Fault(f"{where} is not a mapping")
    types = get_type_hints(kind)
    for name in entry:
        if name not in types:
            raise _Fault(f"{where or 'it'} has {name!r}; it may have {', '.join(types)}")
    for part in fields(kind):  # type: ignore[arg-type]
        if part.name not in entry and part.default is part.default_factory is MISSING:
            raise _Fault(f"{where or 'it'} lacks {part.name}")
    return kind(
        **{
            name: _typed(types[name], value, f"{where}.{name}".strip("."))
            for name, value in entry.items()
        }
    )


def _typed(kind: Any, value: Any, where: str) -> Any:
    """Return a value of the YAML file as the type of a field, a lone text as a tuple of one."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return None if value is None else _typed(inner[0], value, where)
    if origin is Literal:
        if value not in inner:
            raise _Fault(f"{where} is not {' or '.join(inner)}")
        return value
    if isinstance(kind, type) and is_dataclass(kind):
        return _made(kind, value, where)
    if origin is tuple:
        entries = [value] if isinstance(value, str) else value
        if not isinstance(entries, list) or (inner[-1] is not ... and len(entries) != len(inner)):
            raise _Fault(f"{where} is not a list" + f" of {len(inner)}" * (inner[-1] is not ...))
        return tuple(_typed(inner[0], e, f"{where}[{i}]") for i, e in enumerate(entries, 1))
    if origin is Mapping:
        if not isinstance(value, dict):
            raise _Fault(f"{where} is not a mapping")
        return {str(key): _typed(inner[1], e, f"{where}.{key}") for key, e in value.items()}
    wanted = (int, float) if kind is float else kind
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise _Fault(f"{where} is not {_NAMES[kind]}")
    return value


def _check(layout: SourceLayout) -> None:
    tiles = layout.tiles
    for name, number, least in (
        ("zoom", tiles.zoom, 0),
        ("pixels", tiles.pixels, 1),
        ("density", tiles.density, 1),
    ):
        if number is not None and not least <= number <= _MOST[name]:
            raise _Fault(f"tiles.{name} is not from {least} to {_MOST[name]}")
    for number, listing in enumerate(layout.lists, start=1):
        _check_list(listing, f"lists[{number}]")


def _check_list(listing: Listing, where: str) -> None:
    """Check patterns and separators, and that each template names columns that are there."""
    if not listing.files or not listing.views:
        raise _Fault(f"{where} has no files or no views")
    separators = [listing.separator, *([listing.positions.separator] if listing.positions else [])]
    if any(len(mark) != 1 or mark in '"\r\n' for mark in separators):
        raise _Fault(f"a separator in {where} is not one character")
    if listing.format == "mat" and len(listing.columns) != len(listing.variables):
        raise _Fault(
            f"{where} has {len(listing.columns)} columns for {len(listing.variables)} variables"
        )
    parts = [_parts(text, where) for texts in listing.files.values() for text in texts]
    known = set[str].intersection(*parts) if parts else set()
    known |= {"file"} if listing.format == "names" else set(listing.columns)
    for column, text in listing.match.items():
        _check_columns([f"{{{column}}}"], known, f"{where}.match")
        try:
            known |= set(re.compile(text).groupindex)
        except re.error as error:
            raise _Fault(f"{where}.match.{column} is no regular expression: {error}") from None
    if listing.positions:
        _parts(listing.positions.file, where)
        _check_columns([listing.positions.row], known, f"{where}.positions.row")
        known |= set(listing.positions.columns)
    for number, view in enumerate(listing.views, start=1):
        templates = [view.view_id, view.lat, view.lon, *view.image, view.tile_id, view.place]
        _check_columns([text for text in templates if text], known, f"{where}.views[{number}]")


def _parts(pattern: str, where: str) -> set[str]:
    """Return the named parts of a pattern of files."""
    path = PurePosixPath(pattern)
    names = BRACES.findall(pattern)
    if not pattern or path.is_absolute() or ".." in path.parts:
        raise _Fault(f"{pattern!r} in {where}.files is no path inside the data set")
    if len(set(names)) < len(names) or not all(name.isidentifier() for name in names):
        raise _Fault(f"{pattern!r} in {where}.files names a part twice, or by no name")
    return set(names)


def _check_columns(templates: Sequence[str], known: set[str], where: str) -> None:
    for template in templates:
        for name in BRACES.findall(template):
            if name not in known:
                raise _Fault(f"{where} names {name!r}, but there are {', '.join(sorted(known))}")
