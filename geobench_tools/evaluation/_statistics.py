"""Intervals and paired tests, clustered by what samples share.

The bootstrap is the Poisson bootstrap (Chamandy et al. 2012): each cluster enters a resample with a
weight drawn from Poisson(1), a function of (seed, resample, cluster name) alone. So the row order
does not matter, and two runs over the same samples are resampled alike.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geobench_tools.counter_random import hash_strings, mix

__all__ = [
    "LEVEL",
    "RESAMPLES",
    "Bootstrap",
    "Interval",
    "McNemar",
    "interval_of_mean",
    "mcnemar",
    "wilson",
]

Floats = npt.NDArray[np.float64]

LEVEL = 0.95
RESAMPLES = 1000
_CHUNK = 1 << 20
_KEPT = 1 << 26
_Z95 = 1.959963984540054
_POISSON = np.searchsorted(
    np.cumsum([math.exp(-1) / math.factorial(k) for k in range(13)]),
    (np.arange(65536) + 0.5) / 65536,
).astype(np.uint8)
"""Poisson(1) by 16 random bits: probabilities are right to 2e-5."""


class Interval(NamedTuple):
    """A 95 % confidence interval; NaN where there are no data."""

    low: float
    high: float


class McNemar(NamedTuple):
    """McNemar's exact test on pairs of yes/no results.

    Attributes:
        only_first: Pairs that only the first has right.
        only_second: Pairs that only the second has right.
        p_value: Two-sided, binomial.
    """

    only_first: int
    only_second: int
    p_value: float


def wilson(successes: int, n: int) -> Interval:
    """Return Wilson's 95 % score interval of a proportion (Wilson 1927)."""
    if n == 0:
        return Interval(math.nan, math.nan)
    z2 = _Z95**2
    share = successes / n
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == n else min(1.0, middle + half)
    return Interval(low, high)


def mcnemar(only_first: int, only_second: int) -> McNemar:
    """Return McNemar's exact two-sided test from the two counts of discordant pairs."""
    n, few = only_first + only_second, min(only_first, only_second)
    logs = [
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2)
        for k in range(few + 1)
    ]
    return McNemar(only_first, only_second, min(1.0, 2 * math.fsum(map(math.exp, logs))))


@dataclass(frozen=True)
class Bootstrap:
    """Resamples of clusters, the same for every statistic.

    Attributes:
        codes: Number of each sample's cluster, from 0.
        names: 64-bit hashes of the clusters' names, by number.
        seed: Of the draws.
        resamples: How many.
    """

    codes: npt.NDArray[np.intp]
    names: npt.NDArray[np.uint64]
    seed: int = 0
    resamples: int = RESAMPLES

    @classmethod
    def of(cls, groups: Sequence[str], *, seed: int = 0, resamples: int = RESAMPLES) -> "Bootstrap":
        """Cluster samples by the name of their group."""
        names, codes = np.unique(hash_strings(list(groups)), return_inverse=True)
        return cls(codes.reshape(-1), names, seed, resamples)

    @property
    def clusters(self) -> int:
        """Number of clusters."""
        return len(self.names)

    def means(self, values: Floats) -> list[Interval]:
        """Return intervals of the means of several statistics over the same samples.

        Args:
            values: Shape (samples, statistics); NaN where a sample does not count.
        """
        drawn = self._drawn_means(values)
        return [_between(drawn[:, i]) for i in range(values.shape[1])]

    def weighted_mean(self, values: Floats, weights: Floats) -> Interval:
        """Return the interval of a weighted mean of several means, as balanced accuracy is.

        Args:
            values: Shape (samples, statistics); NaN where a sample does not count.
            weights: Of each statistic. A resample that lacks one of them does not count.
        """
        return _between(self._drawn_means(values) @ weights)

    def _drawn_means(self, values: Floats) -> Floats:
        """Means of each resample: shape (resamples, statistics)."""
        seen = np.isfinite(values)
        sums = np.zeros((self.clusters, values.shape[1]))
        counts = np.zeros_like(sums)
        np.add.at(sums, self.codes, np.where(seen, values, 0.0))
        np.add.at(counts, self.codes, seen.astype(float))
        drawn = []
        for weights in self._weights():
            with np.errstate(invalid="ignore", divide="ignore"):
                drawn.append((weights @ sums) / (weights @ counts))
        return np.concatenate(drawn)

    def median(self, values: Floats) -> Interval:
        """Return the interval of a median; infinite values rank above all, NaN do not count."""
        order = np.argsort(values, kind="stable")[: int(np.sum(~np.isnan(values)))]
        if not len(order):
            return Interval(math.nan, math.nan)
        ranked, codes = values[order], self.codes[order]
        drawn = []
        for weights in self._weights():
            below = np.cumsum(weights[:, codes], axis=1)
            place = (below < below[:, -1:] / 2).sum(axis=1)
            drawn.append(ranked[np.minimum(place, len(ranked) - 1)])
        return _between(np.concatenate(drawn))

    def _weights(self) -> Iterator[Floats]:
        step = max(1, _CHUNK // max(1, self.clusters))
        for first in range(0, self.resamples, step):
            last = min(first + step, self.resamples)
            part = self._draw(first, last) if self._drawn is None else self._drawn[first:last]
            yield part.astype(float)

    @cached_property
    def _drawn(self) -> npt.NDArray[np.uint8] | None:
        small = self.resamples * self.clusters <= _KEPT
        return self._draw(0, self.resamples) if small else None

    def _draw(self, first: int, last: int) -> npt.NDArray[np.uint8]:
        keys = mix(self.seed, np.arange(first, last))
        made = np.empty((last - first, self.clusters), np.uint8)
        for row, key in enumerate(keys):
            made[row] = _POISSON[(mix(key, self.names) >> np.uint64(48)).astype(np.intp)]
        return made


def interval_of_mean(values: Floats, bootstrap: Bootstrap) -> Interval:
    """Return the interval of one mean: Wilson for independent yes/no values, else bootstrap."""
    counted = np.isfinite(values)
    seen = values[counted]
    binary = bool(np.isin(seen, (0.0, 1.0)).all())
    if binary and len(np.unique(bootstrap.codes[counted])) == len(seen):
        return wilson(int(seen.sum()), len(seen))
    return bootstrap.means(values[:, None])[0]


def _between(drawn: Floats) -> Interval:
    drawn = np.sort(drawn[~np.isnan(drawn)])
    if not len(drawn):
        return Interval(math.nan, math.nan)
    tail = (1 - LEVEL) / 2
    low = drawn[math.floor(tail * (len(drawn) - 1))]
    high = drawn[math.ceil((1 - tail) * (len(drawn) - 1))]
    return Interval(float(low), float(high))
