"""How IMAGEO-Bench is scored: strictly, and by its own rules beside it."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.benchmarks._imageo_verdicts import (
    NAME_FIELDS,
    THRESHOLDS_KM,
    answer_of,
    distance_values,
    mapping_of,
    official_values,
    strict_values,
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
    accuracy_rows,
    estimate,
    estimate_median,
    finite,
)
from geobench_tools.geo import haversine_m

__all__ = ["imageo_items", "imageo_scores"]

Floats = npt.NDArray[np.float64]

_PERMUTATIONS = 20
_POLICY = {
    "strict": "all samples count; a missing, unreadable or failed answer is wrong",
    "strict names": "ISO country codes with aliases, US state codes, plain forms without accents",
    "strict distance": "WGS-84 geodesic, within means <=; a missing answer is farther than any "
    "for median and thresholds, 20,004 km for the mean",
    "GeoScore": "5000 exp(-km / 1492.7), not rounded, 0 for a missing answer",
    "official": "IMAGEO-Bench 8f0d7498: only pairs with both values count; haversine, R = 6371 km",
    "intervals": "95 %: Wilson, or Poisson bootstrap clustered by picture",
    "majority": "the same reply always: the commonest country (or state) and its commonest city",
    "chance": "the truth of another sample at random",
}

_POLICIES = {
    "strict": Policies(
        distance="WGS-84 geodesic",
        comparison="<=",
        missing="wrong; beyond any distance, 20,004 km in the mean",
        aliases="ISO country codes with aliases, US state codes, plain forms without accents",
    ),
    "official": Policies(
        distance="haversine, R = 6371 km",
        missing="left out, and so is a coordinate of exactly 0",
        aliases="lower case only; US state codes",
    ),
}


def imageo_items(records: Sequence[SampleRecord]) -> Items:
    """Return strict verdicts by metric for each record."""
    truths = [mapping_of(record.target) for record in records]
    return Items.of(records, strict_values(truths, [answer_of(record) for record in records]))


def imageo_scores(name: str, records: Sequence[SampleRecord], *, sample: bool) -> Scores:
    """Score a run of one subset."""
    items = imageo_items(records)
    truths = [mapping_of(record.target) for record in records]
    official = official_values(records)
    majority = strict_values(truths, [_commonest(truths)] * len(truths))
    chance = _chance(truths)
    metrics = []
    for metric, label, unit, better in _table(items):
        strict = _of(metric, items.values, items)
        own = _of(metric, official, items) if metric in official else None
        low = _value(metric, majority)
        metrics.append(
            Metric(metric, label, unit, better, strict, own, low, finite(chance[metric]))
        )
    return Scores.of(
        name,
        records,
        metrics,
        sample=sample,
        breakdowns=[*_breakdowns(records, truths, items), *_official_tables(official)],
        policy=_POLICY,
        policies=_POLICIES,
    )


def _table(items: Items) -> list[tuple[str, str, Any, Any]]:
    shown = [
        (name, name.capitalize(), "share", "higher") for name in NAME_FIELDS if name in items.values
    ]
    shown += [("median_km", "Median distance", "km", "lower")]
    shown += [("mean_km", "Mean distance", "km", "lower")]
    shown += [(f"acc_{km}km", f"Within {km:,} km", "share", "higher") for km in THRESHOLDS_KM]
    return [*shown, ("geoscore", "GeoScore", "points", "higher")]


def _of(metric: str, values: Mapping[str, Floats], items: Items) -> Estimate:
    return (estimate_median if metric == "median_km" else estimate)(values[metric], items)


def _value(metric: str, values: Mapping[str, Floats]) -> float | None:
    seen = values[metric][~np.isnan(values[metric])]
    if not len(seen):
        return None
    return finite(float(np.median(seen) if metric == "median_km" else seen.mean()))


def _commonest(truths: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The truth that the best constant reply would copy."""
    if not truths:
        return {}
    place = Counter(_area(truth) for truth in truths).most_common(1)[0][0]
    there = [truth for truth in truths if _area(truth) == place]
    city = Counter(truth.get("city", "") for truth in there).most_common(1)[0][0]
    return next(truth for truth in there if truth.get("city", "") == city)


def _area(truth: Mapping[str, Any]) -> str:
    return str(truth.get("country") or truth.get("state") or "")


def _chance(truths: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Expected shares from the label counts; distances over pairs drawn by seeded permutations."""
    values: dict[str, float] = {}
    for name in NAME_FIELDS:
        counts = np.array(list(Counter(t[name] for t in truths if name in t).values()), float)
        values[name] = float(((counts / counts.sum()) ** 2).sum()) if len(counts) else math.nan
    places = np.array([(truth["lat"], truth["lon"]) for truth in truths], float).reshape(-1, 2)
    names = hash_strings([f"{i}" for i in range(len(truths))])
    drawn = [places[np.argsort(mix(seed, names))] for seed in range(_PERMUTATIONS)]
    guesses, true = np.concatenate(drawn), np.tile(places, (_PERMUTATIONS, 1))
    km = haversine_m(*guesses.T, *true.T) / 1000.0
    for metric, each in distance_values(np.asarray(km)).items():
        if len(each):
            values[metric] = float(np.median(each) if metric == "median_km" else each.mean())
        else:
            values[metric] = math.nan
    return values


def _breakdowns(
    records: Sequence[SampleRecord], truths: Sequence[Mapping[str, Any]], items: Items
) -> list[Breakdown]:
    header = ("n", "within 25 km", "95 % low", "95 % high")
    near = items.values["acc_25km"]
    made = []
    for title, labels in (
        ("continent", [str(record.metadata.get("continent", "")) for record in records]),
        ("country", [str(truth.get("country", "")) for truth in truths]),
        ("state", [str(truth.get("state", "")) for truth in truths]),
    ):
        if len(set(labels) - {""}) > 1:
            named = np.where([label != "" for label in labels], near, math.nan)
            rows = accuracy_rows(labels, named, items, most=20)
            made.append(Breakdown(f"Within 25 km, by {title}", (title, *header), rows))
    return made


def _official_tables(official: Mapping[str, Floats]) -> list[Breakdown]:
    """Counts and distances as the official code prints them; std is of the sample."""
    names = [(n, official[n][np.isfinite(official[n])]) for n in NAME_FIELDS if n in official]
    counts = tuple((name, len(hits), int(hits.sum())) for name, hits in names)
    km = official["mean_km"][np.isfinite(official["mean_km"])]
    made = [Breakdown("Official: pairs that count", ("name", "n", "matches"), counts)]
    if len(km):
        figures = (km.mean(), np.median(km), km.max(), km.min())
        std = float(km.std(ddof=1)) if len(km) > 1 else None
        header = ("distance, km", "n", "mean", "median", "max", "min", "std")
        row = ("both given", len(km), *(float(f) for f in figures), std)
        made.append(Breakdown("Official: distances", header, (row,)))
    return made
