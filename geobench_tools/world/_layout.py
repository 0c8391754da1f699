"""A whole scene from a seed and an H3 cell."""

import numpy as np

from geobench_tools.world._blocks import Builder, garden_faces
from geobench_tools.world._build import Model, centimetres
from geobench_tools.world._exact import F64, U8, Bools, Dice, sincos, unit
from geobench_tools.world._landmarks import LandmarkList
from geobench_tools.world._paint import paint_kinds
from geobench_tools.world._plants import hedges, plant
from geobench_tools.world._plots import Palette, block_uses, frontages, inner_quads, join_rows
from geobench_tools.world._roads import draw_rail, draw_river, draw_streets
from geobench_tools.world._scene import LAND_M, Areas, Faces, Kind, Scene
from geobench_tools.world._streets import Blocks, Line, Plan, lay_streets
from geobench_tools.world._styles import CLIMATES, STYLES, USES, rgb
from geobench_tools.world._towns import Town

__all__ = ["HALF_M", "make_scene"]

HALF_M = 600.0
"""Half of the side of a scene, metres: an H3 cell of resolution 8 and what is seen from its rim."""

_BLOCKED = (Kind.ROAD, Kind.PAVEMENT, Kind.MARKING, Kind.WATER, Kind.BANK, Kind.RAIL)
_NO_TREES = (
    Kind.ROAD,
    Kind.MARKING,
    Kind.WATER,
    Kind.RAIL,
    Kind.ROOF,
    Kind.HEDGE,
    Kind.PITCH,
    Kind.PARKING,
)


def make_scene(seed: int, cell: int, town: Town, difficulty: float) -> Scene:
    """Lay out the neighbourhood of an H3 cell.

    Args:
        seed: Seed of the world.
        cell: H3 cell, as an integer; its centre is the origin of the scene.
        town: The town to whose region and climate the scene belongs.
        difficulty: 0 to 1; how alike neighbouring places are.

    Returns:
        The scene, the same for the same arguments on every machine.
    """
    from h3.api.basic_int import cell_to_latlng

    lat, lon = (round(v, 7) for v in cell_to_latlng(cell))
    dice = Dice(seed, cell)
    style, climate = STYLES[town.style], CLIMATES[town.climate]
    # One direction for the whole town, so that neighbouring cells belong together.
    turn = Dice(seed, round(town.lat * 1000), round(town.lon * 1000)).between("turn", -45.0, 45.0)
    plan = _plan(dice, difficulty)
    streets, blocks = lay_streets(dice, style, plan, turn, difficulty, HALF_M)
    model = Model()
    if plan.river:
        draw_river(model, plan.river, climate, HALF_M)
    if plan.rail:
        draw_rail(model, plan.rail, HALF_M)
    draw_streets(model, streets, style, dice, town.drives == "left")
    blocked = _among(_BLOCKED)[_land(model.faces())]

    def free(polygons: F64) -> Bools:
        grid = _grid(polygons)
        taken = _look(blocked, grid).any(axis=1)
        return np.asarray(~taken & _one_side(grid, plan))

    quads = inner_quads(blocks.corners, blocks.inset + _bulge(blocks))
    uses = block_uses(dice, style, blocks, difficulty)
    centre = centimetres(blocks.corners.mean(axis=1)).astype(np.int64)
    keys = np.asarray(centre[:, 0] * (1 << 20) + centre[:, 1])
    palette = Palette(dice, style, difficulty)
    landmarks = LandmarkList(model)
    builder = Builder(dice, style, climate, palette, difficulty, model, landmarks, free)
    whole = np.flatnonzero(_one_side(blocks.outline, plan))
    builder.ground(blocks.outline[whole], uses[whole], keys[whole])
    rows, gardens, owner = frontages(dice, style, blocks, quads, uses, palette, free)
    garden_faces(builder, gardens, owner)
    for b in whole.tolist():
        builder.fill(quads[b], USES[uses[b]], int(keys[b]))
    buildings = join_rows([*rows, builder.stand()])
    first = int(model.buildings(buildings)[0]) if len(buildings) else 0
    model.buildings(hedges(dice, climate, gardens, owner), Kind.HEDGE)
    faces = model.faces()
    land = _land(faces)
    full = _among(_NO_TREES)[land]

    def room(points: F64) -> Bools:
        return ~_look(full, points)

    trees = plant(dice, climate, streets, quads, uses, keys, plan.river, HALF_M, room, difficulty)
    return Scene(
        cell=cell,
        seed=seed,
        town=town,
        lat=lat,
        lon=lon,
        half_m=HALF_M,
        streets=streets,
        buildings=buildings,
        first_building=first,
        landmarks=landmarks.table(),
        trees=trees,
        areas=_areas(builder, plan),
        solids=model.solids(),
        faces=faces,
        segments=model.segments(),
        land=land,
        ground_rgb=rgb(climate.wild),
        anchor=(int(dice.one("anchor", 0) * 512), int(dice.one("anchor", 1) * 512)),
    )


def _plan(dice: Dice, difficulty: float) -> Plan:
    variety = 1.0 - difficulty

    def line(name: str, chance: float, sway: float, width: tuple[float, float]) -> Line | None:
        own = dice.child(name)
        if own.one("there") >= chance * (0.12 + 0.88 * variety):
            return None
        sine, cosine = sincos(own.between("direction", 0.0, 180.0))
        return Line(
            dice=own,
            sine=float(sine),
            cosine=float(cosine),
            offset=own.between("offset", -260.0, 260.0),
            sway=sway * own.between("sway", 0.4, 1.0),
            length=own.between("length", 260.0, 420.0),
            width=own.between("width", *width),
        )

    return Plan(
        avenue=line("avenue", 0.8, 34.0, (14.0, 19.0)),
        diagonal=line("diagonal", 0.4, 10.0, (10.0, 14.0)),
        river=line("river", 0.45, 60.0, (16.0, 52.0)),
        rail=line("rail", 0.28, 22.0, (10.0, 14.0)),
    )


def _bulge(blocks: Blocks) -> F64:
    """Return how far each side's bent street comes inside the straight one, shape (n, 4)."""
    along = unit(np.roll(blocks.corners, -1, axis=1) - blocks.corners)
    bend = blocks.outline.reshape(len(blocks.corners), 4, -1, 2) - blocks.corners[:, :, None]
    inward = bend[..., 1] * along[:, :, None, 0] - bend[..., 0] * along[:, :, None, 1]
    return np.asarray(np.maximum(inward.max(axis=2), 0.0))


def _among(kinds: tuple[Kind, ...]) -> Bools:
    table = np.zeros(len(Kind), bool)
    table[list(kinds)] = True
    return table


def _land(faces: Faces) -> U8:
    skip = (Kind.MARKING, Kind.PATH)
    return paint_kinds(faces, HALF_M * 100.0, LAND_M * 100.0, skip)


def _grid(polygons: F64) -> F64:
    """Return nine points inside each quadrilateral, shape (n, 9, 2)."""
    part = np.array([0.06, 0.5, 0.94])
    a, b = (g.ravel()[:, None] for g in np.meshgrid(part, part))
    p = polygons[:, None]
    low = p[:, :, 0] * (1.0 - a) + p[:, :, 1] * a
    high = p[:, :, 3] * (1.0 - a) + p[:, :, 2] * a
    return np.asarray(low * (1.0 - b) + high * b)


def _look(raster: Bools, points: F64) -> Bools:
    """Read a land raster at points in metres; True beyond its border."""
    n = len(raster)
    column = np.floor((points[..., 0] + HALF_M) / LAND_M).astype(np.int64)
    row = np.floor((HALF_M - points[..., 1]) / LAND_M).astype(np.int64)
    inside = (column >= 0) & (column < n) & (row >= 0) & (row < n)
    found = raster[np.clip(row, 0, n - 1), np.clip(column, 0, n - 1)]
    return np.asarray(found | ~inside)


def _one_side(points: F64, plan: Plan) -> Bools:
    """Tell for shapes given by points (n, k, 2) whether no avenue, river or railway cuts them."""
    whole = np.ones(len(points), bool)
    for line, margin in ((plan.avenue, 2.5), (plan.river, 6.0), (plan.rail, 1.0)):
        if line:
            lateral = line.lateral(points[..., 0], points[..., 1])
            edge = line.width / 2.0 + margin
            whole &= (lateral > edge).all(axis=1) | (lateral < -edge).all(axis=1)
    return whole


def _areas(builder: Builder, plan: Plan) -> Areas:
    rows = list(builder.areas)
    if plan.river:
        middle = plan.river.points(np.array([0.0]))[0]
        rows.append(("river", middle, plan.river.width * 2.0 * HALF_M))
    if not rows:
        return Areas((), np.zeros((0, 2), np.int32), np.zeros(0, np.int32))
    kind, centre, area = zip(*rows, strict=True)
    return Areas(kind, centimetres(np.stack(centre)), np.rint(np.array(area)).astype(np.int32))
