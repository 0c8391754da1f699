"""Claims about continents and other regions of the world."""

import re
from collections.abc import Sequence

from geobench_tools.places import country_name
from geobench_tools.reasoning._claims import Evidence, Span
from geobench_tools.reasoning._finding import UNKNOWN, Finding, Judgement
from geobench_tools.reasoning._regions import Region, regions
from geobench_tools.reasoning._strength import place_strength
from geobench_tools.reasoning._truth import Truth
from geobench_tools.reasoning._walk import Walk

__all__ = ["REGION_WORDS", "in_region", "region_findings"]

_REGION_NAMES = (
    "europe|asia|africa|oceania|antarctica|americas?|middle east|near east|scandinavia|balkans?"
    "|baltics|baltic(?= (?:states|countr|region|nation|republic))"
    "|benelux|low countries|iberia|maghreb|levant|caucasus|caribbean|australasia"
    "|melanesia|micronesia|polynesia|british isles|arabian peninsula|iberian peninsula"
    "|indian subcontinent|southern cone|horn of africa|nordics|sahel"
)
_REGION = re.compile(
    r"(?i)\b(?:(?P<side>(?:(?:north|south|east|west|central|southeast|northeast|northwest|southwest"
    r"|mainland|continental|latin|sub-saharan|middle)(?:ern)?(?:[- ](?=east|west))?){1,2}[ -])?"
    rf"(?P<name>{_REGION_NAMES})(?P<noun>[ -](?:states|countries|country|region"
    rf"|peninsula))?)(?![\w-])"
)
_ADJECTIVE = re.compile(
    r"(?i)\b(?P<side>(?:north|south|east|west|central|southeast|latin|sub-saharan)(?:ern)?[ -])?"
    r"(?P<name>european|asian|african|scandinavian|nordic|balkan|caribbean|baltic) "
    r"(?:countr(?:y|ies)|cit(?:y|ies)|town|village|continent|setting|location|region|suburb"
    r"|capital|nation"
    r"|state)\b"
)
_NOUN_OF = {
    "european": "europe",
    "asian": "asia",
    "african": "africa",
    "scandinavian": "scandinavia",
    "nordic": "nordics",
    "balkan": "balkans",
    "caribbean": "caribbean",
    "baltic": "baltics",
}
REGION_WORDS = (
    "europe asia africa oceania antarctica america americas middle near scandinavia balkan balkans"
    " baltic baltics benelux low iberia iberian maghreb levant caucasus caribbean australasia"
    " melanesia micronesia polynesia british arabian indian southern horn nordics european asian"
    " african scandinavian nordic sahel"
)


def region_findings(walk: Walk, number: int, truth: Truth, taken: Sequence[Span]) -> list[Finding]:
    """Return what one sentence says about continents and regions of the world.

    Args:
        walk: The walk over the trace.
        number: The sentence.
        truth: What is known.
        taken: Spans of names that hold such words, as "South Africa" does.
    """
    start, end = walk.spans[number]
    found = []
    for pattern in (_REGION, _ADJECTIVE):
        for match in pattern.finditer(walk.text, start, end):
            span = match.span()
            if any(a <= span[0] and span[1] <= b and b - a > span[1] - span[0] for a, b in taken):
                continue
            region = _region_of(match, pattern is _ADJECTIVE)
            if region is None:
                continue
            first, last = walk.at(span[0]), walk.at(span[1] - 1)
            strength = place_strength(walk, first, last).strength
            found.append(
                Finding("continent", span, region.name, strength, in_region(region, truth))
            )
    return found


def _region_of(match: re.Match[str], adjective: bool) -> Region | None:
    name = match.group("name")
    if not adjective and not name[0].isupper():
        return None
    name = name.lower()
    name = _NOUN_OF[name] if adjective else name
    side = re.sub(r"[ -]+", " ", (match.group("side") or "").lower()).strip()
    side = side.replace("south eastern", "southeast").replace("southeastern", "southeast")
    side = side.replace("south east", "southeast")
    if name == "america":
        if not side:
            return None
        name = f"{side} america"
        name = name.replace("southern", "south").replace("northern", "north")
        return regions().get(name)
    name = name.replace("balkan", "balkans") if name == "balkan" else name
    name = "baltics" if name == "baltic" else name
    if not side:
        return regions().get(name)
    table = regions()
    return table.get(f"{side} {name}") or table.get(name)


def in_region(region: Region, truth: Truth) -> Judgement:
    """Judge whether the position lies in a region of the world."""
    countries = {truth.place.country} if truth.place else truth.countries
    if not countries:
        return UNKNOWN
    known = ", ".join(sorted(country_name(code) for code in countries))
    if countries & region.core:
        return Judgement(True, Evidence(known, "the country belongs to it", "UN M49"))
    if countries & region.edge:
        return Judgement(None, Evidence(known, "some count the country to it", "UN M49"))
    return Judgement(False, Evidence(known, "the country does not belong to it", "UN M49"))
