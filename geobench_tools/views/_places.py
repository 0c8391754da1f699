"""Where the views of a source are and what they show of the ground."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geobench_tools.views._camera import frame_footprints
from geobench_tools.views._checks_footprints import (
    Shapes,
    located_polygons,
    read_boxes,
    read_shapes,
)
from geobench_tools.views._checks_positions import (
    Axis,
    check_numbers,
    check_positions,
    check_text,
)
from geobench_tools.views._columns import SIDES
from geobench_tools.views._fields import Source
from geobench_tools.views._findings import Bools
from geobench_tools.views._footprints import (
    Footprints,
    no_footprints,
    square_footprints,
)
from geobench_tools.views._numbers import parse_numbers

if TYPE_CHECKING:
    import pyproj

__all__ = ["Places", "find_footprints", "find_places", "position_axes", "read_outlines"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Places:
    """Positions of all rows, and what the source says of outlines.

    Attributes:
        lat: Latitudes, degrees; NaN where refused, shape (n,).
        lon: Longitudes, degrees in [-180, 180); NaN where refused.
        shapes: Outlines in the coordinates of the source.
    """

    lat: Floats
    lon: Floats
    shapes: Shapes


def find_places(source: Source) -> Places:
    """Read positions from columns of coordinates, else from the centres of outlines."""
    survey = source.survey
    shapes = read_outlines(source, survey.outlines_crs)
    axes = position_axes(source, shapes)
    if survey.misread or len(axes) < 2:
        unknown = np.full(source.rows, np.nan)
        return Places(unknown, unknown, shapes)
    lat, lon = axes
    return Places(*check_positions(lat, lon, survey.crs, survey.home, source.findings), shapes)


def position_axes(source: Source, shapes: Shapes | None) -> list[Axis]:
    """Return latitudes and longitudes, or what there is of them, in the source's coordinates.

    Args:
        source: The rows.
        shapes: Their outlines; not needed where there are columns of both.
    """
    if source.has("lat", "lon") or shapes is None or not shapes.name:
        return [_axis(source, field) for field in ("lat", "lon") if source.has(field)]
    source.findings.refuse(
        np.isnan(shapes.x) & ~source.findings.bad,
        "missing-value",
        shapes.name,
        [None] * source.rows,
        "there is no geometry",
        "fill it in, or leave the row out",
    )
    return [Axis(shapes.name, values, values) for values in (shapes.y, shapes.x)]


def find_footprints(
    source: Source, places: Places, tiles: Bools, numbers: dict[str, Floats]
) -> Footprints:
    """Find what the tiles show: by outline, by camera, by GSD and image size, or by option.

    Args:
        source: The source.
        places: Its positions and outlines.
        tiles: The rows that are satellite tiles.
        numbers: Numeric columns by name; ``gsd_m`` is filled in where the camera tells it.

    Returns:
        The footprints of the tiles; none of all other rows.
    """
    findings, lat, lon = source.findings, places.lat, places.lon
    tiles = tiles & np.isfinite(lat)
    crs = source.survey.outlines_crs
    made = located_polygons(places.shapes, lat, lon, crs, tiles & ~findings.bad, findings)
    unknown = np.full(source.rows, np.nan)
    wanted = tiles & ~findings.bad & np.isnan(made.west)
    made = made.where(~wanted, frame_footprints(source, wanted, lat, lon, numbers))
    gsd = numbers.get("gsd_m", unknown)
    width, height = (gsd * numbers.get(side, unknown) for side in ("width", "height"))
    heading = np.nan_to_num(numbers.get("heading_deg", unknown))
    side = source.options.footprint_size_m or np.nan
    for text, across, along, turn in (
        ("footprints made from gsd_m and image size", width, height, heading),
        (f"square footprints of {side:g} m", side, side, 0.0),
    ):
        wanted = tiles & ~findings.bad & np.isnan(made.west)
        across = np.where(wanted, across, np.nan)
        if np.isfinite(across).any():
            squares = square_footprints(lat, lon, across, along, turn)
            made = made.where(~wanted, squares)
            findings.note(text, np.isfinite(squares.west).sum())
    without = tiles & ~findings.bad & np.isnan(made.west)
    findings.note("tiles without footprint (--footprint-size makes squares)", without.sum())
    return made


def _axis(source: Source, field: str) -> Axis:
    cells, name = source.cells(field), source.name(field)
    numbers = parse_numbers(cells, source.options.decimal)
    check_numbers(numbers, cells, name, source.findings)
    return Axis(name, numbers.values, cells)


def read_outlines(source: Source, crs: "pyproj.CRS | None") -> Shapes:
    """Read outlines: geometries first, bounds where there is none."""
    in_degrees = crs is None or bool(crs.is_geographic)
    unknown = np.full(source.rows, np.nan)
    made = Shapes(no_footprints(source.rows).polygons, unknown, unknown, "")
    if source.has("footprint"):
        made = read_shapes(
            source.cells("footprint"), source.name("footprint"), in_degrees, source.findings
        )
    if not source.has(*SIDES):
        return made
    bounds = []
    fill = np.isnan(made.x)
    for side in SIDES:
        cells, name = source.cells(side), source.name(side)
        numbers = parse_numbers(cells, source.options.decimal)
        check_text(numbers, cells, name, source.findings)
        bounds.append(Axis(name, np.where(fill, numbers.values, np.nan), cells))
    boxes = read_boxes((bounds[0], bounds[1], bounds[2], bounds[3]), in_degrees, source.findings)
    return Shapes(
        np.where(fill, boxes.polygons, made.polygons),
        np.where(fill, boxes.x, made.x),
        np.where(fill, boxes.y, made.y),
        made.name or boxes.name,
    )
