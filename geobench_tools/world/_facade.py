"""What walls look like: windows, doors, shops, hedges, car bodies."""

import numpy as np

from geobench_tools.world._exact import (
    F32,
    I64,
    TEXTURE,
    U8,
    grain_texture,
    leaf_texture,
)
from geobench_tools.world._plots import FACADES
from geobench_tools.world._scene import Segments
from geobench_tools.world._walls import Hits

__all__ = ["wall_colours"]

# Bay and storey in centimetres; then the window's left, right, bottom and top as shares of them.
_PATTERN = {
    "plain": (400.0, 400.0, 2.0, 2.0, 2.0, 2.0),
    "house": (330.0, 290.0, 0.3, 0.64, 0.34, 0.78),
    "flats": (300.0, 300.0, 0.22, 0.76, 0.3, 0.8),
    "ribbon": (160.0, 350.0, 0.02, 0.96, 0.34, 0.84),
    "glass": (150.0, 350.0, 0.05, 1.0, 0.07, 1.0),
    "shops": (340.0, 320.0, 0.28, 0.68, 0.26, 0.84),
    "bands": (400.0, 400.0, 2.0, 2.0, 2.0, 2.0),
    "car": (400.0, 400.0, 2.0, 2.0, 2.0, 2.0),
    "hedge": (400.0, 400.0, 2.0, 2.0, 2.0, 2.0),
    "shed": (900.0, 700.0, 0.3, 0.62, -1.0, 0.55),
    "columns": (360.0, 900.0, 0.34, 0.66, 0.2, 0.74),
}
_TABLE = np.array([_PATTERN[name] for name in FACADES], np.float32)
_CODE = {name: FACADES.index(name) for name in FACADES}


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
    code = segments.facade[row]
    pattern = _TABLE[code]
    u = hits.along + segments.offset[row].astype(np.float32)
    z = hits.height
    ends = segments.ends.astype(np.float64)
    length = np.sqrt((ends[:, 2] - ends[:, 0]) ** 2 + (ends[:, 3] - ends[:, 1]) ** 2)
    bays = np.maximum(np.rint(length / _TABLE[segments.facade, 0]), 1.0)
    bay_width = (length / bays).astype(np.float32)[row]
    across = u / bay_width
    bay = np.floor(across)
    fu = across - bay
    storeys = z / pattern[:, 1]
    storey = np.floor(storeys)
    fz = storeys - storey
    ground = storey < np.float32(1.0)
    seed = segments.seed[row]
    draw = _hash(bay.astype(np.int64), storey.astype(np.int64), seed)

    u0, u1, z0, z1 = (pattern[:, k] for k in range(2, 6))
    shop = ground & (code == _CODE["shops"])
    u0, u1 = np.where(shop, np.float32(0.07), u0), np.where(shop, np.float32(0.93), u1)
    z0, z1 = np.where(shop, np.float32(0.1), z0), np.where(shop, np.float32(0.8), z1)
    door = ground & (code == _CODE["house"]) & (bay.astype(np.int64) % 3 == (seed & 1) + 1)
    door &= (fu > 0.34) & (fu < 0.64) & (fz < 0.74)
    below_eave = z < segments.eave[row] - np.float32(30.0)
    window = (fu > u0) & (fu < u1) & (fz > z0) & (fz < z1) & below_eave & ~door
    # Far windows fade into the mean of the wall instead of flickering.
    detail = np.clip(bay_width / (hits.distance * np.float32(pixel_rad)) * 0.5 - 0.6, 0.0, 1.0)
    detail = detail.astype(np.float32)
    share = np.clip((u1 - u0) * (np.minimum(z1, 1.0) - np.maximum(z0, 0.0)), 0.0, 1.0)
    share = np.where(below_eave, share, np.float32(0.0)).astype(np.float32)
    glass = window * detail + share * (np.float32(1.0) - detail)

    base = segments.wall_rgb[row].astype(np.float32) * np.float32(1.0 / 255.0)
    tone = _tone(code, u, z, fz, seed, detail)
    sill = (fu > u0 - 0.06) & (fu < u1 + 0.06) & (fz > z0 - 0.07) & (fz < z1 + 0.04) & below_eave
    tone = tone * (np.float32(1.0) + np.float32(0.16) * (sill & ~window) * detail)
    stripe = (code == _CODE["bands"]) & ((z.astype(np.int64) // 800) % 2 == 1)
    red = np.array((0.72, 0.24, 0.19), np.float32)
    pane = np.float32(0.2) + (draw & 63).astype(np.float32) * np.float32(0.0022)
    pane = np.where((draw & 448) == 0, np.float32(0.52), pane)
    paint = (seed >> 4 & 3).astype(np.int64)
    doors = np.array(((0.4, 0.2, 0.14), (0.2, 0.28, 0.36), (0.22, 0.32, 0.22), (0.5, 0.42, 0.3)))
    tint = (0.9, 1.0, 1.12)
    out = np.empty((3, len(row)), np.float32)
    cabin = (code == _CODE["car"]) & (z < 32.0)
    for channel in range(3):
        colour = np.where(stripe, red[channel], base[:, channel]) * tone
        colour = np.where(door, doors[paint, channel].astype(np.float32), colour)
        colour = np.where(cabin, colour * np.float32(0.35), colour)
        colour += (pane * np.float32(tint[channel]) - colour) * glass
        out[channel] = colour * colour
    return out, glass


def _tone(code: U8, u: F32, z: F32, fz: F32, seed: I64, detail: F32) -> F32:
    """Return the brightness of bare wall: plaster, brick, corrugation, leaves, plinth, cornice."""
    mask = TEXTURE - 1
    ui, zi = u.astype(np.int64), z.astype(np.int64)
    grain = grain_texture()[(zi // 7) & mask, (ui // 9 + seed) & mask].astype(np.float32)
    leaf = leaf_texture()[(zi // 4) & mask, (ui // 4 + seed) & mask].astype(np.float32)
    hedge = code == _CODE["hedge"]
    rough = np.where(hedge, (leaf - 110.0) * np.float32(0.006), (grain - 127.5) * np.float32(0.0009))
    tone = np.float32(1.0) + rough
    ribs = (code == _CODE["shed"]) & ((ui // 45) % 2 == 0)
    tone = tone - np.float32(0.07) * ribs * detail
    plinth = (z < 55.0) & ~hedge & (code != _CODE["car"])
    tone = tone - np.float32(0.14) * plinth
    course = (fz < 0.06) & ((code == _CODE["flats"]) | (code == _CODE["shops"]))
    return np.asarray(tone + np.float32(0.1) * course * detail, np.float32)


def _hash(a: I64, b: I64, seed: I64) -> I64:
    word = (a * 73856093) ^ (b * 19349663) ^ (seed * 83492791)
    return np.asarray((word ^ (word >> 13)) * 1274126177 >> 7 & 511)
