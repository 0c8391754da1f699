"""Places, offline: what is at a position, what a name stands for, what holds in a country."""

from typing import TYPE_CHECKING

from geobench_tools.places._countries import (
    CountryMention,
    country_code,
    country_codes,
    country_name,
    find_countries,
)
from geobench_tools.places._facts import countries_with, country_facts
from geobench_tools.places._types import Answer, Candidate, CountryFacts, Kind, Place, Places

if TYPE_CHECKING:
    from geobench_tools.places._coast import coast_distance_km
    from geobench_tools.places._extent import Side, cities_of, divisions_touch, side_within
    from geobench_tools.places._look_up import look_up
    from geobench_tools.places._resolve import cities_within, resolve
    from geobench_tools.places._reverse import reverse, reverse_one

__all__ = [
    "Answer",
    "Candidate",
    "CountryFacts",
    "CountryMention",
    "Kind",
    "Place",
    "Places",
    "Side",
    "cities_of",
    "cities_within",
    "coast_distance_km",
    "countries_with",
    "country_code",
    "country_codes",
    "country_facts",
    "country_name",
    "divisions_touch",
    "find_countries",
    "look_up",
    "resolve",
    "reverse",
    "reverse_one",
    "side_within",
]

_LATE = {
    "Side": "_extent",
    "cities_of": "_extent",
    "cities_within": "_resolve",
    "coast_distance_km": "_coast",
    "divisions_touch": "_extent",
    "look_up": "_look_up",
    "resolve": "_resolve",
    "reverse": "_reverse",
    "reverse_one": "_reverse",
    "side_within": "_extent",
}


def __getattr__(name: str) -> object:
    """Import what needs shapely and scipy when it is first used."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
