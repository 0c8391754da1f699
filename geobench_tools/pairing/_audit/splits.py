"""What must not be shared between splits: ground views, tiles and the ground that tiles cover."""

from itertools import combinations

import numpy as np

from geobench_tools.array_types import I64, U64
from geobench_tools.pairing._audit.arrays import is_member, sorted_unique, without_repeats
from geobench_tools.pairing._audit.checks import EXAMPLES, ONE_SPLIT, Check, Tally
from geobench_tools.pairing._audit.crossing import crossing_pairs, to_boxes
from geobench_tools.pairing._audit.lookup import SIDES, Used, ViewLookup
from geobench_tools.pairing._sets import SPLITS

__all__ = ["GroundLedger", "TileLedger"]


_NONE: U64 = np.zeros(0, np.uint64)
_ENOUGH = 1000


class GroundLedger:
    """Which ground view was asked about in which split and rotation."""

    def __init__(self, k: int) -> None:
        self._k = k
        self._ids: list[dict[int, list[U64]]] = [{} for _ in SPLITS]

    def add(self, ground: U64, rotation: I64, split: int) -> None:
        """Add questions of one split; ground views as hashed ids."""
        for turn in sorted_unique(rotation).tolist() if rotation.any() else [0]:
            chosen = ground if not rotation.any() else ground[rotation == turn]
            self._ids[split].setdefault(turn, []).append(chosen)

    def checks(self, views: ViewLookup, splits: int) -> list[Check]:
        """Return the checks ``rotations`` and ``ground-splits``; call once."""
        rotations = Tally("rotations", "ground views")
        asked = []
        for name, turns in zip(SPLITS, self._ids, strict=True):
            ids = {turn: np.concatenate(turns.pop(turn)) for turn in sorted(turns)}
            for values in ids.values():
                values.sort()
            if set(ids) == {0}:
                everyone = without_repeats(ids[0])
            else:
                everyone = sorted_unique(np.concatenate([_NONE, *ids.values()]))
            bad = _rotation_faults(ids, self._k)
            rotations.checked += len(everyone)
            rotations.failed += len(bad)
            room = EXAMPLES - len(rotations.examples)
            rotations.examples += [f"{view} in {name}" for view in views.names(bad[:room])]
            asked.append(everyone)
        apart = _shared(Tally("ground-splits", "ground views"), asked, views, splits)
        return [rotations.check(), apart]


def _rotation_faults(ids: dict[int, U64], k: int) -> U64:
    """Return the ground views that are not asked once in rotation 0 alone or once in all K.

    Args:
        ids: Sorted ids of the questions in each rotation.
        k: Number of rotations.
    """
    twice = [values[1:][values[1:] == values[:-1]] for values in ids.values()]
    turned = sorted_unique(np.concatenate([_NONE, *(v for turn, v in ids.items() if turn)]))
    lacking = [turned[~is_member(turned, ids.get(turn, _NONE))] for turn in range(k)]
    beyond = [values for turn, values in ids.items() if not 0 <= turn < k]
    return sorted_unique(np.concatenate([_NONE, *twice, *lacking, *beyond]))


class TileLedger:
    """Which tile was a candidate in which split, and what ground it covers.

    Args:
        rows: Number of tiles in the view tables; 0 keeps nothing, for a set of one split.
    """

    def __init__(self, rows: int) -> None:
        # A tile can be handed in twice: from its part and from the whole table.
        self._ids = np.empty(2 * rows, np.uint64)
        self._bits = np.empty(2 * rows, np.uint8)
        self._boxes = np.empty((2 * rows, 4), np.int32)
        self._count = 0

    def add(self, used: Used | None) -> None:
        """Add tiles with the marks of the splits that named them."""
        if used is None or not len(self._ids):
            return
        new = slice(self._count, self._count + len(used.ids))
        self._count = new.stop
        self._ids[new], self._bits[new] = used.ids, used.splits
        west, south, east, north = (used.columns[side].astype(np.float64) for side in SIDES)
        lon, lat = used.columns["lon"], used.columns["lat"]
        self._boxes[new] = to_boxes(lon + west, lat + south, east - west, north - south)

    def checks(self, views: ViewLookup, splits: int) -> list[Check]:
        """Return the checks ``tile-splits`` and ``footprint-splits``."""
        bits = self._bits[: self._count]
        ids = [self._ids[: self._count][bits >> code & 1 == 1] for code in range(len(SPLITS))]
        for values in ids:
            values.sort()
        ids = [without_repeats(values) for values in ids]
        tiles = _shared(Tally("tile-splits", "tiles"), ids, views, splits)
        del ids
        footprints = Tally("footprint-splits", "tiles")
        flat = np.any(self._boxes[: self._count, 2:] <= 0, axis=1)
        footprints.unchecked = int(flat.sum())
        footprints.checked = self._count - footprints.unchecked
        for a, b in combinations(range(len(SPLITS)), 2):
            rows = (np.flatnonzero(bits >> code & 1) for code in (a, b))
            more, fewer = sorted(rows, key=len, reverse=True)
            pairs = crossing_pairs(self._boxes, more, fewer, _ENOUGH)
            footprints.failed += len(sorted_unique(pairs[:, 1]))
            for pair in pairs[: EXAMPLES - len(footprints.examples)]:
                one, other = views.names(self._ids[pair])
                where = f"{SPLITS[a]} and {SPLITS[b]}"
                footprints.examples.append(f"{one} and {other} in {where}")
        if footprints.failed >= _ENOUGH:
            footprints.note = "the search stopped early: there may be more"
        if splits < 2:
            footprints.note = ONE_SPLIT
        return [tiles, footprints.check(missing="have no footprint")]


def _shared(tally: Tally, ids: list[U64], views: ViewLookup, splits: int) -> Check:
    """Count ids that occur in several splits; ``ids`` has those of each, ascending."""
    if splits < 2:
        tally.note = ONE_SPLIT
        return tally.check()
    tally.checked = sum(map(len, ids))
    for a, b in combinations(range(len(SPLITS)), 2):
        fewer, more = sorted((ids[a], ids[b]), key=len)
        both = fewer[is_member(fewer, more)]
        tally.failed += len(both)
        room = EXAMPLES - len(tally.examples)
        where = f"{SPLITS[a]} and {SPLITS[b]}"
        tally.examples += [f"{name} in {where}" for name in views.names(both[:room])]
    return tally.check()
