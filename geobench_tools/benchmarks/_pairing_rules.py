"""How replies to pairing questions are read and scored, apart from the set."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from geobench_tools.answers import Reading, read
from geobench_tools.benchmarks._readings import letters_table, value_of
from geobench_tools.evaluation import (
    Breakdown,
    Items,
    Metric,
    Sample,
    SampleRecord,
    Scores,
    accuracy_rows,
    estimate,
)
from geobench_tools.models import JSON
from geobench_tools.pairing import candidate_labels

__all__ = ["PairingRules"]

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


class PairingRules:
    """Readings and scores of questions with K candidates.

    Args:
        k: Number of candidates.
        probe: What was withheld from the model.
    """

    name = "pairing"
    sample = False

    def __init__(self, k: int, probe: str) -> None:
        self._labels = candidate_labels(k, "letters")
        self._probe = probe

    def read(self, text: str, sample: Sample) -> Reading:
        """Read one letter."""
        return read(text, "mcq", choices=self._labels)

    def items(self, records: Sequence[SampleRecord]) -> Items:
        """Return strict verdicts: accuracy, circular accuracy, tokens."""
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

    def score(self, records: Iterable[SampleRecord]) -> Mapping[str, JSON]:
        """Score all questions; a missing answer is wrong."""
        records = list(records)
        items = self.items(records)
        estimates = {name: estimate(values, items) for name, values in items.values.items()}
        targets = Counter(record.target for record in records)
        majority = max(targets.values()) / len(records) if records else None
        chance = 1 / len(self._labels)
        shares = [
            ("accuracy", "Accuracy", majority, chance),
            ("readable_accuracy", "… of readable replies", None, chance),
        ]
        if "circular_accuracy" in estimates:
            together = chance ** _turns(records)
            shares.append(("circular_accuracy", "All rotations right", 0.0, together))
        metrics = [
            Metric(name, label, "share", "higher", estimates[name], None, *lines)
            for name, label, *lines in shares
        ]
        tokens = estimates["completion_tokens"]
        if tokens.n:
            label = "Completion length"
            metrics.append(Metric("completion_tokens", label, "tokens", "lower", tokens))
        return Scores.of(
            self.name,
            records,
            metrics,
            breakdowns=_breakdowns(records, items, self._labels),
            policy={**_POLICY, "probe": self._probe},
        ).document()


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
