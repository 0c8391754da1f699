"""The control samplers: ring, pivot and random negatives.

Each draws the k - 1 wrong tiles of a camera from the tiles of the same group: never the camera's
own tile, never one nearer than the minimum separation, never one whose footprint may show the
camera (``footprint_contains``). They differ in where they look, and all leak something about the
answer; ``docs/reference/samplers.md`` says what. Cell cliques do not.

Every draw is a function of (seed, camera key, draw number) and of the set of tiles, so the order of
rows does not matter. Distances are great-circle distances on the sphere of ``geo.EARTH_RADIUS_M``,
compared as chords of the unit sphere; both limits are inclusive.
"""

import math
from dataclasses import dataclass

import numpy as np

from geobench_tools.array_types import I32, U64, Bools
from geobench_tools.counter_random import mix, uniform
from geobench_tools.errors import InputError
from geobench_tools.geo import EARTH_RADIUS_M, destination, metres_to_chord, unit_vectors
from geobench_tools.pairing._arrays import (
    CameraArrays,
    Floats,
    Ints,
    TileArrays,
    footprint_contains,
)
from geobench_tools.pairing._neighbourhood import (
    Neighbourhoods,
    TileIndex,
    index_by_cell,
    index_by_group,
)

__all__ = ["pivot_negatives", "random_negatives", "ring_negatives"]


PIVOTS = 16
"""Pivots drawn for a camera before the fullest one is taken."""

_DRAWS = 200
"""Draws with replacement before all members of a neighbourhood are listed."""

_SMALL = 64
"""Neighbourhoods of so many tiles are listed at once."""

_BLOCK, _ANCHORS, _PAIRS = 12, 16_384, 1 << 20
"""Sizes of batches: draws, cameras, members listed. No draw depends on them."""


def ring_negatives(
    tiles: TileArrays,
    cameras: CameraArrays,
    *,
    k: int,
    min_separation_m: float,
    max_distance_m: float,
    seed: int,
) -> Ints:
    """Draw negatives uniformly from the ring around each camera.

    Args:
        tiles: The tiles.
        cameras: The cameras with their positive tiles.
        k: Number of candidates of a question, the positive included.
        min_separation_m: Smallest distance from the camera to a negative's centre, metres.
        max_distance_m: Largest such distance, metres; may be infinite.
        seed: Seed of all draws.

    Returns:
        Rows of ``tiles``, shape (n_cameras, k - 1), in the order drawn: without replacement and
        uniform over the candidates; -1 from the right where there are fewer than k - 1.

    Raises:
        InputError: A parameter is out of range, or the maximum distance too large for the index.
    """
    _check(k, min_separation_m, max_distance_m)
    out = np.full((len(cameras), k - 1), -1, np.int64)
    if not len(cameras):
        return out
    far = math.isinf(max_distance_m)
    index = index_by_group(tiles) if far else index_by_cell(tiles, max_distance_m)
    field = _Field.of(tiles, cameras, index)
    hoods, hood = index.around(cameras.lat, cameras.lon, field.group)
    search = _Search(field, hoods, _chord2(min_separation_m), _chord2(max_distance_m))
    search.fill(out, _Anchors(np.arange(len(cameras)), hood, mix(seed, cameras.key)))
    return field.tile_rows(out)


def pivot_negatives(
    tiles: TileArrays,
    cameras: CameraArrays,
    *,
    k: int,
    min_separation_m: float,
    max_distance_m: float,
    seed: int,
) -> Ints:
    """Draw negatives uniformly from a disc that holds the camera, but not at its centre.

    The disc has the radius ``max_distance_m``, and its centre, the pivot, is uniform in the disc of
    that radius around the camera. A negative lies at most twice the radius from the camera. Where
    the disc has fewer than k - 1 candidates, another pivot is drawn, up to ``PIVOTS`` times, and
    then the first of the pivots with the most candidates is taken.

    Args, returns and raises: as ``ring_negatives``.
    """
    _check(k, min_separation_m, max_distance_m)
    out = np.full((len(cameras), k - 1), -1, np.int64)
    if not len(cameras):
        return out
    index = index_by_cell(tiles, max_distance_m)
    field = _Field.of(tiles, cameras, index)
    inner, outer = _chord2(min_separation_m), _chord2(max_distance_m)
    left = np.arange(len(cameras))
    for attempt in range(PIVOTS):
        key = mix(seed, cameras.key[left], attempt)
        lat, lon = _pivots(cameras.lat[left], cameras.lon[left], max_distance_m, key)
        hoods, hood = index.around(lat, lon, field.group[left])
        found = np.full((len(left), k - 1), -1, np.int64)
        anchors = _Anchors(left, hood, key, unit_vectors(lat, lon).T.copy())
        _Search(field, hoods, inner, outer).fill(found, anchors)
        better = (found >= 0).sum(1) > (out[left] >= 0).sum(1)
        out[left[better]] = found[better]
        left = left[out[left, -1] < 0]
        if not len(left):
            break
    return field.tile_rows(out)


def _pivots(lat: Floats, lon: Floats, radius_m: float, key: U64) -> tuple[Floats, Floats]:
    """Points uniform in the discs of a radius around points, each drawn by its key."""
    reach = np.sin(radius_m / (2.0 * EARTH_RADIUS_M)) * np.sqrt(uniform(key, 0))
    return destination(lat, lon, 360.0 * uniform(key, 1), 2.0 * EARTH_RADIUS_M * np.arcsin(reach))


def random_negatives(
    tiles: TileArrays, cameras: CameraArrays, *, k: int, min_separation_m: float, seed: int
) -> Ints:
    """Draw negatives uniformly from all tiles of the positive's group.

    Args, returns and raises: as ``ring_negatives``, without a maximum distance.
    """
    return ring_negatives(
        tiles,
        cameras,
        k=k,
        min_separation_m=min_separation_m,
        max_distance_m=math.inf,
        seed=seed,
    )


def _check(k: int, min_separation_m: float, max_distance_m: float) -> None:
    if k < 2:
        raise InputError(f"k is {k}; a question needs at least 2 candidates")
    if not 0.0 <= min_separation_m < min(max_distance_m, math.pi * EARTH_RADIUS_M):
        raise InputError(
            f"a minimum separation of {min_separation_m:g} m leaves no room below the maximum "
            f"distance of {max_distance_m:g} m",
            hint="the minimum separation must be 0 or more and less than the maximum distance",
        )


def _chord2(metres: float) -> float:
    """Square of the chord that spans a distance; infinite for an infinite distance."""
    return math.inf if math.isinf(metres) else float(metres_to_chord(metres)) ** 2


@dataclass(frozen=True)
class _Field:
    """Tiles in index order and cameras, as unit vectors.

    Attributes:
        index: Order of the tiles and their ranges.
        tile: Unit vectors of the tiles in index order, shape (3, n_tiles).
        camera: Unit vectors of the cameras, shape (3, n_cameras).
        own: Index row of each camera's positive tile.
        group: Group of each camera's positive tile.
    """

    tiles: TileArrays
    cameras: CameraArrays
    index: TileIndex
    tile: Floats
    camera: Floats
    own: Ints
    group: I32

    @classmethod
    def of(cls, tiles: TileArrays, cameras: CameraArrays, index: TileIndex) -> "_Field":
        rank = np.empty(len(tiles), np.int64)
        rank[index.order] = np.arange(len(tiles))
        return cls(
            tiles,
            cameras,
            index,
            unit_vectors(tiles.lat[index.order], tiles.lon[index.order]).T.copy(),
            unit_vectors(cameras.lat, cameras.lon).T.copy(),
            rank[cameras.tile],
            tiles.group[cameras.tile],
        )

    def tile_rows(self, rows: Ints) -> Ints:
        """Lead index rows back to rows of the tiles; -1 stays."""
        return np.where(rows < 0, -1, self.index.order[rows])


@dataclass(frozen=True)
class _Search:
    """Uniform draws without replacement from neighbourhoods under the limits of distance.

    Attributes:
        field: Tiles and cameras.
        hoods: Neighbourhoods that hold every tile within the outer limit of the centres.
        inner: Square of the smallest chord between a camera and its negatives.
        outer: Square of the largest chord between the centre and the negatives.
    """

    field: _Field
    hoods: Neighbourhoods
    inner: float
    outer: float

    def fill(self, out: Ints, anchors: "_Anchors") -> None:
        """Fill rows of negatives (index rows) from the left.

        Args:
            out: Shape (n, k - 1), all -1; changed in place.
            anchors: Who draws, n of them.
        """
        size = np.diff(self.hoods.base)[anchors.hood]
        order = np.argsort(anchors.hood, kind="stable")
        large = size[order] > _SMALL
        short, order = [order[~large]], order[large]
        for first in range(0, len(order), _ANCHORS):
            part = order[first : first + _ANCHORS]
            out[part] = chosen = self._reject(anchors.take(part), out.shape[1])
            short.append(part[chosen[:, -1] < 0])
        rest = np.concatenate(short)
        batch = np.cumsum(size[rest]) // _PAIRS
        for part in np.split(rest, np.flatnonzero(np.diff(batch)) + 1):
            out[part] = self._enumerate(anchors.take(part), out[part])

    def _reject(self, anchors: "_Anchors", wanted: int) -> Ints:
        """Draw with replacement and keep what is admitted and new, up to a number of draws."""
        chosen = np.full((len(anchors.hood), wanted), -1, np.int64)
        count = np.zeros(len(anchors.hood), np.int64)
        base = self.hoods.base[anchors.hood]
        size = (self.hoods.base[anchors.hood + 1] - base).astype(np.uint64)
        left = np.arange(len(anchors.hood))
        for first in range(0, _DRAWS, _BLOCK):
            draw = np.arange(first, min(first + _BLOCK, _DRAWS), dtype=np.uint64)
            high = mix(anchors.key[left, None] ^ draw) >> np.uint64(32)
            offset = (high * size[left, None]) >> np.uint64(32)
            rows = self.hoods.rows(base[left, None] + offset.astype(np.int64))
            admitted = self._admit(anchors, left[:, None], rows)
            for column in range(len(draw)):
                taker = np.flatnonzero(admitted[:, column] & (count[left] < wanted))
                row, who = rows[taker, column], left[taker]
                new = ~(chosen[who] == row[:, None]).any(1)
                row, who = row[new], who[new]
                chosen[who, count[who]] = row
                count[who] += 1
            left = left[count[left] < wanted]
            if not len(left):
                break
        return chosen

    def _enumerate(self, anchors: "_Anchors", chosen: Ints) -> Ints:
        """Complete the choice from all members, in the order of a hash of camera and tile."""
        base = self.hoods.base[anchors.hood]
        size = self.hoods.base[anchors.hood + 1] - base
        who = np.repeat(np.arange(len(size)), size)
        rows = self.hoods.rows(np.arange(len(who)) + np.repeat(base - np.cumsum(size) + size, size))
        kept = self._admit(anchors, who, rows) & ~(chosen[who] == rows[:, None]).any(1)
        who, rows = who[kept], rows[kept]
        tile_key = self.field.tiles.key[self.field.index.order[rows]]
        order = np.lexsort((mix(anchors.key[who], tile_key), who))
        who, rows = who[order], rows[order]
        place = np.arange(len(who)) - np.searchsorted(who, who) + (chosen[who] >= 0).sum(1)
        fits = place < chosen.shape[1]
        chosen[who[fits], place[fits]] = rows[fits]
        return chosen

    def _admit(self, anchors: "_Anchors", who: Ints, rows: Ints) -> Bools:
        """Tell which tiles (index rows) are candidates of the anchors numbered ``who``."""
        field = self.field
        camera = anchors.camera[who]
        gap = _gap2(field.tile, rows, field.camera, camera)
        ok = (gap >= self.inner) & (rows != field.own[camera])
        if anchors.centre is not None:
            gap = _gap2(field.tile, rows, anchors.centre, who)
        ok &= gap <= self.outer
        near = np.nonzero(ok)
        near_camera = np.broadcast_to(camera, ok.shape)[near]
        near_tile = field.index.order.take(rows[near])
        ok[near] = ~footprint_contains(field.tiles, near_tile, field.cameras, near_camera)
        return np.asarray(ok)


def _gap2(a: Floats, a_columns: Ints, b: Floats, b_columns: Ints) -> Floats:
    """Squares of the chords between points given as columns."""
    total = np.zeros(np.broadcast_shapes(a_columns.shape, b_columns.shape))
    for axis in range(3):
        total += (a[axis].take(a_columns) - b[axis].take(b_columns)) ** 2
    return total


@dataclass(frozen=True)
class _Anchors:
    """Cameras that draw together.

    Attributes:
        camera: Row of each camera, shape (n,).
        hood: Neighbourhood that it draws from.
        key: Key of its draws.
        centre: Unit vectors that the outer limit is measured from, shape (3, n); None where those
            are the cameras themselves.
    """

    camera: Ints
    hood: Ints
    key: U64
    centre: Floats | None = None

    def take(self, part: Ints) -> "_Anchors":
        """Return some of them."""
        centre = None if self.centre is None else self.centre[:, part]
        return _Anchors(self.camera[part], self.hood[part], self.key[part], centre)
