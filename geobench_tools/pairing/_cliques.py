"""Cell cliques: groups of K tiles of one cell that serve as each other's hard negatives.

Tiles of a cell are shuffled by seeded hash and cut into groups of K; a group is kept if it passes
tests that look at the group as a set. Each member is then right for its own cameras and wrong for
those of the others, so that given the K tiles the answer is uniform by counting: no function of the
tiles carries information about it. What is left over goes to the next round, then to the parent
cell. The number of rounds depends on K alone: a stop that looked at the yield would depend on which
other cells happen to be in the partition.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
import numpy.typing as npt

from geobench_tools.counter_random import mix
from geobench_tools.geo import metres_to_chord, parent_cells
from geobench_tools.pairing._arrays import (
    CameraArrays,
    TileArrays,
    argsort_pairs,
    footprint_contains,
)
from geobench_tools.pairing._options import PairOptions

__all__ = ["NO_TIME", "Cliques", "Reason", "pack_cliques"]

U64 = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NO_TIME = np.iinfo(np.int64).min
"""Marks an unknown time in arrays of microseconds."""

_CLIQUE_STREAM = 0xC11C


class Reason:
    """Why a tile is in no clique: the test that its last group failed."""

    TOO_FEW = 0
    TOO_CLOSE = 1
    TOO_FAR = 2
    TIME = 3
    FOOTPRINT = 4

    TEXT = (
        "fewer than K tiles in the neighbourhood",
        "nearer to each other than the minimum separation",
        "farther from each other than the maximum distance",
        "not within one time window",
        "a camera stands in another tile's footprint",
    )


@dataclass(frozen=True)
class Cliques:
    """Packed cliques.

    Attributes:
        members: Row numbers of the tiles, shape (n, K), in the order shown to a model.
        cameras: How many cameras of each member are used, shape (n,): the same for all members.
        resolution: H3 resolution of the cell that holds the clique, shape (n,).
        clique_id: 64-bit name of each clique, shape (n,).
        cell: H3 cell that holds the clique, shape (n,).
        reason: For each tile not in a clique, why (``Reason``); -1 if placed, shape (tiles,).
        refused: Number of groups that each test refused, by ``Reason``.
    """

    members: Ints
    cameras: Ints
    resolution: Ints
    clique_id: U64
    cell: U64
    reason: npt.NDArray[np.int8]
    refused: tuple[int, ...]


def pack_cliques(
    tiles: TileArrays,
    cells: U64,
    cameras: CameraArrays,
    options: PairOptions,
    *,
    tile_time_us: Ints,
    camera_time_us: Ints,
) -> Cliques:
    """Pack tiles into cliques of K.

    Args:
        tiles: The tiles, each with at least one camera, sorted by (cell, key); tiles of different
            ``group`` never meet.
        cells: Cells of the tiles at the finest resolution of ``options``.
        cameras: The cameras, sorted by (tile, order of use).
        options: Resolved options.
        tile_time_us: Capture times of the tiles, microseconds since 1970, or ``NO_TIME``.
        camera_time_us: Capture times of the cameras.
    """
    count = np.bincount(cameras.tile, minlength=len(cells)).astype(np.int64)
    by_tile = _Cameras(cameras, camera_time_us, np.cumsum(count) - count, count)
    tests = _Tests(tiles, by_tile, options, tile_time_us)
    reason = np.full(len(cells), Reason.TOO_FEW, np.int8)
    refused = [0] * len(Reason.TEXT)
    left = np.arange(len(cells))
    kept: list[tuple[Ints, int]] = []
    for resolution in options.resolutions:
        level = parent_cells(cells, resolution)
        for turn in range(_rounds(options.k)):
            strata = _strata(tiles, level, left, options, turn, tile_time_us)
            order = mix(options.seed, resolution, turn, tiles.key[left])
            groups, rest = _cut(left, strata, order, options.k)
            failed = tests.first_failure(groups)
            for which, n in enumerate(np.bincount(failed, minlength=len(refused)).tolist()):
                refused[which] += n if which else 0
            reason[rest] = Reason.TOO_FEW
            reason[groups] = np.where(failed, failed, -1)[:, None]
            good = failed == 0
            kept.append((groups[good], resolution))
            left = left[reason[left] >= 0]
    members = np.concatenate([groups for groups, _ in kept])
    resolutions = np.repeat([r for _, r in kept], [len(groups) for groups, _ in kept])
    held_by = np.concatenate([parent_cells(cells[groups[:, 0]], r) for groups, r in kept])
    used = by_tile.usable(members, options)
    keys = tiles.key.take(members)
    names = mix(options.seed, _CLIQUE_STREAM, *(keys[:, i] for i in range(options.k)))
    return Cliques(members, used, resolutions, names, held_by, reason, tuple(refused))


def _rounds(k: int) -> int:
    """Return the rounds at each resolution: large groups fail more often and need more tries."""
    return max(4, 2 * k - 4)


def _strata(
    tiles: TileArrays, level: U64, left: Ints, options: PairOptions, turn: int, time_us: Ints
) -> Ints:
    """Number the sets of tiles that may meet: those of one cell, group and time bin."""
    cell = level[left]
    run = np.cumsum(np.concatenate([[False], cell[1:] != cell[:-1]])[: len(cell)])
    label = tiles.group[left].astype(np.int64)
    if options.within_s is not None:
        window = round(options.within_s * 1e6)
        bins = (time_us[left] + (turn % 2) * (window // 2)) // window
        label = np.unique(mix(label, bins), return_inverse=True)[1]
    return np.asarray(run * (int(label.max(initial=0)) + 1) + label)


def _cut(left: Ints, strata: Ints, order: U64, k: int) -> tuple[Ints, Ints]:
    """Shuffle the rows within each stratum and cut every K; return the groups and the rest."""
    position = argsort_pairs(strata, order)
    rows, strata = left[position], strata[position]
    size = np.bincount(strata)
    first = np.cumsum(size) - size
    place = np.arange(len(rows)) - first[strata]
    whole = place < (size // k * k)[strata]
    return rows[whole].reshape(-1, k), rows[~whole]


@dataclass(frozen=True)
class _Cameras:
    """Cameras sorted by tile: those of tile t are rows ``start[t]`` to ``start[t] + count[t]``."""

    arrays: CameraArrays
    time_us: Ints
    start: Ints
    count: Ints

    def usable(self, groups: Ints, options: PairOptions) -> Ints:
        """Return how many cameras every member of a group can give."""
        used = self.count[groups].min(axis=1) if len(groups) else np.zeros(0, np.int64)
        most = options.cameras_per_tile
        return used if most is None else np.minimum(used, most)

    def turns(self, groups: Ints, options: PairOptions) -> Iterator[tuple[Ints, Ints]]:
        """Yield, for the first, second … camera of each tile, the groups that use it and its rows.

        The camera rows have shape (groups, K).
        """
        used = self.usable(groups, options)
        for turn in range(int(used.max(initial=0))):
            rows = np.flatnonzero(used > turn)
            yield rows, self.start[groups[rows]] + turn


class _Tests:
    """The tests that a group of K tiles passes or fails as a set."""

    def __init__(
        self, tiles: TileArrays, cameras: _Cameras, options: PairOptions, time_us: Ints
    ) -> None:
        self._tiles, self._cameras, self._options = tiles, cameras, options
        self._time_us = time_us
        self._least = float(metres_to_chord(options.min_separation_m)) ** 2
        self._most = float(metres_to_chord(options.max_distance_m)) ** 2
        self._has_footprints = bool(np.isfinite(tiles.half_height_deg).any())

    def first_failure(self, groups: Ints) -> npt.NDArray[np.int8]:
        """Return for each group the ``Reason`` of the first test it fails, or 0."""
        nearest, farthest = self._extremes(groups)
        failed = np.where(farthest > self._most, Reason.TOO_FAR, 0).astype(np.int8)
        failed[nearest < self._least] = Reason.TOO_CLOSE
        later = []
        if self._options.within_s is not None:
            later.append((Reason.TIME, self._in_window))
        if self._has_footprints:
            later.append((Reason.FOOTPRINT, self._cameras_outside))
        for reason, passes in later:
            alive = np.flatnonzero(failed == 0)
            failed[alive[~passes(groups[alive])]] = reason
        return failed

    def _extremes(self, groups: Ints) -> tuple[Floats, Floats]:
        """Least and greatest squared chord between two members of each group."""
        nearest, farthest = np.full(len(groups), np.inf), np.zeros(len(groups))
        corners = [self._tiles.vectors.take(groups[:, i], axis=0) for i in range(groups.shape[1])]
        for a, b in combinations(corners, 2):
            gap = a - b
            square = np.einsum("ij,ij->i", gap, gap)
            nearest, farthest = np.minimum(nearest, square), np.maximum(farthest, square)
        return nearest, farthest

    def _in_window(self, groups: Ints) -> Bools:
        """Tell whether all members and their used cameras were captured within the window."""
        earliest, latest = self._time_us[groups].min(axis=1), self._time_us[groups].max(axis=1)
        for rows, cameras in self._cameras.turns(groups, self._options):
            times = self._cameras.time_us[cameras]
            earliest[rows] = np.minimum(earliest[rows], times.min(axis=1))
            latest[rows] = np.maximum(latest[rows], times.max(axis=1))
        assert self._options.within_s is not None
        # An unknown time is the least integer: as an integer the difference would overflow.
        seconds = latest / 1e6 - earliest / 1e6
        return np.asarray((earliest != NO_TIME) & (seconds <= self._options.within_s))

    def _cameras_outside(self, groups: Ints) -> Bools:
        """Tell whether every used camera lies outside every other member's buffered footprint."""
        outside = np.ones(len(groups), bool)
        for rows, cameras in self._cameras.turns(groups, self._options):
            for own, other in permutations(range(groups.shape[1]), 2):
                inside = footprint_contains(
                    self._tiles, groups[rows, other], self._cameras.arrays, cameras[:, own]
                )
                outside[rows[inside]] = False
        return outside
