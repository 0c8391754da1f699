"""When two names of places are the same: the strict protocol's one place to decide it."""

import re
from functools import lru_cache
from typing import Protocol

from geobench_tools.places import Kind, country_code, resolve
from geobench_tools.plaintext import name_key

__all__ = ["NAMES", "US_STATES", "GazetteerNames", "Names", "us_state"]

US_STATES = {
    "alabama": "AL", "alaska": "AK", "arizona": "AZ", "arkansas": "AR",
    "california": "CA", "colorado": "CO", "connecticut": "CT", "delaware": "DE",
    "florida": "FL", "georgia": "GA", "hawaii": "HI", "idaho": "ID",
    "illinois": "IL", "indiana": "IN", "iowa": "IA", "kansas": "KS",
    "kentucky": "KY", "louisiana": "LA", "maine": "ME", "maryland": "MD",
    "massachusetts": "MA", "michigan": "MI", "minnesota": "MN", "mississippi": "MS",
    "missouri": "MO", "montana": "MT", "nebraska": "NE", "nevada": "NV",
    "new hampshire": "NH", "new jersey": "NJ", "new mexico": "NM", "new york": "NY",
    "north carolina": "NC", "north dakota": "ND", "ohio": "OH", "oklahoma": "OK",
    "oregon": "OR", "pennsylvania": "PA", "rhode island": "RI", "south carolina": "SC",
    "south dakota": "SD", "tennessee": "TN", "texas": "TX", "utah": "UT",
    "vermont": "VT", "virginia": "VA", "washington": "WA", "west virginia": "WV",
    "wisconsin": "WI", "wyoming": "WY",
}  # fmt: skip
"""The fifty states by lower-case name; the District of Columbia is not among them."""

_DISTRICT_OF_COLUMBIA = frozenset(
    ("dc", "d c", "district of columbia", "washington dc", "washington d c")
)
_BRACKET = re.compile("\\s*[(\\[\uff08][^()\\[\\]\uff08\uff09]*[)\\]\uff09]")
_KIND = re.compile(r" (?:prefecture|province|state|region|county|oblast|ken|shi|ku|city)$")
_LEADING = 0.5
_CITY_OF = re.compile(r"^(?:the )?city of ")


class Names(Protocol):
    """Decides whether a predicted name means the true place."""

    def same_country(self, predicted: str, true: str) -> bool:
        """Return whether two names, codes or aliases stand for one country."""
        ...

    def same_state(self, predicted: str, true: str) -> bool:
        """Return whether two names stand for one state or province."""
        ...

    def same_city(self, predicted: str, true: str) -> bool:
        """Return whether two names stand for one city."""
        ...


def us_state(name: str) -> str | None:
    """Return the two-letter code of a US state's name or code, DC included."""
    key = name_key(name)
    if key in _DISTRICT_OF_COLUMBIA:
        return "DC"
    if len(key) == 2 and key.upper() in US_STATES.values():
        return key.upper()
    return US_STATES.get(_KIND.sub("", key)) or US_STATES.get(key)


class GazetteerNames:
    """Names compared by country code, US state code, plain form, and the gazetteer's other names.

    The plain form has no case, accents, punctuation, brackets, and no word for the kind of place.
    Two names that differ stand for one city or division if they share one of the gazetteer that is
    a leading meaning of both: it has at least half the inhabitants of the largest place that either
    can stand for. "München" is Munich; "York" is not New York, though York in Nebraska was both.
    """

    def same_country(self, predicted: str, true: str) -> bool:
        """Compare ISO codes; plain forms where a name is no country's."""
        code = country_code(true)
        if code is None:
            return bool(name_key(true)) and name_key(predicted) == name_key(true)
        return predicted == code or country_code(predicted) == code

    def same_state(self, predicted: str, true: str) -> bool:
        """Compare US codes where both have one, else plain forms and other names."""
        codes = us_state(predicted), us_state(true)
        if None not in codes:
            return codes[0] == codes[1]
        return _same(predicted, true, "admin1")

    def same_city(self, predicted: str, true: str) -> bool:
        """Compare plain forms and other names."""
        return _same(predicted, true, "city")


NAMES: Names = GazetteerNames()
"""What the benchmarks compare names with."""


def _same(predicted: str, true: str, kind: Kind) -> bool:
    plain = _plain_place(true)
    if _plain_place(predicted) == plain:
        return plain != ""
    if not plain:
        return False
    meanings = _leading(predicted, kind)
    return bool(meanings) and not meanings.isdisjoint(_leading(true, kind))


@lru_cache(maxsize=50_000)
def _leading(name: str, kind: Kind) -> frozenset[tuple[str, float, float]]:
    found = resolve(_BRACKET.sub("", name), kind=kind)
    least = _LEADING * max((place.population for place in found), default=0)
    return frozenset(
        (place.country, place.lat, place.lon) for place in found if place.population >= least
    )


def _plain_place(name: str) -> str:
    key = _CITY_OF.sub("", name_key(_BRACKET.sub("", name)))
    return _KIND.sub("", key) or key
