"""When two names of places are the same: the strict protocol's one place to decide it."""

import re
from typing import Protocol

from geobench_tools.places import country_code
from geobench_tools.plaintext import name_key

__all__ = ["NAMES", "US_STATES", "Names", "PlainNames", "us_state"]

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


class PlainNames:
    """Names compared by country code, US state code, or their plain form.

    The plain form has no case, accents, punctuation, brackets, and no word for the kind of place.
    """

    def same_country(self, predicted: str, true: str) -> bool:
        """Compare ISO codes; plain forms where a name is no country's."""
        code = country_code(true)
        if code is None:
            return bool(name_key(true)) and name_key(predicted) == name_key(true)
        return predicted == code or country_code(predicted) == code

    def same_state(self, predicted: str, true: str) -> bool:
        """Compare US codes, else plain forms."""
        code = us_state(true)
        if code is not None and us_state(predicted) == code:
            return True
        return _plain_place(predicted) == _plain_place(true) != ""

    def same_city(self, predicted: str, true: str) -> bool:
        """Compare plain forms."""
        return _plain_place(predicted) == _plain_place(true) != ""


NAMES: Names = PlainNames()
"""What the benchmarks compare names with."""


def _plain_place(name: str) -> str:
    key = _CITY_OF.sub("", name_key(_BRACKET.sub("", name)))
    return _KIND.sub("", key) or key
