import numpy as np
import pytest
from scipy import stats

from geobench_tools.pairing._audit.adversaries import cross_validate
from geobench_tools.pairing._audit.features import Design, Features
from geobench_tools.pairing._audit.files import file_facts, jpeg_quality
from geobench_tools.pairing._audit.places import choose_places, fold_places
from geobench_tools.pairing._audit.verdict import (
    Estimate,
    estimate,
    holm,
    smallest_detectable,
    worse_than_chance,
)


def test_features_are_seen_relative_to_their_set():
    numbers = np.array([[5.0, 7.0, 7.0, 100.0], [2.0, np.nan, 2.0, 2.0]])
    codes = np.array([[1, 1, 2, 3], [4, 4, 4, 4]])
    design = Design(Features(numbers={"n": numbers}, categories={"c": codes}))
    columns = design.matrix(np.array([True, False]))
    assert columns.shape == (2, 4, 8)
    np.testing.assert_allclose(columns.sum(axis=1), 0, atol=1e-5)
    ranks = columns[0, :, 1]
    assert ranks[0] < ranks[1] == ranks[2] < ranks[3]
    unknown = columns[1, :, 3]
    assert unknown[1] > 0 > unknown[0]
    assert not columns[1, :, :3].any()


def test_equal_values_carry_no_rounding_noise():
    numbers = np.repeat(np.random.default_rng(0).normal(1e6, 1.0, (500, 1)), 3, axis=1)
    flags = np.ones((500, 3), bool)
    assert Design(Features(numbers={"n": numbers}, flags={"f": flags})).is_constant()


@pytest.mark.parametrize("quality", [10, 30, 50, 75, 90, 98])
def test_jpeg_quality_is_read_from_the_header(tmp_path, quality):
    from PIL import Image

    Image.new("RGB", (40, 30), "green").save(tmp_path / "a.jpg", quality=quality)
    facts = file_facts(tmp_path, ["a.jpg", "none.jpg", "../a.jpg"])
    assert facts["quality"][0] == quality
    assert facts["file width"][0] == 40
    assert facts["file height"][0] == 30
    assert facts["file bytes"][0] == (tmp_path / "a.jpg").stat().st_size
    assert np.isnan([values[1:] for values in facts.values()]).all()


def test_files_that_are_no_images_have_a_size_only(tmp_path):
    (tmp_path / "page.jpg").write_text("<html>")
    facts = file_facts(tmp_path, ["page.jpg"])
    assert facts["file bytes"] == [6]
    assert np.isnan(facts["quality"][0])
    assert jpeg_quality([1] * 64) == 100


def test_holm_agrees_with_its_definition():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@pytest.mark.parametrize(
    ("n", "points", "nats"),
    [(1_000, 3.4, 3e-3), (10_000, 1.1, 3e-4), (50_000, 0.48, 6e-5), (200_000, 0.24, 1.5e-5)],
)
def test_smallest_detectable_leak(n, points, nats):
    delta, information = smallest_detectable(n, 4, error=0.0)
    assert 100 * delta == pytest.approx(points, rel=0.03)
    assert information == pytest.approx(nats, rel=0.15)


def test_estimates_cover_and_reject_at_their_level():
    """Means over 20 places of unequal size, 400 times, without an effect and with one."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(20, dtype=np.uint64), rng.integers(10, 60, 20))
    places = choose_places({"split_cell": labels})
    covered, alarms, found = 0, 0, 0
    for _ in range(400):
        shift = np.repeat(rng.normal(0, 0.2, 20), np.bincount(labels.astype(int)))
        values = rng.normal(0.25, 1.0, len(labels)) + shift
        one = estimate(values, places, 0.25, 200, 0)
        covered += one.low <= 0.25 <= one.high
        alarms += one.p <= 0.05
        found += estimate(values + 0.5, places, 0.25, 200, 0).p <= 0.05
    assert 0.88 < covered / 400 < 0.97
    assert stats.binomtest(alarms, 400, 0.05, "greater").pvalue > 0.01
    assert found == 400


def test_with_places_of_one_size_the_p_value_is_that_of_their_means():
    rng = np.random.default_rng(0)
    places = choose_places({"cell": np.repeat(np.arange(13, dtype=np.uint64), 10)})
    values = rng.random((13, 10)) + 0.1
    one = estimate(values.ravel(), places, 0.5, 100, 0)
    means = values.mean(axis=1)
    expected = stats.ttest_1samp(means, 0.5, alternative="greater")
    assert one.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert one.error == pytest.approx(stats.sem(means), rel=1e-9)


def test_estimates_of_constants_are_certain():
    places = choose_places({"clique": np.repeat(np.arange(30, dtype=np.uint64), 4)})
    chance = estimate(np.full(120, 0.25), places, 0.25, 100, 0)
    assert (chance.value, chance.low, chance.high, chance.p) == (0.25, 0.25, 0.25, 1.0)
    assert estimate(np.ones(120), places, 0.25, 100, 0).p == 0.0


def test_places_are_as_coarse_as_their_number_allows():
    fine = np.arange(400, dtype=np.uint64)
    uneven = np.where(fine < 300, 0, fine // 5)
    units = {"split_cell": uneven, "cell": fine // 10, "clique": fine // 4}
    places = choose_places(units)
    assert (places.unit, places.count) == ("cell", 40)
    folds = fold_places(places)
    assert np.bincount(folds).tolist() == [80] * 5
    assert all(len(set(folds[places.code == place])) == 1 for place in range(40))
    assert choose_places({"clique": np.zeros(50, np.uint64)}) is None


@pytest.mark.parametrize(
    ("value", "error", "n", "least", "most"),
    [
        (0.25, 0.01, 1000, 0.5, 0.5),
        (0.30, 0.01, 1000, 0.9, 1.0),
        (0.23, 0.005, 7000, 0.01, 0.3),
        (0.18, 0.005, 7000, 0.0, 1e-3),
        (0.00, 0.0, 15, 0.05, 0.3),
        (0.10, 0.05, 7000, 0.01, 0.3),
    ],
)
def test_worse_than_chance_is_far_below_or_luck(value, error, n, least, most):
    places = choose_places({"cell": np.arange(40, dtype=np.uint64)})
    p = worse_than_chance(Estimate(value, 0.0, 0.0, error, 1.0), n, places, 0.25)
    assert least <= p <= most


def test_letters_dealt_evenly_are_no_leak_though_what_is_rare_here_is_common_there():
    rng = np.random.default_rng(0)
    places = choose_places({"cell": np.repeat(np.arange(40, dtype=np.uint64), 20)})
    folds = fold_places(places)
    design = Design(Features(categories={"letter": np.tile(np.arange(4), (800, 1))}))
    homes, smallest = np.repeat(folds[:, None], 4, axis=1), 1.0
    for _ in range(20):
        answer = rng.permutation(np.arange(800) % 4)
        hit = cross_validate([design], answer, folds, homes)["logit"].hit
        accuracy = estimate(hit, places, 0.25, 100, 0)
        smallest = min(smallest, worse_than_chance(accuracy, 800, places, 0.25))
        assert accuracy.value < 0.25
    assert smallest > 0.01


def test_the_right_tile_takes_part_even_where_it_belongs_to_a_held_out_place():
    rng = np.random.default_rng(0)
    places = choose_places({"cell": np.repeat(np.arange(20, dtype=np.uint64), 20)})
    folds, answer = fold_places(places), rng.integers(0, 4, 400)
    number = rng.normal(size=(400, 4)) + 2.0 * (np.arange(4) == answer[:, None])
    homes = np.where(rng.random((400, 1)) < 0.2, (folds[:, None] + 1) % 5, folds[:, None])
    found = cross_validate(
        [Design(Features(numbers={"n": number}))], answer, folds, np.tile(homes, 4)
    )
    for scores in found.values():
        assert np.isfinite(scores.gain).all()
        assert scores.hit.mean() > 0.6
