import numpy as np
import pytest

from geobench_tools import geo
from geobench_tools.counter_random import hash_strings
from geobench_tools.pairing._arrays import CameraArrays, TileArrays
from geobench_tools.pairing._cliques import NO_TIME, Reason, pack_cliques
from geobench_tools.pairing._options import PairOptions

OPTIONS = PairOptions(k=4, max_distance_m=2_000).resolved()


def town(n=3000, seed=0, lat=48.0, lon=11.0, sigma_m=2_500.0, width_m=100.0, cameras=1):
    rng = np.random.default_rng(seed)
    north, east = rng.normal(0, sigma_m, n), rng.normal(0, sigma_m, n)
    per_lat, per_lon = geo.metres_per_degree(lat)
    lats, lons = lat + north / per_lat, geo.wrap_longitude(lon + east / per_lon)
    key = hash_strings([f"tile-{seed}-{i}" for i in range(n)])
    cells = geo.encode_cells(lats, lons, OPTIONS.resolutions[0])
    order = np.lexsort((key, cells))
    half = width_m / 2
    tiles = TileArrays(
        lats[order],
        lons[order],
        key[order],
        np.full(n, half / float(per_lon)),
        np.full(n, half / per_lat),
        np.zeros(n, np.int32),
    )
    tile = np.repeat(np.arange(n), cameras)
    north, east = rng.uniform(-half, half, (2, len(tile))) * 0.8
    camera = CameraArrays(
        tiles.lat[tile] + north / per_lat,
        geo.wrap_longitude(tiles.lon[tile] + east / per_lon),
        hash_strings([f"camera-{i}" for i in range(len(tile))]),
        np.full(len(tile), 5.0),
        tile,
    )
    return tiles, cells[order], camera


def pack(tiles, cells, cameras, options=OPTIONS, tile_time=None, camera_time=None):
    none = np.full(1, NO_TIME)
    return pack_cliques(
        tiles,
        cells,
        cameras,
        options,
        tile_time_us=np.repeat(none, len(tiles)) if tile_time is None else tile_time,
        camera_time_us=np.repeat(none, len(cameras)) if camera_time is None else camera_time,
    )


def pair_distances(tiles, members):
    i, j = np.triu_indices(members.shape[1], 1)
    a, b = members[:, i], members[:, j]
    return geo.haversine_m(tiles.lat[a], tiles.lon[a], tiles.lat[b], tiles.lon[b])


@pytest.mark.parametrize("k", [2, 4, 8])
@pytest.mark.parametrize(("lat", "lon"), [(48.0, 11.0), (-17.0, 179.995), (78.2, 15.6)])
def test_every_promise_holds_for_every_clique(k, lat, lon):
    options = PairOptions(k=k).resolved()
    tiles, cells, cameras = town(lat=lat, lon=lon)
    cliques = pack(tiles, cells, cameras, options)
    assert cliques.members.shape[1] == k
    assert len(np.unique(cliques.members)) == cliques.members.size
    placed = np.zeros(len(tiles), bool)
    placed[cliques.members] = True
    np.testing.assert_array_equal(placed, cliques.reason == -1)
    assert placed.mean() > {2: 0.95, 4: 0.9, 8: 0.6}[k]
    distances = pair_distances(tiles, cliques.members)
    assert distances.min() >= 150.0
    assert distances.max() <= 2_000.0
    for resolution in np.unique(cliques.resolution):
        rows = cliques.members[cliques.resolution == resolution]
        parents = geo.parent_cells(cells, int(resolution))[rows]
        assert (parents == parents[:, :1]).all()
    for own in range(k):
        for other in set(range(k)) - {own}:
            camera, tile = cliques.members[:, own], cliques.members[:, other]
            north = np.abs(cameras.lat[camera] - tiles.lat[tile])
            east = np.abs(geo.wrap_longitude(cameras.lon[camera] - tiles.lon[tile]))
            assert (
                (north > tiles.half_height_deg[tile]) | (east > tiles.half_width_deg[tile])
            ).all()


def test_order_of_rows_and_neighbouring_towns_change_nothing():
    tiles, cells, cameras = town()
    other, other_cells, other_cameras = town(n=500, seed=1, lat=-33.0, lon=18.0)
    alone = pack(tiles, cells, cameras)
    names = TileArrays.__annotations__
    both = TileArrays(*(np.concatenate([getattr(other, f), getattr(tiles, f)]) for f in names))
    order = np.lexsort((both.key, np.concatenate([other_cells, cells])))
    place = np.argsort(order)
    tile = np.concatenate([other_cameras.tile, cameras.tile + len(other)])
    joined = {
        f: np.concatenate([getattr(other_cameras, f), getattr(cameras, f)])
        for f in ("lat", "lon", "key", "gps_error_m")
    }
    camera_order = np.argsort(place[tile], kind="stable")
    both_cameras = CameraArrays(
        **{f: v[camera_order] for f, v in joined.items()}, tile=place[tile][camera_order]
    )
    sorted_tiles = TileArrays(*(getattr(both, f)[order] for f in names))
    together = pack(sorted_tiles, np.concatenate([other_cells, cells])[order], both_cameras)
    want = {tuple(row) for row in tiles.key[alone.members].tolist()}
    got = {tuple(row) for row in sorted_tiles.key[together.members].tolist()}
    assert want <= got
    assert set(alone.clique_id.tolist()) <= set(together.clique_id.tolist())


def test_tiles_of_different_groups_never_meet():
    tiles, cells, cameras = town()
    group = (tiles.key % np.uint64(3)).astype(np.int32)
    grouped = TileArrays(
        tiles.lat, tiles.lon, tiles.key, tiles.half_width_deg, tiles.half_height_deg, group
    )
    cliques = pack(grouped, cells, cameras)
    assert len(cliques.members) > 100
    assert (group[cliques.members] == group[cliques.members[:, :1]]).all()


def test_cameras_are_balanced_to_the_fewest():
    tiles, cells, cameras = town(cameras=3)
    keep = np.ones(len(cameras), bool)
    keep[1:3] = False
    fewer = CameraArrays(
        *(getattr(cameras, f)[keep] for f in ("lat", "lon", "key", "gps_error_m", "tile"))
    )
    cliques = pack(tiles, cells, fewer)
    used = dict(zip(cliques.members.ravel(), np.repeat(cliques.cameras, 4), strict=True))
    assert used.get(0, 1) == 1
    assert sorted(set(cliques.cameras.tolist())) in ([1, 3], [3])
    capped = pack(tiles, cells, cameras, PairOptions(cameras_per_tile=2).resolved())
    assert set(capped.cameras.tolist()) == {2}


def test_time_window_holds_for_tiles_and_cameras():
    tiles, cells, cameras = town()
    day = 86_400_000_000
    rng = np.random.default_rng(3)
    tile_time = rng.integers(0, 3000, len(tiles)) * day
    camera_time = tile_time + rng.integers(-100, 100, len(tiles)) * day
    tile_time[:50] = NO_TIME
    options = PairOptions(within_s=700 * 86_400.0).resolved()
    cliques = pack(tiles, cells, cameras, options, tile_time, camera_time)
    times = np.concatenate([tile_time[cliques.members], camera_time[cliques.members]], axis=1)
    assert len(cliques.members) > 100
    assert np.ptp(times, axis=1).max() <= 700 * day
    assert (cliques.reason[:50] >= 0).all()


def test_overlapping_footprints_are_refused_and_counted():
    tiles, cells, cameras = town(n=40, sigma_m=200.0, width_m=900.0)
    options = PairOptions(min_separation_m=20.0, max_distance_m=2_000.0).resolved()
    cliques = pack(tiles, cells, cameras, options)
    assert len(cliques.members) == 0
    assert cliques.refused[Reason.FOOTPRINT] > 0
    assert (cliques.reason == Reason.FOOTPRINT).sum() > 20


@pytest.mark.parametrize("n", [0, 1, 3])
def test_fewer_tiles_than_k_give_no_clique(n):
    tiles, cells, cameras = town(n=n)
    cliques = pack(tiles, cells, cameras)
    assert cliques.members.shape == (0, 4)
    assert (cliques.reason == Reason.TOO_FEW).all()
