"""How countries and divisions lie: their cities, their sides, and which divisions touch."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from geobench_tools.geo import wrap_longitude
from geobench_tools.places._areas import divisions as division_areas
from geobench_tools.places._gazetteer import cities, divisions

__all__ = ["Side", "cities_of", "divisions_touch", "side_within"]

Floats = npt.NDArray[np.float64]
_TRIMMED = 1.0
_FEWEST = 20
_TOUCHING_DEG = 0.02


class Side(NamedTuple):
    """Where in an area a position lies: 0 is its southern or western end, 1 the opposite one.

    Attributes:
        north: Least and largest of two measures: the share of the area's extent, and the share of
            its cities that lie further south.
        east: The same from west to east.
    """

    north: tuple[float, float]
    east: tuple[float, float]


@lru_cache(maxsize=4096)
def side_within(lat: float, lon: float, code: str) -> Side | None:
    """Return in which part of a country or division a position lies, judged by its cities.

    Args:
        lat: Latitude, degrees.
        lon: Longitude, degrees.
        code: ISO alpha-2 code of a country, or a division's in GeoNames' form ("US.CA").

    Returns:
        None for an area with fewer than 20 cities.
    """
    lats, lons = cities_of(code)
    if len(lats) < _FEWEST:
        return None
    east = wrap_longitude(lons - lons[0])
    return Side(_share(lat, lats), _share(float(wrap_longitude(lon - lons[0])), east))


@lru_cache(maxsize=256)
def cities_of(code: str) -> tuple[Floats, Floats]:
    """Return latitudes and longitudes of the cities of a country or division, degrees.

    Args:
        code: ISO alpha-2 code of a country, or a division's in GeoNames' form ("US.CA").
    """
    table = cities()
    if "." in code:
        rows = table.by_division.get(divisions().number.get(code, -1), (0, 0))
    else:
        rows = table.by_country.get(code, (0, 0))
    return table.lat[slice(*rows)], table.lon[slice(*rows)]


@lru_cache(maxsize=4096)
def divisions_touch(first: str, second: str) -> bool:
    """Tell whether two first-level divisions have a common border, codes in GeoNames' form."""
    areas = division_areas()
    outlines = [
        shapely.GeometryCollection(list(areas.polygons_of(code))) for code in (first, second)
    ]
    return bool(shapely.dwithin(outlines[0], outlines[1], _TOUCHING_DEG))


def _share(value: float, values: Floats) -> tuple[float, float]:
    low, high = np.percentile(values, [_TRIMMED, 100 - _TRIMMED])
    extent = float(np.clip((value - low) / max(high - low, 1e-9), 0.0, 1.0))
    rank = float((values < value).mean())
    return min(extent, rank), max(extent, rank)
