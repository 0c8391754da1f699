"""What the template teacher knows about a question of the rendered world, ready to be said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from geobench_tools.errors import InputError
from geobench_tools.pairing import LETTERS
from geobench_tools.places import Place, coast_distance_km, reverse_one
from geobench_tools.reasoning._synth_questions import TraceQuestion

__all__ = ["Known", "Other", "Thing", "compass", "known_of", "opposite"]

_POINTS = (
    *("north", "north-east", "east", "south-east"),
    *("south", "south-west", "west", "north-west"),
)
_TELLING = ("sports ground", "water", "railway", "car park", "crops")
_NEAR_M = 55.0
_TURN_DEG = 30.0
_TROPICS_DEG = 25.0
_LOW_SUN_DEG, _HIGH_SUN_DEG = 8.0, 72.0
_SEASONS = ("winter", "spring", "summer", "autumn")
_SOUTHERN = {"winter": "summer", "spring": "autumn", "summer": "winter", "autumn": "spring"}

Season = Literal["winter", "spring", "summer", "autumn"]


@dataclass(frozen=True)
class Thing:
    """Something that stands out in the ground view.

    Attributes:
        kind: In words, as in ``church`` or ``sports ground``.
        azimuth_deg: Direction from the camera, degrees clockwise from north; the middle of what
            spans a sector.
        distance_m: Nearest distance, metres.
        spans_deg: Width of the sector; 0 for a single building.
    """

    kind: str
    azimuth_deg: float
    distance_m: float
    spans_deg: float = 0.0


@dataclass(frozen=True)
class Other:
    """A wrong candidate and what tells it from the right one.

    Attributes:
        letter: Its label.
        street_deg: Direction of its street; None if that does not tell it from the right one.
        lacks: What the photo shows nearby and this place does not have.
        has: What this place has nearby and the photo does not show.
    """

    letter: str
    street_deg: float | None
    lacks: str
    has: str


@dataclass(frozen=True)
class Known:
    """The truth about one question.

    Attributes:
        letter: The right candidate.
        others: The wrong ones, those that can be told apart first.
        street_deg: Direction of the street at the camera, degrees in [0, 180).
        rank: ``local street`` or ``main street``.
        width_m: Width of the street.
        landmarks: Conspicuous buildings, the largest in the picture first.
        near: Open ground, water and rails within the tile, nearest first.
        houses: Share of the picture that buildings take.
        sky: Share of the sky.
        trees: Number of sectors with trees.
        town: Name of the town.
        country: ISO 3166-1 alpha-2 code.
        lat: Latitude, degrees.
        lon: Longitude, degrees.
        drives: ``left`` or ``right``.
        climate: The world's own word for it.
        hemisphere: ``northern`` or ``southern``.
        season: At the time of capture; empty near the equator, where seasons are no such four.
        sun_deg: Azimuth of the sun; None if it stands too low or too high to tell.
        region: Name of the first-level division; empty where it is the town's own.
        continent: ``AF``, ``AS``, ``EU``, ``NA``, ``OC`` or ``SA``.
        koppen: Climate class of Köppen and Geiger.
        coast_km: Distance to the sea.
        language: ISO 639 code of an official language.
        currency: ISO 4217 code.
        phone: Calling code.
        tld: Top-level domain with its dot.
        utc_offset: Of the local time at the time of capture, as ``UTC+5:30``; empty if unknown.
    """

    letter: str
    others: tuple[Other, ...]
    street_deg: float
    rank: str
    width_m: float
    landmarks: tuple[Thing, ...]
    near: tuple[Thing, ...]
    houses: float
    sky: float
    trees: int
    town: str
    country: str
    lat: float
    lon: float
    drives: str
    climate: str
    hemisphere: str
    season: str
    sun_deg: float | None
    region: str
    continent: str
    koppen: str
    coast_km: float
    language: str
    currency: str
    phone: str
    tld: str
    utc_offset: str


def compass(azimuth_deg: float) -> str:
    """Return the nearest of the eight points of the compass in words."""
    return _POINTS[round(azimuth_deg / 45.0) % 8]


def opposite(azimuth_deg: float) -> float:
    """Return the direction that looks the other way."""
    return (azimuth_deg + 180.0) % 360.0


def known_of(asked: TraceQuestion) -> Known:
    """Return what is true about a question: scene and view by the world, the rest by the gazetteer.

    Raises:
        InputError: The question is not of a rendered world, or of one without geometry.
    """
    scene = asked.scene
    if scene is None or "street" not in scene:
        raise InputError(
            f"the template teacher knows nothing about question {asked.question.id}: it writes "
            "from the facts of a rendered world with streets",
            hint="name a model: --teacher openai:NAME or --teacher vllm:PATH",
        )
    answer = asked.question.answer_index
    near = _near(scene)
    street = scene["street"]["azimuths_deg"][0] % 180.0
    others = [
        _other(LETTERS[place], facts, street, near)
        for place, facts in enumerate(asked.tile_scenes)
        if place != answer
    ]
    camera, sun = scene["camera"], scene["sun"]
    visible = scene["visible"]
    marks = sorted((m for m in visible if "landmark" in m), key=lambda m: -m["pixels"])
    place, coast_km = _place(round(camera["lat"], 2), round(camera["lon"], 2))
    clear = _LOW_SUN_DEG <= sun["altitude_deg"] <= _HIGH_SUN_DEG
    return Known(
        letter=LETTERS[answer],
        others=tuple(sorted(others, key=lambda other: not _told_apart(other))),
        street_deg=street,
        rank=scene["street"]["rank"],
        width_m=scene["street"]["width_m"],
        landmarks=tuple(Thing(m["kind"], m["azimuth_deg"], m["distance_m"]) for m in marks),
        near=near,
        houses=scene["shares"]["buildings"],
        sky=scene["shares"]["sky"],
        trees=sum(one["kind"] == "trees" for one in visible),
        town=scene["town"],
        country=scene["country"],
        lat=camera["lat"],
        lon=camera["lon"],
        drives=scene["driving_side"],
        climate=scene["climate"],
        hemisphere="northern" if camera["lat"] >= 0 else "southern",
        season=_season(asked.facts.captured_at, camera["lat"]),
        sun_deg=sun["azimuth_deg"] if clear else None,
        region="" if scene["town"] in place.admin1 else place.admin1,
        continent=place.continent,
        koppen=place.koppen,
        coast_km=coast_km,
        language=place.languages[0] if place.languages else "",
        currency=place.currency,
        phone=place.phone_prefix,
        tld=place.tld,
        utc_offset=_utc_offset(place.timezone, asked.facts.captured_at),
    )


def _utc_offset(zone: str, when: datetime | None) -> str:
    if not zone or when is None:
        return ""
    offset = when.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    hours, minutes = divmod(abs(round(offset.total_seconds() / 60)), 60)
    sign = "-" if offset < timedelta() else "+"
    return f"UTC{sign}{hours}" + (f":{minutes:02d}" if minutes else "")


@lru_cache(maxsize=4096)
def _place(lat: float, lon: float) -> tuple[Place, float]:
    """Return what is at a position to a hundredth of a degree, and how far the sea is."""
    return reverse_one(lat, lon), float(coast_distance_km([lat], [lon])[0])


def _near(scene: Mapping[str, Any]) -> tuple[Thing, ...]:
    """Return what tells a place from others within its tile, the nearest of each kind."""
    found: dict[str, Thing] = {}
    for one in scene["visible"]:
        kind = one["kind"]
        if kind not in _TELLING or one["distance_m"] > _NEAR_M:
            continue
        width = (one["to_deg"] - one["from_deg"]) % 360.0 or 360.0
        thing = Thing(kind, (one["from_deg"] + width / 2.0) % 360.0, one["distance_m"], width)
        if kind not in found or thing.distance_m < found[kind].distance_m:
            found[kind] = thing
    return tuple(sorted(found.values(), key=lambda thing: thing.distance_m))


def _other(
    letter: str, facts: Mapping[str, Any] | None, street: float, near: tuple[Thing, ...]
) -> Other:
    if facts is None or "street" not in facts:
        return Other(letter, None, "", "")
    direction = facts["street"]["azimuths_deg"][0] % 180.0
    turn = abs(direction - street) % 180.0
    turned = min(turn, 180.0 - turn) >= _TURN_DEG
    there = {one["kind"] for one in facts["visible"]}
    theirs = [thing.kind for thing in _near(facts)]
    ours = {thing.kind for thing in near}
    lacks = next((thing.kind for thing in near if thing.kind not in there), "")
    has = next((kind for kind in theirs if kind not in ours), "")
    return Other(letter, direction if turned else None, lacks, has)


def _told_apart(other: Other) -> bool:
    return other.street_deg is not None or bool(other.lacks or other.has)


def _season(captured_at: datetime | None, lat: float) -> str:
    """Return the meteorological season: December to February is winter in the north."""
    if captured_at is None or abs(lat) < _TROPICS_DEG:
        return ""
    season = _SEASONS[captured_at.month % 12 // 3]
    return season if lat >= 0 else _SOUTHERN[season]
