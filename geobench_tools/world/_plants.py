"""Trees and hedges: along streets and rivers, in gardens, parks and woods."""

from collections.abc import Callable

import numpy as np

from geobench_tools.world._build import centimetres
from geobench_tools.world._exact import F64, I64, Bools, Dice, left_of, ragged
from geobench_tools.world._plots import FACADES
from geobench_tools.world._roads import quads
from geobench_tools.world._scene import Buildings, Streets, Trees
from geobench_tools.world._streets import Line, edge_lengths, walk
from geobench_tools.world._styles import USES, Climate, rgb

__all__ = ["hedges", "plant"]

_DENSITY = {
    "houses": 34.0,
    "terraces": 46.0,
    "perimeter": 60.0,
    "slabs": 26.0,
    "downtown": 150.0,
    "mall": 62.0,
    "industry": 130.0,
    "park": 17.0,
    "sport": 90.0,
    "plaza": 46.0,
    "wood": 8.2,
    "field": 240.0,
    "campus": 30.0,
}
"""One tree for so many square metres, times ten."""

# For each species: crown radius, height, share of the height where the crown begins.
_SHAPE = np.array(
    [
        [3.4, 10.0, 0.26],
        [2.5, 13.0, 0.10],
        [2.3, 10.0, 0.76],
        [1.3, 12.0, 0.06],
        [4.0, 9.0, 0.55],
        [2.5, 12.0, 0.22],
    ]
)


def plant(
    dice: Dice,
    climate: Climate,
    streets: Streets,
    quads_: F64,
    uses: I64,
    keys: I64,
    river: Line | None,
    half_m: float,
    room: Callable[[F64], Bools],
    difficulty: float,
) -> Trees:
    """Plant trees where there is room.

    Args:
        dice: Source of randomness of this scene.
        climate: Climate class of the town.
        streets: The street graph.
        quads_: Plots of the blocks, shape (n, 4, 2), metres.
        uses: Their uses.
        keys: A number that names each block.
        river: The river, if there is one.
        half_m: Half of the side of the scene, metres.
        room: Tells for points of shape (n, 2) whether a tree may stand there.
        difficulty: As for the scene.
    """
    spots, sizes, groups = [], [], []

    def add(at: F64, size: F64, group: I64) -> None:
        spots.append(at)
        sizes.append(size)
        groups.append(group)

    add(*_in_blocks(dice, quads_, uses, keys, difficulty))
    add(*_along_streets(dice, streets))
    if river:
        along = np.arange(-half_m * 1.4, half_m * 1.4, 11.0)
        n = np.arange(len(along))
        for hand, aside in enumerate((river.width / 2.0 + 4.5, -river.width / 2.0 - 4.5)):
            keep = dice("bank", n // 7, hand) < 0.6
            jitter = dice("sway", n, hand) * 6.0
            add(river.points(along + jitter, aside)[keep], dice("size", n, hand)[keep], n[keep])
    at = centimetres(np.concatenate(spots)) / 100.0
    size, group = np.concatenate(sizes), np.concatenate(groups)
    keep = room(at) & ((at**2).sum(axis=1) < half_m * half_m)
    at, size, group = at[keep], size[keep], group[keep]
    return _grow(dice, climate, at, size, group)


def _grow(dice: Dice, climate: Climate, at: F64, size: F64, group: I64) -> Trees:
    xy = centimetres(at)
    share = np.cumsum(climate.species)
    alone = dice("species", xy[:, 0], xy[:, 1])
    # Trees planted together are mostly of one kind.
    together = dice("grove", group)
    draw = np.where(alone < 0.62, together, dice("mixed", xy[:, 0], xy[:, 1])) * share[-1]
    species = np.minimum((draw[:, None] >= share).sum(axis=1), len(share) - 1)
    shape = _SHAPE[species]
    scale = 0.62 + 0.72 * size
    height = shape[:, 1] * scale
    return Trees(
        centre=xy,
        radius=centimetres(shape[:, 0] * scale),
        height=centimetres(height),
        base=centimetres(height * shape[:, 2]),
        species=species.astype(np.uint8),
        seed=(dice("seed", xy[:, 0], xy[:, 1]) * 1e6).astype(np.int32),
    )


def _in_blocks(
    dice: Dice, plots: F64, uses: I64, keys: I64, difficulty: float
) -> tuple[F64, F64, I64]:
    d1, d2 = plots[:, 2] - plots[:, 0], plots[:, 3] - plots[:, 1]
    area = np.abs(d1[:, 0] * d2[:, 1] - d1[:, 1] * d2[:, 0]) / 2.0
    density = np.array([_DENSITY[name] for name in USES])[uses] * 10.0
    lush = dice("lush", keys)
    lush = 0.35 + 1.5 * ((1.0 - difficulty) * lush + difficulty * 0.5)
    owner, place = ragged(np.floor(area / density * lush).astype(np.int64))
    key = keys[owner]
    a, b = dice("tree a", key, place), dice("tree b", key, place)
    q = plots[owner]
    low = q[:, 0] * (1.0 - a)[:, None] + q[:, 1] * a[:, None]
    high = q[:, 3] * (1.0 - a)[:, None] + q[:, 2] * a[:, None]
    return low * (1.0 - b)[:, None] + high * b[:, None], dice("tree size", key, place), key


def _along_streets(dice: Dice, streets: Streets) -> tuple[F64, F64, I64]:
    points = streets.points / 100.0
    key = streets.points[:, 3, 0].astype(np.int64) * 8191 + streets.points[:, 3, 1]
    lined = dice("lined", key) < np.choose(streets.rank, [0.05, 0.32, 0.6])
    gap = 8.5 + 5.0 * dice("gap", key)
    length = edge_lengths(points)
    count = np.where(lined & ~streets.bridge, np.floor((length - 22.0) / gap), 0.0)
    owner, step = ragged(count.astype(np.int64))
    at, along = walk(points, owner, 11.0 + gap[owner] * (step + 0.5))
    side = left_of(along)
    away = (streets.width[owner] / 200.0 + 1.5)[:, None]
    both, one = np.concatenate([at + side * away, at - side * away]), key[owner]
    group = np.concatenate([one, one])
    step2 = np.concatenate([step, step + 512])
    size = 0.25 + 0.45 * dice("row", group) + 0.15 * dice("row size", group, step2)
    return both, size, group


def hedges(dice: Dice, climate: Climate, gardens: F64, block: I64) -> Buildings:
    """Return hedges and garden walls at the front of house plots, as low boxes."""
    n = np.arange(len(gardens))
    draw = dice("hedge", block, n // 3)
    rows = np.flatnonzero(draw < 0.45)
    g = gardens[rows]
    along = g[:, 1] - g[:, 0]
    length = np.sqrt((along**2).sum(axis=1))
    along = along / np.maximum(length, 1e-9)[:, None]
    inward = left_of(along)
    wide = 0.62
    centre = g[:, 0] + along * (length * 0.5)[:, None] + inward * 0.7
    green = draw[rows] < 0.3
    box = quads(centre, along, length * wide, np.where(green, 0.9, 0.35))
    leaf = np.array(rgb(climate.grass)) * 0.72
    colour = np.where(green[:, None], leaf, np.array((176, 160, 140.0))).astype(np.uint8)
    height = centimetres(np.where(green, 1.35, 0.95))
    return Buildings(
        corners=centimetres(box),
        eave=height,
        ridge=height,
        roof=np.zeros(len(rows), np.uint8),
        wall_rgb=colour,
        roof_rgb=colour,
        facade=np.where(green, FACADES.index("hedge"), FACADES.index("plain")).astype(np.uint8),
        seed=(dice("hedge seed", block[rows], rows) * 1e6).astype(np.int32),
    )
