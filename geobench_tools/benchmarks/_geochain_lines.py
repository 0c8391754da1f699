"""GeoChain's lines to beat: each question's commonest answer, and one drawn at random."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.benchmarks._geochain_marked import CHOICES, Marked
from geobench_tools.benchmarks._geoloc_scores import (
    chance_values,
    commonest,
    drawn_km,
    middle_of_metric,
)
from geobench_tools.benchmarks._geoloc_verdicts import distance_values, geodesic_km, positions_of
from geobench_tools.benchmarks._readings import mapping_of

__all__ = ["chance_lines", "majority_lines"]

Floats = npt.NDArray[np.float64]


def majority_lines(marked: Marked) -> tuple[Floats, dict[str, float]]:
    """Return what each question's commonest answer scores, by record and by metric."""
    right = np.zeros(len(marked.records))
    lines: dict[str, float] = {}
    for rows in marked.by_question().values():
        if marked.kinds[rows[0]] == "latlon":
            places = _places(marked, rows)
            here = positions_of([commonest(places)] * len(rows))
            km = geodesic_km(np.hstack([here, positions_of(places)]))
            right[rows] = (km <= marked.limit_km).astype(float)
            lines |= {name: middle_of_metric(name, v) for name, v in distance_values(km).items()}
            continue
        counts = Counter(marked.truth(i) for i in rows)
        most = min(counts, key=lambda answer: (-counts[answer], answer))
        if marked.kinds[rows[0]] == "languages":
            own = marked.languages(most)
            true = [marked.languages(marked.truth(i)) for i in rows]
            right[rows] = [float(not own.isdisjoint(each)) for each in true]
            lines["languages_f1"] = float(np.mean([marked.f1(i, own) for i in rows]))
        else:
            right[rows] = [float(marked.truth(i) == most) for i in rows]
    weights = marked.weights()
    if np.isfinite(weights).any():
        lines["balanced_accuracy"] = float(np.nanmean(right * weights))
    return right, lines


def chance_lines(marked: Marked) -> tuple[Floats, dict[str, float]]:
    """Return what one of the answers to choose from scores, by record and by metric.

    Where there are none, the answer is that of a picture drawn at random.
    """
    right = np.zeros(len(marked.records))
    lines: dict[str, float] = {}
    for rows in marked.by_question().values():
        kind = marked.kinds[rows[0]]
        if kind in CHOICES:
            right[rows] = 1 / CHOICES[kind]
        elif kind == "latlon":
            places = _places(marked, rows)
            lines |= chance_values(places)
            right[rows] = float(np.mean(drawn_km(places) <= marked.limit_km))
        else:
            counts = Counter(marked.truth(i) for i in rows)
            right[rows] = _agreement(counts, marked.languages if kind == "languages" else None)
    closed = marked.closed()
    if closed:
        each = [1 / CHOICES[marked.kinds[rows[0]]] for rows in closed.values()]
        lines["balanced_accuracy"] = sum(each) / len(each)
    return right, lines


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


def _places(marked: Marked, rows: list[int]) -> list[Mapping[str, Any]]:
    return [mapping_of(marked.records[i].target) for i in rows]
