"""Claims of coordinates, and those that say more than a viewer can know."""

import math
import re
from collections.abc import Iterator

from geobench_tools.geo import find_coordinates, haversine_m
from geobench_tools.reasoning._claims import CheckOptions, Evidence, Span
from geobench_tools.reasoning._finding import UNKNOWN, Finding, Judgement
from geobench_tools.reasoning._strength import strength as strength_of
from geobench_tools.reasoning._truth import Truth
from geobench_tools.reasoning._walk import Walk

__all__ = ["coordinate_findings", "exact_coordinates"]

_MAY_HOLD = re.compile(
    r"\d\s?°|\d\s?deg|\d\.\d{2}|(?i:\blat(?:itude)?\b|\blon(?:g|gitude)?\b|\bgeo:)"
)
_DECIMALS = re.compile(r"\d[.,](\d+)")
_ABOUT = re.compile(
    r"(?i)(?:approx\w*\.?|around|about|roughly|near|~|≈|estimate\w*|guess\w*|somewhere|close to"
    r"|circa|ca\."
    r"|likely|probably|possibly|perhaps|maybe|could|might|i(?:'d| would) say)[^.;\n]{0,60}$"
)
_LATITUDE = re.compile(
    r"(?i)\blatitudes?(?: of| is| at|:| near| around| about| roughly| approximately|,)*\s{1,2}"
    r"(?P<after>\d{1,2}(?:\.\d{1,6})?)\s?(?:°|degrees?)?\s?(?P<side1>N|S|north|south)?\b"
    r"|(?P<before>(?<![\d.])\d{1,2}(?:\.\d{1,6})?)\s?(?:°\s?|degrees?\s)(?P<side2>N|S|north"
    r"|south)(?:ern)?\b"
    r"(?:\s(?:of the equator|latitude)?)?"
)
_LONGITUDE = re.compile(
    r"(?i)\blongitudes?(?: of| is| at|:| near| around| about| roughly| approximately|,|≈|~)*\s{0,2}"
    r"(?P<degrees>-?\d{1,3}(?:\.\d{1,6})?)\s?(?:°|degrees?)?\s?(?P<side>E|W|east|west)?\b"
)
_NORTH = re.compile(r"(?:°|degrees?)\s?[NSns]")
_M_PER_DEGREE = 111_195.0
_EXACT_M = 30.0


def coordinate_findings(walk: Walk, truth: Truth, options: CheckOptions) -> Iterator[Finding]:
    """Yield the positions and latitudes that a trace states."""
    text = walk.text
    if not _MAY_HOLD.search(text):
        return
    taken: list[Span] = []
    for value, span in _stated(walk):
        taken.append(span)
        first, last = walk.at(span[0]), walk.at(span[1] - 1)
        strength = strength_of(walk, first, max(first, last), guess=True)
        places = decimals(text, span)
        judgement = _position(value, places, truth, options)
        yield Finding("coordinates", span, value, strength, judgement)
    for match in _LATITUDE.finditer(text) if "atitude" in text or _NORTH.search(text) else ():
        span = match.span()
        if any(a < span[1] and span[0] < b for a, b in taken):
            continue
        written = match.group("after") or match.group("before")
        side = (match.group("side1") or match.group("side2") or "").lower()
        degrees = float(written)
        if degrees > 90 or (match.group("after") and not side and degrees == 0):
            continue
        latitude = -degrees if side.startswith("s") else degrees
        strength = strength_of(walk, walk.at(span[0]), walk.at(span[1] - 1), guess=True)
        yield Finding(
            "coordinates",
            span,
            latitude,
            strength,
            _angle(latitude, bool(side), written, 0, truth, options),
        )
    for match in _LONGITUDE.finditer(text) if "ongitude" in text else ():
        span = match.span("degrees")[0], match.end()
        written, side = match.group("degrees"), (match.group("side") or "").lower()
        if any(a < span[1] and span[0] < b for a, b in taken) or abs(float(written)) > 180:
            continue
        longitude = -float(written) if side.startswith("w") else float(written)
        signed = bool(side) or written.startswith("-")
        strength = strength_of(walk, walk.at(span[0]), walk.at(span[1] - 1), guess=True)
        judgement = _angle(longitude, signed, written, 1, truth, options)
        yield Finding("coordinates", span, longitude, strength, judgement)


def _stated(walk: Walk) -> Iterator[tuple[tuple[float, float], Span]]:
    """Yield the positions in the parts of a text that hold angles, with their offsets."""
    for start, end in _parts(walk):
        for reading in find_coordinates(walk.text[start:end]):
            if reading.value is not None and reading.span is not None:
                yield reading.value, (reading.span[0] + start, reading.span[1] + start)


def _parts(walk: Walk) -> list[Span]:
    """Return runs of sentences with angles, each with the sentence before it."""
    parts: list[Span] = []
    for number, (start, end) in enumerate(walk.spans):
        if not _MAY_HOLD.search(walk.text, start, end):
            continue
        start = walk.spans[max(0, number - 1)][0]
        if parts and start <= parts[-1][1]:
            parts[-1] = parts[-1][0], end
        else:
            parts.append((start, end))
    return parts


def decimals(text: str, span: Span) -> int:
    """Return the decimal places of written coordinates; seconds count as 4, minutes as 2."""
    part = text[span[0] : span[1]]
    if re.search(r"\d\s?(?:\"|''|sec|s\b)", part) and re.search(r"\d\s?(?:'|m)", part):
        return 4
    if re.search(r"\d\s?'", part) and "°" in part:
        return 2
    found = [len(match.group(1)) for match in _DECIMALS.finditer(part)]
    return min(found) if len(found) >= 2 else 0


def _position(
    value: tuple[float, float], places: int, truth: Truth, options: CheckOptions
) -> Judgement:
    if truth.position is None:
        return UNKNOWN
    metres = float(haversine_m(*value, *truth.position))
    rounding = 0.5 * 10.0**-places * _M_PER_DEGREE * 1.5
    limit = options.coordinates_radius_m + truth.facts.accuracy_m + rounding
    known = f"{truth.position[0]:.5f}, {truth.position[1]:.5f}"
    rule = f"within {limit / 1000:.1f} km, the rounding of the written numbers included"
    return Judgement(metres <= limit, Evidence(known, rule, "metadata", round(metres)))


def _angle(
    value: float, signed: bool, written: str, axis: int, truth: Truth, options: CheckOptions
) -> Judgement:
    """Judge a latitude (axis 0) or longitude (axis 1) that stands alone."""
    if truth.position is None:
        return UNKNOWN
    angle = truth.position[axis]
    if not signed:
        angle, value = abs(angle), abs(value)
    per_degree = _M_PER_DEGREE
    if axis:
        per_degree *= max(math.cos(math.radians(truth.position[0])), 0.01)
    places = len(written.partition(".")[2])
    slack = options.coordinates_radius_m / per_degree
    slack += 10.0**-places * (1.5 if not places else 1)
    rule = f"within {slack:.2f} degrees, the rounding of the written number included"
    off = abs(angle - value)
    off = min(off, 360.0 - off) if axis else off
    known = f"{('latitude', 'longitude')[axis]} {truth.position[axis]:.5f}"
    return Judgement(off <= slack, Evidence(known, rule, "metadata", round(off * per_degree)))


def exact_coordinates(
    walk: Walk, findings: list[Finding], answer: Span | None, truth: Truth, options: CheckOptions
) -> list[Span]:
    """Return the spans of coordinates that no viewer could know so exactly.

    They have ``options.exact_decimals`` places or more, stand outside the answer, and are given as
    fact; or they are the true ones to within the rounding and 30 m, however they are worded.
    """
    found = []
    for one in findings:
        if one.kind != "coordinates" or not isinstance(one.value, tuple):
            continue
        places = decimals(walk.text, one.span)
        if places < options.exact_decimals or _is_answer(walk.text, one.span, answer):
            continue
        about = _ABOUT.search(walk.text[max(0, one.span[0] - 80) : one.span[0]])
        given = one.strength == "asserted" and about is None
        if truth.position is not None and not given:
            metres = float(haversine_m(*one.value, *truth.position))
            given = metres <= _EXACT_M + 10.0**-places * _M_PER_DEGREE
        if given:
            found.append(one.span)
    return found


_ANSWERING = re.compile(
    r"(?i)[\"']?(?:lat(?:itude)?|coordinates?|final answer"
    r"|answer)[\"'*_]{0,3}\s?[:=][*_]{0,3}\s{0,3}[\"'\[({]{0,3}[^\w\n]{0,3}$"
)


def _is_answer(text: str, span: Span, answer: Span | None) -> bool:
    """Tell whether coordinates are the answer itself: in its block, or the value of a field."""
    if answer is not None:
        return answer[0] <= span[0] < answer[1]
    lead = text[max(0, span[0] - 40) : span[0]]
    return bool(_ANSWERING.search(lead)) or text[span[0] : span[0] + 12].lower().startswith(
        ('"lat', "'lat", "lat")
    )
