"""The satellite tile: a north-up orthographic image with cast shadows."""

from dataclasses import dataclass

import numpy as np

from geobench_tools.world._cars import Cars, draw_cars, park
from geobench_tools.world._develop import develop
from geobench_tools.world._exact import (
    F32,
    I16,
    U8,
    Bools,
    fractal_texture,
    grain_texture,
    leaf_texture,
    levels,
)
from geobench_tools.world._light import Sun, illuminate
from geobench_tools.world._materials import GRAIN, PATCH, face_colours, texture_anchor, tree_colours
from geobench_tools.world._nuisance import Nuisance
from geobench_tools.world._paint import Surface
from geobench_tools.world._relief import Ground, Relief, cast_shadows, survey
from geobench_tools.world._scene import Kind, Scene, take

__all__ = ["Tile", "render_tile"]


@dataclass(frozen=True)
class Tile:
    """A satellite tile.

    Attributes:
        image: sRGB, shape (size, size, 3).
        kind: ``Kind`` of each pixel, shape (size, size).
        height: Height of what is seen, centimetres, shape (size, size).
        shadow: Whether the sun is hidden, shape (size, size).
    """

    image: U8
    kind: U8
    height: I16
    shadow: Bools


def render_tile(
    scene: Scene,
    centre: tuple[int, int],
    gsd_m: float,
    size_px: int,
    sun: Sun,
    nuisance: Nuisance,
    ground: Ground | None = None,
) -> Tile:
    """Render a satellite tile.

    Args:
        scene: The geometry.
        centre: East and north of the centre, centimetres.
        gsd_m: Ground sample distance, metres.
        size_px: Side, pixels.
        sun: Position of the sun.
        nuisance: Everything else.
        ground: What ``survey`` returned for the same place, if it is at hand.
    """
    ground = ground or survey(scene, centre, gsd_m, size_px)
    light = illuminate(sun, nuisance)
    cars = Cars.around(scene, centre, gsd_m * size_px * 50.0, nuisance)
    albedo, level, kind = _albedo(scene, ground.surface, cars, sun, nuisance, size_px)
    around = park(ground.relief, cars)
    margin = (len(around.height) - size_px) // 2
    inner = slice(margin, margin + size_px)
    sx, sy, sz = sun.vector
    flat = max((sx * sx + sy * sy) ** 0.5, 1e-6)
    volume = cast_shadows(around, (sx / flat, sy / flat), sz / flat, 20000.0)
    height = around.height[inner, inner]
    shadow = volume[inner, inner] > height + np.int16(25)
    _texture(albedo, kind, ground.surface, scene, nuisance, size_px)
    _trees(scene, around, inner, sun, nuisance, albedo, level, kind)
    level *= ~shadow
    water = np.flatnonzero(kind == Kind.WATER)
    haze = np.float32(0.02 + 80.0 / nuisance.visibility_m)
    for channel in range(3):
        out = albedo[channel]
        out *= level * light.direct[channel] + light.ambient[channel]
        out.ravel()[water] += np.float32(0.05) * light.zenith[channel]
        out *= np.float32(1.0) - haze
        out += haze * light.horizon[channel] * np.float32(0.8)
    return Tile(develop(albedo, light.exposure, nuisance), kind, height, shadow)


def _albedo(
    scene: Scene, surface: Surface, cars: Cars, sun: Sun, nuisance: Nuisance, size: int
) -> tuple[F32, F32, U8]:
    """Return linear colours (3, n, n), cosines of the sun's incidence and kinds."""
    from PIL import Image

    rgb = face_colours(scene, nuisance)[:, : len(scene.faces) + 1]
    normal = scene.faces.normal
    sx, sy, sz = (np.float32(v) for v in sun.vector)
    facing = normal[:, 0] * sx + normal[:, 1] * sy + normal[:, 2] * sz
    facing = np.concatenate([[sz], np.maximum(facing, np.float32(0.0))])
    table = np.empty((rgb.shape[1], 4), np.uint8)
    table[:, :3] = np.rint(np.clip(rgb, 0.0, 255.0)).T
    table[:, 3] = np.rint(facing * np.float32(255.0))
    pixels = table.view(np.uint32)[:, 0].take(surface.faces)
    fine = len(pixels)
    image = Image.frombuffer("RGBX", (fine, fine), pixels.tobytes(), "raw", "RGBX", 0, 1)
    factor = fine // size
    kind = surface.kinds[surface.faces[factor // 2 :: factor, factor // 2 :: factor]]
    if len(cars):
        image = image.copy()
        draw_cars(image, cars, surface, int(sz * np.float32(255.0)))
    small = np.asarray(image.reduce(factor) if factor > 1 else image)
    scaled = small.astype(np.float32)
    scaled *= np.float32(1.0 / 255.0)
    albedo = np.ascontiguousarray(np.moveaxis(scaled[..., :3], 2, 0))
    albedo *= albedo
    return albedo, np.ascontiguousarray(scaled[..., 3]), kind


def _texture(
    albedo: F32, kind: U8, surface: Surface, scene: Scene, nuisance: Nuisance, size: int
) -> None:
    step = surface.step * len(surface.faces) / size
    ax, ay = texture_anchor(scene, nuisance)
    x = surface.west + (np.arange(size) + 0.5) * step
    y = surface.north - (np.arange(size) + 0.5) * step

    def sample(texture: U8, scale: float) -> F32:
        u = np.floor(x / scale).astype(np.int64) + ax
        v = np.floor(y / scale).astype(np.int64) + ay
        return levels(texture, u, v[:, None]).astype(np.float32) - np.float32(127.5)

    shade = sample(grain_texture(), max(step, 30.0)) * GRAIN.take(kind)
    shade += sample(fractal_texture(), max(step, 60.0)) * PATCH.take(kind)
    shade *= np.float32(1.0 / 127.5)
    shade += np.float32(1.0)
    albedo *= shade


def _trees(
    scene: Scene,
    around: Relief,
    inner: slice,
    sun: Sun,
    nuisance: Nuisance,
    albedo: F32,
    level: F32,
    kind: U8,
) -> None:
    tree = around.tree[inner, inner].ravel()
    at = np.flatnonzero(tree >= 0)
    if len(at) == 0:
        return
    trees = take(scene.trees, around.trees)
    colour, density = tree_colours(trees, scene.town.climate, nuisance)
    row = tree[at]
    seed = trees.seed[row]
    size = level.shape[0]
    leaf = levels(leaf_texture(), at % size * 9 + seed, at // size * 9 + (seed >> 8))
    seen = leaf < density[row] * 256.0
    at, row, leaf = at[seen], row[seen], leaf[seen].astype(np.float32)
    nx = around.normal[0, inner, inner].ravel()[at].astype(np.float32) * np.float32(1 / 127.0)
    ny = around.normal[1, inner, inner].ravel()[at].astype(np.float32) * np.float32(1 / 127.0)
    nz = np.sqrt(np.maximum(np.float32(1.0) - nx * nx - ny * ny, np.float32(0.0)))
    sx, sy, sz = (np.float32(v) for v in sun.vector)
    facing = np.maximum(nx * sx + ny * sy + nz * sz, np.float32(0.0))
    shade = np.float32(0.62) + leaf * np.float32(0.8 / 255.0)
    for channel in range(3):
        albedo[channel].ravel()[at] = colour[row, channel] * shade
    level.ravel()[at] = facing * np.float32(0.9) + np.float32(0.1)
    kind.ravel()[at] = Kind.TREE
