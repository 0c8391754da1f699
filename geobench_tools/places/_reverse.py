"""What is here: places of positions, many at once."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.geo import chord_to_metres, metres_to_chord, unit_vectors
from geobench_tools.places import _areas
from geobench_tools.places._climate import climate_classes
from geobench_tools.places._disputed import other_claims
from geobench_tools.places._facts import all_facts
from geobench_tools.places._gazetteer import cities, divisions
from geobench_tools.places._positions import positions
from geobench_tools.places._types import Place, Places

__all__ = ["reverse", "reverse_one"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Objects = npt.NDArray[np.object_]

_OFFSHORE_KM = 30.0
_METRO_KM = 30.0
_METRO_NEIGHBOURS = 30
_BLOCK = 256
_PART = 50_000


def reverse(lat: npt.ArrayLike, lon: npt.ArrayLike) -> Places:
    """Return what is at each position.

    Args:
        lat: Latitudes in degrees, shape (n,) or a number.
        lon: Longitudes in degrees, wrapped into [-180, 180).

    Raises:
        InputError: A latitude is outside [-90, 90], or a number is not finite.
    """
    lats, lons = positions(lat, lon)
    vectors = unit_vectors(lats, lons)
    country, continent = _countries(lats, lons)
    city, city_km = _nearest_city(vectors)
    local = _city_of_country(vectors, country, city)
    admin1 = _divisions(lats, lons, country, local)
    local = _city_of_division(vectors, admin1, local)
    metro, metro_km = _metros(vectors)
    table, known = cities(), divisions()
    metro_names = np.where(metro >= 0, table.names[metro], "")
    facts = _Facts(country)
    return Places(
        country=country,
        admin1=known.name[admin1],
        admin1_code=known.code[admin1],
        city=table.names[city],
        city_country=table.country[city],
        city_km=city_km,
        metro=metro_names,
        metro_km=metro_km,
        koppen=climate_classes(lats, lons),
        timezone=_zones(lons, country, local),
        driving_side=facts.text("driving_side"),
        currency=facts.text("currency"),
        languages=facts.tuples("languages"),
        scripts=facts.tuples("scripts"),
        tld=facts.text("tld"),
        phone_prefix=facts.text("phone_prefix"),
        continent=continent,
        disputed=other_claims(lats, lons, country, known.code[admin1]),
    )


class _Facts:
    """Facts of the positions' countries, as columns."""

    def __init__(self, country: Objects) -> None:
        codes, self._which = np.unique(country.astype("U2"), return_inverse=True)
        self._rows = [all_facts().get(str(code)) for code in codes]

    def text(self, name: str) -> Objects:
        values = [getattr(row, name) if row else "" for row in self._rows]
        return np.array(values, object)[self._which]

    def tuples(self, name: str) -> Objects:
        column = np.empty(len(self._rows), object)
        column[:] = [getattr(row, name) if row else () for row in self._rows]
        return column[self._which]


def reverse_one(lat: float, lon: float) -> Place:
    """Return what is at one position; for many, `reverse` is much faster per position."""
    return reverse([lat], [lon])[0]


@cache
def _labels() -> tuple[Objects, Objects]:
    """Return the country and the continent of each area, and "" at the end for none."""
    labels = [label.split() for label in _areas.countries().codes]
    country, continent = np.array([*labels, ["", ""]], object).T
    return country, continent


def _countries(lat: Floats, lon: Floats) -> tuple[Objects, Objects]:
    """Return codes of countries and of continents."""
    areas = _areas.countries()
    found = areas.inside(lat, lon)
    off = np.flatnonzero(found < 0)
    if len(off):
        found[off] = areas.nearest(lat[off], lon[off], _OFFSHORE_KM)
    country, continent = _labels()
    return country[found], continent[found]


def _nearest_city(vectors: Floats) -> tuple[Ints, Floats]:
    chord, row = cities().tree.query(vectors)
    return np.asarray(row, np.int64), chord_to_metres(chord) / 1000


def _city_of_country(vectors: Floats, country: Objects, city: Ints) -> Ints:
    """Return the nearest city of the position's own country, -1 if it has none."""
    table = cities()
    found = city.copy()
    for code, here in _groups(country, np.flatnonzero(table.country[city] != country)):
        found[here] = _nearest_of(vectors[here], table.by_country.get(code))
    return found


def _city_of_division(vectors: Floats, division: Ints, local: Ints) -> Ints:
    """Return the nearest city of the position's own division, or else of its country."""
    table = cities()
    found = local.copy()
    strange = np.flatnonzero((division > 0) & (table.admin1[local] != division))
    for row, here in _groups(division, strange):
        nearest = _nearest_of(vectors[here], table.by_division.get(row))
        found[here] = np.where(nearest >= 0, nearest, found[here])
    return found


def _groups(values: npt.NDArray[Any], chosen: Ints) -> Iterator[tuple[Any, Ints]]:
    """Yield each value among the chosen positions, with those that have it."""
    for value in dict.fromkeys(values[chosen]):
        yield value, chosen[values[chosen] == value]


def _nearest_of(vectors: Floats, rows: tuple[int, int] | None) -> Ints:
    """Return which of a range of cities is nearest to each position, -1 without a range."""
    if rows is None:
        return np.full(len(vectors), -1)
    table, (start, end) = cities(), rows
    points = unit_vectors(table.lat[start:end], table.lon[start:end]).T
    parts = [vectors[k : k + _BLOCK] @ points for k in range(0, len(vectors), _BLOCK)]
    return start + np.concatenate([np.argmax(part, axis=1) for part in parts])


@cache
def _division_rows() -> tuple[Ints, Objects]:
    """Return the division's row of each area, 0 for none, and the country of each row."""
    known = divisions()
    rows = [known.number.get(code, 0) for code in _areas.divisions().codes]
    return np.array([*rows, 0]), np.array([code[:2] for code in known.code], object)


def _divisions(lat: Floats, lon: Floats, country: Objects, local: Ints) -> Ints:
    """Return the row of the division: by area if it is of the country, else the city's."""
    row_of_area, country_of_row = _division_rows()
    found = row_of_area[_areas.divisions().inside(lat, lon)]
    of_country = country_of_row[found]
    by_city = np.where(local >= 0, cities().admin1[local], 0)
    return np.where((found > 0) & (of_country == country), found, by_city)


def _metros(vectors: Floats) -> tuple[Ints, Floats]:
    """Return the row of the city with most pull, -1 for none, and the kilometres to it."""
    parts = [_pulled(vectors[k : k + _PART]) for k in range(0, len(vectors), _PART)]
    rows, km = zip(*parts, strict=True) if parts else ((), ())
    return np.concatenate([np.empty(0, np.int64), *rows]), np.concatenate([np.empty(0), *km])


def _pulled(vectors: Floats) -> tuple[Ints, Floats]:
    table = cities()
    tree, rows = table.metros
    most = float(metres_to_chord(_METRO_KM * 1000))
    chord, index = tree.query(vectors, k=_METRO_NEIGHBOURS, distance_upper_bound=most)
    near = np.isfinite(chord)
    km = chord_to_metres(np.where(near, chord, 0.0)) / 1000
    row = rows[np.where(near, index, 0)]
    pull = np.where(near, table.population[row] / (km + 3.0) ** 2, -1.0)
    best = np.arange(len(vectors)), np.argmax(pull, axis=1)
    found = near[:, 0]
    return np.where(found, row[best], -1), np.where(found, km[best], np.nan)


def _zones(lon: Floats, country: Objects, local: Ints) -> Objects:
    by_city = cities().zone[local]
    hours = np.round(lon / 15).astype(int)
    sea = np.array([f"Etc/GMT{-h:+d}" if h else "Etc/GMT" for h in range(-12, 13)], object)
    return np.where(local >= 0, by_city, np.where(country == "", sea[hours + 12], ""))
