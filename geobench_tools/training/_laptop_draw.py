"""The laptop level: places of four sectors, seen from the street and from above.

A place is a crossing with one thing in each quarter: north-east, south-east, south-west and
north-west. The ground view is a strip of four squares, one for each quarter, clockwise from north;
the tile shows the same four quarters from above, north up. What stands where is the content that
both views share; light, tint, noise, sizes and shades are drawn anew for each image.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geobench_tools.counter_random import uniform

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

__all__ = ["QUARTERS", "SIDE_PX", "THINGS", "draw_ground", "draw_tile"]

THINGS = ("house", "wood", "pond", "field")
QUARTERS = ("north-east", "south-east", "south-west", "north-west")
SIDE_PX = 28
"""Side of a quarter, pixels: one image token of Qwen2.5-VL."""

_CORNERS = ((SIDE_PX, 0), (SIDE_PX, SIDE_PX), (0, SIDE_PX), (0, 0))
_RGB = {
    "house": (176, 82, 64),
    "wood": (46, 104, 52),
    "pond": (72, 122, 196),
    "field": (208, 182, 84),
}
_ROAD, _GRASS, _SKY = (128, 126, 124), (136, 152, 112), (176, 204, 232)
_SHADE = 14.0
_TINT = 14.0
_NOISE = 5.0


class _Dice:
    """The random numbers of one image, taken in order."""

    def __init__(self, seed: int, image: int) -> None:
        self._values = iter(uniform(seed, image, np.arange(256)).tolist())

    def between(self, low: float, high: float) -> float:
        return float(low + (high - low) * next(self._values))

    def shade(self, rgb: Sequence[int], light: float = 1.0) -> tuple[int, int, int]:
        red, green, blue = (
            max(0, min(255, round(c * light + self.between(-_SHADE, _SHADE)))) for c in rgb
        )
        return red, green, blue


def draw_ground(things: Sequence[int], seed: int, image: int) -> npt.NDArray[np.uint8]:
    """Draw the strip that is seen from the crossing.

    Args:
        things: Index into ``THINGS`` for each quarter; empty for a place of nothing.
        seed: Seed of the nuisance.
        image: Number of the image, unlike that of any other image.

    Returns:
        Array (28, 112, 3); the left edge looks north.
    """
    from PIL import Image, ImageDraw

    dice = _Dice(seed, image)
    width = SIDE_PX * len(QUARTERS)
    canvas = Image.new("RGB", (width, SIDE_PX), dice.shade(_GRASS))
    pen = ImageDraw.Draw(canvas)
    horizon = round(dice.between(9, 12))
    pen.rectangle((0, 0, width, horizon), fill=dice.shade(_SKY))
    road = dice.shade(_ROAD)
    for edge in range(0, width + 1, SIDE_PX):
        pen.polygon(((edge, horizon), (edge - 4, SIDE_PX), (edge + 4, SIDE_PX)), fill=road)
    for quarter, thing in enumerate(things):
        _UPRIGHT[THINGS[thing]](pen, dice, quarter * SIDE_PX, horizon)
    return _developed(np.asarray(canvas), dice, seed, image)


def draw_tile(things: Sequence[int], seed: int, image: int) -> npt.NDArray[np.uint8]:
    """Draw the tile of a place from above, north up.

    Args:
        things: Index into ``THINGS`` for each quarter; empty for a place of nothing.
        seed: Seed of the nuisance.
        image: Number of the image, unlike that of any other image.

    Returns:
        Array (56, 56, 3).
    """
    from PIL import Image, ImageDraw

    dice = _Dice(seed, image)
    side = 2 * SIDE_PX
    canvas = Image.new("RGB", (side, side), dice.shade(_GRASS))
    pen = ImageDraw.Draw(canvas)
    for thing, (x, y) in zip(things, _CORNERS, strict=False):
        _ABOVE[THINGS[thing]](pen, dice, x, y)
    road = dice.shade(_ROAD)
    half = round(dice.between(1, 3))
    pen.rectangle((SIDE_PX - half, 0, SIDE_PX + half - 1, side), fill=road)
    pen.rectangle((0, SIDE_PX - half, side, SIDE_PX + half - 1), fill=road)
    return _developed(np.asarray(canvas), dice, seed, image)


def _developed(
    pixels: npt.NDArray[np.uint8], dice: _Dice, seed: int, image: int
) -> npt.NDArray[np.uint8]:
    """Give an image its light, tint and noise."""
    light = dice.between(0.75, 1.25)
    tint = np.array([dice.between(-_TINT, _TINT) for _ in range(3)])
    grain = uniform(seed, image, 256 + np.arange(pixels.size)).reshape(pixels.shape)
    values = pixels * light + tint + (grain - 0.5) * (2 * _NOISE)
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def _house_upright(pen: "ImageDraw", dice: _Dice, x: int, horizon: int) -> None:
    left, wide = x + round(dice.between(4, 9)), round(dice.between(12, 15))
    top, foot = horizon - round(dice.between(2, 5)), round(dice.between(19, 23))
    pen.rectangle((left, top, left + wide, foot), fill=dice.shade(_RGB["house"]))
    roof = dice.shade(_RGB["house"], 0.65)
    pen.polygon(((left - 1, top), (left + wide / 2, top - 5), (left + wide + 1, top)), fill=roof)
    glass = dice.shade((222, 226, 216))
    for column in (left + 2, left + wide - 5):
        pen.rectangle((column, top + 3, column + 2, top + 6), fill=glass)


def _wood_upright(pen: "ImageDraw", dice: _Dice, x: int, horizon: int) -> None:
    for slot in range(3):
        middle = x + 6 + slot * 8 + dice.between(-1.5, 1.5)
        radius, high = dice.between(4, 5.5), horizon + dice.between(-3, 1)
        pen.rectangle((middle - 1, high, middle + 1, high + 11), fill=dice.shade((96, 70, 48)))
        box = (middle - radius, high - radius, middle + radius, high + radius)
        pen.ellipse(box, fill=dice.shade(_RGB["wood"]))


def _pond_upright(pen: "ImageDraw", dice: _Dice, x: int, horizon: int) -> None:
    left, top = x + dice.between(2, 6), horizon + dice.between(3, 5)
    box = (left, top, left + dice.between(16, 20), top + dice.between(7, 10))
    pen.ellipse(box, fill=dice.shade(_RGB["pond"]), outline=dice.shade(_RGB["pond"], 0.7))


def _field_upright(pen: "ImageDraw", dice: _Dice, x: int, horizon: int) -> None:
    left, right = x + round(dice.between(3, 6)), x + round(dice.between(22, 25))
    top, foot = horizon + 1, round(dice.between(22, 25))
    pen.polygon(
        ((left + 3, top), (right - 3, top), (right, foot), (left, foot)),
        fill=dice.shade(_RGB["field"]),
    )
    furrow = dice.shade(_RGB["field"], 0.75)
    for row in range(top + 2, foot, 3):
        pen.line((left + 2, row, right - 2, row), fill=furrow)


def _house_above(pen: "ImageDraw", dice: _Dice, x: int, y: int) -> None:
    left, top = x + round(dice.between(5, 9)), y + round(dice.between(5, 9))
    right, foot = left + round(dice.between(11, 14)), top + round(dice.between(10, 13))
    pen.rectangle((left, top, right, foot), fill=dice.shade(_RGB["house"]))
    pen.rectangle((left, (top + foot) // 2, right, foot), fill=dice.shade(_RGB["house"], 0.7))


def _wood_above(pen: "ImageDraw", dice: _Dice, x: int, y: int) -> None:
    for slot in range(5):
        middle = x + (8, 19, 14, 8, 20)[slot] + dice.between(-2, 2)
        row = y + (8, 8, 14, 20, 19)[slot] + dice.between(-2, 2)
        radius = dice.between(4, 5.5)
        box = (middle - radius, row - radius, middle + radius, row + radius)
        pen.ellipse(box, fill=dice.shade(_RGB["wood"]))


def _pond_above(pen: "ImageDraw", dice: _Dice, x: int, y: int) -> None:
    left, top = x + dice.between(4, 8), y + dice.between(4, 8)
    box = (left, top, left + dice.between(14, 17), top + dice.between(12, 16))
    pen.ellipse(box, fill=dice.shade(_RGB["pond"]), outline=dice.shade(_RGB["pond"], 0.7))


def _field_above(pen: "ImageDraw", dice: _Dice, x: int, y: int) -> None:
    left, top = x + round(dice.between(3, 6)), y + round(dice.between(3, 6))
    right, foot = left + round(dice.between(16, 19)), top + round(dice.between(16, 19))
    pen.rectangle((left, top, right, foot), fill=dice.shade(_RGB["field"]))
    furrow = dice.shade(_RGB["field"], 0.75)
    for row in range(top + 2, foot, 3):
        pen.line((left, row, right, row), fill=furrow)


_UPRIGHT = {
    "house": _house_upright,
    "wood": _wood_upright,
    "pond": _pond_upright,
    "field": _field_upright,
}
_ABOVE = {
    "house": _house_above,
    "wood": _wood_above,
    "pond": _pond_above,
    "field": _field_above,
}
