"""Every case of the case files is read as expected, value and status."""

import json
from pathlib import Path
from typing import get_args

import pytest

from geobench_tools.answers import Kind, Reading, read

OWN = Path(__file__).parents[1] / "data" / "answer_cases_own.json"
KINDS = get_args(Kind)


def agrees(value, expected) -> bool:
    if isinstance(value, tuple):
        return isinstance(expected, list) and value == pytest.approx(expected, abs=2e-5)
    if isinstance(value, dict):
        return value == pytest.approx(expected, abs=2e-5) if expected else False
    return value == expected and type(value) is type(expected)


def read_case(case: dict) -> Reading:
    arguments = {name: case[name] for name in ("choices", "options", "target") if name in case}
    return read(case["text"], case["kind"], **arguments)


def failures(path: Path, kind: str) -> tuple[int, list[str]]:
    cases = [case for case in json.loads(path.read_text(encoding="utf-8")) if case["kind"] == kind]
    wrong = []
    for case in cases:
        reading = read_case(case)
        if reading.status != case["status"] or not agrees(reading.value, case["expected"]):
            wrong.append(f"{case['id']} {case['text']!r} ({case['note']}): {reading}")
    return len(cases), wrong


@pytest.mark.parametrize("kind", KINDS)
def test_own_cases(kind):
    count, wrong = failures(OWN, kind)
    assert count > 20
    assert wrong == []


@pytest.mark.parametrize("kind", KINDS)
def test_shared_cases(kind, shared_data):
    count, wrong = failures(shared_data / "parsing" / "answer_cases.json", kind)
    assert count > 0
    assert wrong == []


@pytest.mark.parametrize("kind", KINDS)
def test_spans_point_at_what_was_read(kind):
    for case in json.loads(OWN.read_text(encoding="utf-8")):
        reading = read_case(case) if case["kind"] == kind else None
        if reading is None or reading.span is None:
            continue
        start, end = reading.span
        assert 0 <= start < end <= len(case["text"]), case["id"]
        written = case["text"][start:end]
        if kind == "mcq" and reading.value and written.isascii() and written.upper() in "ABCDE":
            assert written.upper() == reading.value
        if kind in ("index", "count") and reading.value and written.isdecimal():
            assert int(written) == reading.value


def test_real_replies_agree_with_the_released_values(shared_data):
    """Replies of five models: a value that the authors' own code reads is read the same here."""
    import csv

    folder = shared_data / "imageo"
    with (folder / "expected_items_dataset3.csv").open(encoding="utf-8") as stream:
        items = {(row["model"], row["image_id"]): row for row in csv.DictReader(stream)}
    compared = 0
    for path in sorted((folder / "predictions").glob("*.jsonl")):
        model = path.stem.removeprefix("dataset3_")
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            item = items.get((model, record["image_file"].split(".")[0]))
            if item and item["pred_lat"] and item["pred_lon"]:
                truth = (float(item["pred_lat"]), float(item["pred_lon"]))
                assert read(record["raw_response"], "latlon").value == pytest.approx(truth)
                compared += 1
    assert compared > 500
