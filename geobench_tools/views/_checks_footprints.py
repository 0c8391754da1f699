"""Footprints: from polygons, bounds or sizes in a source to polygons in degrees around centres."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from geobench_tools.views._checks_positions import Axis, to_degrees
from geobench_tools.views._findings import Bools, Findings
from geobench_tools.views._footprints import Footprints, no_footprints, polygon_footprints

if TYPE_CHECKING:
    import pyproj

__all__ = ["Shapes", "located_polygons", "read_boxes", "read_shapes"]

Floats = npt.NDArray[np.float64]
Polygons = npt.NDArray[np.object_]

_CLOSE_IT = "repeat the first corner at the end of each ring"
_ORDER_IT = "give the corners in order around the tile"


@dataclass(frozen=True)
class Shapes:
    """Points and polygons of all rows, in the coordinates of the source.

    Attributes:
        polygons: Shapely polygons or multipolygons; None where the row has none, shape (n,).
        x: Eastings or longitudes of the points and of the polygons' centroids; NaN without one.
        y: Northings or latitudes of the same.
        name: The source's name of the column they come from.
    """

    polygons: Polygons
    x: Floats
    y: Floats
    name: str


def read_shapes(column: Any, name: str, in_degrees: bool, findings: Findings) -> Shapes:
    """Read a column of WKB (binary or hexadecimal) or WKT.

    Args:
        column: The ``pyarrow`` column.
        name: Its name in the source.
        in_degrees: Longitudes may jump at the antimeridian.
        findings: Takes the problems: unreadable, open or crossing rings, lines.
    """
    import shapely
    from shapely import GeometryType

    cells: Polygons = np.full(len(column), None, dtype=object)
    cells[:] = [v if isinstance(v, bytes) or v is None else str(v) for v in column.to_pylist()]
    given = np.array([bool(cell) for cell in cells], bool)
    shapes: Polygons = np.full(len(cells), None, dtype=object)
    shapes[given] = _parse(cells[given], "ignore")
    broken = given & shapely.is_missing(shapes)
    if broken.any():
        repaired: Polygons = np.full(len(cells), None, dtype=object)
        repaired[broken] = _parse(cells[broken], "fix")
        fixable = ~shapely.is_missing(repaired)
        findings.refuse(
            fixable,
            "unclosed-footprint",
            name,
            _open_rings(cells, repaired, fixable),
            "a ring of the footprint is not closed",
            _CLOSE_IT,
        )
        findings.refuse(
            broken & ~fixable,
            "unreadable-footprint",
            name,
            cells,
            "the value is neither WKT nor WKB",
            "write polygons as WKT or WKB",
        )
    shapes = shapely.force_2d(shapes)
    types = shapely.get_type_id(shapes)
    alone = (types == GeometryType.MULTIPOLYGON) & (shapely.get_num_geometries(shapes) == 1)
    shapes[alone] = shapely.get_geometry(shapes[alone], 0)
    point = types == GeometryType.POINT
    area = (types == GeometryType.POLYGON) | (types == GeometryType.MULTIPOLYGON)
    empty = shapely.is_empty(shapes)
    findings.refuse(
        ~shapely.is_missing(shapes) & ~(point | area) | empty,
        "not-a-polygon",
        name,
        _Texts(shapes),
        "the geometry is neither a point nor a polygon",
        "give the tile's outline or its centre",
    )
    area &= ~empty
    polygons = _where(area, shapes)
    if in_degrees:
        polygons = _mended(polygons)
    parted = shapely.get_type_id(polygons) == GeometryType.MULTIPOLYGON
    findings.refuse(
        parted,
        "not-a-polygon",
        name,
        _Texts(shapes),
        "the footprint has several parts",
        "give one outline for each tile",
    )
    area &= ~parted
    valid = shapely.is_valid(polygons)
    crossed = area & ~valid
    reasons = {
        row: f"the footprint's ring is no outline: {shapely.is_valid_reason(shapes[row])}"
        for row in np.flatnonzero(crossed).tolist()
    }
    findings.refuse(crossed, "inverted-footprint", name, _Texts(shapes), reasons, _ORDER_IT)
    polygons[crossed] = None
    centres = shapely.centroid(np.where(point & ~empty, shapes, polygons))
    return Shapes(polygons, shapely.get_x(centres), shapely.get_y(centres), name)


def read_boxes(
    sides: tuple[Axis, Axis, Axis, Axis], in_degrees: bool, findings: Findings
) -> Shapes:
    """Make boxes of bounds.

    Args:
        sides: West, south, east and north bounds; NaN where missing.
        in_degrees: West may be greater than east across the antimeridian.
        findings: Takes the problems: boxes without area or with opposite bounds exchanged.
    """
    import shapely

    west, south, east, north = (side.values for side in sides)
    known = np.isfinite(np.stack([west, south, east, north])).all(axis=0)
    wide = np.where(in_degrees & (east < west), east + 360.0, east)
    low = known & (south >= north)
    thin = known & ((wide <= west) | (in_degrees & (wide - west > 180.0)))
    findings.refuse(
        low,
        "inverted-footprint",
        sides[3].name,
        sides[3].cells,
        "the northern bound is not north of the southern",
        f"exchange {sides[1].name} and {sides[3].name}",
    )
    findings.refuse(
        thin & ~low,
        "inverted-footprint",
        sides[2].name,
        sides[2].cells,
        "the eastern bound is not east of the western",
        f"exchange {sides[0].name} and {sides[2].name}",
    )
    good = known & ~low & ~thin
    polygons: Polygons = np.full(len(west), None, dtype=object)
    polygons[good] = shapely.box(west[good], south[good], wide[good], north[good])
    return Shapes(
        polygons,
        np.where(good, (west + wide) / 2, np.nan),
        np.where(good, (south + north) / 2, np.nan),
        sides[0].name,
    )


def located_polygons(
    shapes: Shapes,
    lat: Floats,
    lon: Floats,
    crs: "pyproj.CRS | None",
    rows: Bools,
    findings: Findings,
) -> Footprints:
    """Bring polygons to degrees and check them against the centres of their tiles.

    Args:
        shapes: The polygons.
        lat: Latitudes of the centres, degrees.
        lon: Longitudes of the centres, degrees in [-180, 180).
        crs: Coordinate reference system of the polygons if it is not WGS-84 degrees.
        rows: The rows that need a footprint and have a position.
        findings: Takes the problems: polygons out of range or beside their own centre.
    """
    import shapely

    polygons = _where(rows, shapes.polygons)
    if crs is not None:
        polygons = _in_degrees(polygons, crs)
    made = polygon_footprints(polygons, np.where(rows, lon, 0.0))
    polygons = made.polygons
    given = ~shapely.is_missing(polygons)
    bounds = shapely.bounds(polygons)
    out = given & ~(
        np.isfinite(bounds).all(axis=1)
        & (bounds[:, 1] >= -90)
        & (bounds[:, 3] <= 90)
        & (bounds[:, 2] - bounds[:, 0] <= 180)
    )
    findings.refuse(
        out,
        "out-of-range",
        shapes.name,
        _Texts(polygons),
        "the footprint leaves the range of latitudes and longitudes",
        "check the order of the coordinates (longitude, latitude) and --crs",
    )
    apart = given & ~out & ~shapely.intersects_xy(polygons, np.where(given, lon, 0), lat)
    messages = {
        row: f"the footprint does not contain its centre {lat[row]:g}, {lon[row]:g}"
        for row in np.flatnonzero(apart).tolist()
    }
    findings.refuse(
        apart,
        "footprint-misses-centre",
        shapes.name,
        _Texts(polygons),
        messages,
        "check the order of the coordinates (longitude, latitude) of both",
    )
    return made.where(given & ~out & ~apart, no_footprints(len(polygons)))


def _parse(cells: Polygons, on_invalid: Literal["fix", "ignore"]) -> Polygons:
    import shapely

    text = np.array([isinstance(cell, str) and not _is_hex(cell) for cell in cells], bool)
    made: Polygons = np.full(len(cells), None, dtype=object)
    made[text] = shapely.from_wkt(cells[text], on_invalid=on_invalid)
    made[~text] = shapely.from_wkb(cells[~text], on_invalid=on_invalid)
    return made


def _open_rings(cells: Polygons, closed: Polygons, rows: Bools) -> Polygons:
    """Text of open rings: as it stands in the source, or the corners where that is binary."""
    import shapely

    texts = cells.copy()
    for row in np.flatnonzero(rows).tolist():
        if isinstance(cells[row], bytes):
            corners = shapely.get_coordinates(closed[row])[:-1]
            texts[row] = ", ".join(f"{x:.7g} {y:.7g}" for x, y in corners)
    return texts


def _is_hex(cell: str) -> bool:
    return cell[:2] in ("00", "01") and cell.isalnum()


def _mended(polygons: Polygons) -> Polygons:
    """Put polygons together that are torn at the antimeridian, with longitudes beyond 180."""
    import shapely

    west, _, east, _ = shapely.bounds(polygons).T
    torn = (east - west > 180.0) & (west >= -180.0) & (east <= 180.0)
    polygons = polygons.copy()
    if torn.any():
        polygons[torn] = polygon_footprints(
            polygons[torn], np.full(int(torn.sum()), 180.0)
        ).polygons
    return polygons


def _in_degrees(polygons: Polygons, crs: "pyproj.CRS") -> Polygons:
    import shapely

    def convert(xy: Floats) -> Floats:
        lat, lon = to_degrees(crs, xy[:, 0], xy[:, 1])
        return np.stack([lon, lat], axis=1)

    return np.asarray(shapely.transform(polygons, convert))


def _where(rows: Bools, polygons: Polygons) -> Polygons:
    chosen = polygons.copy()
    chosen[~rows] = None
    return chosen


class _Texts:
    """Geometries as WKT, written only for those asked for."""

    def __init__(self, shapes: Polygons) -> None:
        self._shapes = shapes

    def __getitem__(self, row: int) -> str:
        import shapely

        return str(shapely.to_wkt(self._shapes[row], rounding_precision=6, trim=True))
