"""Names of places: countries and territories in many languages."""

from geobench_tools.places._countries import (
    CountryMention,
    country_code,
    country_codes,
    country_name,
    find_countries,
)

__all__ = [
    "CountryMention",
    "country_code",
    "country_codes",
    "country_name",
    "find_countries",
]
