"""Claims about where: countries, divisions and cities."""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from geobench_tools.geo import EARTH_RADIUS_M
from geobench_tools.places import Candidate, country_name, resolve
from geobench_tools.plaintext import name_key, words
from geobench_tools.reasoning._claims import CheckOptions, Evidence, Span, Strength
from geobench_tools.reasoning._finding import UNKNOWN, Finding, Judgement
from geobench_tools.reasoning._names import Mention, find_names
from geobench_tools.reasoning._region_claims import in_region
from geobench_tools.reasoning._regions import regions
from geobench_tools.reasoning._relations import Relation, relations_of
from geobench_tools.reasoning._strength import place_strength
from geobench_tools.reasoning._strength import strength as strength_of
from geobench_tools.reasoning._truth import Truth
from geobench_tools.reasoning._walk import Walk

__all__ = [
    "address_spans",
    "field_findings",
    "place_findings",
]

_OR = re.compile(
    r"[\"')]{0,2},?\s(?:or|and/or|versus|vs\.?)\s(?:even\s|perhaps\s|maybe\s|possibly\s|in\s|the\s"
    r"|from\s){0,2}[\"'(]?"
    r"|\s?/\s?"
)
_AND = re.compile(
    r"[\"')]{0,2},?\s(?:and|&|as well as)\s(?:(?:[a-z]+\s)?in\s|the\s|even\s){0,2}[\"'(]?"
)
_WITHIN = re.compile(
    r",? (?:in|of|from) (?:the )?|'s |, (?:the )?| ?\((?:in |the )*"
    r"| is (?:the )?|'?s? (?:is|are|was|lies|belongs)\b[^.;,\n]{0,24}\b(?:of|to|in) (?:the )?"
)
"""What stands between a place and the wider or narrower one that it shares its sentence with."""

_LISTED = re.compile(r" \([^()\n]{1,80}\),?(?: and| or| as well as|,) (?:the )?")
"""What stands between the places of a list with remarks: "not Graz (too small), Linz (…)"."""

_SAME_AREA_M = 100_000.0
_COMMA = re.compile(r",\s(?:in\s|the\s)?")


def place_findings(
    walk: Walk, truth: Truth, options: CheckOptions
) -> tuple[list[Finding], list[Finding]]:
    """Return what prose says about countries, divisions and cities.

    The first list judges what is said of each: that it is the image's place, or how it lies to that
    or to another. The second takes each as the image's place.
    """
    mentions = find_names(walk)
    strengths = _strengths(walk, mentions)
    found = [
        _finding(
            mention.places,
            (walk.starts[mention.first], walk.ends[mention.last]),
            strength,
            truth,
            _wider(options) if _is_near(walk, mention) else options,
            walk.text,
        )
        for mention, strength in zip(mentions, strengths, strict=True)
    ]
    own = list(found)
    for k, relation in enumerate(relations_of(walk, mentions, truth)):
        if relation is not None:
            found[k] = _related(walk, mentions[k], relation, found, k)
    return found, own


def _related(
    walk: Walk, mention: Mention, relation: Relation, found: Sequence[Finding], k: int
) -> Finding:
    """Return the finding of a place that another, or the image's, is said to border or lie in."""
    own, judgement = found[k], relation.judgement
    subject = None if relation.subject is None else found[relation.subject]
    if subject is not None and subject.strength in ("hedged", "negated"):
        return own
    strength = strength_of(walk, mention.first, mention.last)
    if relation.kind in ("within", "qualified"):
        strength = place_strength(walk, mention.first, mention.last, subject=False).strength
        if judgement.true is False and subject is not None:
            known = relation.kind == "within" and not own.judgement.true
            if subject.judgement.true or known:
                return replace(own, strength=strength, judgement=judgement)
        elif own.judgement.true is False and subject is not None:
            return replace(own, strength=subject.strength)
        return own
    if judgement.true is None:
        related = relation.kind in ("apart", "capital")
        return replace(own, strength="contrast") if related else own
    span = relation.start, relation.end
    return replace(own, span=span, strength=strength, judgement=judgement)


_QUOTED = re.compile(
    r"(?<!\w)'[^'\n]{1,80}'(?!\w)|\\\"[^\"\n]{1,80}\\\"|(?<=[\s(])\"[^\":\n]{1,80}\"(?=[\s.,;)])"
)
_QUOTED_IN_JSON = re.compile(r"(?<!\w)'[^'\n]{1,80}'(?!\w)|\\\"[^\"\n]{1,80}\\\"")
_JSON = re.compile(r"\"\s?:\s{0,4}[\"{]")
_TO = re.compile(r"\s(?:to|and on to|through to)\s(?:the\s)?")


_NEAR = words("near outside around nearby")


def _is_near(walk: Walk, mention: Mention) -> bool:
    lead = walk.lows[max(0, mention.first - 2) : mention.first]
    return bool(lead) and (lead[-1] in _NEAR or lead == ["close", "to"])


def _wider(options: CheckOptions) -> CheckOptions:
    """Return options for "near Lyon": twice the radius."""
    return replace(options, city_radius_m=2 * options.city_radius_m)


def _quoted(text: str) -> list[Span]:
    """Return the spans of quotations, which are words on signs and not the trace's own."""
    if "'" not in text and '"' not in text:
        return []
    pattern = _QUOTED_IN_JSON if _JSON.search(text) else _QUOTED
    return [match.span() for match in pattern.finditer(text)]


def _strengths(walk: Walk, mentions: Sequence[Mention]) -> list[Strength]:
    said = [place_strength(walk, m.first, m.last) for m in mentions]
    found = [one.strength for one in said]
    quoted = _quoted(walk.text) if mentions else []
    for k, mention in enumerate(mentions):
        start, end = walk.starts[mention.first], walk.ends[mention.last]
        if any(a < start and end < b for a, b in quoted):
            found[k] = "contrast"
    for k in range(len(mentions) - 1):
        a, b = mentions[k], mentions[k + 1]
        if walk.sentence[a.first] != walk.sentence[b.first]:
            continue
        between = walk.text[walk.ends[a.last] : walk.starts[b.first]]
        if (
            found[k + 1] == "asserted"
            and found[k] != "asserted"
            and (_continues(walk, b) or _WITHIN.fullmatch(between) or _LISTED.fullmatch(between))
        ):
            found[k + 1] = found[k]
        if _OR.fullmatch(between):
            chain = _chain(walk, mentions, k)
            weaker: Strength = "hedged"
        elif (
            (_AND.fullmatch(between) and _apart(a, b))
            or _TO.fullmatch(between)
            or (_COMMA.fullmatch(between) and _both_countries(a, b))
        ):
            chain = _chain(walk, mentions, k)
            weaker = "contrast"
        else:
            continue
        for one in (*chain, k + 1):
            if found[one] == "asserted":
                found[one] = weaker
    for k, statement in enumerate(said):
        if statement.leaning and found[k] == "asserted" and _is_replaced(mentions, found, k):
            found[k] = "hedged"
    for k in range(len(mentions) - 1):  # a country goes with the city it qualifies
        if mentions[k].qualified and mentions[k + 1].first <= mentions[k].last + 4:
            if found[k] != "asserted" and found[k + 1] == "asserted":
                found[k + 1] = found[k]
            elif found[k] == "asserted" and found[k + 1] == "hedged":
                found[k] = "hedged"
    return found


def _is_replaced(mentions: Sequence[Mention], found: Sequence[Strength], k: int) -> bool:
    """Tell whether another place of the same kind is asserted later on."""
    own = mentions[k].places
    return any(
        found[j] == "asserted"
        and mentions[j].places[0].kind == own[0].kind
        and not set(mentions[j].places) & set(own)
        for j in range(k + 1, len(mentions))
    )


def _continues(walk: Walk, mention: Mention) -> bool:
    """Tell whether a mention goes on with what was said of the last: "… and Albania for …"."""
    following = walk.lows[mention.last + 1 : mention.last + 2]
    return walk.lows[mention.first - 1] in ("and", "or", "nor") and (
        not following or following[0] in ("because", "for", "due", "since", "by", "on", "owing")
    )


def _chain(walk: Walk, mentions: Sequence[Mention], k: int) -> list[int]:
    chain = [k]
    while k:
        between = walk.text[walk.ends[mentions[k - 1].last] : walk.starts[mentions[k].first]]
        if not _COMMA.fullmatch(between):
            break
        k -= 1
        chain.append(k)
    return chain


def _both_countries(a: Mention, b: Mention) -> bool:
    return a.places[0].kind == b.places[0].kind == "country" and _apart(a, b)


def _apart(a: Mention, b: Mention) -> bool:
    """Tell whether two mentions can only be different countries, or different cities far apart."""
    if not {p.country for p in a.places} & {p.country for p in b.places}:
        return True
    return all(p.kind == "city" for p in (*a.places, *b.places)) and not any(
        _distance(p.lat, p.lon, q.lat, q.lon) < _SAME_AREA_M
        for p in a.places[:6]
        for q in b.places[:6]
    )


def _finding(
    places: tuple[Candidate, ...],
    span: Span,
    strength: Strength,
    truth: Truth,
    options: CheckOptions,
    text: str,
) -> Finding:
    start, end = span
    if not places:
        return Finding("city", span, text[start:end], strength, UNKNOWN)
    found: list[tuple[Candidate, Judgement]] = []
    for place in places:
        found.append((place, _judge(place, truth, options)))
        if found[-1][1].true:
            break
    place, judgement = found[-1] if found[-1][1].true else _likeliest(found)
    if not judgement.true and name_key(text[start:end]) in truth.given:
        evidence = Evidence("; ".join(truth.facts.places), "the data give this name", "metadata")
        judgement = Judgement(True, evidence)
    value = place.country if place.kind == "country" else place.name
    return Finding(place.kind, span, value, strength, judgement)


def _likeliest(found: list[tuple[Candidate, Judgement]]) -> tuple[Candidate, Judgement]:
    """Return the reading of a name that is not true here: an open one before a wrong one."""
    usual = [one for one in found if one[0].match == "name"] or found
    return next((one for one in usual if one[1].true is None), usual[0])


def _judge(place: Candidate, truth: Truth, options: CheckOptions) -> Judgement:
    if place.kind == "country":
        return _in_country(place.country, truth)
    if truth.position is None or truth.place is None:
        return UNKNOWN
    here = truth.place
    known = f"{here.city}, {here.admin1}, {here.country}"
    if place.kind == "admin1":
        rule = f"the position lies in {here.admin1 or 'no division'} ({here.admin1_code})"
        if place.admin1_code == here.admin1_code or place.admin1_code in truth.divisions:
            return Judgement(True, Evidence(known, rule, "divisions"))
        if any(city.admin1_code == place.admin1_code for city in truth.near):
            near = "a city within 10 km lies in that division: the border is too near to tell"
            return Judgement(None, Evidence(known, near, "gazetteer"))
        return Judgement(False, Evidence(known, rule, "divisions"))
    metres = _distance(place.lat, place.lon, *truth.position)
    radius = options.city_radius_m + truth.facts.accuracy_m
    if metres <= radius:
        rule = f"a place of that name lies within {radius / 1000:g} km"
        return Judgement(True, Evidence(known, rule, "gazetteer", round(metres)))
    if here.metro and here.metro == place.name and metres <= 2 * radius:
        rule = "the position belongs to the area of that city"
        return Judgement(True, Evidence(known, rule, "gazetteer", round(metres)))
    rule = f"no place of that name lies within {radius / 1000:g} km"
    return Judgement(False, Evidence(known, rule, "gazetteer", round(metres)))


def _in_country(code: str, truth: Truth) -> Judgement:
    if truth.place is not None and truth.place.country == code:
        return Judgement(
            True, Evidence(country_name(code), "the position lies in that country", "borders")
        )
    countries = truth.countries
    if not countries:
        return UNKNOWN
    if truth.position is None:
        source, rule = "metadata", "the data name the country"
    else:
        source, rule = "borders", "the position lies in this country"
    known = ", ".join(sorted(country_name(one) for one in countries))
    if code in countries:
        near = len(countries) > 1
        rule = "the position lies within 3 km of the border" if near else rule
        return Judgement(True, Evidence(known, rule, source))
    return Judgement(False, Evidence(known, rule, source))


def _distance(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half = math.sin((phi2 - phi1) / 2) ** 2
    half += math.cos(phi1) * math.cos(phi2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, half)))


_FIELD = re.compile(
    r"(?i)[\"']?\b(?P<key>city|town|municipality|locality|state|province|region|admin1|county"
    r"|country"
    r"|continent|state/province|city/town|state or province|predicted city|predicted country"
    r"|closest city|nearest city|country name)[\"']?[*_]{0,2}\s?[:=][*_]{0,2}\s{0,2}"
    r"(?:\"(?P<quoted>[^\"\n{}]{2,60})\"|'(?P<single>[^'\n{}]{2,60})'"
    r"|(?P<bare>(?:S(?:ain)?te?\. )?[^\W\d_][^\n,;:.{}\[\]\"<>()|*]{1,40})(?=[\n,;.<(|*]|$))"
)
_NOTHING = re.compile(
    r"(?i)unknown|n/?a|none|null|not .*|unspecified|uncertain|unclear|undetermined|unidentified.*"
    r"|-+|.*\bnot\b.*"
    r"|(?:the|a|an|this|with|and|or|in|of|is|has|no)\b.*|cannot .*|various|multiple|possibly .*"
)


_ADDRESS = re.compile(
    r"(?i)\"(?:street|address|road|street_address|street address|location"
    r" name)\"\s?:\s?\"[^\"\n]{1,200}\""
)


def address_spans(text: str) -> list[Span]:
    """Return the spans of street addresses in fields, whose names are those of streets."""
    return [match.span() for match in _ADDRESS.finditer(text)] if '"' in text else []


def field_findings(text: str, truth: Truth, options: CheckOptions) -> list[Finding]:
    """Return what fields such as ``"city": "Lyon"`` say; each is an assertion.

    Args:
        text: Plain text.
        truth: What is known.
        options: The city radius.
    """
    found = []
    for match in _FIELD.finditer(text) if ":" in text or "=" in text else ():
        group = next(name for name in ("quoted", "single", "bare") if match.group(name))
        value, span = match.group(group).strip(), match.span(group)
        if _NOTHING.fullmatch(value):
            continue
        key = match.group("key").lower()
        span = (span[0], span[0] + len(match.group(group).rstrip()))
        if key == "continent":
            region = regions().get(value.lower())
            if region is not None:
                judgement = in_region(region, truth)
                found.append(Finding("continent", span, region.name, "asserted", judgement))
            continue
        places = _of_field(key, value)
        if places:
            found.append(_finding(places, span, "asserted", truth, options, text))
    return found


@lru_cache(maxsize=16384)
def _of_field(key: str, value: str) -> tuple[Candidate, ...]:
    places = resolve(value)
    if "country" in key:
        wanted = ("country",)
    elif any(name in key for name in ("state", "province", "region", "admin1", "county")):
        wanted = ("admin1",)
    else:
        wanted = ("city",)
    exact = tuple(p for p in places if p.kind in wanted)
    if exact or wanted == ("country",):
        return exact
    return tuple(p for p in places if p.match != "code" and wanted == ("city",))
