"""GeoChain's right answers, made as its own generator makes them (``code/generate_answers.py``).

What is seen comes from the classes of a segmentation; what is where from the position; the rest is
the same for all pictures of a city. Quirks that are kept: "near the Equator" is a latitude within
10 degrees and nothing else; state and country are those of the nearest populated place in degrees,
so a picture from Gatineau belongs to Ottawa and to Quebec; Copenhagen is no island.
"""

import gzip
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.errors import InputError
from geobench_tools.plaintext import words

__all__ = ["CITIES", "CITY_COLUMNS", "MARGIN_DEGREES", "Picture", "answers_of"]

Floats = npt.NDArray[np.float64]

MARGIN_DEGREES = 1.25
"""Half the side of the squares around cities for which places are packed."""

CITIES: Mapping[str, tuple[str, tuple[float, float]]] = {
    "Amman": ("JO", (31.9454, 35.9284)),
    "Amsterdam": ("NL", (52.3676, 4.9041)),
    "Bangkok": ("TH", (13.7563, 100.5018)),
    "Berlin": ("DE", (52.5200, 13.4050)),
    "Budapest": ("HU", (47.4979, 19.0402)),
    "Copenhagen": ("DK", (55.6761, 12.5683)),
    "Goa": ("IN", (15.2993, 74.1240)),
    "Helsinki": ("FI", (60.1699, 24.9384)),
    "London": ("GB", (51.5072, -0.1276)),
    "Manila": ("PH", (14.5995, 120.9842)),
    "Melbourne": ("AU", (-37.8136, 144.9631)),
    "Moscow": ("RU", (55.7558, 37.6173)),
    "Nairobi": ("KE", (-1.2921, 36.8219)),
    "Ottawa": ("CA", (45.4215, -75.6972)),
    "Toronto": ("CA", (43.65107, -79.347015)),
    "Paris": ("FR", (48.8566, 2.3522)),
    "Sao Paulo": ("BR", (-23.5505, -46.6333)),
    "Tokyo": ("JP", (35.6762, 139.6503)),
    "Trondheim": ("NO", (63.4305, 10.3951)),
    "Zurich": ("CH", (47.3769, 8.5417)),
    "Austin": ("US", (30.2672, -97.7431)),
    "Boston": ("US", (42.3601, -71.0589)),
    "Phoenix": ("US", (33.4484, -112.0740)),
    "San Francisco": ("US", (37.7749, -122.4194)),
}
"""Country and centre, degrees, of the cities that a picture can belong to."""

CITY_COLUMNS = (
    *("Near Coast", "Island", "Desert Region", "Mountainous", "Climate Type", "Big City"),
    *("Small Town", "Languages"),
)
"""Columns of ``per_city_answers.csv`` that answer a question."""

_COUNTRIES = {
    **{"AT": "Austria", "BE": "Belgium", "CH": "Switzerland", "CZ": "Czechia", "DE": "Germany"},
    **{"DK": "Denmark", "EE": "Estonia", "FI": "Finland", "FR": "France", "GB": "United Kingdom"},
    **{"HU": "Hungary", "IT": "Italy", "LI": "Liechtenstein", "NL": "Netherlands", "NO": "Norway"},
    **{"PL": "Poland", "RO": "Romania", "RS": "Serbia", "RU": "Russian Federation"},
    **{"SE": "Sweden", "SK": "Slovakia", "IL": "Israel", "IN": "India", "JO": "Jordan"},
    **{"JP": "Japan", "PH": "Philippines", "PS": "Palestine, State of", "TH": "Thailand"},
    **{"SY": "Syrian Arab Republic", "CA": "Canada", "US": "United States", "BR": "Brazil"},
    **{"AU": "Australia", "KE": "Kenya"},
}
"""Short names of ISO 3166-1, as pycountry 24.6.1 has them."""

_CONTINENTS = {
    **dict.fromkeys(("IL", "IN", "JO", "JP", "PH", "PS", "SY", "TH"), "Asia"),
    **dict.fromkeys(("CA", "US"), "North America"),
    **{"BR": "South America", "AU": "Oceania", "KE": "Africa"},
}
_LEFT = words("GB IN AU JP TH ID MT CY IE KE SG NZ PK ZA")
_VEHICLES = frozenset(("bus", "truck", "car", "van", "minibike, motorbike", "bicycle"))
_RADIUS_KM = 6371.0088
_UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Picture:
    """What the generator looks at.

    Attributes:
        key: Of the picture, for errors.
        lat: Latitude, degrees.
        lon: Longitude, degrees.
        classes: What a segmentation found, as share of the pixels by ADE20K class.
    """

    key: str
    lat: float
    lon: float
    classes: Mapping[str, float]


def answers_of(
    pictures: Sequence[Picture], per_city: Mapping[str, Mapping[str, str]]
) -> list[tuple[str, ...]]:
    """Return the 21 right answers of each picture, as the generator writes them.

    Args:
        pictures: Within the cities' squares.
        per_city: Rows of ``per_city_answers.csv`` by city in lower case.

    Raises:
        InputError: A picture lies where no places are packed.
    """
    return [
        (*_seen(picture.classes), *_located(picture, country, state, per_city))
        for picture, (country, state) in zip(pictures, _divisions(pictures), strict=True)
    ]


def _seen(classes: Mapping[str, float]) -> tuple[str, ...]:
    return (
        _yes("boat" in classes or "ship" in classes),
        _yes(not _VEHICLES.isdisjoint(classes)),
        _yes("traffic light" in classes),
        _yes("flag" in classes),
    )


def _located(
    picture: Picture, country: str, state: str, per_city: Mapping[str, Mapping[str, str]]
) -> tuple[str, ...]:
    city = _city(country, picture.lat, picture.lon)
    own = per_city.get(city.lower(), {})
    said = {column: own.get(column, _UNKNOWN) for column in CITY_COLUMNS}
    return (
        _yes(abs(picture.lat) < 10),
        _yes(abs(picture.lat) > 66.5),
        _yes(picture.lat > 0),
        _CONTINENTS.get(country, "Europe"),
        "Left" if country in _LEFT else "Right",
        _COUNTRIES[country],
        *(said[column] for column in CITY_COLUMNS),
        state,
        city,
        f"{picture.lat:.4f}, {picture.lon:.4f}",
    )


def _yes(value: bool) -> str:
    return "Yes" if value else "No"


def _city(country: str, lat: float, lon: float) -> str:
    """Return the nearest of the country's cities on a sphere; most countries have one."""
    own = [name for name, (code, _) in CITIES.items() if code == country]
    if not own:
        return _UNKNOWN
    return min(own, key=lambda name: _haversine_km(lat, lon, *CITIES[name][1]))


def _haversine_km(lat: float, lon: float, lat2: float, lon2: float) -> float:
    lat, lon, lat2, lon2 = map(math.radians, (lat, lon, lat2, lon2))
    half = math.sin((lat2 - lat) / 2) ** 2
    half += math.cos(lat) * math.cos(lat2) * math.sin((lon2 - lon) / 2) ** 2
    return 2 * _RADIUS_KM * math.asin(math.sqrt(half))


def _divisions(pictures: Sequence[Picture]) -> list[tuple[str, str]]:
    """Return country code and first-level division of the populated place nearest in degrees."""
    if not pictures:
        return []
    tree, names = _places()
    positions = np.array([(picture.lat, picture.lon) for picture in pictures], float)
    away, nearest = tree.query(positions, k=1)
    outside = np.flatnonzero(away > _to_the_edge(positions))
    if len(outside):
        picture = pictures[int(outside[0])]
        raise InputError(
            f"picture {picture.key} lies at {picture.lat}, {picture.lon}, in none of the "
            f"{len(CITIES)} cities of GeoChain ({len(outside):,} pictures do)",
            hint="leave out the rows of other cities",
        )
    return [names[int(i)] for i in nearest]


def _to_the_edge(positions: Floats) -> Floats:
    """Return how far, in degrees, each position is inside a city's square; negative outside."""
    centres = np.array([at for _, at in CITIES.values()])
    inside = MARGIN_DEGREES - np.abs(positions[:, None] - centres[None]).max(axis=2)
    return np.asarray(inside.max(axis=1))


@cache
def _places() -> tuple[Any, list[tuple[str, str]]]:
    from scipy.spatial import cKDTree

    packed = files("geobench_tools.benchmarks") / "_geochain_places.tsv.gz"
    rows = [line.split("\t") for line in gzip.decompress(packed.read_bytes()).decode().splitlines()]
    tree = cKDTree(np.array([(float(row[0]), float(row[1])) for row in rows]))
    return tree, [(row[2], row[3]) for row in rows]
