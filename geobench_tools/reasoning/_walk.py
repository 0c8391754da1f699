"""One walk over the words of a trace: sentences, clauses and the words that weaken a statement."""

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from geobench_tools.reasoning._marks import (
    BREAKS,
    HERE,
    MARKS,
    NEW_CLAUSE,
    MarkKind,
)
from geobench_tools.reasoning._sections import sentences

__all__ = ["Entry", "Mark", "Walk", "lexicon", "walk"]

_WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*")
_STRONG_BREAK = re.compile(r"[;:—\[\]{}|]|\s[-–]\s|--|\n")


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
                    entry.breaks
                    or (entry.follows and ("," in gap or (k and lows[k - 1] == "and")))
                    or (low == "it" and lows[k + 1 : k + 2] == ["is"])
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
