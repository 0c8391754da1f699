"""How strongly words are stated: asserted, hedged, negated, or said of something else."""

import re
from typing import NamedTuple

from geobench_tools.plaintext import words
from geobench_tools.reasoning._claims import Strength
from geobench_tools.reasoning._marks import AFTER, HEADING, HERE, IDENTIFYING, NEXT_TO, SEEMING
from geobench_tools.reasoning._subjects import is_subject, taken_back
from geobench_tools.reasoning._walk import Mark, Walk

__all__ = ["Stated", "place_strength", "stated", "strength"]

_NEGATION_WINDOW = 8
_CONTRAST_WINDOW = 5
_RELATION_WINDOW = 8
_AFTER_WINDOW = 8
_LEADING_ON = words("points point pointing leans lean leaning pushes")
_LABEL = re.compile(
    r"(?:^|[\n.;!?(|•*])[\s*_-]*(?P<label>[^\n.;:!?(|•*]{2,60})[*_]{0,2}:[^.:!?\n]*$"
)
_LABEL_REACH = 240
_REACH = 24
_FROM_VIEW = HERE | words("is be comes come hails from what evidence right far")
_REJECTED = re.compile(
    r"[*_\"')]*\s?(?:\([^()\n]{0,80}\)\s?)?[-:–—|,]?\s?(?:[✗✘❌]|(?<=[-:–—] )no\b"
    r"|(?:it|this) (?:is|was) (?:\w+ly )?not\b|(?:it|this) (?:is|was)n't\b)"
    r"|\s?:[^.!?\n]{1,120}(?:→|->|=>|⇒|[–—-]) ?(?:no|not|out)\b"
    r"|\s?\|[^\n]{0,240}\|\s?(?:no|[✗✘❌])\s?(?:\||$)"
)
"""What dismisses a name before it: a cross, ": no", a cell "no" in its row of a table."""

_SHARE = re.compile(r"[*_\"')]*\s?[(:–—=-]?\s?(?:~|about |only )?(?P<percent>\d{1,2})\s?%")
_HALF = 50
_PLACING = words("is was be are s in at to the as around near like of by city town")


class Stated(NamedTuple):
    """How a place is stated.

    Attributes:
        strength: As far as the sentence tells.
        leaning: Whether it is asserted as a first guess, that a later conclusion takes back.
    """

    strength: Strength
    leaning: bool = False


def stated(walk: Walk, match: re.Match[str], group: str | int = 0) -> Strength:
    """Return how strongly the words of a match are stated."""
    return strength(walk, walk.at(match.start(group)), walk.at(match.end(group) - 1))


def strength(walk: Walk, first: int, last: int, *, guess: bool = False) -> Strength:
    """Return how strongly the words from ``first`` to ``last`` are stated.

    Args:
        walk: The walk over the trace.
        first: First word of the claim.
        last: Last word of the claim.
        guess: Whether the claim is an estimate by nature, so that "about" does not weaken it.
    """
    return _strength(walk, first, last, place=False, guess=guess).strength


def place_strength(walk: Walk, first: int, last: int, *, subject: bool = True) -> Stated:
    """Return how strongly a place is named, which a sentence can also be *about*.

    Args:
        walk: The walk over the trace.
        first: First word of the name.
        last: Last word of the name.
        subject: Whether to count a name that its sentence is about as a contrast.
    """
    return _strength(walk, first, last, place=True, guess=False, subject=subject)


def _strength(
    walk: Walk, first: int, last: int, *, place: bool, guess: bool, subject: bool = True
) -> Stated:
    if first >= len(walk.words):
        return Stated("asserted")
    last = min(last, len(walk.words) - 1)
    number, clause = walk.sentence[first], walk.clause[first]
    found: set[Strength] = set()
    sure = leaning = False
    for mark in walk.marks[number]:
        if not place and walk.lows[mark.first] == "candidates":
            continue
        if first <= mark.first <= last and mark.kind != "question":
            continue
        before = mark.last < first
        same = clause in (walk.clause[mark.first], walk.clause[mark.last])
        distance = first - mark.last
        match mark.kind:
            case "condition":
                if before:
                    found.add("hedged")
            case "question":
                found.add("hedged")
            case "sure":
                sure = sure or (same and before)
            case "hedge":
                would = walk.lows[mark.first] == "would"
                after = would and not place and _goes_on(walk, last, mark)
                if same and (before or after) and not (would and _of_here(walk, mark)):
                    found.add("hedged")
            case "weak":
                if same and before and not walk.concluding[number] and not guess:
                    if place and _identifies(walk, mark, first):
                        leaning = True
                    elif place or walk.lows[mark.first] not in SEEMING:
                        found.add("hedged")
            case "negation":
                if same and before and distance <= _NEGATION_WINDOW:
                    found.add("negated")
            case "absence":
                if same and before and distance <= (2 if place else 4):
                    found.add("negated")
            case "contrast" | "relation":
                window = _RELATION_WINDOW if mark.kind == "relation" else _CONTRAST_WINDOW
                near = same and before and distance <= window
                led = mark.first > 0 and walk.lows[mark.first - 1] in _LEADING_ON
                led = led or (walk.concluding[number] and walk.lows[mark.first].startswith("lead"))
                if near and not (led or _counts(walk, mark)) and (place or mark.kind == "contrast"):
                    found.add("contrast")
            case "comparison":
                if before and mark.last == first - 1 and place:
                    found.add("contrast")
    if place:
        found |= _said_after(walk, last, number)
        if (subject and is_subject(walk, first, last)) or _comes_from(walk, first):
            found.add("contrast")
        if _is_listed(walk, first):
            found.add("hedged")
    rest = walk.ends[last], min(walk.ends[last] + _LABEL_REACH, walk.spans[number][1])
    if walk.text.find("not here", *rest) >= 0:
        found.add("contrast")
    if taken_back(walk, last):
        found.add("hedged")
        sure = False
    for one in ("negated", "contrast"):
        if one in found:
            return Stated(one)
    if "hedged" in found and not sure:
        return Stated("hedged")
    return Stated("asserted", leaning)


def _is_listed(walk: Walk, first: int) -> bool:
    """Tell whether a name stands in a list under a heading: "Candidates: Peru, Chile"."""
    start = walk.starts[first]
    reach = max(0, start - _LABEL_REACH)
    if walk.text.rfind(":", reach, start) < 0:
        return False
    match = _LABEL.search(walk.text, reach, start)
    label = [] if match is None else re.findall(r"[a-z]+", match["label"].lower())
    return not HEADING.isdisjoint(label[-3:])


def _goes_on(walk: Walk, last: int, mark: Mark) -> bool:
    """Tell whether nothing but words stands between a claim and a mark after it."""
    between = walk.text[walk.ends[last] : walk.starts[mark.first]]
    return "," not in between and " and " not in between


def _of_here(walk: Walk, mark: Mark) -> bool:
    """Tell whether a mark's clause speaks of the image's place: "One would pay in euros here"."""
    return any(
        walk.lows[k] == "here" and walk.clause[k] == walk.clause[mark.first]
        for k in range(mark.last, min(mark.last + _REACH, len(walk.lows)))
    )


def _counts(walk: Walk, mark: Mark) -> bool:
    """Tell whether a "than" belongs to a number: "less than 5 km"."""
    after = walk.words[mark.last + 1 : mark.last + 2]
    return walk.lows[mark.first] == "than" and bool(after) and after[0][0].isdigit()


def _comes_from(walk: Walk, first: int) -> bool:
    """Tell whether a name says where a thing comes from: "tourists from Japan"."""
    k = first - (2 if walk.lows[first - 1 : first] == ["the"] else 1)
    begin = walk.first[walk.sentence[first]]
    return k > begin and walk.lows[k] == "from" and walk.lows[k - 1] not in _FROM_VIEW


def _identifies(walk: Walk, mark: Mark, first: int) -> bool:
    """Tell whether a weakened sentence still names the place: "I think this is …"."""
    if walk.lows[mark.first] not in IDENTIFYING:
        return False
    between = walk.lows[mark.last + 1 : first]
    return (
        walk.here[walk.sentence[first]] or "it" in walk.lows[max(0, mark.first - 3) : first]
    ) and (not between or between[-1] in _PLACING or walk.gap(first - 1).startswith(","))


def _said_after(walk: Walk, last: int, number: int) -> set[Strength]:
    if _REJECTED.match(walk.text, walk.ends[last]):
        return {"negated"}
    share = _SHARE.match(walk.text, walk.ends[last])
    if share and int(share["percent"]) < _HALF:
        return {"hedged"}
    end = min(walk.first[number + 1], last + 1 + _AFTER_WINDOW)
    if walk.lows[last + 1 : last + 2] and walk.lows[last + 1] in NEXT_TO:
        return {"contrast"}
    for k in range(last + 1, end):
        if walk.clause[k] != walk.clause[last]:
            break
        for rest, found in AFTER.get(walk.lows[k], ()):
            if tuple(walk.lows[k + 1 : k + 1 + len(rest)]) == rest:
                return {found}
    return set()
