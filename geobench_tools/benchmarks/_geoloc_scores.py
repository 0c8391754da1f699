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
from geobench_tools.evaluation import SampleRecord
from geobench_tools.evaluation._policies import Policies
from geobench_tools.evaluation._scores import (
    Breakdown,
    Estimate,
    Items,
    Metric,
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
    "STRICT_NAMES",
    "Verdicts",
    "area_of",
    "chance_values",
    "commonest",
    "location_scores",
    "near_tables",
]

Floats = npt.NDArray[np.float64]
Places = Sequence[Mapping[str, Any]]

INTERVALS = "95 %: Wilson, or Poisson bootstrap clustered by picture"
STRICT_NAMES = "ISO country codes, US state codes, plain forms, GeoNames' other names"

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
                _middle(metric, verdicts.majority[metric]),
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


def _middle(metric: str, values: Floats) -> float | None:
    seen = values[~np.isnan(values)]
    if not len(seen):
        return None
    return finite(float(np.median(seen) if metric == "median_km" else seen.mean()))


def commonest(truths: Places) -> Mapping[str, Any]:
    """Return the truth that the best constant reply would copy.

    The commonest country (or state, or square of 5 degrees), its commonest city, the first of it.
    """
    if not truths:
        return {}
    area = Counter(area_of(truth) for truth in truths).most_common(1)[0][0]
    there = [truth for truth in truths if area_of(truth) == area]
    city = Counter(truth.get("city", "") for truth in there).most_common(1)[0][0]
    return next(truth for truth in there if truth.get("city", "") == city)


def area_of(truth: Mapping[str, Any]) -> str:
    """Return a country, state or square of 5 degrees that holds a place."""
    named = truth.get("country") or truth.get("state")
    return str(named or (truth["lat"] // _DEGREES, truth["lon"] // _DEGREES))


def chance_values(truths: Places) -> dict[str, float]:
    """Return shares from the label counts, and distances over pairs of seeded permutations."""
    values: dict[str, float] = {}
    for name in NAME_FIELDS:
        counts = np.array(list(Counter(t[name] for t in truths if name in t).values()), float)
        values[name] = float(((counts / counts.sum()) ** 2).sum()) if len(counts) else math.nan
    places = positions_of(truths)
    names = hash_strings([f"{i}" for i in range(len(truths))])
    drawn = [places[np.argsort(mix(seed, names))] for seed in range(_PERMUTATIONS)]
    guesses, true = np.concatenate(drawn), np.tile(places, (_PERMUTATIONS, 1))
    km = haversine_m(*guesses.T, *true.T) / 1000.0
    for metric, each in distance_values(np.asarray(km)).items():
        middle = np.median if metric == "median_km" else np.mean
        values[metric] = float(middle(each)) if len(each) else math.nan
    return values


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
