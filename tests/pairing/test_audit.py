import json
import math
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
from make_sets import Recipe, write_set
from scipy import stats
from typer.testing import CliRunner

from geobench_tools.cli._main import app
from geobench_tools.errors import InputError
from geobench_tools.pairing import AuditOptions, audit_pairs, open_pairs
from geobench_tools.pairing._audit.adversaries import cross_validate
from geobench_tools.pairing._audit.features import Design, Features
from geobench_tools.pairing._audit.files import file_facts, jpeg_quality
from geobench_tools.pairing._audit.sample import draw_sample
from geobench_tools.pairing._audit.verdict import (
    Estimate,
    choose_places,
    estimate,
    fold_places,
    holm,
    smallest_detectable,
    worse_than_chance,
)
from geobench_tools.progress import SILENT

CLEAN = Recipe(towns=30, tiles=40)
TILE_FAMILIES = {"position", "geometry", "metadata", "file", "time", "names"}


def outcomes(report):
    return {one.name: one.outcome for one in report.families}


def family(report, name):
    return next(one for one in report.families if one.name == name)


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    pairs = write_set(tmp_path_factory.mktemp("clean") / "pairs", CLEAN)
    return pairs, audit_pairs(pairs)


def test_cliques_are_at_chance_exactly(clean):
    _, report = clean
    assert report.passed
    found = outcomes(report)
    assert {name for name, outcome in found.items() if outcome == "proven"} == TILE_FAMILIES
    assert found["frequency"] == found["memory"] == "constant"
    for name in TILE_FAMILIES:
        one = family(report, name)
        for hit, gain in zip(one.accuracy.values(), one.leak.values(), strict=True):
            assert hit.value == hit.low == hit.high == pytest.approx(0.25, abs=1e-12)
            assert -0.01 < gain.value <= 1e-12
    for name in ("time-match", "metadata-match", "name-match"):
        one = family(report, name)
        assert one.outcome == "no leak found"
        assert one.accuracy["logit"].low < 0.25 + one.detectable_corrected[0]
        assert one.detectable_corrected[0] > one.detectable[0] > 0.02


def test_clean_sets_pass(tmp_path):
    """The rate over 100 sets of this size is in docs/reference/audit.md."""
    only = AuditOptions(families=("time-match", "metadata-match", "name-match"))
    for seed in range(1, 7):
        pairs = write_set(tmp_path / str(seed), Recipe(towns=30, tiles=40, seed=seed))
        assert audit_pairs(pairs, only).passed, seed


@pytest.mark.parametrize(
    ("recipe", "name", "least", "most"),
    [
        (Recipe(sampler="pools", tiles=200, leak="position", strength=0.3), "position", 0.27, 0.33),
        (Recipe(sampler="pools", leak="position", strength=0.4), "position", 0.35, 0.45),
        (Recipe(sampler="pools", tiles=200, leak="bytes", strength=1.1), "file", 0.33, 0.6),
        (Recipe(sampler="pools", tiles=60, leak="jpeg", strength=3), "file", 0.45, 0.8),
        (Recipe(sampler="pools", tiles=60, leak="jpeg", strength=10), "file", 0.8, 1.01),
        (Recipe(tiles=40, leak="time"), "time-match", 0.8, 1.01),
        (Recipe(tiles=40, leak="names"), "name-match", 0.99, 1.01),
        (Recipe(sampler="ring"), "geometry", 0.5, 0.7),
        (Recipe(sampler="ring"), "frequency", 0.38, 0.48),
        (Recipe(leak="question-split"), "memory", 0.6, 0.85),
    ],
    ids=lambda value: (
        f"{value.leak or value.sampler}-{value.strength:g}" if isinstance(value, Recipe) else None
    ),
)
def test_an_injected_leak_is_found_by_its_family(tmp_path, recipe, name, least, most):
    names = (name, "time-match") if name != "time-match" else (name, "name-match")
    report = audit_pairs(write_set(tmp_path / "pairs", recipe), AuditOptions(families=names))
    one = family(report, name)
    assert one.outcome == "leak"
    assert least < one.accuracy[one.stronger].value < most
    assert one.accuracy[one.stronger].low > 0.25
    assert one.p_holm < 1e-3
    assert [leak.name for leak in report.leaks] == [name]
    assert not report.passed
    assert any(f"Leak through {name}" in said for said in report.conclusions()["failed"])


def test_worse_than_chance_in_places_not_trained_on_is_a_leak_too(tmp_path):
    """Wherever the towns differ in what is right, what was learned elsewhere is wrong here."""
    recipe = Recipe(sampler="pools", leak="local", towns=15, tiles=200)
    report = audit_pairs(
        write_set(tmp_path / "pairs", recipe), AuditOptions(families=("metadata", "geometry"))
    )
    one = family(report, "metadata")
    assert outcomes(report) == {"metadata": "leak", "geometry": "no leak found"}
    assert one.worse_than_chance
    assert one.accuracy[one.stronger].high < 0.2
    (said,) = report.conclusions()["failed"]
    assert "Worse than chance tells as much" in said


def test_tiles_that_are_right_in_other_folds_teach_nothing(tmp_path):
    """Each tile is right once: whoever learns that those held out are wrong ends below chance."""
    report = audit_pairs(
        write_set(tmp_path / "pairs", Recipe(sampler="far", tiles=60)),
        AuditOptions(families=("metadata", "geometry", "names", "frequency")),
    )
    assert outcomes(report)["frequency"] == "leak"
    for name in ("metadata", "geometry", "names"):
        one = family(report, name)
        assert one.outcome == "no leak found"
        for hit in one.accuracy.values():
            assert abs(hit.value - 0.25) < 4 * max(hit.error, 0.01), (name, hit)


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
    tiles, smallest = np.arange(3200).reshape(800, 4), 1.0
    for _ in range(20):
        answer = rng.permutation(np.arange(800) % 4)
        hit = cross_validate([design], tiles, answer, folds)["logit"].hit
        accuracy = estimate(hit, places, 0.25, 100, 0)
        smallest = min(smallest, worse_than_chance(accuracy, 800, places, 0.25))
        assert accuracy.value < 0.25
    assert smallest > 0.01


def test_a_leak_may_come_from_the_same_tile_shown_by_other_files(tmp_path):
    """Right tiles re-encoded under a name of their own: the cliques are balanced, the files not."""
    pairs = write_set(tmp_path / "pairs", CLEAN)
    for name in ("train", "val", "test"):
        for part in pairs.parts(name):
            rows = pq.read_table(part).to_pylist()
            for row in rows:
                images = row["candidate_images"]
                images[row["answer_index"]] = f"hq/{images[row['answer_index']]}"
            schema = pq.read_schema(part)
            pq.write_table(pq.ParquetFile(part).read().from_pylist(rows, schema), part)
    report = audit_pairs(pairs, AuditOptions(families=("names", "geometry")))
    assert not report.certificate.balanced
    assert family(report, "names").outcome == "leak"
    assert family(report, "names").accuracy["logit"].value == 1.0
    assert family(report, "geometry").outcome == "no leak found"


def test_the_same_audit_gives_the_same_bytes(clean, tmp_path):
    pairs, report = clean
    first = (pairs.folder / "audit.json").read_bytes()
    copy = open_pairs(shutil.copytree(pairs.folder, tmp_path / "copy"))
    (copy.folder / "audit.json").unlink()
    audit_pairs(copy)
    assert (copy.folder / "audit.json").read_bytes() == first
    document = json.loads(first)
    assert document["passed"] is report.passed is True
    assert document["manifest"]["run"] == {}
    assert document["log_k"] == pytest.approx(math.log(4), rel=1e-5)
    assert [entry["path"] for entry in document["manifest"]["inputs"]] == [
        "train",
        "val",
        "test",
        "views",
        "manifest.json",
    ]
    audit_pairs(copy, AuditOptions(seed=1, families=("time-match",)))
    assert (copy.folder / "audit.json").read_bytes() != first


def test_the_sample_is_whole_cliques_whatever_the_parts(tmp_path):
    recipe = Recipe(towns=10, tiles=60, cameras=2, rotations=True)
    other = Recipe(towns=10, tiles=60, cameras=2, rotations=True, parts=1, aligned=False)
    samples = [
        draw_sample(write_set(tmp_path / str(i), one), 20, 7, SILENT)
        for i, one in enumerate((recipe, other))
    ]
    for sample in samples:
        assert sample.drawn == 20 < sample.population
        cliques, counts = np.unique(sample.clique, return_counts=True)
        assert len(cliques) == 20
        assert set(counts) == {4 * 2 * 4}
        assert (sample.uses.all == 8).all()
    assert set(samples[0].clique) == set(samples[1].clique)
    assert set(draw_sample(open_pairs(tmp_path / "0"), 20, 8, SILENT).clique) != set(cliques)


def test_a_capped_audit_says_so(tmp_path):
    pairs = write_set(tmp_path / "pairs", CLEAN)
    report = audit_pairs(pairs, AuditOptions(families=("time-match",), max_sets=100))
    assert report.sample["drawn"] == 100
    assert report.sample["questions"] == 400
    assert f"saw 100 of {report.sample['of']:,} cliques" in report.conclusions()["measured"][0]


def test_families_without_their_columns_are_not_present(tmp_path):
    pairs = write_set(tmp_path / "pairs", Recipe(towns=10, tiles=40))
    columns = ["captured_at", "bytes", "width", "height", "image", "provider", "place", "gsd_m"]
    for kind in ("satellite", "ground"):
        for path in (pairs.folder / "views" / kind).iterdir():
            pq.write_table(pq.read_table(path).drop_columns(columns), path)
    for name in ("train", "val", "test"):
        for path in pairs.parts(name):
            images = ["ground_image", "candidate_images"]
            pq.write_table(pq.read_table(path).drop_columns(images), path)
    gone = {"metadata", "file", "time", "time-match", "metadata-match"}
    left = {"position", "geometry", "names", "name-match"}
    report = audit_pairs(pairs, AuditOptions(families=(*gone, *left)))
    absent = {name for name, outcome in outcomes(report).items() if outcome == "not present"}
    assert absent == gone
    assert any("metadata, file, time" in said for said in report.conclusions()["not measured"])


def test_one_town_is_tested_clique_by_clique(tmp_path):
    report = audit_pairs(
        write_set(tmp_path / "pairs", Recipe(towns=1, tiles=1500)),
        AuditOptions(families=("time-match",)),
    )
    assert family(report, "time-match").places["unit"] == "clique"
    assert "as there are few cells" in report.conclusions()["measured"][0]


def test_too_few_sets_are_not_measured(tmp_path):
    pairs = write_set(tmp_path / "pairs", Recipe(towns=2, tiles=20, parts=1))
    report = audit_pairs(pairs)
    assert outcomes(report)["position"] == "too few places"
    assert {"too few places", "not present"} == set(outcomes(report).values())
    assert report.passed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (AuditOptions(families=("colour",)), "no feature family 'colour'"),
        (AuditOptions(max_sets=0), "0 sets"),
        (AuditOptions(bootstrap=5), "5 resamples"),
    ],
)
def test_bad_options_are_refused(clean, options, message):
    with pytest.raises(InputError, match=message):
        audit_pairs(clean[0], options)


def test_an_empty_set_is_refused(tmp_path):
    pairs = write_set(tmp_path / "pairs", Recipe(towns=5, tiles=30))
    for name in ("train", "val", "test"):
        shutil.rmtree(pairs.folder / name)
    with pytest.raises(InputError, match="holds no questions"):
        audit_pairs(pairs)


def test_the_command_prints_one_document_and_fails_on_a_leak(tmp_path):
    pairs = write_set(tmp_path / "pairs", Recipe(sampler="ring"))
    arguments = ["audit-pairs", str(pairs.folder), "--families", "geometry,position"]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document == json.loads((pairs.folder / "audit.json").read_text())
    assert [one["outcome"] for one in document["families"]] == ["no leak found", "leak"]
    shown = CliRunner(env={"COLUMNS": "100"}).invoke(app, [*arguments, "--quiet"])
    assert shown.exit_code == 1
    assert "LEAK" in shown.stdout
    assert "the sampler 'ring' gives no guarantee" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 100


def test_the_command_passes_a_clean_set(clean, tmp_path):
    folder = shutil.copytree(clean[0].folder, tmp_path / "copy")
    arguments = ["audit-pairs", str(folder), "--families", "time-match", "-q"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    assert "I(Y; tiles) = 0" in result.stdout


@pytest.mark.parametrize("arguments", [["nowhere"], [".", "--families", "colour"]])
def test_the_command_refuses_bad_input(clean, arguments, monkeypatch):
    monkeypatch.chdir(clean[0].folder)
    result = CliRunner().invoke(app, ["audit-pairs", *arguments])
    assert result.exit_code == 2
    assert "error: " in result.stderr
    assert "Traceback" not in result.output


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


def test_estimates_of_constants_are_certain():
    places = choose_places({"clique": np.repeat(np.arange(30, dtype=np.uint64), 4)})
    chance = estimate(np.full(120, 0.25), places, 0.25, 100, 0)
    assert (chance.value, chance.low, chance.high, chance.p) == (0.25, 0.25, 0.25, 1.0)
    assert estimate(np.ones(120), places, 0.25, 100, 0).p == 0.0


def test_places_are_as_coarse_as_their_number_allows():
    fine = np.arange(400, dtype=np.uint64)
    uneven = np.where(fine < 300, 0, fine // 10)
    units = {"split_cell": uneven, "cell": fine // 10, "clique": fine // 4}
    places = choose_places(units)
    assert (places.unit, places.count) == ("cell", 40)
    folds = fold_places(places)
    assert np.bincount(folds).tolist() == [80] * 5
    assert all(len(set(folds[places.code == place])) == 1 for place in range(40))
    assert choose_places({"clique": np.zeros(50, np.uint64)}) is None
