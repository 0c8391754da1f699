"""What a benchmark makes of its records: one value per sample and metric, then estimates.

``scores.json`` is :meth:`Scores.document`, a function of the records alone. In ``strict`` every
sample counts and a missing answer is wrong; ``official`` is what the benchmark's own code gives.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

from geobench_tools.evaluation._parts import Part, Parts
from geobench_tools.evaluation._policies import Policies
from geobench_tools.evaluation._record import ReadingLike, Sample, SampleRecord, Status
from geobench_tools.evaluation._statistics import Bootstrap, interval_of_mean
from geobench_tools.models import JSON

__all__ = [
    "Breakdown",
    "Estimate",
    "Items",
    "Metric",
    "Rules",
    "Scores",
    "Unit",
    "accuracy_rows",
    "estimate",
    "estimate_median",
    "estimate_of_means",
    "finite",
]

Floats = npt.NDArray[np.float64]
Unit = Literal["share", "km", "points", "score", "tokens"]


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval.

    Attributes:
        value: None where no sample counts, or where it is not finite.
        n: Samples that count.
        low: Lower end of the interval; None without one.
        high: Upper end.
        run_sd: Standard deviation between the runs of a repeated evaluation.
    """

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    run_sd: float | None = None


@dataclass(frozen=True)
class Metric:
    """One line of the table.

    Attributes:
        name: As in ``city`` or ``acc_25km``.
        label: For people.
        unit: Of its values.
        better: Whether higher or lower is better.
        strict: Over all samples.
        official: By the benchmark's own rules; None where it has none for this metric.
        majority: What always giving the commonest answer scores (strict).
        chance: What answers drawn at random score (strict).
    """

    name: str
    label: str
    unit: Unit
    better: Literal["higher", "lower"]
    strict: Estimate | None = None
    official: Estimate | None = None
    majority: float | None = None
    chance: float | None = None


@dataclass(frozen=True)
class Breakdown:
    """A further table: its rows are a name and figures."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[JSON, ...], ...]


@dataclass(frozen=True)
class Items:
    """Verdicts on each record of a run, by metric.

    Attributes:
        sample_ids: Of each record.
        run_indices: Of each record.
        groups: Name of what a record shares with others that are not independent of it.
        values: By metric: 0 or 1, a distance in km, or points; NaN where a record does not count,
            infinity for the distance of a missing answer.
        parts: By metric that is a mean of means: the part of each record.
    """

    sample_ids: Sequence[str]
    run_indices: npt.NDArray[np.int64]
    groups: Sequence[str]
    values: Mapping[str, Floats]
    parts: Mapping[str, Sequence[Part]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        records: Sequence[SampleRecord],
        values: Mapping[str, Floats],
        parts: Mapping[str, Sequence[Part]] | None = None,
    ) -> "Items":
        """Take names, runs and groups from the records."""
        return cls(
            [record.sample_id for record in records],
            np.array([record.run_index for record in records], np.int64),
            [record.group or record.sample_id for record in records],
            values,
            parts or {},
        )

    @cached_property
    def bootstrap(self) -> Bootstrap:
        """Resamples by group, shared by all estimates."""
        return Bootstrap.of(self.groups)


@dataclass(frozen=True)
class Scores:
    """All that ``scores.json`` holds.

    Attributes:
        benchmark: Name.
        sample: Whether these are the invented SAMPLE data, which measure nothing.
        records: Requests in the log.
        samples: Different samples among them.
        statuses: Records by status.
        coverage: Readable replies over all records.
        metrics: The table.
        breakdowns: Further tables.
        policy: The rules in words, by topic.
        policies: The rules by name and protocol; what ``runs compare`` holds runs against.
    """

    benchmark: str
    sample: bool
    records: int
    samples: int
    statuses: Mapping[Status, int]
    coverage: float | None
    metrics: tuple[Metric, ...]
    breakdowns: tuple[Breakdown, ...] = ()
    policy: Mapping[str, str] = field(default_factory=dict)
    policies: Mapping[str, Policies] = field(default_factory=lambda: {"strict": Policies()})

    @classmethod
    def of(
        cls,
        benchmark: str,
        records: Sequence[SampleRecord],
        metrics: Iterable[Metric],
        *,
        sample: bool = False,
        breakdowns: Iterable[Breakdown] = (),
        policy: Mapping[str, str] | None = None,
        policies: Mapping[str, Policies] | None = None,
    ) -> "Scores":
        """Count statuses and coverage, and put the rest together."""
        counted = Counter(record.status for record in records)
        return cls(
            benchmark,
            sample,
            len(records),
            len({record.sample_id for record in records}),
            {status: counted[status] for status in get_args(Status)},
            counted["ok"] / len(records) if records else None,
            tuple(metrics),
            tuple(breakdowns),
            dict(policy or {}),
            policies or {"strict": Policies()},
        )

    def document(self) -> dict[str, JSON]:
        """Return the scores as JSON."""
        document: dict[str, JSON] = asdict(self)
        return document


class Rules(Protocol):
    """How a benchmark reads and scores, apart from its data: enough for a finished run."""

    def read(self, text: str, sample: Sample) -> ReadingLike:
        """Read a reply; only the sample's target and metadata may be looked at."""
        ...

    def items(self, records: Sequence[SampleRecord]) -> Items:
        """Return strict verdicts on each record."""
        ...

    def score(self, records: Iterable[SampleRecord]) -> Mapping[str, JSON]:
        """Return the document of the scores."""
        ...


def finite(value: float) -> float | None:
    """Return a float, or None for infinity and NaN, which JSON does not have."""
    return float(value) if math.isfinite(value) else None


def estimate(values: Floats, items: Items) -> Estimate:
    """Return the mean of values that are not NaN, with its interval."""
    seen = np.isfinite(values)
    if not seen.any():
        return Estimate(None, 0)
    low, high = interval_of_mean(values, items.bootstrap)
    return Estimate(
        float(values[seen].mean()),
        int(seen.sum()),
        finite(low),
        finite(high),
        _run_sd(values, items),
    )


def estimate_of_means(values: Floats, parts: Sequence[Part], items: Items) -> Estimate:
    """Return the mean of the means of parts, with its interval."""
    inside = Parts.of(values, parts)
    if not len(inside.weights):
        return Estimate(None, 0)
    low, high = items.bootstrap.mean_of_means(values, inside)
    runs = np.unique(items.run_indices)
    each = [np.where(items.run_indices == run, values, math.nan) for run in runs]
    means = [Parts.of(one, parts).mean(one) for one in each]
    return Estimate(
        finite(inside.mean(values)),
        int((inside.codes >= 0).sum()),
        finite(low),
        finite(high),
        _spread(means),
    )


def estimate_median(values: Floats, items: Items) -> Estimate:
    """Return the median of values that are not NaN, with its interval; infinity ranks last."""
    seen = values[~np.isnan(values)]
    if not len(seen):
        return Estimate(None, 0)
    low, high = items.bootstrap.median(values)
    with np.errstate(invalid="ignore"):
        middle = float(np.median(seen))
    return Estimate(finite(middle), len(seen), finite(low), finite(high))


def accuracy_rows(
    labels: Sequence[str], values: Floats, items: Items, *, most: int = 0, fewest: int = 1
) -> tuple[tuple[JSON, ...], ...]:
    """Return rows (label, n, accuracy, low, high) by label, largest groups first."""
    index: dict[str, list[int]] = {}
    for i, label in enumerate(labels):
        if np.isfinite(values[i]):
            index.setdefault(label, []).append(i)
    ranked = sorted(index, key=lambda label: (-len(index[label]), label))
    rows = []
    for label in ranked[: most or None]:
        chosen = index[label]
        if len(chosen) < fewest:
            continue
        bootstrap = Bootstrap.of([items.groups[i] for i in chosen])
        low, high = interval_of_mean(values[chosen], bootstrap)
        mean = float(values[chosen].mean())
        rows.append((label or "(none)", len(chosen), mean, finite(low), finite(high)))
    return tuple(rows)


def _run_sd(values: Floats, items: Items) -> float | None:
    runs = np.unique(items.run_indices)
    each = [values[(items.run_indices == run) & np.isfinite(values)] for run in runs]
    return _spread([float(one.mean()) for one in each if len(one)])


def _spread(means: Sequence[float]) -> float | None:
    return finite(float(np.std(means, ddof=1))) if len(means) > 1 else None
