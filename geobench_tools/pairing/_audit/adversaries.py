"""Two learners that guess the right candidate from a family's columns, tested on other places."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geobench_tools.pairing._audit.features import Design

__all__ = ["ADVERSARIES", "Scores", "cross_validate"]

I64 = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Matrix = npt.NDArray[np.float32]

_PENALTY = 1.0
_TREES = 60
_LEAVES = 8
_LEAST_IN_LEAF = 40
_SHARPEST = 20.0
_TIE = 1e-6
_CHUNK = 16_384


@dataclass(frozen=True)
class Scores:
    """How an adversary did on held-out questions, arrays of shape (n,).

    Attributes:
        hit: Share of the guess that is right: 1/t where t candidates tie for the best and the right
            one is among them.
        gain: log K minus the negative log-likelihood of the right candidate, nats.
    """

    hit: Floats
    gain: Floats


def cross_validate(designs: Sequence[Design], answer: I64, folds: I64, k: int) -> dict[str, Scores]:
    """Train each adversary on all folds but one and score it on that one, for each fold.

    Args:
        designs: One for all folds, or one for each held-out fold.
        answer: Place of the right candidate, shape (n,).
        folds: Fold of each question, shape (n,).
        k: Number of candidates.

    Returns:
        Scores by name of the adversary.
    """
    from threadpoolctl import threadpool_limits

    n, count = len(answer), int(folds.max()) + 1
    scores = {name: Scores(np.full(n, 1 / k), np.zeros(n)) for name in ADVERSARIES}
    # One thread: sums over threads would make the last digits depend on the machine.
    with threadpool_limits(limits=1):
        for held_out in range(count):
            test, tuning = folds == held_out, folds == (held_out + 1) % count
            columns = designs[min(held_out, len(designs) - 1)].matrix(~test)
            if not columns.shape[2]:
                continue
            fitting = ~test & ~tuning
            for name, fit in ADVERSARIES.items():
                utility = fit(columns, answer, fitting, tuning, test)
                scores[name].hit[test] = _hits(utility, answer[test])
                scores[name].gain[test] = np.log(k) + _log_likelihood(utility, answer[test])
    return scores


def _conditional_logit(
    columns: Matrix, answer: I64, fitting: Bools, tuning: Bools, test: Bools
) -> Floats:
    """Softmax over the set of a linear utility (McFadden 1974), with an L2 penalty, by Newton."""
    from scipy.optimize import minimize

    likelihood = _Likelihood(columns, answer, np.flatnonzero(fitting | tuning))
    found = minimize(
        likelihood.value,
        np.zeros(columns.shape[2]),
        jac=likelihood.slope,
        hess=likelihood.curvature,
        method="trust-exact",
        options={"maxiter": 50},
    )
    return np.asarray(columns[test].astype(np.float64) @ found.x)


class _Likelihood:
    """Penalised negative log-likelihood of some questions, with slope and curvature."""

    def __init__(self, columns: Matrix, answer: I64, rows: I64) -> None:
        self._columns, self._answer = columns, answer
        self._chunks = [rows[i : i + _CHUNK] for i in range(0, len(rows), _CHUNK)]
        self._last: tuple[bytes, tuple[float, Floats, Floats]] | None = None

    def value(self, weights: Floats) -> float:
        """Return the value at some weights."""
        return self._at(weights)[0]

    def slope(self, weights: Floats) -> Floats:
        """Return the gradient."""
        return self._at(weights)[1]

    def curvature(self, weights: Floats) -> Floats:
        """Return the Hessian."""
        return self._at(weights)[2]

    def _at(self, weights: Floats) -> tuple[float, Floats, Floats]:
        key = weights.tobytes()
        if self._last is None or self._last[0] != key:
            self._last = (key, self._sweep(weights))
        return self._last[1]

    def _sweep(self, weights: Floats) -> tuple[float, Floats, Floats]:
        p = len(weights)
        loss = _PENALTY / 2 * float(weights @ weights)
        slope, curve = _PENALTY * weights, _PENALTY * np.eye(p)
        for rows in self._chunks:
            x = self._columns[rows].astype(np.float64)
            place = np.arange(len(rows)), self._answer[rows]
            log_share = _log_softmax(x @ weights)
            share = np.exp(log_share)
            loss -= float(log_share[place].sum())
            expected = np.einsum("nk,nkp->np", share, x)
            slope += (expected - x[place]).sum(axis=0)
            flat = x.reshape(-1, p)
            curve += (flat * share.reshape(-1, 1)).T @ flat - expected.T @ expected
        return loss, slope, curve


def _boosted_trees(
    columns: Matrix, answer: I64, fitting: Bools, tuning: Bools, test: Bools
) -> Floats:
    """Score each candidate by boosted trees; sharpen the softmax of the scores on held-out sets."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    k, p = columns.shape[1:]
    right = np.arange(k) == answer[fitting][:, None]
    trees = HistGradientBoostingClassifier(
        max_iter=_TREES,
        max_leaf_nodes=_LEAVES,
        min_samples_leaf=_LEAST_IN_LEAF,
        early_stopping=False,
        random_state=0,
    ).fit(columns[fitting].reshape(-1, p), right.ravel())
    tuned, scores = (
        trees.decision_function(columns[rows].reshape(-1, p)).reshape(-1, k)
        for rows in (tuning, test)
    )
    return np.asarray(scores * _sharpness(tuned, answer[tuning]))


def _sharpness(scores: Floats, answer: I64) -> float:
    """Return the factor (inverse temperature) at which the softmax is most likely, or nearly 0."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda factor: -_log_likelihood(scores * factor, answer).sum(),
        bounds=(0.0, _SHARPEST),
        method="bounded",
    )
    return float(found.x)


def _log_softmax(utility: Floats) -> Floats:
    off_best = utility - utility.max(axis=1, keepdims=True)
    return np.asarray(off_best - np.log(np.exp(off_best).sum(axis=1, keepdims=True)))


def _log_likelihood(utility: Floats, answer: I64) -> Floats:
    return np.asarray(_log_softmax(utility)[np.arange(len(answer)), answer])


def _hits(utility: Floats, answer: I64) -> Floats:
    best = utility >= utility.max(axis=1, keepdims=True) - _TIE
    return np.asarray(best[np.arange(len(answer)), answer] / best.sum(axis=1))


ADVERSARIES = {"logit": _conditional_logit, "trees": _boosted_trees}
"""Learners by name: (columns, answer, rows to fit, rows to tune on, rows to test) to utilities."""
