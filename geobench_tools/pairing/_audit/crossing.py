"""Footprints of different splits that overlap, found without comparing all with all."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from geobench_tools.array_types import I32, I64, U64, Bools, Floats
from geobench_tools.pairing._audit.arrays import sorted_unique

__all__ = ["Boxes", "crossing_pairs", "to_boxes"]

Boxes = I32
"""West and south bound, width and height in units of 1e-7 degrees, shape (n, 4)."""


_UNITS = 10_000_000
_TURN = 360 * _UNITS
_BLOCK = 50_000
_CHUNK = 500_000
_MARK_BITS = 22
_MARKS = 1 << _MARK_BITS
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


def to_boxes(
    west: Floats,
    south: Floats,
    width: Floats,
    height: Floats,
) -> Boxes:
    """Round boxes in degrees inwards to 1e-7 degrees (1 cm), so that shared borders do not overlap.

    Boxes with an unknown (NaN) side or without area get the width 0, which overlaps nothing.
    """
    known = np.isfinite(west + south + width + height)
    out = np.zeros((len(west), 4), np.int32)
    for side, (start, size) in enumerate(((west, width), (south, height))):
        low = np.ceil(start[known] * _UNITS)
        high = np.floor((start[known] + size[known]) * _UNITS)
        out[known, side] = low
        out[known, side + 2] = np.clip(high - low, 0, 2**31 - 1)
    return out


def crossing_pairs(boxes: Boxes, first: I64, second: I64, limit: int = 1000) -> I64:
    """Return pairs of rows, one of ``first`` and one of ``second``, whose boxes overlap.

    Boxes that only touch do not overlap; the meridian of 180 degrees is no border. Grids
    from coarse to fine leave the boxes near the other split, and an STR tree finds the pairs among
    those, block by block.

    Args:
        boxes: All boxes.
        first: Rows of one split.
        second: Rows of the other; the work grows with their number, so pass the smaller split here.
        limit: Stop after the block in which so many pairs were found.
    """
    first, second = (rows[(boxes[rows, 2:] > 0).all(axis=1)] for rows in (first, second))
    found = [np.zeros((0, 2), np.int64)]
    for scale in (64, 8, 1):
        if not len(first) or not len(second):
            return found[0]
        grid = _Grid.of(boxes, first, second, scale)
        first = first[grid.near(boxes, first, grid.marked(boxes, second))]
        second = second[grid.near(boxes, second, grid.marked(boxes, first))]
    second = second[np.argsort(grid.cells(boxes, second), kind="stable")]
    total = 0
    for start in range(0, len(second), _BLOCK):
        block = second[start : start + _BLOCK]
        near = grid.near(boxes, first, grid.marked(boxes, block))
        pairs = _overlaps(boxes, first[near], block)
        found.append(pairs)
        total += len(pairs)
        if total >= limit:
            break
    return np.concatenate(found)


@dataclass(frozen=True)
class _Grid:
    """Cells no smaller than any box: boxes that overlap begin in the same cell or in neighbours."""

    columns: int
    rows: int

    @staticmethod
    def of(boxes: Boxes, first: I64, second: I64, scale: int) -> "_Grid":
        """Return the grid whose cells are ``scale`` times the largest box."""
        width, height = (
            int(max(boxes[rows, side].max() for rows in (first, second))) for side in (2, 3)
        )
        return _Grid(max(1, _TURN // (width * scale) - 1), max(1, _TURN // (height * scale) - 1))

    def cells(self, boxes: Boxes, rows: I64) -> I64:
        """Return the cell of the south-west corner of each box: row times columns plus column."""
        turns = boxes[rows, :2] * (1 / _TURN) + 0.5
        column = (turns[:, 0] * self.columns).astype(np.int64) % self.columns
        return np.asarray((turns[:, 1] * self.rows).astype(np.int64) * self.columns + column)

    def marked(self, boxes: Boxes, rows: I64) -> Bools:
        """Return marks of the cells of these boxes and their neighbours, by hash of the cell."""
        parts = [sorted_unique(self.cells(boxes, chunk)) for chunk in _chunks(rows)]
        cells = sorted_unique(np.concatenate(parts)) if parts else rows
        row, column = cells // self.columns, cells % self.columns
        marks = np.zeros(_MARKS, bool)
        for north, east in product((-1, 0, 1), repeat=2):
            marks[_slot((row + north) * self.columns + (column + east) % self.columns)] = True
        return marks

    def near(self, boxes: Boxes, rows: I64, marks: Bools) -> Bools:
        """Return which boxes begin in a marked cell; some others share a mark by chance."""
        parts = [marks[_slot(self.cells(boxes, chunk))] for chunk in _chunks(rows)]
        return np.concatenate(parts) if parts else np.zeros(0, bool)


def _chunks(rows: I64) -> list[I64]:
    return [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]


def _slot(cells: I64) -> U64:
    return (cells.astype(np.uint64) * _SPREAD) >> np.uint64(64 - _MARK_BITS)


def _overlaps(boxes: Boxes, first: I64, second: I64) -> I64:
    import shapely

    rows, shapes = zip(*(_shapes(boxes, part) for part in (first, second)), strict=True)
    pairs = shapely.STRtree(shapes[1]).query(shapes[0])
    i, j = rows[0][pairs[0]], rows[1][pairs[1]]
    a, b = boxes[i].astype(np.int64), boxes[j].astype(np.int64)
    east, north = b[:, 0] - a[:, 0], b[:, 1] - a[:, 1]
    overlap = (east % _TURN < a[:, 2]) | (-east % _TURN < b[:, 2])
    overlap &= (north < a[:, 3]) & (-north < b[:, 3])
    pair = sorted_unique((i[overlap] << 32) | j[overlap])
    return np.stack([pair >> 32, pair & 0xFFFFFFFF], axis=1)


def _shapes(boxes: Boxes, rows: I64) -> "tuple[I64, npt.NDArray[np.object_]]":
    """Return rectangles on the plane; a box across 180 degrees also lies one turn further west."""
    import shapely

    west, south, width, height = boxes[rows].astype(np.float64).T
    across = np.flatnonzero(west + width > _TURN / 2)
    west = np.concatenate([west, west[across] - _TURN])
    again = np.concatenate([np.arange(len(rows)), across])
    made = shapely.box(west, south[again], west + width[again], south[again] + height[again])
    return rows[again], np.asarray(made)
