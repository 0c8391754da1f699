"""Intervals of held-out accuracies, with cliques as units."""

import numpy as np
import pytest

from geobench_tools.training._intervals import change_of, share_of

CLIQUES, K = 150, 4
GROUPS = [str(i // K) for i in range(CLIQUES * K)]


def flags(*wrong):
    right = np.ones(len(GROUPS), bool)
    right[list(wrong)] = False
    return right


def test_all_right_and_all_wrong_are_not_certain():
    # Wilson's interval of 150 successes in 150 trials: 150 / (150 + 1.96 ** 2).
    assert share_of(flags(), GROUPS).low == pytest.approx(150 / (150 + 1.96**2), abs=1e-4)
    assert share_of(flags(), GROUPS).high == 1.0
    none = share_of(~flags(), GROUPS)
    assert (none.low, none.high) == (0.0, pytest.approx(1.96**2 / (150 + 1.96**2), abs=1e-4))


@pytest.mark.parametrize("right", [flags(), np.arange(len(GROUPS)) % 3 > 0, ~flags()])
def test_no_change_is_not_certain(right):
    same = change_of(right, right, GROUPS).difference
    assert same.value == 0
    assert same.high == -same.low == pytest.approx(1.96 * 2**0.5 / 152, abs=1e-4)


def test_an_interval_holds_its_estimate():
    turned = change_of(~flags(), flags(), GROUPS).difference
    assert turned.value == turned.high == 1.0
    assert 0.9 < turned.low < 1.0


def test_right_once_in_each_clique_counts_as_so_many_questions():
    once = np.arange(len(GROUPS)) % K == 0
    found = share_of(once, GROUPS)
    assert (found.value, found.low, found.high) == (
        *(0.25, pytest.approx(0.217, abs=1e-3), pytest.approx(0.286, abs=1e-3)),
    )


def test_errors_that_go_by_cliques_widen_the_interval():
    spread = flags(*range(0, 240, K))
    gathered = flags(*range(60))
    narrow, wide = share_of(spread, GROUPS), share_of(gathered, GROUPS)
    assert narrow.value == wide.value == 0.9
    assert wide.high - wide.low > 1.8 * (narrow.high - narrow.low)


def test_order_of_the_questions_does_not_matter():
    draw = np.random.default_rng(0)
    before, after = (draw.random(len(GROUPS)) < share for share in (0.6, 0.8))
    order = draw.permutation(len(GROUPS))
    shuffled = change_of(before[order], after[order], [GROUPS[i] for i in order])
    assert shuffled == change_of(before, after, GROUPS)


@pytest.mark.parametrize(("share", "together"), [(0.5, 0.3), (0.95, 0.0), (0.99, 0.3)])
def test_intervals_hold_the_truth_as_often_as_they_say(share, together):
    draw = np.random.default_rng(1)
    held = kept = 0
    rounds = 200
    for _ in range(rounds):
        one = draw.random((CLIQUES, 1)) < share
        alike = draw.random((CLIQUES, K)) < together
        before = np.where(alike, one, draw.random((CLIQUES, K)) < share).ravel()
        again = draw.random(CLIQUES * K) < share
        after = np.where(draw.random(CLIQUES * K) < 0.7, before, again)
        found = change_of(before, after, GROUPS)
        held += found.before.low <= share <= found.before.high
        kept += found.difference.low <= 0 <= found.difference.high
    assert held / rounds > 0.9
    assert kept / rounds > 0.9
