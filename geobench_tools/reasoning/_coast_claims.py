"""Claims about the sea: how far it is, and which one."""

import re
from collections.abc import Iterator
from dataclasses import replace

from geobench_tools.places import country_name
from geobench_tools.plaintext import words
from geobench_tools.reasoning._claims import CheckOptions, Evidence
from geobench_tools.reasoning._finding import UNKNOWN, Finding, Judgement
from geobench_tools.reasoning._seas import SEA_NAMES, lies_at, lies_at_a_lake
from geobench_tools.reasoning._strength import place_strength, stated
from geobench_tools.reasoning._truth import Truth
from geobench_tools.reasoning._walk import Walk

__all__ = ["COAST_WORDS", "coast_findings"]

COAST_WORDS = (
    "coast coastal coastline seaside sea ocean shore shores seafront inland landlocked interior"
    " oceanside beach beachfront maritime seashore seaport port"
)
COAST_WORDS += " " + " ".join(sorted({name.split()[-1] for name in SEA_NAMES}))
_WATER = (
    r"(?:coast(?:line)?|sea(?:side|shore|front|coast)?|ocean(?:front|side)?|shore(?:line)?|beach)"
)
_SEAS = "|".join(SEA_NAMES)
_ADJECTIVES = (
    r"(?:[A-Z][a-z]+ |sea |west(?:ern)? |east(?:ern)? |north(?:ern)? |south(?:ern)? |open |rocky "
    r"|nearby |rugged |sandy )"
)
_SETTING = (
    r"(?:town|city|village|area|region|location|setting|resort|settlement|community|zone|plain"
    r"|strip|environment|district|road|highway|promenade|neighbou?rhood|province|place|site|suburb"
    r"|scene|landscapes?|capital|lowland)"
)
_UNIT = r"(?:km|kilomet(?:er|re)s?|m|met(?:er|re)s?|miles?)"
_SHORT_WAY = (
    rf"(?:an?|one|two|three|a few|a couple of|(?:less than |under |about )?\d{{1,2}}) "
    rf"(?:{_UNIT}|minutes?|blocks?|steps|streets?)"
)
_COAST = re.compile(
    rf"\b(?P<landlocked>(?i:landlocked|(?:no|without(?: an?)?) (?:coast(?:line)?"
    rf"|sea access|access to the (?:sea|ocean|coast))))\b"
    rf"|\b(?P<far>(?<!not )(?i:far (?:away )?from (?:the |any )?{_WATER}|(?:deep|far|well) inland"
    rf"|(?:well|far) away from (?:the |any )?{_WATER}"
    rf"|(?:deep )?in the (?:continental )?interior|deep interior))\b"
    rf"|\b(?P<inland>(?i:inland {_SETTING}|(?:is|located|lies|lying|situated|sits|set|somewhere"
    r"|further|clearly) inland))\b"
    rf"|\b(?P<km>(?i:(?P<number>\d{{1,4}}(?:\.\d)?) ?(?P<unit>{_UNIT}) (?:inland )?from the"
    rf" {_WATER}))\b"
    rf"|\b(?P<near>(?i:(?:(?:coastal|seaside) ){{1,2}}{_SETTING}|is coastal|beach town|seaport"
    rf"|port city|harbou?r (?:city|town)|beach resort|not far from the {_WATER}"
    rf"|{_WATER},? (?:(?:is|lies|being|only|just|right|barely|itself) )*(?:within (?:easy )?"
    rf"(?:walking distance|reach|sight)|around the corner|next door|nearby|{_SHORT_WAY} away)"
    rf"|a (?:few|couple of) (?:{_UNIT}|minutes|blocks) (?:away )?from the {_WATER})"
    rf"|(?i:(?:right |directly )?(?:on|along|near|by|beside|close to|next to|at|hugging|facing"
    rf"|overlooking|adjacent to))"
    rf" (?i:the|a|an) {_ADJECTIVES}{{0,2}}(?i:{_WATER}))\b(?! (?:level|view|wall|salt|breeze))"
)
_SEA = re.compile(
    rf"(?i)\b(?:(?:{_SETTING}|seaport|port|harbou?r|resort) )?"
    r"(?:(?:(?:islands?|archipelago|atoll)(?: \w+){0,3} in"
    r"|(?:on|along|near|by|beside|next to|at|faces?|facing|overlooking|over|off|in|into|onto|to"
    r"|close to|beyond|meets|borders?|washed by|(?:shores?|coasts?|waters?|beach(?:es)?) of)"
    rf"|(?:sea|ocean|water|coast|shore|{_WATER})(?: \w+){{0,3}} is)"
    r" (?:(?:the|its) )?(?:(?:shores?|coasts?|coastline|edge) (?:of|on) )?(?:the|its) "
    rf"|(?:sea|ocean|waters?|coast): (?:the )?|(?<![a-z,] )the (?={_SEAS} (?:is|lies)\b))"
    rf"(?:\w+ern )?(?P<sea>{_SEAS})\b"
    r"(?! (?!sea\b|ocean\b|coast|shore|side\b|and\b|or\b|in\b|at\b|is\b|with\b|just\b|which\b"
    r"|rather\b|where\b|so\b|but\b)\w)"
)
_AWAY = re.compile(
    r"(?i)[^.;\n]{0,24}\b(?:away|inland|\d+ ?(?:km|kilomet|mi)"
    r"|(?:to|in) the (?:north|south|east|west))"
)
"""What follows a sea that is not at hand: "The Mediterranean is 280 km away"."""

_FLOWS = re.compile(r"(?i)\b(?:flows?|drains?|empties|empty)\b")
_LANDLOCKED = words(
    "AD AF AM AT AZ BF BI BO BT BW BY CF CH CZ ET HU KG KZ LA LI LS LU MD MK ML MN MW NE NP PY RS"
    " RW SK SM SS SZ TD TJ TM UG UZ VA XK ZM ZW"
)
_AWAY_DEG = 5.0
_FRESH = re.compile(r"(?i)\b(?:lakes?|ponds?|rivers?|reservoir|canal)\b")
_SALT = re.compile(r"(?i)\b(?:sea|ocean|seaport)")
_BANK = re.compile(r"(?i)\b(?:shore|beach|harbou?r|port)")


def coast_findings(
    walk: Walk, number: int, truth: Truth, options: CheckOptions
) -> Iterator[Finding]:
    """Yield what a sentence says about the distance to the sea, and about the sea's name."""
    named, span = [], walk.spans[number]
    for match in _SEA.finditer(walk.text, *span):
        sea = match.group("sea").lower()
        named.append(match.span("sea"))
        first, last = walk.at(match.start("sea")), walk.at(match.end("sea") - 1)
        away = bool(_AWAY.match(walk.text, match.end()))
        away = away or bool(_FLOWS.search(walk.text, max(span[0], match.start() - 40), match.end()))
        stance = stated(walk, match) if away else place_strength(walk, first, last).strength
        yield Finding("coast", match.span(), sea, stance, _at_sea(sea, truth, options, away=away))
    for match in _COAST.finditer(walk.text, *span):
        if any(match.start() < end and start < match.end() for start, end in named):
            continue
        name = next(n for n in ("landlocked", "far", "inland", "km", "near") if match.group(n))
        strength = stated(walk, match)
        distance = (
            float(match.group("number")) * _metres(match.group("unit")) if name == "km" else 0.0
        )
        judgement = _coast(name, distance, truth, options)
        salt = bool(_SALT.search(match.group()))
        fresh = not salt and _FRESH.search(
            walk.text, *(() if _BANK.search(match.group()) else span)
        )
        lake = not salt and truth.position is not None and lies_at_a_lake(*truth.position)
        if name == "near" and not judgement.true and (fresh or lake):
            rule = "the coast may be that of fresh water"
            judgement = Judgement(None, replace(judgement.evidence, rule=rule))
        yield Finding("coast", match.span(), name, strength, judgement)


def _metres(unit: str) -> float:
    unit = unit.lower()
    return 1609.344 if unit.startswith("mile") else 1000.0 if unit.startswith("k") else 1.0


def _at_sea(sea: str, truth: Truth, options: CheckOptions, *, away: bool) -> Judgement:
    metres = truth.coast_m
    if metres is None or truth.position is None:
        return UNKNOWN
    lat, lon = truth.position
    if away:
        near = lies_at(sea, lat, lon, margin_deg=_AWAY_DEG)
        there = lies_at(sea, lat, lon)
        rule = f"the sea nearest to it lies within {_AWAY_DEG:g} degrees"
        evidence = Evidence(f"{lat:.2f}, {lon:.2f}", rule, "seas by latitude and longitude")
        return Judgement(True if there else None if near else False, evidence)
    there = lies_at(sea, lat, lon)
    evidence = Evidence(
        f"{lat:.2f}, {lon:.2f}, {metres / 1000:.0f} km from the sea",
        "in the part of the world where that sea is, and up to "
        f"{options.coast_near_m / 1000:g} km from the sea",
        "seas by latitude and longitude",
        round(metres),
    )
    if there and metres > options.coast_near_m + truth.facts.accuracy_m:
        return Judgement(None if metres < 4 * options.coast_near_m else False, evidence)
    return Judgement(there, evidence)


def _coast(name: str, stated_m: float, truth: Truth, options: CheckOptions) -> Judgement:
    metres = truth.coast_m
    if metres is None:
        return UNKNOWN
    if name == "landlocked":
        if truth.place is None:
            return UNKNOWN
        code = truth.place.country
        evidence = Evidence(country_name(code), "whether the country has a coast", "gazetteer")
        if code not in _LANDLOCKED and metres > options.coast_far_m:
            return Judgement(None, Evidence(country_name(code), "it lies far inland", "coastline"))
        return Judgement(code in _LANDLOCKED, evidence)
    known = f"{metres / 1000:.0f} km from the sea"
    slack = truth.facts.accuracy_m

    def found(right: bool, wrong: bool, rule: str) -> Judgement:
        true = True if right else False if wrong else None
        return Judgement(true, Evidence(known, rule, "coastline", round(metres)))

    if name == "near":
        limit = options.coast_near_m + slack
        return found(metres <= limit, metres > limit, f"up to {limit / 1000:g} km")
    if name == "far":
        far = options.coast_far_m
        return found(metres >= far - slack, metres < far / 2 - slack, f"from {far / 1000:g} km on")
    if name == "km":
        error = abs(metres - stated_m)
        return found(
            error <= max(10_000.0, 0.3 * stated_m),
            error > max(25_000.0, 0.6 * stated_m),
            "stated distance against that to the nearest sea",
        )
    return found(metres >= 10_000 - slack, metres < 2_000 - slack, "from 10 km on")
