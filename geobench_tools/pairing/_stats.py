"""What a pairing set holds, counted in one pass with memory that does not grow with its rows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from geobench_tools.array_types import U64, Bools, Floats
from geobench_tools.pairing._sets import SPLITS, PairingSet

__all__ = ["DISTANCES", "Lengths", "PairingStats", "Period", "Totals", "summarise"]


DISTANCES = {
    "camera_distance_m": "camera to the centre of its own tile",
    "negative_distance_m": "camera to the centre of the nearest wrong tile",
    "min_separation_m": "nearest two candidates",
    "max_separation_m": "farthest two candidates",
}
"""The distances that are summarised, with their meaning."""

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
NEAR_M = (250, 500, 1000, 2000)

_SHORTEST, _LONGEST, _BINS = 0.1, 2.1e7, 1 << 15
_STEP = np.log(_LONGEST / _SHORTEST) / _BINS
_MOST_BARS = 40
_MERGE_AFTER = 32
_BATCH_ROWS = 1 << 16


@dataclass(frozen=True)
class Lengths:
    """A distribution of lengths in metres.

    Quantiles and bars come from 32,768 logarithmic bins, so they are exact to 0.06 %; least,
    greatest and mean are exact.

    Attributes:
        count: Number of lengths.
        missing: Number of rows without one.
        least: Smallest length; this, ``mean`` and ``greatest`` are NaN without lengths.
        mean: Mean length.
        greatest: Largest length.
        quantiles: Length at each of ``QUANTILES``.
        edges: Borders of the histogram's bars, equally wide, one more than bars.
        bars: Lengths in each bar.
        beyond: Lengths above the last edge.
    """

    count: int
    missing: int
    least: float
    mean: float
    greatest: float
    quantiles: dict[float, float]
    edges: tuple[float, ...]
    bars: tuple[int, ...]
    beyond: int


@dataclass(frozen=True)
class Period:
    """When views were captured, UTC.

    Attributes:
        known: Views with a time.
        missing: Views without one.
        first: The earliest; None without times.
        last: The latest.
        years: Number of views by year, ascending.
    """

    known: int
    missing: int
    first: datetime | None
    last: datetime | None
    years: dict[int, int]


@dataclass(frozen=True)
class Totals:
    """What became of the views of one kind.

    Attributes:
        read: Views in the input; None if the set does not say.
        used: Views that questions name.
        dropped: Views left out, by reason, most frequent first.
    """

    read: int | None
    used: int
    dropped: dict[str, int]

    @property
    def add_up(self) -> bool | None:
        """Whether used and dropped views make up those read; None if the set does not say."""
        return None if self.read is None else self.read == self.used + sum(self.dropped.values())


@dataclass(frozen=True)
class PairingStats:
    """Summary of a pairing set.

    Attributes:
        k: Candidates of each question.
        sampler: How candidates were chosen.
        questions: Rows by split, rotations included; splits without rows are left out.
        cameras: Questions by split, rotations counted once.
        cliques: Distinct cliques by split.
        cells: Distinct H3 cells of the cliques by split.
        resolutions: Cliques by H3 resolution of their cell; a finer cell has harder negatives.
        letters: Right answers by split and letter, rotations included.
        distances: By the names of ``DISTANCES``, rotations counted once.
        within: Share of questions whose nearest wrong tile is within each of ``NEAR_M`` metres.
        places: Ground views by place, most frequent first; ``""`` stands for none.
        providers: Views by kind and provider, most frequent first; ``""`` stands for none.
        periods: Times of capture by kind.
        totals: Views read, used and dropped by kind.
    """

    k: int
    sampler: str
    questions: dict[str, int]
    cameras: dict[str, int]
    cliques: dict[str, int]
    cells: dict[str, int]
    resolutions: dict[int, int]
    letters: dict[str, dict[str, int]]
    distances: dict[str, Lengths]
    within: dict[int, float]
    places: dict[str, int]
    providers: dict[str, dict[str, int]]
    periods: dict[str, Period]
    totals: dict[str, Totals]

    def document(self) -> dict[str, Any]:
        """Return the summary as a JSON document; NaN becomes null."""
        document: dict[str, Any] = _plain(asdict(self))
        for kind, totals in self.totals.items():
            document["totals"][kind]["add_up"] = totals.add_up
        return document


def summarise(pairs: PairingSet) -> PairingStats:
    """Count what a pairing set holds.

    Raises:
        InputError: A part of the set cannot be read.
    """
    lengths = {name: _LengthCounter() for name in DISTANCES}
    splits = {split: _SplitCounter() for split in SPLITS}
    columns = ["rotation", "clique_id", "cell", *DISTANCES]
    for split, counter in splits.items():
        for batch in pairs.question_batches(split, ["answer", *columns], rows=_BATCH_ROWS):
            table = {name: batch.column(name).to_numpy(zero_copy_only=False) for name in columns}
            once = table["rotation"] == 0
            counter.add(batch.column("answer"), once, table["clique_id"][once], table["cell"][once])
            for name, collected in lengths.items():
                collected.add(table[name][once].astype(np.float64))
    splits = {split: counter for split, counter in splits.items() if counter.rows}
    cliques = {split: counter.cliques() for split, counter in splits.items()}
    resolutions = Counter[int]()
    for _, cells in cliques.values():
        resolutions.update(((cells >> np.uint64(52)) & np.uint64(15)).tolist())
    views = {kind: _ViewCounter(pairs, kind) for kind in ("ground", "satellite")}
    return PairingStats(
        k=pairs.k,
        sampler=str(pairs.manifest.parameters.get("sampler", "")),
        questions={split: counter.rows for split, counter in splits.items()},
        cameras={split: counter.once for split, counter in splits.items()},
        cliques={split: len(ids) for split, (ids, _) in cliques.items()},
        cells={split: len(np.unique(cells)) for split, (_, cells) in cliques.items()},
        resolutions=dict(sorted(resolutions.items())),
        letters={split: dict(sorted(c.letters.items())) for split, c in splits.items()},
        distances={name: collected.lengths() for name, collected in lengths.items()},
        within={metres: lengths["negative_distance_m"].share_within(metres) for metres in NEAR_M},
        places=_ranked(views["ground"].values["place"]),
        providers={kind: _ranked(view.values["provider"]) for kind, view in views.items()},
        periods={kind: view.period() for kind, view in views.items()},
        totals={kind: _totals(pairs, kind, view.rows) for kind, view in views.items()},
    )


class _LengthCounter:
    def __init__(self) -> None:
        self._fine = np.zeros(_BINS + 1, np.int64)
        self._missing = 0
        self._sum = 0.0
        self._least, self._greatest = np.inf, -np.inf

    def add(self, metres: Floats) -> None:
        known = metres[np.isfinite(metres)]
        self._missing += len(metres) - len(known)
        if not len(known):
            return
        logs = np.log(np.maximum(known, _SHORTEST) / _SHORTEST)
        bins = np.minimum((logs / _STEP).astype(np.int64) + (known >= _SHORTEST), _BINS)
        self._fine += np.bincount(bins, minlength=_BINS + 1)
        self._sum += float(known.sum())
        self._least = min(self._least, float(known.min()))
        self._greatest = max(self._greatest, float(known.max()))

    def share_within(self, metres: float) -> float:
        total = int(self._fine.sum())
        return float(self._fine[_fine_edges()[1:] <= metres].sum() / total) if total else 0.0

    def lengths(self) -> Lengths:
        total = int(self._fine.sum())
        if not total:
            nothing = float("nan")
            return Lengths(0, self._missing, nothing, nothing, nothing, {}, (), (), 0)
        quantiles = {q: self._quantile(q) for q in QUANTILES}
        edges = _bar_edges(quantiles[0.99], self._greatest)
        fine = _fine_edges()
        place = np.searchsorted(edges, (fine[:-1] + fine[1:]) / 2, side="right") - 1
        if self._greatest < edges[-1]:
            place = np.minimum(place, len(edges) - 2)
        bars = np.bincount(place, self._fine, minlength=len(edges))[: len(edges)]
        return Lengths(
            count=total,
            missing=self._missing,
            least=self._least,
            mean=self._sum / total,
            greatest=self._greatest,
            quantiles=quantiles,
            edges=tuple(edges.tolist()),
            bars=tuple(int(n) for n in bars[:-1]),
            beyond=int(bars[-1]),
        )

    def _quantile(self, share: float) -> float:
        cumulative = np.cumsum(self._fine)
        place = int(np.searchsorted(cumulative, share * cumulative[-1]))
        low, high = _fine_edges()[place : place + 2]
        return float(np.clip((low + high) / 2, self._least, self._greatest))


def _fine_edges() -> Floats:
    return np.concatenate([[0.0], _SHORTEST * np.exp(_STEP * np.arange(_BINS + 1))])


def _bar_edges(p99: float, greatest: float) -> Floats:
    """Choose equally wide bars of a round width; a long tail is cut off at twice the 99th %."""
    end = greatest if greatest <= 2 * p99 else 1.2 * p99
    end = max(end, 1e-3)
    power = 10.0 ** np.floor(np.log10(end / _MOST_BARS))
    width = next(power * step for step in (1, 2, 5, 10) if end / (power * step) <= _MOST_BARS)
    return np.asarray(width * np.arange(int(np.floor(end / width)) + 2))


class _SplitCounter:
    def __init__(self) -> None:
        self.rows = self.once = 0
        self.letters = Counter[str]()
        self._ids: list[U64] = []
        self._cells: list[U64] = []

    def add(self, answers: Any, once: Bools, ids: U64, cells: U64) -> None:
        self.rows += len(answers)
        self.once += int(once.sum())
        _count(self.letters, answers)
        first = np.unique(ids, return_index=True)[1]
        self._ids.append(ids[first])
        self._cells.append(cells[first])
        if len(self._ids) > _MERGE_AFTER:
            self.cliques()

    def cliques(self) -> tuple[U64, U64]:
        """Merge what was collected: distinct clique ids, and the cell of each."""
        ids, first = np.unique(np.concatenate(self._ids), return_index=True)
        cells = np.concatenate(self._cells)[first]
        self._ids, self._cells = [ids], [cells]
        return ids, cells


class _ViewCounter:
    def __init__(self, pairs: PairingSet, kind: str) -> None:
        self.rows = 0
        self.values = {"place": Counter[str](), "provider": Counter[str]()}
        self._years = Counter[int]()
        self._times: list[datetime] = []
        names = ("view_id", "captured_at", *self.values)
        for batch in pairs.view_batches(kind, names, rows=_BATCH_ROWS):
            self.rows += batch.num_rows
            for name, counter in self.values.items():
                if name in batch.schema.names:
                    _count(counter, batch.column(name).fill_null(""))
                else:
                    counter[""] += batch.num_rows
            if "captured_at" in batch.schema.names:
                self._add_times(batch.column("captured_at").drop_null())

    def _add_times(self, times: Any) -> None:
        import pyarrow.compute as pc

        if len(times):
            _count(self._years, pc.year(times))
            ends = [end.as_py().astimezone(UTC) for end in pc.min_max(times).values()]
            self._times = [min([*self._times, *ends]), max([*self._times, *ends])]

    def period(self) -> Period:
        known = sum(self._years.values())
        first, last = self._times or (None, None)
        years = dict(sorted(self._years.items()))
        return Period(known, self.rows - known, first, last, years)


def _count(counter: Counter[Any], column: Any) -> None:
    import pyarrow.compute as pc

    for entry in pc.value_counts(column).to_pylist():
        counter[entry["values"]] += entry["counts"]


def _totals(pairs: PairingSet, kind: str, used: int) -> Totals:
    prefix = f"{kind}: "
    dropped = {
        reason.removeprefix(prefix): n
        for reason, n in pairs.manifest.dropped.items()
        if reason.startswith(prefix)
    }
    return Totals(pairs.manifest.counts.get(f"{kind}_read"), used, _ranked(dropped))


def _ranked(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return None if isinstance(value, float) and not np.isfinite(value) else value
