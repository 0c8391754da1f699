"""What each answer to GeoChain's questions is worth, question by question."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.evaluation import SampleRecord
from geobench_tools.models import JSON

__all__ = ["CHOICES", "Marked", "matthews"]

Floats = npt.NDArray[np.float64]

CHOICES = {"bool": 2, "continent": 7, "side": 2, "climate": 5}
"""Kinds of questions with answers to choose from, and how many there are."""


@dataclass(frozen=True)
class Marked:
    """The records of a run with what each answer is worth.

    Attributes:
        records: Of the run.
        numbers: Question of each, from 1.
        kinds: Kind of each question.
        answers: What was read; None where nothing was.
        right: 1 or 0.
        km: Distance of a position, infinite for a missing one; NaN for other questions.
        limit_km: Within it a position is right.
        manifest: Of the family.
        languages: Names of the languages in a text.
    """

    records: Sequence[SampleRecord]
    numbers: Sequence[int]
    kinds: Sequence[str]
    answers: Sequence[JSON]
    right: Floats
    km: Floats
    limit_km: float
    manifest: Mapping[str, Any]
    languages: Callable[[str], set[str]]

    def rows_of(self, *kinds: str) -> npt.NDArray[np.intp]:
        """Return which records ask a question of these kinds."""
        return np.array([i for i, kind in enumerate(self.kinds) if kind in kinds], np.intp)

    def by_question(self) -> dict[int, list[int]]:
        """Return the records of each question, in the order of the questions."""
        found: dict[int, list[int]] = defaultdict(list)
        for i, number in enumerate(self.numbers):
            found[number].append(i)
        return dict(sorted(found.items()))

    def truth(self, i: int) -> str:
        """Return a record's right answer as text."""
        return str(self.records[i].target)

    def closed(self) -> dict[int, list[int]]:
        """Return the records of questions with answers to choose from, if their truths differ."""
        return {
            number: rows
            for number, rows in self.by_question().items()
            if self.kinds[rows[0]] in CHOICES and len({self.truth(i) for i in rows}) > 1
        }

    def weights(self) -> Floats:
        """Return weights whose mean over right answers is balanced accuracy over `closed`."""
        weights = np.full(len(self.records), math.nan)
        closed = self.closed()
        total = sum(map(len, closed.values()))
        for rows in closed.values():
            counts = Counter(self.truth(i) for i in rows)
            for i in rows:
                weights[i] = total / (len(closed) * len(counts) * counts[self.truth(i)])
        return weights

    def correlation(self, rows: Sequence[int]) -> float | None:
        """Return Matthews' correlation of one question; a missing answer is a class of its own."""
        said = ["" if self.answers[i] is None else str(self.answers[i]) for i in rows]
        return matthews([self.truth(i) for i in rows], said)

    def f1(self, i: int, said: set[str]) -> float:
        """Return F1 of a set of languages and the true ones of a record."""
        true = self.languages(self.truth(i))
        return 2 * len(true & said) / (len(true) + len(said)) if true or said else 0.0


def matthews(true: Sequence[str], said: Sequence[str]) -> float | None:
    """Return Matthews' correlation of labels, for several classes Gorodkin's R_K (2004).

    0 if all answers are one label, as there is nothing to correlate; None if all truths are one.
    """
    labels = sorted({*true, *said})
    place = {label: i for i, label in enumerate(labels)}
    table = np.zeros((len(labels), len(labels)))
    for one, other in zip(true, said, strict=True):
        table[place[one], place[other]] += 1
    n, right = table.sum(), np.trace(table)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    if np.count_nonzero(rows) < 2:
        return None
    spread = (n**2 - (rows**2).sum()) * (n**2 - (columns**2).sum())
    return float((right * n - rows @ columns) / math.sqrt(spread)) if spread else 0.0
