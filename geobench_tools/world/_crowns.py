"""Trees in a panorama: crowns with ragged edges and thin trunks, hidden by what is nearer."""

from dataclasses import dataclass

import numpy as np

from geobench_tools.world._exact import (
    F32,
    F64,
    I64,
    Bools,
    azimuth_deg,
    leaf_texture,
    levels,
    ragged,
    texels,
)
from geobench_tools.world._frame import Camera, Frame
from geobench_tools.world._scene import Trees
from geobench_tools.world._styles import CONIFER

__all__ = ["TREES_CM", "Foliage", "see_trees"]

TREES_CM = 14000
"""Distance up to which trees are drawn, centimetres."""

_LAST = (1 << 32) - 1


@dataclass(frozen=True)
class Foliage:
    """Visible parts of trees, pixel by pixel.

    Attributes:
        pixel: Flat index into the image.
        tree: Row of the tree.
        trunk: Whether the pixel shows the trunk.
        distance: Horizontal distance, centimetres.
        right: Normal of the crown, part to the right as the camera sees it.
        up: Normal, upward part.
        leaf: Brightness of the foliage, 0 to 255.
    """

    pixel: I64
    tree: I64
    trunk: Bools
    distance: F32
    right: F32
    up: F32
    leaf: F32


def see_trees(trees: Trees, density: F32, camera: Camera, frame: Frame, depth: F32) -> Foliage:
    """Return what the camera sees of the trees.

    Args:
        trees: The trees near the camera.
        density: Density of each crown, 0 to 1.
        camera: The camera.
        frame: Directions of the pixels.
        depth: Horizontal distance of what stands behind, flat, centimetres.
    """
    grid = frame.grid
    width, height = grid.width, grid.height
    dx = trees.centre[:, 0] - np.float64(camera.east)
    dy = trees.centre[:, 1] - np.float64(camera.north)
    far = np.sqrt(dx * dx + dy * dy)
    rows = np.flatnonzero((far < TREES_CM) & (far > trees.radius * 0.55 + 60.0))
    far, azimuth = far[rows], azimuth_deg(dx[rows], dy[rows])
    radius = trees.radius[rows].astype(np.float64)
    top, base = trees.height[rows].astype(np.float64), trees.base[rows].astype(np.float64)
    half_deg = azimuth_deg(np.minimum(radius * 1.08, far * 2.0), far)
    middle = (azimuth - camera.heading_deg + 180.0) % 360.0 * (width / 360.0)
    reach = half_deg * (width / 360.0)
    left = np.ceil(middle - reach - 0.5).astype(np.int64)
    columns = np.minimum(np.floor(middle + reach - 0.5).astype(np.int64) - left + 1, width)
    # The trunk of a far tree is thinner than a pixel; give every tree its middle column.
    left = np.where(columns < 1, np.floor(middle).astype(np.int64), left)
    columns = np.maximum(columns, 1)
    owner, place = ragged(columns)
    column = (left[owner] + place) % width
    # The crown is a disc facing the camera: aside and far are measured in its plane.
    to_x, to_y = (dx[rows] / far)[owner], (dy[rows] / far)[owner]
    ahead = frame.east[column] * to_x + frame.north[column] * to_y
    right = frame.east[column] * to_y - frame.north[column] * to_x
    keep = np.flatnonzero(ahead > 0.2)
    owner, column, ahead, right = owner[keep], column[keep], ahead[keep], right[keep]
    ray = far[owner] / ahead
    aside = right * ray
    high = frame.rows_below((top[owner] - camera.height) / ray, column)
    low = frame.rows_below(-camera.height / ray, column)
    item, step = ragged(high - low)
    column_of = column[item]
    row = low[item] + step
    pixel = (height - 1 - row) * width + column_of
    tree = owner[item]
    near = depth[pixel] > far[tree]
    item, row, pixel, tree = item[near], row[near], pixel[near], tree[near]
    z = (ray[item] * frame.tangents(row, column[item]) + camera.height).astype(np.float32)
    return _shape(trees, density, rows, tree, pixel, aside[item], z, far, radius, top, base)


def _shape(
    trees: Trees,
    density: F32,
    rows: I64,
    tree: I64,
    pixel: I64,
    aside: F64,
    z: F32,
    far: F64,
    radius: F64,
    top: F64,
    base: F64,
) -> Foliage:
    p = (aside / radius[tree]).astype(np.float32)
    middle, half = (top + base) / 2.0, (top - base) / 2.0
    q = (z - middle[tree].astype(np.float32)) / half[tree].astype(np.float32)
    species = trees.species[rows][tree]
    seed = trees.seed[rows][tree].astype(np.int64)
    scale = 0.11
    u, v = (
        (aside * scale).astype(np.int64) + seed,
        (z * np.float32(scale)).astype(np.int64) + (seed >> 7),
    )
    leaf = levels(leaf_texture(), u, v).astype(np.float32)
    fine = levels(leaf_texture(), u * 5 // 2 + 77, v * 5 // 2).astype(np.float32)
    # A conifer narrows towards the top.
    narrow = np.maximum(np.float32(0.55) - q * np.float32(0.5), np.float32(0.02))
    taper = np.where(species == CONIFER, narrow, np.float32(1.0))
    wide = p / taper
    tall = np.where(species == CONIFER, q * np.float32(0.8), q)
    square = wide * wide + tall * tall
    edge = square + (leaf - np.float32(120.0)) * np.float32(0.0052)
    thin = density[rows][tree]
    bare = np.flatnonzero((thin < 1.0) & (edge < 0.95))
    if len(bare):
        # Twigs are ridges of a texture whose columns spread like rays from the foot of the crown.
        ray = wide[bare] / (tall[bare] + np.float32(1.35))
        u = (ray * np.float32(30.0)).astype(np.int64) + seed[bare]
        twig = texels(leaf_texture(), u, v[bare] >> 1)
        fine[bare] = np.abs(twig) * np.float32(440.0)
    crown = (edge < np.float32(0.95)) & (fine < thin * np.float32(256.0))
    thick = np.maximum(radius[tree] * 0.045, 8.0) * np.clip(1.5 - z / top[tree], 0.3, 1.0)
    tall_trunk = np.where(thin < 0.8, 0.75, 0.3) * half[tree]
    trunk = (np.abs(aside) < thick) & (z < middle[tree] + tall_trunk) & ~crown
    hit = np.flatnonzero(crown | trunk)
    pixel, tree = pixel[hit], tree[hit]
    key = (np.rint(far[tree]).astype(np.int64) << 32) | np.arange(len(hit))
    size = int(pixel.max()) + 1 if len(pixel) else 0
    best = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(best, pixel, key)
    at = np.flatnonzero(best != np.iinfo(np.int64).max)
    item = best[at] & _LAST
    source = hit[item]
    return Foliage(
        pixel=at,
        tree=rows[tree[item]],
        trunk=trunk[source],
        distance=far[tree[item]].astype(np.float32),
        right=np.clip(wide[source], -1.0, 1.0),
        up=np.clip(tall[source], -1.0, 1.0),
        leaf=leaf[source] * np.float32(0.6) + fine[source] * np.float32(0.4),
    )
