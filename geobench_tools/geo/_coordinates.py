"""One position read out of text, in all the forms in which people and models write it."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from geobench_tools.geo._angles import Angle, find_angles
from geobench_tools.plaintext import plain

__all__ = ["CoordinateReading", "find_coordinates", "read_coordinates"]

CoordinateStatus = Literal[
    "ok", "swapped", "wrapped", "incomplete", "ambiguous", "out_of_range", "no_answer"
]


@dataclass(frozen=True, slots=True)
class CoordinateReading:
    """What ``read_coordinates`` made of a text.

    Attributes:
        value: (latitude, longitude) in degrees, or None.
        status: ``ok``; with a value also ``swapped`` (an unlabelled pair whose first number cannot
            be a latitude) or ``wrapped`` (a longitude of 180 to 360 degrees); without one
            ``incomplete`` (one coordinate), ``ambiguous`` (a range, two positions, an unclear
            sign), ``out_of_range`` or ``no_answer``.
        span: Offsets (start, end) of what was read in the text, or None.
    """

    value: tuple[float, float] | None
    status: CoordinateStatus
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class _Pair:
    lat: float | None
    lon: float | None
    start: int
    end: int
    labelled: bool = True


_FLOAT = r"([+-]?\d{1,3}(?:\.\d{1,20})?)"
_LAT_FIRST = (
    rf"(?i)\bgeo:{_FLOAT},{_FLOAT}",
    rf"@{_FLOAT},{_FLOAT}",
    rf"!3d{_FLOAT}!4d{_FLOAT}",
    rf"[?&](?:q|ll|query|center|sll|daddr|destination|cbll|viewpoint)=(?:loc:)?"
    rf"{_FLOAT}(?:,|%2[cC]){_FLOAT}",
    rf"[?&]mlat={_FLOAT}&mlon={_FLOAT}",
    rf"\bmap=\d{{1,2}}(?:\.\d{{1,3}})?/{_FLOAT}/{_FLOAT}",
)
_LON_FIRST = (
    rf"!2d{_FLOAT}!3d{_FLOAT}",
    rf"(?i)\bPOINT\s?Z?\s?\(\s?{_FLOAT}\s{{1,3}}{_FLOAT}",
    rf"(?is)\"?type\"?\s?:\s?[\"']?point.{{1,60}}?coordinates[\"']?\s?:\s?"
    rf"\[\s{{0,9}}{_FLOAT}\s?,\s{{0,9}}{_FLOAT}",
    rf"(?is)coordinates[\"']?\s?:\s?\[\s{{0,9}}{_FLOAT}\s?,\s{{0,9}}{_FLOAT}"
    rf"[^\]{{}}]{{0,40}}\][^{{}}]{{0,40}}type[\"']?\s?:\s?[\"']?point",
)
_FORMATS = [(re.compile(pattern), True) for pattern in _LAT_FIRST]
_FORMATS += [(re.compile(pattern), False) for pattern in _LON_FIRST]
_BOTH_LABELS = re.compile(
    r"(?i)(?P<first>\blat(?:itude)?|\blong?(?:itude)?|\blng)\s?(?:[,/&|]|and)\s?"
    r"(?P<second>lat(?:itude)?|long?(?:itude)?|lng)\b[\s:=\"'*_`~≈()\[\]$]{0,8}(?:is|are)?[\s:\"'*_`~≈(\[$]{0,6}"
)
_BETWEEN = re.compile(
    r"[\s°\"'*_`)\]$]{0,4}(?:[,;/|]|[,;]?\s?(?:and|y|et|und))?[\s\"'*_`(\[$]{0,4}"
)
_RANGE = re.compile(r"\s{0,2}°?\s{0,2}(?:-|–|—|~|to|(?P<and>and)|bis|a|à|до|through|\.\.)\s{0,2}")
_BRACKETS = re.compile(r"[\s°)\]*_`]{0,4}[(\[]")
_OR_ANOTHER = re.compile(r"(?i)[\s)\]°,]{0,4}(?:or|oder|ou|или)\s[(\[]?-?\d{1,3}\.\d")
_EITHER_END = re.compile(r"(?i)\b(?:between|from)\b[^.\n]{0,24}$")
_LIST_ITEM = re.compile(r"[\s>*#-]{0,8}\d{1,2}[.):][\s*][^\n]{0,400}")
_HEDGE = re.compile(r"(?i)\b(?:or|oder|ou|o|или)\b|或")
_CUE = re.compile(
    r"(?i)(?:coordinates?|gps|location|located|position|point|at|near|around|estimate|guess|answer"
    r"|is|are|be|approximately|about|coordenadas|coordonnées|koordinaten|координаты|坐标)"
    r"[\s:=≈~*_`\"'(\[$-]{1,8}$|[(\[]\s?$"
)
_INFINITE = re.compile(r"(?i)(?<![a-z])[-+]?inf(?:inity)?(?![a-z])")
_ABOUT_PLACE = re.compile(
    r"(?i)\b(?:coordinates?|gps|latitude|longitude|location|located|position|camera|photo(?:graph)?"
    r"|place|spot|site)\b"
)
_OPENING = " \t([\"'*_`$-"
_ANNOUNCED = re.compile(r":[\s([*_`\"'$-]{1,8}$")
_CALL = re.compile(r"\)\s{0,3}\(\s?$")
_SENTENCE = re.compile(r"[.!?](?=\s)|\n")
_APART = 48
_DECIMALS = re.compile(r"\d\.(\d+)")
_EDGE = " \t\r\n\"'`*_()[]{}$.,;:°"


def read_coordinates(text: str) -> CoordinateReading:
    """Read one (latitude, longitude) out of text; never guesses.

    Understood: decimal degrees with signs, hemisphere letters or words in many languages; degrees,
    minutes and seconds with every usual symbol; labels ("lat: … lon: …", JSON keys) in either
    order; decimal commas where no decimal point is present; digits of all scripts; ``geo:`` URIs,
    map links, WKT and GeoJSON points (longitude first); bare pairs.

    Hemispheres decide axis and sign (a minus sign and "S" are one negation), then labels, then the
    order of the last pair. Ranges are not averaged; of several positions the last counts, unless
    joined by "or" or given as a numbered list of candidates.
    """
    text = plain(text)
    angles = find_angles(text)
    pairs = _pairs_by_axis(text, angles) or _pairs_by_format(text)
    pairs = pairs or _pairs_by_order(text, angles)
    if not pairs:
        return _nothing(text, angles)
    single = [pair for pair in pairs if not _is_listed(text, pair)]
    last = (single or pairs)[-1]
    before = [pair for pair in pairs if pair.end <= last.start]
    if before and (not single or _HEDGE.search(text, before[-1].end, last.start)):
        return CoordinateReading(None, "ambiguous")
    if _in_range(text, angles, last) or _OR_ANOTHER.match(text, last.end):
        return CoordinateReading(None, "ambiguous")
    return _checked(last)


def _is_listed(text: str, pair: _Pair) -> bool:
    """Tell whether a pair stands in a line of a numbered list, as one candidate of several."""
    line = text.rfind("\n", max(0, pair.start - 400), pair.start) + 1
    return _LIST_ITEM.fullmatch(text, line, pair.start) is not None


def find_coordinates(text: str) -> list[CoordinateReading]:
    """Find all positions that running text states, in order; same forms as `read_coordinates`.

    A bare pair of numbers counts only after a word such as "coordinates" or "at", in brackets, or
    with four decimals on both sides. A latitude and a longitude belong together if they stand
    within 48 characters of each other. Only readings with a value are returned.
    """
    text = plain(text)
    angles = find_angles(text)
    pairs = [
        pair
        for pair in _pairs_by_axis(text, angles, apart=_APART)
        if not _in_range(text, angles, pair)
    ]
    pairs += _pairs_by_format(text)
    pairs += [pair for pair in _pairs_by_order(text, angles, every=True) if _stated(text, pair)]
    found: list[CoordinateReading] = []
    end = 0
    for pair in sorted(pairs, key=lambda pair: (pair.start, -pair.end)):
        reading = _checked(pair)
        if reading.value is not None and pair.start >= end:
            found.append(reading)
            end = pair.end
    return found


def _stated(text: str, pair: _Pair) -> bool:
    """Tell whether a bare pair of running text is meant as a position."""
    if pair.labelled or not (text[: pair.start] + text[pair.end :]).strip(_EDGE):
        return True
    decimals = [len(match.group(1)) for match in _DECIMALS.finditer(text, pair.start, pair.end)]
    if "\n" in text[pair.start : pair.end] or len(decimals) != 2 or min(decimals) < 2:
        return False
    if min(decimals) >= 4:
        return True
    lead = text[max(0, pair.start - 60) : pair.start]
    before = _SENTENCE.split(lead)[-1]
    if not before.strip(_OPENING):
        return bool(_ANNOUNCED.search(lead))
    after = _SENTENCE.split(text[pair.end : pair.end + 40], maxsplit=1)[0]
    return not _CALL.search(before) and bool(
        _CUE.search(before) or _ABOUT_PLACE.search(before) or _ABOUT_PLACE.search(after)
    )


def _checked(pair: _Pair) -> CoordinateReading:
    lat, lon, span = pair.lat, pair.lon, (pair.start, pair.end)
    if lat is None or lon is None:
        return CoordinateReading(None, "ambiguous")
    status: CoordinateStatus = "ok"
    if not pair.labelled and 90 < abs(lat) <= 180 and abs(lon) <= 90:
        lat, lon, status = lon, lat, "swapped"
    if 180 < lon <= 360:
        lon, status = round(lon - 360.0, 12), "wrapped"
    if abs(lat) > 90 or abs(lon) > 180:
        return CoordinateReading(None, "out_of_range")
    return CoordinateReading((lat + 0.0, lon + 0.0), status, span)


def _nothing(text: str, angles: list[Angle]) -> CoordinateReading:
    if _INFINITE.search(text):
        return CoordinateReading(None, "out_of_range")
    if any(_RANGE.fullmatch(text, a.end, b.start) for a, b in pairwise(angles)):
        return CoordinateReading(None, "ambiguous")
    alone = len(angles) == 1 and not (text[: angles[0].start] + text[angles[0].end :]).strip(_EDGE)
    if alone or any(angle.axis for angle in angles):
        return CoordinateReading(None, "incomplete")
    return CoordinateReading(None, "no_answer")


def _in_range(text: str, angles: list[Angle], pair: _Pair) -> bool:
    return any(
        _is_range(text, a, b)
        for a, b in pairwise(angles)
        if pair.start <= a.start < pair.end or pair.start <= b.start < pair.end
    )


def _is_range(text: str, a: Angle, b: Angle) -> bool:
    joined = _RANGE.fullmatch(text, a.end, b.start)
    if joined is None or (a.axis != b.axis and None not in (a.axis, b.axis)):
        return False
    if joined.group("and") and a.axis is None and b.axis is None:
        return _EITHER_END.search(text, max(0, a.start - 40), a.start) is not None
    return True


def _pairs_by_axis(text: str, angles: list[Angle], *, apart: int | None = None) -> list[_Pair]:
    pairs: list[_Pair] = []
    previous: Angle | None = None
    for angle in angles:
        if angle.axis is None:
            continue
        if previous and apart is not None and angle.start - previous.end > apart:
            previous = None
        if previous and previous.axis != angle.axis:
            lat, lon = (previous, angle) if previous.axis == "lat" else (angle, previous)
            pairs.append(_Pair(lat.value, lon.value, previous.start, angle.end))
            previous = None
        else:
            previous = angle
    return pairs


def _pairs_by_format(text: str) -> list[_Pair]:
    pairs = [
        _Pair(*_ordered(float(match.group(1)), float(match.group(2)), first), *match.span())
        for pattern, first in _FORMATS
        for match in pattern.finditer(text)
    ]
    return sorted(pairs, key=lambda pair: pair.start)


def _ordered(first: float, second: float, latitude_first: bool) -> tuple[float, float]:
    return (first, second) if latitude_first else (second, first)


def _pairs_by_order(text: str, angles: list[Angle], *, every: bool = False) -> list[_Pair]:
    labels = [
        match
        for match in _BOTH_LABELS.finditer(text)
        if match.group("first")[:2].lower() != match.group("second")[:2].lower()
    ]
    order = {match.end(): match.group("first").lower().startswith("lat") for match in labels}
    after = {match.start(): match.group("first").lower().startswith("lat") for match in labels}
    pairs, run = [], list[Angle]()
    for angle in [*angles, None]:
        if angle and run and _BETWEEN.fullmatch(text, run[-1].end, angle.start):
            run.append(angle)
            continue
        if len(run) == 2 and run[0].value is not None and run[1].value is not None:
            start, end = run[0].start, run[1].end
            beside = _BRACKETS.match(text, end)
            latitude_first = order.get(start, after.get(beside.end()) if beside else None)
            if latitude_first is not None:
                pairs.append(
                    _Pair(*_ordered(run[0].value, run[1].value, latitude_first), start, end)
                )
            elif every or _is_position(text, run[0], run[1]):
                pairs.append(_Pair(run[0].value, run[1].value, start, end, labelled=False))
        run = [angle] if angle else []
    return pairs


def _is_position(text: str, first: Angle, second: Angle) -> bool:
    between = text[first.end : second.start]
    places = min(first.places, second.places)
    if between.isspace() and places == 0:
        return False
    context = text[max(0, first.start - 40) : first.start]
    before = context.rpartition("\n")[2]
    after = text[second.end : second.end + 40].partition("\n")[0]
    if not (before + after).strip(_EDGE):
        return True
    return places >= 3 or (places >= 1 and bool(_CUE.search(context)))
