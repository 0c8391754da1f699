"""The nuisance: independent by default, shared where a leak says so."""

from datetime import UTC, datetime

import numpy as np
import pytest

from geobench_tools.errors import InputError
from geobench_tools.world import LEAKS, TOWNS, draw_ground, draw_tile, sun_at
from geobench_tools.world._exact import Dice
from geobench_tools.world._sampling import check_leaks

FIELD = {
    "tint": lambda n: n.gains,
    "brightness": lambda n: n.exposure,
    "jpeg-quality": lambda n: n.jpeg_quality,
    "vendor": lambda n: n.vendor,
    "file-size": lambda n: n.padding,
    "date": lambda n: n.captured_at.date(),
}


def pairs(leaks, count=60, town=TOWNS[0]):
    made = []
    for k in range(count):
        photo, photo_sun = draw_ground(Dice(1, k, 0), town, town.lat, town.lon, leaks)
        tile, tile_sun = draw_tile(
            Dice(1, k, 1), town, town.lat, town.lon, leaks, Dice(1, k, 2), photo
        )
        made.append((photo, photo_sun, tile, tile_sun))
    return made


def shares(name, photo, tile):
    if name == "date":
        return abs(photo.captured_at - tile.captured_at).total_seconds() < 3 * 86_400
    return FIELD[name](photo) == FIELD[name](tile)


@pytest.mark.parametrize("name", sorted(LEAKS))
def test_a_leak_is_shared_with_its_strength(name):
    full = pairs({name: 1.0}, 20)
    assert all(shares(name, p, t) for p, _, t, _ in full)
    half = np.mean([shares(name, p, t) for p, _, t, _ in pairs({name: 0.5}, 120)])
    chance = np.mean([shares(name, p, t) for p, _, t, _ in pairs({name: 0.0}, 120)])
    assert chance < 0.5
    assert half == pytest.approx(0.5 + 0.5 * chance, abs=0.15)


@pytest.mark.parametrize("name", sorted(LEAKS))
def test_a_leak_changes_nothing_else(name):
    """All other leaks stay at chance, and the photo is what it would have been."""
    bare, leaky = pairs({}, 40), pairs({name: 1.0}, 40)
    for (a, _, _, _), (b, _, _, _) in zip(bare, leaky, strict=True):
        if name != "file-size":
            assert a == b
    for other in sorted(set(LEAKS) - {name, "file-size"}):
        share = np.mean([shares(other, p, t) for p, _, t, _ in leaky])
        assert share < 0.65


def test_photo_and_tile_are_independent_without_leaks():
    made = pairs({}, 400)
    for read in (
        lambda n: n.exposure,
        lambda n: n.gains[0],
        lambda n: n.gains[2],
        lambda n: float(n.jpeg_quality),
        lambda n: n.noise,
        lambda n: n.contrast,
        lambda n: n.captured_at.timestamp(),
    ):
        a = np.array([read(p) for p, _, _, _ in made])
        b = np.array([read(t) for _, _, t, _ in made])
        assert abs(np.corrcoef(a, b)[0, 1]) < 0.15
    assert all(p.padding == t.padding == 0.0 for p, _, t, _ in made)


@pytest.mark.parametrize("town", TOWNS[::4], ids=lambda t: t.name)
def test_pictures_are_taken_by_daylight(town):
    for photo, photo_sun, tile, tile_sun in pairs({}, 30, town):
        assert min(photo_sun.altitude_deg, tile_sun.altitude_deg) >= 14.0
        assert photo_sun == sun_at(town.lat, town.lon, photo.captured_at)
        local = (tile.captured_at.hour + tile.captured_at.minute / 60 + town.lon / 15) % 24
        assert 9.0 < local < 13.0


def test_seasons_follow_the_hemisphere():
    leeds = next(t for t in TOWNS if t.name == "Leeds")
    dunedin = next(t for t in TOWNS if t.name == "Dunedin")
    for town, bare in ((leeds, (12, 1, 2)), (dunedin, (6, 7, 8))):
        for photo, _, _, _ in pairs({}, 120, town):
            month = photo.captured_at.month
            if month in bare:
                assert photo.leaves < 0.5
            if (month + 6 - 1) % 12 + 1 in bare:
                assert photo.leaves == 1.0
    hue = next(t for t in TOWNS if t.name == "Hue")
    assert all(p.leaves == 1.0 and p.snow == 0.0 for p, _, _, _ in pairs({}, 50, hue))


@pytest.mark.parametrize(
    ("lat", "lon", "when", "azimuth", "altitude"),
    [
        # Solar noon at the equator on an equinox: overhead but for the equation of time.
        (0.0, 0.0, datetime(2021, 3, 20, 12, 7, tzinfo=UTC), None, 90.0),
        # Solar noon in Greenwich at the solstices: 90 - latitude ± 23.44 degrees.
        (51.4779, 0.0, datetime(2021, 6, 21, 12, 2, tzinfo=UTC), 180.0, 61.96),
        (51.4779, 0.0, datetime(2021, 12, 21, 11, 58, tzinfo=UTC), 180.0, 15.1),
        # South of the tropics the noon sun stands in the north.
        (-45.874, 170.503, datetime(2021, 12, 21, 0, 36, tzinfo=UTC), 0.0, 67.56),
    ],
)
def test_sun_position(lat, lon, when, azimuth, altitude):
    sun = sun_at(lat, lon, when)
    assert sun.altitude_deg == pytest.approx(altitude, abs=0.3)
    if azimuth is not None:
        assert abs((sun.azimuth_deg - azimuth + 180) % 360 - 180) < 1.5


@pytest.mark.parametrize(
    ("leaks", "words"),
    [
        ({"smell": 0.5}, "unknown leak 'smell'"),
        ({"tint": 1.5}, "outside 0 to 1"),
        ({"position": 0.5}, "decided when sets are built"),
    ],
)
def test_bad_leaks_are_refused(leaks, words):
    with pytest.raises(InputError, match=words):
        check_leaks(leaks)
