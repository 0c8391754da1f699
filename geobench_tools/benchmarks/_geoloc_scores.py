"""The table of every benchmark that asks where: strict, official, majority and chance columns."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from geobench_tools.benchmarks._geoloc_verdicts import (
    NAME_FIELDS,
    THRESHOLDS_KM,
    distance_values,
    positions_of,
)
from geobench_tools.counter_random import hash_strings, mix
from geobench_tools.evaluation import (
    Breakdown,
    Estimate,
    Items,
    Metric,
    Policies,
    SampleRecord,
    Scores,
    Unit,
    accuracy_rows,
    estimate,
    estimate_median,
    finite,
)
from geobench_tools.geo import haversine_m

__all__ = [
    "INTERVALS",
    "STRICT",
    "STRICT_NAMES",
    "STRICT_WORDS",
    "Verdicts",
    "area_of",
    "chance_values",
    "commonest",
    "drawn_km",
    "location_scores",
    "middle_of_metric",
    "near_tables",
    "typical_of",
]

Floats = npt.NDArray[np.float64]
Places = Sequence[Mapping[str, Any]]

INTERVALS = "95 %: Wilson, or Poisson bootstrap clustered by picture"
STRICT_NAMES = "ISO country codes, US state codes, plain forms, GeoNames' other names"
STRICT = Policies(
    distance="WGS-84 geodesic",
    comparison="<=",
    missing="wrong; beyond any distance, 20,004 km in the mean",
    aliases=STRICT_NAMES,
)
STRICT_WORDS = {
    "strict": "all samples count; a missing, unreadable or failed answer is wrong",
    "strict distance": "WGS-84 geodesic, within means <=; a missing answer is farther than any "
    "for median and thresholds, 20,004 km for the mean",
    "GeoScore": "5000 exp(-km / 1492.7), not rounded, 0 for a missing answer",
    "majority": "the same answer always: the commonest country (or state, or square of 5 degrees), "
    "its commonest city, there the middle position",
    "chance": "the truth of a sample drawn at random",
    "intervals": INTERVALS,
}

_PERMUTATIONS = 20
_MOST_ROWS = 20
_DEGREES = 5.0


@dataclass(frozen=True)
class Verdicts:
    """Values by metric, for the columns of the table.

    Attributes:
        strict: Of each record.
        majority: Of each record, had it the commonest answer.
        chance: Expected of the answer to another sample.
        official: By the benchmark's own rules, NaN where a record does not count; may lack metrics.
        policy: The rules in words.
        policies: The rules by name.
    """

    strict: Mapping[str, Floats]
    majority: Mapping[str, Floats]
    chance: Mapping[str, float]
    official: Mapping[str, Floats] = field(default_factory=dict)
    policy: Mapping[str, str] = field(default_factory=dict)
    policies: Mapping[str, Policies] | None = None


def location_scores(
    name: str,
    records: Sequence[SampleRecord],
    verdicts: Verdicts,
    breakdowns: Sequence[Breakdown],
    *,
    sample: bool,
) -> Scores:
    """Put the table together: names first, then distances, thresholds and GeoScore."""
    items = Items.of(records, verdicts.strict)
    metrics = []
    for metric, label, unit, better in _table(verdicts.strict):
        own = verdicts.official.get(metric)
        metrics.append(
            Metric(
                metric,
                label,
                unit,
                better,
                _estimate(metric, verdicts.strict[metric], items),
                None if own is None else _estimate(metric, own, items),
                finite(middle_of_metric(metric, verdicts.majority[metric])),
                finite(verdicts.chance.get(metric, math.nan)),
            )
        )
    return Scores.of(
        name,
        records,
        metrics,
        sample=sample,
        breakdowns=breakdowns,
        policy=verdicts.policy,
        policies=verdicts.policies,
    )


def _table(
    values: Mapping[str, Floats],
) -> list[tuple[str, str, Unit, Literal["higher", "lower"]]]:
    names = [name for name in NAME_FIELDS if name in values]
    shown: list[tuple[str, str, Unit, Literal["higher", "lower"]]] = [
        (name, name.capitalize(), "share", "higher") for name in names
    ]
    shown += [("median_km", "Median distance", "km", "lower")]
    shown += [("mean_km", "Mean distance", "km", "lower")]
    shown += [(f"acc_{km}km", f"Within {km:,} km", "share", "higher") for km in THRESHOLDS_KM]
    return [entry for entry in (*shown, ("geoscore", "GeoScore", "points", "higher"))
            if entry[0] in values]  # fmt: skip


def _estimate(metric: str, values: Floats, items: Items) -> Estimate:
    return (estimate_median if metric == "median_km" else estimate)(values, items)


def middle_of_metric(metric: str, values: Floats) -> float:
    """Return the median of ``median_km``, the mean of other metrics; NaN where nothing counts."""
    seen = values[~np.isnan(values)]
    middle = np.median if metric == "median_km" else np.mean
    return float(middle(seen)) if len(seen) else math.nan


def typical_of(truths: Places) -> list[tuple[Mapping[str, Any], int]]:
    """Return each country's (or state's, or square's of 5 degrees) typical place and its truths.

    A typical place is the middle one, by latitude, of those in the area's commonest city. Largest
    area first; the order of the truths does not matter.
    """
    areas: dict[str, list[Mapping[str, Any]]] = {}
    for truth in truths:
        areas.setdefault(area_of(truth), []).append(truth)
    ranked = sorted(areas, key=lambda area: (-len(areas[area]), area))
    return [(_middle_of(areas[area]), len(areas[area])) for area in ranked]


def commonest(truths: Places) -> Mapping[str, Any]:
    """Return what the best constant reply would say: the typical place of the largest area."""
    return typical_of(truths)[0][0] if truths else {}


def _middle_of(truths: Places) -> Mapping[str, Any]:
    counts = Counter(str(truth.get("city", "")) for truth in truths)
    city = min(counts, key=lambda name: (-counts[name], name))
    there = [truth for truth in truths if truth.get("city", "") == city]
    there.sort(key=lambda truth: (truth["lat"], truth["lon"], str(truth.get("state", ""))))
    return there[len(there) // 2]


def area_of(truth: Mapping[str, Any]) -> str:
    """Return a country, state or square of 5 degrees that holds a place."""
    named = truth.get("country") or truth.get("state")
    return str(named or (truth["lat"] // _DEGREES, truth["lon"] // _DEGREES))


def chance_values(truths: Places) -> dict[str, float]:
    """Return what answering with a sample's truth drawn at random scores.

    Shares of names from the counts of the labels, figures of distance over `drawn_km`.
    """
    values: dict[str, float] = {}
    for name in NAME_FIELDS:
        counts = np.array(list(Counter(t[name] for t in truths if name in t).values()), float)
        values[name] = float(((counts / counts.sum()) ** 2).sum()) if len(counts) else math.nan
    for metric, each in distance_values(drawn_km(truths)).items():
        values[metric] = middle_of_metric(metric, each)
    return values


def drawn_km(truths: Places) -> Floats:
    """Return distances, km, of every place to others over 20 seeded permutations of all places.

    The order of the places does not matter.
    """
    places = positions_of(truths)
    places = places[np.lexsort(places.T)]
    names = hash_strings([str(i) for i in range(len(places))])
    drawn = [places[np.argsort(mix(seed, names))] for seed in range(_PERMUTATIONS)]
    guesses, true = np.concatenate(drawn), np.tile(places, (_PERMUTATIONS, 1))
    return np.asarray(haversine_m(*guesses.T, *true.T) / 1000.0)


def near_tables(
    records: Sequence[SampleRecord], near: Floats, labels: Mapping[str, Sequence[str]], within: str
) -> list[Breakdown]:
    """Return one table by title with the shares of verdicts of each label, if there are several."""
    made = []
    items = Items.of(records, {"near": near})
    for title, each in labels.items():
        if len(set(each) - {""}) > 1:
            named = np.where([label != "" for label in each], near, math.nan)
            rows = accuracy_rows(each, named, items, most=_MOST_ROWS)
            header = (title, "n", within, "95 % low", "95 % high")
            made.append(Breakdown(f"{within.capitalize()}, by {title}", header, rows))
    return made
