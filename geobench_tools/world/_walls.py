"""Which wall each pixel of a panorama shows: segments cast column by column, nearest first."""

from dataclasses import dataclass, fields

import numpy as np

from geobench_tools.world._build import centimetres
from geobench_tools.world._cars import Cars
from geobench_tools.world._exact import F32, I64, Bools, azimuth_deg, ragged
from geobench_tools.world._frame import Camera, Frame
from geobench_tools.world._plots import FACADES
from geobench_tools.world._scene import Scene, Segments, take

__all__ = ["Hits", "cast", "near_segments"]

NEAR_CM = 22000.0
"""Distance up to which every building is cast, centimetres."""

_CLEAR_CM = 40.0
_TALL = 0.09
_FAR_CM = 120000.0


@dataclass(frozen=True)
class Hits:
    """Visible walls and roofs, pixel by pixel.

    Attributes:
        pixel: Flat index into the image, shape (n,).
        segment: Row of the segments that were cast, shape (n,).
        front: Whether the segment shows its right-hand side, shape (n,).
        distance: Horizontal distance, centimetres, shape (n,).
        height: Height above the ground, centimetres, shape (n,).
        along: Distance from the segment's start, centimetres, shape (n,).
        east: Position, centimetres, shape (n,).
        north: Position, centimetres, shape (n,).
    """

    pixel: I64
    segment: I64
    front: Bools
    distance: F32
    height: F32
    along: F32
    east: F32
    north: F32


def near_segments(scene: Scene, camera: Camera, cars: Cars) -> tuple[Segments, int]:
    """Return the segments to cast, cars last, and how many of them belong to the scene.

    Left out are low buildings farther than ``NEAR_CM``; tall ones stay, for they show over roofs.
    """
    solids = scene.solids
    dx = solids.centre[:, 0] - np.float64(camera.east)
    dy = solids.centre[:, 1] - np.float64(camera.north)
    distance = np.sqrt(dx * dx + dy * dy)
    keep = distance - solids.radius < NEAR_CM
    keep |= (solids.height > _TALL * distance) & (distance < _FAR_CM)
    chosen = take(scene.segments, np.flatnonzero(keep[scene.segments.solid]))
    count = len(chosen)
    if len(cars) == 0:
        return chosen, count
    extra = _car_segments(cars)
    joined = {
        f.name: np.concatenate([getattr(chosen, f.name), getattr(extra, f.name)])
        for f in fields(Segments)
    }
    return Segments(**joined), count


def _car_segments(cars: Cars) -> Segments:
    """Return the four sides of all bodies and cabins; their backs show the lid."""
    polygons = np.concatenate([cars.body, cars.cabin])
    n = 4 * len(polygons)
    start = polygons.reshape(n, 2)
    end = np.roll(polygons, -1, axis=1).reshape(n, 2)
    leg = end - start
    length = np.sqrt(leg[:, 0] ** 2 + leg[:, 1] ** 2)
    normal = np.zeros((n, 3), np.float32)
    normal[:, 0], normal[:, 1] = leg[:, 1] / length, -leg[:, 0] / length
    colour = np.repeat(np.concatenate([cars.rgb, cars.rgb]), 4, axis=0)
    top = np.repeat(np.array([85, 145], np.int32), n // 2)
    nothing = np.zeros(n, np.int32)
    return Segments(
        ends=centimetres(np.concatenate([start, end], axis=1)),
        top=np.stack([top, top], axis=1),
        front=normal,
        back=np.broadcast_to(np.array([0.0, 0.0, 1.0], np.float32), (n, 3)),
        edge=np.zeros(n, bool),
        backed=np.ones(n, bool),
        wall_rgb=colour,
        roof_rgb=colour,
        facade=np.full(n, FACADES.index("car"), np.uint8),
        eave=nothing,
        offset=nothing,
        solid=nothing - 1,
        seed=nothing,
    )


def cast(segments: Segments, camera: Camera, frame: Frame) -> Hits:
    """Cast segments into a panorama.

    Each segment covers a range of columns. In a column the segments are taken from near to far, and
    each shows where it rises above everything nearer, so that no pixel is computed twice.
    """
    grid = frame.grid
    width, height = grid.width, grid.height
    ends = segments.ends.astype(np.float64)
    x0, y0 = ends[:, 0] - camera.east, ends[:, 1] - camera.north
    x1, y1 = ends[:, 2] - camera.east, ends[:, 3] - camera.north
    ex, ey = x1 - x0, y1 - y0
    side = y0 * ex - x0 * ey
    front = side > 0.0
    shown = front | segments.backed | segments.edge
    rows = np.flatnonzero(shown & (side != 0.0))
    front = front[rows]
    x0, y0, x1, y1, ex, ey = (v[rows] for v in (x0, y0, x1, y1, ex, ey))
    first = azimuth_deg(np.where(front, x0, x1), np.where(front, y0, y1))
    last = azimuth_deg(np.where(front, x1, x0), np.where(front, y1, y0))
    scale = width / 360.0
    start = (first - camera.heading_deg + 180.0) % 360.0 * scale
    span = (last - first) % 360.0 * scale
    column0 = np.ceil(start - 0.5)
    count = (np.floor(start + span - 0.5) - column0).astype(np.int64) + 1
    count = np.where(span < width / 2.0 + 1.0, np.minimum(count, width), 0)
    owner, place = ragged(count)
    column = (column0.astype(np.int64)[owner] + place) % width
    dx, dy = frame.east[column], frame.north[column]
    fx, fy, px, py = ex[owner], ey[owner], x0[owner], y0[owner]
    across = dx * fy - dy * fx
    across = np.where(across == 0.0, 1e-9, across)
    distance = (px * fy - py * fx) / across
    part = np.clip((px * dy - py * dx) / across, 0.0, 1.0)
    keep = np.flatnonzero((distance > _CLEAR_CM) & (distance < _FAR_CM))
    owner, column, distance, part = owner[keep], column[keep], distance[keep], part[keep]
    top = segments.top[rows].astype(np.float64)[owner]
    top = top[:, 0] + (top[:, 1] - top[:, 0]) * part
    high = frame.rows_below((top - camera.height) / distance, column)
    low = frame.rows_below(-camera.height / distance, column)
    # Sort by column, then distance; the index in the lowest bits makes the order unique.
    key = (column << 50) | (np.rint(distance * 4.0).astype(np.int64) << 28) | np.arange(len(column))
    order = np.sort(key) & ((1 << 28) - 1)
    column, high, low = column[order], high[order], low[order]
    covered = np.maximum.accumulate(column * (1 << 20) + high) - column * (1 << 20)
    before = np.concatenate([[0], covered[:-1]])
    fresh = np.concatenate([[True], column[1:] != column[:-1]])[: len(column)]
    before = np.where(fresh, 0, before[: len(column)])
    bottom = np.maximum(before, low)
    item, step = ragged(high - bottom)
    source = order[item]
    row = bottom[item] + step
    col = column[item]
    far = distance[source]
    reach = far.astype(np.float32)
    length = np.sqrt(ex * ex + ey * ey)[owner[source]]
    return Hits(
        pixel=(height - 1 - row) * width + col,
        segment=rows[owner[source]],
        front=front[owner[source]],
        distance=reach,
        height=reach * frame.tangents(row, col).astype(np.float32) + np.float32(camera.height),
        along=(part[source] * length).astype(np.float32),
        east=(far * frame.east[col] + camera.east).astype(np.float32),
        north=(far * frame.north[col] + camera.north).astype(np.float32),
    )
