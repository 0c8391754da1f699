import h3
import numpy as np
import pytest
from pyproj import Geod

from geobench_tools import geo


@pytest.fixture
def points():
    rng = np.random.default_rng(0)
    return np.degrees(np.arcsin(rng.uniform(-1, 1, 2000))), rng.uniform(-180, 180, 2000)


def test_distances_agree_with_pyproj(points):
    lat, lon = points
    sphere = Geod(a=geo.EARTH_RADIUS_M, b=geo.EARTH_RADIUS_M)
    az, _, metres = sphere.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    got = geo.haversine_m(lat[:-1], lon[:-1], lat[1:], lon[1:])
    np.testing.assert_allclose(got, metres, rtol=1e-9)
    turn = (geo.bearing_deg(lat[:-1], lon[:-1], lat[1:], lon[1:]) - az + 180) % 360 - 180
    np.testing.assert_allclose(turn, 0, atol=1e-6)
    chord = np.linalg.norm(np.diff(geo.unit_vectors(lat, lon), axis=0), axis=1)
    np.testing.assert_allclose(geo.chord_to_metres(chord), metres, rtol=1e-9)
    np.testing.assert_allclose(geo.metres_to_chord(metres), chord, rtol=1e-9)


def test_geodesic_is_wgs84():
    flinders, buninyon = (-37.95103341666667, 144.42486788888888), (-37.65282113888889, 143.926)
    metres = geo.geodesic_m(*flinders, *buninyon)
    assert metres == pytest.approx(Geod(ellps="WGS84").inv(*flinders[::-1], *buninyon[::-1])[2])
    assert abs(metres - geo.haversine_m(*flinders, *buninyon)) > 10


def test_destination_inverts_bearing_and_distance(points):
    lat, lon = points
    there = geo.destination(lat, lon, 33.0, 5_000.0)
    np.testing.assert_allclose(geo.haversine_m(lat, lon, *there), 5_000.0, rtol=1e-7)
    assert (there[1] >= -180).all()
    assert (there[1] < 180).all()


def test_half_open_ranges_hold_where_rounding_would_leave_them():
    just_west = [np.nextafter(-180.0, -np.inf), 180.0, -180.0]
    assert geo.wrap_longitude(just_west).tolist() == [-180.0] * 3
    assert geo.bearing_deg(0.0, 0.0, 10.0, -1e-20) == 0.0


def test_distance_across_the_antimeridian():
    assert geo.haversine_m(0, 179.9995, 0, -179.9995) == pytest.approx(111.2, abs=0.1)


def test_cells_and_parents_agree_with_h3(points):
    lat, lon = points
    cells = geo.encode_cells(lat, lon, 9)
    assert [h3.int_to_str(int(c)) for c in cells] == [
        h3.latlng_to_cell(a, b, 9) for a, b in zip(lat, lon, strict=True)
    ]
    for resolution in (8, 5, 0):
        want = [h3.str_to_int(h3.cell_to_parent(h3.int_to_str(int(c)), resolution)) for c in cells]
        np.testing.assert_array_equal(geo.parent_cells(cells, resolution), np.array(want, "u8"))


@pytest.mark.parametrize("resolution", [0, 5, 15])
def test_ranks_order_cells_as_they_are(points, resolution):
    cells = geo.encode_cells(*points, resolution)
    ranks = geo.cell_ranks(cells, resolution)
    assert 0 <= ranks.min() <= ranks.max() < 1 << (7 + 3 * resolution)
    np.testing.assert_array_equal(
        np.argsort(ranks, kind="stable"), np.argsort(cells, kind="stable")
    )


@pytest.mark.parametrize("zoom", [0, 1, 12, 18])
def test_tiles_contain_their_points(points, zoom):
    lat, lon = points
    inside = np.abs(lat) < geo.MAX_LATITUDE
    lat, lon = lat[inside], lon[inside]
    b = geo.tile_bounds(*geo.tile_of(lat, lon, zoom), zoom)
    assert (b.west <= lon).all()
    assert (lon < b.east).all()
    assert (b.south <= lat + 1e-9).all()
    assert (lat <= b.north + 1e-9).all()


@pytest.mark.parametrize("zoom", [5, 12, 18, 24])
def test_the_northern_edge_belongs_to_the_tile_and_the_southern_to_the_next(zoom):
    rows = np.unique(np.linspace(1, (1 << zoom) - 2, 2000).astype(np.int64))
    bounds = geo.tile_bounds(0, rows, zoom)
    np.testing.assert_array_equal(geo.tile_of(bounds.north, 0.0, zoom)[1], rows)
    np.testing.assert_array_equal(geo.tile_of(bounds.south, 0.0, zoom)[1], rows + 1)
    np.testing.assert_array_equal(geo.tile_of(np.nextafter(bounds.south, 90), 0.0, zoom)[1], rows)


def test_known_tile_and_resolution():
    x, y = geo.tile_of(52.5163, 13.3777, 18)
    assert (int(x), int(y)) == (140813, 85975)
    assert geo.ground_sample_distance_m(0, 0) == pytest.approx(156_543.03392804097)
    assert geo.ground_sample_distance_m(60, 18) == pytest.approx(0.29858, abs=1e-5)


@pytest.mark.parametrize("resolution", [0, 3, 7, 8, 9, 15])
@pytest.mark.parametrize("rings", [1, 2, 3])
def test_disks_cover_their_radius_even_beside_pentagons(points, resolution, rings):
    radius = 0.999 * geo.disk_cover_m(resolution, rings)
    pentagon = h3.get_pentagons(resolution)[5]
    near = [h3.cell_to_latlng(c) for c in h3.grid_disk(pentagon, 6)]
    lat, lon = np.concatenate([np.transpose(near), np.stack(points)[:, :30]], axis=1)
    for a, b in zip(lat, lon, strict=True):
        cell = h3.latlng_to_cell(a, b, resolution)
        disk = {h3.str_to_int(c) for c in h3.grid_disk(cell, rings)}
        edge = np.array(h3.cell_to_boundary(cell))
        for bearing in range(0, 360, 30):
            there = geo.destination(edge[:, 0], edge[:, 1], bearing, radius)
            assert disk.issuperset(geo.encode_cells(*there, resolution).tolist())
