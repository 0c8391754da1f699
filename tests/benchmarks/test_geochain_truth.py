"""GeoChain: right answers as the authors' generator makes them."""

import csv
from collections import Counter

import numpy as np
import pytest
from geochain_tools import ABOUT, answered, metrics_of, opened

from geobench_tools.benchmarks._geochain_truth import CITIES, Picture, answers_of
from geobench_tools.errors import InputError


def test_generator_matches_the_official_answers(shared_data):
    folder = shared_data / "geochain"
    benchmark = opened(data=folder)
    with (folder / "expected_answers.csv").open(newline="") as stream:
        expected = {row["key"]: row for row in csv.DictReader(stream)}
    records = benchmark._data.records
    assert len(records) == 2100
    for record in records:
        if row := expected.pop(record.picture.key, None):
            assert list(record.answers) == [row[f"answer_{i}"] for i in range(21)]
    assert not expected
    counts = [Counter(record.answers[i] for record in records) for i in range(21)]
    with (folder / "label_distribution.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            assert counts[int(row["question"]) - 1][row["answer"]] == int(row["rows"])


def test_majority_lines_are_those_of_the_label_distribution(shared_data):
    benchmark = opened(data=shared_data / "geochain")
    found = metrics_of(benchmark, answered(benchmark, lambda sample: "No"))
    assert found["binary13"]["majority"] == pytest.approx(0.921, abs=0.0005)
    assert found["q5_q17"]["majority"] == pytest.approx(0.806, abs=0.0005)


@pytest.mark.parametrize(
    ("lat", "lon", "classes", "expected"),
    [
        (48.86, 2.34, {"boat": 0.1, "minibike, motorbike": 0.01}, {1: "Yes", 2: "Yes", 3: "No"}),
        (48.86, 2.34, {"motorbike": 0.1, "flag": 1e-9}, {2: "No", 4: "Yes"}),
        (48.86, 2.34, {}, {5: "No", 6: "No", 7: "Yes", 8: "Europe", 9: "Right", 10: "France"}),
        (48.86, 2.34, {}, {15: "Dry", 18: "French", 19: "Ile-de-France", 20: "Paris"}),
        (-1.28, 36.82, {}, {5: "Yes", 7: "No", 8: "Africa", 9: "Left", 15: "Unknown"}),
        (45.48, -75.70, {}, {10: "Canada", 19: "Quebec", 20: "Ottawa"}),
        (43.0, -80.0, {}, {20: "Toronto"}),
        (55.5, 13.0, {}, {10: "Sweden", 20: "Unknown", 16: "Unknown"}),
        (48.86004, 2.34006, {}, {21: "48.8600, 2.3401"}),
    ],
)
def test_answers_follow_the_generators_rules(lat, lon, classes, expected):
    (answers,) = answers_of([Picture("k", lat, lon, classes)], ABOUT)
    assert {number: answers[number - 1] for number in expected} == expected


def test_pictures_of_other_cities_are_refused():
    with pytest.raises(InputError, match=r"picture far lies at 0\.0, 0\.0"):
        answers_of([Picture("near", 48.86, 2.34, {}), Picture("far", 0.0, 0.0, {})], ABOUT)


def test_places_reach_far_enough_to_be_sure_of_the_nearest():
    """In the middle half of each square the nearest packed place is nearer than the edge."""
    steps = np.linspace(-0.6, 0.6, 9)
    pictures = [
        Picture(f"{name}{i}{j}", at[0] + i, at[1] + j, {})
        for name, (_, at) in CITIES.items()
        for i in steps
        for j in steps
    ]
    assert len(answers_of(pictures, {})) == len(pictures)
