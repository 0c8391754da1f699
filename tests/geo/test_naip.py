import json
from datetime import date

import numpy as np
import pytest

from geobench_tools.errors import InputError
from geobench_tools.geo import NaipCell, geodesic_m, read_naip_name

CELL = read_naip_name("m_4107501_ne_18_060_20221108")


def test_decoded_cells(shared_data):
    cells = json.loads((shared_data / "rsteller/naip_cell_vectors.json").read_text())["cells"]
    for expected in cells:
        cell = read_naip_name(expected["image_name"])
        for name in ("south", "north", "west", "east", "utm_zone"):
            assert getattr(cell, name) == expected[name]
        assert cell.centre == (expected["centre_lat"], expected["centre_lon"])


@pytest.mark.parametrize(
    ("name", "north", "west"),
    [
        ("m_4107501_nw_18_060_20221108", 42.0, -76.0),
        ("m_4107501_se_18_060_20221108", 41.9375, -75.9375),
        ("m_4107508_ne_18_060_20221108", 42.0, -75.0625),
        ("m_4107509_nw_18_060_20221108", 41.875, -76.0),
        ("m_4107564_se_18_060_20221108.tif", 41.0625, -75.0625),
        ("M_3610845_NE_12_060_20180504", 36.375, -108.4375),
        ("m_3310564_nw_13_1_20180512_20181201", 33.125, -105.125),
    ],
)
def test_quads_count_by_row_from_the_north_west(name, north, west):
    cell = read_naip_name(name)
    assert (cell.north, cell.west) == (north, west)
    assert (cell.north - cell.south, cell.east - cell.west) == (0.0625, 0.0625)


def test_day_of_the_flight():
    assert CELL.captured == date(2022, 11, 8)
    assert read_naip_name("m_4107501_ne_18_060_20221399").captured is None


@pytest.mark.parametrize(
    "name",
    ["", "607", "m_4107500_ne_18_060_20221108", "m_4107565_ne_18_060_20221108",
     "m_4107501_xx_18_060_20221108", "m_9907501_ne_18_060_20221108", "m_4107501_ne_18_060"],
)  # fmt: skip
def test_other_names_are_refused(name):
    with pytest.raises(InputError):
        read_naip_name(name)


def brute(cell: NaipCell, lat: float, lon: float) -> float:
    edge = np.linspace(0, 1, 401)
    rows = cell.south + edge * (cell.north - cell.south)
    columns = cell.west + edge * (cell.east - cell.west)
    lats = np.concatenate([rows, rows, np.full(401, cell.south), np.full(401, cell.north)])
    lons = np.concatenate([np.full(401, cell.west), np.full(401, cell.east), columns, columns])
    return float(geodesic_m(lat, lon, lats, lons).min())


@pytest.mark.parametrize(
    ("lat", "lon"),
    [(41.9, -75.97), (41.95, -80.0), (60.0, 10.0), (-20.0, 120.0), (-41.9, 104.1), (89.0, 100.0),
     (10.0, -75.9), (41.96, 104.1), (41.0, 179.9), (0.0, 0.0)],
)  # fmt: skip
def test_nearest_point_against_search_along_the_edges(lat, lon):
    found = float(geodesic_m(lat, lon, *CELL.nearest_point(lat, lon))[0])
    assert found == pytest.approx(brute(CELL, lat, lon), rel=3e-4, abs=10)
    assert found <= brute(CELL, lat, lon) * (1 + 1e-3) + 10


def test_inside_is_the_position_itself():
    assert CELL.nearest_point(41.95, -75.9) == (41.95, -75.9)
