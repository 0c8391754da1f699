"""Which column of a source fills which column of a view table."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from geobench_tools.errors import InputError
from geobench_tools.views._schema import COLUMNS

__all__ = [
    "CAMERA",
    "SIDES",
    "USUAL_NAMES",
    "ColumnMap",
    "listed",
    "map_columns",
    "parse_mapping",
    "template_parts",
]

SIDES = ("west", "south", "east", "north")
"""Bounds of a footprint, which a source may have as four columns."""

USUAL_NAMES: dict[str, tuple[str, ...]] = {
    "view_id": ("view id", "id", "image id", "img id", "photo id", "key", "image key", "uuid"),
    "kind": ("view kind", "view type"),
    "lat": (
        "latitude",
        "gps latitude",
        "gps lat",
        "camera lat",
        "lat deg",
        "latitude deg",
        "center lat",
        "centre lat",
        "lat center",
        "lat wgs84",
        "northing",
        "y",
        "lat e7",
        "latitude e7",
        "lat radians",
        "latitude radians",
        "lat rad",
    ),
    "lon": (
        "longitude",
        "lng",
        "long",
        "gps longitude",
        "gps lon",
        "gps lng",
        "camera lon",
        "lon deg",
        "longitude deg",
        "center lon",
        "centre lon",
        "lon center",
        "lon wgs84",
        "easting",
        "x",
        "lon e7",
        "longitude e7",
        "lon radians",
        "longitude radians",
        "lon rad",
    ),
    "captured_at": (
        "capture time",
        "captured",
        "datetime",
        "date time",
        "timestamp",
        "datetime original",
        "date time original",
        "datetime utc",
        "datetime local",
        "date taken",
        "acquired",
        "acquired at",
        "acquisition date",
        "acquisition time",
        "time",
        "date",
    ),
    "heading_deg": (
        "heading",
        "compass angle",
        "compass",
        "yaw",
        "yaw deg",
        "bearing",
        "azimuth",
        "gps img direction",
        "img direction",
        "camera heading",
        "camera angle",
    ),
    "gps_error_m": ("gps error", "gps accuracy", "accuracy m", "horizontal accuracy"),
    "gsd_m": ("gsd", "ground sample distance", "resolution m", "m per px", "metres per pixel"),
    "width": ("image width", "img width", "width px"),
    "height": ("image height", "img height", "height px"),
    "provider": ("source", "vendor", "sensor"),
    "place": ("city", "town", "place name", "location name"),
    "tile_id": ("satellite id", "sat id", "satellite tile id"),
    "image": (
        "image path",
        "img",
        "img path",
        "file",
        "file name",
        "file path",
        "path",
        "photo",
        "image file",
        "image name",
        "img name",
    ),
    "bytes": ("file size", "size bytes"),
    "altitude_m": ("rel alt m", "relative altitude", "height above ground", "agl", "agl m"),
    "pitch_deg": ("gimbal pitch", "gimbal pitch degree", "camera pitch"),
    "focal_35mm": ("f35mm", "focal length 35mm", "focal length in 35mm film"),
    "footprint": ("geometry", "geom", "the geom", "wkt", "wkb", "polygon"),
    "west": ("bbox xmin", "xmin", "min x", "min lon", "lon min", "left"),
    "south": ("bbox ymin", "ymin", "min y", "min lat", "lat min", "bottom"),
    "east": ("bbox xmax", "xmax", "max x", "max lon", "lon max", "right"),
    "north": ("bbox ymax", "ymax", "max y", "max lat", "lat max", "top"),
}
"""Usual names of what fills each column, the likeliest first; only letters and digits matter."""

CAMERA = ("altitude_m", "pitch_deg", "focal_35mm")
"""How an overhead frame was taken, from which its footprint follows."""

_PLANAR = frozenset(("x", "y", "easting", "northing"))
"""Names of coordinates that a geometry beside them says better."""

_LISTED = 40
_TEMPLATE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class ColumnMap:
    """Where the columns of a view table come from.

    Attributes:
        used: Source column, or template as ``{id}.jpg``, by the view column (or side) it fills.
        guessed: The view columns among them that the user did not map.
        unused: Source columns that fill nothing.
        missing: Source columns that the user named and that do not exist, by view column.
    """

    used: Mapping[str, str]
    guessed: frozenset[str]
    unused: tuple[str, ...]
    missing: Mapping[str, str]


def parse_mapping(pairs: Sequence[str]) -> dict[str, str]:
    """Read ``lat=Latitude`` pairs; an empty right side leaves a column out.

    Raises:
        InputError: A pair has no ``=``, names no view column, or names one twice.
    """
    mapping: dict[str, str] = {}
    for pair in pairs:
        field, equals, source = pair.partition("=")
        field = field.strip()
        if not equals:
            raise InputError(f"--map {pair!r} has no '='", hint="write --map lat=Latitude")
        if field not in USUAL_NAMES:
            raise InputError(
                f"--map {pair!r}: there is no view column {field!r}",
                hint="the columns are " + ", ".join(USUAL_NAMES),
            )
        if field in mapping:
            raise InputError(f"--map names {field!r} twice", hint="keep one of the two")
        mapping[field] = source.strip()
    return mapping


def map_columns(names: Sequence[str], mapping: Mapping[str, str]) -> ColumnMap:
    """Find the source column for each view column.

    What the user mapped comes first, then a column of the very name, then the usual names in the
    order of ``USUAL_NAMES``. No source column is used twice by guessing.

    Args:
        names: Column names of the source.
        mapping: As ``parse_mapping`` returns it. The right side may be a template that joins
            columns and text, as ``{id}.jpg``.
    """
    present = set(names)
    used: dict[str, str] = {}
    missing: dict[str, str] = {}
    for field, source in mapping.items():
        absent = [part for part in _columns_of(source, present) if part not in present]
        if absent:
            missing[field] = absent[0]
        elif source:
            used[field] = source
    taken = {source for source in used.values() if source in present}
    open_fields = [field for field in USUAL_NAMES if field not in mapping]
    guessed = set()
    for field in open_fields:
        if field in present and field not in taken and field in COLUMNS:
            used[field] = field
            taken.add(field)
            guessed.add(field)
    by_key: dict[str, list[str]] = {}
    for name in names:
        by_key.setdefault(_key(name), []).append(name)
    if used.get("footprint") or _guess("footprint", by_key, taken):
        for name in _PLANAR:
            by_key.pop(name, None)
    sides = _guess_sides(by_key, open_fields, taken)
    for field in open_fields:
        if field in used:
            continue
        found = sides.get(field) if field in SIDES else _guess(field, by_key, taken)
        if found is not None:
            used[field] = found
            taken.add(found)
            guessed.add(field)
    sources = {part for source in used.values() for part in _columns_of(source, present)}
    unused = tuple(name for name in names if name not in sources)
    ordered = {field: used[field] for field in USUAL_NAMES if field in used}
    return ColumnMap(ordered, frozenset(guessed), unused, missing)


def _columns_of(source: str, present: Collection[str]) -> list[str]:
    """Return the columns that a mapping's right side uses; the name of a column is no template."""
    parts = [] if source in present else _TEMPLATE.findall(source)
    return parts or ([source] if source else [])


def listed(names: Sequence[str]) -> str:
    """Return names by comma; of very many the first."""
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" … and {more:,} more" if more > 0 else "")


def template_parts(source: str) -> list[tuple[bool, str]]:
    """Split a template into its parts, each with whether it is a column."""
    parts = _TEMPLATE.split(source)
    return [(i % 2 == 1, part) for i, part in enumerate(parts) if part]


def _guess(field: str, by_key: Mapping[str, list[str]], taken: set[str]) -> str | None:
    for usual in (field, *USUAL_NAMES[field]):
        for name in by_key.get(_key(usual), ()):
            if name not in taken:
                return name
    return None


def _guess_sides(
    by_key: Mapping[str, list[str]], open_fields: Sequence[str], taken: set[str]
) -> dict[str, str]:
    """Guess the four bounds together: one alone, as ``north`` of a heading, means nothing."""
    if any(side not in open_fields for side in SIDES):
        return {}
    found = {side: _guess(side, by_key, taken) for side in SIDES}
    if any(name is None for name in found.values()):
        return {}
    return {side: name for side, name in found.items() if name is not None}


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())
