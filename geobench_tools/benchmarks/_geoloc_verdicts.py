"""What a guessed place is worth: strict verdicts of every benchmark that asks where."""

import math
from collections.abc import Callable, Mapping, Sequence
from operator import eq
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.benchmarks._names import NAMES
from geobench_tools.geo import geodesic_m

__all__ = [
    "NAME_FIELDS",
    "THRESHOLDS_KM",
    "WORST_KM",
    "distance_values",
    "geo_score",
    "geodesic_km",
    "name_values",
    "positions_of",
    "strict_values",
]

Floats = npt.NDArray[np.float64]
Places = Sequence[Mapping[str, Any]]

NAME_FIELDS = ("city", "state", "country")
THRESHOLDS_KM = (1, 25, 200, 750, 2500)
WORST_KM = 20_003.931459
"""Half of a WGS-84 meridian, the greatest distance on Earth: what a missing answer counts."""

_DECAY_KM = 1492.7


def strict_values(truths: Places, answers: Places, *, exact: bool = False) -> dict[str, Floats]:
    """Return strict verdicts by metric: names by alias (or exactly), distances on WGS-84."""
    rows = np.hstack([positions_of(answers), positions_of(truths)])
    return name_values(truths, answers, exact=exact) | distance_values(geodesic_km(rows))


def name_values(truths: Places, answers: Places, *, exact: bool = False) -> dict[str, Floats]:
    """Return 1 or 0 for each name that the truth has, NaN where a record's truth has none.

    Args:
        truths: With names as the data spell them.
        answers: With names as they were read.
        exact: Whether names are codes of one source, which need no aliases.
    """
    same: dict[str, Callable[[str, str], bool]] = {
        "city": eq if exact else NAMES.same_city,
        "state": eq if exact else NAMES.same_state,
        "country": eq if exact else NAMES.same_country,
    }
    return {
        name: np.array(
            [
                float(bool(answer.get(name)) and same[name](str(answer[name]), truth[name]))
                if name in truth
                else math.nan
                for truth, answer in zip(truths, answers, strict=True)
            ]
        )
        for name in NAME_FIELDS
        if any(name in truth for truth in truths)
    }


def positions_of(places: Places) -> Floats:
    """Return latitudes and longitudes, shape (n, 2), degrees; NaN where there is none."""
    rows = [(place.get("lat", math.nan), place.get("lon", math.nan)) for place in places]
    return np.array(rows, float).reshape(-1, 2)


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
