"""The released predictions of IMAGEO-Bench score as its own code scores them."""

import csv
import json
import math

import numpy as np
import pytest

from geobench_tools.benchmarks import (
    BenchmarkOptions,
    open_benchmark,
    read_predictions,
    records_of_predictions,
)
from geobench_tools.benchmarks._imageo_official import (
    official_answer,
    official_hit,
    official_json,
    official_state,
)
from geobench_tools.benchmarks._imageo_verdicts import official_values

MODELS = (
    "Llama-3.2-11B-Vision-Instruct-Turbo",
    "claude-3-5-haiku-20241022",
    "gemini-1.5-pro-latest",
    "gpt-4.1-mini",
    "o3",
)


@pytest.fixture(scope="module")
def benchmark(shared_data):
    return open_benchmark("imageo-pcw", BenchmarkOptions(data=str(shared_data / "imageo")))


@pytest.fixture(scope="module", params=MODELS)
def scored(request, shared_data, benchmark):
    path = shared_data / "imageo" / "predictions" / f"dataset3_{request.param}.jsonl"
    records = list(records_of_predictions(read_predictions(path), benchmark))
    return request.param, records


def test_aggregates_equal_the_official_ones(scored, shared_data, benchmark):
    model, records = scored
    path = shared_data / "imageo" / "expected_scores_dataset3.json"
    expected = json.loads(path.read_text())["scores"][model]
    scores = benchmark.score(records)
    official = {m["name"]: m["official"] for m in scores["metrics"]}
    tables = {t["title"]: t["rows"] for t in scores["breakdowns"]}
    counts = {name: (n, hits) for name, n, hits in tables["Official: pairs that count"]}
    for name in ("city", "state", "country"):
        assert official[name]["value"] == pytest.approx(expected[f"{name}_accuracy"], abs=1e-9)
        assert counts[name] == (expected[f"n_{name}_valid"], expected[f"{name}_matches"])
    ((_, n, *figures),) = tables["Official: distances"]
    assert n == official["mean_km"]["n"] == expected["n_distance"]
    names = ("mean_km", "median_km", "max_km", "min_km", "std_km")
    assert figures == pytest.approx([expected[name] for name in names], abs=1e-9)
    assert official["median_km"]["value"] == pytest.approx(expected["median_km"], abs=1e-9)
    assert scores["records"] == expected["n_joined"]


def test_every_item_equals_the_official_one(scored, shared_data):
    model, records = scored
    with (shared_data / "imageo" / "expected_items_dataset3.csv").open(newline="") as stream:
        expected = {r["image_id"]: r for r in csv.DictReader(stream) if r["model"] == model}
    values = official_values(records)
    joined = [i for i, record in enumerate(records) if record.sample_id in expected]
    assert len(joined) == 270
    for i in joined:
        record, row = records[i], expected[records[i].sample_id]
        answer = official_answer(official_json(record.text))
        for name in ("city", "state", "country"):
            assert str(getattr(answer, name) or "") == row[f"pred_{name}"]
            assert _same(values[name][i], row[f"{name}_hit"]), (record.sample_id, name)
        assert _same(math.nan if answer.lat is None else answer.lat, row["pred_lat"])
        assert _same(math.nan if answer.lon is None else answer.lon, row["pred_lon"])
        assert _same(values["mean_km"][i], row["distance_km"])


def _same(value, text):
    return math.isnan(value) if text == "" else value == pytest.approx(float(text), abs=1e-9)


def test_strict_counts_every_row_with_a_truth(scored, benchmark):
    _, records = scored
    metrics = {m["name"]: m for m in benchmark.score(records)["metrics"]}
    assert metrics["country"]["strict"]["n"] == 270
    assert metrics["city"]["strict"]["n"] == 259
    assert metrics["acc_25km"]["strict"]["n"] == 270


def test_aliases_repair_a_naming_artefact(shared_data, benchmark):
    path = shared_data / "imageo" / "predictions" / "dataset3_claude-3-5-haiku-20241022.jsonl"
    scores = benchmark.score(records_of_predictions(read_predictions(path), benchmark))
    country = next(m for m in scores["metrics"] if m["name"] == "country")
    assert country["official"]["value"] == pytest.approx(0.703125)
    assert country["strict"]["value"] > 0.88


def test_the_file_of_the_authors_reads_like_their_replies(shared_data):
    for model in MODELS:
        path = shared_data / "imageo" / "predictions" / f"dataset3_{model}.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            parsed = official_json(entry["raw_response"] or "")
            assert official_answer(parsed) == official_answer(entry["location_info"])


@pytest.mark.parametrize(
    ("reply", "city"),
    [
        ('{"reverse_geocoding": {"address": {"city": "Lyon"}}}', "Lyon"),
        ('Sure!\n```json\n{"reverse_geocoding": {"address": {"city": "Lyon"}}}\n```\nBye', "Lyon"),
        ("{'reverse_geocoding': {'address': {'city': 'Lyon', 'state': None}}}", "Lyon"),
        ('{reverse_geocoding: {address: {city: "Lyon",},},}', "Lyon"),
        ('Here: {"reverse_geocoding": {"address": {"city": "Lyon"}}} done', "Lyon"),
        ('{"reverse_geocoding": {"address": "Parse Failed"}}', None),
        ('{"reverse_geocoding": {"address": {"city": "Lyon"', None),
        ("no json at all", None),
        ("", None),
        ("```json", None),
        ("[" * 100_000, None),
        ("```" + " " * 300_000, None),
    ],
)
def test_official_repairs(reply, city):
    assert official_answer(official_json(reply)).city == city


@pytest.mark.parametrize(
    ("lat", "expected"),
    [("48.1", 48.1), (0.0, None), ("0", None), ("null", None), ("abc", None), (None, None),
     ("-0.0", None), ([], None), (10**400, None), ("nan", None)],
)  # fmt: skip
def test_official_coordinates(lat, expected):
    document = {"reverse_geocoding": {"coordinates": {"latitude": lat, "longitude": 0.5}}}
    answer = official_answer(document)
    assert (answer.lat, answer.lon) == (expected, 0.5)


@pytest.mark.parametrize(
    ("name", "code"),
    [("New York", "NY"), ("ny", "NY"), ("Osaka Prefecture", "OSAKA PREFECTURE"), ("", None),
     (None, None), ("District of Columbia", "DISTRICT OF COLUMBIA"), ("D1", "D1"),
     (["NY"], "['NY']"), ({}, "{}")],
)  # fmt: skip
def test_official_states(name, code):
    assert official_state(name) == code


def test_official_equality_has_no_mercy():
    assert official_hit("ZÜRICH", "Zürich") == 1.0
    assert official_hit("Zurich", "Zürich") == 0.0
    assert official_hit(" Zürich", "Zürich") == 0.0
    assert official_hit("", "Zürich") == 0.0
    assert official_hit(["Zürich"], "Zürich") == 0.0
    assert np.isnan(official_hit(None, "Zürich"))
    assert np.isnan(official_hit("Zürich", ""))
