"""Coordinate text in the forms in which people write it; the answer cases hold many more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geobench_tools.geo import find_coordinates, read_coordinates

PARIS, SYDNEY = (48.8566, 2.3522), (-33.8688, 151.2093)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("48.8566, 2.3522", PARIS),
        ("33.8688° S, 151.2093° E", SYDNEY),
        ("-33.8688° S, 151.2093° E", SYDNEY),
        ("E 151.2093, S 33.8688", SYDNEY),
        ("lon: 2.3522, lat: 48.8566", PARIS),
        ('{"lat": 48.8566, "lng": 2.3522}', PARIS),
        ("48,8566; 2,3522", PARIS),
        ("geo:48.8566,2.3522;u=35", PARIS),
        ("https://www.google.com/maps/@48.8566,2.3522,15z", PARIS),
        ("https://www.openstreetmap.org/?mlat=48.8566&mlon=2.3522#map=15/48.8566/2.3522", PARIS),
        ("POINT(2.3522 48.8566)", PARIS),
        ('{"type": "Point", "coordinates": [2.3522, 48.8566]}', PARIS),
        ('{"coordinates": [2.3522, 48.8566], "type": "Point"}', PARIS),
        ("40°26′46″N 79°58′56″W", (40.446111, -79.982222)),
        ("40º26'46''N, 79º58'56''W", (40.446111, -79.982222)),
        ("40 deg 26 min 46 sec N, 79 deg 58 min 56 sec W", (40.446111, -79.982222)),
        ("40°26.767′N 79°58.933′W", (40.446117, -79.982217)),
        ("40:26:46N 79:58:56W", (40.446111, -79.982222)),
        ("北纬39度54分，东经116度23分", (39.9, 116.383333)),
        ("55,7558° с. ш., 37,6173° в. д.", (55.7558, 37.6173)),
        ("0, 0", (0.0, 0.0)),
    ],
)
def test_forms(text, value):
    reading = read_coordinates(text)
    assert reading.status == "ok"
    assert reading.value == pytest.approx(value, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", "no_answer"),
        ("Paris", "no_answer"),
        ("latitude 48.8566", "incomplete"),
        ("lat 45-46, lon 4-5", "ambiguous"),
        ("48.8566, 2.3522 or 45.764, 4.8357", "ambiguous"),
        ("-33.87° N, 151.21° E", "ambiguous"),
        ("40.4168° N, 3.7038° O", "ambiguous"),
        ("91.0, 200.5", "out_of_range"),
        ("lat: 95, lon: 10", "out_of_range"),
        ("40°75′N 79°58′W", "out_of_range"),
    ],
)
def test_no_value(text, status):
    reading = read_coordinates(text)
    assert (reading.value, reading.status, reading.span) == (None, status, None)


def test_a_first_number_that_is_no_latitude_is_swapped_and_said_so():
    reading = read_coordinates("151.2093, -33.8688")
    assert (reading.value, reading.status) == (SYDNEY, "swapped")


def test_a_longitude_over_180_is_wrapped_and_said_so():
    assert read_coordinates("35.0, 200.0").value == (35.0, -160.0)
    assert read_coordinates("35.0, 200.0").status == "wrapped"


def test_the_span_is_what_was_read():
    text = "I estimate 48.8566, 2.3522 (about 1200 km from Rome, built in 1889)."
    span = read_coordinates(text).span
    assert span is not None
    assert text[slice(*span)] == "48.8566, 2.3522"


positions = st.tuples(
    st.floats(-89.9999, 89.9999).map(lambda v: round(v, 4)),
    st.floats(-179.9999, 179.9999).map(lambda v: round(v, 4)),
)


@given(positions)
def test_what_is_written_in_any_form_is_read_back(position):
    lat, lon = position
    north, east = "NS"[lat < 0], "EW"[lon < 0]
    forms = [
        f"{lat:.4f}, {lon:.4f}",
        f"({lat:.4f}, {lon:.4f})",
        f"lat: {lat:.4f}, lon: {lon:.4f}",
        f"Longitude: {lon:.4f}\nLatitude: {lat:.4f}",
        f"{abs(lat):.4f}°{north} {abs(lon):.4f}°{east}",
        f"{north} {abs(lat):.4f}, {east} {abs(lon):.4f}",
        f"geo:{lat:.4f},{lon:.4f}",
        f"POINT({lon:.4f} {lat:.4f})",
        f"{lat:.4f}".replace(".", ",") + "; " + f"{lon:.4f}".replace(".", ","),
        f'{{"latitude": {lat:.4f}, "longitude": {lon:.4f}}}',
    ]
    for form in forms:
        assert read_coordinates(form).value == pytest.approx(position, abs=1e-9), form


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Coordinates:\n45.76, 4.84", [(45.76, 4.84)]),
        ("The camera is at 45.76, 4.84, not at 10.50, 20.50.", [(45.76, 4.84), (10.5, 20.5)]),
        ("From 45.8° N, 4.8° E to 48.9° N, 2.3° E.", [(45.8, 4.8), (48.9, 2.3)]),
        ('{"latitude": "45.7", "longitude": "4.8"}', [(45.7, 4.8)]),
        ("Lyon (45.76, 4.84)", [(45.76, 4.84)]),
        ("It lies at 45.7640, 4.8357", [(45.764, 4.8357)]),
        ("scores 0.85, 0.92 and 0.81", []),
        ("turtle.pos()\n(0.00, 240.00)", []),
        ("the latitude is 45.7 and much later in this text, the longitude of another is 4.8", []),
        ("45.7, 4.8", [(45.7, 4.8)]),
    ],
)
def test_all_positions_of_running_text(text: str, found: list[tuple[float, float]]) -> None:
    readings = find_coordinates(text)
    assert [reading.value for reading in readings] == found
    assert all(reading.span is not None for reading in readings)
