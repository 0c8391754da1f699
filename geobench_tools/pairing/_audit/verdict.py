"""From scores to statements: intervals over places, p-values, corrections, what could be seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geobench_tools.array_types import Floats
from geobench_tools.counter_random import mix, uniform
from geobench_tools.pairing._audit.places import FOLDS, Places

__all__ = [
    "LEVEL",
    "Estimate",
    "estimate",
    "holm",
    "smallest_detectable",
    "worse_than_chance",
]


LEVEL = 0.05

_BOOTSTRAP_STREAM = 0xB0075
_POWER = 0.80
_DRAWS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Estimate:
    """A mean over questions.

    Attributes:
        value: The mean.
        low: Lower end of the 95 % interval (cluster bootstrap over places, percentiles).
        high: Upper end.
        error: Standard error (jackknife over places).
        p: One-sided p-value of the mean being no larger than without a leak.
    """

    value: float
    low: float
    high: float
    error: float
    p: float


def estimate(values: Floats, places: Places, null: float, resamples: int, seed: int) -> Estimate:
    """Estimate a mean and test it against ``null``.

    The p-value is Student's, from the jackknife over places (Efron and Stein 1981; CV3 in
    MacKinnon, Nielsen and Webb 2023, doi 10.1016/j.jeconom.2022.04.001), with the effective number
    of places less one as degrees of freedom. A bootstrap of 1,000 could not resolve the small
    p-values that remain to be judged after correction for many families.

    Args:
        values: One value for each question, shape (n,).
        places: Groups of the questions.
        null: The mean without a leak.
        resamples: Number of bootstrap resamples.
        seed: Seed of the bootstrap.
    """
    from scipy.stats import t

    sums = np.bincount(places.code, values - null, places.count).astype(float)
    sizes = np.bincount(places.code, minlength=places.count).astype(float)
    off = sums.sum() / sizes.sum()
    without = (sums.sum() - sums) / (sizes.sum() - sizes)
    spread = (places.count - 1) / places.count * ((without - without.mean()) ** 2).sum()
    error = float(np.sqrt(spread))
    if error <= 1e-12:
        p = 0.0 if off > 1e-9 else 1.0
    else:
        p = float(t.sf(off / error, max(1.0, places.effective - 1.0)))
    low, high = np.quantile(_resampled(sums, sizes, resamples, seed), [0.025, 0.975])
    return Estimate(float(null + off), float(null + low), float(null + high), error, p)


def worse_than_chance(accuracy: Estimate, n: int, places: Places, chance: float) -> float:
    """Return the p-value of a cross-validated accuracy being no less than chance.

    What is rare by luck in one fold is common in the others, so without a leak too the adversary
    tends to be wrong, in all folds at once. As each fold by itself is tested fairly, that
    multiplies the standard error by no more than the root of the number of folds; here it always
    does. The error is no less than that of fair guesses.

    Args:
        accuracy: The accuracy over all folds.
        n: Number of questions.
        places: Groups of the questions.
        chance: Accuracy of guesses.
    """
    from scipy.stats import t

    error = np.sqrt(FOLDS) * max(accuracy.error, _fair_error(n, chance))
    return float(t.cdf((accuracy.value - chance) / error, max(1.0, places.effective - 1.0)))


def _fair_error(n: int, chance: float) -> float:
    return float(np.sqrt(chance * (1 - chance) / n))


def _resampled(sums: Floats, sizes: Floats, resamples: int, seed: int) -> Floats:
    """Means of bootstrap resamples of places."""
    count = len(sums)
    step = max(1, _DRAWS_AT_ONCE // count)
    stream = mix(seed, _BOOTSTRAP_STREAM)
    means = []
    for start in range(0, resamples, step):
        draw = np.arange(start * count, min(start + step, resamples) * count)
        drawn = (uniform(stream, draw) * count).astype(np.int64).reshape(-1, count)
        means.append(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    return np.concatenate(means)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for their number (Holm 1979), in the order given."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, least = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = least
    return adjusted


def smallest_detectable(n: int, k: int, error: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the smallest leak that a one-sided test at ``level`` finds with 80 % power.

    Args:
        n: Number of questions.
        k: Number of candidates.
        error: Measured standard error of the accuracy; the binomial one is used if it is larger.
        level: Level of the test.

    Returns:
        Accuracy above 1/K, and the information in nats that such an accuracy implies at least,
        about delta^2 K^2 / (2 (K - 1)).
    """
    from scipy.stats import norm

    chance = 1 / k
    error = max(error, _fair_error(n, chance))
    delta = float((norm.isf(level) + norm.ppf(_POWER)) * error)
    return delta, delta**2 * k**2 / (2 * (k - 1))
