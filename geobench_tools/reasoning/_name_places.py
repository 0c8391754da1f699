"""Which places a name in running text can stand for."""

import re
from functools import cache, lru_cache

from geobench_tools.places import Candidate, resolve
from geobench_tools.reasoning._geographic import common_level
from geobench_tools.reasoning._tables import demonyms, languages, scripts
from geobench_tools.reasoning._truth import named

__all__ = ["countries_of_code", "is_country", "likely_places", "outer_places"]

_CODE = re.compile(r"[A-Z]{2,3}")


@lru_cache(maxsize=4096)
def is_country(word: str) -> bool:
    """Tell whether a word is the name of a country."""
    return any(p.kind == "country" for p in named(word))


@lru_cache(maxsize=65536)
def likely_places(name: str) -> tuple[Candidate, ...]:
    """Return the places of a name, most likely first.

    Small towns named like a country are left out. A division comes after a city of its name that
    has a quarter of its inhabitants or more: "Vienna" is the city.
    """
    low = name.lower()
    places = named(name)
    if low in languages() or low in demonyms() or low in scripts():
        return tuple(p for p in places if p.kind == "country" and p.match == "name")
    if name.isupper() and len(name) <= 3:
        return ()
    if common_level(low) < 99 or (name.isupper() and len(name) <= 5):
        places = tuple(p for p in places if p.match == "name")
    places = tuple(
        p
        for p in places
        if p.match == "name"
        or p.kind == "country"
        or p.population >= 100_000
        or low.startswith(("st ", "st. ", "ste ", "mt ", "mt. ", "ft "))
    )
    parts = {p.country for p in places if p.kind == "admin1" and p.match == "name"}
    places = tuple(
        p for p in places if p.kind != "country" or p.match == "name" or p.country not in parts
    )
    countries = {p.country for p in places if p.kind == "country"}
    if countries:
        return tuple(
            p
            for p in places
            if p.kind == "country" or p.country in countries or p.population >= 500_000
        )
    largest = max((p.population for p in places if p.kind == "city"), default=0)
    return tuple(sorted(places, key=lambda p: p.kind == "admin1" and p.population < 4 * largest))


@cache
def countries_of_code(name: str) -> tuple[Candidate, ...]:
    """Return the countries of an abbreviation such as "U.S.A."."""
    plain = re.sub(r"[^A-Z]", "", name)
    return tuple(p for p in resolve(plain, kind="country"))


@lru_cache(maxsize=16384)
def outer_places(name: str) -> tuple[Candidate, ...]:
    """Return the countries and divisions of a name that follows that of a city."""
    if _CODE.fullmatch(name):
        return tuple(p for p in resolve(name) if p.kind != "city")
    return tuple(p for p in named(name) if p.kind != "city")
