"""Which split a place belongs to, and which places lie too near another split or partition."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from geobench_tools.counter_random import mix, uniform
from geobench_tools.geo import (
    cell_diameter_m,
    destination,
    disk_cover_m,
    encode_cells,
    haversine_m,
    parent_cells,
)

__all__ = ["Labeller", "PartitionLabeller", "SplitLabeller", "touching_labels"]

U64 = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_SPLIT_STREAM = 0x5B117
_DIRECTIONS = tuple(range(0, 360, 45))
_CIRCUMRADIUS = 0.58
"""More than the largest distance from a cell's centre to its corners (0.551 mean diameters), with
room for what index children reach beyond their parent.
"""
_INFLATION = 1.5
"""Eight points on a circle of 1.5 r see every region that enters the circle of r, as long as its
border bends by 120 degrees at most within it: the widest gap a corner could slip through is 0.77 of
the circle's radius, which lets it reach 0.22 of the radius deep (cells are far larger than r).
"""


class Labeller(Protocol):
    """Maps H3 cells to small labels through their index parents at ``resolution``."""

    @property
    def resolution(self) -> int:
        """H3 resolution of the index parents."""
        ...

    def __call__(self, cells: U64) -> Ints:
        """Return the label of each cell."""
        ...


@dataclass(frozen=True)
class SplitLabeller:
    """Deals the index parents to the splits 0, 1, 2 by seeded hash, in the given shares."""

    seed: int
    shares: tuple[float, float, float]
    resolution: int

    def __call__(self, cells: U64) -> Ints:
        """Return the split of each cell."""
        draws = uniform(self.seed, _SPLIT_STREAM, parent_cells(cells, self.resolution))
        return np.searchsorted(np.cumsum(self.shares)[:2], draws, side="right").astype(np.int64)


@dataclass(frozen=True)
class PartitionLabeller:
    """Deals the index parents to ``count`` contiguous ranges of their hashes.

    Rows ordered by that hash are then in the same order for any ``count``.
    """

    count: int
    resolution: int

    def __call__(self, cells: U64) -> Ints:
        """Return the partition of each cell."""
        high = self.order(cells) >> np.uint64(32)
        return ((high * np.uint64(self.count)) >> np.uint64(32)).astype(np.int64)

    def order(self, cells: U64) -> U64:
        """Return the hash that orders the cells across partitions."""
        return mix(parent_cells(cells, self.resolution))


def touching_labels(
    lat: Floats, lon: Floats, cells: U64, reach_m: Floats, label: Labeller, resolution: int
) -> tuple[Ints, Ints]:
    """Find the points whose disc touches cells of another label.

    Args:
        lat: Latitudes, degrees, shape (n,).
        lon: Longitudes, degrees.
        cells: The points' cells at ``resolution``; cheapest if equal ones stand together.
        reach_m: Radius of each point's disc, metres.
        label: Labels cells of ``resolution``; changes only between coarser index parents.
        resolution: H3 resolution of ``cells``.

    Returns:
        Row numbers and the foreign labels they touch, sorted, without repeats.
    """
    rows = _near_border(lat, lon, cells, reach_m, label, resolution)
    own = label(cells[rows])
    found_rows, found_labels = [], []
    for direction in _DIRECTIONS:
        there = destination(lat[rows], lon[rows], float(direction), _INFLATION * reach_m[rows])
        labels = label(encode_cells(*there, resolution))
        other = labels != own
        found_rows.append(rows[other])
        found_labels.append(labels[other])
    pairs = np.unique(np.stack([np.concatenate(found_rows), np.concatenate(found_labels)]), axis=1)
    return pairs[0], pairs[1]


def _near_border(
    lat: Floats, lon: Floats, cells: U64, reach_m: Floats, label: Labeller, resolution: int
) -> Ints:
    """Rows that are not surely inside their own label: cheap tests on distinct cells first."""
    rows = np.arange(len(cells))
    reach = float(reach_m.max(initial=0.0))
    for coarser in (resolution - 2, resolution):
        if not len(rows) or coarser < label.resolution or disk_cover_m(coarser) < reach:
            continue
        parents = parent_cells(cells[rows], coarser)
        first = np.ones(len(parents), bool)
        first[1:] = parents[1:] != parents[:-1]
        distinct, inverse = parents[first], np.cumsum(first) - 1
        foreign = _foreign_neighbours(distinct, label)
        touched = np.zeros(len(rows), bool)
        radius = _CIRCUMRADIUS * cell_diameter_m(coarser)
        for centre in foreign.transpose(1, 0, 2):
            some = np.flatnonzero(np.isfinite(centre[:, 0])[inverse])
            at = rows[some]
            metres = haversine_m(lat[at], lon[at], *centre[inverse[some]].T)
            touched[some] |= metres <= radius + reach_m[at]
        rows = rows[touched]
    return rows


def _foreign_neighbours(cells: U64, label: Labeller) -> Floats:
    """Return the centres of the neighbours with another label.

    Returns:
        Latitudes and longitudes in degrees, shape (n, 6, 2); NaN for neighbours of the same label.
    """
    from h3.api.basic_int import cell_to_latlng, grid_ring

    centres = np.full((len(cells), 6, 2), np.nan)
    rings = [grid_ring(cell, 1) for cell in cells.tolist()]
    sizes = np.array([len(ring) for ring in rings])
    flat = np.array([c for ring in rings for c in ring], np.uint64)
    owner = np.repeat(np.arange(len(cells)), sizes)
    place = np.arange(len(flat)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    other = np.flatnonzero(label(flat) != label(cells)[owner])
    points = [cell_to_latlng(c) for c in flat[other].tolist()]
    centres[owner[other], place[other]] = np.array(points).reshape(-1, 2)
    return centres
