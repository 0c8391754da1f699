"""Where the images of the National Agriculture Imagery Program (NAIP) lie, from their names.

An image is named ``m_LLlllQQ_qq_ZZ_RES_DATE``: ``LL`` and ``lll`` are the south and east edges of
a block of one degree (degrees north and west), ``QQ`` the 7.5-minute quadrangle in it, numbered
row by row from the north-west corner (01 to 64), ``qq`` its quarter of 3.75 minutes, ``ZZ`` the UTM
zone, ``RES`` the resolution (``060`` for 0.6 m) and ``DATE`` the day of the flight.
"""

import re
from dataclasses import dataclass
from datetime import date

import numpy as np

from geobench_tools.errors import InputError
from geobench_tools.geo._distance import haversine_m

__all__ = ["NaipCell", "read_naip_name"]

_NAME = re.compile(
    r"m_(?P<lat>\d{2})(?P<lon>\d{3})(?P<quad>\d{2})_(?P<quarter>n[ew]|s[ew])"
    r"_(?P<zone>\d{1,2})_(?P<resolution>\w+?)_(?P<date>\d{8})(?:_\d{8})?",
    re.IGNORECASE,
)
_FORM = "as in m_4107501_ne_18_060_20221108"
_QUAD_DEG = 0.125
_CELL_DEG = 0.0625


@dataclass(frozen=True, slots=True)
class NaipCell:
    """The quarter quadrangle of one image, 3.75 minutes on each side.

    The image itself is some 300 m larger on each side.

    Attributes:
        south: Edge, degrees.
        north: Edge, degrees.
        west: Edge, degrees.
        east: Edge, degrees.
        utm_zone: Of the image's projection.
        captured: Day of the flight; None where the name has no real date.
    """

    south: float
    north: float
    west: float
    east: float
    utm_zone: int
    captured: date | None = None

    @property
    def centre(self) -> tuple[float, float]:
        """Latitude and longitude of the middle, degrees."""
        return (self.south + self.north) / 2, (self.west + self.east) / 2

    def nearest_point(self, lat: float, lon: float) -> tuple[float, float]:
        """Return the point of the cell nearest to a position; the position itself if inside.

        On a meridian the great-circle distance from (lat, lon) depends only on how far a latitude
        is from ``atan2(sin lat, cos lat cos dlon)``, so the answer is that latitude or an edge.
        """
        middle, half = (self.west + self.east) / 2, (self.east - self.west) / 2
        offset = (lon - middle + 180.0) % 360.0 - 180.0
        if abs(offset) <= half and self.south <= lat <= self.north:
            return lat, lon
        edge = middle + min(max(offset, -half), half)
        phi, dlon = np.radians(lat), np.radians(max(abs(offset) - half, 0.0))
        best = float(np.degrees(np.arctan2(np.sin(phi), np.cos(phi) * np.cos(dlon))))
        rows = [self.south, self.north, min(max(best, self.south), self.north)]
        return rows[int(np.argmin(haversine_m(lat, lon, rows, edge)))], edge


def read_naip_name(name: str) -> NaipCell:
    """Return the cell that a NAIP image name stands for.

    Args:
        name: With or without extension.

    Raises:
        InputError: It is no such name, or its quadrangle or position does not exist.
    """
    match = _NAME.fullmatch(name.strip().rsplit(".", 1)[0])
    if match is None:
        raise InputError(f"{name!r} is no NAIP image name", hint=_FORM)
    quad, lat, lon = int(match["quad"]) - 1, int(match["lat"]), int(match["lon"])
    if not 0 <= quad < 64:
        raise InputError(f"{name!r} names quadrangle {match['quad']}", hint="01 to 64")
    if lat > 89 or lon > 179:
        raise InputError(f"{name!r} lies outside the Earth", hint=_FORM)
    quarter = match["quarter"].lower()
    north = lat + 1 - (quad // 8) * _QUAD_DEG - (_CELL_DEG if quarter[0] == "s" else 0.0)
    west = -(lon + 1) + (quad % 8) * _QUAD_DEG + (_CELL_DEG if quarter[1] == "e" else 0.0)
    return NaipCell(
        north - _CELL_DEG, north, west, west + _CELL_DEG, int(match["zone"]), _day(match["date"])
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
