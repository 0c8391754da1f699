"""GEOBench-VLM: the rules of other harnesses and the published figures."""

import csv
import json

import pytest

from geobench_tools.benchmarks import benchmark_info
from geobench_tools.benchmarks._geobench_vlm_boxes import any_scale_iou, box_of, iou
from geobench_tools.benchmarks._geobench_vlm_letters import (
    LETTER_RULES,
    first_prompt,
    majority,
    plurality,
)
from geobench_tools.benchmarks._geobench_vlm_scores import macro_micro, slug


def vectors(shared_data):
    return json.loads((shared_data / "geobench-vlm" / "parse_vectors.json").read_text())


def test_letters_are_read_as_four_harnesses_do(shared_data):
    columns = {
        "official": "official_first_char",
        "olmo-eval": "olmo_eval",
        "lmms-eval": "swiss_ai_lmms_eval",
        "eo-vlm": "eo_vlm_fork",
    }
    for vector in vectors(shared_data)["letters"]:
        for rule, column in columns.items():
            assert LETTER_RULES[rule](vector["text"]) == (vector[column] or ""), (rule, vector)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(C)", ["", "", "C", "C"]),
        ("The answer is B.", ["", "", "B", "B"]),
        ("Answer: C", ["A", "A", "C", "C"]),
        ("<think>A or B?</think><answer>C</answer>", ["", "", "A", "A"]),
        ("<answer>D</answer>", ["", "", "D", "A"]),
        ("None", ["", "", "", "E"]),
        ("I think it is a ship: D", ["", "", "A", "A"]),
        (" B", ["", "B", "B", "B"]),
        ("ASSISTANT: A ASSISTANT:  E.", ["E", "A", "A", "A"]),
        ("F", ["", "", "", ""]),
    ],
)
def test_letter_rules_on_replies_of_the_table(text, expected):
    assert [LETTER_RULES[rule](text) for rule in LETTER_RULES] == expected


def test_five_wordings_become_one_as_three_rules_do(shared_data):
    for vector in vectors(shared_data)["five_prompt_votes"]:
        letters, right = vector["predicted_answers"], vector["gt"]
        assert plurality(letters, right) == vector["eo_vlm_plurality_correct"]
        assert majority(letters, right) == vector["olmo_majority_ge_half"]
        assert first_prompt(letters, right) == vector["first_prompt"]


@pytest.mark.parametrize(
    ("letters", "right", "votes"),
    [
        ("BBAAC", "B", (1, 1, 0)),
        ("BBAAC", "A", (0, 0, 0)),
        ("AABCD", "A", (1, 1, 0)),
        ("BAAAC", "A", (0, 1, 1)),
        ("", "A", (0, 0, 0)),
    ],
)
def test_ties_go_to_the_earliest_and_a_majority_is_more_than_half(letters, right, votes):
    given = list(letters)
    found = (first_prompt(given, right), plurality(given, right), majority(given, right))
    assert found == votes


def test_boxes_overlap_as_lmms_eval_says(shared_data):
    for vector in vectors(shared_data)["ref_det_iou_swiss_ai"]:
        box = box_of(vector["gt_polygons"])
        found = any_scale_iou(vector["pred"], box, vector["image_size"])
        if vector["best_iou"] is None:
            assert found is None
        else:
            assert found == pytest.approx(vector["best_iou"], abs=1e-12)


def test_published_averages_are_means_of_their_tasks(shared_data):
    folder = shared_data / "geobench-vlm"
    tasks = benchmark_info("geobench-vlm").facts["tasks"]
    with (folder / "task_counts.csv").open() as stream:
        listed = list(csv.DictReader(stream))
    for split, name in (("single", "geobench-vlm"), ("temporal", "geobench-vlm-temporal")):
        known = {
            r["task_string_as_released"]: int(r["questions"]) for r in listed if r["split"] == split
        }
        assert benchmark_info(name).facts["tasks"] == known
        assert benchmark_info(name).facts["rows"] == sum(known.values())
    with (folder / "paper_single_heatmap.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 13
    for row in rows:
        macro, _ = macro_micro({task: float(row[task]) for task in tasks}, tasks)
        assert macro == pytest.approx(float(row["published_average"]), abs=0.0006)
        macro, micro = macro_micro(whole(row, tasks), tasks)
        assert macro == pytest.approx(float(row["macro_recomputed"]), abs=0.000051)
        assert micro == pytest.approx(float(row["micro_recomputed"]), abs=0.000051)


def whole(printed, counts):
    """The shares that three printed digits stand for: whole numbers of right answers."""
    return {task: round(float(printed[task]) * n) / n for task, n in counts.items()}


def test_the_manifests_published_rows_are_consistent():
    info = benchmark_info("geobench-vlm")
    table = info.published[0]
    assert len(table.rows) == 13
    assert table.protocol == "official"
    for row in table.rows:
        figures = dict(zip(table.columns, row, strict=True))
        counts = info.facts["tasks"]
        macro, micro = macro_micro(whole({t: figures[slug(t)] for t in counts}, counts), counts)
        assert macro == pytest.approx(figures["average"], abs=0.0006)
        assert micro == pytest.approx(figures["micro"], abs=0.000051)


def test_run_manifests_of_others_are_micro_averages_of_their_tasks(shared_data):
    found = sorted((shared_data / "geobench-vlm" / "eo-vlm-results").glob("*.json"))
    assert len(found) > 10
    for path in found:
        manifest = json.loads(path.read_text())
        name = "geobench-vlm" + ("" if manifest["mode"] == "single" else "-temporal")
        counts = benchmark_info(name).facts["tasks"]
        shares = {task: value / 100 for task, value in manifest["scores"]["per_task"].items()}
        _, micro = macro_micro(shares, counts)
        assert 100 * micro == pytest.approx(manifest["scores"]["overall"], abs=0.01), path.name


def test_no_tasks_have_no_average():
    assert macro_micro({}, {}) == (None, None)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ([0, 0, 2, 2], [0, 0, 2, 2], 1.0),
        ([0, 0, 2, 2], [1, 0, 3, 2], 1 / 3),
        ([0, 0, 1, 1], [1, 0, 2, 1], 0.0),
        ([0, 0, 4, 4], [1, 1, 3, 3], 0.25),
    ],
)
def test_intersection_over_union(one, other, overlap):
    assert iou(one, other) == pytest.approx(overlap)
    assert iou(other, one) == pytest.approx(overlap)
