"""The SAMPLE set: drawn street scenes of invented places, to try a command without any data.

Twelve pictures with a sky, hills, a road, houses and a sign. Countries and coordinates exist;
towns and scenes do not. Scores on them measure nothing.
"""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from geobench_tools.benchmarks._records import Record, Records
from geobench_tools.counter_random import hash_strings, uniform
from geobench_tools.models import ImagePart

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

__all__ = ["SAMPLE_ORIGIN", "draw_scene", "png_of", "sample_records"]

SAMPLE_ORIGIN = "SAMPLE: drawn pictures of invented places"
_WIDTH, _HEIGHT = 384, 256
_PLACES = (
    ("Testhaven", "MN", "United States", 45.31, -94.62),
    ("Mockford", "TX", "United States", 31.44, -98.27),
    ("Drawnton", "OR", "United States", 43.92, -120.61),
    ("Musterstadt", "", "Germany", 50.61, 9.83),
    ("Beispielheim", "", "Germany", 48.52, 11.37),
    ("Exemple-sur-Rive", "", "France", 46.73, 2.61),
    ("Mihonmachi", "", "Japan", 35.72, 138.44),
    ("Vila Exemplo", "", "Brazil", -16.34, -47.91),
    ("Mfanoni", "", "Kenya", -0.84, 37.12),
    ("Samplebury", "", "New Zealand", -43.71, 171.92),
    ("Namunapur", "", "India", 23.41, 78.66),
    ("Esimerkkilä", "", "Finland", 62.18, 25.94),
)


def sample_records(*, states: bool, countries: bool) -> Records:
    """Return the SAMPLE records, with the names that the subset has in its truth."""
    rows = [
        Record(
            f"sample-{number:02d}",
            lat,
            lon,
            city,
            state if states else "",
            country if countries else "",
            {"scene": "drawn"},
        )
        for number, (city, state, country, lat, lon) in enumerate(_PLACES, 1)
        if states <= (country == "United States" or countries)
    ]
    drawn = {row.image_id: png_of(draw_scene(row.image_id, row.lat, row.city)) for row in rows}
    images = {name: ImagePart(picture, "image/png") for name, picture in drawn.items()}
    return Records.of(rows, images, SAMPLE_ORIGIN)


def draw_scene(name: str, lat: float, sign: str) -> "Picture":
    """Draw a street scene with a sign; name and latitude (degrees) decide forms and colours."""
    from PIL import Image, ImageDraw, ImageFont

    draws = _draws(name)
    warmth = 1.0 - abs(lat) / 90.0
    horizon = int(_HEIGHT * (0.42 + 0.1 * next(draws)))
    image = Image.new("RGB", (_WIDTH, _HEIGHT))
    pen = ImageDraw.Draw(image)
    for y in range(horizon):
        share = y / horizon
        pen.line((0, y, _WIDTH, y), (int(90 + 110 * share), int(150 + 70 * share), 235))
    ground = (int(70 + 110 * warmth * next(draws)), int(120 + 40 * next(draws)), 70)
    pen.rectangle((0, horizon, _WIDTH, _HEIGHT), ground)
    for _ in range(3):
        left, width, height = next(draws) * _WIDTH, 80 + 160 * next(draws), 15 + 45 * next(draws)
        shape = [(left - width, horizon), (left, horizon - height), (left + width, horizon)]
        pen.polygon(shape, (70, int(90 + 40 * next(draws)), 95))
    vanishing = _WIDTH * (0.4 + 0.2 * next(draws))
    road = [(vanishing - 3, horizon), (vanishing + 3, horizon), (300, _HEIGHT), (84, _HEIGHT)]
    pen.polygon(road, (88, 88, 92))
    pen.line((vanishing, horizon, 192, _HEIGHT), (230, 225, 205), 3)
    for side in (20, 290):
        wall = tuple(int(120 + 110 * next(draws)) for _ in range(3))
        top = horizon - int(10 + 40 * next(draws))
        pen.rectangle((side, top, side + 74, horizon + 40), wall)
        pen.polygon([(side - 6, top), (side + 37, top - 26), (side + 80, top)], (130, 70, 55))
        for window in (side + 12, side + 44):
            pen.rectangle((window, top + 12, window + 16, top + 30), (205, 220, 235))
    pen.rectangle((108, _HEIGHT - 62, 276, _HEIGHT - 40), (28, 92, 62), (240, 240, 240))
    pen.text((116, _HEIGHT - 57), sign, (250, 250, 250), ImageFont.load_default(13))
    pen.text((6, 4), "SAMPLE", (255, 255, 255), ImageFont.load_default(14))
    return image


def png_of(image: "Picture") -> bytes:
    """Return a picture as PNG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _draws(name: str) -> Iterator[float]:
    key = hash_strings([name])[0]
    yield from map(float, uniform(key, np.arange(64)))
