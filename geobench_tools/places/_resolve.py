"""What a name stands for: candidates, never a silent choice."""

import re
from functools import cache, lru_cache

import numpy as np

from geobench_tools.errors import InputError
from geobench_tools.geo import haversine_m, metres_to_chord, unit_vectors
from geobench_tools.places._countries import country_codes, country_name
from geobench_tools.places._facts import all_facts
from geobench_tools.places._gazetteer import cities, divisions, rows_of_key
from geobench_tools.places._keys import code_key
from geobench_tools.places._types import Candidate, Kind, Match
from geobench_tools.plaintext import name_key, words

__all__ = ["cities_within", "resolve"]

_LONGEST = 200
_CODE_LENGTH = 8
_BESIDE_M = 50_000.0
_DOTTED = re.compile(r"(?:[A-Z]\.){2,5}")
_CONTEXT = re.compile(r"[,(\uff08]")
_DIVISION_BEFORE = words("state province region department prefecture county canton emirate")
_DIVISION_AFTER = _DIVISION_BEFORE | words("oblast krai governorate voivodeship")
_CITY_BEFORE = words("greater downtown central metropolitan")
_CITY_OF = words("city town municipality")
_CITY_AFTER = words("city municipality")


def resolve(
    name: str, *, kind: Kind | None = None, country: str | None = None
) -> tuple[Candidate, ...]:
    """Return every place that a name can stand for, most inhabitants first.

    Names and aliases in many languages and scripts, former and informal names; case, accents and
    punctuation do not matter. Codes ("NYC", "US-CA") only in capitals. A part after a comma narrows
    the choice where it names a country or a division: "Paris, Texas".

    Args:
        name: The whole name, not running text.
        kind: Only candidates of this kind.
        country: Only candidates of this ISO alpha-2 code.
    """
    if len(name) > _LONGEST:
        return ()
    found = _meanings(name)
    if kind is None and country is None:
        return found
    return tuple(
        candidate
        for candidate in found
        if kind in (None, candidate.kind) and country in (None, candidate.country)
    )


@lru_cache(maxsize=50_000)
def _meanings(name: str) -> tuple[Candidate, ...]:
    found = _candidates(name.strip()) or _without_kind(name)
    if not found and (split := _CONTEXT.search(name)):
        head, context = name[: split.start()], name[split.end() :]
        found = _narrowed(_candidates(head.strip()) or _without_kind(head), context)
    return found


def _candidates(name: str) -> tuple[Candidate, ...]:
    found: dict[int, Match] = {}
    if _DOTTED.fullmatch(name):
        name = name.replace(".", "")
    if name.isascii() and name.isupper() and len(name) <= _CODE_LENGTH:
        found.update((row, "code") for row, _ in rows_of_key(code_key(name)))
    key = name_key(name)
    if key:
        for row, usual in rows_of_key(key):
            found[row] = "name" if usual else "alias"
    places = [_candidate(row, match) for row, match in found.items()]
    places += [_country(code, name) for code in country_codes(name)]
    return tuple(sorted(places, key=lambda place: (-place.population, place.kind, place.name)))


def _without_kind(name: str) -> tuple[Candidate, ...]:
    """Return what a name stands for without the word for its kind: "Guangdong Province"."""
    first, *rest = name_key(name).split(" ")
    if first == "the" and rest:
        first, *rest = rest
    kind: Kind = "city"
    area = rest[-1:] == ["area"]
    while area and rest and rest[-1] in ("area", "metro", "metropolitan"):
        del rest[-1]
    if first in _CITY_BEFORE:
        bare = rest
    elif first in _DIVISION_BEFORE and rest and rest[0] != "of":
        bare, kind = rest, "admin1"
    elif area:
        bare = [first, *rest]
    elif rest[:1] == ["of"] and first in _CITY_OF | _DIVISION_BEFORE:
        bare, kind = rest[1:], "city" if first in _CITY_OF else "admin1"
    elif rest and rest[-1] in _CITY_AFTER | _DIVISION_AFTER:
        bare, kind = [first, *rest[:-1]], "city" if rest[-1] in _CITY_AFTER else "admin1"
    else:
        return ()
    return tuple(place for place in _candidates(" ".join(bare)) if place.kind == kind)


def _narrowed(candidates: tuple[Candidate, ...], context: str) -> tuple[Candidate, ...]:
    """Keep what lies in the country, in the division or beside the city that the context names."""
    for part in reversed(context.rstrip(" )\uff09.").split(",")):
        text = part.strip()
        around = _meanings(text)
        codes = {place.country for place in around if place.kind == "country"}
        inside = {place.admin1_code for place in around if place.kind == "admin1"}
        if text.isascii() and text.isupper():
            for country in {place.country for place in candidates}:
                rows = rows_of_key(code_key(f"{country}:{text}"))
                inside |= {_candidate(row, "code").admin1_code for row, _ in rows}
        if codes or inside:
            candidates = tuple(
                place
                for place in candidates
                if place.country in codes or (place.admin1_code and place.admin1_code in inside)
            )
        elif around and candidates:
            candidates = _beside(candidates, around) or candidates
    return candidates


def _beside(
    candidates: tuple[Candidate, ...], around: tuple[Candidate, ...]
) -> tuple[Candidate, ...]:
    """Return the candidates within 50 km of one of the places around."""
    lats, lons = (np.array([getattr(place, f) for place in around]) for f in ("lat", "lon"))
    return tuple(
        place
        for place in candidates
        if haversine_m(place.lat, place.lon, lats, lons).min() <= _BESIDE_M
    )


def _candidate(row: int, match: Match) -> Candidate:
    table, known = cities(), divisions()
    if row < len(table.names):
        admin1 = int(table.admin1[row])
        return Candidate(
            table.names[row],
            "city",
            table.country[row],
            known.name[admin1],
            float(table.lat[row]),
            float(table.lon[row]),
            int(table.population[row]),
            match,
            known.code[admin1],
        )
    number = row - len(table.names) + 1
    code = known.code[number].partition("/")[0]
    return Candidate(
        known.name[number],
        "admin1",
        code[:2],
        known.name[known.number[code]],
        float(known.lat[number]),
        float(known.lon[number]),
        int(known.population[number]),
        match,
        code,
    )


def _country(code: str, name: str) -> Candidate:
    facts = all_facts()[code]
    lat, lon = _capital(code)
    usual = name_key(name) == name_key(country_name(code))
    is_code = len(name) <= 3 and name.isascii() and name.isupper() and not usual
    match: Match = "name" if usual else "code" if is_code else "alias"
    return Candidate(facts.name, "country", code, "", lat, lon, facts.population, match)


@cache
def _capital(code: str) -> tuple[float, float]:
    """Return where the capital is, or the largest city, or NaN."""
    table = cities()
    rows = table.by_country.get(code)
    if rows is None:
        return float("nan"), float("nan")
    capital = name_key(all_facts()[code].capital)
    named = [row for row, _ in rows_of_key(capital) if rows[0] <= row < rows[1]] if capital else []
    row = max(named or range(*rows), key=lambda r: table.population[r])
    return float(table.lat[row]), float(table.lon[row])


def cities_within(lat: float, lon: float, radius_m: float) -> tuple[Candidate, ...]:
    """Return the cities within a great-circle distance, nearest first.

    Args:
        lat: Latitude, degrees.
        lon: Longitude, degrees.
        radius_m: Distance in metres, up to 1,000 km.

    Raises:
        InputError: The radius is negative or above 1,000 km.
    """
    if not 0 <= radius_m <= 1e6:
        raise InputError(
            f"radius {radius_m} m is outside [0, 1,000,000]", hint="give metres, not degrees"
        )
    table = cities()
    rows = np.array(
        table.tree.query_ball_point(unit_vectors(lat, lon), float(metres_to_chord(radius_m))),
        np.int64,
    )
    metres = haversine_m(lat, lon, table.lat[rows], table.lon[rows])
    return tuple(_candidate(int(row), "name") for row in rows[np.argsort(metres, kind="stable")])
