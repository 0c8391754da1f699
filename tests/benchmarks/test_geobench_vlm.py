"""GEOBench-VLM: data layouts, prompts, letter and vote rules, averages, boxes, captions."""

import csv
import io
import json
import zipfile
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from typer.testing import CliRunner

from geobench_tools.benchmarks import BenchmarkOptions, benchmark_info, open_benchmark, rules_of
from geobench_tools.benchmarks._geobench_vlm_boxes import any_scale_iou, box_of, iou
from geobench_tools.benchmarks._geobench_vlm_captions import bleu, cider_d, rouge_l, words_of
from geobench_tools.benchmarks._geobench_vlm_letters import (
    LETTER_RULES,
    first_prompt,
    majority,
    plurality,
)
from geobench_tools.benchmarks._geobench_vlm_scores import macro_micro, slug
from geobench_tools.cli import app
from geobench_tools.errors import InputError
from geobench_tools.evaluation import ErrorInfo, ReadingRecord, SampleRecord, estimate_of_means
from geobench_tools.models import ImagePart

TASKS = ("Ship Type Classification", "Disaster Type Classification", "Trees Counting")
OPTIONS = "A. one B. two C. three D. four E. five"


def opened(name="geobench-vlm", data="", **settings):
    return open_benchmark(name, BenchmarkOptions(data=str(data), settings=settings))


def record(sample, benchmark, text, index=0, status=None):
    """The record of a reply, or of a request without one."""
    kept, error = None, None
    if status is None:
        reading = benchmark.read(text, sample)
        kept = ReadingRecord(reading.value, reading.status, reading.span)
        status = "ok" if reading.value is not None else "parse_error"
    else:
        error = ErrorInfo("image", "not there")
    return SampleRecord(
        "", sample.benchmark, sample.sample_id, index, 0, status, sample.target, sample.task,
        sample.group, sample.metadata, text=text, reading=kept, error=error,
    )  # fmt: skip


def answered(benchmark, reply):
    return [record(s, benchmark, reply(s), i) for i, s in enumerate(benchmark.samples())]


def scored(benchmark, records):
    scores = json.loads(json.dumps(benchmark.score(records)))
    return scores, {metric["name"]: metric for metric in scores["metrics"]}


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


def questions(folder, archive="Single"):
    """Write a ``qa.json`` with pictures as the authors publish it."""
    entries = []
    for i in range(6):
        name = f"xBD_hurricane_{i}.png" if i % 3 == 1 else f"single_{i}.bmp"
        image = f"images/{name}"
        entries.append(
            {
                "image_path": [image, "images/mid.png", f"images/post_{i}.bmp"]
                if archive == "Temporal"
                else image,
                "ground_truth": "two",
                "ground_truth_option": "ABCDEB"[i],
                "options_list": ["one", "two", "three", "four", "five"],
                "options": OPTIONS,
                "prompts": [f"wording {k} of {i}?" for k in range(1, 6)],
                "task": TASKS[i % 3],
                "question_id": 7,
                "cls_description": "",
            }
        )
        for shown in (image, f"images/post_{i}.bmp"):
            path = folder / archive / shown
            path.parent.mkdir(parents=True, exist_ok=True)
            if "xBD_" not in shown:
                Image.new("RGB", (8, 8), (i, 0, 0)).save(path)
    (folder / archive / "qa.json").write_text(json.dumps(entries))
    return entries


def packed(folder, archive="Single"):
    with zipfile.ZipFile(folder / f"{archive}.zip", "w") as made:
        for path in sorted((folder / archive).rglob("*")):
            made.write(path, path.relative_to(folder))


def pictures(sample):
    return [part.source for part in sample.messages[0].parts if isinstance(part, ImagePart)]


def test_folder_archive_and_parquet_give_the_same_questions_and_pictures(tmp_path):
    entries = questions(tmp_path)
    packed(tmp_path)
    (tmp_path / "zip").mkdir()
    (tmp_path / "Single.zip").rename(tmp_path / "zip" / "Single.zip")
    images = [
        {"bytes": path.read_bytes() if path.is_file() else None, "path": None}
        for path in (tmp_path / "Single" / entry["image_path"] for entry in entries)
    ]
    (tmp_path / "parquet").mkdir()
    table = pa.table({
        "image": pa.array(images, pa.struct({"bytes": pa.binary(), "path": pa.string()})),
        **{key: [entry[key] for entry in entries] for key in entries[0]},
    })  # fmt: skip
    pq.write_table(table, tmp_path / "parquet" / "Single.parquet", row_group_size=2)
    folder, archive, parquet = (opened(data=tmp_path / place) for place in (".", "zip", "parquet"))
    assert folder.identity["data_sha256"] == archive.identity["data_sha256"]
    assert folder.identity["data_sha256"] == parquet.identity["data_sha256"]
    shown = []
    for benchmark in (folder, archive, parquet):
        for _ in range(2):
            found = [pictures(sample)[0] for sample in benchmark.samples()]
            shown.append([
                None if not isinstance(one, bytes) and not one.is_file()
                else one if isinstance(one, bytes) else one.read_bytes()
                for one in found
            ])  # fmt: skip
    assert shown[0][1] is None
    assert shown[0][0] != shown[0][2]
    assert all(each == shown[0] for each in shown)


def test_missing_xbd_pictures_are_found_in_xview2s_folders(tmp_path):
    questions(tmp_path)
    place = tmp_path / "xview2" / "hold" / "images" / "hurricane_1.png"
    place.parent.mkdir(parents=True)
    Image.new("RGB", (4, 4)).save(place)
    samples = list(opened(data=tmp_path, xbd=str(tmp_path / "xview2")).samples())
    assert [s.metadata.get("xbd", False) for s in samples] == [False, True, False] * 2
    assert pictures(samples[1]) == [place]
    missing = tmp_path / "xview2" / "hold" / "images" / "hurricane_4.png"
    assert pictures(samples[4]) == [missing]
    assert pictures(list(opened(data=tmp_path).samples())[1]) == [
        tmp_path / "Single" / "images" / "xBD_hurricane_1.png"
    ]
    with pytest.raises(InputError, match="is no folder"):
        opened(data=tmp_path, xbd="nowhere")


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


def test_a_run_says_which_pictures_are_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    questions(tmp_path)
    replies = tmp_path / "replies.jsonl"
    lines = [
        json.dumps({"sample_id": s.sample_id, "text": "B"}) for s in opened(data=tmp_path).samples()
    ]
    replies.write_text("\n".join(lines))
    arguments = ["score", str(replies), "--benchmark", "geobench-vlm", "--data", str(tmp_path)]
    result = CliRunner().invoke(app, [*arguments, "-o", "run"])
    assert result.exit_code == 0, result.output
    scores = json.loads((tmp_path / "run" / "scores.json").read_text())
    assert scores["policies"]["official"]["prompt"] == "geobench-vlm-bd07b001/official/first"
    assert "letters by the authors' scripts" in scores["policies"]["official"]["aggregation"]
    assert "Average of 3 tasks" in (tmp_path / "run" / "report.html").read_text()


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
    before, first, after, last, text = sample.messages[0].parts
    assert before == (
        "The following images show the condition before and after the event.\n"
        "This is the 'pre' image:\n"
    )
    assert after == "This is the 'post' image:\n"
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


def boxes(folder):
    entries = [
        {
            "image_path": f"images/{i}.png",
            "prompts": ["Where?"] * 5,
            "image_size": 200,
            "ground_truth": [[[20, 20], [60, 20], [60, 60]], [[50, 40], [100, 80]]],
        }
        for i in range(2)
    ]
    (folder / "Ref-Det").mkdir()
    (folder / "Ref-Det" / "qa.json").write_text(json.dumps(entries))


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


def test_sample_answers_are_what_was_drawn():
    for name in ("geobench-vlm", "geobench-vlm-temporal", "geobench-vlm-boxes"):
        benchmark = opened(name)
        assert benchmark.sample
        for sample in benchmark.samples():
            for source in pictures(sample):
                with Image.open(io.BytesIO(source)) as image:
                    assert image.size == (256, 256)
            if name == "geobench-vlm-boxes":
                x1, y1, x2, y2 = sample.target["box"]
                with Image.open(io.BytesIO(pictures(sample)[0])) as image:
                    assert min(image.getpixel(((x1 + x2) // 2 + 4, (y1 + y2) // 2))) > 190
                    assert image.getpixel((x1 - 6, y1 - 6))[2] > 120


def test_a_finished_run_is_scored_without_the_data(tmp_path):
    questions(tmp_path)
    for settings in ({"rule": "vote"}, {"policy": "reasoning"}, {"letters": "eo-vlm"}):
        benchmark = opened(data=tmp_path, **settings)
        records = answered(benchmark, lambda s: f"{s.target}. because")
        identity = json.loads(json.dumps({"name": benchmark.name, **benchmark.identity}))
        assert rules_of(identity).score(records) == benchmark.score(records)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ground_truth_option": "F"}, "question 2: ground_truth_option 'F' is none of A to E"),
        ({"prompts": []}, "question 2 has no prompts"),
        ({"image_path": None}, "no prompts or no image_path"),
        ({"image_size": -3}, "image_size -3 is no size"),
        ({"image_path": "../../up.png"}, "leaves the data"),
    ],
)
def test_bad_records_are_named(tmp_path, change, said):
    entries = questions(tmp_path)
    entries[1] |= change
    (tmp_path / "Single" / "qa.json").write_text(json.dumps(entries))
    with pytest.raises(InputError, match=said):
        list(opened(data=tmp_path).samples())


def test_what_is_missing_is_named_with_a_next_step(tmp_path):
    with pytest.raises(InputError, match=r"has no Single\.zip") as caught:
        opened(data=tmp_path)
    assert "xview2" in caught.value.hint
    (tmp_path / "Single.zip").write_bytes(b"half")
    with pytest.raises(InputError, match="no whole zip archive"):
        opened(data=tmp_path)
    with pytest.raises(InputError, match=r"aialliance/GEOBench-VLM@b3485fe.* cannot be fetched"):
        opened(data="hub")


def test_the_hubs_archive_at_the_pinned_commit_is_read_from_its_cache(tmp_path, monkeypatch):
    questions(tmp_path)
    packed(tmp_path)
    cache = tmp_path / "cache"
    revision = "b3485fe4971213ee13f91960638ddc5c4a098e70"
    place = cache / "datasets--aialliance--GEOBench-VLM" / "snapshots" / revision
    place.mkdir(parents=True)
    (tmp_path / "Single.zip").rename(place / "Single.zip")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    benchmark = opened(data="hub")
    assert benchmark.identity["data"] == f"aialliance/GEOBench-VLM@{revision}"
    assert isinstance(pictures(next(benchmark.samples()))[0], bytes)


def test_an_average_that_all_tasks_share_has_no_spread_and_stays_a_share(tmp_path):
    questions(tmp_path)
    benchmark = opened(data=tmp_path)
    _, right = scored(benchmark, answered(benchmark, lambda s: s.target))
    assert (right["average"]["strict"]["low"], right["average"]["strict"]["high"]) == (1.0, 1.0)
    _, part = scored(benchmark, answered(benchmark, lambda s: "A"))
    assert 0.0 <= part["average"]["strict"]["low"] <= part["average"]["strict"]["high"] <= 1.0
