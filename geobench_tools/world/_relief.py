"""Heights of a scene seen from above, trees included, and the shadows they cast."""

from dataclasses import dataclass

import numpy as np

from geobench_tools.world._exact import I8, I16, I32, I64, leaf_texture, ragged, texels
from geobench_tools.world._paint import Surface, paint
from geobench_tools.world._scene import Scene, Trees, take
from geobench_tools.world._styles import CONIFER

__all__ = ["Ground", "Relief", "cast_shadows", "relief", "survey"]

_MARGIN_M = 32.0


@dataclass(frozen=True)
class Relief:
    """Heights around a place, trees included.

    Attributes:
        height: Height of what is seen from above, centimetres, int16, shape (size, size).
        trees: Rows of the trees on the map.
        tree: Index into ``trees`` of the crown that a pixel shows, -1 without one.
        normal: East and north part of the crown's normal times 127, int8, shape (2, size, size).
        west: Western border, centimetres.
        north: Northern border, centimetres.
        step: Side of a pixel, centimetres.
    """

    height: I16
    trees: I64
    tree: I32
    normal: I8
    west: float
    north: float
    step: float


def relief(scene: Scene, centre: tuple[float, float], step: float, size: int) -> Relief:
    """Return heights of buildings and trees; arguments as for ``paint``."""
    surface = paint(scene.faces, centre, step, size, raised=True)
    level, east, north = np.ascontiguousarray(scene.faces.plane.T)
    plain = np.concatenate([[0.0], level]).clip(0.0, 32000.0).astype(np.int16)
    height = plain.take(surface.faces)
    sloping = np.concatenate([[False], (east != 0.0) | (north != 0.0)])
    at = np.flatnonzero(sloping.take(surface.faces))
    face = surface.faces.take(at) - 1
    row = at // size
    x = surface.west + (at - row * size + 0.5) * step
    y = surface.north - (row + 0.5) * step
    slope = level.take(face) + east.take(face) * x + north.take(face) * y
    height.ravel()[at] = np.clip(np.rint(slope), 0.0, 32000.0).astype(np.int16)
    trees, half = scene.trees, step * size / 2.0
    away = np.abs(trees.centre - np.array(centre)) - trees.radius[:, None]
    rows = np.flatnonzero((away < half).all(axis=1))
    tree = np.full((size, size), -1, np.int32)
    normal = np.zeros((2, size, size), np.int8)
    made = Relief(height, rows, tree, normal, surface.west, surface.north, step)
    _crowns(take(trees, rows), made)
    return made


def _crowns(trees: Trees, to: Relief) -> None:
    """Set crowns on a map that holds buildings only."""
    size, step = len(to.height), to.step
    x = (trees.centre[:, 0] - to.west) / step
    y = (to.north - trees.centre[:, 1]) / step
    r = trees.radius / step
    left, upper = np.floor(x - r).astype(np.int64), np.floor(y - r).astype(np.int64)
    side = np.ceil(2.0 * r).astype(np.int64) + 1
    owner, place = ragged(side * side)
    wide = side[owner]
    line = place // wide
    px, py = left[owner] + (place - line * wide), upper[owner] + line
    inside = np.flatnonzero((px >= 0) & (px < size) & (py >= 0) & (py < size))
    owner, px, py = owner[inside], px[inside], py[inside]
    dx = ((px + 0.5 - x[owner]) / r[owner]).astype(np.float32)
    dy = ((py + 0.5 - y[owner]) / r[owner]).astype(np.float32)
    texel = (r * (0.14 * step)).astype(np.float32)[owner]
    seed = trees.seed[owner]
    u, v = (dx * texel).astype(np.int32) + seed, (dy * texel).astype(np.int32) + (seed >> 8)
    square = dx * dx + dy * dy
    edge = square + texels(leaf_texture(), u, v) * np.float32(0.53)
    keep = np.flatnonzero(edge < 0.94)
    owner, pixel = owner[keep], py[keep] * size + px[keep]
    dx, dy, square = dx[keep], dy[keep], square[keep]
    dome = np.sqrt(np.maximum(np.float32(1.0) - square, np.float32(0.0)))
    rise = np.where(trees.species[owner] == CONIFER, np.float32(1.0) - np.sqrt(square), dome)
    base, top = trees.base[owner], trees.height[owner]
    high = (base + (top - base) * (0.35 + 0.65 * rise)).astype(np.int64)
    # The highest crown or roof wins; the item's number in the low bits makes that unique.
    nothing = (1 << 32) - 1
    best = (to.height.astype(np.int64).ravel() << 32) | nothing
    np.maximum.at(best, pixel, (high << 32) | np.arange(len(high)))
    hit = np.flatnonzero(best & nothing != nothing)
    item = best[hit] & nothing
    to.height.ravel()[hit] = high[item]
    to.tree.ravel()[hit] = owner[item]
    to.normal[0].ravel()[hit] = np.rint(dx[item] * np.float32(120.0))
    to.normal[1].ravel()[hit] = np.rint(dy[item] * np.float32(-120.0))


@dataclass(frozen=True)
class Ground:
    """The surroundings of a place, painted once for the tile and the panorama.

    Attributes:
        surface: Faces.
        relief: Heights and trees, on a wider map.
    """

    surface: Surface
    relief: Relief


def survey(scene: Scene, centre: tuple[int, int], gsd_m: float, size_px: int) -> Ground:
    """Paint what a tile shows, with a margin for the shadows of what stands outside.

    Args:
        scene: The scene.
        centre: East and north of the tile's centre, centimetres.
        gsd_m: Ground sample distance, metres.
        size_px: Side of the tile, pixels.
    """
    factor = _oversampling(gsd_m)
    step = gsd_m * 100.0
    margin = int(np.ceil(_MARGIN_M / gsd_m))
    surface = paint(scene.faces, centre, step / factor, size_px * factor)
    return Ground(surface, relief(scene, centre, step, size_px + 2 * margin))


def _oversampling(gsd_m: float) -> int:
    return int(min(max(np.rint(gsd_m / 0.25), 1), 8))


def cast_shadows(map_: Relief, azimuth: tuple[float, float], slope: float, reach: float) -> I16:
    """Return how high the shadow reaches over each pixel, centimetres.

    A point p lies in shadow below V(p) = max over t >= 0 of height(p + t * sun) - t * slope. Each
    step doubles the reach of V.

    Args:
        map_: Heights.
        azimuth: Horizontal unit vector towards the sun, east and north.
        slope: Tangent of the sun's altitude.
        reach: How far shadows are followed, centimetres.
    """
    volume = map_.height.copy()
    distance = 1.0
    while distance * map_.step <= reach:
        dx = int(np.rint(azimuth[0] * distance))
        dy = int(np.rint(-azimuth[1] * distance))
        drop = int(np.rint(distance * map_.step * slope))
        if drop >= 32000:
            break
        shifted = _shift(volume, dx, dy) - np.int16(drop)
        volume = np.maximum(volume, shifted)
        distance *= 2.0
    return volume


def _shift(field: I16, dx: int, dy: int) -> I16:
    """Return field[y + dy, x + dx], 0 beyond the border."""
    out = np.zeros_like(field)
    n = len(field)
    if abs(dx) >= n or abs(dy) >= n:
        return out
    y0, y1, x0, x1 = max(0, -dy), min(n, n - dy), max(0, -dx), min(n, n - dx)
    out[y0:y1, x0:x1] = field[y0 + dy : y1 + dy, x0 + dx : x1 + dx]
    return out
