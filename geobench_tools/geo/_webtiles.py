"""Web Mercator tiles (XYZ, OGC WebMercatorQuad): from positions to tiles and back."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["MAX_LATITUDE", "TileBounds", "ground_sample_distance_m", "tile_bounds", "tile_of"]

MAX_LATITUDE = 85.051_128_779_806_6
"""Latitude at which the square of Web Mercator ends, degrees."""

_EQUATOR_M = 2.0 * np.pi * 6_378_137.0


@dataclass(frozen=True)
class TileBounds:
    """Bounds of tiles in degrees, each an array of shape (n,)."""

    west: npt.NDArray[np.float64]
    south: npt.NDArray[np.float64]
    east: npt.NDArray[np.float64]
    north: npt.NDArray[np.float64]


def tile_of(
    lat: npt.ArrayLike, lon: npt.ArrayLike, zoom: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the columns x and rows y of the tiles that contain the points, row 0 in the north.

    Latitudes beyond ``MAX_LATITUDE`` fall into the first or last row. A point on an edge belongs to
    the tile in the east or south of it, by the very bounds that ``tile_bounds`` returns.
    """
    count = 1 << zoom
    clipped = np.clip(np.asarray(lat, float), -MAX_LATITUDE, MAX_LATITUDE)
    phi = np.radians(clipped)
    x = np.floor((np.asarray(lon, float) + 180.0) / 360.0 * count).astype(np.int64) % count
    y = np.floor((1.0 - np.arcsinh(np.tan(phi)) / np.pi) / 2.0 * count).astype(np.int64)
    y = y - (clipped > _row_latitude(y / count)) + (clipped <= _row_latitude((y + 1.0) / count))
    return np.asarray(x), np.asarray(np.clip(y, 0, count - 1))


def tile_bounds(x: npt.ArrayLike, y: npt.ArrayLike, zoom: npt.ArrayLike) -> TileBounds:
    """Return the bounds of tiles in degrees.

    Args:
        x: Columns; the middle of a tile is the north-west corner of (x + 0.5, y + 0.5).
        y: Rows, 0 in the north.
        zoom: Zoom levels, one for all or one for each.
    """
    count = np.ldexp(1.0, np.asarray(zoom))
    col, row = np.asarray(x, float), np.asarray(y, float)
    return TileBounds(
        west=col / count * 360.0 - 180.0,
        south=_row_latitude((row + 1.0) / count),
        east=(col + 1.0) / count * 360.0 - 180.0,
        north=_row_latitude(row / count),
    )


def ground_sample_distance_m(
    lat: npt.ArrayLike, zoom: npt.ArrayLike, tile_px: npt.ArrayLike = 256
) -> npt.NDArray[np.float64]:
    """Ground length of one pixel of a tile at a latitude, metres.

    Web Mercator stretches by 1/cos(latitude), so the ground length shrinks with cos(latitude).
    """
    pixels = np.ldexp(np.asarray(tile_px, float), np.asarray(zoom))
    return np.asarray(_EQUATOR_M * np.cos(np.radians(np.asarray(lat, float))) / pixels)


def _row_latitude(share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * share)))))
