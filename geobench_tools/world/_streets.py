"""The street graph of a scene: two warped lattices on both sides of an avenue, cut by a river."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geobench_tools.world._build import centimetres
from geobench_tools.world._exact import F64, I32, I64, Bools, Dice, sincos, smooth_noise
from geobench_tools.world._scene import Streets
from geobench_tools.world._styles import Style

__all__ = [
    "BEND",
    "Blocks",
    "Line",
    "Plan",
    "edge_lengths",
    "find_nodes",
    "lay_streets",
    "node_half_widths",
    "walk",
]

BEND = 7
"""Points of the centre line of a street."""

_SAMPLES = np.linspace(0.0, 1.0, 17)


@dataclass(frozen=True)
class Line:
    """A gently winding line across the scene: avenue, river or railway.

    Attributes:
        dice: Source of its bends.
        sine: Sine of its direction.
        cosine: Cosine of its direction.
        offset: Distance from the origin, metres.
        sway: How far it winds, metres.
        length: Length of one bend, metres.
        width: Its width, metres.
    """

    dice: Dice
    sine: float
    cosine: float
    offset: float
    sway: float
    length: float
    width: float

    def _bend(self, along: F64) -> F64:
        noise = smooth_noise(self.dice, "bend", along / self.length)
        return np.asarray(self.offset + self.sway * (2.0 * noise - 1.0))

    def lateral(self, x: F64, y: F64) -> F64:
        """Return the signed distance to the line, positive on its left, metres (to some 10 %)."""
        along = x * self.sine + y * self.cosine
        return np.asarray(y * self.sine - x * self.cosine - self._bend(along))

    def points(self, along: F64, aside: float = 0.0) -> F64:
        """Return points of the line at distances ``along``, shifted to its left by ``aside``."""
        across = self._bend(along) + aside
        return np.stack(
            [along * self.sine - across * self.cosine, along * self.cosine + across * self.sine],
            axis=-1,
        )

    def strip(self, half_m: float, width: float, step: float = 20.0) -> F64:
        """Return the line as one polygon of the given width across the scene."""
        along = np.arange(-half_m * 1.5, half_m * 1.5 + step, step)
        left, right = self.points(along, width / 2.0), self.points(along, -width / 2.0)
        return np.concatenate([right, left[::-1]])


@dataclass(frozen=True)
class Plan:
    """What crosses the whole scene; any of them may be missing."""

    avenue: Line | None
    diagonal: Line | None
    river: Line | None
    rail: Line | None


@dataclass(frozen=True)
class Blocks:
    """The meshes of the lattices: where houses are built.

    Attributes:
        corners: Counter-clockwise, shape (n, 4, 2), metres.
        outline: Along the bent streets, shape (n, 4 * (BEND - 1), 2), metres.
        inset: Distance from each side's street axis to the plots, shape (n, 4), metres.
        side: District, 1 or -1; 0 if the scene has one district only.
    """

    corners: F64
    outline: F64
    inset: F64
    side: I64


class _Lattice:
    def __init__(self, dice: Dice, style: Style, turn: float, warp: float, half_m: float) -> None:
        self.dice = dice
        self.u = style.spacing[0] * dice.between("u", 0.85, 1.2)
        self.v = style.spacing[1] * dice.between("v", 0.85, 1.2)
        self.n = int(np.ceil(half_m * 1.5 / min(self.u, self.v)))
        sine, cosine = sincos(turn)
        self.sine, self.cosine = float(sine), float(cosine)
        self.warp, self.wave = warp, dice.between("wave", 330.0, 520.0)
        index = np.arange(-self.n, self.n + 2)
        self.a = self.u * (index + 0.3 * (dice("a", index) - 0.5))
        self.b = self.v * (index + 0.3 * (dice("b", index) - 0.5))
        self.shift = dice.between("shift", -0.5, 0.5) * self.u

    def at(self, i: npt.NDArray[np.floating], j: npt.NDArray[np.floating]) -> F64:
        """Return world positions of lattice positions, shape (..., 2), metres."""
        a, b = self._position(self.a, i) + self.shift, self._position(self.b, j)
        x, y = a * self.cosine - b * self.sine, a * self.sine + b * self.cosine
        east = smooth_noise(self.dice, "east", x / self.wave, y / self.wave)
        north = smooth_noise(self.dice, "north", x / self.wave, y / self.wave)
        return np.stack(
            [x + self.warp * (2.0 * east - 1.0), y + self.warp * (2.0 * north - 1.0)], axis=-1
        )

    def _position(self, table: F64, index: npt.NDArray[np.floating]) -> F64:
        low = np.floor(index)
        part = index - low
        k = low.astype(np.int64) + self.n
        k = np.clip(k, 0, len(table) - 2)
        return np.asarray(table[k] * (1.0 - part) + table[k + 1] * part)

    def rank(self, axis: str, line: I64) -> I64:
        """Return the rank of whole lattice lines: about one in four is a main street."""
        draw = self.dice("rank" + axis, line)
        main = (line + int(self.dice.one("main" + axis) * 4)) % 4 == 0
        return np.where(main & (draw < 0.8), 2, np.where(draw < 0.12, 0, 1))


def street_width(rank: I64, draw: F64) -> F64:
    """Return carriageway widths for ranks, metres."""
    return np.choose(rank, [4.6 + draw, 7.0 + 2.0 * draw, 11.5 + 3.0 * draw])


def lay_streets(
    dice: Dice, style: Style, plan: Plan, turn: float, difficulty: float, half_m: float
) -> tuple[Streets, Blocks]:
    """Lay out the streets and the blocks between them.

    Args:
        dice: Source of randomness of this scene.
        style: Building style of the region.
        plan: What crosses the scene.
        turn: Direction of the town's lattice, degrees.
        difficulty: 0 makes neighbouring places differ most, 1 least.
        half_m: Half of the side of the scene, metres.
    """
    variety = 1.0 - difficulty
    warp = style.warp_m * (0.35 + 1.0 * variety)
    sides = (1, -1) if plan.avenue else (0,)
    edges, blocks = [], []
    for number, side in enumerate(sides):
        own = dice.child("district", number)
        swing = own.between("swing", -42.0, 42.0) * variety
        lattice = _Lattice(own, style, turn + swing, warp, half_m)
        edges.append(_lattice_edges(lattice, style, plan, side, half_m))
        blocks.append(_lattice_blocks(lattice, style, plan, side, half_m))
    for line in (plan.avenue, plan.diagonal):
        if line is not None:
            edges.append(_line_edges(line, half_m))
    points, width, rank, whole = (np.concatenate([group[k] for group in edges]) for k in range(4))
    joined = Blocks(
        *(
            np.concatenate([getattr(b, f) for b in blocks])
            for f in ("corners", "outline", "inset", "side")
        )
    )
    return _graph(dice, style, plan, points, width, rank, whole, difficulty), joined


_Edges = tuple[F64, F64, I64, Bools]


def _lattice_edges(lattice: _Lattice, style: Style, plan: Plan, side: int, half_m: float) -> _Edges:
    index = np.arange(-lattice.n, lattice.n + 1)
    i, j = (g.ravel() for g in np.meshgrid(index, index, indexing="ij"))
    inside = _near(lattice.at(i + 0.0, j + 0.0), half_m + 40.0)
    i, j = i[inside], j[inside]
    start = np.concatenate([np.stack([i, j], 1)] * 2)
    step = np.repeat([[1, 0], [0, 1]], len(i), axis=0)
    rank = np.concatenate([lattice.rank("j", j), lattice.rank("i", i)])
    draw = lattice.dice("edge", start[:, 0], start[:, 1], step[:, 0])
    keep = (draw >= style.removal) | (rank == 2)
    start, step, rank, draw = start[keep], step[keep], rank[keep], draw[keep]

    def along(t: F64) -> F64:
        """Positions at parameters t, shape (edges, k)."""
        return lattice.at(start[:, :1] + t * step[:, :1], start[:, 1:] + t * step[:, 1:])

    free = _free(along(np.broadcast_to(_SAMPLES, (len(start), 17))), rank, plan, side)
    low, high = _longest_run(free)
    keep = high - low >= 0.3
    start, step, rank, draw = start[keep], step[keep], rank[keep], draw[keep]
    low, high = low[keep], high[keep]
    t = low[:, None] + (high - low)[:, None] * np.linspace(0.0, 1.0, BEND)
    whole = np.stack([low == 0.0, high == 1.0], axis=1)
    return along(t), street_width(rank, draw), rank, whole


def _free(points: F64, rank: I64, plan: Plan, side: int) -> Bools:
    x, y = points[..., 0], points[..., 1]
    free = np.ones(x.shape, bool)
    if plan.avenue:
        free &= plan.avenue.lateral(x, y) * side > 0.0
    minor = (rank < 2)[:, None]
    for line, margin in ((plan.river, 7.0), (plan.rail, 2.0)):
        if line:
            free &= ~(minor & (np.abs(line.lateral(x, y)) < line.width / 2.0 + margin))
    return free


def _near(points: F64, radius: float) -> Bools:
    return np.asarray((points**2).sum(axis=-1) < radius * radius)


def _longest_run(free: Bools) -> tuple[F64, F64]:
    """Return start and end in [0, 1] of the longest run of True in each row."""
    low, high = np.zeros(len(free)), np.ones(len(free))
    last = free.shape[1] - 1
    for row in np.flatnonzero(~free.all(axis=1)).tolist():
        steps = np.flatnonzero(np.diff(np.concatenate([[False], free[row], [False]]).astype(int)))
        runs = steps.reshape(-1, 2)
        if len(runs) == 0:
            high[row] = 0.0
            continue
        a, b = runs[int(np.argmax(runs[:, 1] - runs[:, 0]))]
        # A cut end reaches half a sample on, so that it meets the road that cuts it.
        low[row] = max(0.0, (a - 0.5) / last) if a else 0.0
        high[row] = min(1.0, (b - 0.5) / last) if b <= last else 1.0
    return low, high


def _lattice_blocks(
    lattice: _Lattice, style: Style, plan: Plan, side: int, half_m: float
) -> Blocks:
    index = np.arange(-lattice.n, lattice.n)
    i, j = (g.ravel() for g in np.meshgrid(index, index, indexing="ij"))
    centre = lattice.at(i + 0.5, j + 0.5)
    keep = _near(centre, half_m)
    if plan.avenue:
        keep &= plan.avenue.lateral(centre[:, 0], centre[:, 1]) * side > 15.0
    i, j = i[keep], j[keep]
    t = np.linspace(0.0, 1.0, BEND)[:-1]
    zero, one = np.zeros(BEND - 1), np.ones(BEND - 1)
    du = np.concatenate([t, one, 1.0 - t, zero])
    dv = np.concatenate([zero, t, one, 1.0 - t])
    outline = lattice.at(i[:, None] + du, j[:, None] + dv)
    ranks = np.stack(
        [
            lattice.rank("j", j),
            lattice.rank("i", i + 1),
            lattice.rank("j", j + 1),
            lattice.rank("i", i),
        ],
        axis=1,
    )
    inset = street_width(ranks, np.full(ranks.shape, 0.8)) / 2.0 + style.verge_m
    return Blocks(outline[:, :: BEND - 1], outline, inset, np.full(len(i), side))


def _line_edges(line: Line, half_m: float) -> _Edges:
    stops = np.arange(-half_m - 60.0, half_m + 60.0, 84.0)
    along = stops[:, None] + 84.0 * np.linspace(0.0, 1.0, BEND)
    n = len(stops)
    whole = np.zeros((n, 2), bool)
    return line.points(along), np.full(n, line.width), np.full(n, 2), whole


def _graph(
    dice: Dice,
    style: Style,
    plan: Plan,
    points: F64,
    width: F64,
    rank: I64,
    whole: Bools,
    difficulty: float,
) -> Streets:
    xy = centimetres(points)
    ends = xy[:, [0, -1]].reshape(-1, 2)
    nodes, where, degree = np.unique(ends, axis=0, return_inverse=True, return_counts=True)
    where = where.reshape(-1, 2)
    bridge = np.zeros(len(xy), bool)
    if plan.river:
        lateral = plan.river.lateral(points[..., 0], points[..., 1])
        bridge = (lateral.min(axis=1) < 0.0) & (lateral.max(axis=1) > 0.0)
    busy = np.zeros(len(nodes), bool)
    busy[where[rank == 2].ravel()] = True
    draw = dice("roundabout", nodes[:, 0], nodes[:, 1])
    round_ = (degree >= 3) & busy & (draw < 0.22 * (1.0 - difficulty))
    crossings = _crossings(dice, points, width, rank, whole, degree[where], round_[where])
    return Streets(
        points=xy,
        width=centimetres(width),
        rank=rank.astype(np.uint8),
        bridge=bridge,
        nodes=nodes,
        degree=degree.astype(np.int32),
        roundabouts=np.flatnonzero(round_).astype(np.int32),
        crossings=crossings,
    )


def node_half_widths(streets: Streets) -> F64:
    """Return half the width of the widest street at each node, metres."""
    keys = np.concatenate([streets.points[:, 0], streets.points[:, -1]])
    where = find_nodes(streets, keys)
    half = np.zeros(len(streets.nodes))
    np.maximum.at(half, where, np.tile(streets.width / 200.0, 2))
    return half


def find_nodes(streets: Streets, points: I32) -> I64:
    """Return the node index of each end point of a street."""
    order = streets.nodes[:, 0].astype(np.int64) * (1 << 24) + streets.nodes[:, 1]
    keys = points[:, 0].astype(np.int64) * (1 << 24) + points[:, 1]
    return np.asarray(np.searchsorted(order, keys))


def walk(points: F64, edge: npt.NDArray[np.integer], distance: F64) -> tuple[F64, F64]:
    """Walk along centre lines.

    Args:
        points: Centre lines, shape (edges, BEND, 2), metres.
        edge: Which centre line, shape (n,).
        distance: How far from its start, shape (n,), metres.

    Returns:
        Positions and unit directions, shape (n, 2) each.
    """
    leg = np.diff(points, axis=1)
    length = np.sqrt(leg[..., 0] ** 2 + leg[..., 1] ** 2)
    reached = np.cumsum(length, axis=1)
    index = (distance[:, None] > reached[edge, :-1]).sum(axis=1)
    span = length[edge, index]
    direction = leg[edge, index] / np.where(span == 0.0, 1.0, span)[:, None]
    rest = distance - (reached[edge, index] - span)
    return points[edge, index] + direction * rest[:, None], direction


def edge_lengths(points: F64) -> F64:
    """Return the lengths of centre lines, metres."""
    leg = np.diff(points, axis=1)
    return np.asarray(np.cumsum(np.sqrt(leg[..., 0] ** 2 + leg[..., 1] ** 2), axis=1)[:, -1])


def _crossings(
    dice: Dice, points: F64, width: F64, rank: I64, whole: Bools, degree: I64, at_circle: Bools
) -> I32:
    """Return edge and end of each zebra crossing, shape (n, 2)."""
    edge, end = np.nonzero(whole & (degree >= 3))
    corner = centimetres(points[edge, -end])
    draw = dice("zebra", corner[:, 0], corner[:, 1], end)
    wanted = np.choose(rank[edge], [0.0, 0.16, 0.7])
    keep = (draw < wanted) & ~at_circle[edge, end]
    return np.asarray(np.stack([edge[keep], end[keep]], axis=1), np.int32)
