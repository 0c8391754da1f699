"""Whether each clique is balanced: every tile in each of its questions, right equally often."""

from dataclasses import dataclass, fields
from itertools import combinations

import numpy as np

from geobench_tools.array_types import I64, U64, Bools
from geobench_tools.counter_random import mix
from geobench_tools.pairing._audit.arrays import sorted_unique
from geobench_tools.pairing._audit.checks import EXAMPLES, Check, Tally
from geobench_tools.pairing._sets import SPLITS

__all__ = ["CliqueLedger"]


@dataclass(frozen=True)
class _Rows:
    """Questions: candidates sorted, place of the right one among those, hash of the order shown."""

    clique: U64
    rotation: I64
    tiles: U64
    right: I64
    order: U64

    def take(self, rows: I64 | Bools) -> "_Rows":
        return _Rows(*(getattr(self, field.name)[rows] for field in fields(self)))

    def joined(self, other: "_Rows") -> "_Rows":
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return _Rows(*(np.concatenate(pair) for pair in pairs))


class CliqueLedger:
    """Closes cliques as their questions stream by and carries the open ones on.

    A clique is closed once its questions so far share one set of K tiles and each tile is right
    equally often, in each rotation by itself; what is open in the end is unbalanced.
    """

    def __init__(self, k: int) -> None:
        self._k = k
        self._open: _Rows | None = None
        self._ids: list[list[U64]] = [[] for _ in SPLITS]
        self._times = (0, 0)
        self._disordered: list[U64] = []

    def add(self, clique: U64, rotation: I64, shown: U64, answer: I64, split: int) -> None:
        """Add questions of one split.

        Args:
            clique: Clique ids, shape (n,).
            rotation: Shape (n,).
            shown: Candidates with their images in the order shown, shape (n, K).
            answer: Place of the right candidate, shape (n,).
            split: Code of the split.
        """
        in_order = np.sort(shown, axis=1)
        right = np.take_along_axis(shown, answer[:, None], axis=1)
        rows = _Rows(
            clique,
            rotation,
            in_order,
            (in_order == right).argmax(axis=1),
            mix(*shown.T) if len(shown) else clique,
        )
        self._ids[split].append(sorted_unique(clique))
        self._close(rows if self._open is None else self._open.joined(rows))

    def _close(self, rows: _Rows) -> None:
        if not len(rows.clique):
            return
        rows, starts = _grouped(rows)
        sizes = np.diff(np.r_[starts, len(rows.clique)])
        times, same_set, same_order = self._facts(rows, starts, sizes)
        closed = same_set & (times.min(axis=1) == times.max(axis=1))
        if closed.any():
            low, high = int(times[closed].min()), int(times[closed].max())
            self._times = (min(self._times[0] or low, low), max(self._times[1], high))
            self._disordered.append(rows.clique[starts[closed & ~same_order]])
        self._open = rows.take(np.repeat(~closed, sizes))

    def _facts(self, rows: _Rows, starts: I64, sizes: I64) -> tuple[I64, Bools, Bools]:
        """How often each tile of each group is right; one set of tiles; one order."""
        k, groups = self._k, len(starts)
        group = np.repeat(np.arange(groups), sizes)
        times = np.bincount(group * k + rows.right, minlength=groups * k).reshape(groups, k)
        first = np.repeat(starts, sizes)
        same_set = np.logical_and.reduceat((rows.tiles == rows.tiles[first]).all(axis=1), starts)
        same_order = np.logical_and.reduceat(rows.order == rows.order[first], starts)
        return times, same_set, same_order

    def cliques(self) -> int:
        """Return the number of different cliques."""
        return len(_union([ids for part in self._ids for ids in part]))

    def checks(self) -> list[Check]:
        """Return the checks ``counting``, ``order`` and ``clique-splits``."""
        cliques = self.cliques()
        counting, order, splits = (
            Tally(name, "cliques", cliques) for name in ("counting", "order", "clique-splits")
        )
        self._count_open(counting)
        low, high = self._times
        counting.note = f"m = {low}" if low == high else f"m = {low} to {high}"
        disordered = _union(self._disordered)
        order.failed = len(disordered)
        order.examples = [f"clique {value}" for value in disordered[:EXAMPLES]]
        ids = [_union(part) for part in self._ids]
        for a, b in combinations(range(len(SPLITS)), 2):
            shared = np.intersect1d(ids[a], ids[b], assume_unique=True)
            splits.failed += len(shared)
            where = f"{SPLITS[a]} and {SPLITS[b]}"
            room = EXAMPLES - len(splits.examples)
            splits.examples += [f"clique {value} in {where}" for value in shared[:room]]
        return [tally.check() for tally in (counting, order, splits)]

    def _count_open(self, tally: Tally) -> None:
        if self._open is None or not len(self._open.clique):
            return
        rows, starts = _grouped(self._open)
        tally.failed = len(sorted_unique(rows.clique))
        sizes = np.diff(np.r_[starts, len(rows.clique)])
        times, same_set, _ = self._facts(rows, starts, sizes)
        for group in range(min(len(starts), EXAMPLES)):
            found = (
                f"its tiles are right {', '.join(map(str, times[group]))} times"
                if same_set[group]
                else "they do not share one set of tiles and images"
            )
            name = f"clique {rows.clique[starts[group]]}"
            tally.examples.append(f"{name}: {sizes[group]} questions, {found}")


def _union(ids: list[U64]) -> U64:
    return sorted_unique(np.concatenate(ids)) if ids else np.zeros(0, np.uint64)


def _grouped(rows: _Rows) -> tuple[_Rows, I64]:
    """Sort by (clique, rotation), keeping what is sorted already, and return the group starts."""
    order = np.lexsort((rows.rotation, rows.clique))
    rows = rows.take(order)
    changes = (np.diff(rows.clique) != 0) | (np.diff(rows.rotation) != 0)
    return rows, np.flatnonzero(np.r_[True, changes])
