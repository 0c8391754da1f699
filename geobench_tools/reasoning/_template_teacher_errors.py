"""Errors of known kinds that the template teacher puts into traces, to see them caught."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from geobench_tools.places import CountryFacts, country_facts
from geobench_tools.reasoning._template_teacher_draw import Draw
from geobench_tools.reasoning._template_teacher_known import Known, opposite
from geobench_tools.reasoning._template_teacher_names import CONTINENTS, CURRENCIES, LANGUAGES
from geobench_tools.reasoning._template_teacher_text import Parts
from geobench_tools.world import TOWNS

__all__ = ["EDITS", "ERROR_KINDS", "SWAPS", "Edit", "Expected", "Swap", "expected_of"]

_FAR_CLIMATE = {"A": "Dfc", "B": "Dfc", "C": "BWh", "D": "Af", "E": "Af"}
_EASTERN, _WESTERN = ("UTC+9", "UTC+7"), ("UTC-7", "UTC-5")
_REGIONS = ("Bavaria", "Texas", "Hokkaido", "Rajasthan", "Tuscany", "Queensland")
_TAKEN_FOR = {"city": ("admin1",), "admin1": ("city",), "language": ("script",)}
"""Other kinds that a name of a kind may be taken for: Valencia is a city and a region."""
_NEAR_KM, _FAR_KM = 15.0, 150.0
_SEASONS = {"winter": "summer", "summer": "winter", "spring": "autumn", "autumn": "spring"}


@dataclass(frozen=True)
class Expected:
    """How an error should be found.

    Attributes:
        reason: The check that should reject the trace.
        claims: For the facts: the kinds of claims of which one should be contradicted.
    """

    reason: str
    claims: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Swap:
    """A true fact exchanged for a false one.

    Attributes:
        topic: What the trace must then say: a topic of the text and a kind of claim.
        change: Makes the false truth; None where the question has no such fact.
    """

    topic: str
    change: Callable[[Known, Draw], Known | None]


def _country(known: Known, draw: Draw) -> Known:
    return replace(known, country=draw.of(sorted({t.country for t in TOWNS} - {known.country})))


def _city(known: Known, draw: Draw) -> Known:
    others = [town.name for town in TOWNS if town.country != known.country]
    return replace(known, town=draw.of(others))


def _hemisphere(known: Known, draw: Draw) -> Known:
    other = "southern" if known.hemisphere == "northern" else "northern"
    return replace(known, hemisphere=other)


def _drives(known: Known, draw: Draw) -> Known:
    return replace(known, drives="left" if known.drives == "right" else "right")


def _neighbour(known: Known, draw: Draw) -> Known | None:
    beside = country_facts(known.country).neighbours
    return replace(known, country=draw.of(beside)) if beside else None


def _capital(known: Known, draw: Draw) -> Known | None:
    capital = country_facts(known.country).capital
    return replace(known, town=capital) if capital not in ("", known.town) else None


def _continent(known: Known, draw: Draw) -> Known:
    own = country_facts(known.country).continents
    return replace(known, continent=draw.of(sorted(set(CONTINENTS) - {known.continent, *own})))


def _region(known: Known, draw: Draw) -> Known:
    return replace(known, region=draw.of([name for name in _REGIONS if name != known.region]))


def _climate(known: Known, draw: Draw) -> Known | None:
    other = _FAR_CLIMATE.get(known.koppen[:1])
    return replace(known, koppen=other) if other else None


def _coast(known: Known, draw: Draw) -> Known | None:
    if known.coast_km > _FAR_KM:
        return replace(known, coast_km=1.0)
    return replace(known, coast_km=900.0) if known.coast_km < _NEAR_KM else None


def _language(known: Known, draw: Draw) -> Known:
    spoken = country_facts(known.country).spoken
    return replace(known, language=draw.of(sorted(set(LANGUAGES) - {*spoken, "wo"})))


def _currency(known: Known, draw: Draw) -> Known:
    used = country_facts(known.country).currencies
    return replace(known, currency=draw.of(sorted(set(CURRENCIES) - set(used))))


def _other_country(known: Known, draw: Draw) -> CountryFacts:
    own = country_facts(known.country)
    codes = sorted({town.country for town in TOWNS})
    others = [country_facts(code) for code in codes]
    far = [facts.code for facts in others if facts.phone_prefix != own.phone_prefix]
    return country_facts(draw.of([code for code in far if code != known.country]))


def _phone(known: Known, draw: Draw) -> Known:
    return replace(known, phone=_other_country(known, draw).phone_prefix)


def _tld(known: Known, draw: Draw) -> Known:
    return replace(known, tld=_other_country(known, draw).tld)


def _zone(known: Known, draw: Draw) -> Known:
    return replace(known, utc_offset=draw.of(_EASTERN if known.lon < 0 else _WESTERN))


def _season(known: Known, draw: Draw) -> Known | None:
    return replace(known, season=_SEASONS[known.season]) if known.season else None


def _sun(known: Known, draw: Draw) -> Known | None:
    return None if known.sun_deg is None else replace(known, sun_deg=opposite(known.sun_deg))


SWAPS: Mapping[str, Swap] = {
    "country": Swap("country", _country),
    "neighbouring country": Swap("country", _neighbour),
    "city": Swap("city", _city),
    "city of the same country": Swap("city", _capital),
    "continent": Swap("continent", _continent),
    "region": Swap("admin1", _region),
    "climate": Swap("climate", _climate),
    "coast": Swap("coast", _coast),
    "language": Swap("language", _language),
    "currency": Swap("currency", _currency),
    "phone prefix": Swap("phone_prefix", _phone),
    "web domain": Swap("tld", _tld),
    "time zone": Swap("timezone", _zone),
    "hemisphere": Swap("hemisphere", _hemisphere),
    "driving side": Swap("driving_side", _drives),
    "season": Swap("season", _season),
    "sun": Swap("sun", _sun),
}
"""Wrong facts, by the name of the kind."""


def _wrong_answer(parts: Parts, known: Known, draw: Draw) -> tuple[Parts, str]:
    letter = draw.of([other.letter for other in known.others])
    return replace(parts, conclusion=f"The best match is candidate {letter}."), letter


def _disagrees(parts: Parts, known: Known, draw: Draw) -> tuple[Parts, str]:
    letter = draw.of([other.letter for other in known.others])
    return replace(parts, conclusion=f"The best match is candidate {letter}."), known.letter


def _missing(parts: Parts, known: Known, draw: Draw) -> tuple[Parts, str]:
    return replace(parts, **{draw.of(("cross_view", "knowledge")): ""}), known.letter


def _quotes(parts: Parts, known: Known, draw: Draw) -> tuple[Parts, str]:
    said = draw.of(
        (
            f"According to the metadata the photo is from {known.town}.",
            "The GPS tag of the image confirms the place.",
            f"The file name says {known.town}.",
        )
    )
    return replace(parts, knowledge=f"{parts.knowledge} {said}"), known.letter


def _given(parts: Parts, known: Known, draw: Draw) -> tuple[Parts, str]:
    said = draw.of(
        (
            f"The provided answer is {known.letter}.",
            f"As the given answer says, it is candidate {known.letter}.",
            f"I was told that the answer is {known.letter}.",
        )
    )
    return replace(parts, conclusion=f"{said} {parts.conclusion}"), known.letter


def _position(parts: Parts, known: Known, draw: Draw) -> tuple[Parts, str]:
    said = f"The camera stands at {known.lat:.5f}, {known.lon:.5f}."
    return replace(parts, knowledge=f"{parts.knowledge} {said}"), known.letter


def _sign_flip(parts: Parts, known: Known, draw: Draw) -> tuple[Parts, str]:
    side = "S" if known.lat >= 0 else "N"
    other = "W" if known.lon < 0 else "E"
    said = f"The place is near {abs(known.lat):.1f}° {side}, {abs(known.lon):.1f}° {other}."
    return replace(parts, knowledge=f"{parts.knowledge} {said}"), known.letter


@dataclass(frozen=True)
class Edit:
    """A text that is made wrong.

    Attributes:
        expected: How it should be found.
        change: Makes the parts and the answer.
    """

    expected: Expected
    change: Callable[[Parts, Known, Draw], tuple[Parts, str]]


EDITS: Mapping[str, Edit] = {
    "wrong answer": Edit(Expected("answer"), _wrong_answer),
    "coordinates": Edit(Expected("facts", frozenset({"coordinates"})), _sign_flip),
    "conclusion disagrees": Edit(Expected("facts", frozenset({"candidate"})), _disagrees),
    "missing part": Edit(Expected("template"), _missing),
    "quotes metadata": Edit(Expected("leak"), _quotes),
    "quotes the answer": Edit(Expected("leak"), _given),
    "exact position": Edit(Expected("leak"), _position),
}
"""Wrong texts by the name of the kind."""

ERROR_KINDS = (*SWAPS, *EDITS)


def expected_of(kind: str) -> Expected:
    """Return how a kind of error should be found."""
    if kind in SWAPS:
        topic = SWAPS[kind].topic
        return Expected("facts", frozenset({topic, *_TAKEN_FOR.get(topic, ())}))
    return EDITS[kind].expected
