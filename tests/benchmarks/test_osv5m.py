"""OSV-5M's distances and scores, on its own predictions and at the edges."""

import csv
import json

import numpy as np
import pytest

from geobench_tools.benchmarks import BenchmarkOptions, open_benchmark
from geobench_tools.benchmarks._geoloc_verdicts import geo_score
from geobench_tools.benchmarks._osv5m_official import osv5m_km, osv5m_values
from geobench_tools.evaluation import ReadingRecord, SampleRecord


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
