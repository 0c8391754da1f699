"""How GeoChain is scored: shares, balanced accuracy, Matthews correlation, distances, lines."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.answers import Reading
from geobench_tools.answers._apply import read_with
from geobench_tools.benchmarks._geoloc_scores import chance_values, commonest
from geobench_tools.benchmarks._geoloc_verdicts import (
    THRESHOLDS_KM,
    WORST_KM,
    distance_values,
    geodesic_km,
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
    accuracy_rows,
    estimate,
    estimate_median,
    finite,
)
from geobench_tools.geo import haversine_m
from geobench_tools.models import JSON

__all__ = ["Marked", "geochain_items", "geochain_scores", "matthews"]

Floats = npt.NDArray[np.float64]

_CHOICES = {"bool": 2, "continent": 7, "side": 2, "climate": 5}
"""Kinds of questions with answers to choose from, and how many there are."""

_SUBSETS = {
    "binary13": ("13 yes/no questions", "geochain-binary13"),
    "q5_q17": ("Questions 5 to 17", "geochain-q5_q17"),
}
_PERMUTATIONS = 20
_BY_NAME = {"country", "state", "city"}


@dataclass(frozen=True)
class Marked:
    """The records of a run with what each answer is worth.

    Attributes:
        records: Of the run.
        numbers: Question of each, from 1.
        kinds: Kind of each question.
        answers: What was read; None where nothing was.
        right: 1 or 0.
        km: Distance of a position, infinite for a missing one; NaN for other questions.
        limit_km: Within it a position is right.
        manifest: Of the family.
        languages: Names of the languages in a text.
    """

    records: Sequence[SampleRecord]
    numbers: Sequence[int]
    kinds: Sequence[str]
    answers: Sequence[JSON]
    right: Floats
    km: Floats
    limit_km: float
    manifest: Mapping[str, Any]
    languages: Callable[[str], set[str]]

    def rows_of(self, *kinds: str) -> npt.NDArray[np.intp]:
        """Return which records ask a question of these kinds."""
        return np.array([i for i, kind in enumerate(self.kinds) if kind in kinds], np.intp)

    def by_question(self) -> dict[int, list[int]]:
        """Return the records of each question, in the order of the questions."""
        found: dict[int, list[int]] = defaultdict(list)
        for i, number in enumerate(self.numbers):
            found[number].append(i)
        return dict(sorted(found.items()))

    def truth(self, i: int) -> str:
        """Return a record's right answer as text."""
        return str(self.records[i].target)


def geochain_items(marked: Marked) -> Items:
    """Return verdicts by metric for each record; NaN where a metric is not about it."""
    values: dict[str, Floats] = {"pass_score": marked.right}
    for name, (_, subset) in _SUBSETS.items():
        asked = set(marked.manifest["subsets"][subset]["questions"])
        if asked <= set(marked.numbers) and asked != set(marked.numbers):
            inside = np.isin(marked.numbers, sorted(asked))
            values[name] = np.where(inside, marked.right, math.nan)
    weights = _weights(marked)
    if np.isfinite(weights).any():
        values["balanced_accuracy"] = marked.right * weights
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
    return Items.of(marked.records, values)


def geochain_scores(name: str, marked: Marked, *, sample: bool) -> Scores:
    """Score a run: every question counts, an answer that is missing is wrong."""
    items = geochain_items(marked)
    majority = _majority(marked)
    chance = _chance(marked)
    metrics = []
    for metric, label in _labels(marked).items():
        if metric not in items.values:
            continue
        values = items.values[metric]
        median = metric == "median_km"
        counted = np.isfinite(values)
        low = None if metric not in majority else finite(majority[metric])
        drawn = None if metric not in chance else finite(chance[metric])
        if metric in ("pass_score", *_SUBSETS):
            low, drawn = (
                finite(_mean(line[counted])) for line in (majority["right"], chance["right"])
            )
        metrics.append(
            Metric(
                metric,
                label,
                "km" if metric.endswith("_km") else "share",
                "lower" if metric.endswith("_km") else "higher",
                _balanced(marked, items)
                if metric == "balanced_accuracy"
                else (estimate_median if median else estimate)(values, items),
                None,
                low,
                drawn,
            )
        )
        if metric == "balanced_accuracy":
            metrics.append(_correlation(marked))
    return Scores.of(
        name,
        marked.records,
        metrics,
        sample=sample,
        breakdowns=_breakdowns(marked, items, majority["right"]),
        policy=_policy(marked),
        policies={"strict": _policies(marked)},
    )


def matthews(true: Sequence[str], said: Sequence[str]) -> float | None:
    """Return Matthews' correlation of labels, for several classes Gorodkin's R_K (2004).

    0 if all answers are one label, as there is nothing to correlate; None if all truths are one.
    """
    labels = sorted({*true, *said})
    place = {label: i for i, label in enumerate(labels)}
    table = np.zeros((len(labels), len(labels)))
    for one, other in zip(true, said, strict=True):
        table[place[one], place[other]] += 1
    n, right = table.sum(), np.trace(table)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    if np.count_nonzero(rows) < 2:
        return None
    spread = (n**2 - (rows**2).sum()) * (n**2 - (columns**2).sum())
    return float((right * n - rows @ columns) / math.sqrt(spread)) if spread else 0.0


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


def _closed(marked: Marked) -> dict[int, list[int]]:
    """The records of questions with answers to choose from, if their truths differ."""
    return {
        number: rows
        for number, rows in marked.by_question().items()
        if marked.kinds[rows[0]] in _CHOICES and len({marked.truth(i) for i in rows}) > 1
    }


def _weights(marked: Marked) -> Floats:
    """Weights whose mean over right answers is balanced accuracy, averaged over questions."""
    weights = np.full(len(marked.records), math.nan)
    closed = _closed(marked)
    total = sum(map(len, closed.values()))
    for rows in closed.values():
        counts = Counter(marked.truth(i) for i in rows)
        for i in rows:
            weights[i] = total / (len(closed) * len(counts) * counts[marked.truth(i)])
    return weights


def _balanced(marked: Marked, items: Items) -> Estimate:
    """Balanced accuracy; its interval is that of the mean of each class's own recall."""
    closed = _closed(marked)
    columns, weights = [], []
    for rows in closed.values():
        labels = sorted({marked.truth(i) for i in rows})
        for label in labels:
            column = np.full(len(marked.records), math.nan)
            inside = [i for i in rows if marked.truth(i) == label]
            column[inside] = marked.right[inside]
            columns.append(column)
            weights.append(1 / (len(closed) * len(labels)))
    low, high = items.bootstrap.weighted_mean(np.stack(columns, 1), np.array(weights))
    plain = estimate(items.values["balanced_accuracy"], items)
    return replace(plain, low=finite(low), high=finite(high))


def _correlation(marked: Marked) -> Metric:
    found = [_matthews_of(marked, rows) for rows in _closed(marked).values()]
    known = [value for value in found if value is not None]
    mean = Estimate(sum(known) / len(known), sum(map(len, _closed(marked).values())))
    return Metric("mcc", "Matthews correlation", "score", "higher", mean, None, 0.0, 0.0)


def _matthews_of(marked: Marked, rows: Sequence[int]) -> float | None:
    said = ["" if marked.answers[i] is None else str(marked.answers[i]) for i in rows]
    return matthews([marked.truth(i) for i in rows], said)


def _f1(marked: Marked, i: int) -> float:
    true, said = marked.languages(marked.truth(i)), marked.answers[i]
    given = set(map(str, said)) if isinstance(said, list) else set()
    return 2 * len(true & given) / (len(true) + len(given)) if true or given else 0.0


def _majority(marked: Marked) -> dict[str, Any]:
    """What always giving each question's commonest answer scores, by record and by metric."""
    right = np.zeros(len(marked.records))
    lines: dict[str, Any] = {"right": right}
    for rows in marked.by_question().values():
        if marked.kinds[rows[0]] == "latlon":
            places = [_place(marked, i) for i in rows]
            here = positions_of([commonest(places)] * len(rows))
            km = geodesic_km(np.hstack([here, positions_of(places)]))
            right[rows] = km <= marked.limit_km
            lines |= _distance_lines(km)
            continue
        most = Counter(marked.truth(i) for i in rows).most_common(1)[0][0]
        if marked.kinds[rows[0]] == "languages":
            own = marked.languages(most)
            true = [marked.languages(marked.truth(i)) for i in rows]
            right[rows] = [float(not own.isdisjoint(each)) for each in true]
            lines["languages_f1"] = _mean(
                np.array([2 * len(own & each) / (len(own) + len(each)) for each in true])
            )
        else:
            right[rows] = [float(marked.truth(i) == most) for i in rows]
    weights = _weights(marked)
    if np.isfinite(weights).any():
        lines["balanced_accuracy"] = float(np.nanmean(right * weights))
    return lines


def _chance(marked: Marked) -> dict[str, Any]:
    """One of the answers to choose from; where there are none, another picture's answer."""
    right = np.zeros(len(marked.records))
    lines: dict[str, Any] = {"right": right}
    for rows in marked.by_question().values():
        kind = marked.kinds[rows[0]]
        if kind in _CHOICES:
            right[rows] = 1 / _CHOICES[kind]
        elif kind == "latlon":
            places = [_place(marked, i) for i in rows]
            lines |= chance_values(places)
            right[rows] = _mean((_drawn_km(places) <= marked.limit_km).astype(float))
        else:
            counts = Counter(marked.truth(i) for i in rows)
            right[rows] = _agreement(counts, marked.languages if kind == "languages" else None)
    closed = _closed(marked)
    if closed:
        each = [1 / _CHOICES[marked.kinds[rows[0]]] for rows in closed.values()]
        lines["balanced_accuracy"] = sum(each) / len(each)
    return lines


def _agreement(counts: Counter[str], parts: Callable[[str], set[str]] | None) -> float:
    total = counts.total()
    shared = {label: parts(label) if parts else {label} for label in counts}
    pairs = (
        counts[one] * counts[other]
        for one in counts
        for other in counts
        if not shared[one].isdisjoint(shared[other])
    )
    return sum(pairs) / total**2


def _drawn_km(places: Sequence[Mapping[str, Any]]) -> Floats:
    at = positions_of(places)
    names = hash_strings([str(i) for i in range(len(places))])
    drawn = np.concatenate([at[np.argsort(mix(seed, names))] for seed in range(_PERMUTATIONS)])
    return np.asarray(haversine_m(*drawn.T, *np.tile(at, (_PERMUTATIONS, 1)).T) / 1000.0)


def _distance_lines(km: Floats) -> dict[str, float]:
    near = {f"acc_{limit}km": _mean((km <= limit).astype(float)) for limit in THRESHOLDS_KM}
    return {"median_km": float(np.median(km)), "mean_km": _mean(np.minimum(km, WORST_KM)), **near}


def _place(marked: Marked, i: int) -> Mapping[str, Any]:
    target = marked.records[i].target
    return target if isinstance(target, Mapping) else {}


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else math.nan


def _breakdowns(marked: Marked, items: Items, majority: Floats) -> list[Breakdown]:
    made = [_by_question(marked, items, majority)]
    named = [rows for rows in marked.by_question().values() if marked.kinds[rows[0]] in _BY_NAME]
    if named:
        header = ("question", "n", "accuracy with aliases", "accuracy by plain equality")
        table = tuple(
            (
                marked.records[rows[0]].task,
                len(rows),
                float(marked.right[rows].mean()),
                sum(_plain(marked.records[i].text) == _folded(marked.truth(i)) for i in rows)
                / len(rows),
            )
            for rows in named
        )
        made.append(Breakdown("Names: with aliases, and by plain equality", header, table))
    header = ("n", "accuracy", "95 % low", "95 % high")
    for title, key in (("locatability", "difficulty"), ("city", "place")):
        labels = [str(record.metadata.get(key, "")) for record in marked.records]
        if len(set(labels) - {""}) > 1:
            shown = accuracy_rows(labels, marked.right, items)
            made.append(Breakdown(f"Pass Score, by {title}", (title, *header), shown))
    return made


def _by_question(marked: Marked, items: Items, majority: Floats) -> Breakdown:
    labels = [record.task for record in marked.records]
    known = {str(row[0]): row for row in accuracy_rows(labels, marked.right, items)}
    weights, closed = _weights(marked), _closed(marked)
    total = sum(map(len, closed.values()))
    header = (
        *("question", "n", "accuracy", "95 % low", "95 % high", "share of the commonest"),
        *("accuracy, balanced", "MCC", "share readable"),
    )
    table = []
    for number, rows in marked.by_question().items():
        balanced: JSON = "n/a"
        correlation: JSON = "n/a"
        if number in closed:
            scale = len(closed) * len(rows) / total
            balanced = float((marked.right * weights)[rows].mean() * scale)
            correlation = _matthews_of(marked, rows)
        readable = sum(marked.answers[i] is not None for i in rows) / len(rows)
        figures = known[marked.records[rows[0]].task][1:]
        table.append(
            (
                *(marked.records[rows[0]].task, *figures, float(majority[rows].mean())),
                *(balanced, correlation, readable),
            )
        )
    return Breakdown("By question (n/a: free text, or all truths are alike)", header, tuple(table))


def _plain(text: str) -> str:
    return str(read_with(text, lambda region: Reading(_folded(region), "ok")).value)


def _folded(text: str) -> str:
    return text.strip(" \t\r\n.*\"'`").casefold()


def _policies(marked: Marked) -> Policies:
    return Policies(
        distance="WGS-84 geodesic",
        comparison=f"<=; Q21 right within {marked.limit_km:g} km",
        missing="wrong; beyond any distance, 20,004 km in the mean",
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
