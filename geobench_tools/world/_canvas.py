"""The buffers of a panorama, and looking things up on maps."""

from dataclasses import dataclass

import numpy as np

from geobench_tools.world._exact import F32, I16, I32, Bools
from geobench_tools.world._relief import Relief
from geobench_tools.world._scene import Kind

__all__ = ["SKY_CM", "Canvas", "Shade", "locate"]

SKY_CM = 1e9
"""Depth of the sky, centimetres."""


class Canvas:
    """Buffers of one panorama, flat; the passes fill them one after another."""

    def __init__(self, width: int, height: int) -> None:
        n = width * height
        self.albedo = np.zeros((3, n), np.float32)
        self.sun = np.zeros(n, np.float32)
        self.sky = np.ones(n, np.float32)
        self.depth = np.full(n, SKY_CM, np.float32)
        self.kind = np.full(n, Kind.SKY, np.uint8)
        self.solid = np.full(n, -1, np.int32)
        self.shadow = np.zeros(n, bool)


def locate(
    east: F32, north: F32, west: float, top: float, step: float, size: int
) -> tuple[I32, Bools]:
    """Return flat pixel indices on a square map and which points lie on it (0 for the others)."""
    inverse = np.float32(1.0 / step)
    column = np.floor((east - np.float32(west)) * inverse).astype(np.int32)
    row = np.floor((np.float32(top) - north) * inverse).astype(np.int32)
    # Negative numbers are huge without a sign.
    limit = np.uint32(size)
    inside = (column.view(np.uint32) < limit) & (row.view(np.uint32) < limit)
    row *= np.int32(size)
    row += column
    row *= inside
    return row, inside


@dataclass(frozen=True)
class Shade:
    volume: I16
    relief: Relief

    def at(self, east: F32, north: F32, height: F32 | float) -> Bools:
        """Tell which points lie in shadow; beyond the map none do."""
        map_ = self.relief
        index, inside = locate(east, north, map_.west, map_.north, map_.step, len(self.volume))
        return (self.volume.take(index) > height) & inside
