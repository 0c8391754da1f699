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

    The interval of the difference is Bonett and Price's for paired shares (2012, Statistics in
    Medicine 31:3347): one more question each that only the first and only the second has right.
    """
    codes = _codes(groups)
    gained = after.astype(float) - before.astype(float)
    n = _effective(gained, codes)
    up, down = ((float((gained == sign).mean()) * n + 1) / (n + 2) for sign in (1, -1))
    half = _Z95 * math.sqrt((up + down - (up - down) ** 2) / (n + 2))
    difference = float(gained.mean())
    return Change(
        _rounded(*_share(before, codes)),
        _rounded(*_share(after, codes)),
        _rounded(
            difference,
            max(-1.0, min(difference, up - down - half)),
            min(1.0, max(difference, up - down + half)),
        ),
    )


def _codes(groups: Sequence[str]) -> npt.NDArray[np.intp]:
    return np.unique(np.asarray(groups), return_inverse=True)[1].reshape(-1)


def _share(right: npt.NDArray[np.bool_], codes: npt.NDArray[np.intp]) -> tuple[float, float, float]:
    """Return a share with Wilson's interval (Wilson 1927) for its effective number of questions."""
    share = float(right.mean())
    n = _effective(right.astype(float), codes)
    z2 = _Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = 0.0 if share == 0 else middle - half
    high = 1.0 if share == 1 else middle + half
    return share, low, high


def _effective(values: npt.NDArray[np.float64], codes: npt.NDArray[np.intp]) -> float:
    """Return the number of independent questions with the same error of the mean.

    By the cluster-robust variance (Liang and Zeger 1986); not more than there are questions, and
    not fewer than if each clique were one (Kish 1965). The fewest where all values are the same, as
    they say nothing of how those of a clique go together.
    """
    total, sizes = len(values), np.bincount(codes)
    fewest = total**2 / float(sizes @ sizes)
    apart = values - values.mean()
    if not apart.any():
        return fewest
    sums = np.bincount(codes, weights=apart)
    cliques = len(sizes)
    robust = float(sums @ sums) / total**2 * cliques / max(1, cliques - 1)
    return min(max(float((apart**2).mean()) / robust, fewest), total) if robust else float(total)


def _rounded(*numbers: float) -> Share:
    return Share(*(round(number, 4) for number in numbers))
