"""What walls look like: windows, doors, shops, hedges, car bodies."""

import numpy as np

from geobench_tools.world._exact import F32, I32, U8, grain_texture, leaf_texture, texels
from geobench_tools.world._plots import FACADES
from geobench_tools.world._scene import Segments
from geobench_tools.world._walls import Hits

__all__ = ["wall_colours"]

# Bay and storey in centimetres; then the window's left, right, bottom and top as shares of them.
_NO_WINDOW = (2.0, 2.0, 2.0, 2.0)
_PATTERN = {
    "plain": (400.0, 400.0, *_NO_WINDOW),
    "house": (330.0, 290.0, 0.3, 0.64, 0.34, 0.78),
    "flats": (300.0, 300.0, 0.22, 0.76, 0.3, 0.8),
    "ribbon": (160.0, 350.0, 0.02, 0.96, 0.34, 0.84),
    "glass": (150.0, 350.0, 0.05, 1.0, 0.07, 1.0),
    "shops": (340.0, 320.0, 0.28, 0.68, 0.26, 0.84),
    "bands": (400.0, 400.0, *_NO_WINDOW),
    "car": (400.0, 400.0, *_NO_WINDOW),
    "hedge": (400.0, 400.0, *_NO_WINDOW),
    "shed": (900.0, 700.0, 0.3, 0.62, 0.0, 0.55),
    "columns": (360.0, 900.0, 0.34, 0.66, 0.2, 0.74),
}
_PATTERNS = np.array([_PATTERN[name] for name in FACADES], np.float32)
_CODE = {name: FACADES.index(name) for name in FACADES}
_CELLS = 32
_WALL, _WINDOW, _FRAME, _DOOR = range(4)
_RED = (0.72, 0.24, 0.19)
_DOORS = np.array(
    ((0.4, 0.2, 0.22, 0.5), (0.2, 0.28, 0.32, 0.42), (0.14, 0.36, 0.22, 0.3)), np.float32
)


def _draw_bays() -> U8:
    """Return pictures of a bay, shape (facades * 3, cells, cells).

    For each facade: an upper storey, the ground floor, and the ground floor with a door.
    """
    at = (np.arange(_CELLS) + 0.5) / _CELLS
    u, z = at[None, :], at[:, None]
    bays = np.zeros((len(FACADES), 3, _CELLS, _CELLS), np.uint8)
    for code, name in enumerate(FACADES):
        _, _, left, right, low, high = _PATTERN[name]
        for floor in range(3):
            box = (left, right, low, high)
            if name == "shops" and floor:
                box = (0.07, 0.93, 0.1, 0.8)
            if name == "shed" and not floor:
                box = _NO_WINDOW
            picture = bays[code, floor]
            a, b, c, d = box
            picture[(u > a - 0.06) & (u < b + 0.06) & (z > c - 0.07) & (z < d + 0.04)] = _FRAME
            picture[(u > a) & (u < b) & (z > c) & (z < d)] = _WINDOW
            if name in ("flats", "shops"):
                picture[:2] = _FRAME
            if name == "house" and floor == 2:
                picture[...] = _WALL
                picture[(u > 0.3) & (u < 0.68) & (z < 0.78)] = _FRAME
                picture[(u > 0.34) & (u < 0.64) & (z < 0.74)] = _DOOR
    return bays.reshape(-1, _CELLS, _CELLS)


_BAYS = _draw_bays()
_SHARES = (_BAYS == _WINDOW).sum(axis=(1, 2)).astype(np.float32) / np.float32(_CELLS * _CELLS)


def wall_colours(segments: Segments, hits: Hits, pixel_rad: float) -> tuple[F32, F32]:
    """Return the look of wall pixels.

    Args:
        segments: The segments that were cast.
        hits: Visible walls; roofs among them get colours without meaning.
        pixel_rad: Angle that a pixel covers, radians.

    Returns:
        Linear colours of shape (3, n) and the gloss of glass in [0, 1] of shape (n,).
    """
    row = hits.segment
    code = segments.facade.take(row)
    u = hits.along + segments.offset.astype(np.float32).take(row)
    z = hits.height
    across = u * _bays_per_cm(segments).take(row)
    bay = across.astype(np.int32)
    storeys = z * (np.float32(1.0) / _PATTERNS[:, 1]).take(code)
    storey = np.maximum(storeys, np.float32(0.0)).astype(np.int32)
    seed = segments.seed.take(row)
    # One look-up in a picture of a bay says what a point of it is and how bright.
    ground = storey == 0
    column = ((across - bay) * np.float32(_CELLS)).astype(np.int32) & (_CELLS - 1)
    line = ((storeys - storey) * np.float32(_CELLS)).astype(np.int32) & (_CELLS - 1)
    door = (bay % 3 == (seed & 1) + 1) & ground
    picture = code.astype(np.int32) * 3 + ground + (ground & door)
    index = (picture * _CELLS + line) * _CELLS + column
    part = _BAYS.take(index)
    below_eave = z < segments.eave.take(row) - np.float32(30.0)
    window = (part == _WINDOW) & below_eave
    # Far windows fade into the mean of the wall instead of flickering.
    width = (np.float32(1.0) / _bays_per_cm(segments)).take(row)
    detail = np.clip(width / (hits.distance * np.float32(pixel_rad * 2.0)) - np.float32(0.6), 0, 1)
    glass = window * detail
    glass += _SHARES.take(picture) * below_eave * (np.float32(1.0) - detail)

    tone = _tone(code, u, z, seed, detail)
    tone += (part == _FRAME) * detail * np.float32(0.14)
    draw = _hash(bay, storey, seed)
    pane = np.float32(0.2) + (draw & 63).astype(np.float32) * np.float32(0.0022)
    pane = np.where((draw & 448) == 0, np.float32(0.52), pane)
    striped = np.flatnonzero((code == _CODE["bands"]) & ((z.astype(np.int32) // 800) & 1 == 1))
    wooden = np.flatnonzero(part == _DOOR)
    paint = seed.take(wooden) >> 4 & 3
    car = code == _CODE["car"]
    wheels = np.flatnonzero(car & (z < np.float32(30.0)))
    glass += car * ((z > np.float32(88.0)) & (z < np.float32(136.0))) * np.float32(0.9)
    out = np.empty((3, len(row)), np.float32)
    for channel, tint in enumerate((0.9, 1.0, 1.12)):
        base = segments.wall_rgb[:, channel].astype(np.float32) * np.float32(1.0 / 255.0)
        colour = base.take(row)
        colour[striped] = _RED[channel]
        colour *= tone
        colour[wooden] = _DOORS[channel].take(paint)
        colour[wheels] *= np.float32(0.35)
        colour += (pane * np.float32(tint) - colour) * glass
        out[channel] = colour * colour
    return out, glass


def _bays_per_cm(segments: Segments) -> F32:
    ends = segments.ends.astype(np.float64)
    length = np.sqrt((ends[:, 2] - ends[:, 0]) ** 2 + (ends[:, 3] - ends[:, 1]) ** 2)
    bays = np.maximum(np.rint(length / _PATTERNS[segments.facade, 0]), 1.0)
    return np.asarray(bays / np.maximum(length, 1.0), np.float32)


def _tone(code: U8, u: F32, z: F32, seed: I32, detail: F32) -> F32:
    """Return the brightness of bare wall: plaster, brick, corrugation, leaves, plinth."""
    ui, zi = u.astype(np.int32), z.astype(np.int32)
    tone = texels(grain_texture(), (ui >> 3) + seed, zi >> 3)
    tone *= np.float32(0.11)
    tone += np.float32(1.0)
    tone -= (z < np.float32(55.0)) * np.float32(0.12)
    at = np.flatnonzero(code == _CODE["hedge"])
    if len(at):
        leaves = texels(leaf_texture(), (ui[at] >> 2) + seed[at], zi[at] >> 2)
        tone[at] = leaves * np.float32(0.7) + np.float32(1.05)
    at = np.flatnonzero(code == _CODE["shed"])
    if len(at):
        tone[at] -= ((ui[at] // 45) & 1) * np.float32(0.07) * detail[at]
    return tone


def _hash(bay: I32, storey: I32, seed: I32) -> I32:
    word = bay * np.int32(7919) ^ storey * np.int32(104729) ^ seed * np.int32(31)
    return np.asarray((word ^ (word >> 7)) * np.int32(2531) >> 5 & 511)
