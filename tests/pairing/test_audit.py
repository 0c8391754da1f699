import json
import math
import shutil
from collections import Counter

import numpy as np
import pyarrow.parquet as pq
import pytest
from make_sets import Recipe, write_set
from typer.testing import CliRunner

from geobench_tools.cli._main import app
from geobench_tools.errors import InputError
from geobench_tools.pairing import FAMILIES, AuditOptions, audit_pairs, open_pairs
from geobench_tools.pairing._audit.places import choose_places, fold_places, home_folds
from geobench_tools.pairing._audit.sample import draw_sample
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
    """The rate over 100 sets of this size is in docs/results/audit.md."""
    only = AuditOptions(families=("time-match", "metadata-match", "name-match"))
    for seed in range(1, 7):
        pairs = write_set(tmp_path / str(seed), Recipe(towns=30, tiles=40, seed=seed))
        assert audit_pairs(pairs, only).passed, seed


@pytest.mark.parametrize(
    ("recipe", "name", "least", "most"),
    [
        (Recipe(sampler="pools", tiles=200, leak="position", strength=0.3), "position", 0.27, 0.33),
        (Recipe(sampler="pools", tiles=200, leak="bytes", strength=1.1), "file", 0.33, 0.6),
        (Recipe(sampler="pools", tiles=60, leak="jpeg", strength=3), "file", 0.45, 0.8),
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


@pytest.mark.parametrize("max_sets", [50_000, 800])
def test_tiles_of_other_folds_teach_nothing(tmp_path, max_sets):
    """Each tile is right once: whoever learns that those held out are wrong ends below chance."""
    report = audit_pairs(
        write_set(tmp_path / "pairs", Recipe(sampler="far", tiles=60)),
        AuditOptions(families=("geometry", "names", "frequency"), max_sets=max_sets),
    )
    assert outcomes(report)["frequency"] == "leak"
    for name in ("geometry", "names"):
        one = family(report, name)
        assert one.outcome == "no leak found"
        assert 0.205 < one.accuracy["trees"].value < 0.28


def test_a_tile_is_at_home_where_it_is_right_or_lies(tmp_path):
    pairs = write_set(tmp_path / "pairs", Recipe(sampler="far", tiles=60))
    every = draw_sample(pairs, 50_000, 0, SILENT)
    some = every.take(every.split == 0)
    for unit in ("split_cell", "cell", "clique"):
        places = choose_places({unit: getattr(some, unit)})
        folds = fold_places(places)
        homes = home_folds(some, places, folds)
        right = np.take_along_axis(homes, some.answer[:, None], axis=1)[:, 0]
        np.testing.assert_array_equal(right, folds)
        by_tile = dict(zip(some.tiles.ravel().tolist(), homes.ravel().tolist(), strict=True))
        asked = set(np.take_along_axis(some.tiles, some.answer[:, None], axis=1)[:, 0].tolist())
        elsewhere = [fold for tile, fold in by_tile.items() if tile not in asked]
        assert len(elsewhere) > 300
        # Towns of the other splits are places of their own.
        assert set(elsewhere) == {-1}
    half = every.take(np.arange(0, len(every), 2))
    places = choose_places({"split_cell": half.split_cell})
    homes = home_folds(half, places, fold_places(places))
    town = np.array([name.split()[1] for name in half.satellite.texts("place")], int)
    fold_of = dict(zip(town[half.tiles].ravel().tolist(), homes.ravel().tolist(), strict=True))
    assert -1 not in homes
    np.testing.assert_array_equal(homes, np.vectorize(fold_of.get)(town[half.tiles]))


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


def test_uses_are_counted_over_the_whole_set_and_in_train(tmp_path):
    recipe = Recipe(towns=5, tiles=40, leak="question-split")
    pairs = write_set(tmp_path / "pairs", recipe)
    sample = draw_sample(pairs, 10, 0, SILENT)
    counts = {name: Counter() for name in ("all", "train", "train_right")}
    for split in ("train", "val", "test"):
        for row in pairs.iter_questions(split):
            counts["all"].update(row["candidate_ids"])
            if split == "train":
                counts["train"].update(row["candidate_ids"])
                counts["train_right"][row["candidate_ids"][row["answer_index"]]] += 1
    ids = sample.satellite.texts("view_id")
    for name, count in counts.items():
        assert getattr(sample.uses, name).tolist() == [count[one] for one in ids], name
    assert 0 < sample.uses.train_right.sum() < len(ids)


def test_times_right_elsewhere_leave_out_the_own_and_the_held_out_fold(tmp_path):
    pairs = write_set(tmp_path / "pairs", Recipe(sampler="far", towns=6, tiles=20))
    sample = draw_sample(pairs, 50_000, 0, SILENT)
    folds = np.arange(len(sample)) % 5
    right = np.take_along_axis(sample.tiles, sample.answer[:, None], axis=1)[:, 0]
    for held_out in (0, 3):
        found = FAMILIES["frequency"].build(sample, folds, held_out).numbers["right_elsewhere"]
        for row in range(0, len(sample), 7):
            counted = ~np.isin(folds, (folds[row], held_out))
            expected = [int((right[counted] == tile).sum()) for tile in sample.tiles[row]]
            assert found[row].tolist() == expected


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
    gone = {"file", "time", "time-match", "metadata-match"}
    left = {"position", "geometry", "metadata", "names", "name-match"}
    report = audit_pairs(pairs, AuditOptions(families=(*gone, *left)))
    absent = {name for name, outcome in outcomes(report).items() if outcome == "not present"}
    assert absent == gone
    assert any("file, time" in said for said in report.conclusions()["not measured"])


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
