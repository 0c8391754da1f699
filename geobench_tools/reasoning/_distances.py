"""How far and in which direction one place is said to lie from another.

"Perth lies about 1,700 km south-southwest" speaks of a place from the image's; "about 145 km west
of Kathmandu" of the image's place, or of one named before, from another.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geobench_tools.geo import bearing_deg, haversine_m
from geobench_tools.places import Candidate, cities_of
from geobench_tools.reasoning._claims import Evidence, Span
from geobench_tools.reasoning._finding import Judgement
from geobench_tools.reasoning._truth import Truth
from geobench_tools.reasoning._view_claims import DIRECTION, degrees_of

__all__ = ["Apart", "judge_apart", "read_apart"]

_NUMBER = r"(?:(?P<number>\d[\d,]*(?:\.\d+)?)|(?P<word>an?|two|three|four|five|a dozen))"
_FAR = rf"{_NUMBER}[  -]?(?P<unit>km|kilomet(?:re|er)s?|miles?|mi)\b"
_ABOUT = (
    r"(?:(?:only|just|about|some|around|roughly|approximately|nearly|almost|over|by|well|an|at"
    r"|and|less than|more than|the|further|due|directly|slightly)[  ]|[~≈])*"
)
_END = r"\s?(?:[.,;:)!?\n]|$|(?:and|but|while|across|over|from here|of here)\b)"
_WAY = rf"(?P<way>{DIRECTION})(?:wards?)?"
_AFTER_NAME = re.compile(
    rf"(?i)(?:, [^,.;:\n]{{1,30}},)?(?: (?:is|lies|sits|stands|are|lie|begins|starts)\b|,| \()"
    rf"(?:[^.;:\n]{{0,30}}? ?{_ABOUT}{_FAR}(?: (?:away|inland|off|or so|from (?:here|it)))?,?"
    rf"(?: ?{_ABOUT}(?:(?:to|in|on) the )?(?P<way>{DIRECTION})(?:wards?)?(?={_END}))?"
    rf"|[^.;:\n]{{0,40}}? (?:to|in|on|towards?) the (?P<side>{DIRECTION})(?={_END})"
    rf"|[^.;:,\n]{{0,16}}? (?P<plain>{DIRECTION})(?:wards?)?(?={_END}))"
    rf"(?! ?(?:(?:{DIRECTION}) of|from (?!here|it)))"
)
_BEFORE_NAME = re.compile(
    rf"(?i)(?:(?<![\w-]){_FAR}(?: (?:away|inland|or so|as the crow flies|by road))?[ ,]*)?"
    rf"(?:{_ABOUT}{_WAY} (?P<of>of)|(?P<from>from)) (?:the )?(?:(?:capital|city|town)(?: of|,)? )?$"
)
_FROM_IT = re.compile(rf"(?i),? {_ABOUT}{_FAR}")
_TOWARDS = re.compile(
    rf"(?i)(?:\b{_FAR} )?\b(?:(?:to|in|on|towards?) the {_WAY}|(?P<wards>{DIRECTION})wards?),?"
    rf"(?: (?:is|are|lies|lie|it|one|there|we|the (?:country|state|island|land)|borders?|meets?"
    rf"|comes?|begins|neighbou?rs|across the \w+)){{0,4}} (?:the )?$"
)
_WORDS = {"a": 1.0, "an": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "a dozen": 12.0}
_KM_PER_MILE = 1.609344
_SLACK_KM = 25.0
_BESIDE_KM, _AROUND_KM = 15.0, 500.0
_FIT_DEG, _MISFIT_DEG = 55.0, 75.0


class Apart(NamedTuple):
    """A distance, a direction, or both.

    Attributes:
        km: Kilometres as stated, or None.
        way: The direction in words, or "".
        of_subject: Whether they lead from the image's place to the named one, not the other way.
        span: Offsets of the words, without the name.
    """

    km: float | None
    way: str
    of_subject: bool
    span: Span


def read_apart(text: str, before: Span, name: Span, after: Span, *, opens: bool) -> Apart | None:
    """Read the distance and direction that stand beside a name.

    Args:
        text: The text.
        before: What stands before the name in its sentence, from the last name on.
        name: The name.
        after: What stands after it in its sentence, up to the next name.
        opens: Whether the name begins its clause, so that it can be what is said to lie there.
    """
    lead = text[slice(*before)]
    if (match := _BEFORE_NAME.search(lead)) and (match["of"] or _km(match) is not None):
        km, end = _km(match), name[0]
        if km is None and (further := _FROM_IT.match(text, name[1], after[1])):
            km, end = _km(further), further.end()
        return Apart(km, match["way"] or "", False, (before[0] + match.start(), end))
    match = _TOWARDS.search(lead)
    if match and not _belongs_before(lead, match):
        way = match["way"] or match["wards"]
        return Apart(_km(match), way, True, (before[0] + match.start(), name[0]))
    match = _AFTER_NAME.match(text, name[1], after[1]) if opens else None
    if match is None:
        return None
    way = match["way"] or match["side"] or match["plain"] or ""
    return Apart(_km(match), way, True, (name[1], match.end()))


def _belongs_before(lead: str, match: re.Match[str]) -> bool:
    """Tell whether a direction ends what was said before: "… is next to it in the west, Chad"."""
    return match[0].endswith(", ") and lead[: match.start()].rstrip()[-1:].isalnum()


def _km(match: re.Match[str]) -> float | None:
    if not match["unit"]:
        return None
    number = match["number"]
    value = float(number.replace(",", "")) if number else _WORDS[match["word"].lower()]
    return value * _KM_PER_MILE if match["unit"].lower().startswith("mi") else value


def judge_apart(
    stated: Apart, subject: Sequence[Candidate], places: Sequence[Candidate], truth: Truth
) -> Judgement | None:
    """Judge a distance and direction between the image's place, or another, and a named one.

    Args:
        stated: What is said.
        subject: The place it is said of; none for the image's.
        places: What the name can stand for.
        truth: What is known of the image's place.
    """
    position = truth.position
    if position is None:
        return None
    starts = [(p.lat, p.lon) for p in subject] or [position]
    verdicts: list[bool | None] = []
    known = ""
    for k, place in enumerate(places):
        ends = _points(place)
        for start in starts if len(ends[0]) else ():
            km = np.asarray(haversine_m(*start, *ends)) / 1000
            to = np.asarray(bearing_deg(*start, *ends))
            near = int(np.argmin(km))
            if km[near] < _BESIDE_KM and stated.km is None:
                return None
            if k and km[near] > _AROUND_KM:
                continue
            if not stated.of_subject:
                to = (to + 180.0) % 360.0
            verdicts.append(_fits(stated, km, to, whole=place.kind != "city"))
            known = known or f"{place.name}: {km[near]:.0f} km, {to[near]:.0f}°"
    if not verdicts:
        return None
    true = True if True in verdicts else None if None in verdicts else False
    return Judgement(
        true, Evidence(known, "distance and direction between the places", "gazetteer")
    )


def _points(place: Candidate) -> tuple[np.ndarray, np.ndarray]:
    if place.kind == "city":
        return np.array([place.lat]), np.array([place.lon])
    return cities_of(place.country if place.kind == "country" else place.admin1_code)


def _fits(stated: Apart, km: np.ndarray, to: np.ndarray, *, whole: bool) -> bool | None:
    """Tell whether places at such distances and directions fit; ``whole`` of an area's cities."""
    verdicts: list[bool | None] = []
    if stated.km is not None:
        low, high = float(km.min()), float(np.percentile(km, 90)) if whole else float(km.min())
        off = abs(stated.km - low) > _SLACK_KM and abs(stated.km - high) > _SLACK_KM
        wrong = stated.km < 0.6 * low or stated.km > 1.9 * high
        right = 0.75 * low <= stated.km <= 1.4 * high or not off
        verdicts.append(False if wrong and off else True if right else None)
    azimuth = degrees_of(stated.way) if stated.way else None
    if azimuth is not None:
        angles = np.abs((to - azimuth + 180.0) % 360.0 - 180.0)
        share = (angles <= _FIT_DEG).mean(), (angles <= _MISFIT_DEG).mean()
        verdicts.append(True if share[0] > 0.1 else False if share[1] <= 0.02 else None)
    return False if False in verdicts else None if None in verdicts or not verdicts else True
