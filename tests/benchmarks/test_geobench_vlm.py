"""GEOBench-VLM: prompts, averages, boxes, captions."""

import json
import math
from collections import Counter

import pytest
from vlm_tools import TASKS, answered, boxes, opened, questions, record, scored

from geobench_tools.benchmarks import rules_of
from geobench_tools.benchmarks._geobench_vlm_captions import bleu, cider_d, rouge_l, words_of
from geobench_tools.benchmarks._geobench_vlm_scores import slug
from geobench_tools.errors import InputError
from geobench_tools.evaluation import estimate_of_means


def test_missing_pictures_are_wrong_strictly_left_out_officially_and_counted(tmp_path):
    questions(tmp_path)
    benchmark = opened(data=tmp_path)
    records = [
        record(s, benchmark, str(s.target) if s.metadata.get("xbd") is None else "", i,
               "skipped" if s.metadata.get("xbd") else None)
        for i, s in enumerate(benchmark.samples())
    ]  # fmt: skip
    scores, found = scored(benchmark, records)
    assert found["average"]["strict"]["value"] == pytest.approx(2 / 3)
    assert found["average"]["official"]["value"] == pytest.approx(1.0)
    assert (found["micro"]["strict"]["n"], found["micro"]["official"]["n"]) == (6, 4)
    assert found["average_without_xbd"]["strict"]["value"] == pytest.approx(1.0)
    table = next(b for b in scores["breakdowns"] if "without a reply" in b["title"])
    assert table["rows"] == [["Disaster Type Classification", 2, 2]]
    assert found[slug("Disaster Type Classification")]["official"]["value"] is None


def test_official_prompt_is_the_authors_word_for_word(tmp_path):
    questions(tmp_path)
    first = next(opened(data=tmp_path).samples())
    assert first.messages[0].parts[1] == (
        "For the given the Multiple Choice Question Answer below, analyze the question and answer "
        "strictly from one of the options below. Strictly answer the choice only. No additional "
        "text. Provide only the letter (A., B., C., D. or E.) corresponding to the correct answer "
        "for the multiple-choice question given. \nwording 1 of 0?\n"
        "Options: A. one B. two C. three D. four E. five"
    )
    reasoning = next(opened(data=tmp_path, policy="reasoning").samples())
    assert "<answer>" in reasoning.messages[0].parts[1]
    assert "Strictly" not in reasoning.messages[0].parts[1]
    assert opened(data=tmp_path).sampling.max_tokens == 128
    assert opened(data=tmp_path, policy="reasoning").sampling.max_tokens is None


def test_temporal_questions_show_the_first_and_the_last_picture_between_their_names(tmp_path):
    questions(tmp_path, "Temporal")
    sample = next(opened("geobench-vlm-temporal", tmp_path).samples())
    title, before, first, after, last, text = sample.messages[0].parts
    assert title == "The following images show the condition before and after the event."
    assert before == "This is the 'pre' image:"
    assert after == "This is the 'post' image:"
    assert (first.source.name, last.source.name) == ("single_0.bmp", "post_0.bmp")
    assert text.startswith("For the given the")


def test_rules_ask_one_wording_or_five_and_decide_questions_alike(tmp_path):
    questions(tmp_path)
    first = opened(data=tmp_path)
    assert [s.sample_id for s in first.samples()] == [f"{i:05d}#1" for i in range(6)]
    five = {rule: opened(data=tmp_path, rule=rule) for rule in ("vote", "mean")}
    assert five["vote"].size() == five["mean"].size() == 30

    def reply(sample):
        wrong = "A" if sample.target != "A" else "B"
        return sample.target if sample.metadata["prompt"] in (2, 3, 4) else wrong

    _, vote = scored(five["vote"], answered(five["vote"], reply))
    _, mean = scored(five["mean"], answered(five["mean"], reply))
    assert (vote["average"]["strict"]["value"], vote["micro"]["strict"]["n"]) == (1.0, 6)
    assert mean["average"]["strict"]["value"] == pytest.approx(0.6)
    assert mean["micro"]["strict"]["n"] == 30
    assert vote["average_first"]["strict"]["value"] == 0.0
    assert vote["average_mean"]["strict"]["value"] == pytest.approx(0.6)
    assert mean["average_vote"]["official"]["value"] == 1.0


def test_average_is_over_tasks_and_micro_over_questions(tmp_path):
    entries = questions(tmp_path)
    for entry, task in zip(entries, [TASKS[0]] * 5 + [TASKS[2]], strict=True):
        entry["task"], entry["image_path"] = task, "images/single_0.bmp"
    (tmp_path / "Single" / "qa.json").write_text(json.dumps(entries))
    benchmark = opened(data=tmp_path)
    records = answered(benchmark, lambda s: s.target if s.task == TASKS[2] else "no idea")
    _, found = scored(benchmark, records)
    assert found["average"]["strict"]["value"] == pytest.approx(0.5)
    assert found["micro"]["strict"]["value"] == pytest.approx(1 / 6)
    assert found["object_classification"]["strict"]["value"] == 0.0
    assert found["counting_and_relations"]["strict"]["n"] == 1
    most = Counter(str(r.target) for r in records).most_common(1)[0][1]
    assert found["micro"]["majority"] == pytest.approx(most / 6)
    items = benchmark.items(records)
    average = estimate_of_means(items.values["average"], items.parts["average"], items)
    assert average.value == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("rule", "right"), [("official", 0.0), ("olmo-eval", 0.0), ("lmms-eval", 1.0), ("eo-vlm", 1.0)]
)
def test_the_official_column_reads_by_the_chosen_rule(tmp_path, rule, right):
    questions(tmp_path)
    benchmark = opened(data=tmp_path, letters=rule)
    _, found = scored(benchmark, answered(benchmark, lambda s: f"The option is {s.target}."))
    assert found["average"]["official"]["value"] == right
    assert found["average"]["strict"]["value"] == 1.0


def test_reasoning_has_no_official_column_and_its_letters_do_not_count(tmp_path):
    questions(tmp_path)
    benchmark = opened(data=tmp_path, policy="reasoning")
    records = answered(benchmark, lambda s: f"<think>A or B?</think><answer>{s.target}</answer>")
    scores, found = scored(benchmark, records)
    assert found["average"]["strict"]["value"] == 1.0
    assert found["average"]["official"] is None
    assert list(scores["policies"]) == ["strict"]


def test_an_options_text_is_an_answer_too(tmp_path):
    questions(tmp_path)
    benchmark = opened(data=tmp_path)
    sample = next(benchmark.samples())
    assert benchmark.read("three", sample).value == "C"
    assert sample.metadata["options"] == ["one", "two", "three", "four", "five"]
    entries = json.loads((tmp_path / "Single" / "qa.json").read_text())
    del entries[0]["options_list"]
    (tmp_path / "Single" / "qa.json").write_text(json.dumps(entries))
    assert next(opened(data=tmp_path).samples()).metadata["options"] == sample.metadata["options"]


@pytest.mark.parametrize(
    ("coordinates", "text"),
    [
        ("pixel", "[20, 20, 100, 80]"),
        ("unit", "[0.1, 0.1, 0.5, 0.4]"),
        ("thousand", "[100, 100, 500, 400]"),
    ],
)
def test_boxes_are_read_in_the_coordinates_asked_for(tmp_path, coordinates, text):
    boxes(tmp_path)
    benchmark = opened("geobench-vlm-boxes", tmp_path, coordinates=coordinates)
    replies = iter([text, "[0, 0, 0.01, 0.01]"])
    _, found = scored(benchmark, answered(benchmark, lambda s: next(replies)))
    assert found["p50"]["strict"]["value"] == 0.5
    assert found["iou"]["strict"]["value"] < 0.51
    assert benchmark.identity["prompt"].endswith(coordinates)


def test_half_a_box_counts_at_the_lower_overlap_only(tmp_path):
    boxes(tmp_path)
    benchmark = opened("geobench-vlm-boxes", tmp_path)
    _, found = scored(benchmark, answered(benchmark, lambda s: "[20, 20, 50, 80]"))
    assert found["iou"]["strict"]["value"] == pytest.approx(30 / 80)
    assert found["p50"]["strict"]["value"] == 0.0
    assert found["p25"]["strict"]["value"] == 1.0
    assert found["p50_any_scale"]["strict"]["value"] == 0.0


@pytest.mark.parametrize(
    ("right", "p50", "p25"), [(59, 0, 0), (60, 0, 1), (79, 0, 1), (80, 1, 1), (100, 1, 1)]
)
def test_overlaps_count_from_the_threshold_on(tmp_path, right, p50, p25):
    boxes(tmp_path)
    benchmark = opened("geobench-vlm-boxes", tmp_path)
    _, found = scored(benchmark, answered(benchmark, lambda s: f"[40, 20, {right}, 80]"))
    assert found["iou"]["strict"]["value"] == pytest.approx((right - 40) / 80)
    assert (found["p50"]["strict"]["value"], found["p25"]["strict"]["value"]) == (p50, p25)


def test_coordinates_that_need_a_size_refuse_records_without_one(tmp_path):
    boxes(tmp_path)
    path = tmp_path / "Ref-Det" / "qa.json"
    entries = json.loads(path.read_text())
    del entries[1]["image_size"]
    path.write_text(json.dumps(entries))
    opened("geobench-vlm-boxes", tmp_path)
    with pytest.raises(InputError, match="no image_size"):
        opened("geobench-vlm-boxes", tmp_path, coordinates="unit")


def test_captions_like_their_reference_score_most_and_none_nothing():
    benchmark = opened("geobench-vlm-captions")
    _, same = scored(benchmark, answered(benchmark, lambda s: s.target))
    assert same["bleu_4"]["strict"]["value"] == pytest.approx(1.0)
    assert same["rouge_l"]["strict"]["value"] == pytest.approx(1.0)
    assert same["cider_d"]["strict"]["value"] == pytest.approx(10.0)
    _, none = scored(benchmark, answered(benchmark, lambda s: "I cannot see the image."))
    assert {m["strict"]["value"] for m in none.values()} == {0.0}


def test_caption_metrics_by_hand():
    said = [words_of("the cat sat on the mat"), words_of("a red house")]
    true = [words_of("The cat is on the mat."), words_of("A house, red!")]
    unigrams, bigrams = 5 / 6, 3 / 5
    one, two, *_ = bleu(said, true)
    assert one == pytest.approx((5 + 3) / 9)
    assert two == pytest.approx(((8 / 9) * (3 / 7)) ** 0.5)
    assert bleu(said[:1], true[:1])[1] == pytest.approx((unigrams * bigrams) ** 0.5)
    assert bleu([["the"]], [["the", "cat"]])[0] == pytest.approx(2.718281828459045**-1)
    assert rouge_l(said[0], true[0]) == pytest.approx(5 / 6)
    assert rouge_l(said[1], true[1]) == pytest.approx(2 / 3)
    assert rouge_l([], true[0]) == 0.0
    assert cider_d(said, said).tolist() == pytest.approx([10.0, 7.5])
    assert cider_d([[]], [["a"]]).tolist() == [0.0]
    recall, precision, beta = 1.0, 2 / 3, 1.2
    weighed = (1 + beta**2) * precision * recall / (recall + beta**2 * precision)
    assert rouge_l(["a", "b", "c"], ["a", "b"]) == pytest.approx(weighed)
    cosines = 2 / (5 * 2) ** 0.5 + 1 / (4 * 1) ** 0.5
    longer_by_three = math.exp(-(3**2) / (2 * 6.0**2))
    found = cider_d([words_of("red ship x y z"), []], [["red", "ship"], ["green", "field"]])
    assert found.tolist() == pytest.approx([10 * cosines / 4 * longer_by_three, 0.0])


def test_a_finished_run_is_scored_without_the_data(tmp_path):
    questions(tmp_path)
    for settings in ({"rule": "vote"}, {"policy": "reasoning"}, {"letters": "eo-vlm"}):
        benchmark = opened(data=tmp_path, **settings)
        records = answered(benchmark, lambda s: f"{s.target}. because")
        identity = json.loads(json.dumps({"name": benchmark.name, **benchmark.identity}))
        assert rules_of(identity).score(records) == benchmark.score(records)


def test_an_average_that_all_tasks_share_has_no_spread_and_stays_a_share(tmp_path):
    questions(tmp_path)
    benchmark = opened(data=tmp_path)
    _, right = scored(benchmark, answered(benchmark, lambda s: s.target))
    assert (right["average"]["strict"]["low"], right["average"]["strict"]["high"]) == (1.0, 1.0)
    _, part = scored(benchmark, answered(benchmark, lambda s: "A"))
    assert 0.0 <= part["average"]["strict"]["low"] <= part["average"]["strict"]["high"] <= 1.0
