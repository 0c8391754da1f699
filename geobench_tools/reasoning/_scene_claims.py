"""Claims about what a scene holds and a view shows, against the facts of a rendered world."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from geobench_tools.reasoning._claims import CheckOptions, Evidence
from geobench_tools.reasoning._finding import Finding, Judgement
from geobench_tools.reasoning._strength import stated
from geobench_tools.reasoning._truth import Truth
from geobench_tools.reasoning._view_claims import (
    DIRECTION,
    apart_deg,
    degrees_of,
    sector_tolerance,
)
from geobench_tools.reasoning._walk import Walk

__all__ = ["SCENE_WORDS", "scene_findings"]

_NOUNS = {
    "church": "church(?:es)?|steeple|church spire",
    "dome": "domes?|domed building",
    "tower": "towers?|tower block|skyscraper|high-rise",
    "stadium": "stadium",
    "chimney": "chimneys?|smokestack",
    "gasholder": "gasholders?|gas ?holder|gasometer|gas tank",
    "obelisk": "obelisk",
    "pagoda": "pagoda",
    "pyramid": "pyramid",
    "water": "river|pond|lake|canal|water(?! tower)",
    "railway": "railway|rail line|railroad|train tracks|railway line|tracks",
    "sports ground": "sports ground|sports field|football pitch|playing field",
    "car park": "car park|parking lot",
    "crops": "crops|crop field|farmland|cultivated field",
}
_KIND_OF = {name: re.compile(rf"(?i)(?:{nouns})") for name, nouns in _NOUNS.items()}
SCENE_WORDS = (
    "church churches steeple dome domes domed tower towers skyscraper stadium chimney chimneys"
    " smokestack"
    " gasholder gasholders gas gasometer obelisk pagoda pyramid river pond lake canal water"
    " railway rail"
    " railroad tracks sports playing football car parking crops crop farmland cultivated street"
    " road"
    " roundabout roundabouts bridge bridges"
)
_NOUN = "|".join(_NOUNS.values())
_THING = re.compile(rf"(?i)\b(?P<noun>{_NOUN})\b")
_WAY = re.compile(
    rf"(?i)\b(?:to|in|towards?|lies|stands|rises|due|from|on) (?:the |its |due"
    rf" )?(?P<way>{DIRECTION})\b"
    r"(?! (?:hemisphere|america|africa|asia|europe))"
)
_METRES = re.compile(
    r"(?i)\b(?P<metres>\d{1,4}(?:\.\d)?) ?(?:m|metres|meters)\b(?! (?:wide|high|tall))"
)
_RUNS = re.compile(
    rf"(?i)\b(?:street|road|lane)\b[^.;\n]{{0,30}}?\b(?:runs?|running|heads|heading|aligned"
    rf"|oriented|leads)"
    rf"(?: (?:roughly|about|approximately|nearly|from|due|along|a|an|the)){{0,3}}"
    rf" (?P<a>{DIRECTION})"
    rf"(?:[ -]?(?:to|–|-|/)[ -]?)(?P<b>{DIRECTION})\b"
)
_WIDE = re.compile(
    r"(?i)\b(?:street|road|lane)\b[^.;\n]{0,40}?\b(?P<metres>\d{1,2}(?:\.\d)?) ?(?:m|metres"
    r"|meters) wide"
)
_COUNTED = re.compile(
    r"(?i)\b(?P<count>no|one|a single|two|three|four|five|six|\d{1,2}) (?P<noun>roundabouts?"
    r"|bridges?)\b"
)
_NUMBERS = {"no": 0, "one": 1, "a single": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_OF_TILE = re.compile(
    r"(?i)\b(?:tiles?|candidates?|satellite|options?|overhead|aerial|from above|[A-H] (?:shows|has"
    r"|contains))\b"
)


def scene_findings(
    walk: Walk, number: int, truth: Truth, options: CheckOptions
) -> Iterator[Finding]:
    """Yield what a sentence says of things that the scene's facts list by kind and direction."""
    facts = truth.facts.scene
    start, end = walk.spans[number]
    text = walk.text
    yield from _of_street(walk, number, facts, options)
    if not isinstance(facts.get("visible"), Sequence):
        return
    of_tile = bool(_OF_TILE.search(text, start, end))
    things = list(_THING.finditer(text, start, end))
    for k, match in enumerate(things):
        kind = next(name for name, p in _KIND_OF.items() if p.fullmatch(match.group("noun")))
        stop = things[k + 1].start() if k + 1 < len(things) else end
        clause = walk.clause[walk.at(match.start())]
        way = _first(_WAY, walk, match.end(), stop, clause)
        metres = _first(_METRES, walk, match.end(), stop, clause)
        if way is None and k == 0:
            way = _first(_WAY, walk, start, match.start(), clause)
        if of_tile and way is None:
            continue
        close = max([match.end(), *(m.end() for m in (way, metres) if m is not None)])
        begin = min([match.start(), *(m.start() for m in (way, metres) if m is not None)])
        strength = stated(walk, match)
        judgement = _seen(kind, way, metres, facts, options)
        value = " ".join(
            part
            for part in (
                kind,
                way.group("way").lower() if way else "",
                f"{metres.group('metres')} m" if metres else "",
            )
            if part
        )
        yield Finding("scene", (begin, close), value, strength, judgement)


def _first(
    pattern: re.Pattern[str], walk: Walk, start: int, end: int, clause: int
) -> re.Match[str] | None:
    match = pattern.search(walk.text, start, end)
    if match is None or abs(walk.clause[walk.at(match.start())] - clause) > 1:
        return None
    return match


def _seen(
    kind: str,
    way: re.Match[str] | None,
    metres: re.Match[str] | None,
    facts: Mapping[str, Any],
    options: CheckOptions,
) -> Judgement:
    seen = [one for one in facts["visible"] if one.get("kind") == kind]
    known = "; ".join(_shown(one) for one in seen[:6]) or f"no {kind} in view"
    if not seen:
        there = _in_scene(kind, facts)
        rule = "it is not in view" + (", but in the scene" if there else " nor in the scene")
        direction = way is not None or metres is not None
        return Judgement(None if there and not direction else False, Evidence(known, rule, "scene"))
    rule = "it is in view"
    if way is not None:
        azimuth = degrees_of(way.group("way"))
        limit = sector_tolerance(way.group("way"), options)
        if azimuth is not None:
            seen = [one for one in seen if _off(one, azimuth) <= limit]
            rule = f"one is in view within {limit:g} degrees of {azimuth:g}"
            if not seen:
                return Judgement(False, Evidence(known, f"not {rule}", "scene"))
    if metres is not None:
        stated = float(metres.group("metres"))
        off = min(abs(float(one["distance_m"]) - stated) for one in seen)
        limit = max(15.0, 0.35 * stated)
        rule += f", its distance within {limit:.0f} m of what is said"
        return Judgement(off <= limit, Evidence(known, rule, "scene", round(off)))
    return Judgement(True, Evidence(known, rule, "scene"))


def _shown(one: Mapping[str, Any]) -> str:
    if "azimuth_deg" in one:
        return f"azimuth {one['azimuth_deg']:.0f}, {one['distance_m']:.0f} m"
    return f"azimuth {one['from_deg']:.0f} to {one['to_deg']:.0f}, {one['distance_m']:.0f} m"


def _off(one: Mapping[str, Any], azimuth: float) -> float:
    """Return the angle from an azimuth to a thing or to the nearest end of its sector, degrees."""
    if "azimuth_deg" in one:
        return apart_deg(azimuth, float(one["azimuth_deg"]))
    low, high = float(one["from_deg"]), float(one["to_deg"])
    if (azimuth - low) % 360.0 <= (high - low) % 360.0 or high - low >= 360.0:
        return 0.0
    return min(apart_deg(azimuth, low), apart_deg(azimuth, high))


_AREAS = {"water": ("pond", "river"), "crops": ("field",)}


def _in_scene(kind: str, facts: Mapping[str, Any]) -> bool:
    names = (kind, *_AREAS.get(kind, ()))
    held = [*facts.get("landmarks", ()), *facts.get("areas", ())]
    return any(isinstance(one, Mapping) and one.get("kind") in names for one in held)


def _of_street(
    walk: Walk, number: int, facts: Mapping[str, Any], options: CheckOptions
) -> Iterator[Finding]:
    start, end = walk.spans[number]
    street = facts.get("street")
    if isinstance(street, Mapping):
        for match in _RUNS.finditer(walk.text, start, end):
            azimuth = degrees_of(match.group("a"))
            if azimuth is None or _OF_TILE.search(walk.text, start, end):
                continue
            off = min(apart_deg(azimuth, float(a)) for a in street["azimuths_deg"])
            limit = sector_tolerance(match.group("a"), options)
            known = f"the street runs along azimuth {street['azimuths_deg'][0]:.0f}"
            evidence = Evidence(known, f"within {limit:g} degrees", "scene")
            yield _found(walk, match, f"street {match.group('a').lower()}", off <= limit, evidence)
        for match in _WIDE.finditer(walk.text, start, end):
            stated, width = float(match.group("metres")), float(street["width_m"])
            limit = max(2.0, 0.3 * width)
            evidence = Evidence(f"{width:.1f} m wide", f"within {limit:.1f} m", "scene")
            yield _found(
                walk, match, f"street {stated:g} m", abs(stated - width) <= limit, evidence
            )
    for match in _COUNTED.finditer(walk.text, start, end):
        name = match.group("noun").lower().rstrip("s") + "s"
        if not isinstance(facts.get(name), int) or _OF_TILE.search(walk.text, start, end):
            continue
        written = match.group("count").lower()
        count = _NUMBERS[written] if written in _NUMBERS else int(written)
        evidence = Evidence(f"{facts[name]} {name}", "the scene's count", "scene")
        yield _found(walk, match, f"{count} {name}", count == facts[name], evidence)


def _found(walk: Walk, match: re.Match[str], value: str, true: bool, evidence: Evidence) -> Finding:
    strength = stated(walk, match)
    if value.startswith("0 ") and strength == "negated":
        strength = "asserted"
    return Finding("scene", match.span(), value, strength, Judgement(true, evidence))
