"""The lines to beat, majority and chance: functions of the truths, not of their order."""

import itertools
import json

import numpy as np
import pytest

from geobench_tools.benchmarks import BenchmarkOptions, open_benchmark
from geobench_tools.benchmarks._geoloc_scores import (
    chance_values,
    commonest,
    drawn_km,
    typical_of,
)

LYON = [{"city": "Lyon", "country": "France", "lat": 45.7 + i / 100, "lon": 4.8} for i in range(3)]
NICE = [{"city": "Nice", "country": "France", "lat": 43.7, "lon": 7.3}] * 2
ACCRA = [{"city": "Accra", "country": "Ghana", "lat": 5.6, "lon": -0.2}] * 5
TRUTHS = [*LYON, *NICE, *ACCRA]


def test_a_typical_place_is_the_middle_one_of_the_commonest_city():
    assert typical_of(TRUTHS) == [(LYON[1], 5), (ACCRA[0], 5)]
    assert commonest(TRUTHS) == LYON[1]
    assert commonest([]) == {}


def test_places_without_names_are_grouped_by_squares():
    at = [{"lat": lat, "lon": lon} for lat, lon in ((1, 1), (2, 2), (4.9, 4.9), (-1, 1))]
    assert typical_of(at) == [(at[1], 3), (at[3], 1)]


def test_the_order_of_the_truths_does_not_matter():
    lines = {json.dumps(chance_values(TRUTHS)), json.dumps(typical_of(TRUTHS))}
    for turn in range(1, len(TRUTHS), 3):
        turned = [*TRUTHS[turn:], *TRUTHS[:turn]]
        assert {json.dumps(chance_values(turned)), json.dumps(typical_of(turned))} == lines


def test_drawn_distances_are_those_of_pairs_of_places():
    found = np.unique(drawn_km(TRUTHS).round(6))
    pairs = itertools.product(TRUTHS, TRUTHS)
    from geobench_tools.geo import haversine_m

    known = {
        float(haversine_m(a["lat"], a["lon"], b["lat"], b["lon"]).round(3)) / 1000 for a, b in pairs
    }
    assert {round(float(km), 3) for km in found} <= {round(km, 3) for km in known}
    assert chance_values(TRUTHS)["country"] == pytest.approx(0.5)


@pytest.mark.parametrize("name", ["imageo-pcw", "mp16-reason", "rsteller-geo"])
def test_the_majority_model_scores_what_the_majority_line_says(name):
    benchmark = open_benchmark(name, BenchmarkOptions(data="sample"))
    pool = benchmark.pool()
    best = min(pool, key=lambda text: (-pool[text], text))
    reading = benchmark.read(best, next(benchmark.samples()))
    truth = commonest([sample.target for sample in benchmark.samples()])
    assert reading.value["lat"] == pytest.approx(truth["lat"])
    assert reading.value["lon"] == pytest.approx(truth["lon"])
