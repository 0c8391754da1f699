import json
import re
from dataclasses import replace

import pytest

from geobench_tools.errors import InputError
from geobench_tools.reports import LabOptions, run_lab


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


def test_a_folder_of_other_things_is_never_replaced(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="holds something else"):
        run_lab(LabOptions(out=tmp_path, overwrite=True))
    assert (tmp_path / "letter.txt").exists()
