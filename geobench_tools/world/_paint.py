"""Maps of a scene seen from above: which face each pixel shows, how high it stands, its shadows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geobench_tools.world._exact import I8, I16, I32, TEXTURE, U8, Bools, leaf_texture, ragged
from geobench_tools.world._scene import Faces, Kind, Scene

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "Ground",
    "Relief",
    "Surface",
    "cast_shadows",
    "paint",
    "paint_kinds",
    "relief",
    "survey",
]

NO_TREE = -1
_MARGIN_M = 32.0


@dataclass(frozen=True)
class Surface:
    """A north-up map of faces.

    Attributes:
        faces: Index of the face plus one; 0 is untended ground. Shape (size, size).
        kinds: ``Kind`` for each value of ``faces``.
        west: Western border, centimetres.
        north: Northern border, centimetres.
        step: Side of a pixel, centimetres.
    """

    faces: I32
    kinds: U8
    west: float
    north: float
    step: float


def paint(
    faces: Faces, centre: tuple[float, float], step: float, size: int, *, raised: bool = False
) -> Surface:
    """Paint faces on a square map.

    Args:
        faces: The faces of a scene.
        centre: East and north of the map's centre, centimetres.
        step: Side of a pixel, centimetres.
        size: Pixels of a side.
        raised: Leave out the faces on the ground.
    """
    from PIL import Image as Images

    half = step * size / 2.0
    west, north = centre[0] - half, centre[1] + half
    image = Images.new("I", (size, size))
    chosen = faces.solid >= 0 if raised else np.ones(len(faces), bool)
    _draw(image, faces, chosen, (west, north), step, np.arange(1, len(faces) + 1))
    kinds = np.concatenate([np.array([Kind.GROUND], np.uint8), faces.kind])
    return Surface(np.asarray(image), kinds, west, north, step)


def paint_kinds(faces: Faces, half: float, step: float, skip: tuple[int, ...]) -> U8:
    """Paint the ``Kind`` of faces on a square map around the origin, leaving out some kinds.

    Args:
        faces: The faces of a scene.
        half: Half of the map's side, centimetres.
        step: Side of a pixel, centimetres.
        skip: Kinds to leave out.
    """
    from PIL import Image as Images

    size = int(2.0 * half / step)
    image = Images.new("L", (size, size))
    chosen = np.ones(len(faces), bool)
    for kind in skip:
        chosen &= faces.kind != kind
    _draw(image, faces, chosen, (-half, half), step, faces.kind)
    return np.asarray(image)


def _draw(
    image: "Image",
    faces: Faces,
    chosen: Bools,
    corner: tuple[float, float],
    step: float,
    ink: npt.NDArray[np.integer],
) -> None:
    """Fill the chosen faces that touch the map whose north-western corner is given."""
    from PIL import ImageDraw

    size = image.width
    west, north = corner
    box = faces.box
    near = (box[:, 2] >= west) & (box[:, 0] <= west + size * step)
    near &= (box[:, 3] >= north - size * step) & (box[:, 1] <= north)
    rows = np.flatnonzero(near & chosen)
    count = faces.start[rows + 1] - faces.start[rows]
    owner, place = ragged(count)
    xy = faces.xy[faces.start[rows][owner] + place]
    pixel = np.empty(xy.shape)
    pixel[:, 0] = np.floor((xy[:, 0] - west) / step)
    pixel[:, 1] = np.floor((north - xy[:, 1]) / step)
    flat = pixel.ravel().tolist()
    polygon = ImageDraw.Draw(image).polygon
    first = 0
    for value, corners in zip(ink[rows].tolist(), (2 * count).tolist(), strict=True):
        polygon(flat[first : first + corners], fill=value)
        first += corners


@dataclass(frozen=True)
class Relief:
    """Heights around a place, trees included.

    Attributes:
        height: Height of what is seen from above, centimetres, int16, shape (size, size).
        tree: Row of the tree whose crown a pixel shows, -1 without one.
        normal: East and north part of the crown's normal times 127, int8, shape (2, size, size).
        west: Western border, centimetres.
        north: Northern border, centimetres.
        step: Side of a pixel, centimetres.
    """

    height: I16
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
    tree = np.full((size, size), NO_TREE, np.int32)
    normal = np.zeros((2, size, size), np.int8)
    made = Relief(height, tree, normal, surface.west, surface.north, step)
    _crowns(scene, made)
    return made


def _crowns(scene: Scene, to: Relief) -> None:
    size, step = len(to.height), to.step
    trees = scene.trees
    x = (trees.centre[:, 0] - to.west) / step
    y = (to.north - trees.centre[:, 1]) / step
    r = trees.radius / step
    rows = np.flatnonzero((x + r > 0) & (x - r < size) & (y + r > 0) & (y - r < size))
    x, y, r = x[rows], y[rows], r[rows]
    left = np.floor(x - r).astype(np.int64)
    upper = np.floor(y - r).astype(np.int64)
    side = np.ceil(2.0 * r).astype(np.int64) + 1
    owner, place = ragged(side * side)
    px, py = left[owner] + place % side[owner], upper[owner] + place // side[owner]
    dx = ((px + 0.5 - x[owner]) / r[owner]).astype(np.float32)
    dy = ((py + 0.5 - y[owner]) / r[owner]).astype(np.float32)
    seed = trees.seed[rows][owner]
    texel = np.float32(14.0) * np.float32(step / 100.0)
    u = (dx * r[owner].astype(np.float32) * texel).astype(np.int32) + seed
    v = (dy * r[owner].astype(np.float32) * texel).astype(np.int32) + (seed >> 8)
    leaf = leaf_texture()[v & (TEXTURE - 1), u & (TEXTURE - 1)]
    square = dx * dx + dy * dy
    ragged_edge = square + (leaf.astype(np.float32) - 128.0) * np.float32(0.0042)
    inside = (ragged_edge < 0.94) & (px >= 0) & (px < size) & (py >= 0) & (py < size)
    keep = np.flatnonzero(inside)
    owner, px, py, dx, dy = owner[keep], px[keep], py[keep], dx[keep], dy[keep]
    rise = np.sqrt(np.maximum(np.float32(1.0) - square[keep], np.float32(0.0)))
    conifer = trees.species[rows][owner] == 1
    slope = np.float32(1.0) - np.sqrt(square[keep])
    rise = np.where(conifer, slope, rise)
    base, top = trees.base[rows][owner], trees.height[rows][owner]
    high = (base + (top - base) * (0.35 + 0.65 * rise)).astype(np.int64)
    pixel = py * size + px
    key = high * (1 << 32) + np.arange(len(high))
    best = to.height.astype(np.int64).ravel() * (1 << 32) + ((1 << 32) - 1)
    np.maximum.at(best, pixel, key)
    low = best & ((1 << 32) - 1)
    hit = np.flatnonzero(low != (1 << 32) - 1)
    item = low[hit]
    to.height.ravel()[hit] = (best[hit] >> 32).astype(np.int16)
    to.tree.ravel()[hit] = rows[owner[item]]
    to.normal[0].ravel()[hit] = np.rint(dx[item] * 120.0)
    to.normal[1].ravel()[hit] = np.rint(-dy[item] * 120.0)


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
