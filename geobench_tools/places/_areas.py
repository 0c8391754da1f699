"""Which area a position lies in, and which is nearest."""

from functools import cache

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from geobench_tools.geo import chord_to_metres, unit_vectors
from geobench_tools.places._packed import load, rings, texts

__all__ = ["Areas", "countries", "divisions"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SPACING_DEG = 0.1


class Areas:
    """Polygons with codes, for looking up many positions at once.

    Attributes:
        codes: Code of each number that `inside` and `nearest` return.
    """

    def __init__(self, name: str) -> None:
        arrays = load(name)
        self.codes = texts(arrays["codes"])
        self._owner = arrays["owner"].astype(np.int64)
        xy, starts, polygons = rings(arrays)
        self._polygons = shapely.from_ragged_array(
            shapely.GeometryType.POLYGON, xy, (starts, polygons)
        )
        shapely.prepare(self._polygons)
        self._tree = shapely.STRtree(self._polygons)
        self._shore: tuple[cKDTree, Ints] | None = None

    def polygons_of(self, code: str) -> npt.NDArray[np.object_]:
        """Return the polygons of a code, in degrees; none for one that is not known."""
        found = np.flatnonzero(self.codes == code)
        return np.asarray(self._polygons[np.isin(self._owner, found)])

    def inside(self, lat: Floats, lon: Floats) -> Ints:
        """Return the number of the area that holds each position, -1 for none.

        A position on a border belongs to the area that comes first.
        """
        found = np.full(len(lat), -1, np.int64)
        point, polygon = self._tree.query(shapely.points(lon, lat))
        hit = shapely.intersects_xy(self._polygons[polygon], lon[point], lat[point])
        point, owner = point[hit][::-1], self._owner[polygon[hit][::-1]]
        found[point] = owner
        return found

    def nearest(self, lat: Floats, lon: Floats, most_km: float) -> Ints:
        """Return the number of the nearest area within ``most_km``, -1 for none.

        Distances are to points of the outlines at most 0.1 degrees apart.
        """
        if self._shore is None:
            lines = shapely.segmentize(self._polygons, _SPACING_DEG)
            xy, index = shapely.get_coordinates(lines, return_index=True)
            self._shore = cKDTree(unit_vectors(xy[:, 1], xy[:, 0])), self._owner[index]
        tree, owner = self._shore
        chord, row = tree.query(unit_vectors(lat, lon))
        return np.where(chord_to_metres(chord) <= most_km * 1000, owner[row], -1)


@cache
def countries() -> Areas:
    """Countries and territories, with a rim of sea."""
    return Areas("countries.npz")


@cache
def divisions() -> Areas:
    """First-level divisions."""
    return Areas("admin1.npz")
