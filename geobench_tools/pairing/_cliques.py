"""Cell cliques: groups of K tiles of one cell that serve as each other's hard negatives.

Tiles of a cell are shuffled by seeded hash and cut into groups of K; a group is kept if it passes
tests that look at the group as a set. Each member is then right for its own cameras and wrong for
those of the others, so that given the K tiles the answer is uniform by counting: no function of the
tiles carries information about it. What is left over goes to the next round, then to the parent
cell. The number of rounds depends on K alone: a stop that looked at the yield would depend on which
other cells happen to be in the partition.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.counter_random import mix
from geobench_tools.geo import metres_to_chord, parent_cells, unit_vectors
from geobench_tools.pairing._arrays import CameraArrays, TileArrays, footprint_contains
from geobench_tools.pairing._options import PairOptions

__all__ = ["NO_TIME", "Cliques", "Reason", "pack_cliques"]

U64 = npt.NDArray[np.uint64]
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
        reason: For each tile not in a clique, why (``Reason``); -1 if placed, shape (tiles,).
        refused: Number of groups that each test refused, by ``Reason``.
    """

    members: Ints
    cameras: Ints
    resolution: Ints
    clique_id: U64
    reason: npt.NDArray[np.int8]
    refused: tuple[int, ...]


@dataclass(frozen=True)
class _Cameras:
    """Cameras sorted by tile: those of tile t are rows ``start[t]`` to ``start[t] + count[t]``."""

    arrays: CameraArrays
    time_us: Ints
    start: Ints
    count: Ints


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
    tests = _tests(tiles, by_tile, options, tile_time_us)
    reason = np.full(len(cells), Reason.TOO_FEW, np.int8)
    refused = [0] * len(Reason.TEXT)
    left = np.arange(len(cells))
    kept, kept_resolution = [np.zeros((0, options.k), np.int64)], [np.zeros(0, np.int64)]
    for resolution in options.resolutions:
        level = parent_cells(cells, resolution)
        for turn in range(_rounds(options.k)):
            strata = _strata(tiles, level, left, options, turn, tile_time_us)
            order = mix(options.seed, resolution, turn, tiles.key[left])
            groups, rest = _cut(left, strata, order, options.k)
            failed = _first_failure(groups, tests)
            for which in range(1, len(Reason.TEXT)):
                refused[which] += int((failed == which).sum())
            reason[rest] = Reason.TOO_FEW
            reason[groups] = failed[:, None]
            good = failed == 0
            kept.append(groups[good])
            kept_resolution.append(np.full(int(good.sum()), resolution))
            reason[groups[good]] = -1
            left = left[reason[left] >= 0]
    members = np.concatenate(kept)
    used = _used_cameras(members, by_tile, options)
    keys = tiles.key[members]
    names = mix(options.seed, _CLIQUE_STREAM, *(keys[:, i] for i in range(options.k)))
    return Cliques(members, used, np.concatenate(kept_resolution), names, reason, tuple(refused))


def _rounds(k: int) -> int:
    """Return the rounds at each resolution: large groups fail more often and need more tries."""
    return max(4, 2 * k - 4)


def _strata(
    tiles: TileArrays, level: U64, left: Ints, options: PairOptions, turn: int, time_us: Ints
) -> U64:
    """Name the set of tiles that each remaining tile may meet: cell, group and time bin."""
    keys = [level[left], tiles.group[left].astype(np.int64)]
    if options.within_s is not None:
        window = round(options.within_s * 1e6)
        keys.append((time_us[left] + (turn % 2) * (window // 2)) // window)
    return mix(*keys)


def _cut(left: Ints, strata: U64, order: U64, k: int) -> tuple[Ints, Ints]:
    """Shuffle the rows within each stratum and cut every K; return the groups and the rest."""
    _, rank = np.unique(strata, return_inverse=True)
    shift = np.uint64(64 - max(1, int(rank.max(initial=0)).bit_length()))
    composite = (rank.astype(np.uint64) << shift) | (order >> (np.uint64(64) - shift))
    position = np.argsort(composite, kind="stable")
    rows, rank = left[position], rank[position]
    size = np.bincount(rank)
    first = np.cumsum(size) - size
    place = np.arange(len(rows)) - first[rank]
    whole = place < (size // k * k)[rank]
    return rows[whole].reshape(-1, k), rows[~whole]


_Test = Callable[[Ints], Bools]


def _first_failure(groups: Ints, tests: tuple[tuple[int, _Test], ...]) -> npt.NDArray[np.int8]:
    """Return for each group the first test it fails, or 0."""
    failed = np.zeros(len(groups), np.int8)
    for reason, passes in tests:
        alive = np.flatnonzero(failed == 0)
        failed[alive[~passes(groups[alive])]] = reason
    return failed


def _tests(
    tiles: TileArrays, cameras: _Cameras, options: PairOptions, time_us: Ints
) -> tuple[tuple[int, _Test], ...]:
    vectors = unit_vectors(tiles.lat, tiles.lon)
    least = metres_to_chord(options.min_separation_m) ** 2
    most = metres_to_chord(options.max_distance_m) ** 2
    pairs = tuple(combinations(range(options.k), 2))

    def extreme(groups: Ints, pick: Callable[..., npt.NDArray[np.float64]]) -> Any:
        found = None
        for a, b in pairs:
            gap = vectors[groups[:, a]] - vectors[groups[:, b]]
            square = np.einsum("ij,ij->i", gap, gap)
            found = square if found is None else pick(found, square)
        return found

    def apart(groups: Ints) -> Bools:
        return np.asarray(extreme(groups, np.minimum) >= least)

    def near(groups: Ints) -> Bools:
        return np.asarray(extreme(groups, np.maximum) <= most)

    def in_window(groups: Ints) -> Bools:
        return _in_window(groups, cameras, options, time_us)

    def outside(groups: Ints) -> Bools:
        return _cameras_outside(groups, tiles, cameras, options)

    listed: list[tuple[int, _Test]] = [(Reason.TOO_CLOSE, apart), (Reason.TOO_FAR, near)]
    if options.within_s is not None:
        listed.append((Reason.TIME, in_window))
    listed.append((Reason.FOOTPRINT, outside))
    return tuple(listed)


def _used_cameras(groups: Ints, cameras: _Cameras, options: PairOptions) -> Ints:
    """Return how many cameras every member of a group can give."""
    used = cameras.count[groups].min(axis=1) if len(groups) else np.zeros(0, np.int64)
    return used if options.cameras_per_tile is None else np.minimum(used, options.cameras_per_tile)


def _in_window(groups: Ints, cameras: _Cameras, options: PairOptions, time_us: Ints) -> Bools:
    earliest, latest = time_us[groups].min(axis=1), time_us[groups].max(axis=1)
    used = _used_cameras(groups, cameras, options)
    for turn in range(int(used.max(initial=0))):
        rows = np.flatnonzero(used > turn)
        times = cameras.time_us[cameras.start[groups[rows]] + turn]
        earliest[rows] = np.minimum(earliest[rows], times.min(axis=1))
        latest[rows] = np.maximum(latest[rows], times.max(axis=1))
    assert options.within_s is not None
    # An unknown time is the least integer; subtracting it would overflow.
    return np.asarray((earliest != NO_TIME) & (latest / 1e6 - earliest / 1e6 <= options.within_s))


def _cameras_outside(
    groups: Ints, tiles: TileArrays, cameras: _Cameras, options: PairOptions
) -> Bools:
    """Tell whether every used camera lies outside every other member's buffered footprint."""
    outside = np.ones(len(groups), bool)
    used = _used_cameras(groups, cameras, options)
    for turn in range(int(used.max(initial=0))):
        rows = np.flatnonzero(used > turn)
        for own, other in permutations(range(options.k), 2):
            camera = cameras.start[groups[rows, own]] + turn
            inside = footprint_contains(tiles, groups[rows, other], cameras.arrays, camera)
            outside[rows[inside]] = False
    return outside
