"""What each reply to IMAGEO-Bench is worth by the benchmark's own rules."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.benchmarks._geoloc_verdicts import NAME_FIELDS
from geobench_tools.benchmarks._imageo_official import (
    OfficialAnswer,
    official_answer,
    official_hit,
    official_json,
    official_state,
)
from geobench_tools.benchmarks._readings import truths_of
from geobench_tools.evaluation import SampleRecord
from geobench_tools.geo import EARTH_RADIUS_M, haversine_m

__all__ = ["official_values"]

Floats = npt.NDArray[np.float64]

_OFFICIAL_RADIUS_KM = 6371.0


def official_values(records: Sequence[SampleRecord]) -> dict[str, Floats]:
    """Return official verdicts: hits and distances in km, NaN where a record does not count."""
    answers = [official_answer(official_json(record.text)) for record in records]
    truths = truths_of(records)
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
