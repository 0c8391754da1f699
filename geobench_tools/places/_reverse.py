"""What is here: places of positions, many at once."""

import numpy as np
import numpy.typing as npt

from geobench_tools.errors import InputError
from geobench_tools.geo import chord_to_metres, metres_to_chord, unit_vectors, wrap_longitude
from geobench_tools.places import _areas
from geobench_tools.places._climate import climate_classes
from geobench_tools.places._facts import all_facts
from geobench_tools.places._gazetteer import cities, divisions
from geobench_tools.places._types import Place, Places

__all__ = ["reverse", "reverse_one"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Objects = npt.NDArray[np.object_]

_OFFSHORE_KM = 30.0
_METRO_KM = 30.0
_METRO_NEIGHBOURS = 30


def reverse(lat: npt.ArrayLike, lon: npt.ArrayLike) -> Places:
    """Return what is at each position.

    Args:
        lat: Latitudes in degrees, shape (n,) or a number.
        lon: Longitudes in degrees, wrapped into [-180, 180).

    Raises:
        InputError: A latitude is outside [-90, 90], or a number is not finite.
    """
    lats, lons = _positions(lat, lon)
    vectors = unit_vectors(lats, lons)
    country = _countries(lats, lons)
    city, city_km = _nearest_city(vectors)
    local = _city_of_country(vectors, country, city)
    admin1 = _divisions(lats, lons, country, local)
    metro, metro_km = _metros(vectors)
    table, known = cities(), divisions()
    metro_names = np.where(metro >= 0, table.names[metro], "")
    facts = all_facts()
    rows = [facts.get(code) for code in country]

    def column(name: str) -> Objects:
        found = np.empty(len(rows), object)
        found[:] = [getattr(row, name) if row else "" for row in rows]
        return found

    def tuples(name: str) -> Objects:
        found = np.empty(len(rows), object)
        found[:] = [getattr(row, name) if row else () for row in rows]
        return found

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
        driving_side=column("driving_side"),
        currency=column("currency"),
        languages=tuples("languages"),
        scripts=tuples("scripts"),
        tld=column("tld"),
        phone_prefix=column("phone_prefix"),
        continent=column("continent"),
    )


def reverse_one(lat: float, lon: float) -> Place:
    """Return what is at one position; for many, `reverse` is much faster per position."""
    return reverse([lat], [lon])[0]


def _positions(lat: npt.ArrayLike, lon: npt.ArrayLike) -> tuple[Floats, Floats]:
    lats, lons = np.broadcast_arrays(
        np.atleast_1d(np.asarray(lat, float)), np.atleast_1d(np.asarray(lon, float))
    )
    if lats.ndim != 1:
        raise InputError(
            f"positions must be one-dimensional, not of shape {lats.shape}",
            hint="flatten the arrays first",
        )
    bad = np.flatnonzero(~((np.abs(lats) <= 90) & np.isfinite(lons)))
    if len(bad):
        first = int(bad[0])
        raise InputError(
            f"position {first} is no place on Earth: {lats[first]}, {lons[first]} (lat, lon)",
            hint="latitudes lie in [-90, 90] degrees; is latitude given first?",
        )
    return lats, wrap_longitude(lons)


def _countries(lat: Floats, lon: Floats) -> Objects:
    areas = _areas.countries()
    found = areas.inside(lat, lon)
    off = np.flatnonzero(found < 0)
    if len(off):
        found[off] = areas.nearest(lat[off], lon[off], _OFFSHORE_KM)
    return np.where(found >= 0, areas.codes[found], "")


def _nearest_city(vectors: Floats) -> tuple[Ints, Floats]:
    chord, row = cities().tree.query(vectors)
    return np.asarray(row, np.int64), chord_to_metres(chord) / 1000


def _city_of_country(vectors: Floats, country: Objects, city: Ints) -> Ints:
    """Return the nearest city of the position's own country, -1 if it has none."""
    table = cities()
    found = city.copy()
    wrong = np.flatnonzero(table.country[city] != country)
    points = unit_vectors(table.lat, table.lon) if len(wrong) else None
    for code in set(country[wrong]):
        here = wrong[country[wrong] == code]
        rows = table.by_country.get(code)
        if rows is None or points is None:
            found[here] = -1
            continue
        start = int(rows[0])
        block = points[start : start + len(rows)]
        for begin in range(0, len(here), 256):
            part = here[begin : begin + 256]
            found[part] = start + np.argmax(vectors[part] @ block.T, axis=1)
    return found


def _divisions(lat: Floats, lon: Floats, country: Objects, local: Ints) -> Ints:
    """Return the row of the division: by area if it is of the country, else the city's."""
    areas, known = _areas.divisions(), divisions()
    number = np.array([known.number.get(code, 0) for code in areas.codes] + [0])
    found = number[areas.inside(lat, lon)]
    of_country = np.array([code[:2] for code in known.code], object)[found]
    by_city = np.where(local >= 0, cities().admin1[local], 0)
    return np.where((found > 0) & (of_country == country), found, by_city)


def _metros(vectors: Floats) -> tuple[Ints, Floats]:
    table = cities()
    tree, rows = table.metros
    chord, index = tree.query(
        vectors,
        k=_METRO_NEIGHBOURS,
        distance_upper_bound=float(metres_to_chord(_METRO_KM * 1000)),
    )
    near = np.isfinite(chord)
    km = chord_to_metres(np.where(near, chord, 0.0)) / 1000
    row = rows[np.where(near, index, 0)]
    pull = np.where(near, table.population[row] / (km + 3.0) ** 2, -1.0)
    best = np.argmax(pull, axis=1)
    each = np.arange(len(vectors))
    any_near = near[:, 0]
    return (
        np.where(any_near, row[each, best], -1),
        np.where(any_near, km[each, best], np.nan),
    )


def _zones(lon: Floats, country: Objects, local: Ints) -> Objects:
    by_city = cities().zone[local]
    hours = np.round(lon / 15).astype(int)
    sea = np.array([f"Etc/GMT{-h:+d}" if h else "Etc/GMT" for h in range(-12, 13)], object)
    return np.where(local >= 0, by_city, sea[hours + 12])
