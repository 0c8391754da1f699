"""OSV-5M's distances and scores, on its own predictions and at the edges."""

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
from geobench_tools.benchmarks._geoloc_verdicts import distance_values, geo_score
from geobench_tools.benchmarks._osv5m_official import osv5m_km, osv5m_values
from geobench_tools.evaluation import ReadingRecord, SampleRecord
from geobench_tools.reports import EvalRequest, evaluate


def rows_of(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def column(rows, name):
    return np.array([float(row[name]) for row in rows])


@pytest.mark.parametrize("model", ["", "_base"])
def test_distances_and_scores_equal_the_official_ones(shared_data, model):
    rows = rows_of(shared_data / "osv5m/select_50_scored.csv")
    lat, lon = column(rows, f"pred_lat{model}"), column(rows, f"pred_lon{model}")
    true = np.stack([column(rows, "true_lat"), column(rows, "true_lon")], axis=1)
    km = osv5m_km(np.stack([lat, lon], axis=1), true)
    np.testing.assert_allclose(km, column(rows, f"distance{model}"), rtol=0, atol=1e-9)
    np.testing.assert_allclose(geo_score(km), column(rows, f"score{model}"), rtol=0, atol=1e-9)


def test_the_whole_path_gives_the_official_figures(shared_data):
    rows = rows_of(shared_data / "osv5m/select_50_scored.csv")
    benchmark = open_benchmark("osv5m", BenchmarkOptions())
    scores = benchmark.score([record(benchmark, row, i) for i, row in enumerate(rows)])
    official = {m["name"]: m["official"] for m in scores["metrics"]}
    assert official["mean_km"]["value"] == pytest.approx(column(rows, "distance").mean(), abs=1e-9)
    assert official["geoscore"]["value"] == pytest.approx(column(rows, "score").mean(), abs=1e-9)
    near = (column(rows, "distance") < 200).mean()
    assert official["acc_200km"]["value"] == pytest.approx(near, abs=1e-12)


def record(benchmark, row, index):
    text = f"{row['pred_lat']}, {row['pred_lon']}"
    reading = benchmark.read(text, None)
    target = {"lat": float(row["true_lat"]), "lon": float(row["true_lon"])}
    return SampleRecord(
        "", "osv5m", row["id"], index, 0, "ok", target, group=row["id"], text=text,
        reading=ReadingRecord(reading.value, reading.status, reading.span),
    )  # fmt: skip


def test_antipodes_and_missing_answers():
    guessed = np.array([[0.0, 0.0], [45.0, 10.0], [np.nan, np.nan], [1.0, 1.0]])
    true = np.array([[0.0, 180.0], [-45.0, -170.0], [0.0, 0.0], [1.0, 1.0]])
    km = osv5m_km(guessed, true)
    assert km[:2] == pytest.approx([np.pi * 6371] * 2, abs=1e-6)
    assert np.isnan(km[2])
    assert km[3] == 0.0
    values = osv5m_values(guessed, true)
    assert np.isnan(values["acc_1km"][2])
    assert values["acc_1km"][3] == 1.0


def test_thresholds_are_strict():
    degrees = np.degrees(np.array([25.0, 25.0 - 1e-6, 25.0 + 1e-6]) / 6371.0)
    guessed = np.stack([degrees, np.zeros(3)], axis=1)
    assert osv5m_values(guessed, np.zeros((3, 2)))["acc_25km"].tolist()[1:] == [1.0, 0.0]


def test_photos_and_their_predictions(shared_data):
    table = shared_data / "osv5m/select_71.csv"
    benchmark = open_benchmark("osv5m", BenchmarkOptions(data=str(table)))
    samples = list(benchmark.samples())
    assert (benchmark.size(), len(samples)) == (71, 71)
    for sample in samples:
        picture, text = sample.messages[1].parts
        assert picture.source.stem == sample.sample_id
        assert sample.sample_id not in text
    assert samples[0].target["country"] == "IT"


def test_areas_are_those_of_the_positions():
    benchmark = open_benchmark("osv5m", BenchmarkOptions())
    sample = next(benchmark.samples())
    reading = benchmark.read("Lyon? 48.8570, 2.3530", sample)
    target = {"country": "FR", "state": "Île-de-France", "lat": 48.8566, "lon": 2.3522}
    one = SampleRecord(
        "", "osv5m", "s", 0, 0, "ok", target, group="s",
        reading=ReadingRecord(reading.value, reading.status, reading.span),
    )  # fmt: skip
    far = SampleRecord("", "osv5m", "t", 1, 0, "parse_error", target, group="t")
    found = {m["name"]: m["strict"]["value"] for m in benchmark.score([one, far])["metrics"]}
    assert (found["country"], found["state"], found["city"]) == (0.5, 0.5, 0.5)
    json.dumps(benchmark.score([far]), allow_nan=False)


@pytest.mark.parametrize("model", ["", "_base"])
def test_areas_against_those_of_the_authors(shared_data, model):
    rows = rows_of(shared_data / "osv5m/select_50_scored.csv")
    benchmark = open_benchmark("osv5m", BenchmarkOptions())
    renamed = [
        {**row, "pred_lat": row[f"pred_lat{model}"], "pred_lon": row[f"pred_lon{model}"]}
        for row in rows
    ]
    items = benchmark.items([record(benchmark, row, i) for i, row in enumerate(renamed)])
    names = {"country": "country", "state": "region", "city": "city"}
    for name, theirs in names.items():
        hits = np.array([row[f"{theirs}_hit{model}"] == "True" for row in rows])
        agreed = (items.values[name] == hits).mean()
        assert agreed == 1.0 if name == "country" else agreed >= 0.96, (name, agreed)


def test_recorded_replies_through_the_runner(shared_data, tmp_path):
    table = shared_data / "osv5m/select_71.csv"
    replies = tmp_path / "replies.jsonl"
    with replies.open("w") as stream:
        for row in rows_of(table):
            text = f"({row['pred_latitude']}, {row['pred_longitude']})"
            stream.write(json.dumps({"sample_id": row["id"], "text": text}) + "\n")
    request = EvalRequest(
        ["osv5m"],
        f"replay:{replies}",
        BenchmarkOptions(data=str(table)),
        output=tmp_path / "run",
    )
    (done,) = evaluate(request)
    predictions = read_predictions(table)
    benchmark = open_benchmark("osv5m", BenchmarkOptions(data=str(table)))
    expected = benchmark.score(list(records_of_predictions(predictions, benchmark)))
    assert done.scores["metrics"] == expected["metrics"]
    assert done.scores["coverage"] == 1.0
    page = (tmp_path / "run/report.html").read_text()
    assert "71 of 71 samples drawn, 71 with a predicted place" in page
    assert "SAMPLE" not in page.split("<main")[-1]


def test_a_distance_of_exactly_the_threshold_counts_strictly_and_not_officially():
    degrees = math.degrees(25 / 6371)
    lats = degrees + np.arange(-5000, 5000) * np.spacing(degrees)
    at = np.stack([lats, np.zeros_like(lats)], 1)
    origin = np.zeros_like(at)
    exactly = osv5m_km(at, origin) == 25.0
    assert exactly.any()
    official = osv5m_values(at[exactly], origin[exactly])
    assert not official["acc_25km"].any()
    assert distance_values(np.array([25.0, np.nextafter(25.0, 26)]))["acc_25km"].tolist() == [1, 0]
