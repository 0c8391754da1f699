"""Claims about time zones: offsets, names and abbreviations."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

from geobench_tools.plaintext import words
from geobench_tools.reasoning._claims import CheckOptions, Evidence
from geobench_tools.reasoning._finding import UNKNOWN, Finding, Judgement
from geobench_tools.reasoning._strength import stated
from geobench_tools.reasoning._truth import Truth
from geobench_tools.reasoning._walk import Walk

__all__ = ["ZONE_WORDS", "zone_findings"]

ZONE_WORDS = (
    "greenwich hours"
    " clocks utc gmt bst akst hst time timezone zone cet cest eet eest wet west jst kst ist est"
    " edt cst cdt"
    " mst mdt"
    " pst pdt"
    " msk aest aedt awst acst nzst nzdt wib wita sast eat wat cat pkt hkt sgt europe asia america"
)
_LONG_NAMES = words(
    "Central Eastern Western European Japan Korea China Indian India Pacific Mountain Atlantic"
    " Greenwich"
    " Moscow Australian Australia Arabian Arabia Gulf Israel Singapore Argentina Brasilia Chile"
    " Newfoundland"
    " Alaska Hawaii Africa African South East West Universal Indochina Philippine Pakistan Nepal"
    " Iran"
    " Turkey Hong Kong New Zealand"
)
_ABBREVIATIONS = words(
    "CET CEST EET EEST WET WEST GMT BST MSK JST KST IST PKT EST EDT CST CDT MST MDT PST PDT AKST"
    " HST"
    " AEST AEDT AWST ACST NZST NZDT SAST EAT WAT CAT WIB WITA HKT SGT"
)
_ZONE = re.compile(
    r"\b(?P<utc>(?:UTC|GMT)\s?(?P<sign>[+\-–±])\s?(?P<hours>\d{1,2})(?::?(?P<minutes>[0-5]\d))?)\b"
    r"|\b(?P<iana>(?:Europe|Asia|America|Africa|Australia|Pacific|Atlantic"
    r"|Indian)/[A-Z]\w+(?:/[A-Z]\w+)?)"
    rf"|\b(?P<long>(?:(?:{'|'.join(sorted(_LONG_NAMES))}) ){{1,3}}(?:(?:[Ss]tandard|[Dd]aylight"
    rf"|[Ss]ummer|[Mm]ean|[Ss]avings?) ){{0,2}}[Tt]ime)"
    r"(?: [Zz]one)?\b"
    r"|\b(?P<short>[A-Z]{2,4}T|MSK|WIB|WITA)\b(?= (?:time|zone)|\))"
    r"|(?i:(?:time ?zone|zone|local time|time|clocks?)(?: here| there| runs?)?"
    r"(?:,| is| of| on| would be|:| in)?\*{0,2} )(?P<named>[A-Z]{2,4}T|MSK|WIB|WITA|UTC|GMT)\b"
    r"(?!\s?[-+–±]\s?\d)"
    r"|(?i:\b(?P<hours_off>\d{1,2}|\w+) hours? (?P<way>ahead of|behind) (?:gmt|utc|greenwich))\b"
    rf"|(?i:\b(?:on|in|uses?|observes?|keeps?) )(?P<bare>{'|'.join(sorted(_ABBREVIATIONS))})\b"
)


_NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
_HOURS = {name: hours for hours, name in enumerate(_NUMBERS, start=1)}


def zone_findings(walk: Walk, number: int, truth: Truth, _: CheckOptions) -> Iterator[Finding]:
    """Yield what a sentence says about time zones."""
    for match in _ZONE.finditer(walk.text, *walk.spans[number]):
        judgement: Judgement | None
        if match.group("utc"):
            sign = -1 if match.group("sign") in "-–" else 1
            minutes = int(match.group("hours")) * 60 + int(match.group("minutes") or 0)
            judgement = _offset(sign * minutes, truth)
            value = match.group("utc").replace(" ", "")
        elif match.group("way"):
            count = _HOURS.get(match["hours_off"].lower()) or match["hours_off"]
            hours = int(count) if str(count).isdigit() else None
            sign = 1 if match["way"].lower() == "ahead of" else -1
            judgement = None if hours is None else _offset(sign * hours * 60, truth)
            value = f"UTC{sign * (hours or 0):+d}"
        elif match.group("iana"):
            value = match.group("iana")
            judgement = _named_zone(value, truth)
        else:
            value = _initials(
                next(one for one in match.group("long", "short", "named", "bare") if one)
            )
            judgement = _abbreviation(value, truth) if value else None
        if judgement is not None:
            strength = stated(walk, match)
            yield Finding("timezone", match.span(), value, strength, judgement)


def _initials(name: str) -> str:
    if " " not in name:
        return name
    parts = name.split()
    if not all(part in _LONG_NAMES or part.lower() in _TIME_WORDS for part in parts):
        return ""
    return "".join(part[0].upper() for part in parts)


_OFFICIAL = {"Asia/Urumqi": "Asia/Shanghai"}
"""Zones beside which another one is the official time."""

_TIME_WORDS = words("standard daylight summer mean saving savings time")


@lru_cache(maxsize=1024)
def _zone_facts(zone: str, year: int) -> tuple[frozenset[int], frozenset[str]]:
    """Return offsets from UTC in minutes and abbreviations of a zone over a year."""
    from zoneinfo import ZoneInfo

    at = [
        datetime(year, month, 15, 12, tzinfo=UTC).astimezone(ZoneInfo(zone))
        for month in range(1, 13)
    ]
    offsets = frozenset(
        int(o.total_seconds() // 60) for t in at if (o := t.utcoffset()) is not None
    )
    return offsets, frozenset(name for t in at if (name := t.tzname()))


def _here(truth: Truth) -> tuple[str, frozenset[int], frozenset[str]] | None:
    from zoneinfo import ZoneInfoNotFoundError

    if truth.place is None or not truth.place.timezone:
        return None
    zone, at = truth.place.timezone, truth.facts.captured_at
    year = at.year if at else 2024
    try:
        offsets, names = _zone_facts(zone, year)
        official = _zone_facts(_OFFICIAL.get(zone, zone), year)
        return zone, offsets | official[0], names | official[1]
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _offset(minutes: int, truth: Truth) -> Judgement:
    here = _here(truth)
    if here is None:
        return UNKNOWN
    return Judgement(
        minutes in here[1],
        Evidence(_zone_text(here), "standard or summer time", "IANA time zones"),
    )


def _abbreviation(name: str, truth: Truth) -> Judgement:
    here = _here(truth)
    if here is None:
        return UNKNOWN
    names = {one for one in here[2] if one.isalpha()}
    evidence = Evidence(_zone_text(here), "standard or summer time", "IANA time zones")
    if name in ("GMT", "UTC"):
        return Judgement(0 in here[1], evidence)
    short = {one[0] + one[-1] for one in names}
    if name in names or name in short or name.replace("S", "", 1) in names | short:
        return Judgement(True, evidence)
    return Judgement(False if names else None, evidence)


def _named_zone(name: str, truth: Truth) -> Judgement:
    here = _here(truth)
    if here is None:
        return UNKNOWN
    from zoneinfo import ZoneInfoNotFoundError

    evidence = Evidence(_zone_text(here), "same offsets all year", "IANA time zones")
    if name == here[0]:
        return Judgement(True, evidence)
    try:
        offsets, _ = _zone_facts(name, 2024)
    except (ZoneInfoNotFoundError, ValueError):
        return Judgement(None, Evidence(_zone_text(here), "no such zone", "IANA time zones"))
    near = name.partition("/")[0] == here[0].partition("/")[0] and offsets == here[1]
    return Judgement(None if near else False, evidence)


def _zone_text(here: tuple[str, frozenset[int], frozenset[str]]) -> str:
    return f"{here[0]} ({', '.join(f'UTC{m / 60:+g}' for m in sorted(here[1]))})"
