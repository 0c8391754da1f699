import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from geobench_tools.errors import InputError
from geobench_tools.provenance import read_manifest
from geobench_tools.reports import LabOptions, run_lab
from geobench_tools.reports._lab import _spec
from geobench_tools.world import LEAKS


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    options = LabOptions(
        out=tmp_path_factory.mktemp("lab") / "lab",
        towns=4,
        views=72,
        oracle_questions=52,
        samplers=("clique",),
        worlds=("normal", "position"),
        workers=1,
    )
    return options, run_lab(options)


def test_cells_hold_every_policy_with_interval_and_entropy(lab):
    _, report = lab
    normal, position = report.cells
    assert (normal.world, position.world) == ("normal", "position")
    assert normal.certificate
    assert normal.balanced
    names = [entry["policy"] for entry in normal.policies]
    assert names[0] == "position"
    assert names[-1] == "oracle"
    assert {"frequency", "pixels-colour", "colour-match"} <= set(names)
    for entry in normal.policies:
        for figure in (entry["accuracy"], entry["entropy"]):
            assert figure is None or figure["low"] <= figure["value"] <= figure["high"]
    assert normal.policy("oracle")["accuracy"]["low"] > 0.5
    assert normal.policy("oracle")["coverage"] == 1.0
    assert normal.policy("pixels-colour")["outcome"] == "proven"
    assert not position.certificate
    assert position.policy("position")["accuracy"]["value"] > 0.3


def test_page_stands_alone_and_shows_the_candidate_sets(lab):
    options, report = lab
    text = report.page.read_text()
    assert "What the theorem says" in text
    assert text.count("data:image/jpeg;base64,") == 5 * 3
    sources = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert all(source.startswith(("data:", "#")) for source in sources)
    assert " style=" not in text
    oracle = report.cells[0].policy("oracle")["accuracy"]["value"]
    assert f"{oracle:.3f}" in text
    document = json.loads((options.out / "results.json").read_text())
    assert document["cells"][0]["world"] == "normal"
    assert json.loads((options.out / "manifest.json").read_text())["kind"] == "lab"


def test_finished_cells_are_kept_and_missing_ones_made_again(lab):
    options, report = lab
    cells = options.out / "cells"
    kept, gone = cells / "clique-normal.json", cells / "clique-position.json"
    before, stamp = gone.read_text(), kept.stat().st_mtime_ns
    oracle_ms = '"oracle_ms"'
    gone.unlink()
    again = run_lab(options)
    assert kept.stat().st_mtime_ns == stamp
    assert gone.read_text().split(oracle_ms)[0] == before.split(oracle_ms)[0]
    assert again.cells[0] == report.cells[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 1}, "holds something else"),
        ({"worlds": ("flat",)}, "no world 'flat'"),
        ({"samplers": ()}, "no sampler named"),
        ({"workers": 0}, "at least 1"),
    ],
)
def test_bad_options_are_refused_and_nothing_is_lost(lab, change, message):
    options, report = lab
    with pytest.raises(InputError, match=message):
        run_lab(replace(options, **change))
    assert report.page.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"k": 30}, "k is 30"),
        ({"strength": 2.0}, "strength 2.0"),
        ({"towns": 99}, "towns is 99"),
        ({"samplers": ("clique", "ring", "clique")}, "sampler is named twice"),
    ],
)
def test_what_would_stop_the_work_stops_it_before_it_begins(tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        run_lab(LabOptions(out=tmp_path / "lab", **change))
    assert not list(tmp_path.iterdir())


def test_the_identity_says_how_the_sets_were_built(lab):
    options, _ = lab
    manifest = read_manifest(
        options.out / "pairs" / "clique-normal" / "manifest.json", "pairing-set"
    )
    said = json.loads((options.out / "lab.json").read_text())
    assert said["max_distance_m"] == manifest.parameters["max_distance_m"]


def test_worlds_are_what_their_names_say():
    options = LabOptions(out=Path("lab"), strength=0.6)
    specs = {world: _spec(options, world) for world in options.worlds}
    assert [world for world, spec in specs.items() if spec.flatten] == ["null"]
    leaks = {world: dict(spec.leaks) for world, spec in specs.items() if spec.leaks}
    assert leaks == {name: {name: 0.6} for name in LEAKS}


def test_a_finished_lab_is_written_again_without_its_worlds_and_sets(lab):
    options, report = lab
    results = options.out / "results.json"
    before = results.read_text(), report.page.read_text()
    for name in ("worlds", "pairs"):
        shutil.rmtree(options.out / name)
    run_lab(options)
    assert (results.read_text(), report.page.read_text()) == before


def test_a_folder_of_other_things_is_never_replaced(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="holds something else"):
        run_lab(LabOptions(out=tmp_path, overwrite=True))
    assert (tmp_path / "letter.txt").exists()
