"""What is at a position: countries, enclaves, coasts, poles, dateline, disputed areas."""

import math

import numpy as np
import pytest

from geobench_tools.errors import InputError
from geobench_tools.places import Place, coast_distance_km, reverse, reverse_one

COUNTRIES = {
    "city inside a land": [(48.8584, 2.2945, "FR"), (-33.87, 151.21, "AU"), (40.71, -74.01, "US")],
    "enclave": [
        (41.9022, 12.4533, "VA"),
        (41.8902, 12.4922, "IT"),
        (43.9367, 12.4464, "SM"),
        (-29.3167, 27.4833, "LS"),
        (45.9700, 8.9700, "IT"),  # Campione d'Italia
        (45.9900, 8.9500, "CH"),  # Lugano, beside it
        (47.6970, 8.6900, "DE"),  # Büsingen
        (42.4640, 1.9790, "ES"),  # Llívia
        (51.4400, 4.9300, "BE"),  # Baarle-Hertog
    ],
    "exclave": [(54.71, 20.51, "RU"), (64.84, -147.72, "US"), (-5.55, 12.19, "AO")],
    "coast": [
        (36.1408, -5.3536, "GI"),
        (1.2640, 103.8400, "SG"),
        (43.7310, 7.4200, "MC"),
        (22.2800, 114.1600, "HK"),
        (22.1950, 113.5400, "MO"),
        (25.7617, -80.1000, "US"),  # on the water off Miami
        (50.9600, 1.8500, "FR"),
        (51.1200, 1.3200, "GB"),
    ],
    "territory with a code of its own": [
        (18.4655, -66.1057, "PR"),
        (78.2232, 15.6267, "SJ"),
        (12.1500, -68.2700, "BQ"),
        (49.4550, -2.5400, "GG"),
        (60.0970, 19.9350, "AX"),
        (-15.9650, -5.7089, "SH"),
        (16.2650, -61.5510, "GP"),
    ],
    "part of a country that country-coder has a code for": [
        (28.1235, -15.4363, "ES"),
        (35.8894, -5.3213, "ES"),
        (10.3000, -109.2167, "FR"),
        (45.7640, 4.8357, "FR"),
        (34.5900, 32.9880, "GB"),  # Akrotiri
    ],
    "dateline": [
        (-16.8000, 179.9900, "FJ"),
        (-16.8000, -179.9900, "FJ"),
        (-16.8000, 180.0000, "FJ"),
        (-16.8000, -180.0000, "FJ"),
        (-16.8000, 540.0000, "FJ"),
        (65.0000, 179.5000, "RU"),
        (66.0000, -170.5000, "RU"),
        (65.6000, -168.1000, "US"),
        (52.0000, 179.6000, "US"),  # Semisopochnoi
    ],
    "pole": [(-90.0, 0.0, "AQ"), (-90.0, 179.0, "AQ"), (90.0, 0.0, ""), (-77.85, 166.67, "AQ")],
    "high seas": [(0.0, 0.0, ""), (30.0, -45.0, ""), (-50.0, -120.0, "")],
    "disputed": [
        (44.95, 34.10, "UA"),
        (35.33, 33.32, "CY"),
        (27.15, -13.20, "EH"),
        (27.90, -12.00, "MA"),
        (25.04, 121.56, "TW"),
        (42.66, 21.16, "XK"),
        (31.90, 35.20, "PS"),
        (9.56, 44.06, "SO"),
        (43.00, 41.02, "GE"),
        (46.84, 29.63, "MD"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("lat", "lon", "country"), [case for cases in COUNTRIES.values() for case in cases]
)
def test_country(lat, lon, country):
    assert reverse_one(lat, lon).country == country


@pytest.mark.parametrize(
    ("lat", "lon", "country", "others"),
    [
        (44.95, 34.10, "UA", ("RU",)),
        (35.33, 33.32, "CY", ("TR",)),
        (34.70, 33.00, "CY", ()),
        (27.15, -13.20, "EH", ("MA",)),
        (33.27, 35.77, "IL", ("SY",)),
        (31.78, 35.23, "IL", ("PS",)),
        (32.07, 34.78, "IL", ()),
        (34.08, 74.80, "IN", ("PK",)),
        (35.20, 79.20, "CN", ("IN",)),
        (27.10, 93.60, "IN", ("CN",)),
        (-51.70, -57.85, "FK", ("AR",)),
        (25.04, 121.56, "TW", ("CN",)),
        (44.02, 145.86, "RU", ("JP",)),
        (21.95, 33.75, "EG", ("SD",)),  # Bir Tawil, which nobody claims, and beside it
        (48.85, 2.35, "FR", ()),
    ],
)
def test_who_else_claims_a_place(lat, lon, country, others):
    place = reverse_one(lat, lon)
    assert (place.country, place.disputed) == (country, others)


def test_all_fields_of_one_place():
    assert reverse_one(35.0116, 135.7681)._replace(city_km=0.0, metro_km=0.0) == Place(
        country="JP",
        admin1="Kyoto",
        admin1_code="JP.22",
        city="Kyoto",
        city_country="JP",
        city_km=0.0,
        metro="Kyoto",
        metro_km=0.0,
        koppen="Cfa",
        timezone="Asia/Tokyo",
        driving_side="left",
        currency="JPY",
        languages=("ja",),
        scripts=("Jpan",),
        tld=".jp",
        phone_prefix="81",
        continent="AS",
        disputed=(),
    )


def test_the_high_seas_have_no_land_facts():
    place = reverse_one(30.0, -45.0)
    assert (place.admin1, place.metro, place.koppen, place.currency) == ("", "", "", "")
    assert (place.languages, place.driving_side, place.continent) == ((), "", "")
    assert place.timezone == "Etc/GMT+3"
    assert math.isnan(place.metro_km)
    assert place.city_km > 1000


@pytest.mark.parametrize(
    ("lat", "lon", "division", "metro", "koppen", "zone"),
    [
        (37.77, -122.42, "US.CA", "San Francisco", "Csb", "America/Los_Angeles"),
        (48.14, 11.58, "DE.02", "Munich", "Cfb", "Europe/Berlin"),
        (1.35, 103.82, "", "Singapore", "Af", "Asia/Singapore"),
        (30.04, 31.24, "EG.11", "Cairo", "BWh", "Africa/Cairo"),
        (62.03, 129.73, "RU.63", "Yakutsk", "Dfc", "Asia/Yakutsk"),
        (-33.87, 151.21, "AU.02", "Sydney", "Cfa", "Australia/Sydney"),
        (39.74, -104.99, "US.CO", "Denver", "BSk", "America/Denver"),
        (49.61, 6.13, "LU.LU", "Luxembourg", "Cfb", "Europe/Luxembourg"),
        (41.01, 28.98, "TR.34", "Istanbul", "Csa", "Europe/Istanbul"),
    ],
)
def test_division_metro_climate_and_zone(lat, lon, division, metro, koppen, zone):
    place = reverse_one(lat, lon)
    assert (place.admin1_code, place.metro, place.koppen, place.timezone) == (
        division,
        metro,
        koppen,
        zone,
    )


def test_the_nearest_city_is_the_nearest_on_the_sphere():
    here = reverse_one(-17.0, -179.9)
    assert here.city_km == pytest.approx(85, abs=1)
    assert reverse_one(89.9, 100.0).city == reverse_one(89.9, -80.0).city == "Longyearbyen"


def test_the_metro_is_where_most_people_are_and_the_city_what_is_near():
    eiffel_tower = reverse_one(48.8584, 2.2945)
    assert (eiffel_tower.city, eiffel_tower.metro) == ("Paris 16 Passy", "Paris")


def test_a_continent_is_of_the_place_where_a_country_lies_in_two():
    lats, lons = [43.12, 55.75, 21.31, 38.90], [131.89, 37.62, -157.86, -77.04]
    assert list(reverse(lats, lons).continent) == ["AS", "EU", "OC", "NA"]


def test_many_positions_give_what_each_gives_alone():
    draw = np.random.default_rng(7)
    lat, lon = draw.uniform(-85, 85, 60), draw.uniform(-180, 180, 60)
    together = reverse(lat, lon)
    for k in range(60):
        assert repr(together[k]) == repr(reverse_one(lat[k], lon[k]))


def test_no_position_gives_no_place():
    empty = reverse([], [])
    assert len(empty) == 0
    assert len(coast_distance_km([], [])) == 0


@pytest.mark.parametrize(
    ("lat", "lon", "words"),
    [([0, 91], [0, 0], "position 1"), ([0], [math.nan], "nan"), ([math.inf], [0], "inf")],
)
def test_what_is_no_position(lat, lon, words):
    with pytest.raises(InputError, match=words):
        reverse(lat, lon)
    with pytest.raises(InputError, match=words):
        coast_distance_km(lat, lon)


def test_positions_in_two_dimensions_are_refused():
    with pytest.raises(InputError, match=r"\(2, 2\)"):
        reverse([[0, 1], [2, 3]], [[0, 1], [2, 3]])


@pytest.mark.parametrize(
    ("lat", "lon", "low", "high"),
    [
        (43.2961, 5.3699, 0, 3),  # Marseille
        (21.2793, -157.8294, 0, 2),  # Waikiki
        (48.8566, 2.3522, 140, 160),  # Paris
        (46.2833, 86.6667, 2300, 2750),  # the pole of inaccessibility
        (-48.8767, -123.3933, 2600, 2750),  # Point Nemo
        (40.38, 49.89, 0, 6),  # Baku, on the Caspian Sea
        (41.8781, -87.6298, 900, 1300),  # Chicago: lakes are no sea
        (-17.0, 180.0, 0, 60),
        (90.0, 0.0, 690, 730),
    ],
)
def test_distance_to_the_coast(lat, lon, low, high):
    assert low <= coast_distance_km(lat, lon)[0] <= high


def test_countries_of_airports():
    airports = pytest.importorskip("airportsdata").load("ICAO").values()
    lat, lon, country = zip(*((a["lat"], a["lon"], a["country"]) for a in airports), strict=True)
    right = reverse(lat, lon).country == np.array(country, object)
    assert len(right) > 28_000
    assert right.mean() >= 0.997
