"""Which tiles lie around a point: contiguous ranges of tiles sorted by H3 cell.

Tiles are sorted by (group, cell, key). The tiles around a point are then a few ranges of rows, one
for each cell of the disk around the point's cell, and they are found once for each distinct cell.
Laid end to end, the ranges of all neighbourhoods number every member, so that a uniform draw from a
neighbourhood is one integer, and a binary search leads from it to the tile.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geobench_tools.errors import InputError
from geobench_tools.geo import (
    cell_diameter_m,
    disk_cover_m,
    encode_cells,
    metres_to_chord,
    unit_vectors,
)
from geobench_tools.pairing._arrays import Floats, Ints, TileArrays

__all__ = ["Neighbourhoods", "TileIndex", "index_by_cell", "index_by_group"]

U64 = npt.NDArray[np.uint64]

_CIRCUMRADIUS = 0.555
"""Largest distance from a cell's centre to its corners, in mean diameters of the resolution.

Measured over all cells to resolution 4 and around all face centres, where cells are largest, and
3,000 others to resolution 12: 0.551 at most.
"""


@dataclass(frozen=True)
class Neighbourhoods:
    """Sets of tiles, each a run of consecutive positions.

    Attributes:
        base: First position of each neighbourhood, shape (n + 1,): neighbourhood ``i`` owns the
            positions ``base[i]`` to ``base[i + 1] - 1``.
        ends: Position after each range, ascending, shape (n_ranges,).
        shift: What leads from a position in a range to a row of the index, shape (n_ranges,).
    """

    base: Ints
    ends: Ints
    shift: Ints

    def rows(self, positions: Ints) -> Ints:
        """Return the index rows at positions of any shape."""
        return positions + self.shift.take(np.searchsorted(self.ends, positions, "right"))


@dataclass(frozen=True)
class TileIndex:
    """Tiles in sorted order.

    Attributes:
        order: Row in the ``TileArrays`` of each row of the index.
        groups: Distinct groups, ascending.
        cells: Distinct cells, ascending; empty without cells.
        codes: Number of the group and of the cell of each range as one integer, ascending.
        starts: First row of each range, and the number of rows at the end.
        radius_m: Radius within which tiles can be found, metres; infinite without cells.
        resolution: H3 resolution of the cells, -1 without cells.
        rings: Rings of the disk of cells that surely covers the radius.
    """

    order: Ints
    groups: npt.NDArray[np.int32]
    cells: U64
    codes: Ints
    starts: Ints
    radius_m: float = math.inf
    resolution: int = -1
    rings: int = 0

    def around(
        self, lat: Floats, lon: Floats, group: npt.NDArray[np.int32]
    ) -> tuple[Neighbourhoods, Ints]:
        """Return the neighbourhoods of points and the number of each point's one.

        Args:
            lat: Latitudes, degrees, shape (n,).
            lon: Longitudes, degrees.
            group: Group of the tiles wanted, one of ``groups`` for each point.
        """
        group_number = np.searchsorted(self.groups, group)
        if self.resolution < 0:
            return _join(self.starts, np.arange(len(self.groups))[:, None]), group_number
        cells, cell_number = np.unique(encode_cells(lat, lon, self.resolution), return_inverse=True)
        pairs, number = np.unique(group_number * len(cells) + cell_number, return_inverse=True)
        columns = self._columns_near(cells)[pairs % len(cells)]
        codes = (pairs // len(cells))[:, None] * len(self.cells) + columns
        places = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        present = (columns >= 0) & (self.codes[places] == codes)
        return _join(self.starts, np.where(present, places, -1)), number

    def _columns_near(self, cells: U64) -> Ints:
        """Numbers of the cells with tiles that reach into the radius around any point of a cell.

        Returns:
            One row for each cell, -1 where a cell of its disk has no tile or is too far.
        """
        disks = _disks(cells, self.rings)
        columns = np.minimum(np.searchsorted(self.cells, disks), len(self.cells) - 1)
        gaps = _centres(self.cells)[columns] - _centres(cells)[:, None]
        spread = 2.0 * _CIRCUMRADIUS * cell_diameter_m(self.resolution)
        near = np.einsum("...i,...i", gaps, gaps) <= metres_to_chord(self.radius_m + spread) ** 2
        return np.where(near & (self.cells[columns] == disks), columns, -1)


def index_by_cell(tiles: TileArrays, radius_m: float) -> TileIndex:
    """Sort tiles so that those within a radius of any point can be found.

    Raises:
        InputError: No disk of H3 cells is sure to cover the radius.
    """
    resolution, rings = _grid(radius_m)
    cell = encode_cells(tiles.lat, tiles.lon, resolution)
    order = np.lexsort((tiles.key, cell, tiles.group))
    cells, column = np.unique(cell[order], return_inverse=True)
    groups, group_number = np.unique(tiles.group[order], return_inverse=True)
    codes, starts = np.unique(group_number * len(cells) + column, return_index=True)
    starts = np.append(starts, len(order))
    return TileIndex(order, groups, cells, codes, starts, radius_m, resolution, rings)


def index_by_group(tiles: TileArrays) -> TileIndex:
    """Sort tiles so that all tiles of a group can be found."""
    order = np.lexsort((tiles.key, tiles.group))
    groups, starts = np.unique(tiles.group[order], return_index=True)
    starts = np.append(starts, len(order))
    return TileIndex(order, groups, np.zeros(0, np.uint64), np.arange(len(groups)), starts)


def _grid(radius_m: float) -> tuple[int, int]:
    """Resolution and rings of the disk of the smallest cells that surely covers a radius."""
    for resolution in reversed(range(16)):
        for rings in (1, 2, 3):
            if disk_cover_m(resolution, rings) >= radius_m:
                return resolution, rings
    limit = disk_cover_m(0, 3)
    raise InputError(
        f"a maximum distance of {radius_m:,.0f} m is more than the {limit:,.0f} m that a "
        "neighbourhood can span",
        hint="lower the maximum distance, or take the random sampler, which has none",
    )


def _disks(cells: U64, rings: int) -> U64:
    """Cells of the disk around each cell, one row for each, filled with 0 beside a pentagon."""
    from h3.api.memview_int import grid_disk

    found = [np.asarray(grid_disk(cell, rings)) for cell in cells.tolist()]
    sizes = np.fromiter(map(len, found), np.int64, len(found))
    disks = np.zeros((len(cells), 1 + 3 * rings * (rings + 1)), np.uint64)
    disks[np.arange(disks.shape[1]) < sizes[:, None]] = np.concatenate(found)
    disks.sort(axis=1)
    return disks


def _centres(cells: U64) -> Floats:
    """Centres of cells as unit vectors."""
    from h3.api.basic_int import cell_to_latlng

    lat, lon = np.array([cell_to_latlng(cell) for cell in cells.tolist()]).T
    return unit_vectors(lat, lon)


def _join(starts: Ints, ranges: Ints) -> Neighbourhoods:
    """Lay ranges end to end; ``ranges`` has one row for each neighbourhood, -1 for no range."""
    owner, column = np.nonzero(ranges >= 0)
    chosen = ranges[owner, column]
    ends = np.cumsum(starts[chosen + 1] - starts[chosen])
    base = np.zeros(len(ranges) + 1, np.int64)
    counts = np.bincount(owner, minlength=len(ranges))
    base[1:] = np.concatenate([[0], ends])[np.cumsum(counts)]
    return Neighbourhoods(base, ends, starts[chosen + 1] - ends)
