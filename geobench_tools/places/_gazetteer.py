"""The tables of cities and first-level divisions, and the table of their names."""

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geobench_tools.geo import unit_vectors
from geobench_tools.places._keys import digest
from geobench_tools.places._packed import load, load_tsv, texts, whole

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

__all__ = ["Cities", "Divisions", "cities", "divisions", "rows_of_key"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Objects = npt.NDArray[np.object_]

METRO_POPULATION = 15_000


@dataclass(frozen=True)
class Cities:
    """Columns of the cities, by country, division and falling population."""

    names: Objects
    country: Objects
    admin1: Ints
    zone: Objects
    lat: Floats
    lon: Floats
    population: Ints

    @cached_property
    def tree(self) -> "cKDTree":
        """All cities as points of the unit sphere."""
        from scipy.spatial import cKDTree

        return cKDTree(unit_vectors(self.lat, self.lon))

    @cached_property
    def metros(self) -> tuple["cKDTree", Ints]:
        """The cities of 15,000 inhabitants or more, and their rows."""
        from scipy.spatial import cKDTree

        rows = np.flatnonzero(self.population >= METRO_POPULATION)
        return cKDTree(unit_vectors(self.lat[rows], self.lon[rows])), rows

    @cached_property
    def by_country(self) -> dict[str, tuple[int, int]]:
        """First row of each country's cities, and the row after the last."""
        return {str(code): rows for code, rows in _ranges(self.country.astype("U2"))}

    @cached_property
    def by_division(self) -> dict[int, tuple[int, int]]:
        """First row of each division's cities, and the row after the last."""
        return {int(number): rows for number, rows in _ranges(self.admin1) if number}


def _ranges(column: npt.NDArray[Any]) -> list[tuple[Any, tuple[int, int]]]:
    """Return each value of a column of equal runs, with where its run begins and ends."""
    edges = np.flatnonzero(column[1:] != column[:-1]) + 1
    bounds = [0, *edges.tolist(), len(column)]
    return [(column[start], (start, end)) for start, end in pairwise(bounds)]


@dataclass(frozen=True)
class Divisions:
    """Columns of the first-level divisions, then of parts of them; row 0 stands for none.

    The code of a part is that of the whole, a slash, and its own.
    """

    code: Objects
    name: Objects
    lat: Floats
    lon: Floats
    population: Ints

    @cached_property
    def number(self) -> dict[str, int]:
        """Row of each code."""
        return {code: row for row, code in enumerate(self.code)}


@cache
def cities() -> Cities:
    """Return GeoNames' places of 500 inhabitants or more."""
    arrays = load("cities.npz")
    return Cities(
        names=texts(arrays["names"]),
        country=texts(arrays["countries"])[arrays["country"]],
        admin1=whole(arrays["admin1"]),
        zone=texts(arrays["zones"])[whole(arrays["zone"])],
        lat=whole(arrays["lat"]) / 1e4 - 90,
        lon=whole(arrays["lon"]) / 1e4 - 180,
        population=whole(arrays["population"]),
    )


@cache
def divisions() -> Divisions:
    """Return GeoNames' first-level divisions."""
    code, name, lat, lon, population = zip(
        ("", "", "nan", "nan", "0"), *load_tsv("admin1.tsv.gz"), strict=True
    )
    return Divisions(
        np.array(code, object),
        np.array(name, object),
        np.array(lat, float),
        np.array(lon, float),
        np.array(population, np.int64),
    )


@cache
def _names() -> tuple[Ints, npt.NDArray[np.int32]]:
    arrays = load("names.npz")
    rows = whole(arrays.pop("rows")).astype(np.int32)
    digests = whole(arrays.pop("steps"))
    return np.cumsum(digests, out=digests), rows


def rows_of_key(key: str) -> list[tuple[int, bool]]:
    """Return the rows that a key leads to, with whether it is the usual name there.

    Rows count the cities first, then the divisions (without their row 0).
    """
    digests, rows = _names()
    number = digest(key)
    start = int(digests.searchsorted(number))
    found = []
    while start < len(digests) and digests[start] == number:
        row = int(rows[start])
        found.append((row >> 1, not row & 1))
        start += 1
    return found
