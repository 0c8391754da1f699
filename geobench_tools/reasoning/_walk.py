"""One walk over the words of a trace: sentences, clauses and the words that weaken a statement."""

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from geobench_tools.plaintext import words
from geobench_tools.reasoning._claims import Strength
from geobench_tools.reasoning._marks import (
    AFTER,
    ANSWERING,
    BREAKS,
    HERE,
    MARKS,
    NEW_CLAUSE,
    VERBS_OF_BEING,
    MarkKind,
)
from geobench_tools.reasoning._sections import sentences

__all__ = ["Entry", "Mark", "Walk", "lexicon", "walk"]

_WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*")
_STRONG_BREAK = re.compile(r"[;:—\[\]{}|]|\s[-–]\s|--|\n")
_NEGATION_WINDOW = 8
_CONTRAST_WINDOW = 5
_AFTER_WINDOW = 8
_LEADING_ON = words("points point pointing leans lean leaning pushes")
_GENERAL_OPENINGS = words("in across throughout within most parts much many elsewhere")


class Mark(NamedTuple):
    """A word or phrase that changes the strength of what stands near it."""

    kind: MarkKind
    first: int
    last: int


@dataclass(slots=True)
class Walk:
    """The words of a trace, in order.

    Attributes:
        text: Plain text, as long as the trace.
        words: As written.
        lows: In lower case.
        starts: Offset of each word.
        ends: Offset after each word.
        sentence: Number of the sentence of each word.
        clause: Number of the clause of each word.
        first: First word of each sentence; one more entry for the end.
        spans: Offsets of each sentence.
        marks: Weakening words of each sentence.
        here: For each sentence whether it points at the image or its place.
        triggered: Sentences by topic of a trigger word.
    """

    text: str
    words: list[str]
    lows: list[str]
    starts: list[int]
    ends: list[int]
    sentence: list[int]
    clause: list[int]
    first: list[int]
    spans: list[tuple[int, int]]
    marks: list[list[Mark]]
    here: list[bool]
    concluding: list[bool]
    triggered: dict[str, list[int]] = field(default_factory=dict)

    def at(self, offset: int) -> int:
        """Return the first word that ends after an offset."""
        return bisect_right(self.ends, offset)

    def gap(self, index: int) -> str:
        """Return what stands between a word and the next one."""
        end = self.starts[index + 1] if index + 1 < len(self.starts) else len(self.text)
        return self.text[self.ends[index] : end]

    def strength(
        self, first: int, last: int, *, place: bool = False, guess: bool = False
    ) -> Strength:
        """Return how strongly the words from ``first`` to ``last`` are stated.

        Args:
            first: First word of the claim.
            last: Last word of the claim.
            place: Whether the claim names a place, which a sentence can also be *about*.
            guess: Whether the claim is an estimate by nature, so that "about" does not weaken it.
        """
        if first >= len(self.words):
            return "asserted"
        number = self.sentence[first]
        clause = self.clause[first]
        concluding = self.concluding[number]
        found: set[Strength] = set()
        sure = False
        for mark in self.marks[number]:
            if not place and self.lows[mark.first] == "candidates":
                continue
            if first <= mark.first <= last and mark.kind != "question":
                continue
            before = mark.last < first
            same = self.clause[mark.first] == clause or self.clause[mark.last] == clause
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
                    if same and before and not concluding and not guess:
                        found.add("hedged")
                case "negation":
                    if same and before and first - mark.last <= _NEGATION_WINDOW:
                        found.add("negated")
                case "absence":
                    if same and before and first - mark.last <= (2 if place else 4):
                        found.add("negated")
                case "contrast" | "relation":
                    near = same and before and first - mark.last <= _CONTRAST_WINDOW
                    led = mark.first > 0 and self.lows[mark.first - 1] in _LEADING_ON
                    if near and not led and (place or mark.kind == "contrast"):
                        found.add("contrast")
                case "comparison":
                    if before and mark.last == first - 1 and place:
                        found.add("contrast")
        if place:
            found |= self._said_after(last, number)
            if self._is_general(first, last, number):
                found.add("contrast")
        if "negated" in found:
            return "negated"
        if "contrast" in found:
            return "contrast"
        if "hedged" in found and not sure:
            return "hedged"
        return "asserted"

    def _said_after(self, last: int, number: int) -> set[Strength]:
        end = min(self.first[number + 1], last + 1 + _AFTER_WINDOW)
        for k in range(last + 1, end):
            if self.clause[k] != self.clause[last]:
                break
            for rest, strength in AFTER.get(self.lows[k], ()):
                if tuple(self.lows[k + 1 : k + 1 + len(rest)]) == rest:
                    return {strength}
        return set()

    def _is_general(self, first: int, last: int, number: int) -> bool:
        """Tell whether the sentence says something about the place and not about the image."""
        begin, end = self.first[number], self.first[number + 1]
        lead = self.lows[begin:first]
        if last + 1 >= end or len(lead) > 3:
            return False
        following = self.lows[last + 1 : end]
        if any(word in ANSWERING for word in following):
            return False
        gap = self.gap(last)
        if lead and lead[0] in _GENERAL_OPENINGS and not self.here[number]:
            return "," in gap or bool(following)
        if all(word in ("the", "a", "an") for word in lead):
            plain_next = gap.strip() == "" and self.words[last + 1][0].islower()
            return (
                plain_next
                and (following[0] not in VERBS_OF_BEING or not self.here[number])
                and not self._names_here(following)
            )
        return False

    def _names_here(self, following: list[str]) -> bool:
        return following[0] in VERBS_OF_BEING and any(word in HERE for word in following)


class Entry(NamedTuple):
    """What a word does to the walk.

    Attributes:
        breaks: Whether it begins a clause.
        follows: Whether it begins one after a comma or "and".
        here: Whether it points at the image.
        marks: The marks that begin with it.
        topics: The topics that it triggers.
    """

    breaks: bool
    follows: bool
    here: bool
    marks: tuple[tuple[tuple[str, ...], MarkKind], ...]
    topics: tuple[str, ...]


def lexicon(triggers: Mapping[str, tuple[str, ...]]) -> dict[str, Entry]:
    """Return the words that matter to a walk.

    Args:
        triggers: Topics by lower-case word.
    """
    return {
        word: Entry(
            word in BREAKS,
            word in NEW_CLAUSE,
            word in HERE,
            MARKS.get(word, ()),
            triggers.get(word, ()),
        )
        for word in {*BREAKS, *NEW_CLAUSE, *HERE, *MARKS, *triggers}
    }


def walk(text: str, entries: Mapping[str, Entry]) -> Walk:
    """Walk over plain text once.

    Args:
        text: Text after ``plaintext.plain``.
        entries: The words that matter, from ``lexicon``.
    """
    bounds = sentences(text)
    spans = list(zip(bounds, [*bounds[1:], len(text)], strict=True))
    matches = list(_WORD.finditer(text))
    found = [match.group() for match in matches]
    starts = [match.start() for match in matches]
    ends = [match.end() for match in matches]
    lows = [word.lower() for word in found]
    number, clause, previous, limit = 0, 0, 0, spans[0][1]
    sentence: list[int] = []
    clauses: list[int] = []
    firsts = [0]
    marks: list[list[Mark]] = [[] for _ in spans]
    here = [False] * len(spans)
    concluding = [False] * len(spans)
    triggered: dict[str, list[int]] = {}
    get = entries.get
    for k, low in enumerate(lows):
        start = starts[k]
        entry = get(low)
        if start >= limit:
            while start >= limit:
                number += 1
                firsts.append(k)
                limit = spans[number][1]
            clause += 1
        elif start - previous > 1 or entry is not None:
            gap = text[previous:start]
            if (gap != " " and gap != ", " and _STRONG_BREAK.search(gap)) or (
                entry is not None
                and (
                    entry.breaks or (entry.follows and ("," in gap or (k and lows[k - 1] == "and")))
                )
            ):
                clause += 1
        sentence.append(number)
        clauses.append(clause)
        previous = ends[k]
        if entry is None:
            if low == "t" and k and text[start - 1] == "'" and lows[k - 1].endswith("n"):
                marks[number].append(Mark("negation", k - 1, k))
            continue
        if entry.here:
            here[number] = True
        if low == "so" and k == firsts[number]:
            concluding[number] = True
        for rest, kind in entry.marks:
            last = k + len(rest)
            if rest and tuple(lows[k + 1 : last + 1]) != rest:
                continue
            if kind == "conclusion":
                concluding[number] = True
            elif not (low == "may" and found[k] == "May" and k != firsts[number]):
                marks[number].append(Mark(kind, k, last))
        for topic in entry.topics:
            numbers = triggered.setdefault(topic, [])
            if not numbers or numbers[-1] != number:
                numbers.append(number)
    firsts += [len(found)] * (len(spans) + 1 - len(firsts))
    for one, (begin, end) in enumerate(spans):
        if firsts[one] < firsts[one + 1] and text[begin:end].rstrip(" \"')").endswith("?"):
            marks[one].append(Mark("question", firsts[one + 1] - 1, firsts[one + 1] - 1))
    return Walk(
        text,
        found,
        lows,
        starts,
        ends,
        sentence,
        clauses,
        firsts,
        spans,
        marks,
        here,
        concluding,
        triggered,
    )
