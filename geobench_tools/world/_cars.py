"""Cars, which belong to the nuisance: each view has its own."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geobench_tools.world._exact import F64, I32, U8, Dice, left_of, ragged
from geobench_tools.world._nuisance import Nuisance
from geobench_tools.world._paint import Surface
from geobench_tools.world._relief import Relief
from geobench_tools.world._roads import quads
from geobench_tools.world._scene import Scene
from geobench_tools.world._streets import edge_lengths, walk

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Cars", "draw_cars", "park"]

_PAINT = np.array(
    [
        (222, 222, 220),
        (60, 62, 66),
        (150, 152, 156),
        (34, 36, 40),
        (150, 44, 40),
        (54, 78, 122),
        (196, 198, 200),
        (96, 104, 92),
    ],
    np.uint8,
)


@dataclass(frozen=True)
class Cars:
    """Cars near a place.

    Attributes:
        body: Footprints, shape (n, 4, 2), metres.
        cabin: Footprints of the upper half, shape (n, 4, 2), metres.
        rgb: Colours, shape (n, 3).
    """

    body: F64
    cabin: F64
    rgb: U8

    def __len__(self) -> int:
        return len(self.rgb)

    @staticmethod
    def around(
        scene: Scene,
        centre: tuple[float, float],
        reach: float,
        nuisance: Nuisance,
        clear: float = 0.0,
    ) -> "Cars":
        """Return cars parked at the kerb or driving on their side of the road.

        Args:
            scene: The scene.
            centre: East and north of a place, centimetres.
            reach: Half side of the square that is looked at, centimetres.
            nuisance: The view's nuisance.
            clear: Half side of a square in the middle that stays free, centimetres.
        """
        streets = scene.streets
        none = np.zeros((0, 4, 2))
        if len(streets.points) == 0:
            return Cars(none, none, np.zeros((0, 3), np.uint8))
        low, high = streets.box[:, :2], streets.box[:, 2:]
        near = ((high > np.array(centre) - reach) & (low < np.array(centre) + reach)).all(axis=1)
        rows = np.flatnonzero(near & (streets.rank > 0))
        points = streets.points[rows] / 100.0
        length = edge_lengths(points)
        owner, slot = ragged(np.floor((length - 20.0) / 6.4).astype(np.int64) * 4)
        dice = Dice(nuisance.seed, 77)
        key = rows[owner]
        lane = slot % 4
        # Lanes 0 and 1 are the kerbs, 2 and 3 are driven in and emptier.
        share = np.where(lane < 2, nuisance.traffic, nuisance.traffic * 0.3)
        keep = dice("car", key, slot) < share
        owner, slot, key, lane = owner[keep], slot[keep], key[keep], lane[keep]
        distance = 10.0 + 6.4 * (slot // 4 + 0.5) + dice("at", key, slot) * 1.4
        at, along = walk(points, owner, distance)
        half = streets.width[key] / 200.0
        aside = np.choose(lane, [half - 1.1, 1.1 - half, half * 0.45, -half * 0.45])
        side = left_of(along)
        at = at + side * aside[:, None]
        away = np.abs(at * 100.0 - np.array(centre))
        # None where the camera's own car stands.
        inside = (away < reach).all(axis=1) & (away > clear).any(axis=1)
        at, along, key, slot = at[inside], along[inside], key[inside], slot[inside]
        colour = _PAINT[(dice("paint", key, slot) * len(_PAINT)).astype(np.int64)]
        body = quads(at, along, 4.3, 1.8)
        cabin = quads(at - along * 0.25, along, 2.3, 1.5)
        return Cars(body, cabin, colour)


def _pixels(polygons: F64, west: float, north: float, step: float) -> list[list[int]]:
    at = polygons * 100.0
    column = np.floor((at[..., 0] - west) / step)
    row = np.floor((north - at[..., 1]) / step)
    flat: I32 = np.stack([column, row], axis=-1).astype(np.int32)
    return [list(polygon) for polygon in flat.reshape(len(flat), -1).tolist()]


def draw_cars(image: "Image", cars: Cars, surface: Surface, level: int) -> None:
    """Draw cars on an RGBX map whose fourth band, here ``level``, is the sun's incidence."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(image)
    where = (surface.west, surface.north, surface.step)
    shapes = zip(_pixels(cars.body, *where), _pixels(cars.cabin, *where), strict=True)
    for (body, cabin), rgb in zip(shapes, cars.rgb.tolist(), strict=True):
        draw.polygon(body, fill=(*rgb, level))
        draw.polygon(cabin, fill=(*(v // 2 + 20 for v in rgb), level))


def park(bare: Relief, cars: Cars) -> Relief:
    """Return heights with cars on the ground, so that they cast shadows."""
    if len(cars) == 0:
        return bare
    from PIL import Image, ImageDraw

    size = len(bare.height)
    image = Image.new("L", (size, size))
    draw = ImageDraw.Draw(image)
    for body in _pixels(cars.body, bare.west, bare.north, bare.step):
        draw.polygon(body, fill=135)
    return replace(bare, height=np.maximum(bare.height, np.asarray(image)))
