"""How GeoChain is scored: shares, balanced accuracy, Matthews correlation, distances, lines."""

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from geobench_tools.benchmarks._geochain_lines import chance_lines, majority_lines
from geobench_tools.benchmarks._geochain_marked import Marked
from geobench_tools.benchmarks._geochain_tables import geochain_tables
from geobench_tools.benchmarks._geoloc_scores import STRICT, middle_of_metric
from geobench_tools.benchmarks._geoloc_verdicts import THRESHOLDS_KM, distance_values
from geobench_tools.evaluation import (
    Estimate,
    Items,
    Metric,
    Policies,
    Scores,
    estimate,
    estimate_median,
    estimate_of_means,
    finite,
)

__all__ = ["geochain_items", "geochain_scores"]

Floats = npt.NDArray[np.float64]

_SUBSETS = {
    "binary13": ("13 yes/no questions", "geochain-binary13"),
    "q5_q17": ("Questions 5 to 17", "geochain-q5_q17"),
}


def geochain_items(marked: Marked) -> Items:
    """Return verdicts by metric for each record; NaN where a metric is not about it."""
    values: dict[str, Floats] = {"pass_score": marked.right}
    for name, (_, subset) in _SUBSETS.items():
        asked = set(marked.manifest["subsets"][subset]["questions"])
        if asked <= set(marked.numbers) and asked != set(marked.numbers):
            inside = np.isin(marked.numbers, sorted(asked))
            values[name] = np.where(inside, marked.right, math.nan)
    parts = {}
    closed = [i for rows in marked.closed().values() for i in rows]
    if closed:
        values["balanced_accuracy"] = np.full(len(marked.records), math.nan)
        values["balanced_accuracy"][closed] = marked.right[closed]
        parts["balanced_accuracy"] = [
            (str(number), marked.truth(i)) for i, number in enumerate(marked.numbers)
        ]
    spoken = marked.rows_of("languages")
    if len(spoken):
        values["languages_f1"] = np.full(len(marked.records), math.nan)
        values["languages_f1"][spoken] = [_f1(marked, int(i)) for i in spoken]
    placed = marked.rows_of("latlon")
    if len(placed):
        known = distance_values(marked.km[placed])
        for name in ("median_km", "mean_km", *(f"acc_{km}km" for km in THRESHOLDS_KM)):
            values[name] = np.full(len(marked.records), math.nan)
            values[name][placed] = known[name]
    return Items.of(marked.records, values, parts)


def geochain_scores(name: str, marked: Marked, *, sample: bool) -> Scores:
    """Score a run: every question counts, an answer that is missing is wrong."""
    items = geochain_items(marked)
    right, majority = majority_lines(marked)
    drawn, chance = chance_lines(marked)
    metrics = []
    for metric, label in _labels(marked).items():
        if metric not in items.values:
            continue
        counted = np.isfinite(items.values[metric])
        if metric in ("pass_score", *_SUBSETS):
            majority[metric], chance[metric] = (
                middle_of_metric(metric, line[counted]) for line in (right, drawn)
            )
        distance = metric.endswith("_km")
        metrics.append(
            Metric(
                metric,
                label,
                "km" if distance else "share",
                "lower" if distance else "higher",
                _estimate(metric, marked, items),
                None,
                finite(majority.get(metric, math.nan)),
                finite(chance.get(metric, math.nan)),
            )
        )
        if metric == "balanced_accuracy":
            metrics.append(_correlation(marked))
    return Scores.of(
        name,
        marked.records,
        metrics,
        sample=sample,
        breakdowns=geochain_tables(marked, items, right),
        policy=_policy(marked),
        policies={"strict": _policies(marked)},
    )


def _estimate(metric: str, marked: Marked, items: Items) -> Estimate:
    if metric in items.parts:
        return estimate_of_means(items.values[metric], items.parts[metric], items)
    return (estimate_median if metric == "median_km" else estimate)(items.values[metric], items)


def _labels(marked: Marked) -> dict[str, str]:
    count = len(set(marked.numbers))
    return {
        "pass_score": f"Pass Score ({count} questions)",
        **{name: label for name, (label, _) in _SUBSETS.items()},
        "balanced_accuracy": "Balanced accuracy",
        "languages_f1": "Q18 languages, F1",
        "median_km": "Q21 median distance",
        "mean_km": "Q21 mean distance",
        **{f"acc_{km}km": f"Q21 within {km:,} km" for km in THRESHOLDS_KM},
    }


def _correlation(marked: Marked) -> Metric:
    found = [marked.correlation(rows) for rows in marked.closed().values()]
    known = [value for value in found if value is not None]
    mean = Estimate(sum(known) / len(known), sum(map(len, marked.closed().values())))
    return Metric("mcc", "Matthews correlation", "score", "higher", mean, None, 0.0, 0.0)


def _f1(marked: Marked, i: int) -> float:
    said = marked.answers[i]
    return marked.f1(i, set(map(str, said)) if isinstance(said, list) else set())


def _policies(marked: Marked) -> Policies:
    return replace(
        STRICT,
        comparison=f"<=; Q21 right within {marked.limit_km:g} km",
        aliases="ISO country codes with aliases; states, cities and languages of the manifest",
        aggregation="mean over answers; balanced accuracy and MCC: mean over questions",
    )


def _policy(marked: Marked) -> dict[str, str]:
    return {
        "strict": "all questions count; a missing, unreadable or failed answer is wrong",
        "official": "GeoChain released no scorer; its Pass Score is the mean over pictures of the "
        "share of right answers",
        "truth": "made by the generator's rules; Q1 to Q4 are pseudo-labels of a segmentation, "
        "Q11 to Q18 are one answer for a whole city",
        "balanced accuracy, MCC": "questions with answers to choose from whose truths are not all "
        "alike; a missing answer is a class of its own",
        "Q18": "right if a language is shared; F1 of the sets beside it",
        "Q21": f"right within {marked.limit_km:g} km (the paper's tolerance is unknown)",
        "majority": "each question's commonest answer always; of Q21 one position of the commonest "
        "square of 5 degrees",
        "chance": "one of the answers to choose from; where there are none, another picture's",
        "intervals": "95 %: Poisson bootstrap clustered by picture",
    }
