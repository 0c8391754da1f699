"""Where in a scene the views are taken."""

from dataclasses import dataclass

import numpy as np

from geobench_tools.geo import metres_per_degree
from geobench_tools.world._exact import F64, I64, Bools, Dice, azimuth_deg, left_of
from geobench_tools.world._frame import Camera
from geobench_tools.world._scene import LAND_M, Kind, Scene
from geobench_tools.world._streets import edge_lengths, walk

__all__ = ["Place", "choose_places"]

SEPARATION_M = 150.0
"""Distance kept between cameras of a scene where it has room for them."""

_OFFSET_CM = 800


@dataclass(frozen=True)
class Place:
    """A camera on a street and the tile that shows it.

    Attributes:
        camera: Position and height; its heading is still north.
        tile: East and north of the tile's centre, centimetres; a few metres off the camera.
        street_deg: Direction in which the street runs, degrees.
        edge: Row of ``Scene.streets`` on which the camera stands.
    """

    camera: Camera
    tile: tuple[int, int]
    street_deg: float
    edge: int


def choose_places(scene: Scene, count: int, tile_m: float) -> list[Place]:
    """Choose camera places on the streets of a scene.

    Cameras keep ``SEPARATION_M`` from each other; where that leaves too few, half of it, and so on.
    Tiles lie inside the H3 cell of the scene where they fit, so that no two scenes share ground.

    Args:
        scene: The scene.
        count: How many; fewer if the streets are too short.
        tile_m: Side of a tile, metres.
    """
    dice = Dice(scene.seed, scene.cell).child("places")
    at, along, edge, key = _stops(scene, dice)
    offset = np.stack([dice("east", key), dice("north", key)], axis=1) * 2.0 - 1.0
    centre = at + offset * (_OFFSET_CM / 100.0)
    order = np.argsort(dice("order", key), kind="stable")
    inside = _in_cell(scene, centre, tile_m / 2.0) & _on_road(scene, at)
    if inside.sum() < count:
        inside = _in_cell(scene, at, 0.0) & _on_road(scene, at)
    order = order[inside[order]]
    chosen = _spread(at, order, count)
    places = []
    for row in chosen:
        height = 215 + int(dice.one("height", int(key[row])) * 70)
        east, north = (round(float(v) * 100.0) for v in at[row])
        tile = tuple(round(float(v) * 100.0) for v in centre[row])
        direction = float(azimuth_deg(along[row, 0], along[row, 1]))
        places.append(
            Place(Camera(east, north, height), (tile[0], tile[1]), direction, int(edge[row]))
        )
    return places


def _stops(scene: Scene, dice: Dice) -> tuple[F64, F64, I64, I64]:
    """Return candidate positions in the lane of traffic, directions, edges and keys."""
    streets = scene.streets
    points = streets.points / 100.0
    edge = np.repeat(np.flatnonzero(streets.rank > 0), 6)
    place = np.tile(np.arange(6), len(edge) // 6)
    at, along = walk(points, edge, edge_lengths(points)[edge] * (0.1 + 0.16 * place))
    key = streets.points[edge, 3, 0].astype(np.int64) * 65_537 + streets.points[edge, 3, 1] * 8
    key = key + place
    ahead = np.where(dice("ahead", key) < 0.5, 1.0, -1.0)[:, None] * along
    right = -left_of(ahead)
    hand = -0.25 if scene.town.drives == "left" else 0.25
    at = at + right * (hand * streets.width[edge] / 100.0)[:, None]
    return at, ahead, edge, key


def _in_cell(scene: Scene, centre: F64, margin: float) -> Bools:
    """Tell whether squares of half side ``margin`` lie inside the scene's H3 cell."""
    from h3.api.basic_int import cell_to_boundary

    per_lat, per_lon = metres_per_degree(scene.lat)
    corners = np.array(cell_to_boundary(scene.cell))
    y = (corners[:, 0] - scene.lat) * per_lat
    x = ((corners[:, 1] - scene.lon + 180.0) % 360.0 - 180.0) * float(per_lon)
    # Whole metres: the library's own trigonometry may differ in the last bits.
    ring = np.rint(np.stack([x, y], axis=1))
    leg = np.roll(ring, -1, axis=0) - ring
    inside = np.ones(len(centre), bool)
    for sx in (-margin, margin):
        for sy in (-margin, margin):
            rel = (centre + np.array([sx, sy]))[:, None] - ring
            inside &= (leg[:, 0] * rel[..., 1] - leg[:, 1] * rel[..., 0] > 0.0).all(axis=1)
    return inside


def _on_road(scene: Scene, at: F64) -> Bools:
    n = len(scene.land)
    column = np.clip(np.floor((at[:, 0] + scene.half_m) / LAND_M), 0, n - 1).astype(np.int64)
    row = np.clip(np.floor((scene.half_m - at[:, 1]) / LAND_M), 0, n - 1).astype(np.int64)
    return np.asarray(scene.land[row, column] == Kind.ROAD)


def _spread(at: F64, order: I64, count: int) -> list[int]:
    chosen: list[int] = []
    gap = SEPARATION_M
    while len(chosen) < count and gap > 1.0:
        free = np.ones(len(order), bool)
        for row in chosen:
            free &= ((at[order] - at[row]) ** 2).sum(axis=1) >= gap * gap
        while len(chosen) < count and free.any():
            row = int(order[int(np.argmax(free))])
            chosen.append(row)
            free &= ((at[order] - at[row]) ** 2).sum(axis=1) >= gap * gap
        gap /= 2.0
    return chosen
