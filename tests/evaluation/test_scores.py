from dataclasses import replace

import numpy as np
import pytest

from geobench_tools.errors import InputError
from geobench_tools.evaluation import SampleRecord
from geobench_tools.evaluation._compare import compare_items, policy_differences
from geobench_tools.evaluation._scores import Items, Scores, accuracy_rows, estimate


def items(values, *, runs=None, groups=None, names=None, metric="accuracy"):
    n = len(values)
    return Items(
        names or [f"s{i}" for i in range(n)],
        np.array(runs if runs is not None else [0] * n),
        groups or [f"g{i}" for i in range(n)],
        {metric: np.array(values, float)},
    )


def test_wins_losses_and_mcnemar():
    first, second = items([0, 0, 0, 1, 1]), items([1, 1, 0, 1, 0])
    (made,) = compare_items(first, second, ("a", "b")).differences
    assert (made.wins, made.losses, made.ties) == (2, 1, 2)
    assert made.difference == pytest.approx(0.2)
    assert made.p_value == 1.0
    assert made.low <= made.difference <= made.high


def test_a_shorter_distance_is_a_win():
    first, second = (items(v, metric="median_km") for v in ([5, 5, np.inf], [1, 9, 3]))
    (made,) = compare_items(first, second, ("a", "b")).differences
    assert (made.wins, made.losses) == (2, 1)
    assert made.p_value is None


def test_equal_runs_differ_by_exactly_nothing():
    run = items(np.arange(50) % 2)
    (made,) = compare_items(run, run, ("a", "b")).differences
    assert made.difference == 0.0
    assert -0.1 < made.low == -made.high < 0.0
    assert (made.wins, made.losses, made.ties) == (0, 0, 50)


def test_only_shared_samples_count():
    first = items([1, 1, 0], names=["x", "y", "z"])
    second = items([0, 0], names=["y", "w"])
    made = compare_items(first, second, ("a", "b"))
    assert (made.samples, made.only_first, made.only_second) == (1, 2, 1)
    with pytest.raises(InputError):
        compare_items(first, items([1], names=["other"]), ("a", "b"))


def test_balanced_accuracy_is_weighed_over_the_samples_that_both_have():
    """With the weights of each run's own classes, equal answers would count as a difference."""
    parts = [("q", "yes")] * 6 + [("q", "no")] * 2
    right = [1, 1, 1, 0, 0, 0, 1, 0]
    names = [f"s{i}" for i in range(8)]
    whole = replace(items(right, names=names), parts={"accuracy": parts})
    half = replace(items(right[3:], names=names[3:]), parts={"accuracy": parts[3:]})
    (made,) = compare_items(whole, half, ("a", "b")).differences
    assert (made.first, made.second, made.difference) == (0.25, 0.25, 0.0)
    assert (made.wins, made.losses, made.p_value) == (0, 0, None)
    better = replace(items([1] * 8, names=names), parts={"accuracy": parts})
    (made,) = compare_items(whole, better, ("a", "b")).differences
    assert made.difference == pytest.approx(0.5)
    assert made.low <= 0.5 <= made.high


def test_several_runs_are_averaged_and_not_tested_as_if_independent():
    first = items([1, 0], names=["s", "s"], runs=[0, 1], groups=["g", "g"])
    second = items([1, 1], names=["s", "s"], runs=[0, 1], groups=["g", "g"])
    (made,) = compare_items(first, second, ("a", "b")).differences
    assert made.difference == pytest.approx(0.5)
    assert made.wins == 1
    assert made.p_value is None


def test_samples_of_one_picture_get_no_mcnemar():
    first, second = (items(v, groups=["g", "g", "h"]) for v in ([0, 0, 0], [1, 1, 1]))
    (made,) = compare_items(first, second, ("a", "b")).differences
    assert made.p_value is None


def test_policies_differ_in_what_was_asked_not_in_the_model():
    one = {"benchmark": {"name": "b", "probe": "none"}, "model": {"name": "m"}, "sampling": {}}
    two = {**one, "model": {"name": "n"}}
    assert policy_differences(one, two) == ()
    other = {**one, "benchmark": {"name": "b", "probe": "8px"}}
    assert policy_differences(one, other) == ("benchmark probe: 'none' and '8px'",)


def test_estimates_leave_out_nan_and_report_the_spread_of_runs():
    made = estimate(np.array([1.0, 0.0, 1.0, np.nan]), items([1, 0, 1, np.nan], runs=[0, 0, 1, 1]))
    assert made.n == 3
    assert made.value == pytest.approx(2 / 3)
    assert made.run_sd == pytest.approx(np.std([0.5, 1.0], ddof=1))


def test_rows_by_label_are_ordered_by_size_and_name():
    values = np.array([1.0, 0.0, 1.0, 1.0, np.nan])
    rows = accuracy_rows(["b", "a", "a", "c", "d"], values, items(values))
    assert [(row[0], row[1], row[2]) for row in rows] == [("a", 2, 0.5), ("b", 1, 1), ("c", 1, 1)]


def test_coverage_counts_every_request():
    records = [
        SampleRecord("", "b", f"s{i}", i, 0, status, None)
        for i, status in enumerate(["ok", "parse_error", "error", "skipped"])
    ]
    scores = Scores.of("b", records, [])
    assert scores.coverage == 0.25
    assert sum(scores.statuses.values()) == 4
