"""The ground view: a 360-degree equirectangular panorama from a camera on a street."""

from dataclasses import dataclass

import numpy as np

from geobench_tools.world._canvas import Canvas, Shade
from geobench_tools.world._cars import Cars, park
from geobench_tools.world._crowns import TREES_CM, see_trees
from geobench_tools.world._develop import develop
from geobench_tools.world._exact import (
    F32,
    I32,
    U8,
    Bools,
    fractal_texture,
    grain_texture,
    levels,
    texels,
)
from geobench_tools.world._facade import wall_colours
from geobench_tools.world._frame import SUB, Camera, Frame, Grid, frame_for
from geobench_tools.world._ground import fill_ground
from geobench_tools.world._light import Light, Sun, illuminate
from geobench_tools.world._materials import tree_colours
from geobench_tools.world._nuisance import Nuisance
from geobench_tools.world._relief import Ground, cast_shadows, survey
from geobench_tools.world._scene import Kind, Scene, take
from geobench_tools.world._walls import cast, near_segments

__all__ = ["Panorama", "render_panorama"]

_BAND = 1 << 15


@dataclass(frozen=True)
class Panorama:
    """A ground view and the truth about it.

    Attributes:
        image: sRGB, shape (height, width, 3).
        kind: ``Kind`` of each pixel, shape (height, width).
        solid: Row of ``Scene.solids`` that a pixel shows, -1 for anything else.
        depth: Horizontal distance, centimetres; ``SKY_CM`` for the sky.
        shadow: Whether the sun is hidden from the ground or wall, shape (height, width).
    """

    image: U8
    kind: U8
    solid: I32
    depth: F32
    shadow: Bools


def render_panorama(
    scene: Scene,
    camera: Camera,
    width: int,
    height: int,
    sun: Sun,
    nuisance: Nuisance,
    ground: Ground | None = None,
) -> Panorama:
    """Render a ground view.

    Args:
        scene: The geometry.
        camera: Position, height and heading.
        width: Image width, pixels; covers 360 degrees.
        height: Image height, pixels; covers 180 degrees.
        sun: Position of the sun.
        nuisance: Everything else.
        ground: What ``survey`` returned for a place near the camera, if it is at hand.
    """
    # A small picture is rendered twice as large and averaged, or its windows would flicker.
    factor = 2 if width < 256 else 1
    at = (camera.east, camera.north)
    if ground is None or not _serves(ground):
        ground = survey(scene, at, 0.5, 256)
    wide, high = width * factor, height * factor
    frame = frame_for(camera, wide, high, nuisance.roll_deg, nuisance.pitch_deg)
    light = illuminate(sun, nuisance)
    sx, sy, sz = sun.vector
    flat = max((sx * sx + sy * sy) ** 0.5, 1e-6)
    cars = Cars.around(scene, at, 6000.0, nuisance, clear=600.0)
    volume = cast_shadows(park(ground.relief, cars), (sx / flat, sy / flat), sz / flat, 20000.0)
    shade = Shade(volume, ground.relief)
    canvas = Canvas(wide, high)
    fill_ground(canvas, scene, camera, frame, ground, shade, sz, nuisance)
    _walls(canvas, scene, camera, frame, cars, shade, sun)
    _trees(canvas, scene, camera, frame, sun, nuisance)
    rgb = _compose(canvas, frame, light, sun, nuisance).reshape(3, high, wide)
    if factor == 2:
        rgb = (rgb[:, ::2] + rgb[:, 1::2]) * np.float32(0.25)
        rgb = rgb[..., ::2] + rgb[..., 1::2]
    shape, every = (high, wide), (slice(None, None, factor),) * 2
    return Panorama(
        image=develop(rgb, light.exposure, nuisance),
        kind=canvas.kind.reshape(shape)[every],
        solid=canvas.solid.reshape(shape)[every],
        depth=canvas.depth.reshape(shape)[every],
        shadow=canvas.shadow.reshape(shape)[every],
    )


def _serves(ground: Ground) -> bool:
    """Tell whether maps made for a tile are fine and wide enough for a panorama."""
    surface = ground.surface
    wide = surface.step * len(surface.faces) >= 9600.0
    return wide and surface.step <= 60.0 and ground.relief.step <= 120.0


def _walls(
    canvas: Canvas,
    scene: Scene,
    camera: Camera,
    frame: Frame,
    cars: Cars,
    shade: Shade,
    sun: Sun,
) -> None:
    segments, own = near_segments(scene, camera, cars)
    if len(segments) == 0:
        return
    hits = cast(segments, camera, frame)
    row, front = hits.segment, hits.front
    wall = front & ~segments.edge[row]
    # Both sides of each segment one after the other, so that a pixel needs one look-up.
    normal = np.stack([segments.back, segments.front], axis=1).reshape(-1, 3)
    sx, sy, sz = (np.float32(v) for v in sun.vector)
    facing = normal[:, 0] * sx + normal[:, 1] * sy + normal[:, 2] * sz
    face = row * 2 + front
    facing = np.maximum(facing, np.float32(0.0))[face]
    shadow = shade.at(
        hits.east + (normal[:, 0] * np.float32(60.0))[face],
        hits.north + (normal[:, 1] * np.float32(60.0))[face],
        hits.height + np.float32(20.0),
    )
    colour, gloss = wall_colours(segments, hits, 6.283185307 / frame.grid.width)
    gloss *= wall
    index = np.flatnonzero(~wall)
    tiles = texels(
        grain_texture(),
        (hits.along[index] * np.float32(0.05)).astype(np.int32),
        (hits.height[index] * np.float32(0.12)).astype(np.int32),
    )
    tone = np.float32(1.0) + tiles * np.float32(0.15)
    pixel = hits.pixel
    for channel in range(3):
        roof = segments.roof_rgb[:, channel].astype(np.float32) * np.float32(1.0 / 255.0)
        roof *= roof
        colour[channel][index] = roof.take(row[index]) * tone
        canvas.albedo[channel][pixel] = colour[channel]
    lit = np.where(shadow, np.float32(0.0), facing)
    canvas.sun[pixel] = lit * (np.float32(1.0) - np.float32(0.5) * gloss)
    # Walls see half the sky, and less of it near the ground.
    open_ = np.float32(0.62) + np.float32(0.3) * np.minimum(hits.height * np.float32(1 / 900), 1.0)
    open_ = np.where(wall, open_, np.float32(0.95)) + gloss * np.float32(0.45)
    canvas.sky[pixel] = open_
    canvas.depth[pixel] = hits.distance
    canvas.shadow[pixel] = shadow
    scenery = row < own
    canvas.kind[pixel] = np.where(scenery, np.where(wall, Kind.WALL, Kind.ROOF), Kind.CAR)
    canvas.solid[pixel] = np.where(scenery, segments.solid[row], -1)


def _trees(
    canvas: Canvas, scene: Scene, camera: Camera, frame: Frame, sun: Sun, nuisance: Nuisance
) -> None:
    away = np.abs(scene.trees.centre - np.array((camera.east, camera.north)))
    trees = take(scene.trees, np.flatnonzero((away < TREES_CM).all(axis=1)))
    if len(trees) == 0:
        return
    colour, density = tree_colours(trees, scene.town.climate, nuisance)
    seen = see_trees(trees, density, camera, frame, canvas.depth)
    pixel, tree = seen.pixel, seen.tree
    if len(pixel) == 0:
        return
    sx, sy, sz = sun.vector
    # Into the camera's frame: right and ahead of the direction in which the tree stands.
    column = pixel % frame.grid.width
    dx, dy = frame.east[column], frame.north[column]
    sun_right = (dy * sx - dx * sy).astype(np.float32)
    sun_ahead = (dx * sx + dy * sy).astype(np.float32)
    forward = np.sqrt(np.maximum(np.float32(1.0) - seen.right**2 - seen.up**2, np.float32(0.0)))
    facing = seen.right * sun_right + seen.up * np.float32(sz) - forward * sun_ahead
    facing = np.maximum(facing, np.float32(0.0)) * np.float32(0.85) + np.float32(0.12)
    shade = np.float32(0.5) + seen.leaf * np.float32(1.0 / 255.0)
    bark = np.array((0.075, 0.06, 0.048), np.float32)
    for channel in range(3):
        leaf = colour[tree, channel] * shade
        canvas.albedo[channel, pixel] = np.where(seen.trunk, bark[channel], leaf)
    canvas.sun[pixel] = facing
    canvas.sky[pixel] = np.where(
        seen.trunk, np.float32(0.6), np.float32(0.62) + np.float32(0.2) * seen.up
    )
    canvas.depth[pixel] = seen.distance
    canvas.kind[pixel] = Kind.TREE
    canvas.solid[pixel] = -1


def _compose(canvas: Canvas, frame: Frame, light: Light, sun: Sun, nuisance: Nuisance) -> F32:
    grid = frame.grid
    width, height = grid.width, grid.height
    out = np.empty((3, width * height), np.float32)
    # What is above the first wall, tree or ground is sky alone.
    top = int(np.argmax(canvas.kind != Kind.SKY))
    for first in range(top, width * height, _BAND):
        at = slice(first, first + _BAND)
        # exp(-d) without an exponential: 1 / (1 + d + d^2 / 2), close enough for haze.
        d = np.minimum(canvas.depth[at], np.float32(4e5)) * np.float32(0.01 / nuisance.visibility_m)
        clear = np.float32(1.0) / (np.float32(1.0) + d + d * d * np.float32(0.5))
        veil = np.float32(1.0) - clear
        water = np.flatnonzero(canvas.kind[at] == Kind.WATER)
        for channel in range(3):
            part = canvas.sun[at] * light.direct[channel]
            part += canvas.sky[at] * light.ambient[channel]
            part *= canvas.albedo[channel, at]
            part[water] += np.float32(0.42) * light.horizon[channel]
            part *= clear
            part += veil * (light.horizon[channel] * np.float32(0.85))
            out[channel, at] = part
    _sky(out.reshape(3, height, width), canvas, frame, light, sun, nuisance)
    return out


def _sky(
    out: F32,
    canvas: Canvas,
    frame: Frame,
    light: Light,
    sun: Sun,
    nuisance: Nuisance,
) -> None:
    grid = frame.grid
    width, height = grid.width, grid.height
    lift = int(frame.tilt.max()) // SUB + 2
    rows = height - height // 2 + lift
    steps = SUB * np.arange(rows - lift)[::-1] + SUB * height // 2 + SUB // 2
    steps = np.concatenate([steps, np.full(lift, SUB * height // 2)])
    tangent = grid.tangent[steps]
    cosine = 1.0 / np.sqrt(1.0 + tangent * tangent)
    sine = tangent * cosine
    sx, sy, sz = sun.vector
    level = frame.east * sx + frame.north * sy
    towards = (cosine[:, None] * level + (sine * sz)[:, None]).astype(np.float32)
    glow = np.maximum(towards, np.float32(0.0))
    glow = glow * glow
    glow = glow * glow
    glow = glow * glow
    wide = glow * glow
    wide = wide * wide
    ease = np.maximum(sine, 0.0)
    ease = (2.0 * ease - ease * ease).astype(np.float32)
    ease = np.sqrt(ease) * np.float32(0.35) + ease * np.float32(0.65)
    cloud = _clouds(grid, nuisance, rows, lift)
    mask = canvas.kind.reshape(height, width)[:rows] == Kind.SKY
    shine = glow * np.float32(0.16)
    shine += wide * np.float32(0.3)
    shine *= np.float32(1.0 if nuisance.clouds < 0.35 else 0.25)
    strength = np.float32(6.0 * max(float(light.direct[1]) - 0.2, 0.0))
    disc = np.flatnonzero(towards > np.float32(0.99965))
    blaze = (towards.ravel()[disc] - np.float32(0.99965)) * np.float32(9000.0)
    blaze = np.minimum(blaze, np.float32(1.0)) * strength
    open_ = np.float32(1.0) - cloud
    for channel in range(3):
        base = light.horizon[channel] + (light.zenith[channel] - light.horizon[channel]) * ease
        part = open_ * base[:, None]
        part += cloud * np.float32(0.9 * (0.55 + 0.35 * float(light.direct[channel])))
        part += shine * light.direct[channel]
        part.ravel()[disc] += blaze
        np.copyto(out[channel, :rows], part, where=mask)


def _clouds(grid: Grid, nuisance: Nuisance, rows: int, lift: int) -> F32:
    u, v = grid.cloud_u + (nuisance.seed & 511), grid.cloud_v + (nuisance.seed >> 9 & 511)
    field = levels(fractal_texture(), u, v)
    thin = np.float32(205.0 - 150.0 * nuisance.clouds)
    cover = np.clip((field.astype(np.float32) - thin) * np.float32(1.0 / 60.0), 0.0, 1.0)
    cover *= np.float32(0.85)
    return np.concatenate([cover, np.repeat(cover[-1:], lift, axis=0)])
