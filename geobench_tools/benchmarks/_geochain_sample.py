"""The SAMPLE set of GeoChain: eight drawn scenes with what the questions ask for drawn in.

The positions are of real cities and the answers about cities are this project's own; scenes are
drawn, so scores on them measure nothing.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from geobench_tools.benchmarks._geochain_data import Geochain, GeochainRecord
from geobench_tools.benchmarks._geochain_truth import CITY_COLUMNS, Picture, answers_of
from geobench_tools.benchmarks._sample_scenes import SAMPLE_ORIGIN, draw_scene, png_of
from geobench_tools.models import ImagePart

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["sample_geochain"]

_SCENES = (
    ("Tokyo", 35.69, 139.70, ("car", "traffic light")),
    ("Paris", 48.86, 2.34, ("bicycle", "flag")),
    ("Nairobi", -1.28, 36.82, ("bus",)),
    ("Sao Paulo", -23.56, -46.64, ("car", "bus", "traffic light")),
    ("Melbourne", -37.81, 144.97, ("boat",)),
    ("Phoenix", 33.45, -112.07, ("car", "flag")),
    ("Helsinki", 60.17, 24.95, ("boat", "car")),
    ("Bangkok", 13.75, 100.50, ()),
)
_ABOUT = {
    "Tokyo": ("Yes", "Yes", "No", "No", "Temperate", "Yes", "No", "Japanese"),
    "Paris": ("No", "No", "No", "No", "Temperate", "Yes", "No", "French"),
    "Nairobi": ("No", "No", "No", "Yes", "Temperate", "Yes", "No", "Swahili, English"),
    "Sao Paulo": ("No", "No", "No", "Yes", "Temperate", "Yes", "No", "Portuguese"),
    "Melbourne": ("Yes", "No", "No", "No", "Temperate", "Yes", "No", "English"),
    "Phoenix": ("No", "No", "Yes", "No", "Dry", "Yes", "No", "English, Spanish"),
    "Helsinki": ("Yes", "No", "No", "No", "Continental", "Yes", "No", "Finnish, Swedish"),
    "Bangkok": ("Yes", "No", "No", "No", "Tropical", "Yes", "No", "Thai"),
}


@cache
def sample_geochain() -> Geochain:
    """Return the SAMPLE pictures with the 21 answers of each."""
    names = [f"sample-{number}" for number in range(1, len(_SCENES) + 1)]
    pictures = [
        Picture(name, lat, lon, dict.fromkeys(seen, 0.01))
        for name, (_, lat, lon, seen) in zip(names, _SCENES, strict=True)
    ]
    about = {
        city.lower(): dict(zip(CITY_COLUMNS, row, strict=True)) for city, row in _ABOUT.items()
    }
    records = [
        GeochainRecord(
            picture,
            ImagePart(_scene(picture.key, picture.lat, city, seen), "image/png"),
            answers,
            {"scene": "drawn"},
        )
        for picture, (city, _, _, seen), answers in zip(
            pictures, _SCENES, answers_of(pictures, about), strict=True
        )
    ]
    return Geochain.of(records, SAMPLE_ORIGIN)


def _scene(name: str, lat: float, city: str, seen: tuple[str, ...]) -> bytes:
    from PIL import ImageDraw

    image: Image = draw_scene(name, lat, city)
    pen = ImageDraw.Draw(image)
    for thing in seen:
        _DRAW[thing](pen)
    return png_of(image)


def _car(pen: Any) -> None:
    pen.rectangle((190, 168, 236, 184), (180, 40, 40))
    pen.rectangle((200, 156, 226, 169), (150, 200, 225))
    for x in (198, 226):
        pen.ellipse((x - 6, 179, x + 6, 191), (20, 20, 20))


def _bus(pen: Any) -> None:
    pen.rectangle((120, 134, 178, 172), (235, 180, 30))
    for x in (124, 142, 160):
        pen.rectangle((x, 139, x + 13, 151), (200, 230, 240))
    for x in (134, 166):
        pen.ellipse((x - 6, 166, x + 6, 178), (20, 20, 20))


def _bicycle(pen: Any) -> None:
    for x in (250, 276):
        pen.ellipse((x - 9, 170, x + 9, 188), outline=(20, 20, 20), width=2)
    pen.line((250, 179, 262, 166, 276, 179, 258, 179, 262, 166), (40, 90, 180), 2)


def _traffic_light(pen: Any) -> None:
    pen.line((312, 90, 312, 190), (60, 60, 60), 4)
    pen.rectangle((304, 66, 320, 104), (30, 30, 30))
    for y, colour in ((74, (230, 40, 40)), (85, (230, 190, 40)), (96, (60, 200, 80))):
        pen.ellipse((308, y - 4, 316, y + 4), colour)


def _flag(pen: Any) -> None:
    pen.line((70, 40, 70, 150), (90, 90, 90), 3)
    for i, colour in enumerate(((240, 240, 240), (220, 60, 60), (40, 70, 170))):
        pen.rectangle((72, 42 + 9 * i, 112, 51 + 9 * i), colour)


def _boat(pen: Any) -> None:
    pen.rectangle((0, 200, 100, 236), (70, 130, 190))
    pen.polygon([(14, 204), (86, 204), (74, 218), (26, 218)], (120, 70, 40))
    pen.polygon([(50, 166), (50, 202), (78, 202)], (250, 250, 250))


_DRAW = {
    "car": _car,
    "bus": _bus,
    "bicycle": _bicycle,
    "traffic light": _traffic_light,
    "flag": _flag,
    "boat": _boat,
}
