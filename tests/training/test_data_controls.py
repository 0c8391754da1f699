"""What is withheld in a control, and when one of them counts as rising."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml
from train_small import LEVEL, request_for

from geobench_tools.training import (
    CONTROLS,
    TrainReport,
    laptop_level,
    laptop_prompt_file,
    load_recipe,
)
from geobench_tools.training._controls import _rises, control_job
from geobench_tools.training._request import job_of
from geobench_tools.training._sources import gather


@pytest.fixture(scope="module")
def level():
    return laptop_level(LEVEL)


def gathered(tmp_path, control, **more):
    request = request_for("grpo", tmp_path / "run", "tiny", held_out=8, **more)
    job = job_of(request, load_recipe("laptop", {"model": "tiny"}, stage="grpo"))
    return gather(control_job(job, control) if control else job)


def pixels(path):
    from PIL import Image

    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def test_shuffled_labels_are_dealt_anew_with_the_same_letters(level, tmp_path):
    plain, dealt = gathered(tmp_path, ""), gathered(tmp_path, "shuffled-labels")
    before, after = ([row.solution for row in found.rows] for found in (plain, dealt))
    assert Counter(before) == Counter(after)
    same = sum(a == b for a, b in zip(before, after, strict=True)) / len(before)
    assert 0.1 < same < 0.45
    assert [row.images for row in dealt.rows] == [row.images for row in plain.rows]
    assert dealt.held_out == plain.held_out


@pytest.mark.parametrize("ground", [0, 4])
def test_tiles_only_shows_a_grey_street_and_the_same_tiles(level, tmp_path, ground):
    prompt = yaml.safe_load(laptop_prompt_file().read_text())
    if ground:
        prompt["interleaved"] = "{candidates}\nWhich of them shows {ground}?"
    (tmp_path / "prompt.yaml").write_text(yaml.safe_dump(prompt))
    given = {"pairs": level.pairs, "prompt": tmp_path / "prompt.yaml"}
    plain, blind = (gathered(tmp_path, one, **given) for one in ("", "tiles-only"))
    rows = [*plain.rows, *plain.held_out]
    greys = set()
    for before, after in zip(rows, [*blind.rows, *blind.held_out], strict=True):
        assert after.solution == before.solution
        changed = [i for i in range(5) if after.images[i] != before.images[i]]
        assert changed == [ground]
        greys.add(after.images[ground])
    (grey,) = greys
    assert pixels(grey).shape == pixels(rows[0].images[ground]).shape == (28, 112, 3)
    assert pixels(grey).std() == 0


def test_each_control_is_another_run_from_the_same_model(level, tmp_path):
    found = [gathered(tmp_path, name) for name in ("", *CONTROLS)]
    assert len({json.dumps(one.identity, sort_keys=True) for one in found}) == len(found)
    assert {one.model for one in found} == {"tiny"}


def test_ring_negatives_are_trained_on_and_cliques_are_asked(level, tmp_path):
    plain, ring = gathered(tmp_path, ""), gathered(tmp_path, "ring")
    assert ring.held_out == plain.held_out
    assert {row.images for row in ring.rows} != {row.images for row in plain.rows}


@pytest.mark.parametrize(
    ("difference", "after", "rises"),
    [(0.01, 0.3, True), (0.01, 0.2, False), (-0.01, 0.3, False)],
)
def test_coming_back_to_chance_is_no_rise(tmp_path, difference, after, rises):
    (tmp_path / "run.json").write_text('{"parameters": {"k": 4}}')
    flat = {"difference": {"low": -0.1}, "after": {"low": 0.1}}
    risen = {"difference": {"low": difference}, "after": {"low": after}}
    report = TrainReport(tmp_path, Path("x"), {"change": {"greedy": flat, "sampled": risen}})
    assert _rises(report) is rises
