"""What each reply to IMAGEO-Bench is worth: strictly, and by the benchmark's own rules."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.benchmarks._imageo_official import (
    OfficialAnswer,
    official_answer,
    official_hit,
    official_json,
    official_state,
)
from geobench_tools.benchmarks._names import NAMES
from geobench_tools.evaluation import SampleRecord
from geobench_tools.geo import EARTH_RADIUS_M, geodesic_m, haversine_m

__all__ = [
    "NAME_FIELDS",
    "THRESHOLDS_KM",
    "WORST_KM",
    "answer_of",
    "distance_values",
    "geo_score",
    "geodesic_km",
    "mapping_of",
    "official_values",
    "strict_values",
]

Floats = npt.NDArray[np.float64]

NAME_FIELDS = ("city", "state", "country")
THRESHOLDS_KM = (1, 25, 200, 750, 2500)
WORST_KM = 20_003.931459
"""Half of a WGS-84 meridian, the greatest distance on Earth: what a missing answer counts."""

_OFFICIAL_RADIUS_KM = 6371.0
_DECAY_KM = 1492.7


def official_values(records: Sequence[SampleRecord]) -> dict[str, Floats]:
    """Return official verdicts: hits and distances in km, NaN where a record does not count."""
    answers = [official_answer(official_json(record.text)) for record in records]
    truths = [mapping_of(record.target) for record in records]
    values: dict[str, Floats] = {}
    for name in NAME_FIELDS:
        if any(name in truth for truth in truths):
            values[name] = np.array(
                [
                    official_hit(getattr(answer, name), _official_truth(truth, name))
                    for answer, truth in zip(answers, truths, strict=True)
                ]
            )
    values["mean_km"] = values["median_km"] = _official_km(answers, truths)
    return values


def _official_truth(truth: Mapping[str, Any], name: str) -> str:
    value = str(truth.get(name, ""))
    return (official_state(value) or "") if name == "state" else value


def _official_km(answers: Sequence[OfficialAnswer], truths: Sequence[Mapping[str, Any]]) -> Floats:
    rows = np.array(
        [
            (_or_nan(answer.lat), _or_nan(answer.lon), truth["lat"], truth["lon"])
            for answer, truth in zip(answers, truths, strict=True)
        ],
        float,
    ).reshape(-1, 4)
    rows[~np.isfinite(rows).all(axis=1)] = math.nan
    return haversine_m(*rows.T) * (_OFFICIAL_RADIUS_KM / EARTH_RADIUS_M)


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def strict_values(
    truths: Sequence[Mapping[str, Any]], answers: Sequence[Mapping[str, Any]]
) -> dict[str, Floats]:
    """Return strict verdicts by metric: names by alias, distances on WGS-84."""
    same: dict[str, Callable[[str, str], bool]] = {
        "city": NAMES.same_city,
        "state": NAMES.same_state,
        "country": NAMES.same_country,
    }
    values: dict[str, Floats] = {}
    pairs = list(zip(truths, answers, strict=True))
    for name in NAME_FIELDS:
        if any(name in truth for truth in truths):
            values[name] = np.array(
                [
                    float(bool(answer.get(name)) and same[name](str(answer[name]), truth[name]))
                    if name in truth
                    else math.nan
                    for truth, answer in pairs
                ]
            )
    rows = np.array(
        [(a.get("lat", math.nan), a.get("lon", math.nan), t["lat"], t["lon"]) for t, a in pairs],
        float,
    ).reshape(-1, 4)
    return values | distance_values(geodesic_km(rows))


def geodesic_km(rows: Floats) -> Floats:
    """Return WGS-84 distances of rows (lat, lon, lat, lon), infinite where one is missing."""
    km = np.full(len(rows), math.inf)
    there = np.isfinite(rows).all(axis=1)
    if there.any():
        km[there] = geodesic_m(*rows[there].T) / 1000.0
    return km


def distance_values(km: Floats) -> dict[str, Floats]:
    """Return the metrics that follow from distances in km; infinity for a missing answer."""
    near = {f"acc_{limit}km": (km <= limit).astype(float) for limit in THRESHOLDS_KM}
    return {
        "median_km": km,
        "mean_km": np.minimum(km, WORST_KM),
        "geoscore": geo_score(km),
        **near,
    }


def geo_score(km: Floats) -> Floats:
    """Return GeoGuessr's score as OSV-5M defines it: 5000 exp(-km / 1492.7), not rounded."""
    return np.asarray(5000.0 * np.exp(-km / _DECAY_KM))


def answer_of(record: SampleRecord) -> Mapping[str, Any]:
    """Return what was read from a reply; empty where there is no readable answer."""
    readable = record.status == "ok" and record.reading is not None
    return mapping_of(record.reading.value) if readable and record.reading else {}


def mapping_of(value: object) -> Mapping[str, Any]:
    """Return a value that is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}
