"""The two views show one geometry: directions, distances, occlusion and shadows."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from world_scenes import box, build, cell_of

from geobench_tools import geo
from geobench_tools.world import (
    TOWNS,
    Camera,
    Kind,
    Nuisance,
    Sun,
    choose_places,
    make_scene,
    render_panorama,
    render_tile,
    survey,
)
from geobench_tools.world._exact import azimuth_deg

CLEAR = Nuisance(clouds=0.0, noise=0.0, blur=0.0, traffic=0.0, visibility_m=50_000.0)
SUN = Sun(150.0, 45.0)
WIDTH, HEIGHT = 512, 256
PIXEL = 360.0 / WIDTH


def column_azimuth(mask, heading):
    """Mean direction of the columns of a mask, degrees."""
    columns = np.flatnonzero(mask.any(axis=0))
    angles = np.radians((columns + 0.5) * PIXEL - 180.0 + heading)
    return np.degrees(np.arctan2(np.sin(angles).mean(), np.cos(angles).mean())) % 360.0


def tile_bearing(mask, gsd):
    """Direction from the middle of a tile to the middle of a mask, degrees."""
    rows, columns = np.nonzero(mask)
    size = len(mask)
    east = (columns.mean() + 0.5 - size / 2) * gsd
    north = (size / 2 - rows.mean() - 0.5) * gsd
    return np.degrees(np.arctan2(east, north)) % 360.0


def turn(a, b):
    return abs((a - b + 180.0) % 360.0 - 180.0)


@pytest.mark.parametrize("heading", [0.0, 77.31, 200.0])
@pytest.mark.parametrize(("east", "north"), [(30, 0), (0, 41), (-25, 33), (22, -47), (-40, -3)])
def test_a_tower_stands_in_the_same_direction_in_both_views(plain, east, north, heading):
    scene = build(plain, box(east, north, 5.0, 5.0, 40.0))
    camera = Camera(0, 0, 230, heading)
    view = render_panorama(scene, camera, WIDTH, HEIGHT, SUN, CLEAR)
    tile = render_tile(scene, (0, 0), 0.5, 256, SUN, CLEAR)
    ground = column_azimuth(view.solid == 0, heading)
    above = tile_bearing(tile.height > 1000, 0.5)
    assert turn(ground, above) < 1.5 * PIXEL
    assert turn(ground, np.degrees(np.arctan2(east, north))) < 1.5 * PIXEL


def test_towers_of_a_real_scene_stand_where_their_coordinates_say():
    town = next(t for t in TOWNS if t.name == "Nairobi")
    scene = make_scene(0, cell_of(town), town, 0.0)
    marks, checked = scene.landmarks, 0
    for place in choose_places(scene, 8, 128.0):
        view = render_panorama(scene, place.camera, WIDTH, HEIGHT, SUN, CLEAR)
        lat, lon = scene.degrees(place.camera.east, place.camera.north)
        for k in np.flatnonzero(np.array(marks.kind) == "tower").tolist():
            mask = view.solid == marks.solid[k]
            if mask.sum() < 40:
                continue
            # The top is free on both sides; the foot may be half hidden.
            top = np.flatnonzero(mask.any(axis=1))[0]
            tip = mask & (np.arange(HEIGHT)[:, None] <= top + 2)
            bearing = float(geo.bearing_deg(lat, lon, *scene.degrees(*marks.centre[k])))
            assert turn(column_azimuth(tip, 0.0), bearing) < 2 * PIXEL
            checked += 1
    assert checked >= 5


def test_depth_is_the_distance_to_the_wall(plain):
    scene = build(plain, box(0, 50, 40.0, 10.0, 20.0))
    view = render_panorama(scene, Camera(0, 0), WIDTH, HEIGHT, SUN, CLEAR)
    middle = WIDTH // 2
    wall = view.kind[:, middle] == Kind.WALL
    np.testing.assert_allclose(view.depth[wall, middle], 4500.0, rtol=1e-3)
    # The foot and the top of the wall as the camera sees them, in rows from the horizon.
    rows = np.flatnonzero(wall)
    high = np.degrees(np.arctan2(20.0 - 2.3, 45.0)) / PIXEL
    low = np.degrees(np.arctan2(2.3, 45.0)) / PIXEL
    assert HEIGHT / 2 - rows[0] == pytest.approx(high, abs=1.0)
    assert rows[-1] + 1 - HEIGHT / 2 == pytest.approx(low, abs=1.0)


@pytest.mark.parametrize(("wall_m", "seen"), [(6.0, True), (25.0, False)])
def test_a_tower_behind_a_wall(plain, wall_m, seen):
    """Seen over a low wall, hidden by a high one; never the part that the wall covers."""
    scene = build(plain, box(0, 80, 10, 10, 60.0), box(0, 20, 60, 2, wall_m))
    view = render_panorama(scene, Camera(0, 0), WIDTH, HEIGHT, SUN, CLEAR)
    tower, wall = view.solid == 0, view.solid == 1
    assert tower.any() == seen
    assert wall.any()
    if seen:
        column = WIDTH // 2
        assert np.flatnonzero(tower[:, column]).max() + 1 == np.flatnonzero(wall[:, column]).min()


def test_a_nearer_tree_hides_a_farther_tree_and_a_wall_hides_both(plain, lyon):
    trees = replace(
        lyon.trees,
        centre=np.array([[0, 1500], [0, 4000]], np.int32),
        radius=np.array([300, 300], np.int32),
        height=np.array([900, 900], np.int32),
        base=np.array([200, 200], np.int32),
        species=np.zeros(2, np.uint8),
        seed=np.array([5, 9], np.int32),
    )
    open_ = replace(plain, trees=trees)
    view = render_panorama(open_, Camera(0, 0), WIDTH, HEIGHT, SUN, CLEAR)
    depth = view.depth[view.kind == Kind.TREE]
    assert (depth == 1500.0).any()
    assert (depth == 1500.0).sum() > (depth == 4000.0).sum()
    walled = replace(build(plain, box(0, 8, 30, 2, 30.0)), trees=trees)
    view = render_panorama(walled, Camera(0, 0), WIDTH, HEIGHT, SUN, CLEAR)
    assert not (view.kind == Kind.TREE).any()


@pytest.mark.parametrize("azimuth", [20.0, 135.0, 222.0, 300.0])
def test_shadows_point_away_from_the_sun_in_both_views(plain, azimuth):
    scene = build(plain, box(0, 0, 3.0, 3.0, 24.0))
    sun = Sun(azimuth, 40.0)
    tile = render_tile(scene, (0, 0), 0.5, 256, sun, CLEAR)
    away = (azimuth + 180.0) % 360.0
    shadow = tile.shadow & (tile.height == 0)
    assert turn(tile_bearing(shadow, 0.5), away) < 3.0
    rows, columns = np.nonzero(shadow)
    length = np.hypot(columns - 127.5, rows - 127.5).max() * 0.5
    assert length == pytest.approx(24.0 / np.tan(np.radians(40.0)), abs=3.0)
    # From beside the shadow: where its pixels lie on the ground.
    side = np.radians(away + 90.0)
    camera = Camera(int(2500 * np.sin(side)), int(2500 * np.cos(side)))
    view = render_panorama(scene, camera, WIDTH, HEIGHT, sun, CLEAR)
    dark = view.shadow & (view.kind == Kind.GROUND) & (view.depth < 6000.0)
    rows, columns = np.nonzero(dark)
    bearing = np.radians((columns + 0.5) * PIXEL - 180.0)
    east = camera.east + view.depth[dark] * np.sin(bearing)
    north = camera.north + view.depth[dark] * np.cos(bearing)
    seen = float(azimuth_deg(east.mean(), north.mean()))
    assert turn(seen, away) < 4.0


@pytest.mark.parametrize(("azimuth", "lit"), [(180.0, True), (0.0, False)])
def test_walls_are_bright_on_the_side_of_the_sun(plain, azimuth, lit):
    scene = build(plain, box(0, 40, 40, 10, 20.0))
    view = render_panorama(scene, Camera(0, 0), WIDTH, HEIGHT, Sun(azimuth, 35.0), CLEAR)
    grey = Nuisance(**{**CLEAR.__dict__, "clouds": 1.0})
    dull = render_panorama(scene, Camera(0, 0), WIDTH, HEIGHT, Sun(azimuth, 35.0), grey)
    wall = view.solid == 0
    ground = (view.kind == Kind.GROUND) & ~view.shadow
    contrast = view.image[wall].mean() / view.image[ground].mean()
    base = dull.image[wall].mean() / dull.image[ground].mean()
    assert (contrast > base) == lit


@pytest.mark.parametrize("heading", [0.0, 120.0])
def test_the_sun_stands_in_the_sky_where_it_should(plain, heading):
    sun = Sun(210.0, 30.0)
    view = render_panorama(plain, Camera(0, 0, 230, heading), WIDTH, HEIGHT, sun, CLEAR)
    bright = view.image.astype(int).sum(axis=2)
    rows, columns = np.nonzero(bright >= bright.max() - 3)
    azimuth = (columns.mean() + 0.5) * PIXEL - 180.0 + heading
    altitude = 90.0 - (rows.mean() + 0.5) * PIXEL
    assert turn(azimuth, 210.0) < 2 * PIXEL
    assert altitude == pytest.approx(30.0, abs=2 * PIXEL)


@pytest.mark.parametrize(
    ("tilt", "expected"),
    [
        # Pitch up: the horizon sinks ahead and rises behind.
        ({"pitch_deg": 5.0}, {0: -1, WIDTH // 4: 0, WIDTH // 2: 1, 3 * WIDTH // 4: 0}),
        # Right side down: it rises on the right and sinks on the left.
        ({"roll_deg": 5.0}, {0: 0, WIDTH // 4: 1, WIDTH // 2: 0, 3 * WIDTH // 4: -1}),
    ],
)
def test_pitch_and_roll_tilt_the_horizon(plain, tilt, expected):
    level, tilted = (
        render_panorama(plain, Camera(0, 0), WIDTH, HEIGHT, SUN, nuisance)
        for nuisance in (CLEAR, replace(CLEAR, **tilt))
    )
    gained = (tilted.kind == Kind.SKY).sum(axis=0) - (level.kind == Kind.SKY).sum(axis=0)
    for column, sign in expected.items():
        assert gained[column] == pytest.approx(sign * 5.0 / PIXEL, abs=1.0)


def test_the_road_runs_the_same_way_in_both_views(lyon):
    """In a camera's own street the tile's road pixels lie along the street's direction."""
    agree = []
    for place in choose_places(lyon, 12, 128.0):
        ground = survey(lyon, place.tile, 0.5, 256)
        tile = render_tile(lyon, place.tile, 0.5, 256, SUN, CLEAR, ground)
        along = np.radians(place.street_deg)
        x0 = (place.camera.east - place.tile[0]) / 50.0 + 128
        y0 = 128 - (place.camera.north - place.tile[1]) / 50.0
        steps = np.arange(4, 24)
        hit = [tile.kind[int(y0 - s * np.cos(along)), int(x0 + s * np.sin(along))] for s in steps]
        agree.append(np.isin(hit, (Kind.ROAD, Kind.MARKING, Kind.TREE)).mean())
    assert np.mean(agree) > 0.9


@pytest.mark.parametrize("town", TOWNS[:5], ids=lambda t: t.name)
def test_ground_kinds_agree_between_the_views(town):
    """A pixel of bare ground in the panorama shows what the tile shows at the same spot."""
    scene = make_scene(3, cell_of(town), town, 0.2)
    place = choose_places(scene, 1, 128.0)[0]
    ground = survey(scene, place.tile, 0.5, 256)
    tile = render_tile(scene, place.tile, 0.5, 256, SUN, CLEAR, ground)
    view = render_panorama(scene, place.camera, WIDTH, HEIGHT, SUN, CLEAR, ground)
    low = (Kind.GROUND, Kind.GRASS, Kind.SOIL, Kind.PAVED, Kind.ROAD, Kind.PAVEMENT, Kind.WATER)
    seen = np.isin(view.kind, low) & (view.depth < 3000.0) & (view.depth > 400.0)
    _rows, columns = np.nonzero(seen)
    bearing = np.radians((columns + 0.5) * PIXEL - 180.0)
    east = place.camera.east + view.depth[seen] * np.sin(bearing) - place.tile[0]
    north = place.camera.north + view.depth[seen] * np.cos(bearing) - place.tile[1]
    there = tile.kind[(128 - north / 50.0).astype(int), (128 + east / 50.0).astype(int)]
    bare = np.isin(there, low)
    assert bare.sum() > 2_000
    assert (there[bare] == view.kind[seen][bare]).mean() > 0.93


def test_a_survey_of_the_tile_serves_the_panorama(lyon):
    place = choose_places(lyon, 1, 128.0)[0]
    ground = survey(lyon, place.tile, 0.5, 256)
    alone = render_tile(lyon, place.tile, 0.5, 256, SUN, CLEAR)
    shared = render_tile(lyon, place.tile, 0.5, 256, SUN, CLEAR, ground)
    np.testing.assert_array_equal(alone.image, shared.image)
    # A map too coarse for a panorama is not used.
    coarse = survey(lyon, place.tile, 8.0, 32)
    fine = render_panorama(lyon, place.camera, 128, 64, SUN, CLEAR)
    same = render_panorama(lyon, place.camera, 128, 64, SUN, CLEAR, coarse)
    np.testing.assert_array_equal(fine.image, same.image)


def test_nuisance_changes_pixels_but_not_what_they_show(lyon):
    place = choose_places(lyon, 1, 128.0)[0]
    other = Nuisance(
        seed=9,
        captured_at=datetime(2020, 1, 5, tzinfo=UTC),
        leaves=0.9,
        dry=0.6,
        exposure=0.8,
        gains=(1.1, 1.0, 0.9),
        noise=4.0,
        traffic=0.0,
        vendor=2,
    )
    a = render_panorama(lyon, place.camera, WIDTH, HEIGHT, SUN, CLEAR)
    b = render_panorama(lyon, place.camera, WIDTH, HEIGHT, SUN, other)
    assert (a.image != b.image).any(axis=2).mean() > 0.9
    fixed = (a.kind != Kind.TREE) & (b.kind != Kind.TREE)
    np.testing.assert_array_equal(a.kind[fixed], b.kind[fixed])
