import math

import numpy as np
import pytest
from scipy import stats

from geobench_tools.evaluation._parts import Parts
from geobench_tools.evaluation._statistics import (
    Bootstrap,
    interval_of_difference,
    interval_of_mean,
    mcnemar,
    wilson,
)


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (10, 10), (3, 10), (55, 120), (1, 1)])
def test_wilson_is_scipys(hits, n):
    expected = stats.binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_no_data_no_interval():
    assert all(map(math.isnan, wilson(0, 0)))
    assert all(map(math.isnan, Bootstrap.of(["a"]).median(np.array([math.nan]))))


@pytest.mark.parametrize(("a", "b"), [(0, 0), (5, 5), (1, 9), (30, 12), (1200, 1100)])
def test_mcnemar_is_the_binomial_test(a, b):
    expected = stats.binomtest(min(a, b), a + b).pvalue if a + b else 1.0
    assert mcnemar(a, b).p_value == pytest.approx(expected, rel=1e-9)


def test_bootstrap_of_independent_values_agrees_with_theory():
    values = np.random.default_rng(1).normal(10.0, 2.0, 400)
    bootstrap = Bootstrap.of([f"s{i}" for i in range(400)], resamples=4000)
    low, high = bootstrap.mean(values)
    half = 1.96 * values.std() / 20
    assert (high - low) / 2 == pytest.approx(half, rel=0.1)
    assert (high + low) / 2 == pytest.approx(values.mean(), abs=0.1 * half)


def test_repeated_samples_of_one_image_do_not_narrow_the_interval():
    values = (np.arange(60) % 3 == 0).astype(float)
    alone = Bootstrap.of([f"i{i}" for i in range(60)])
    five_times = Bootstrap.of([f"i{i}" for i in range(60)] * 5)
    narrow = interval_of_mean(np.tile(values, 5), Bootstrap.of([str(i) for i in range(300)]))
    clustered = interval_of_mean(np.tile(values, 5), five_times)
    assert clustered == pytest.approx(alone.mean(values))
    assert clustered.high - clustered.low > 1.5 * (narrow.high - narrow.low)


def test_row_order_does_not_matter():
    values = np.random.default_rng(2).random(200)
    groups = [f"g{i // 2}" for i in range(200)]
    order = np.random.default_rng(3).permutation(200)
    first = Bootstrap.of(groups)
    second = Bootstrap.of([groups[i] for i in order])
    assert first.median(values) == second.median(values[order])
    assert first.mean(values) == pytest.approx(second.mean(values[order]), rel=1e-12)


def test_median_counts_missing_answers_as_farther_than_any():
    values = np.concatenate([np.arange(1.0, 50.0), np.full(100, np.inf)])
    interval = Bootstrap.of([str(i) for i in range(len(values))]).median(values)
    assert interval == (np.inf, np.inf)


def test_median_interval_covers_as_often_as_it_says():
    rng, covered = np.random.default_rng(4), 0
    for trial in range(200):
        values = rng.exponential(1.0, 60)
        groups = [f"{trial}-{i}" for i in range(60)]
        low, high = Bootstrap.of(groups, resamples=300).median(values)
        covered += low <= math.log(2) <= high
    assert 0.88 <= covered / 200 <= 1.0


def test_the_interval_of_balanced_accuracy_covers_and_stays_a_share():
    rng, covered = np.random.default_rng(5), 0
    recalls = (0.9, 0.6)
    for trial in range(200):
        truth = (np.arange(120) < 12).astype(int)
        right = (rng.random(120) < np.array(recalls)[truth]).astype(float)
        parts = Parts.of(right, [("q", str(label)) for label in truth])
        bootstrap = Bootstrap.of([f"{trial}-{i}" for i in range(120)], resamples=300)
        low, high = bootstrap.mean_of_means(right, parts)
        assert 0.0 <= low <= high <= 1.0
        covered += low <= np.mean(recalls) <= high
    assert 0.88 <= covered / 200 <= 1.0
    assert bootstrap.mean_of_means(np.ones(120), parts) == (1.0, 1.0)


def test_where_all_are_alike_the_interval_has_the_width_of_the_clusters():
    groups = [f"picture {i // 5}" for i in range(50)]
    assert interval_of_mean(np.ones(50), Bootstrap.of(groups)) == wilson(10, 10)
    assert interval_of_mean(np.zeros(50), Bootstrap.of(groups)) == wilson(0, 10)


@pytest.mark.parametrize(("gain", "loss"), [(0.01, 0.0), (0.1, 0.05), (0.3, 0.1)])
def test_the_interval_of_a_paired_difference_covers_where_few_pairs_differ(gain, loss):
    rng, covered = np.random.default_rng(6), 0
    bootstrap = Bootstrap.of([f"s{i}" for i in range(60)])
    for _ in range(300):
        drawn = rng.random(60)
        changes = np.where(drawn < gain, 1.0, np.where(drawn < gain + loss, -1.0, 0.0))
        low, high = interval_of_difference(changes, bootstrap)
        covered += low <= gain - loss <= high
    assert covered / 300 >= 0.92


def test_a_mean_of_means_counts_each_part_alike_and_drops_questions_of_one_answer():
    values = np.array([1.0, 1.0, 1.0, 0.0, 0.0, np.nan])
    classes = [("q", "a"), ("q", "a"), ("q", "a"), ("q", "b"), ("r", "a"), ("r", "b")]
    assert Parts.of(values, classes).mean(values) == 0.5
    tasks = [(part[0],) for part in classes]
    assert Parts.of(values, tasks).mean(values) == pytest.approx((0.75 + 0.0) / 2)
    assert math.isnan(Parts.of(values[4:], classes[4:]).mean(values[4:]))
