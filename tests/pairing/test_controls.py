"""The control samplers against brute force, on towns in the places where grids break."""

from dataclasses import fields, replace

import h3
import numpy as np
import pytest
from scipy.stats import chi2

from geobench_tools.counter_random import mix
from geobench_tools.errors import InputError
from geobench_tools.geo import EARTH_RADIUS_M, destination, haversine_m
from geobench_tools.pairing import _controls
from geobench_tools.pairing._arrays import CameraArrays, TileArrays, footprint_contains
from geobench_tools.pairing._controls import pivot_negatives, random_negatives, ring_negatives

DEGREE_M = np.pi * EARTH_RADIUS_M / 180
PENTAGON = h3.cell_to_latlng(h3.get_pentagons(8)[5])
PLACES = [(48.0, 2.0), (0.0, 179.9995), (89.995, 0.0), (-89.99, 50.0), PENTAGON]
LIMITS = {"min_separation_m": 60.0, "max_distance_m": 1500.0}
SAMPLERS = {
    "ring": lambda t, c, seed=0, k=4: ring_negatives(t, c, k=k, seed=seed, **LIMITS),
    "pivot": lambda t, c, seed=0, k=4: pivot_negatives(t, c, k=k, seed=seed, **LIMITS),
    "random": lambda t, c, seed=0, k=4: random_negatives(
        t, c, k=k, seed=seed, min_separation_m=60.0
    ),
}
every_sampler = pytest.mark.parametrize("sampler", SAMPLERS.values(), ids=SAMPLERS)


def towns(n, places=PLACES, sigma_m=1800.0, groups=2, seed=0):
    """Gaussian towns with one tile of 200 m for each camera; some footprints are unknown."""
    rng = np.random.default_rng(seed)
    lat0, lon0 = np.array(places)[rng.integers(len(places), size=n)].T
    spread = sigma_m * np.sqrt(-2 * np.log(1 - rng.random(n)))
    lat, lon = destination(lat0, lon0, 360 * rng.random(n), spread)
    tile_lat, tile_lon = destination(lat, lon, 360 * rng.random(n), 40 * rng.random(n))
    height = np.where(rng.random(n) < 0.8, 100 / DEGREE_M, np.nan)
    tiles = TileArrays(
        lat=tile_lat,
        lon=tile_lon,
        key=mix(1, np.arange(n)),
        half_width_deg=height / np.cos(np.radians(tile_lat)),
        half_height_deg=height,
        group=rng.integers(groups, size=n).astype(np.int32),
    )
    cameras = CameraArrays(lat, lon, mix(2, np.arange(n)), 30 * rng.random(n), np.arange(n))
    return tiles, cameras


def take(arrays, rows):
    return replace(arrays, **{f.name: getattr(arrays, f.name)[rows] for f in fields(arrays)})


def candidates(tiles, cameras, min_separation_m, max_distance_m=np.inf):
    """Return all pairs of a camera and its candidates, from all pairs there are."""
    found = []
    reach = max_distance_m / DEGREE_M + 1e-9
    for camera in np.array_split(np.arange(len(cameras)), 20):
        c, t = np.nonzero(np.abs(cameras.lat[camera, None] - tiles.lat) <= reach)
        c = camera[c]
        metres = haversine_m(cameras.lat[c], cameras.lon[c], tiles.lat[t], tiles.lon[t])
        own = cameras.tile[c]
        ok = (metres >= min_separation_m) & (metres <= max_distance_m)
        ok &= (t != own) & (tiles.group[t] == tiles.group[own])
        c, t = c[ok], t[ok]
        error, stretch = cameras.gps_error_m[c], np.cos(np.radians(cameras.lat[c]))
        east = np.abs(tiles.lon[t] - cameras.lon[c])
        east = np.minimum(east, 360 - east) - tiles.half_width_deg[t]
        north = np.abs(tiles.lat[t] - cameras.lat[c]) - tiles.half_height_deg[t]
        shows = (north * DEGREE_M <= error) & (east * stretch * DEGREE_M <= error)
        found.append(np.stack([c[~shows], t[~shows]]))
    return np.concatenate(found, axis=1)


def distances(tiles, cameras, rows):
    metres = haversine_m(
        cameras.lat[:, None], cameras.lon[:, None], tiles.lat[rows], tiles.lon[rows]
    )
    return np.where(rows < 0, np.nan, metres)


def assert_exact(tiles, cameras, rows, pairs):
    n = len(tiles)
    camera = np.broadcast_to(np.arange(len(cameras))[:, None], rows.shape)[rows >= 0]
    drawn = camera * n + rows[rows >= 0]
    assert len(np.unique(drawn)) == len(drawn)
    assert np.isin(drawn, pairs[0] * n + pairs[1]).all()
    count = np.bincount(pairs[0], minlength=len(cameras))
    found = (rows >= 0).sum(1)
    np.testing.assert_array_equal(found, np.minimum(rows.shape[1], count))
    np.testing.assert_array_equal(rows >= 0, np.arange(rows.shape[1]) < found[:, None])
    return count


@pytest.fixture(scope="module")
def world():
    tiles, cameras = towns(10_000)
    return tiles, cameras, candidates(tiles, cameras, **LIMITS)


@pytest.mark.parametrize("draws", [200, 5])
def test_ring_is_exact(world, draws, monkeypatch):
    monkeypatch.setattr(_controls, "_DRAWS", draws)
    tiles, cameras, pairs = world
    rows = SAMPLERS["ring"](tiles, cameras)
    count = assert_exact(tiles, cameras, rows, pairs)
    assert ((count > 0) & (count < 3)).any()
    assert (count > 100).sum() > 5000


def test_ring_is_exact_for_many_negatives_in_small_neighbourhoods():
    tiles, cameras = towns(1500, sigma_m=2500)
    rows = SAMPLERS["ring"](tiles, cameras, k=12)
    count = assert_exact(tiles, cameras, rows, candidates(tiles, cameras, **LIMITS))
    assert (count < 11).sum() > 300 < (count >= 11).sum()


@pytest.mark.parametrize("draws", [200, 0])
def test_the_right_tile_is_never_a_negative(draws, monkeypatch):
    monkeypatch.setattr(_controls, "_DRAWS", draws)
    tiles, cameras = towns(300, PLACES[:1], sigma_m=300, groups=1)
    tiles = replace(tiles, half_width_deg=np.full(300, np.nan))
    rows = ring_negatives(tiles, cameras, k=200, min_separation_m=0, max_distance_m=600, seed=0)
    assert_exact(tiles, cameras, rows, candidates(tiles, cameras, 0.0, 600.0))


def test_random_is_exact():
    tiles, cameras = towns(600)
    rows = SAMPLERS["random"](tiles, cameras)
    count = assert_exact(tiles, cameras, rows, candidates(tiles, cameras, 60.0))
    assert (count > 200).all()
    assert np.median(distances(tiles, cameras, rows)) > 1e6


def test_pivot_negatives_share_a_disc_with_the_camera():
    tiles, cameras = towns(3000)
    rows = SAMPLERS["pivot"](tiles, cameras)
    metres = distances(tiles, cameras, rows)
    assert np.nanmin(metres) >= 60
    assert 2500 < np.nanmax(metres) <= 3000
    full = rows[rows[:, -1] >= 0]
    assert len(full) > 2_800
    a, b = full[:, [0, 0, 1]], full[:, [1, 2, 2]]
    assert haversine_m(tiles.lat[a], tiles.lon[a], tiles.lat[b], tiles.lon[b]).max() <= 3000
    wide = candidates(tiles, cameras, 60.0, 2 * 1500.0)
    camera = np.broadcast_to(np.arange(len(cameras))[:, None], rows.shape)[rows >= 0]
    drawn = camera * len(tiles) + rows[rows >= 0]
    assert len(np.unique(drawn)) == len(drawn)
    assert np.isin(drawn, wide[0] * len(tiles) + wide[1]).all()


def test_pivot_keeps_the_fullest_disc_where_none_is_full():
    lat, lon = destination(10.0, 20.0, [0.0, 90.0, 180.0], [0.0, 300.0, 300.0])
    tiles, cameras = towns(3, PLACES[:1], groups=1)
    tiles, cameras = replace(tiles, lat=lat, lon=lon), replace(cameras, lat=lat, lon=lon)
    rows = pivot_negatives(tiles, cameras, k=5, min_separation_m=250, max_distance_m=2000, seed=0)
    assert [sorted(row) for row in rows.tolist()] == [
        [-1, -1, 1, 2],
        [-1, -1, 0, 2],
        [-1, -1, 0, 1],
    ]


@every_sampler
def test_draws_depend_on_neither_row_order_nor_batches(world, sampler, monkeypatch):
    tiles, cameras, _ = world
    rows = sampler(tiles, cameras)
    monkeypatch.setattr(_controls, "_BLOCK", 7)
    monkeypatch.setattr(_controls, "_ANCHORS", 999)
    monkeypatch.setattr(_controls, "_PAIRS", 5000)
    rng = np.random.default_rng(1)
    to, co = rng.permutation(len(tiles)), rng.permutation(len(cameras))[:4000]
    place = np.argsort(to)
    shuffled = replace(take(cameras, co), tile=place[cameras.tile[co]])
    again = sampler(take(tiles, to), shuffled)
    np.testing.assert_array_equal(np.where(again < 0, -1, to[again]), rows[co])
    assert (sampler(tiles, cameras, seed=1) != rows).mean() > 0.9


@pytest.mark.parametrize(("draws", "small"), [(200, 64), (4, 64), (200, 10**6)])
@pytest.mark.parametrize("name", ["ring", "random"])
def test_draws_are_uniform_over_the_candidates(name, draws, small, monkeypatch):
    monkeypatch.setattr(_controls, "_DRAWS", draws)
    monkeypatch.setattr(_controls, "_SMALL", small)
    tiles, cameras = towns(400, PLACES[:2], groups=1)
    cameras = take(cameras, np.arange(40))
    limits = (60.0, 1500.0 if name == "ring" else np.inf)
    pairs = candidates(tiles, cameras, *limits)
    seeds = 300
    drawn = np.stack([SAMPLERS[name](tiles, cameras, seed) for seed in range(seeds)], axis=1)
    statistic = freedom = 0.0
    excess, variance = np.zeros(len(tiles)), np.zeros(len(tiles))
    for camera in range(len(cameras)):
        mine = pairs[1, pairs[0] == camera]
        share = min(1.0, 3 / max(1, len(mine)))
        if share == 1:
            continue
        count = np.bincount(drawn[camera].ravel(), minlength=len(tiles))[mine]
        spread = seeds * share * (1 - share)
        statistic += ((count - seeds * share) ** 2).sum() / spread * (1 - 1 / len(mine))
        freedom += len(mine) - 1
        excess[mine] += count - seeds * share
        variance[mine] += spread
    assert freedom > 1000
    assert 0.001 < chi2.sf(statistic, freedom) < 0.999
    assert (excess**2 < 5**2 * np.maximum(variance, 1)).all()


@pytest.mark.parametrize(("name", "low", "high"), [("ring", 0.45, 0.7), ("pivot", 0.23, 0.29)])
def test_the_right_tile_is_the_central_one_of_a_ring_alone(name, low, high):
    tiles, cameras = towns(8000, PLACES[:1], sigma_m=4000, groups=1)
    rows = SAMPLERS[name](tiles, cameras)
    full = rows[:, -1] >= 0
    sets = np.column_stack([cameras.tile, rows])[full]
    north, east = tiles.lat[sets], tiles.lon[sets] * np.cos(np.radians(48))
    off = np.hypot(north - north.mean(1)[:, None], east - east.mean(1)[:, None])
    assert low < (off.argmin(1) == 0).mean() < high


def test_footprints_with_error_across_the_antimeridian():
    tiles, cameras = towns(4, groups=1)
    metre = 1 / DEGREE_M
    tiles = replace(
        tiles,
        lat=np.zeros(4),
        lon=np.array([179.9999, -179.9999, 179.9999, 179.9999]),
        half_width_deg=np.array([50, 50, 50, np.nan]) * metre,
        half_height_deg=np.full(4, 50 * metre),
    )
    cameras = replace(
        cameras,
        lat=np.array([0, 0, 55 * metre, 0]),
        lon=np.array([-179.9999, 179.9999, 179.9999, 179.9999]),
        gps_error_m=np.array([0.0, 0.0, 6.0, 99.0]),
    )
    every = np.arange(4)
    assert footprint_contains(tiles, every, cameras, every).tolist() == [True, True, True, False]
    exact = replace(cameras, gps_error_m=np.full(4, 4.0))
    assert not footprint_contains(tiles, np.array(2), exact, np.array(2))


@every_sampler
def test_a_tile_alone_has_no_negatives(sampler):
    tiles, cameras = towns(5)
    tiles = replace(tiles, group=np.arange(5, dtype=np.int32))
    assert (sampler(tiles, cameras) == -1).all()
    nobody = take(cameras, np.zeros(0, np.int64))
    assert sampler(tiles, nobody).shape == (0, 3)
    assert sampler(take(tiles, nobody.tile), nobody).shape == (0, 3)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"k": 1}, "at least 2"),
        ({"min_separation_m": -1.0}, "minimum separation"),
        ({"min_separation_m": float("nan")}, "minimum separation"),
        ({"min_separation_m": 1500.0}, "minimum separation"),
        ({"max_distance_m": 6e6}, "maximum distance"),
    ],
)
@pytest.mark.parametrize("sampler", [ring_negatives, pivot_negatives])
def test_impossible_limits_are_refused(sampler, change, word):
    tiles, cameras = towns(5)
    with pytest.raises(InputError, match=word):
        sampler(tiles, cameras, **{"k": 4, "seed": 0, **LIMITS, **change})
