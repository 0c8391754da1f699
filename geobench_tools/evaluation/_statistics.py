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
from geobench_tools.evaluation._parts import Parts

__all__ = [
    "LEVEL",
    "RESAMPLES",
    "Bootstrap",
    "Interval",
    "McNemar",
    "interval_of_difference",
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

    def mean(self, values: Floats) -> Interval:
        """Return the interval of the mean of the values that are finite."""
        codes = np.where(np.isfinite(values), 0, -1)
        return self.mean_of_means(values, Parts(codes, np.ones(1)))

    def mean_of_means(self, values: Floats, parts: Parts) -> Interval:
        """Return the interval of a mean of means; a resample that lacks a part does not count.

        Args:
            values: Of each sample.
            parts: Which part it belongs to.
        """
        inside, size = parts.codes >= 0, len(parts.weights)
        places = self.codes[inside] * size + parts.codes[inside]
        cells = self.clusters * size
        sums = np.bincount(places, values[inside], cells).reshape(-1, size)
        counts = np.bincount(places, minlength=cells).reshape(-1, size).astype(float)
        drawn = []
        for weights in self._weights():
            with np.errstate(invalid="ignore", divide="ignore"):
                drawn.append((weights @ sums) / (weights @ counts) @ parts.weights)
        return _between(np.concatenate(drawn))

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
    """Return the interval of one mean: Wilson for independent yes/no values, else bootstrap.

    Where all yes/no values are alike resamples cannot differ, so it is Wilson's of the clusters.
    """
    counted = np.isfinite(values)
    seen = values[counted]
    if bool(np.isin(seen, (0.0, 1.0)).all()):
        clusters = len(np.unique(bootstrap.codes[counted]))
        if clusters == len(seen) or not 0 < seen.sum() < len(seen):
            return wilson(round(seen.sum() * clusters / max(1, len(seen))), clusters)
    return bootstrap.mean(values)


def interval_of_difference(changes: Floats, bootstrap: Bootstrap) -> Interval:
    """Return the interval of the mean of paired differences of yes/no values.

    For independent samples it is Agresti and Min's (2005, doi 10.1002/sim.1781), Wald's with half a
    sample more in each of the four cells, so that it has a width where few pairs or none differ.
    Else it is the bootstrap's; where no pair differs, Agresti and Min's of the clusters.

    Args:
        changes: -1, 0 or 1 of each sample; NaN where it does not count.
        bootstrap: Clusters of the samples.
    """
    counted = np.isfinite(changes)
    seen = changes[counted]
    clusters = len(np.unique(bootstrap.codes[counted]))
    if not clusters or (clusters < len(seen) and seen.any()):
        return bootstrap.mean(changes)
    n = clusters + 2.0
    gained, lost = (seen > 0).sum() + 0.5, (seen < 0).sum() + 0.5
    middle = (gained - lost) / n
    half = _Z95 * math.sqrt(gained + lost - (gained - lost) ** 2 / n) / n
    return Interval(max(-1.0, middle - half), min(1.0, middle + half))


def _between(drawn: Floats) -> Interval:
    drawn = np.sort(drawn[~np.isnan(drawn)])
    if not len(drawn):
        return Interval(math.nan, math.nan)
    tail = (1 - LEVEL) / 2
    low = drawn[math.floor(tail * (len(drawn) - 1))]
    high = drawn[math.ceil((1 - tail) * (len(drawn) - 1))]
    return Interval(float(low), float(high))
