"""Two learners that guess the right candidate from a family's columns, tested on other places."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geobench_tools.array_types import F32, I64, Bools, Floats
from geobench_tools.pairing._audit.features import Design

__all__ = ["ADVERSARIES", "Scores", "cross_validate"]


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


@dataclass(frozen=True)
class _Questions:
    """Questions as an adversary sees them, in ``fold`` 0 to count - 1.

    Attributes:
        columns: Shape (n, K, p).
        answer: Place of the right candidate, shape (n,).
        fold: Shape (n,).
        home: Fold of the place of each candidate, shape (n, K).
    """

    columns: F32
    answer: I64
    fold: I64
    home: I64

    def among(self, folds: Sequence[int]) -> I64:
        """Return the questions of some folds."""
        return np.flatnonzero(np.isin(self.fold, folds))

    def usable(self, rows: I64, held_out: Sequence[int]) -> Bools:
        """Return which candidates of some questions may be learned from, shape (rows, K).

        A tile of a held-out place can be nothing but wrong in the others. Who learned that would do
        worse than chance, and not because of the set.
        """
        usable = ~np.isin(self.home[rows], held_out)
        usable[np.arange(len(rows)), self.answer[rows]] = True
        return usable


def cross_validate(
    designs: Sequence[Design], answer: I64, folds: I64, homes: I64
) -> dict[str, Scores]:
    """Train each adversary on all folds but one and score it on that one, for each fold.

    Args:
        designs: One for all folds, or one for each held-out fold.
        answer: Place of the right candidate, shape (n,).
        folds: Fold of each question, shape (n,).
        homes: Fold of the place that each candidate belongs to, -1 for none, shape (n, K).

    Returns:
        Scores by name of the adversary.
    """
    from threadpoolctl import threadpool_limits

    (n, k), count = homes.shape, int(folds.max()) + 1
    scores = {name: Scores(np.full(n, 1 / k), np.zeros(n)) for name in ADVERSARIES}
    # One thread: sums over threads would make the last digits depend on the machine.
    with threadpool_limits(limits=1):
        for held_out in range(count):
            test = folds == held_out
            columns = designs[min(held_out, len(designs) - 1)].matrix(~test)
            if not columns.shape[2]:
                continue
            questions = _Questions(columns, answer, folds, homes)
            training = [fold for fold in range(count) if fold != held_out]
            for name, fit in ADVERSARIES.items():
                utility = fit(questions, training, held_out)
                scores[name].hit[test] = _hits(utility, answer[test])
                scores[name].gain[test] = np.log(k) + _log_likelihood(utility, answer[test])
    return scores


def _conditional_logit(questions: _Questions, training: list[int], test: int) -> Floats:
    """Softmax over the set of a linear utility (McFadden 1974), with an L2 penalty, by Newton.

    Candidates left out do not bias it (McFadden 1978).
    """
    from scipy.optimize import minimize

    columns, rows = questions.columns, questions.among(training)
    likelihood = _Likelihood(columns, questions.answer, rows, questions.usable(rows, [test]))
    found = minimize(
        likelihood.value,
        np.zeros(columns.shape[2]),
        jac=likelihood.slope,
        hess=likelihood.curvature,
        method="trust-exact",
        options={"maxiter": 50},
    )
    return np.asarray(columns[questions.among([test])].astype(np.float64) @ found.x)


class _Likelihood:
    """Penalised negative log-likelihood of some questions, with slope and curvature."""

    def __init__(self, columns: F32, answer: I64, rows: I64, usable: Bools) -> None:
        self._columns, self._answer = columns, answer
        starts = range(0, len(rows), _CHUNK)
        self._chunks = [(rows[i : i + _CHUNK], usable[i : i + _CHUNK]) for i in starts]
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
        for rows, usable in self._chunks:
            x = self._columns[rows].astype(np.float64)
            place = np.arange(len(rows)), self._answer[rows]
            log_share = _log_softmax(np.where(usable, x @ weights, -np.inf))
            share = np.exp(log_share)
            loss -= float(log_share[place].sum())
            expected = np.einsum("nk,nkp->np", share, x)
            slope += (expected - x[place]).sum(axis=0)
            flat = x.reshape(-1, p)
            curve += (flat * share.reshape(-1, 1)).T @ flat - expected.T @ expected
        return loss, slope, curve


def _boosted_trees(questions: _Questions, training: list[int], test: int) -> Floats:
    """Score each candidate by boosted trees; sharpen the softmax of the scores on held-out sets."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    columns, answer = questions.columns, questions.answer
    k, p = columns.shape[1:]
    tuning = (test + 1) % (len(training) + 1)
    rows = questions.among([fold for fold in training if fold != tuning])
    right = np.arange(k) == answer[rows][:, None]
    usable = questions.usable(rows, [tuning, test])
    trees = HistGradientBoostingClassifier(
        max_iter=_TREES,
        max_leaf_nodes=_LEAVES,
        min_samples_leaf=_LEAST_IN_LEAF,
        early_stopping=False,
        random_state=0,
    ).fit(columns[rows][usable], right[usable])

    def scored(rows: I64) -> Floats:
        return np.asarray(trees.decision_function(columns[rows].reshape(-1, p)).reshape(-1, k))

    tuned = questions.among([tuning])
    off = np.where(questions.usable(tuned, [test]), 0.0, -np.inf)
    return scored(questions.among([test])) * _sharpness(scored(tuned), off, answer[tuned])


def _sharpness(scores: Floats, off: Floats, answer: I64) -> float:
    """Return the factor (inverse temperature) at which the softmax is most likely, or nearly 0.

    ``off`` is minus infinity for candidates that do not take part.
    """
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda factor: -_log_likelihood(scores * factor + off, answer).sum(),
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
"""Learners by name: (questions, folds to learn from, fold to test) to that fold's utilities."""
