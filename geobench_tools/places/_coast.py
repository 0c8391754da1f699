"""How far the sea coast is."""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from geobench_tools.geo import chord_to_metres, unit_vectors
from geobench_tools.places._packed import load, rings
from geobench_tools.places._positions import positions

__all__ = ["coast_distance_km"]

Floats = npt.NDArray[np.float64]

_SPACING_DEG = 0.1
_ENDS = 4
_BLOCK = 20_000


class _Coast(NamedTuple):
    """Points of the shores; row k of ``steps`` leads from point k - 1 to point k of a shore."""

    tree: cKDTree
    points: Floats
    steps: Floats


@cache
def _coast() -> _Coast:
    xy, starts, _ = rings(load("coast.npz"))
    shores = shapely.from_ragged_array(shapely.GeometryType.LINESTRING, xy, (starts,))
    dense, shore = shapely.get_coordinates(
        shapely.segmentize(shores, _SPACING_DEG), return_index=True
    )
    points = unit_vectors(dense[:, 1], dense[:, 0])
    steps = np.zeros((len(points) + 1, 3))
    np.multiply(np.diff(points, axis=0), (np.diff(shore) == 0)[:, None], out=steps[1:-1])
    return _Coast(cKDTree(points), points, steps)


def coast_distance_km(lat: npt.ArrayLike, lon: npt.ArrayLike) -> Floats:
    """Return the great-circle distance to the nearest sea coast, on land or at sea.

    The coast is Natural Earth's at 1:10 million, simplified to 0.01 degrees, with the shore of the
    Caspian Sea and without lakes; expect errors of some 2 km, and islets to be missing.

    Args:
        lat: Latitudes in degrees, shape (n,) or a number.
        lon: Longitudes in degrees.

    Returns:
        Kilometres, shape (n,).

    Raises:
        InputError: A latitude is outside [-90, 90], or a number is not finite.
    """
    vectors = unit_vectors(*positions(lat, lon))
    parts = [_chords(vectors[k : k + _BLOCK]) for k in range(0, len(vectors), _BLOCK)]
    return chord_to_metres(np.concatenate([np.empty(0), *parts])) / 1000


def _chords(vectors: Floats) -> Floats:
    """Return the chord to the nearest of the segments that meet in the nearest points."""
    coast = _coast()
    _, near = coast.tree.query(vectors, k=_ENDS)
    to = vectors[:, None] - coast.points[near]
    best = np.full(len(vectors), np.inf)
    for along in (-coast.steps[near], coast.steps[near + 1]):
        length = np.maximum((along**2).sum(-1), 1e-30)
        share = np.clip((to * along).sum(-1) / length, 0.0, 1.0)
        best = np.minimum(best, ((to - share[..., None] * along) ** 2).sum(-1).min(axis=1))
    return np.asarray(np.sqrt(best))
