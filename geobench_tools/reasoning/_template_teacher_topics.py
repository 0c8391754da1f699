"""What the template teacher says about the region: one or more ways to say each fact."""

from collections.abc import Callable

from geobench_tools.places import country_name
from geobench_tools.reasoning._template_teacher_draw import Draw
from geobench_tools.reasoning._template_teacher_known import Known, compass, opposite
from geobench_tools.reasoning._template_teacher_names import (
    CONTINENTS,
    CURRENCIES,
    LANGUAGES,
    climate_word,
    with_article,
)

__all__ = ["TOPICS"]

_ON_COAST_KM, _INLAND_KM = 20.0, 150.0


def _country(known: Known, draw: Draw) -> str:
    name = with_article(country_name(known.country) or known.country)
    return draw.of(
        (
            f"The way of building is that of {name}.",
            f"The photo was taken in {name}.",
            f"All of this points to {name}.",
            f"This place is in {name}.",
        )
    )


def _city(known: Known, draw: Draw) -> str:
    return draw.of(
        (
            f"The scene fits the town of {known.town}.",
            f"This must be in or near {known.town}.",
            f"The photo was taken around {known.town}.",
        )
    )


def _drives(known: Known, draw: Draw) -> str:
    return draw.of(
        (
            f"Traffic keeps to the {known.drives}.",
            f"Cars drive on the {known.drives} here.",
            f"People drive on the {known.drives} side of the road.",
        )
    )


def _hemisphere(known: Known, draw: Draw) -> str:
    return draw.of(
        (
            f"The place lies in the {known.hemisphere} hemisphere.",
            f"We are in the {known.hemisphere} hemisphere.",
        )
    )


def _season(known: Known, draw: Draw) -> str:
    if not known.season:
        return ""
    return draw.of(
        (
            f"The photo was taken in {known.season}.",
            f"The season is {known.season}.",
            f"It is {known.season} in this picture.",
        )
    )


def _sun(known: Known, draw: Draw) -> str:
    if known.sun_deg is None:
        return ""
    where = compass(known.sun_deg)
    return draw.of(
        (
            f"The sun stands in the {where}.",
            f"Sunlight comes from the {where}.",
            f"The sun is in the {where}, so shadows fall to the "
            f"{compass(opposite(known.sun_deg))}.",
        )
    )


def _continent(known: Known, draw: Draw) -> str:
    name = CONTINENTS.get(known.continent, "")
    if not name:
        return ""
    return draw.of((f"This is {name}.", f"The place lies in {name}.", f"We are in {name}."))


def _region(known: Known, draw: Draw) -> str:
    if not known.region:
        return ""
    return draw.of(
        (
            f"It lies in {known.region}.",
            f"The region is {known.region}.",
            f"The photo comes from {known.region}.",
        )
    )


def _climate(known: Known, draw: Draw) -> str:
    word = climate_word(known.koppen)
    if not word:
        return ""
    return draw.of(
        (
            f"The climate is {word}.",
            f"The vegetation grows in a {word} climate.",
            f"This region has a {word} climate.",
            f"The climate is {word} (Köppen {known.koppen}).",
        )
    )


def _coast(known: Known, draw: Draw) -> str:
    if known.coast_km <= _ON_COAST_KM:
        return draw.of(("The place lies on the coast.", "This is a coastal town."))
    if known.coast_km >= _INLAND_KM:
        return draw.of(
            ("The place lies far from the sea.", "It is located far inland, away from any coast.")
        )
    return ""


def _language(known: Known, draw: Draw) -> str:
    name = LANGUAGES.get(known.language, "")
    if not name:
        return ""
    return draw.of(
        (
            f"People here speak {name}.",
            f"Signs are written in {name}.",
            f"Shop signs are in {name}.",
        )
    )


def _currency(known: Known, draw: Draw) -> str:
    name = CURRENCIES.get(known.currency, "")
    if not name:
        return ""
    return draw.of((f"Prices are in {name}.", f"People pay in {name} here."))


def _phone(known: Known, draw: Draw) -> str:
    if not known.phone:
        return ""
    return draw.of(
        (
            f"Phone numbers begin with +{known.phone}.",
            f"The country code of phone numbers is +{known.phone}.",
        )
    )


def _tld(known: Known, draw: Draw) -> str:
    if not known.tld:
        return ""
    return draw.of(
        (f"Web addresses end in {known.tld}.", f"Local websites use the domain {known.tld}.")
    )


def _zone(known: Known, draw: Draw) -> str:
    if not known.utc_offset:
        return ""
    return draw.of(
        (
            f"Clocks here show {known.utc_offset}.",
            f"Local time here is {known.utc_offset}.",
        )
    )


TOPICS: dict[str, Callable[[Known, Draw], str]] = {
    "country": _country,
    "city": _city,
    "continent": _continent,
    "admin1": _region,
    "climate": _climate,
    "coast": _coast,
    "language": _language,
    "currency": _currency,
    "phone_prefix": _phone,
    "tld": _tld,
    "timezone": _zone,
    "driving_side": _drives,
    "hemisphere": _hemisphere,
    "season": _season,
    "sun": _sun,
}
"""Topics of the third part; a topic about which nothing is known returns an empty text."""
