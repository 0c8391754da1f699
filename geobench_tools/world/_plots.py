"""What blocks are used for, and the houses that line their streets."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geobench_tools.world._build import centimetres
from geobench_tools.world._exact import (
    F64,
    I64,
    U8,
    Bools,
    Dice,
    left_of,
    ragged,
    smooth_noise,
    unit,
)
from geobench_tools.world._scene import Buildings
from geobench_tools.world._streets import Blocks
from geobench_tools.world._styles import USES, Style, rgb

__all__ = [
    "FACADES",
    "Free",
    "Palette",
    "Rows",
    "block_uses",
    "frontages",
    "inner_quads",
    "join_rows",
]

FACADES = (
    "plain",
    "house",
    "flats",
    "ribbon",
    "glass",
    "shops",
    "bands",
    "car",
    "hedge",
    "shed",
    "columns",
)
"""Patterns of walls."""

Free = Callable[[F64], Bools]
"""Tells for polygons of shape (n, 4, 2), metres, whether they lie on free ground."""


def block_uses(dice: Dice, style: Style, blocks: Blocks, difficulty: float) -> I64:
    """Choose the use of each block, an index into ``USES``.

    At difficulty 0 neighbouring blocks differ freely; at 1 nearly all have the scene's own use.
    """
    centre = blocks.corners.mean(axis=1)
    x, y = centre[:, 0], centre[:, 1]
    key = centimetres(centre)
    dense = smooth_noise(dice, "dense", x / 290.0, y / 290.0) * 0.7 + dice.one("core") * 0.4
    base = np.array([style.uses[name] for name in USES])
    lean = np.ones((len(centre), len(USES)))
    for name, at_none, at_full in (
        ("houses", 1.7, 0.1),
        ("field", 1.8, 0.0),
        ("wood", 1.6, 0.2),
        ("perimeter", 0.3, 2.0),
        ("downtown", 0.0, 3.0),
        ("plaza", 0.4, 1.8),
    ):
        lean[:, USES.index(name)] = at_none + (at_full - at_none) * dense
    weight = np.cumsum(base * lean, axis=1)
    draw = dice("use", key[:, 0], key[:, 1]) * weight[:, -1]
    free = (draw[:, None] >= weight).sum(axis=1)
    homes = [USES.index(name) for name in ("houses", "terraces", "perimeter", "slabs")]
    share = np.cumsum(base[homes])
    own = homes[int((dice.one("own") * share[-1] >= share).sum())]
    alike = dice("alike", key[:, 0], key[:, 1]) < 0.94 * difficulty
    return np.asarray(np.where(alike, own, np.minimum(free, len(USES) - 1)))


def inner_quads(corners: F64, inset: F64) -> F64:
    """Move each side of quadrilaterals inwards.

    Args:
        corners: Counter-clockwise, shape (n, 4, 2).
        inset: Distances, shape (n, 4).

    Returns:
        The corners of the smaller quadrilaterals, shape (n, 4, 2).
    """
    along = unit(np.roll(corners, -1, axis=1) - corners)
    inward = left_of(along)
    base = corners + inward * inset[..., None]
    before, before_along = np.roll(base, 1, axis=1), np.roll(along, 1, axis=1)
    gap = base - before
    cross = before_along[..., 0] * along[..., 1] - before_along[..., 1] * along[..., 0]
    t = gap[..., 0] * along[..., 1] - gap[..., 1] * along[..., 0]
    t = t / np.where(np.abs(cross) < 1e-6, 1.0, cross)
    return np.asarray(before + before_along * t[..., None])


@dataclass(frozen=True)
class Palette:
    """Draws the colours of buildings: each block has its own leaning.

    Attributes:
        dice: Source of randomness of this scene.
        style: Building style of the region.
        difficulty: As for the scene; 1 gives all blocks the same leaning.
    """

    dice: Dice
    style: Style
    difficulty: float

    def choose(self, name: str, colours: tuple[str, ...], block: I64, item: I64) -> U8:
        """Return colours of shape (n, 3) for items of blocks."""
        table = np.array([rgb(c) for c in colours], np.float64)
        alike = self.dice(name + "alike", block) < self.difficulty
        theme = np.where(alike, self.dice.one(name + "own"), self.dice(name + "theme", block))
        own = self.dice(name + "item", block, item)
        follow = self.dice(name + "follow", block, item) < 0.6
        # Squaring favours the first, the usual colours.
        pick = np.where(follow, theme * theme, own)
        jitter = (self.dice(name + "tone", block, item) * 26.0 - 13.0)[:, None]
        chosen = table[(pick * len(table)).astype(np.int64)] + jitter
        return np.asarray(np.clip(chosen, 12.0, 246.0)).astype(np.uint8)

    def walls(self, block: I64, item: I64) -> U8:
        """Return facade colours."""
        return self.choose("wall", self.style.walls, block, item)

    def roofs(self, block: I64, item: I64, pitched: Bools) -> U8:
        """Return roof colours."""
        steep = self.choose("pitched", self.style.pitched, block, item)
        flat = self.choose("flat", self.style.flat, block, item)
        return np.where(pitched[:, None], steep, flat)


@dataclass(frozen=True)
class Rows:
    """Buildings in metres before they become ``Buildings``; columns as there."""

    corners: F64
    eave: F64
    ridge: F64
    roof: I64
    wall_rgb: U8
    roof_rgb: U8
    facade: I64
    seed: I64


def join_rows(rows: list[Rows]) -> Buildings:
    """Join buildings and round them to centimetres."""

    def column(name: str) -> npt.NDArray[np.generic]:
        return np.concatenate([getattr(part, name) for part in rows])

    return Buildings(
        corners=centimetres(column("corners")),
        eave=centimetres(column("eave")),
        ridge=centimetres(column("ridge")),
        roof=column("roof").astype(np.uint8),
        wall_rgb=column("wall_rgb").astype(np.uint8),
        roof_rgb=column("roof_rgb").astype(np.uint8),
        facade=column("facade").astype(np.uint8),
        seed=column("seed").astype(np.int32),
    )


@dataclass(frozen=True)
class _Front:
    lot: tuple[float, float]
    fill: float
    setback: tuple[float, float]
    depth: tuple[float, float]
    floors: tuple[float, float]
    facade: str
    pitch: float


_FRONTS = {
    "houses": _Front((16.0, 23.0), 0.6, (4.5, 8.0), (8.5, 11.5), (1.0, 2.6), "house", 0.75),
    "terraces": _Front((11.0, 14.0), 1.0, (1.2, 3.2), (8.0, 9.6), (2.0, 3.7), "house", 0.8),
    "perimeter": _Front((15.0, 24.0), 1.0, (0.2, 0.4), (11.0, 13.5), (3.0, 6.8), "shops", 0.6),
}


def frontages(
    dice: Dice,
    style: Style,
    blocks: Blocks,
    quads: F64,
    uses: I64,
    palette: Palette,
    free: Free,
) -> tuple[list[Rows], F64, I64]:
    """Line the streets of house, terrace and perimeter blocks with buildings.

    Args:
        dice: Source of randomness of this scene.
        style: Building style of the region.
        blocks: All blocks.
        quads: Their plots, shape (n, 4, 2), metres.
        uses: Their uses.
        palette: Colours.
        free: Whether the ground is free.

    Returns:
        The buildings, and the gardens of the houses as polygons with the index of their block.
    """
    rows, gardens, owners = [], [], []
    for name, front in _FRONTS.items():
        chosen = np.flatnonzero(uses == USES.index(name))
        if len(chosen) == 0:
            continue
        made, lots, owner = _line_up(
            dice.child(name), style, front, quads[chosen], chosen, palette, free
        )
        rows.append(made)
        if name == "houses":
            gardens.append(lots)
            owners.append(owner)
    none = (np.zeros((0, 4, 2)), np.zeros(0, np.int64))
    if not gardens:
        return rows, *none
    return rows, np.concatenate(gardens), np.concatenate(owners)


def _between(draw: F64, limits: tuple[float, float]) -> F64:
    return np.asarray(limits[0] + (limits[1] - limits[0]) * draw)


def _line_up(
    dice: Dice,
    style: Style,
    front: _Front,
    quads: F64,
    block: I64,
    palette: Palette,
    free: Free,
) -> tuple[Rows, F64, I64]:
    n = len(block)
    lot = _between(dice("lot", block), front.lot)
    setback = _between(dice("setback", block), front.setback)
    depth = _between(dice("depth", block), front.depth)
    depth_used = setback + depth + (0.0 if front.fill == 1.0 else 4.0)
    start = quads
    leg = np.roll(quads, -1, axis=1) - quads
    length = np.sqrt((leg**2).sum(axis=2))
    along = leg / np.maximum(length, 1e-9)[..., None]
    # The first and third side take the corners; the other two leave them free.
    cut = np.stack([np.zeros(n), depth_used, np.zeros(n), depth_used], axis=1)
    room = length - 2.0 * cut
    count = np.floor(room / lot[:, None]).astype(np.int64)
    owner, place = ragged(count.ravel())
    b, side = owner // 4, owner % 4
    width = room[b, side] / np.maximum(count[b, side], 1)
    item = side * 64 + place
    key = block[b]
    draw = {name: dice(name, key, item) for name in ("a", "b", "c", "d", "e", "f", "g")}
    direction, origin = along[b, side], start[b, side]
    inward = left_of(direction)
    house = width * (front.fill + (0.0 if front.fill == 1.0 else 0.16 * draw["a"]))
    back = setback[b] + (draw["b"] * 2.0 if front.fill < 1.0 else 0.0)
    deep = depth[b] * (0.88 + 0.24 * draw["c"])
    middle = cut[b, side] + width * (place + 0.5)

    def box(low: F64, high: F64, left: F64, right: F64) -> F64:
        corners = ((left, low), (right, low), (right, high), (left, high))
        return np.stack(
            [origin + direction * x[:, None] + inward * y[:, None] for x, y in corners], axis=1
        )

    footprint = box(back, back + deep, middle - house / 2.0, middle + house / 2.0)
    # The opposite side must leave room for its own row and a yard.
    far, far_along = start[b, (side + 2) % 4], along[b, (side + 2) % 4]
    centre = footprint.mean(axis=1)
    across = centre - far
    gap = across[:, 1] * far_along[:, 0] - across[:, 0] * far_along[:, 1]
    keep = (gap > depth_used[b] + deep / 2.0 + 2.0) | ((side < 2) & (gap > deep))
    keep &= draw["g"] < (0.93 if front.fill < 1.0 else 0.97)
    keep &= free(footprint)
    lots = box(np.zeros(len(b)), back + deep + 9.0, middle - width / 2.0, middle + width / 2.0)
    floors = np.floor(_between(draw["d"] * 0.5 + dice("floors", key) * 0.5, front.floors))
    floors = np.minimum(floors, 1.0 + np.floor(front.floors[1]))
    eave = floors * 2.95 + 0.5
    pitched = draw["e"] < style.pitch_share
    hip = pitched & (draw["f"] < style.hip_share) & (front.fill < 1.0)
    short = np.minimum(house, deep)
    ridge = eave + np.where(pitched, short / 2.0 * front.pitch, 0.0)
    # Attached houses keep their ridge along the street; others along their longer side.
    turn = (house < deep) & (front.fill < 1.0)
    footprint = np.where(turn[:, None, None], np.roll(footprint, -1, axis=1), footprint)
    rows = Rows(
        corners=footprint,
        eave=eave,
        ridge=ridge,
        roof=np.where(hip, 2, np.where(pitched, 1, 0)),
        wall_rgb=palette.walls(key, item),
        roof_rgb=palette.roofs(key, item, pitched),
        facade=np.where(
            (floors >= 3.0) & (draw["a"] < 0.5), FACADES.index("flats"), FACADES.index(front.facade)
        ),
        seed=(dice("seed", key, item) * 1e6).astype(np.int64),
    )
    kept = np.flatnonzero(keep)
    picked = Rows(**{name: getattr(rows, name)[kept] for name in rows.__dataclass_fields__})
    return picked, lots[kept], key[kept]
