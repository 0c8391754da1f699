"""Two runs, sample by sample: differences, wins and losses, tests."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from geobench_tools.errors import InputError
from geobench_tools.evaluation._parts import Part, Parts
from geobench_tools.evaluation._scores import Items, finite
from geobench_tools.evaluation._statistics import Bootstrap, interval_of_difference, mcnemar
from geobench_tools.models import JSON

__all__ = ["Comparison", "Difference", "compare_items", "policy_differences"]

Floats = npt.NDArray[np.float64]

_LOWER_IS_BETTER = ("median_km", "mean_km", "completion_tokens")
_SAME_POLICY = ("benchmark", "sampling", "max_side_px")


@dataclass(frozen=True)
class Difference:
    """One metric of two runs over the samples that both have.

    Attributes:
        metric: Its name.
        first: Mean of the first run (median for ``median_km``).
        second: Of the second run.
        difference: Second minus first; for ``median_km`` the median of paired differences; for a
            mean of means (balanced accuracy) that of the samples that both runs have.
        low: Lower end of its 95 % interval: Agresti and Min's for yes/no metrics of independent
            samples, else bootstrap clustered by group.
        high: Upper end.
        wins: Samples on which the second run is better.
        losses: Samples on which it is worse.
        ties: The others.
        p_value: McNemar's exact test, for yes/no metrics of samples that are independent.
    """

    metric: str
    first: float | None
    second: float | None
    difference: float | None
    low: float | None
    high: float | None
    wins: int
    losses: int
    ties: int
    p_value: float | None


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side.

    Attributes:
        first: Name of the first run.
        second: Name of the second run.
        samples: Samples that both have.
        only_first: Samples that only the first has; they do not count.
        only_second: Likewise.
        policy: In what the two runs were not asked alike.
        differences: By metric.
    """

    first: str
    second: str
    samples: int
    only_first: int
    only_second: int
    policy: tuple[str, ...]
    differences: tuple[Difference, ...]

    def document(self) -> dict[str, JSON]:
        """Return the comparison as JSON."""
        document: dict[str, JSON] = asdict(self)
        return document


def policy_differences(first: Mapping[str, JSON], second: Mapping[str, JSON]) -> tuple[str, ...]:
    """Return in what two run identities differ apart from the model."""
    different = []
    for part in _SAME_POLICY:
        one, two = first.get(part), second.get(part)
        if isinstance(one, Mapping) and isinstance(two, Mapping):
            names = sorted({*one, *two})
            pairs = [(f"{part} {name}", one.get(name), two.get(name)) for name in names]
        else:
            pairs = [(part, one, two)]
        different += [f"{name}: {a!r} and {b!r}" for name, a, b in pairs if a != b]
    return tuple(different)


def compare_items(
    first: Items, second: Items, names: tuple[str, str], policy: Sequence[str] = ()
) -> Comparison:
    """Compare the verdicts of two runs.

    Several runs of one sample are averaged first.

    Raises:
        InputError: The runs share no sample, or no metric.
    """
    one, two = _by_sample(first), _by_sample(second)
    shared = [sample for sample in one.rows if sample in two.rows]
    metrics = [name for name in one.values if name in two.values]
    if not shared or not metrics:
        raise InputError(
            f"{names[0]} and {names[1]} share no sample", hint="compare runs of one benchmark"
        )
    left = [one.rows[sample] for sample in shared]
    right = [two.rows[sample] for sample in shared]
    groups = [one.groups[sample] for sample in shared]
    bootstrap = Bootstrap.of(groups)
    return Comparison(
        *names,
        len(shared),
        len(one.rows) - len(shared),
        len(two.rows) - len(shared),
        tuple(policy),
        tuple(
            _difference(
                name,
                one.values[name][left],
                two.values[name][right],
                bootstrap,
                [one.parts[name][row] for row in left] if name in one.parts else (),
            )
            for name in metrics
        ),
    )


@dataclass(frozen=True)
class _Samples:
    rows: Mapping[str, int]
    groups: Mapping[str, str]
    values: Mapping[str, Floats]
    parts: Mapping[str, Sequence[Part]]


def _by_sample(items: Items) -> _Samples:
    rows: dict[str, int] = {}
    for sample in items.sample_ids:
        rows.setdefault(sample, len(rows))
    places = np.array([rows[sample] for sample in items.sample_ids])
    values = {}
    for name, each in items.values.items():
        known = ~np.isnan(each)
        sums = np.bincount(places[known], each[known], len(rows))
        counts = np.bincount(places[known], minlength=len(rows))
        with np.errstate(invalid="ignore"):
            values[name] = sums / counts
    firsts = np.unique(places, return_index=True)[1]
    parts = {name: [each[row] for row in firsts] for name, each in items.parts.items()}
    return _Samples(rows, dict(zip(items.sample_ids, items.groups, strict=True)), values, parts)


def _difference(
    metric: str, first: Floats, second: Floats, bootstrap: Bootstrap, parts: Sequence[Part]
) -> Difference:
    both = ~(np.isnan(first) | np.isnan(second))
    binary = bool(np.isin(np.concatenate([first[both], second[both]]), (0.0, 1.0)).all())
    sign = -1.0 if metric in _LOWER_IS_BETTER else 1.0
    wins = int((both & (sign * second > sign * first)).sum())
    losses = int((both & (sign * second < sign * first)).sum())
    with np.errstate(invalid="ignore"):
        delta = np.where(first == second, 0.0, second - first)
    delta[~both] = np.nan
    if metric == "median_km":
        figures = [
            float(np.median(each[both])) if both.any() else np.nan for each in (first, second)
        ]
        middle = float(np.median(delta[both])) if both.any() else np.nan
        low, high = bootstrap.median(delta)
    elif parts:
        inside = Parts.of(delta, parts)
        figures = [inside.mean(each) for each in (first, second)]
        middle = figures[1] - figures[0]
        low, high = bootstrap.mean_of_means(delta, inside)
    else:
        figures = [float(each[both].mean()) if both.any() else np.nan for each in (first, second)]
        middle = figures[1] - figures[0]
        low, high = interval_of_difference(delta, bootstrap) if binary else bootstrap.mean(delta)
    independent = bootstrap.clusters == len(first) and not parts
    return Difference(
        metric,
        finite(figures[0]),
        finite(figures[1]),
        finite(middle),
        finite(low),
        finite(high),
        wins,
        losses,
        int(both.sum()) - wins - losses,
        mcnemar(losses, wins).p_value if binary and independent else None,
    )
