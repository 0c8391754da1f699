"""What cameras that look down show of the ground."""

import numpy as np
import numpy.typing as npt

from geobench_tools.views._fields import Source
from geobench_tools.views._findings import Bools
from geobench_tools.views._footprints import Footprints, no_footprints, offset_footprints

__all__ = [
    "FILM_DIAGONAL_MM",
    "FILM_LONG_MM",
    "MAX_TILT_DEG",
    "camera_footprints",
    "camera_gsd_m",
    "frame_footprints",
]

Floats = npt.NDArray[np.float64]

FILM_LONG_MM = 36.0
"""Long side of the 36 x 24 mm film frame that ``FocalLengthIn35mmFilm`` refers to, millimetres."""

FILM_DIAGONAL_MM = float(np.hypot(FILM_LONG_MM, 24.0))
"""Its diagonal, millimetres."""

MAX_TILT_DEG = 15.0
"""A frame tilted further from straight down is no tile."""

_NEEDED = {
    "altitude_m": (0.1, 20_000.0, "height above ground in metres"),
    "focal_35mm": (5.0, 2_000.0, "focal length in 35 mm equivalent, millimetres"),
    "width": (1.0, 1e6, "image width in pixels"),
    "height": (1.0, 1e6, "image height in pixels"),
    "heading_deg": (0.0, 360.0, "direction of the image's top in degrees"),
    "pitch_deg": (-90.0 - MAX_TILT_DEG, -90.0 + MAX_TILT_DEG, "camera pitch in degrees"),
}
"""What a footprint needs, with the range in which it is sensible."""


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
    given = (lat, lon, altitude_m, focal_35mm, width_px, height_px, heading_deg, pitch_deg)
    lat, lon, altitude, focal, width, height, heading, pitch = np.broadcast_arrays(
        *(np.asarray(values, float) for values in given)
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
    return offset_footprints(lat, lon, right, ahead, heading)


def camera_gsd_m(
    altitude_m: Floats, focal_35mm: Floats, width_px: Floats, height_px: Floats, pitch_deg: Floats
) -> Floats:
    """Ground length of a pixel across the middle of frames, metres; units as above."""
    half_width, _ = _half_angles(focal_35mm, width_px, height_px)
    slant_m = altitude_m / np.abs(np.sin(np.radians(pitch_deg)))
    return np.asarray(2.0 * half_width * slant_m / width_px)


def frame_footprints(
    source: Source, wanted: Bools, lat: Floats, lon: Floats, numbers: dict[str, Floats]
) -> Footprints:
    """Find what overhead frames show that state their height above the ground.

    Args:
        source: Takes the problems: what else is needed and missing or out of range, and frames
            that look more than ``MAX_TILT_DEG`` away from straight down.
        wanted: The rows that are tiles without footprint.
        lat: Latitudes, degrees.
        lon: Longitudes, degrees.
        numbers: Numeric columns by name; ``gsd_m`` is filled in where it is unknown.

    Returns:
        The footprints of those rows that state a height; none of all others.
    """
    unknown = np.full(source.rows, np.nan)
    good = wanted & np.isfinite(numbers.get("altitude_m", unknown))
    if not good.any():
        return no_footprints(source.rows)
    for field, (low, high, meaning) in _NEEDED.items():
        values = numbers.get(field, unknown)
        name = source.name(field)
        cells = source.cells(field) if source.has(field) else [None] * source.rows
        missing = good & np.isnan(values)
        remedy = f"add {field}, or leave altitude_m empty"
        source.findings.refuse(missing, "no-footprint", name, cells, f"no {meaning}", remedy)
        out = good & ~missing & ~((values >= low) & (values <= high))
        tilted = out & (np.abs(values) <= 90.0) & (field == "pitch_deg")
        source.findings.refuse(
            tilted,
            "not-nadir",
            name,
            cells,
            f"the camera looks more than {MAX_TILT_DEG:g} degrees away from straight down (-90)",
            "leave this frame out, or call it a ground view",
        )
        message = f"{meaning} is not in {low:g}..{high:g}"
        source.findings.refuse(out & ~tilted, "out-of-range", name, cells, message, "correct it")
        good &= ~(missing | out)
    altitude, focal, width, height, heading, pitch = (
        np.where(good, numbers.get(field, unknown), np.nan) for field in _NEEDED
    )
    gsd = numbers.get("gsd_m", unknown)
    computed = camera_gsd_m(altitude, focal, width, height, pitch)
    numbers["gsd_m"] = np.where(np.isnan(gsd), computed, gsd)
    made = camera_footprints(lat, lon, altitude, focal, width, height, heading, pitch)
    source.findings.note("footprints made from camera and height", np.isfinite(made.west).sum())
    return made


def _half_angles(focal_mm: Floats, width_px: Floats, height_px: Floats) -> tuple[Floats, Floats]:
    """Tangents of half the angle of view along the image's width and height."""
    long_px = np.maximum(width_px, height_px)
    long_mm = np.minimum(FILM_DIAGONAL_MM * long_px / np.hypot(width_px, height_px), FILM_LONG_MM)
    mm_per_px = long_mm / long_px
    return width_px * mm_per_px / 2.0 / focal_mm, height_px * mm_per_px / 2.0 / focal_mm
