"""Facts of countries, and the countries that a fact fits."""

from functools import cache
from typing import cast

from geobench_tools.places._packed import load_tsv
from geobench_tools.places._types import CountryFacts, DrivingSide

__all__ = ["all_facts", "countries_with", "country_facts"]


@cache
def all_facts() -> dict[str, CountryFacts]:
    """Return the facts of all countries and territories by ISO alpha-2 code."""
    return {row[0]: _facts(row) for row in load_tsv("facts.tsv.gz")}


def _facts(row: list[str]) -> CountryFacts:
    code, name, capital = row[:3]
    continents, currencies, languages, spoken, scripts, spoken_scripts = map(_split, row[3:9])
    tld, phones, side, unit, zones, neighbours, population, area = row[9:]
    return CountryFacts(
        code=code,
        name=name,
        capital=capital,
        continent=continents[0],
        continents=continents,
        currency=currencies[0] if currencies else "",
        currencies=currencies,
        languages=languages,
        spoken=spoken,
        scripts=scripts,
        spoken_scripts=spoken_scripts,
        tld=tld,
        phone_prefix=_split(phones)[0] if phones else "",
        phone_prefixes=_split(phones),
        driving_side=cast(DrivingSide, side),
        speed_unit=unit,
        time_zones=_split(zones),
        neighbours=_split(neighbours),
        population=int(population),
        area_km2=float(area),
    )


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def country_facts(code: str) -> CountryFacts:
    """Return the facts of an ISO alpha-2 code.

    Raises:
        KeyError: There is no such code.
    """
    return all_facts()[code]


def countries_with(
    *,
    continent: str | None = None,
    driving_side: DrivingSide | None = None,
    speed_unit: str | None = None,
    currency: str | None = None,
    language: str | None = None,
    spoken: str | None = None,
    script: str | None = None,
    spoken_script: str | None = None,
    tld: str | None = None,
    phone_prefix: str | None = None,
    timezone: str | None = None,
    neighbour: str | None = None,
) -> tuple[str, ...]:
    """Return the codes of the countries that fit all given facts, in order.

    Args:
        continent: "AF", "AN", "AS", "EU", "NA", "OC" or "SA".
        driving_side: "left" or "right".
        speed_unit: "km/h" or "mph".
        currency: ISO 4217 code.
        language: ISO 639 code of an official language.
        spoken: ISO 639 code of a language spoken there, official or not.
        script: ISO 15924 code of a script of an official language.
        spoken_script: ISO 15924 code of a script of any language spoken there.
        tld: Top-level domain, with or without its dot.
        phone_prefix: Calling code, with or without "+".
        timezone: IANA name of a time zone.
        neighbour: ISO alpha-2 code of a country with a common border.
    """
    domain = "." + tld.lower().lstrip(".") if tld else None
    prefix = "".join(filter(str.isdigit, phone_prefix)) if phone_prefix else None
    return tuple(
        code
        for code, facts in all_facts().items()
        if (continent is None or continent in facts.continents)
        and driving_side in (None, facts.driving_side)
        and speed_unit in (None, facts.speed_unit)
        and (currency is None or currency in facts.currencies)
        and (language is None or language in facts.languages)
        and (spoken is None or spoken in facts.spoken)
        and (script is None or script in facts.scripts)
        and (spoken_script is None or spoken_script in facts.spoken_scripts)
        and domain in (None, facts.tld)
        and (prefix is None or prefix in facts.phone_prefixes)
        and (timezone is None or timezone in facts.time_zones)
        and (neighbour is None or neighbour in facts.neighbours)
    )
