"""How strongly words are stated: asserted, hedged, negated, or said of something else."""

import re
from typing import NamedTuple

from geobench_tools.plaintext import words
from geobench_tools.reasoning._claims import Strength
from geobench_tools.reasoning._marks import AFTER, HEADING, IDENTIFYING, SEEMING
from geobench_tools.reasoning._subjects import is_subject, taken_back
from geobench_tools.reasoning._walk import Mark, Walk

__all__ = ["Stated", "place_strength", "stated", "strength"]

_NEGATION_WINDOW = 8
_CONTRAST_WINDOW = 5
_AFTER_WINDOW = 8
_LEADING_ON = words("points point pointing leans lean leaning pushes")
_PLACING = words("is was be are in at to the as around near like of by city town")


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


def place_strength(walk: Walk, first: int, last: int) -> Stated:
    """Return how strongly a place is named, which a sentence can also be *about*."""
    return _strength(walk, first, last, place=True, guess=False)


def _strength(walk: Walk, first: int, last: int, *, place: bool, guess: bool) -> Stated:
    if first >= len(walk.words):
        return Stated("asserted")
    number, clause = walk.sentence[first], walk.clause[first]
    found: set[Strength] = set()
    sure = leaning = False
    for mark in walk.marks[number]:
        if not place and walk.lows[mark.first] == "candidates":
            continue
        if first <= mark.first <= last and mark.kind != "question":
            continue
        before = mark.last < first
        heads = before and _heads(walk, mark)
        same = heads or clause in (walk.clause[mark.first], walk.clause[mark.last])
        distance = 0 if heads else first - mark.last
        match mark.kind:
            case "condition":
                if before:
                    found.add("hedged")
            case "question":
                found.add("hedged")
            case "sure":
                sure = sure or (same and before)
            case "hedge":
                if same and before:
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
                near = same and before and distance <= _CONTRAST_WINDOW
                led = mark.first > 0 and walk.lows[mark.first - 1] in _LEADING_ON
                if near and not led and (place or mark.kind == "contrast"):
                    found.add("contrast")
            case "comparison":
                if before and mark.last == first - 1 and place:
                    found.add("contrast")
    if place:
        found |= _said_after(walk, last, number)
        if is_subject(walk, first, last):
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


def _heads(walk: Walk, mark: Mark) -> bool:
    """Tell whether a mark is the heading of a list: "Candidates: Peru, Chile", "Ruled out: …"."""
    return walk.lows[mark.last] in HEADING and walk.gap(mark.last).strip(" *_").startswith(":")


def _identifies(walk: Walk, mark: Mark, first: int) -> bool:
    """Tell whether a weakened sentence still names the place: "I think this is …"."""
    if walk.lows[mark.first] not in IDENTIFYING:
        return False
    between = walk.lows[mark.last + 1 : first]
    return (
        walk.here[walk.sentence[first]] or "it" in walk.lows[max(0, mark.first - 3) : first]
    ) and (not between or between[-1] in _PLACING or walk.gap(first - 1).startswith(","))


def _said_after(walk: Walk, last: int, number: int) -> set[Strength]:
    end = min(walk.first[number + 1], last + 1 + _AFTER_WINDOW)
    for k in range(last + 1, end):
        if walk.clause[k] != walk.clause[last]:
            break
        for rest, found in AFTER.get(walk.lows[k], ()):
            if tuple(walk.lows[k + 1 : k + 1 + len(rest)]) == rest:
                return {found}
    return set()
