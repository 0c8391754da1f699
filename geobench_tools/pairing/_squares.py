"""Cameras are dealt to the partitions by squares of 1/32 degree, each by the cell of its middle.

A square costs less than an H3 cell for each camera, and which squares a tile reaches into is plain
arithmetic. Where a camera is looked at does not decide what is found for it: every tile that can
show it is shown to its partition.
"""

import numpy as np
import numpy.typing as npt

from geobench_tools.geo import encode_cells
from geobench_tools.pairing._splits import PartitionLabeller

__all__ = ["reached_partitions", "square_partitions"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_PER_DEGREE = 32
_ROWS, _COLUMNS = 180 * _PER_DEGREE, 360 * _PER_DEGREE
_MOST_SQUARES = 16
_POLAR_DEG = 89.0
_METRES_PER_DEGREE = 110_000.0
"""Less than a degree of latitude has, so that rounding hides no square."""


def square_partitions(lat: Floats, lon: Floats, label: PartitionLabeller) -> Ints:
    """Return the partition of the square of each position (degrees)."""
    return _partitions(_row(lat), _column(lon), label)


def reached_partitions(
    lat: Floats, lon: Floats, reach_m: Floats, label: PartitionLabeller, own: int
) -> tuple[Ints, Ints]:
    """Return the other partitions with squares that discs reach into.

    A disc near a pole or over more than 16 squares reaches everywhere.

    Args:
        lat: Latitudes of the centres, degrees, shape (n,).
        lon: Longitudes, degrees.
        reach_m: Radii, metres.
        label: Deals cells to the partitions.
        own: The partition that is left out.

    Returns:
        Row numbers and partitions, sorted, without repeats.
    """
    north = reach_m / _METRES_PER_DEGREE
    furthest = np.abs(lat) + north
    east = north / np.cos(np.radians(np.minimum(furthest, _POLAR_DEG)))
    low, high = _row(lat - north), _row(lat + north)
    left, right = _column(lon - east), _column(lon + east)
    wide = right - left + 1
    squares = np.where(furthest < _POLAR_DEG, (high - low + 1) * wide, _MOST_SQUARES + 1)
    everywhere = np.flatnonzero(squares > _MOST_SQUARES)
    squares[everywhere] = 0
    rows = np.repeat(np.arange(len(lat)), squares)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(squares) - squares, squares)
    found = _partitions(low[rows] + place // wide[rows], left[rows] + place % wide[rows], label)
    near = found != own
    others = np.delete(np.arange(label.count), own)
    pairs = [
        np.stack([rows[near], found[near]]),
        np.stack([np.repeat(everywhere, len(others)), np.tile(others, len(everywhere))]),
    ]
    rows, found = np.unique(np.concatenate(pairs, axis=1), axis=1)
    return rows, found


def _row(lat: Floats) -> Ints:
    return np.clip(np.floor((lat + 90.0) * _PER_DEGREE), 0, _ROWS - 1).astype(np.int64)


def _column(lon: Floats) -> Ints:
    """Number of the column, beyond the date line below 0 or above the last."""
    return np.floor((lon + 180.0) * _PER_DEGREE).astype(np.int64)


def _partitions(row: Ints, column: Ints, label: PartitionLabeller) -> Ints:
    codes, inverse = np.unique(row * _COLUMNS + column % _COLUMNS, return_inverse=True)
    row, column = np.divmod(codes, _COLUMNS)
    lat, lon = (row + 0.5) / _PER_DEGREE - 90.0, (column + 0.5) / _PER_DEGREE - 180.0
    return label(encode_cells(lat, lon, label.resolution))[inverse]
