"""Tiles and cameras as plain arrays: what the samplers see of a view table."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from geobench_tools.geo import metres_per_degree, unit_vectors, wrap_longitude

__all__ = ["CameraArrays", "TileArrays", "argsort_pairs", "find", "footprint_contains"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TileArrays:
    """Satellite tiles, all arrays of shape (n_tiles,).

    Attributes:
        lat: Latitudes of the centres, degrees.
        lon: Longitudes of the centres, degrees.
        key: Hash of the ids (``counter_random.hash_strings``), distinct; decides every order.
        half_width_deg: Half the east-west extent of the footprint, degrees of longitude; NaN where
            the footprint is unknown.
        half_height_deg: Half the north-south extent, degrees of latitude; NaN where unknown.
        group: Label of the split and stratum; only tiles of one group may meet in a question.
    """

    lat: Floats
    lon: Floats
    key: npt.NDArray[np.uint64]
    half_width_deg: Floats
    half_height_deg: Floats
    group: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.key)

    @cached_property
    def vectors(self) -> Floats:
        """Unit vectors of the centres, shape (n_tiles, 3)."""
        return unit_vectors(self.lat, self.lon)


@dataclass(frozen=True)
class CameraArrays:
    """Ground cameras, all arrays of shape (n_cameras,).

    Attributes:
        lat: Latitudes, degrees.
        lon: Longitudes, degrees.
        key: Hash of the ids, distinct.
        gps_error_m: Standard error of the position, metres; 0 where nothing is known.
        tile: Row of the camera's positive tile in the ``TileArrays``.
    """

    lat: Floats
    lon: Floats
    key: npt.NDArray[np.uint64]
    gps_error_m: Floats
    tile: Ints

    def __len__(self) -> int:
        return len(self.key)

    @cached_property
    def vectors(self) -> Floats:
        """Unit vectors of the positions, shape (n_cameras, 3)."""
        return unit_vectors(self.lat, self.lon)


def argsort_pairs(rank: Ints, key: npt.NDArray[np.uint64]) -> npt.NDArray[np.intp]:
    """Return ``np.lexsort((key, rank))``, several times faster for small ranks, none below 0."""
    bits = np.uint64(max(1, int(rank.max(initial=0)).bit_length()))
    pairs = (rank.astype(np.uint64) << (np.uint64(64) - bits)) | (key >> bits)
    order = np.argsort(pairs)
    pairs = pairs.take(order)
    if (pairs[1:] == pairs[:-1]).any():  # The bits of the keys that were cut off decide.
        return np.lexsort((key, rank))
    return order


def find(keys: npt.NDArray[np.uint64], wanted: npt.NDArray[np.uint64]) -> npt.NDArray[np.intp]:
    """Return for each wanted key the row that holds it, or any row if none does.

    Neighbours in memory are looked at in turn, which is four times faster for many keys.
    """
    ascending, order = np.argsort(keys), np.argsort(wanted)
    place = np.searchsorted(keys.take(ascending), wanted.take(order))
    found = np.empty(len(wanted), np.intp)
    found[order] = ascending.take(np.minimum(place, len(keys) - 1))
    return found


def footprint_contains(
    tiles: TileArrays, tile_rows: Ints, cameras: CameraArrays, camera_rows: Ints
) -> npt.NDArray[np.bool_]:
    """Tell which tiles may show a camera.

    A tile may show a camera if its bounding box, widened on each side by the camera's GPS error,
    contains the camera's position. A tile of unknown footprint shows nothing.

    Args:
        tiles: All tiles.
        tile_rows: Rows of tiles; broadcasts against ``camera_rows``.
        cameras: All cameras.
        camera_rows: Rows of cameras.

    Returns:
        One truth value for each pair of rows.
    """
    lat, lon = cameras.lat[camera_rows], cameras.lon[camera_rows]
    north_m, east_m = metres_per_degree(lat)
    error = cameras.gps_error_m[camera_rows]
    north = np.abs(tiles.lat[tile_rows] - lat)
    east = np.abs(wrap_longitude(tiles.lon[tile_rows] - lon))
    in_height = north <= tiles.half_height_deg[tile_rows] + error / north_m
    in_width = east <= tiles.half_width_deg[tile_rows] + error / np.maximum(east_m, 1e-6)
    return np.asarray(in_height & in_width)
