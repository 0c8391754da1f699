"""What tiles show of the ground, as polygons in degrees.

A footprint is one polygon whose longitudes run on past ±180 where it crosses the antimeridian, so
that it never falls apart; its bounding box is kept in [-180, 180] with west > east in that case, as
GeoParquet 1.1 has it. A footprint that holds a pole has no polygon.
"""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geobench_tools.geo import wrap_longitude

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "Footprints",
    "box_footprints",
    "no_footprints",
    "offset_footprints",
    "polygon_footprints",
    "square_footprints",
]

Floats = npt.NDArray[np.float64]
Polygons = npt.NDArray[np.object_]

_SEMI_MAJOR_M = 6_378_137.0
_ECCENTRICITY_2 = 0.006_694_379_990_14
_FLAT_ERROR = 1e-3
_EDGE_PARTS = 16


@dataclass(frozen=True)
class Footprints:
    """Footprints with their bounding boxes, all arrays of shape (n,).

    Attributes:
        polygons: Shapely polygons; None where there is no footprint.
        west: Western bounds, degrees in [-180, 180); NaN where there is no footprint.
        south: Southern bounds, degrees.
        east: Eastern bounds, degrees in (-180, 180]; less than ``west`` across the antimeridian.
        north: Northern bounds, degrees.
    """

    polygons: Polygons
    west: Floats
    south: Floats
    east: Floats
    north: Floats

    def where(self, rows: npt.NDArray[np.bool_], other: "Footprints") -> "Footprints":
        """Return these footprints in the given rows and the others elsewhere."""
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return Footprints(*(np.where(rows, own, others) for own, others in pairs))

    def wkb(self) -> "pa.Array":
        """Return the column ``footprint`` of the view schema."""
        import pyarrow as pa
        import shapely

        return pa.array(shapely.to_wkb(self.polygons, byte_order=1), pa.binary())

    def bbox(self) -> "pa.Array":
        """Return the column ``bbox`` of the view schema."""
        import pyarrow as pa

        sides = (self.west, self.south, self.east, self.north)
        return pa.StructArray.from_arrays(
            [pa.array(side, from_pandas=True) for side in sides],
            names=["xmin", "ymin", "xmax", "ymax"],
            mask=pa.array(np.isnan(self.west)),
        )


def square_footprints(
    lat: npt.ArrayLike,
    lon: npt.ArrayLike,
    width_m: npt.ArrayLike,
    height_m: npt.ArrayLike,
    heading_deg: npt.ArrayLike = 0.0,
) -> Footprints:
    """Rectangles on the ground around centres.

    Sides are true to 0.1 % on WGS-84: small rectangles are laid into the tangent plane, those that
    the plane cannot hold (large, or near a pole) are drawn with geodesics and 16 points a side.

    Args:
        lat: Latitudes of the centres, degrees.
        lon: Longitudes of the centres, degrees.
        width_m: Lengths of the sides across the heading, metres.
        height_m: Lengths of the sides along the heading, metres.
        heading_deg: Direction of the rectangles' "up", degrees clockwise from north.

    Returns:
        The footprints; none where a value is missing, a length is not positive, or the rectangle
        may hold a pole.
    """
    lat, lon, width, height, heading = np.broadcast_arrays(
        *(np.asarray(v, float) for v in (lat, lon, width_m, height_m, heading_deg))
    )
    right = width[:, None] / 2 * np.array([-1.0, 1.0, 1.0, -1.0])
    up = height[:, None] / 2 * np.array([-1.0, -1.0, 1.0, 1.0])
    right[~((width > 0) & (height > 0))] = np.nan
    return offset_footprints(lat, lon, right, up, heading)


def no_footprints(rows: int) -> Footprints:
    """Return footprints none of which is known."""
    unknown = np.full(rows, np.nan)
    return Footprints(np.full(rows, None, dtype=object), unknown, unknown, unknown, unknown)


def box_footprints(
    west: npt.ArrayLike, south: npt.ArrayLike, east: npt.ArrayLike, north: npt.ArrayLike
) -> Footprints:
    """Footprints of tiles that are boxes in degrees, as web tiles are."""
    import shapely

    west, south, east, north = (np.asarray(side, float) for side in (west, south, east, north))
    return Footprints(np.asarray(shapely.box(west, south, east, north)), west, south, east, north)


def polygon_footprints(polygons: Polygons, lon: npt.ArrayLike) -> Footprints:
    """Make any polygons in degrees continuous around their centres, and bound them.

    Args:
        polygons: Shapely polygons, or multipolygons cut at the antimeridian; None where missing.
        lon: Longitude of the centre of each, degrees in [-180, 180).
    """
    import shapely

    polygons = np.array(polygons, dtype=object)
    lon = np.asarray(lon, float)
    bounds = shapely.bounds(polygons)
    astray = (np.abs(bounds[:, [0, 2]] - lon[:, None]) > 180.0).any(axis=1)
    for row in np.flatnonzero(astray).tolist():
        centre = lon[row]

        def around(xy: Floats, centre: float = centre) -> Floats:
            return np.stack([centre + wrap_longitude(xy[:, 0] - centre), xy[:, 1]], axis=1)

        parts = [shapely.transform(part, around) for part in shapely.get_parts(polygons[row])]
        polygons[row] = parts[0] if len(parts) == 1 else shapely.union_all(parts)
    return _bounded(polygons)


def offset_footprints(
    lat: Floats, lon: Floats, right: Floats, up: Floats, heading_deg: Floats
) -> Footprints:
    """Quadrilaterals around positions, in the tangent plane or, where that errs, by geodesics.

    Args:
        lat: Latitudes of the positions, degrees, shape (n,).
        lon: Longitudes of the positions, degrees.
        right: Corners to the right of the heading, metres, shape (n, 4).
        up: Corners along the heading, metres, shape (n, 4).
        heading_deg: Degrees clockwise from north.

    Returns:
        The footprints; none where a value is missing or the footprint may hold a pole.
    """
    import shapely

    sine, cosine = (
        np.sin(np.radians(heading_deg))[:, None],
        np.cos(np.radians(heading_deg))[:, None],
    )
    east, north = right * cosine + up * sine, up * cosine - right * sine
    extent = np.hypot(east, north).max(axis=1)
    with np.errstate(invalid="ignore"):
        usable = np.isfinite(lat) & np.isfinite(lon) & np.isfinite(extent)
        usable &= np.abs(lat) + np.degrees(extent / 6.33e6) < 90.0
        bend = extent * np.tan(np.radians(np.abs(lat))) / (4.0 * _SEMI_MAJOR_M)
        bend = np.maximum(bend, extent / (4.0 * _SEMI_MAJOR_M))
    polygons: Polygons = np.full(len(lat), None, dtype=object)
    flat = np.flatnonzero(usable & (bend <= _FLAT_ERROR))
    curved = np.flatnonzero(usable & (bend > _FLAT_ERROR))
    if len(flat):
        ring = _on_plane(lat[flat, None], lon[flat, None], east[flat], north[flat])
        polygons[flat] = shapely.polygons(ring)
    if len(curved):
        ring = _on_ellipsoid(
            lat[curved], lon[curved], _filled(east[curved]), _filled(north[curved])
        )
        polygons[curved] = shapely.polygons(ring)
    return _bounded(polygons)


def _on_plane(lat: Floats, lon: Floats, east: Floats, north: Floats) -> Floats:
    """Offsets by the radii of curvature of WGS-84 at the centre; rings of shape (n, corners, 2)."""
    flattening = 1.0 - _ECCENTRICITY_2 * np.sin(np.radians(lat)) ** 2
    across = _SEMI_MAJOR_M / np.sqrt(flattening)
    along = across * (1.0 - _ECCENTRICITY_2) / flattening
    x = lon + np.degrees(east / (across * np.cos(np.radians(lat))))
    y = lat + np.degrees(north / along)
    return np.stack([x, y], axis=-1)


def _on_ellipsoid(lat: Floats, lon: Floats, east: Floats, north: Floats) -> Floats:
    from pyproj import Geod

    shape = east.shape
    start_lon, start_lat = (
        np.ascontiguousarray(np.broadcast_to(v[:, None], shape)) for v in (lon, lat)
    )
    x, y, _ = Geod(ellps="WGS84").fwd(
        start_lon, start_lat, np.degrees(np.arctan2(east, north)), np.hypot(east, north)
    )
    return np.stack([start_lon + wrap_longitude(np.asarray(x) - start_lon), np.asarray(y)], axis=-1)


def _filled(corners: Floats) -> Floats:
    """Put ``_EDGE_PARTS`` points on each side, from corners of shape (n, 4)."""
    share = np.arange(_EDGE_PARTS) / _EDGE_PARTS
    following = np.roll(corners, -1, axis=1)
    sides = corners[:, :, None] + (following - corners)[:, :, None] * share
    return np.asarray(sides.reshape(len(corners), -1))


def _bounded(polygons: Polygons) -> Footprints:
    import shapely

    west, south, east, north = shapely.bounds(polygons).T
    west = np.where(west < -180.0, wrap_longitude(west), west)
    east = np.where(east > 180.0, -wrap_longitude(-east), east)
    return Footprints(
        polygons,
        np.where(west >= 180.0, wrap_longitude(west), west),
        south,
        np.where(east <= -180.0, -wrap_longitude(-east), east),
        north,
    )
