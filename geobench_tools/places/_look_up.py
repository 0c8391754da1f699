"""One question in words: a position or a name."""

import re

from geobench_tools.errors import InputError
from geobench_tools.geo import read_coordinates
from geobench_tools.places._coast import coast_distance_km
from geobench_tools.places._resolve import resolve
from geobench_tools.places._reverse import reverse_one
from geobench_tools.places._types import Answer, Kind

__all__ = ["look_up"]

_PAIR = re.compile(r"([+-]?\d{1,4}(?:\.\d+)?)(?:\s*,\s*|\s+)([+-]?\d{1,4}(?:\.\d+)?)")


def look_up(text: str, *, kind: Kind | None = None, country: str | None = None) -> Answer:
    """Answer what is at a position, or what a name stands for.

    Args:
        text: Two numbers, coordinates in any form that `geobench_tools.geo.read_coordinates` reads,
            or a name.
        kind: Only candidates of this kind, for a name.
        country: Only candidates of this ISO alpha-2 code, for a name.

    Raises:
        InputError: The text is no known name, or a position that is not on Earth.
    """
    position = _position(text)
    if position is not None:
        lat, lon = position
        coast_km = float(coast_distance_km(lat, lon)[0])
        return Answer(position, reverse_one(lat, lon), coast_km, ())
    found = resolve(text, kind=kind, country=country)
    if not found:
        raise InputError(
            f"{text!r} is neither a position nor the name of a known place",
            hint="give latitude and longitude in degrees, or a country, division or city of 500 "
            "inhabitants or more",
        )
    return Answer(None, None, None, found)


def _position(text: str) -> tuple[float, float] | None:
    numbers = _PAIR.fullmatch(text.strip())
    if numbers:
        return float(numbers[1]), float(numbers[2])
    reading = read_coordinates(text)
    return None if reading.status == "swapped" else reading.value
