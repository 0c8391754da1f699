"""What a scene is made of, and that it depends on seed, cell and difficulty alone."""

from dataclasses import fields

import h3
import numpy as np
import pytest
from world_scenes import cell_of

from geobench_tools import geo
from geobench_tools.world import (
    LAND_M,
    TOWNS,
    Camera,
    Kind,
    Nuisance,
    Sun,
    choose_places,
    flatten_scene,
    make_scene,
    render_panorama,
    render_tile,
    scene_facts,
    view_facts,
)
from geobench_tools.world._landmarks import LANDMARKS
from geobench_tools.world._plots import inner_quads
from geobench_tools.world._streets import edge_lengths, walk
from geobench_tools.world._styles import CLIMATES, STYLES, USES

SUN = Sun(150.0, 45.0)


def arrays(table):
    return [np.asarray(getattr(table, f.name)) for f in fields(table)]


def look(scene, points_cm):
    column = np.floor((points_cm[:, 0] / 100 + scene.half_m) / LAND_M).astype(int)
    row = np.floor((scene.half_m - points_cm[:, 1] / 100) / LAND_M).astype(int)
    inside = (column >= 0) & (column < len(scene.land)) & (row >= 0) & (row < len(scene.land))
    return scene.land[row[inside], column[inside]]


def test_towns_span_the_world():
    assert len(TOWNS) >= 40
    assert len({(t.name, t.country) for t in TOWNS}) == len(TOWNS)
    first = TOWNS[:12]
    assert {t.drives for t in first} == {"left", "right"}
    assert len({t.climate for t in first}) >= 6
    assert min(t.lat for t in first) < -30 < 60 < max(t.lat for t in first)
    for town in TOWNS:
        assert town.climate in CLIMATES
        assert town.style in STYLES
        assert -60 < town.lat < 70


def test_styles_are_complete():
    for style in STYLES.values():
        assert set(style.uses) == set(USES)
        assert set(style.landmarks) <= set(LANDMARKS)
    for climate in CLIMATES.values():
        assert len(climate.species) == 6


def test_same_arguments_same_scene(lyon):
    again = make_scene(lyon.seed, lyon.cell, lyon.town, 0.3)
    for part in ("streets", "buildings", "trees", "faces", "segments", "solids"):
        for a, b in zip(arrays(getattr(lyon, part)), arrays(getattr(again, part)), strict=True):
            np.testing.assert_array_equal(a, b)
    assert (again.land == lyon.land).all()


@pytest.mark.parametrize("change", [{"seed": 1}, {"cell": h3.str_to_int("881f904a47fffff")}])
def test_other_seeds_and_cells_give_other_scenes(lyon, change):
    arguments = {"seed": lyon.seed, "cell": lyon.cell, **change}
    other = make_scene(arguments["seed"], arguments["cell"], lyon.town, 0.3)
    assert (other.land != lyon.land).mean() > 0.3


@pytest.mark.parametrize("town", TOWNS[::3], ids=lambda t: t.name)
def test_a_scene_is_a_town(town):
    scene = make_scene(5, cell_of(town), town, 0.3)
    assert 200 < len(scene.buildings) < 4_000
    assert 300 < len(scene.trees) < 8_000
    assert (scene.streets.rank == 2).any()
    assert 1 in scene.streets.degree
    assert (scene.streets.degree >= 3).sum() > 30
    # Nothing grows or stands on a carriageway.
    assert not np.isin(look(scene, scene.trees.centre), (Kind.ROAD, Kind.WATER, Kind.ROOF)).any()
    middle = scene.streets.points[:, 3]
    near = (middle.astype(float) ** 2).sum(axis=1) < (scene.half_m * 90) ** 2
    assert not np.isin(look(scene, middle[near]), (Kind.ROOF, Kind.TREE)).any()
    # Houses stand upright, counter-clockwise, with a roof no lower than the walls.
    b = scene.buildings
    a = b.corners[:, 1] - b.corners[:, 0]
    c = b.corners[:, 2] - b.corners[:, 1]
    assert (a[:, 0].astype(float) * c[:, 1] - a[:, 1].astype(float) * c[:, 0] > 0).all()
    assert (b.ridge >= b.eave).all()
    assert (b.eave > 200).all()
    facts = scene_facts(scene)
    assert facts["driving_side"] == town.drives
    assert facts["buildings"] == len(b)


def test_difficulty_makes_places_alike():
    town = TOWNS[2]

    def spread(difficulty):
        uses, landmarks, turns = set(), 0, []
        for seed in range(3):
            scene = make_scene(seed, cell_of(town), town, difficulty)
            landmarks += len(scene.landmarks)
            uses |= set(scene.areas.kind)
            leg = (scene.streets.points[:, 6] - scene.streets.points[:, 0]).astype(float)
            angle = 4 * np.arctan2(leg[:, 1], leg[:, 0])
            turns.append(np.hypot(np.cos(angle).mean(), np.sin(angle).mean()))
        return len(uses), landmarks, np.mean(turns)

    easy, hard = spread(0.0), spread(1.0)
    assert easy[0] > hard[0]
    assert easy[1] > 10 > hard[1]
    # Streets run in more directions: their common direction is less marked.
    assert easy[2] < hard[2]


def test_places_lie_on_roads_inside_the_cell_and_apart(lyon):
    places = choose_places(lyon, 12, 128.0)
    assert len(places) == 12
    at = np.array([(p.camera.east, p.camera.north) for p in places])
    assert (look(lyon, at) == Kind.ROAD).all()
    away = np.linalg.norm((at[:, None] - at[None]) / 100.0, axis=2)
    assert away[~np.eye(12, dtype=bool)].min() >= 150.0
    for place in places:
        half = 6400
        for dx in (-half, half):
            for dy in (-half, half):
                lat, lon = lyon.degrees(place.tile[0] + dx, place.tile[1] + dy)
                assert h3.str_to_int(h3.latlng_to_cell(lat, lon, 8)) == lyon.cell


def test_driving_side_moves_the_lane():
    for town in (TOWNS[0], TOWNS[1]):
        scene = make_scene(0, cell_of(town), town, 0.3)
        sides = []
        for place in choose_places(scene, 8, 128.0):
            points = scene.streets.points / 100.0
            length = edge_lengths(points)[place.edge]
            at = np.array([place.camera.east, place.camera.north]) / 100.0
            axis, _along = walk(points, np.full(200, place.edge), np.linspace(0, length, 200))
            k = np.argmin(np.linalg.norm(axis - at, axis=1))
            ahead = np.radians(place.street_deg)
            right = np.array([np.cos(ahead), -np.sin(ahead)])
            sides.append(float((at - axis[k]) @ right) > 0)
        assert all(side == (town.drives == "right") for side in sides)


def test_places_are_found_even_where_tiles_do_not_fit_the_cell(lyon):
    places = choose_places(lyon, 30, 790.0)
    assert len(places) == 30
    assert len({(p.camera.east, p.camera.north) for p in places}) == 30


def test_positions_agree_with_geodesy(lyon):
    lat, lon = lyon.degrees(30_000.0, -40_000.0)
    assert float(geo.haversine_m(lyon.lat, lyon.lon, lat, lon)) == pytest.approx(500.0, abs=0.5)
    bearing = float(geo.bearing_deg(lyon.lat, lyon.lon, lat, lon))
    assert bearing == pytest.approx(180 - np.degrees(np.arctan2(3, 4)), abs=0.05)


def test_a_flat_world_has_nothing_in_it(lyon):
    flat = flatten_scene(lyon)
    assert len(flat.buildings) == len(flat.trees) == len(flat.segments) == len(flat.faces) == 0
    nuisance = Nuisance(traffic=1.0)
    tile = render_tile(flat, (0, 0), 0.5, 64, SUN, nuisance)
    view = render_panorama(flat, Camera(0, 0), 128, 64, SUN, nuisance)
    assert set(np.unique(tile.kind)) == {Kind.GROUND}
    assert set(np.unique(view.kind)) == {Kind.GROUND, Kind.SKY}
    assert not tile.shadow.any()


def test_a_flat_world_does_not_tell_places_apart(lyon):
    """Neither the place nor the town changes a pixel; the nuisance does."""
    other = make_scene(0, cell_of(TOWNS[8]), TOWNS[8], 0.3)
    a, b = flatten_scene(lyon), flatten_scene(other)
    nuisance = Nuisance(seed=12345)
    for shift in ((0, 0), (5_000, -12_300)):
        tiles = [
            render_tile(a, (0, 0), 0.5, 64, SUN, nuisance),
            render_tile(b, shift, 0.5, 64, SUN, nuisance),
        ]
        # Textures lie on the ground's own grid: compare brightness and colour, not texels.
        means = [t.image.reshape(-1, 3).mean(axis=0) for t in tiles]
        np.testing.assert_allclose(*means, atol=12.0)
    changed = render_tile(a, (0, 0), 0.5, 64, SUN, Nuisance(seed=12346))
    assert (changed.image != tiles[0].image).mean() > 0.9


def test_view_facts_name_what_is_seen(lyon):
    place = choose_places(lyon, 3, 128.0)[2]
    view = render_panorama(lyon, place.camera, 512, 256, SUN, Nuisance())
    facts = view_facts(lyon, place, view, SUN)
    assert facts["sun"] == {"azimuth_deg": 150.0, "altitude_deg": 45.0}
    assert facts["street"]["azimuths_deg"][0] == pytest.approx(place.street_deg, abs=0.06)
    assert 0.2 < facts["shares"]["sky"] < 0.6
    bearings = (np.arange(512) + 0.5) * 360 / 512 - 180
    kinds = {"trees": Kind.TREE, "grass": Kind.GRASS, "water": Kind.WATER}
    for entry in facts["visible"]:
        if entry["kind"] in kinds:
            low, high = entry["from_deg"], entry["to_deg"]
            inside = (bearings - low) % 360 <= (high - low) % 360
            shown = (view.kind == kinds[entry["kind"]]).sum(axis=0)[inside]
            assert (shown > 0).mean() > 0.5
    covered = np.zeros(512, bool)
    for entry in facts["visible"]:
        if entry["kind"] == "trees":
            covered |= (bearings - entry["from_deg"]) % 360 <= (
                entry["to_deg"] - entry["from_deg"]
            ) % 360
    many = (view.kind == Kind.TREE).sum(axis=0) > 3
    assert (covered & many).sum() >= 0.9 * many.sum()


def test_view_facts_say_where_landmarks_stand():
    town = next(t for t in TOWNS if t.name == "Nairobi")
    scene, checked = make_scene(0, cell_of(town), town, 0.0), 0
    marks = scene_facts(scene)["landmarks"]
    for place in choose_places(scene, 4, 128.0):
        view = render_panorama(scene, place.camera, 256, 128, SUN, Nuisance())
        facts = view_facts(scene, place, view, SUN)
        here = facts["camera"]["lat"], facts["camera"]["lon"]
        for entry in facts["visible"]:
            if "landmark" not in entry:
                continue
            mark = marks[entry["landmark"]]
            assert mark["kind"] == entry["kind"]
            bearing = float(geo.bearing_deg(*here, mark["lat"], mark["lon"]))
            assert abs((entry["azimuth_deg"] - bearing + 180) % 360 - 180) < 0.2
            away = float(geo.haversine_m(*here, mark["lat"], mark["lon"]))
            assert entry["distance_m"] == pytest.approx(away, rel=0.01)
            assert entry["pixels"] == (view.solid == scene.landmarks.solid[mark["id"]]).sum() >= 10
            checked += 1
    assert checked >= 5


def test_inner_quads_move_sides_inwards():
    square = np.array([[[0, 0], [10, 0], [10, 8], [0, 8]]], float)
    inner = inner_quads(square, np.array([[1.0, 2.0, 3.0, 0.5]]))
    np.testing.assert_allclose(inner[0], [[0.5, 1], [8, 1], [8, 5], [0.5, 5]])
