"""How pairing questions are scored."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from geobench_tools.benchmarks._readings import letters_table, value_of
from geobench_tools.evaluation import (
    Breakdown,
    Items,
    Metric,
    SampleRecord,
    Scores,
    accuracy_rows,
    estimate,
)

__all__ = ["pairing_items", "pairing_scores"]

Floats = npt.NDArray[np.float64]

_BANDS_M = (100, 250, 500, 1000, 2500)
_POLICY = {
    "strict": "all questions count; a missing, unreadable or failed answer is wrong",
    "readable only": "wrong and right among readable replies; not a headline",
    "all rotations": "a photo counts as right only if it is right under each of its rotations",
    "distance band": "from the camera to the nearest wrong tile's centre",
    "intervals": "95 %: Wilson, or Poisson bootstrap clustered by photo",
    "majority": "the commonest right letter always",
    "chance": "1 / K",
}


def pairing_items(records: Sequence[SampleRecord]) -> Items:
    """Return strict verdicts for each question."""
    right = np.array([float(value_of(record) == record.target) for record in records])
    readable = np.array([value_of(record) is not None for record in records], bool)
    values = {
        "accuracy": right,
        "readable_accuracy": np.where(readable, right, np.nan),
        "completion_tokens": np.array(
            [float(record.usage.completion_tokens or np.nan) for record in records]
        ),
    }
    circular = _circular(records, right)
    if np.isfinite(circular).any():
        values["circular_accuracy"] = circular
    return Items.of(records, values)


def pairing_scores(
    name: str, records: Sequence[SampleRecord], labels: Sequence[str], *, probe: str
) -> Scores:
    """Score a run; ``probe`` names what was withheld."""
    items = pairing_items(records)
    targets = Counter(record.target for record in records)
    majority = max(targets.values()) / len(records) if records else None
    chance = 1 / len(labels)
    accuracy = estimate(items.values["accuracy"], items)
    readable = estimate(items.values["readable_accuracy"], items)
    metrics = [
        Metric("accuracy", "Accuracy", "share", "higher", accuracy, None, majority, chance),
        Metric(
            "readable_accuracy", "… of readable replies", "share", "higher", readable, None, None,
            chance,
        ),
    ]  # fmt: skip
    if "circular_accuracy" in items.values:
        circular = estimate(items.values["circular_accuracy"], items)
        metrics.append(
            Metric(
                "circular_accuracy", "All rotations right", "share", "higher", circular, None, 0.0,
                chance ** _turns(records),
            )
        )  # fmt: skip
    tokens = estimate(items.values["completion_tokens"], items)
    if tokens.n:
        metrics.append(Metric("completion_tokens", "Completion length", "tokens", "lower", tokens))
    return Scores.of(
        name,
        records,
        metrics,
        breakdowns=_breakdowns(records, items, labels),
        policy={**_POLICY, "probe": probe},
    )


def _circular(records: Sequence[SampleRecord], right: Floats) -> Floats:
    """1 or 0 at the first rotation of each photo and run; NaN elsewhere and without rotations."""
    members: dict[tuple[str, int], list[int]] = defaultdict(list)
    for i, record in enumerate(records):
        members[record.group, record.run_index].append(i)
    values = np.full(len(records), np.nan)
    for places in members.values():
        if len(places) > 1:
            values[places[0]] = right[places].min()
    return values


def _turns(records: Sequence[SampleRecord]) -> int:
    return max(Counter((record.group, record.run_index) for record in records).values())


def _breakdowns(
    records: Sequence[SampleRecord], items: Items, labels: Sequence[str]
) -> list[Breakdown]:
    right = items.values["accuracy"]
    header = ("n", "accuracy", "95 % low", "95 % high")
    bands = [_band(record.metadata.get("negative_distance_m")) for record in records]
    rows = accuracy_rows(bands, right, items)
    order = {_band(edge - 1): place for place, edge in enumerate((*_BANDS_M, 10**9))}
    made = [
        Breakdown(
            "By distance to the nearest wrong tile",
            ("distance", *header),
            tuple(sorted(rows, key=lambda row: order.get(str(row[0]), len(order)))),
        )
    ]
    places = [str(record.metadata.get("place") or "") for record in records]
    if any(places):
        rows = accuracy_rows(places, right, items, most=30)
        made.append(Breakdown("By place", ("place", *header), rows))
    return [*made, letters_table(records, labels)]


def _band(metres: object) -> str:
    if not isinstance(metres, int | float):
        return "unknown"
    low = 0
    for high in _BANDS_M:
        if metres < high:
            return f"{low:,}-{high:,} m"
        low = high
    return f"over {low:,} m"
