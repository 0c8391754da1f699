"""Draws the nuisance of views, independently by default, and injects known shortcuts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from geobench_tools.errors import InputError
from geobench_tools.world._exact import Dice, sincos
from geobench_tools.world._light import Sun, sun_at
from geobench_tools.world._nuisance import Nuisance
from geobench_tools.world._styles import CLIMATES
from geobench_tools.world._towns import Town

__all__ = ["LEAKS", "PROVIDERS", "check_leaks", "draw_ground", "draw_tile"]

LEAKS: Mapping[str, str] = {
    "tint": "the tile has the white balance of its photo",
    "brightness": "the tile has the exposure of its photo",
    "jpeg-quality": "the tile is encoded with the quality of its photo",
    "vendor": "the tile carries the mark and provider number of its photo",
    "file-size": "photo and tile are padded by the same share",
    "date": "the tile is captured within two days of its photo",
}
"""Joint leaks: what the true pair shares. Each holds for a place with probability ``strength``."""

PROVIDERS = {
    "ground": ("", "streetlens", "kerbview", "citypan"),
    "satellite": ("", "orbita", "skymap", "terrascan"),
}
"""Names of the invented providers; the index is ``Nuisance.vendor``."""

_FIRST = datetime(2016, 1, 1, tzinfo=UTC)
_DAYS = 3287
_LOWEST_SUN = 14.0


def check_leaks(leaks: Mapping[str, float]) -> None:
    """Check names and strengths of leaks.

    Raises:
        InputError: A name is unknown or a strength lies outside 0 to 1.
    """
    for name, strength in leaks.items():
        if name == "position":
            raise InputError(
                "position is no leak of images: where the right answer stands is decided when sets"
                " are built",
                hint="build the set, then call geobench_tools.world.inject_position_leak",
            )
        if name not in LEAKS:
            raise InputError(f"unknown leak {name!r}", hint=f"one of: {', '.join(sorted(LEAKS))}")
        if not 0.0 <= strength <= 1.0:
            raise InputError(f"strength {strength} of leak {name!r} lies outside 0 to 1")


def draw_ground(
    dice: Dice, town: Town, lat: float, lon: float, leaks: Mapping[str, float]
) -> tuple[Nuisance, Sun]:
    """Draw the nuisance and sun of a ground view.

    Args:
        dice: Source of randomness of this view alone.
        town: Town of the view.
        lat: Latitude, degrees.
        lon: Longitude, degrees.
        leaks: Leaks in force; only ``file-size`` concerns a ground view.
    """
    when, sun = _moment(dice, lat, lon, dice.between("day", 0, _DAYS), (8.0, 17.0))
    nuisance = Nuisance(
        seed=int(dice.one("seed") * 2**30),
        captured_at=when,
        **_season(dice, town, lat, when),
        clouds=dice.one("cloud") * 0.32
        if dice.one("dull") < 0.75
        else dice.between("grey", 0.4, 1.0),
        visibility_m=1400.0 * (1.0 + 7.0 * dice.one("haze") * dice.one("haze 2")),
        exposure=dice.between("exposure", 0.7, 1.4),
        gains=_gains(dice),
        contrast=dice.between("contrast", 0.92, 1.12),
        saturation=dice.between("saturation", 0.65, 1.35),
        noise=0.4 + 3.2 * dice.one("noise") * dice.one("noise 2"),
        blur=dice.between("blur", 0.05, 0.5),
        jpeg_quality=int(dice.between("quality", 76, 96)),
        vendor=1 + int(dice.one("vendor") * 3.0),
        traffic=dice.between("traffic", 0.08, 0.36),
        roll_deg=dice.between("roll", -1.1, 1.1),
        pitch_deg=dice.between("pitch", -1.1, 1.1),
        padding=dice.one("padding") if "file-size" in leaks else 0.0,
    )
    return nuisance, sun


def draw_tile(
    dice: Dice,
    town: Town,
    lat: float,
    lon: float,
    leaks: Mapping[str, float],
    pair: Dice,
    photo: Nuisance,
) -> tuple[Nuisance, Sun]:
    """Draw the nuisance and sun of a tile.

    Args:
        dice: Source of randomness of this tile alone.
        town: Town of the tile.
        lat: Latitude, degrees.
        lon: Longitude, degrees.
        leaks: Strengths of the leaks in force.
        pair: Decides for each leak whether this place has it.
        photo: Nuisance of the ground view whose place the tile shows.
    """
    shared = {name for name, strength in leaks.items() if pair.one(name) < strength}
    day = dice.between("day", 0, _DAYS)
    if "date" in shared:
        day = (photo.captured_at - _FIRST) / timedelta(days=1) + dice.between("lag", -2.0, 2.0)
    when, sun = _moment(dice, lat, lon, day, (9.8, 11.6))
    nuisance = Nuisance(
        seed=int(dice.one("seed") * 2**30),
        captured_at=when,
        **_season(dice, town, lat, when),
        clouds=dice.one("cloud") * 0.3,
        visibility_m=1500.0 * (1.0 + 6.0 * dice.one("haze")),
        exposure=dice.between("exposure", 0.7, 1.4),
        gains=_gains(dice),
        contrast=dice.between("contrast", 0.92, 1.15),
        saturation=dice.between("saturation", 0.6, 1.3),
        noise=0.4 + 2.4 * dice.one("noise") * dice.one("noise 2"),
        blur=dice.between("blur", 0.1, 0.6),
        jpeg_quality=int(dice.between("quality", 74, 95)),
        vendor=1 + int(dice.one("vendor") * 3.0),
        traffic=dice.between("traffic", 0.08, 0.36),
        padding=dice.one("padding") if "file-size" in leaks else 0.0,
    )
    columns = {
        "tint": ("gains",),
        "brightness": ("exposure",),
        "jpeg-quality": ("jpeg_quality",),
        "vendor": ("vendor",),
        "file-size": ("padding",),
    }
    for name in sorted(shared & columns.keys()):
        nuisance = replace(nuisance, **{c: getattr(photo, c) for c in columns[name]})
    return nuisance, sun


def _gains(dice: Dice) -> tuple[float, float, float]:
    return dice.between("red", 0.82, 1.18), 1.0, dice.between("blue", 0.8, 1.2)


def _moment(
    dice: Dice, lat: float, lon: float, day: float, hours: tuple[float, float]
) -> tuple[datetime, Sun]:
    """Return a time of that day at which the sun stands high enough, and the sun.

    Low sun moves the hour towards noon and, where noon is too dark, the day by two months.
    """
    hour = dice.between("hour", *hours)
    whole = int(day // 1)
    for _ in range(6):
        for share in (1.0, 0.5, 0.2, 0.0):
            local = 12.0 + (hour - 12.0) * share
            seconds = round((local - lon / 15.0) * 3600.0)
            when = _FIRST + timedelta(days=whole, seconds=seconds)
            sun = sun_at(lat, lon, when)
            if sun.altitude_deg >= _LOWEST_SUN:
                return when, sun
        whole += 61
    return when, sun


def _season(dice: Dice, town: Town, lat: float, when: datetime) -> dict[str, float]:
    climate = CLIMATES[town.climate]
    day = (when - datetime(when.year, 1, 1, tzinfo=UTC)).days
    if lat < 0.0:
        day = (day + 183) % 366
    _, cosine = sincos((day - 200) * (360.0 / 365.25))
    warmth = float(cosine) * min(abs(lat) / 30.0, 1.0)
    leaves = min(max((warmth + 0.5) / 0.5, 0.0), 1.0) if climate.deciduous else 1.0
    turning = max(0.0, 1.0 - abs(day - 296) / 34.0) if climate.deciduous else 0.0
    dry = {
        "arid": 0.35 + 0.3 * dice.one("dry"),
        "mediterranean": 0.75 * min(max(warmth + 0.2, 0.0), 1.0),
        "tropical": 0.35 * dice.one("dry"),
        "highland": 0.4 * dice.one("dry"),
    }.get(town.climate, 0.25 * dice.one("dry") * max(warmth, 0.0))
    snow = 0.0
    if warmth < -0.6 and dice.one("snow") < climate.snow:
        snow = dice.between("depth", 0.5, 1.0)
    return {"leaves": leaves, "autumn": turning, "dry": dry, "snow": snow}
