"""Sides of countries and divisions, and which divisions touch."""

import pytest

from geobench_tools.places import cities_of, divisions_touch, side_within


@pytest.mark.parametrize(
    ("lat", "lon", "code", "north", "east"),
    [
        (-31.95, 115.86, "AU", None, False),
        (-27.47, 153.02, "AU", None, True),
        (-12.46, 130.84, "AU", True, False),
        (43.30, 5.40, "FR", False, True),
        (34.05, -118.24, "US.CA", False, None),
        (66.17, -169.81, "RU", True, True),
    ],
)
def test_side_within(lat: float, lon: float, code: str, north: bool, east: bool) -> None:
    side = side_within(lat, lon, code)
    assert side is not None
    for (low, high), expected in ((side.north, north), (side.east, east)):
        assert 0 <= low <= high <= 1
        if expected is not None:
            assert low > 0.5 if expected else high < 0.5, side


def test_an_area_without_cities_has_no_sides() -> None:
    assert side_within(0.0, 0.0, "XX") is None
    assert len(cities_of("XX.00")[0]) == 0


def test_divisions_touch() -> None:
    assert divisions_touch("US.IL", "US.IN")
    assert divisions_touch("US.IN", "US.IL")
    assert not divisions_touch("US.IL", "US.OH")
    assert not divisions_touch("US.IL", "XX.00")
