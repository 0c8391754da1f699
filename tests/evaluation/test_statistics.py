import math

import numpy as np
import pytest
from scipy import stats

from geobench_tools.evaluation._statistics import Bootstrap, interval_of_mean, mcnemar, wilson


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
    low, high = bootstrap.means(values[:, None])[0]
    half = 1.96 * values.std() / 20
    assert (high - low) / 2 == pytest.approx(half, rel=0.1)
    assert (high + low) / 2 == pytest.approx(values.mean(), abs=0.1 * half)


def test_repeated_samples_of_one_image_do_not_narrow_the_interval():
    values = (np.arange(60) % 3 == 0).astype(float)
    alone = Bootstrap.of([f"i{i}" for i in range(60)])
    five_times = Bootstrap.of([f"i{i}" for i in range(60)] * 5)
    narrow = interval_of_mean(np.tile(values, 5), Bootstrap.of([str(i) for i in range(300)]))
    clustered = interval_of_mean(np.tile(values, 5), five_times)
    assert clustered == pytest.approx(alone.means(values[:, None])[0])
    assert clustered.high - clustered.low > 1.5 * (narrow.high - narrow.low)


def test_row_order_does_not_matter():
    values = np.random.default_rng(2).random(200)
    groups = [f"g{i // 2}" for i in range(200)]
    order = np.random.default_rng(3).permutation(200)
    first = Bootstrap.of(groups)
    second = Bootstrap.of([groups[i] for i in order])
    assert first.median(values) == second.median(values[order])
    assert first.means(values[:, None])[0] == pytest.approx(
        second.means(values[order][:, None])[0], rel=1e-12
    )


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
        values = np.stack([np.where(truth == k, right, np.nan) for k in (0, 1)], 1)
        bootstrap = Bootstrap.of([f"{trial}-{i}" for i in range(120)], resamples=300)
        low, high = bootstrap.weighted_mean(values, np.array([0.5, 0.5]))
        assert 0.0 <= low <= high <= 1.0
        covered += low <= np.mean(recalls) <= high
    assert 0.88 <= covered / 200 <= 1.0
    whole = np.where(np.isnan(values), np.nan, 1.0)
    assert bootstrap.weighted_mean(whole, np.array([0.5, 0.5])) == (1.0, 1.0)
