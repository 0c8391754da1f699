"""Streets, water and railways as polygons: carriageways, pavements, lane markings, crossings."""

import numpy as np

from geobench_tools.world._build import Layer, Model
from geobench_tools.world._exact import F64, I64, Dice, left_of, ragged, sincos, unit
from geobench_tools.world._scene import Kind, Streets
from geobench_tools.world._streets import (
    Line,
    edge_lengths,
    find_nodes,
    node_half_widths,
    walk,
)
from geobench_tools.world._styles import Climate, Style, rgb

__all__ = ["draw_rail", "draw_river", "draw_streets", "offset_strips", "polygon_ring", "quads"]

_ASPHALT = ((96, 96, 98), (84, 85, 88), (76, 77, 80))
_PAVEMENT = (158, 154, 147)
_WHITE = (228, 228, 224)
_YELLOW = (222, 178, 62)
_ISLAND = (92, 122, 66)


def polygon_ring(corners: int, turn: float = 0.0) -> F64:
    """Return the corners of a regular polygon in the unit circle, counter-clockwise."""
    sine, cosine = sincos(turn + 360.0 / corners * np.arange(corners))
    return np.stack([cosine, sine], axis=1)


def offset_strips(points: F64, left: F64, right: F64) -> F64:
    """Return polygons along polylines from ``left`` to ``right`` of the axis, metres.

    Args:
        points: Shape (n, k, 2).
        left: Distance of the left border to the left of the axis, shape (n,).
        right: Distance of the right border to the left of the axis, shape (n,); usually negative.

    Returns:
        Shape (n, 2 k, 2), counter-clockwise.
    """
    leg = unit(np.diff(points, axis=1))
    turn = np.concatenate([leg[:, :1], leg[:, :-1] + leg[:, 1:], leg[:, -1:]], axis=1)
    normal = left_of(unit(turn))
    a = points + normal * right[:, None, None]
    b = points + normal * left[:, None, None]
    return np.concatenate([a, b[:, ::-1]], axis=1)


def quads(centre: F64, along: F64, length: F64 | float, width: F64 | float) -> F64:
    """Return rectangles, shape (n, 4, 2), counter-clockwise, the first edge along ``along``."""
    half = along * (np.broadcast_to(np.asarray(length, float), (len(centre),)) / 2.0)[:, None]
    side = left_of(along)
    side = side * (np.broadcast_to(np.asarray(width, float), (len(centre),)) / 2.0)[:, None]
    return np.stack(
        [centre - half - side, centre + half - side, centre + half + side, centre - half + side],
        axis=1,
    )


def draw_river(model: Model, river: Line, climate: Climate, half_m: float) -> None:
    """Add a river with its banks."""
    banks = river.strip(half_m, river.width + 13.0)[None]
    model.face(Layer.WATER, Kind.BANK, banks, rgb(climate.grass))
    model.face(Layer.WATER, Kind.WATER, river.strip(half_m, river.width)[None], (58, 78, 82))


def draw_rail(model: Model, rail: Line, half_m: float) -> None:
    """Add a railway: ballast and two tracks."""
    model.face(Layer.RAIL, Kind.RAIL, rail.strip(half_m, rail.width)[None], (122, 110, 100))
    along = np.arange(-half_m * 1.5, half_m * 1.5 + 20.0, 20.0)
    for aside in (-2.8, -1.3, 1.3, 2.8):
        axis = rail.points(along, aside)[None]
        strip = offset_strips(axis, np.array([0.14]), np.array([-0.14]))
        model.face(Layer.RAIL, Kind.RAIL, strip, (70, 66, 66))


def draw_streets(model: Model, streets: Streets, style: Style, dice: Dice, left: bool) -> None:
    """Add the carriageways, pavements, markings, crossings and roundabouts.

    Args:
        model: Receives the faces.
        streets: The street graph.
        style: Building style of the region.
        dice: Source of randomness of this scene.
        left: Whether traffic keeps left.
    """
    points, half = streets.points / 100.0, streets.width / 200.0
    asphalt = np.array(_ASPHALT, np.uint8)[streets.rank]
    tone = (dice("asphalt", streets.points[:, 3, 0], streets.points[:, 3, 1]) * 14.0 - 7.0)[:, None]
    asphalt = (asphalt + tone).astype(np.uint8)
    verge = half + np.where(streets.rank > 0, style.verge_m, 0.8)
    model.face(Layer.PAVEMENT, Kind.PAVEMENT, offset_strips(points, verge, -verge), _PAVEMENT)
    model.face(Layer.ROAD, Kind.ROAD, offset_strips(points, half, -half), asphalt)

    node_half = node_half_widths(streets)
    disc = polygon_ring(10)
    nodes = streets.nodes / 100.0
    turning = np.where(streets.degree == 1, node_half * 1.7, node_half)
    for layer, kind, extra, colour in (
        (Layer.PAVEMENT, Kind.PAVEMENT, style.verge_m, _PAVEMENT),
        (Layer.ROAD, Kind.ROAD, 0.0, _ASPHALT[1]),
    ):
        size = (turning + extra)[:, None, None]
        model.face(layer, kind, nodes[:, None] + size * disc, colour)
    _draw_lines(model, streets, style, points, half, node_half, left)
    _draw_crossings(model, streets, points, half, node_half)
    _draw_roundabouts(model, nodes[streets.roundabouts], node_half[streets.roundabouts], style)


def _draw_roundabouts(model: Model, centre: F64, half: F64, style: Style) -> None:
    ring = polygon_ring(18)
    for layer, kind, extra, colour in (
        (Layer.PAVEMENT, Kind.PAVEMENT, 10.5 + style.verge_m, _PAVEMENT),
        (Layer.ROAD, Kind.ROAD, 10.5, _ASPHALT[1]),
        (Layer.MARKING, Kind.PAVEMENT, 3.2, (186, 182, 174)),
        (Layer.MARKING, Kind.GRASS, 2.6, _ISLAND),
    ):
        size = (np.maximum(half, 5.0) * 0.9 + extra)[:, None, None]
        model.face(layer, kind, centre[:, None] + size * ring, colour)


def _draw_lines(
    model: Model,
    streets: Streets,
    style: Style,
    points: F64,
    half: F64,
    node_half: F64,
    left: bool,
) -> None:
    length = edge_lengths(points)
    ends = find_nodes(streets, streets.points[:, [0, -1]].reshape(-1, 2)).reshape(-1, 2)
    clear = node_half[ends] + 2.0
    main = np.flatnonzero((streets.rank == 2) & (length > 30.0))
    strips = []
    for side in (half[main] - 0.55, 0.55 - half[main]):
        strips.append(offset_strips(points[main], side + 0.11, side - 0.11))
    model.face(Layer.MARKING, Kind.MARKING, np.concatenate(strips), _WHITE)
    if style.yellow:
        for aside in (-0.22, 0.22):
            middle = np.full(len(main), aside)
            strip = offset_strips(points[main], middle + 0.09, middle - 0.09)
            model.face(Layer.MARKING, Kind.MARKING, strip, _YELLOW)
        dashed, gap = np.flatnonzero(streets.rank == 1), 12.0
    else:
        dashed, gap = np.flatnonzero(streets.rank >= 1), 9.0
    room = length[dashed] - clear[dashed].sum(axis=1)
    owner, step = ragged(np.floor(room / gap).astype(np.int64))
    edge = dashed[owner]
    centre, along = walk(points, edge, clear[edge, 0] + gap * (step + 0.5))
    colour = _YELLOW if style.yellow else _WHITE
    model.face(Layer.MARKING, Kind.MARKING, quads(centre, along, 3.0, 0.24), colour)
    _draw_stop_lines(model, streets, points, half, clear, length, ends, left)


def _draw_stop_lines(
    model: Model,
    streets: Streets,
    points: F64,
    half: F64,
    clear: F64,
    length: F64,
    ends: I64,
    left: bool,
) -> None:
    for end in (0, 1):
        edge = np.flatnonzero(
            (streets.rank >= 1) & (streets.degree[ends[:, end]] >= 3) & (length > 30.0)
        )
        distance = np.where(end == 0, clear[edge, 0], length[edge] - clear[edge, 1])
        centre, along = walk(points, edge, distance + (0.5 if end == 0 else -0.5))
        # Who comes to this end drives on the left or right half as seen in his own direction.
        ahead = -along if end == 0 else along
        right = -left_of(ahead)
        lane = centre + right * ((-0.5 if left else 0.5) * half[edge])[:, None]
        bar = quads(lane, right, half[edge] - 0.5, 0.5)
        model.face(Layer.MARKING, Kind.MARKING, bar, _WHITE)


def _draw_crossings(model: Model, streets: Streets, points: F64, half: F64, node_half: F64) -> None:
    edge, end = streets.crossings[:, 0], streets.crossings[:, 1]
    length = edge_lengths(points)
    ends = find_nodes(streets, streets.points[:, [0, -1]].reshape(-1, 2)).reshape(-1, 2)
    away = node_half[ends[edge, end]] + 5.0
    centre, along = walk(points, edge, np.where(end == 0, away, length[edge] - away))
    patch = quads(centre, along, 4.4, 2.0 * half[edge])
    model.face(Layer.MARKING, Kind.ROAD, patch, _ASPHALT[2])
    owner, step = ragged(np.floor(2.0 * half[edge] / 1.1).astype(np.int64))
    across = left_of(along)[owner]
    offset = (step + 0.5) * 1.1 - half[edge][owner]
    stripes = quads(centre[owner] + across * offset[:, None], along[owner], 3.4, 0.55)
    model.face(Layer.MARKING, Kind.MARKING, stripes, _WHITE)
