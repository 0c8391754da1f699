"""Means of means: over the parts of a benchmark, or over the right answers of each question.

A macro average is the mean over tasks of each task's mean; balanced accuracy the mean over
questions of the mean over right answers of the share that is right (recall).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Part", "Parts"]

Floats = npt.NDArray[np.float64]

Part = tuple[str, ...]
"""Where a record stands: ``(task,)`` of a macro average, ``(question, right answer)`` of balanced
accuracy."""


@dataclass(frozen=True)
class Parts:
    """The parts of a mean of means.

    Attributes:
        codes: Number of each record's part; -1 where the record does not count.
        weights: Of each part in the whole; they sum to 1.
    """

    codes: npt.NDArray[np.intp]
    weights: Floats

    @classmethod
    def of(cls, values: Floats, parts: Sequence[Part]) -> "Parts":
        """Number the parts of the records whose values are not NaN.

        A question whose right answers are all alike has no balanced accuracy and does not count.
        """
        counted = [part for part, value in zip(parts, values, strict=True) if not np.isnan(value)]
        children = Counter(part[:-1] for part in set(counted))
        kept = sorted(p for p in set(counted) if len(p) == 1 or children[p[:-1]] > 1)
        parents = len({part[:-1] for part in kept})
        numbers = {part: number for number, part in enumerate(kept)}
        codes = [
            -1 if np.isnan(value) else numbers.get(part, -1)
            for part, value in zip(parts, values, strict=True)
        ]
        weights = [1.0 / (parents * children[part[:-1]]) for part in kept]
        return cls(np.array(codes, np.intp), np.array(weights, float))

    def mean(self, values: Floats) -> float:
        """Return the mean of means; NaN if no part counts or one has no value."""
        inside = self.codes >= 0
        size = len(self.weights)
        sums = np.bincount(self.codes[inside], values[inside], size)
        with np.errstate(invalid="ignore"):
            means = sums / np.bincount(self.codes[inside], minlength=size)
        return float(means @ self.weights) if size else float("nan")
