"""The ground of a panorama: roads, grass and water below the horizon."""

from itertools import pairwise

import numpy as np

from geobench_tools.world._canvas import SKY_CM, Canvas, Shade, locate
from geobench_tools.world._exact import F32, I32, fractal_texture, grain_texture, texels
from geobench_tools.world._frame import SUB, Camera, Frame
from geobench_tools.world._materials import GRAIN, PATCH, face_colours, texture_anchor
from geobench_tools.world._nuisance import Nuisance
from geobench_tools.world._paint import paint
from geobench_tools.world._relief import Ground
from geobench_tools.world._scene import LAND_M, Kind, Scene

__all__ = ["fill_ground"]

_ROWS = 32
_NEAR_STEP = 8.0
_NEAR_SIZE = 304
_NEAR_CM = _NEAR_STEP * (_NEAR_SIZE / 2.0 - 1.0)


def fill_ground(
    canvas: Canvas,
    scene: Scene,
    camera: Camera,
    frame: Frame,
    ground: Ground,
    shade: Shade,
    up: float,
    nuisance: Nuisance,
) -> None:
    """Fill the rows below the horizon, a few at a time so that they stay in the cache.

    Args:
        canvas: Receives colours, depths and kinds.
        scene: The scene.
        camera: The camera.
        frame: Directions of the pixels.
        ground: Maps of the surroundings.
        shade: Shadows.
        up: Sine of the sun's altitude.
        nuisance: The view's nuisance.
    """
    grid = frame.grid
    width, height = grid.width, grid.height
    below = _Below(scene, camera, ground)
    colour = face_colours(scene, nuisance) * np.float32(1.0 / 255.0)
    colour *= colour
    ax, ay = texture_anchor(scene, nuisance)
    dx, dy = frame.east.astype(np.float32), frame.north.astype(np.float32)
    tilt = frame.tilt.astype(np.int32)
    lift = int(tilt.max()) // SUB + 1
    top = max(height // 2 - lift, 0)
    # The rows that show the fine map alone begin where the farthest of their pixels lies on it.
    lowest = SUB * (height - 1 - np.arange(height)) + SUB // 2 - int(tilt.min())
    far = grid.reach[np.clip(lowest, 0, SUB * height)] * np.float32(camera.height) >= _NEAR_CM
    split = max(int(far.sum()), top)
    starts = [*range(top, split, _ROWS), *range(split, height, _ROWS), height]
    for first, last in pairwise(starts):
        step = SUB * (height - 1 - np.arange(first, last, dtype=np.int32))[:, None] + SUB // 2
        step = np.clip(step - tilt, 0, SUB * height)
        reach = grid.reach.take(step) * np.float32(camera.height)
        east = (reach * dx + np.float32(camera.east)).ravel()
        north = (reach * dy + np.float32(camera.north)).ravel()
        reach = reach.ravel()
        faces = below.look(reach, east, north)
        kind = below.kinds.take(faces)
        # Coarser texels farther away, so that the texture does not flicker.
        texel = np.maximum(reach * np.float32(0.012), np.float32(2.0))
        u, v = (east / texel).astype(np.int32) + ax, (north / texel).astype(np.int32) + ay
        grain = texels(grain_texture(), u, v)
        tone = grain * GRAIN.take(kind)
        u = (east * np.float32(1 / 40.0)).astype(np.int32) + ax
        v = (north * np.float32(1 / 40.0)).astype(np.int32) + ay
        tone += texels(fractal_texture(), u, v) * PATCH.take(kind)
        tone += np.float32(1.0)
        # The grain jitters the look-up: a soft edge instead of the map's stairs.
        grain *= np.float32(16.0)
        shadow = shade.at(east + grain, north + grain, 8.0)
        part = slice(first * width, last * width)
        for channel in range(3):
            np.multiply(colour[channel].take(faces), tone, out=canvas.albedo[channel, part])
        seen = (step < SUB * height // 2).ravel()
        canvas.sun[part] = np.float32(max(up, 0.0)) * ~shadow
        canvas.shadow[part] = shadow
        canvas.depth[part] = np.where(seen, reach, np.float32(SKY_CM))
        canvas.kind[part] = np.where(seen, kind, np.uint8(Kind.SKY))


class _Below:
    """Tells what lies on the ground: a fine map near the camera, the tile's map, the land raster.

    Attributes:
        kinds: ``Kind`` for each row of ``face_colours``.
    """

    def __init__(self, scene: Scene, camera: Camera, ground: Ground) -> None:
        self.near = paint(scene.faces, (camera.east, camera.north), _NEAR_STEP, _NEAR_SIZE)
        self.surface, self.scene = ground.surface, scene
        self.kinds = np.concatenate([self.near.kinds, np.arange(len(Kind), dtype=np.uint8)])

    def look(self, reach: F32, east: F32, north: F32) -> I32:
        """Return rows of ``face_colours`` for points at distances ``reach`` from the camera."""
        near, surface, land = self.near, self.surface, self.scene.land
        if float(reach.max()) < _NEAR_CM:
            index, _ = locate(east, north, near.west, near.north, near.step, len(near.faces))
            return near.faces.take(index)
        index, inside = locate(
            east, north, surface.west, surface.north, surface.step, len(surface.faces)
        )
        faces = surface.faces.take(index)
        there = np.flatnonzero(~inside)
        edge = self.scene.half_m * 100.0
        index, known = locate(east[there], north[there], -edge, edge, LAND_M * 100.0, len(land))
        far = np.where(known, land.take(index), np.uint8(Kind.GROUND))
        faces[there] = far.astype(np.int32) + len(self.scene.faces) + 1
        return faces
