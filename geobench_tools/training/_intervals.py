"""95 % intervals of accuracies on held-out questions, whose units are cliques.

Questions of one clique share their tiles, so their outcomes need not be independent: the number of
questions is replaced by the number of independent ones that would have the same error. Wilson's
interval with that number stays wide where nothing or everything is right, and where a model that
looks at nothing is right in each clique exactly once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Change", "Share", "change_of", "share_of"]

_Z95 = 1.959963984540054


@dataclass(frozen=True)
class Share:
    """A share, or a difference of shares, with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Change:
    """Accuracy before and after, and the mean difference on the same questions."""

    before: Share
    after: Share
    difference: Share


def share_of(right: npt.NDArray[np.bool_], groups: Sequence[str]) -> Share:
    """Return a share of right answers; ``groups`` names the clique of each question."""
    return _rounded(*_share(right, _codes(groups)))


def change_of(
    before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_], groups: Sequence[str]
) -> Change:
    """Compare two models on the same questions.

    The interval of the difference is put together from those of the shares and the correlation of
    the cliques' sums (Newcombe 1998, Statistics in Medicine 17:2635, method 10).
    """
    codes = _codes(groups)
    first, first_low, first_high = _share(before, codes)
    second, second_low, second_high = _share(after, codes)
    (x, y) = (_sums(right, codes) for right in (before, after))
    spread = math.sqrt(float((x @ x) * (y @ y)))
    correlation = float(x @ y) / spread if spread else 0.0

    def reach(gain: float, loss: float) -> float:
        return math.sqrt(max(0.0, gain**2 + loss**2 - 2 * correlation * gain * loss))

    difference = second - first
    return Change(
        _rounded(first, first_low, first_high),
        _rounded(second, second_low, second_high),
        _rounded(
            difference,
            difference - reach(second - second_low, first_high - first),
            difference + reach(second_high - second, first - first_low),
        ),
    )


def _codes(groups: Sequence[str]) -> npt.NDArray[np.intp]:
    return np.unique(np.asarray(groups), return_inverse=True)[1].reshape(-1)


def _sums(right: npt.NDArray[np.bool_], codes: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Return each clique's sum of deviations from the mean."""
    return np.bincount(codes, weights=right - right.mean()).astype(np.float64)


def _share(right: npt.NDArray[np.bool_], codes: npt.NDArray[np.intp]) -> tuple[float, float, float]:
    """Return a share with Wilson's interval (Wilson 1927) for its effective number of questions."""
    share = float(right.mean())
    n = _effective(right, codes)
    z2 = _Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = 0.0 if share == 0 else middle - half
    high = 1.0 if share == 1 else middle + half
    return share, low, high


def _effective(right: npt.NDArray[np.bool_], codes: npt.NDArray[np.intp]) -> float:
    """Return the number of independent questions with the same error of the mean.

    By the cluster-robust variance (Liang and Zeger 1986); not more than there are questions, and
    not fewer than if each clique were one (Kish 1965). The fewest where all outcomes are the same,
    as they say nothing of how those of a clique go together.
    """
    total, sizes = len(right), np.bincount(codes)
    fewest = total**2 / float(sizes @ sizes)
    share = float(right.mean())
    if share in (0.0, 1.0):
        return fewest
    sums, cliques = _sums(right, codes), len(sizes)
    variance = float(sums @ sums) / total**2 * cliques / max(1, cliques - 1)
    return min(max(share * (1 - share) / variance, fewest), total) if variance else float(total)


def _rounded(*numbers: float) -> Share:
    return Share(*(round(number, 4) for number in numbers))
