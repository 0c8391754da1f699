"""The equirectangular camera: which direction each pixel of a panorama looks in."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from geobench_tools.world._exact import F32, F64, I32, I64, sincos

__all__ = ["SUB", "Camera", "Frame", "Grid", "frame_for", "grid_for"]

SUB = 16
"""Steps into which a pixel row is divided for elevations."""


@dataclass(frozen=True)
class Camera:
    """Where a panorama is taken and how it is turned.

    Attributes:
        east: East of the scene's origin, centimetres.
        north: North of the scene's origin, centimetres.
        height: Height of the lens above the ground, centimetres.
        heading_deg: Direction of the image's centre column, degrees clockwise from north.
    """

    east: int
    north: int
    height: int = 230
    heading_deg: float = 0.0


@dataclass(frozen=True)
class Grid:
    """What depends on the size of the image alone.

    Elevations are counted in steps from the nadir: ``SUB * height`` steps up to the zenith.

    Attributes:
        width: Pixels.
        height: Pixels.
        relative_deg: Direction of each column relative to the heading, shape (width,).
        tangent: Tangent of the elevation at each step, shape (SUB * height + 1,).
        reach: Distance at which each step below the horizon meets the ground, in camera heights.
        cloud_u: Where the sky meets a plane overhead, texels, shape (rows above horizon, width),
            from the zenith down.
        cloud_v: The same, other axis.
    """

    width: int
    height: int
    relative_deg: F64
    tangent: F64
    reach: F32
    cloud_u: I32
    cloud_v: I32


@lru_cache(maxsize=4)
def grid_for(width: int, height: int) -> Grid:
    """Return the tables for a size of image."""
    relative = (np.arange(width, dtype=np.float64) + 0.5) * (360.0 / width) - 180.0
    steps = SUB * height
    sine, cosine = sincos(np.arange(steps + 1) * (180.0 / steps) - 90.0)
    tangent = sine / np.maximum(cosine, 1e-12)
    reach = np.zeros(steps + 1)
    below = np.arange(steps + 1) < steps // 2
    reach[below] = -1.0 / tangent[below]
    reach[~below] = reach[below][-1]
    rows = height - height // 2
    centre = steps // 2 + SUB * np.arange(rows)[::-1] + SUB // 2
    far = 1.0 / np.maximum(tangent[centre], 0.03)
    s, c = sincos(relative)
    u = np.floor(far[:, None] * s * 34.0).astype(np.int32)
    v = np.floor(far[:, None] * c * 34.0).astype(np.int32)
    return Grid(width, height, relative, tangent, reach.astype(np.float32), u, v)


@dataclass(frozen=True)
class Frame:
    """The directions of one view's pixels.

    Attributes:
        grid: Tables of the image's size.
        east: East part of each column's direction, shape (width,).
        north: North part, shape (width,).
        tilt: By how many steps roll and pitch lift each column, shape (width,).
    """

    grid: Grid
    east: F64
    north: F64
    tilt: I64

    def rows_below(self, tangent: F64, column: I64) -> I64:
        """Return how many pixels of columns, from below, lie under elevations.

        Args:
            tangent: Tangents of the elevations.
            column: The columns, of the same shape.
        """
        step = np.searchsorted(self.grid.tangent, tangent) + self.tilt[column]
        return np.asarray(np.clip((step + SUB // 2 - 1) // SUB, 0, self.grid.height))

    def tangents(self, row: I64, column: I64) -> F64:
        """Return the tangents of the elevations of pixels; rows are counted from below."""
        step = SUB * row + SUB // 2 - self.tilt[column]
        return np.asarray(self.grid.tangent[np.clip(step, 0, SUB * self.grid.height)])


def frame_for(
    camera: Camera, width: int, height: int, roll_deg: float = 0.0, pitch_deg: float = 0.0
) -> Frame:
    """Return the directions of a panorama's pixels.

    Roll and pitch shift each column up or down by a sine of its direction: exact to first order in
    the angle at the horizon, which is what small tilts need.
    """
    grid = grid_for(width, height)
    east, north = sincos(grid.relative_deg + camera.heading_deg)
    s, c = sincos(grid.relative_deg)
    lift = (-pitch_deg * c + roll_deg * s) * (SUB * height / 180.0)
    return Frame(grid, east, north, np.rint(lift).astype(np.int64))
