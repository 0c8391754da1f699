"""Families are found by their manifests, the user's own as well."""

import json
from pathlib import Path

import pytest
from how_to import write_flags
from PIL import Image
from typer.testing import CliRunner

from geobench_tools.benchmarks import (
    BenchmarkOptions,
    add_family,
    benchmark_info,
    benchmark_names,
    open_benchmark,
    rules_of,
)
from geobench_tools.benchmarks import _family as family_module
from geobench_tools.cli import app
from geobench_tools.errors import InputError

FLAGS = "flags.py"


@pytest.fixture(autouse=True)
def _none_added(monkeypatch, tmp_path):
    monkeypatch.setattr(family_module, "_ADDED", {})
    monkeypatch.chdir(tmp_path)
    write_flags(tmp_path)


def geor1(*arguments, code=0):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


def test_every_manifest_has_a_file_that_opens_and_rescores_each_of_its_subsets():
    for name in benchmark_names():
        info = benchmark_info(name)
        assert info.facts["licence"], name
        assert info.facts["source"], name
        for table in info.published:
            assert table.source
            assert all(len(row) == len(table.columns) for row in table.rows), name
        if name == "pairing":
            continue
        benchmark = open_benchmark(name)
        assert benchmark.sample
        assert benchmark.name == f"{name}-SAMPLE"
        samples = list(benchmark.samples())
        assert len({sample.sample_id for sample in samples}) == len(samples) == benchmark.size()
        identity = {"name": benchmark.name, **benchmark.identity}
        rules = rules_of(json.loads(json.dumps(identity)))
        assert rules.score([])["benchmark"] == benchmark.name


def test_a_family_of_ones_own_runs_is_rescored_and_compared():
    run = ["eval", "flag-colours", "--family", FLAGS, "--model"]
    geor1(*run, "constant:A", "-o", "a")
    geor1(*run, "constant:<answer>B</answer>", "-o", "b")
    scores = json.loads(Path("a/scores.json").read_text())
    (metric,) = scores["metrics"]
    assert metric["strict"]["value"] == pytest.approx(1 / 3)
    assert "flag-red" in Path("a/report.html").read_text()
    geor1("runs", "rescore", "a", "--family", FLAGS)
    compared = geor1("runs", "compare", "a", "b", "--family", FLAGS, "--json").stdout
    (difference,) = json.loads(compared)["differences"]
    assert (difference["wins"], difference["losses"], difference["ties"]) == (1, 1, 1)
    shown = geor1("benchmarks", "show", "flag-colours", "--family", FLAGS).stdout
    assert "polite" in shown
    assert "some model" in shown


def test_the_example_reads_data_of_the_user_and_keeps_to_probes(tmp_path):
    (tmp_path / "data").mkdir()
    rows = ("red", "red", "blue")
    table = "\n".join(f"{i}.png,{colour}" for i, colour in enumerate(rows))
    (tmp_path / "data/flags.csv").write_text(f"file,colour\n{table}\n")
    for i, colour in enumerate(rows[:2]):
        Image.new("RGB", (9, 6), colour).save(tmp_path / f"data/{i}.png")
    run = ["eval", "flag-colours", "--family", FLAGS, "--model", "majority"]
    made = json.loads(geor1(*run, "--data", "data", "-o", "a", "--json").stdout)
    (metric,) = made["runs"][0]["scores"]["metrics"]
    assert made["runs"][0]["SAMPLE"] is False
    assert (metric["strict"]["value"], metric["strict"]["n"]) == (pytest.approx(2 / 3), 3)
    assert metric["majority"] == pytest.approx(2 / 3)
    geor1(*run, "--data", "data", "--probe", "no-image", "-o", "b")
    said = geor1("runs", "compare", "a", "b", "--family", FLAGS, code=2).stderr
    assert "probe" in said
    missing = geor1(*run, "--data", "nowhere", code=2).stderr
    assert "nowhere/flags.csv" in missing
    assert "pass --data FOLDER with flags.csv" in missing


def test_runs_under_different_settings_are_not_compared_unless_forced():
    run = ["eval", "flag-colours", "--family", FLAGS, "--model", "constant:A"]
    geor1(*run, "-o", "a")
    geor1(*run, "-o", "b", "--set", "wording=polite")
    said = geor1("runs", "compare", "a", "b", "--family", FLAGS, code=2).stderr
    assert "wording: 'plain' and 'polite'" in said
    geor1("runs", "compare", "a", "b", "--family", FLAGS, "--force")


def test_runs_of_different_settings_have_folders_of_their_own(tmp_path):
    run = ["eval", "flag-colours", "--family", FLAGS, "--model", "constant:A"]
    geor1(*run)
    geor1(*run, "--set", "wording=polite")
    geor1(*run, "--set", "geochain.conversation=single")
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == [
        "flag-colours-SAMPLE_constant-A",
        "flag-colours-SAMPLE_constant-A_wording-polite",
    ]


def test_scores_name_their_policies_and_runs_of_different_ones_are_not_compared():
    for folder in ("a", "b"):
        geor1("eval", "imageo-gss", "--model", "majority", "-o", folder)
    scores = json.loads(Path("b/scores.json").read_text())
    strict, official = scores["policies"]["strict"], scores["policies"]["official"]
    assert strict["distance"] == "WGS-84 geodesic"
    assert official["distance"] == "haversine, R = 6371 km"
    assert strict["prompt"] == official["prompt"] == "imageo-8f0d7498"
    geor1("runs", "compare", "a", "b")
    strict["comparison"] = "<"
    Path("b/scores.json").write_text(json.dumps(scores))
    said = geor1("runs", "compare", "a", "b", code=2).stderr
    assert "strict comparison: '<=' and '<'" in said
    assert "--force" in said
    geor1("runs", "compare", "a", "b", "--force")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "wording=rude"], "wording cannot be 'rude'"),
        (["--set", "volume=3"], "has no setting 'volume'"),
        (["--set", "flag-colours.wording=rude"], "wording cannot be 'rude'"),
        (["--set", "wording"], "no setting"),
        (["--probe", "8px"], "has no probe '8px'"),
        (["--circular"], "flag-colours takes no --circular"),
        (["--prompt", "mine.yaml"], "flag-colours takes no --prompt"),
        (["--split", "test"], "flag-colours takes no --split"),
        (["--revision", "abc"], "--revision is a commit on the Hub, and SAMPLE is here"),
        (["--revision", "abc", "--data", "."], "--revision is a commit on the Hub, and . is here"),
        (["--data", "hub"], "no data set of flag-colours on the Hub"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_next_step(arguments, said):
    result = geor1("eval", "flag-colours", "--family", FLAGS, *arguments, code=2)
    assert said in result.stderr
    assert "next:" in result.stderr
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rsteller-geo", "rsteller-geo takes no --split"),
        ("geobench-vlm", "geobench-vlm takes no --split"),
        ("imageo-pcw", "the SAMPLE set of imageo-pcw has no splits"),
        ("geochain", "the SAMPLE set of geochain has no splits"),
        ("osv5m", "the SAMPLE set of osv5m has no splits"),
    ],
)
def test_a_split_that_would_not_be_looked_at_is_refused(name, said):
    with pytest.raises(InputError, match=said):
        open_benchmark(name, BenchmarkOptions(split="test"))


@pytest.mark.parametrize(
    ("name", "table", "columns"),
    [
        ("imageo-pcw", "dataset3_info.csv", "image_id,latitude,longitude\na,1,2\n"),
        ("geochain", "test_samples.csv", "key,lat,lon,class_mapping\na,1,2,{}\n"),
        ("osv5m", "test.csv", "id,latitude,longitude\na,1,2\n"),
    ],
)
def test_one_table_has_no_splits(name, table, columns):
    Path(table).write_text(columns)
    with pytest.raises(InputError, match=f"{table} has no split 'train': it is one table"):
        open_benchmark(name, BenchmarkOptions(".", split="train"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "geochian.policy=x"], "there is no benchmark 'geochian'"),
        (["--force"], "--force goes with --against"),
    ],
)
def test_what_concerns_nothing_that_is_run_is_refused(arguments, said):
    assert (
        said
        in geor1("eval", "imageo-pcw", "osv5m", "--model", "majority", *arguments, code=2).stderr
    )


def test_settings_of_another_benchmark_are_left_to_it():
    add_family(Path(FLAGS))
    options = BenchmarkOptions(settings={"geochain.conversation": "x", "flags.wording": "polite"})
    assert open_benchmark("flag-colours", options).identity["wording"] == "polite"


@pytest.mark.parametrize(
    ("code", "manifest", "said"),
    [
        (None, "title: x\n", "is no Python file"),
        ("FAMILY = 1\n", None, "has no own.yaml"),
        ("FAMILY = 1\n", "- 1\n", "holds no mapping"),
        ("FAMILY = 1\n", "title: [\n", "is no YAML"),
        ("FAMILY = 1\n", "title: x\n", "lacks paper"),
        ("FAMILY = 1\n", "subsets: {mine: {title: m}}", "declares no FAMILY"),
        ("import nothing_of_that_name\n", "subsets: {mine: {title: m}}", "cannot be imported"),
        ("def (:\n", "subsets: {mine: {title: m}}", "cannot be imported"),
        ("FAMILY = 1\n", "subsets: {imageo-gss: {title: m}}", "belongs to the family imageo"),
    ],
)
def test_a_family_file_that_is_none_is_refused(tmp_path, code, manifest, said):
    head = "title: t\npaper: p\nsource: s\nlicence: l\ndata: d\n"
    if code is not None:
        (tmp_path / "own.py").write_text(code)
    if manifest is not None:
        whole = head + manifest if manifest.startswith("subsets") else manifest
        (tmp_path / "own.yaml").write_text(whole)
    with pytest.raises(InputError, match=said):
        _add_and_open(tmp_path / "own.py")


def _add_and_open(path):
    add_family(path)
    open_benchmark("mine")
