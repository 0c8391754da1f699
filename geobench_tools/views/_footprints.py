"""What a tile or a camera that looks down shows of the ground, as polygons in degrees.

A footprint is one polygon whose longitudes run on past ±180 where it crosses the antimeridian, so
that it never falls apart; its bounding box is kept in [-180, 180] with west > east in that case, as
GeoParquet 1.1 has it. A footprint that holds a pole has no polygon.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geobench_tools.geo import wrap_longitude
from geobench_tools.views._raw import Problem

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "FILM_DIAGONAL_MM",
    "FILM_LONG_MM",
    "MAX_TILT_DEG",
    "Footprints",
    "box_footprints",
    "camera_footprints",
    "footprints_from_camera",
    "polygon_footprints",
    "square_footprints",
]

Floats = npt.NDArray[np.float64]
Polygons = npt.NDArray[np.object_]

FILM_LONG_MM = 36.0
"""Long side of the 36 x 24 mm film frame that ``FocalLengthIn35mmFilm`` refers to, millimetres."""

FILM_DIAGONAL_MM = float(np.hypot(FILM_LONG_MM, 24.0))
"""Its diagonal, millimetres."""

MAX_TILT_DEG = 15.0
"""A frame tilted further from straight down is no tile."""

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
    return _from_offsets(lat, lon, right, up, heading)


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


def camera_footprints(
    lat: npt.ArrayLike,
    lon: npt.ArrayLike,
    altitude_m: npt.ArrayLike,
    focal_35mm: npt.ArrayLike,
    width_px: npt.ArrayLike,
    height_px: npt.ArrayLike,
    heading_deg: npt.ArrayLike = 0.0,
    pitch_deg: npt.ArrayLike = -90.0,
) -> Footprints:
    """Ground that frames of a pinhole camera show, over level ground and without roll.

    ``FocalLengthIn35mmFilm`` compares diagonals (CIPA DCG-001): the sensor's diagonal spans the
    angle that the 43.27 mm diagonal of a film frame spans. A 3:2 image straight down is therefore
    ``36 / focal_35mm * altitude_m`` wide. An image longer than 3:2, as drones make at 16:9, is
    taken for a crop that keeps the long side of a film frame.

    Args:
        lat: Latitudes of the camera, degrees.
        lon: Longitudes of the camera, degrees.
        altitude_m: Heights above the ground, metres.
        focal_35mm: Focal lengths in 35 mm equivalent, millimetres.
        width_px: Image widths; only the ratio to the height counts.
        height_px: Image heights.
        heading_deg: Direction of the images' "up", degrees clockwise from north.
        pitch_deg: -90 straight down, 0 at the horizon, degrees.

    Returns:
        The footprints; none where a value is missing, a frame reaches the horizon or may hold a
        pole.
    """
    lat, lon, altitude, focal, width, height, heading, pitch = np.broadcast_arrays(
        *(
            np.asarray(v, float)
            for v in (
                lat,
                lon,
                altitude_m,
                focal_35mm,
                width_px,
                height_px,
                heading_deg,
                pitch_deg,
            )
        )
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        half_width, half_height = _half_angles(focal, width, height)
        sine, cosine = np.sin(np.radians(pitch))[:, None], np.cos(np.radians(pitch))[:, None]
        across = half_width[:, None] * np.array([-1.0, 1.0, 1.0, -1.0])
        upward = half_height[:, None] * np.array([-1.0, -1.0, 1.0, 1.0])
        down = -(sine + upward * cosine)
        reach = np.where(down > 0, altitude[:, None] / down, np.nan)
        right, ahead = across * reach, (cosine - upward * sine) * reach
    right[~((altitude > 0) & np.isfinite(reach).all(axis=1))] = np.nan
    return _from_offsets(lat, lon, right, ahead, heading)


def footprints_from_camera(
    table: "pa.Table", files: str | Sequence[str] = "", rows: Sequence[int] = ()
) -> tuple["pa.Table", list[Problem]]:
    """Fill in footprints, boxes and GSD of overhead frames that state how they were taken.

    Concerned are rows of kind ``satellite`` without footprint and with a value in ``altitude_m``
    (height above ground, metres). They need ``focal_35mm`` (millimetres), ``pitch_deg`` (-90 is
    straight down; more than 15 degrees off is refused), ``heading_deg`` (direction of the image's
    "up"), ``width`` and ``height`` (pixels), as numbers or as text.

    Args:
        table: Columns of the view schema, ``lat`` and ``lon`` as numbers.
        files: File of each row as shown to the user, or one name for all rows.
        rows: Row numbers as shown to the user; default: counted from 1.

    Returns:
        The table with the columns ``footprint``, ``bbox`` and ``gsd_m`` filled where that was
        possible, and what is wrong with the other rows concerned.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    names = set(table.column_names)
    if not {"kind", "lat", "lon", "altitude_m"} <= names:
        return table, []
    wanted = pc.and_(pc.equal(table["kind"], "satellite"), pc.is_valid(table["altitude_m"]))
    if "footprint" in names:
        wanted = pc.and_(wanted, pc.is_null(table["footprint"]))
    chosen = np.flatnonzero(wanted.fill_null(False).to_numpy())
    numbers = {name: table[name].take(chosen).to_pylist() for name in _CAMERA & names}
    problems: list[Problem] = []
    good: list[int] = []
    values: list[list[float]] = []
    for i, row in enumerate(chosen.tolist()):
        place = (
            files if isinstance(files, str) else files[row],
            rows[row] if len(rows) else row + 1,
        )
        try:
            values.append([_number(numbers, name, i) for name in _NEEDED])
        except _Unusable as error:
            problems.append(Problem(*place, error.column, error.value, *error.reason))
            continue
        good.append(row)
    if not good:
        return table, problems
    lat, lon, altitude, focal, width, height, heading, pitch = np.array(values, float).T
    made = camera_footprints(lat, lon, altitude, focal, width, height, heading, pitch)
    half_width, _ = _half_angles(focal, width, height)
    gsd = 2.0 * half_width * altitude / np.abs(np.sin(np.radians(pitch))) / width
    at = np.full(table.num_rows, -1, np.int64)
    at[good] = np.arange(len(good))
    take = pa.array(at, mask=at < 0)
    for name, column in (
        ("footprint", made.wkb()),
        ("bbox", made.bbox()),
        ("gsd_m", pa.array(gsd)),
    ):
        filled = column.take(take)
        if name in names:
            old = table[name].combine_chunks()
            table = table.set_column(
                table.column_names.index(name), name, _first_valid(old, filled)
            )
        else:
            table = table.append_column(name, filled)
    return table, problems


_NEEDED = ("lat", "lon", "altitude_m", "focal_35mm", "width", "height", "heading_deg", "pitch_deg")
_CAMERA = frozenset(_NEEDED)
_LIMITS = {
    "altitude_m": (0.0, 20_000.0, "height above ground in metres"),
    "focal_35mm": (5.0, 2_000.0, "focal length in 35 mm equivalent, millimetres"),
    "width": (1.0, 1e6, "image width in pixels"),
    "height": (1.0, 1e6, "image height in pixels"),
    "heading_deg": (-360.0, 360.0, "direction of the image's top in degrees"),
    "pitch_deg": (-90.0 - MAX_TILT_DEG, -90.0 + MAX_TILT_DEG, "camera pitch in degrees"),
}


class _Unusable(ValueError):
    """A value from which no footprint can be made."""

    def __init__(self, column: str, value: str, kind: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.column, self.value, self.reason = column, value, (kind, message, remedy)


def _number(numbers: dict[str, list[object]], name: str, i: int) -> float:
    raw = numbers[name][i] if name in numbers else None
    low, high, meaning = _LIMITS.get(name, (-np.inf, np.inf, name))
    if raw is None:
        raise _Unusable(
            name, "", "no-footprint", f"no {meaning}", f"add {name}, or leave altitude_m empty"
        )
    try:
        value = float(str(raw))
    except ValueError:
        raise _Unusable(
            name, str(raw), "non-numeric", f"{meaning} is not a number", "correct the value"
        ) from None
    if low <= value <= high and (name not in ("altitude_m", "focal_35mm") or value > 0):
        return value
    if name == "pitch_deg" and abs(value) <= 90:
        raise _Unusable(
            name,
            str(raw),
            "not-nadir",
            f"the camera looks more than {MAX_TILT_DEG:g} degrees away from straight down (-90)",
            "leave this frame out, or call it a ground view",
        )
    raise _Unusable(
        name, str(raw), "out-of-range", f"{meaning} is not in {low:g}..{high:g}", "correct it"
    )


def _first_valid(old: "pa.Array", new: "pa.Array") -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_null(old.type):
        return new
    if pa.types.is_struct(old.type):
        return pc.if_else(old.is_valid(), old, new.cast(old.type))
    return pc.coalesce(old, new.cast(old.type))


def _half_angles(focal_mm: Floats, width_px: Floats, height_px: Floats) -> tuple[Floats, Floats]:
    """Tangents of half the angle of view along the image's width and height."""
    long_px = np.maximum(width_px, height_px)
    long_mm = np.minimum(FILM_DIAGONAL_MM * long_px / np.hypot(width_px, height_px), FILM_LONG_MM)
    mm_per_px = long_mm / long_px
    return width_px * mm_per_px / 2.0 / focal_mm, height_px * mm_per_px / 2.0 / focal_mm


def _from_offsets(
    lat: Floats, lon: Floats, right: Floats, up: Floats, heading_deg: Floats
) -> Footprints:
    """Polygons of corners given in metres to the right of and along a heading, shape (n, 4)."""
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
