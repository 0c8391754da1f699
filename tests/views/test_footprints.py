"""Footprints of squares, boxes, polygons and cameras that look down."""

import csv
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely
from pyproj import Geod

from geobench_tools.geo import tile_bounds
from geobench_tools.views._footprints import (
    box_footprints,
    camera_footprints,
    footprints_from_camera,
    polygon_footprints,
    square_footprints,
)

GEOD = Geod(ellps="WGS84")


def sides_m(polygon: shapely.Polygon) -> tuple[float, float]:
    """Length of the first and of the last side of a quadrilateral, geodesic."""
    ring = list(polygon.exterior.coords)
    assert len(ring) == 5
    (x0, y0), (x1, y1), (x3, y3) = ring[0], ring[1], ring[3]
    return GEOD.inv(x0, y0, x1, y1)[2], GEOD.inv(x0, y0, x3, y3)[2]


@pytest.mark.parametrize("lat", [-85.0, -60.5, -33.0, 0.0, 4.87, 51.5, 71.0, 85.0])
@pytest.mark.parametrize("lon", [-180.0, -74.06, 0.0, 179.9999])
@pytest.mark.parametrize("heading", [0.0, 30.0, 275.5])
def test_rectangle_has_its_size_on_the_ellipsoid(lat, lon, heading):
    made = square_footprints([lat], [lon], [200.0], [120.0], [heading])
    width, height = sides_m(made.polygons[0])
    assert width == pytest.approx(200.0, rel=1e-3)
    assert height == pytest.approx(120.0, rel=1e-3)
    assert shapely.contains_xy(made.polygons[0], lon, lat)
    assert made.polygons[0].exterior.is_ccw


def test_heading_turns_the_rectangle_clockwise():
    made = square_footprints([0.0], [0.0], [20.0], [200.0], [90.0])
    west, south, east, north = made.polygons[0].bounds
    assert (east - west) / (north - south) == pytest.approx(10.0, rel=0.01)
    corner = (
        square_footprints([0.0], [0.0], [200.0], [200.0], [10.0]).polygons[0].exterior.coords[2]
    )
    assert GEOD.inv(0, 0, *corner)[0] == pytest.approx(55.0, abs=0.3)


def test_antimeridian_keeps_one_polygon_and_turns_the_box_over():
    made = square_footprints([10.0, 10.0], [179.9999, -180.0], [400.0, 400.0], [400.0, 400.0])
    for i, lon in enumerate((179.9999, -180.0)):
        assert made.polygons[i].geom_type == "Polygon"
        assert shapely.contains_xy(made.polygons[i], lon, 10.0)
        assert made.west[i] > 179.99
        assert -180.0 < made.east[i] < -179.99
    box = made.bbox().to_pylist()[0]
    assert box["xmin"] > box["xmax"]
    assert box["ymin"] < 10.0 < box["ymax"]


def test_near_the_pole_the_sides_are_curved_and_right_in_area():
    made = square_footprints([89.9], [12.0], [4000.0], [4000.0], [33.0])
    area, perimeter = GEOD.geometry_area_perimeter(made.polygons[0])
    assert len(made.polygons[0].exterior.coords) > 5
    assert area == pytest.approx(16e6, rel=1e-3)
    assert perimeter == pytest.approx(16e3, rel=1e-3)


@pytest.mark.parametrize(
    ("lat", "lon", "width", "height"),
    [
        (90.0, 0.0, 100.0, 100.0),
        (-89.9999, 0.0, 100.0, 100.0),
        (math.nan, 0.0, 100.0, 100.0),
        (0.0, math.nan, 100.0, 100.0),
        (0.0, 0.0, math.nan, 100.0),
        (0.0, 0.0, 100.0, 0.0),
        (0.0, 0.0, -5.0, 100.0),
    ],
)
def test_no_footprint_where_none_can_be(lat, lon, width, height):
    made = square_footprints([lat, 1.0], [lon, 1.0], [width, 10.0], [height, 10.0])
    assert made.polygons[0] is None
    assert np.isnan([made.west[0], made.south[0], made.east[0], made.north[0]]).all()
    assert made.wkb().to_pylist()[0] is None
    assert made.bbox().to_pylist()[0] is None
    assert made.polygons[1] is not None
    assert made.bbox().to_pylist()[1] is not None


def test_wide_rectangle_uses_geodesics():
    made = square_footprints([60.0], [20.0], [80_000.0], [80_000.0])
    area, _ = GEOD.geometry_area_perimeter(made.polygons[0])
    assert area == pytest.approx(6.4e9, rel=1e-3)


def test_boxes_of_web_tiles_reach_the_antimeridian_without_crossing_it():
    bounds = tile_bounds([3, 0], [1, 1], 2)
    made = box_footprints(bounds.west, bounds.south, bounds.east, bounds.north)
    assert made.east[0] == 180.0
    assert made.west[1] == -180.0
    assert made.polygons[0].bounds[2] == 180.0


def test_polygons_of_any_make_become_continuous():
    split = shapely.MultiPolygon([shapely.box(179.9, 0, 180, 1), shapely.box(-180, 0, -179.9, 1)])
    naive = shapely.Polygon([(179.9, 0), (-179.9, 0), (-179.9, 1), (179.9, 1)])
    plain = shapely.box(10, 0, 11, 1)
    world = shapely.box(-180, -85, 180, 85)
    given = np.array([split, naive, plain, None, world], dtype=object)
    made = polygon_footprints(given, [-179.95, 179.95, 10.5, 0.0, 0.0])
    for i in (0, 1):
        assert made.polygons[i].geom_type == "Polygon"
        assert made.polygons[i].area == pytest.approx(0.2)
        assert made.west[i] == pytest.approx(179.9)
        assert made.east[i] == pytest.approx(-179.9)
    assert made.polygons[2].equals(plain)
    assert made.polygons[3] is None
    assert (made.west[4], made.east[4]) == (-180.0, 180.0)
    assert given[0] is split


@pytest.mark.parametrize(
    ("size", "width_mm", "height_mm"),
    [
        ((3000, 2000), 36.0, 24.0),
        ((2000, 3000), 24.0, 36.0),
        ((4000, 3000), 34.613, 25.960),
        ((1280, 720), 36.0, 20.25),
        ((1000, 1000), 30.594, 30.594),
    ],
)
def test_nadir_frame_follows_the_diagonal_of_the_film(size, width_mm, height_mm):
    made = camera_footprints([4.87], [-74.06], [100.0], [24.0], *([side] for side in size))
    width, height = sides_m(made.polygons[0])
    assert width == pytest.approx(width_mm / 24 * 100, rel=1e-3)
    assert height == pytest.approx(height_mm / 24 * 100, rel=1e-3)


def test_tilt_moves_the_frame_ahead():
    made = camera_footprints([0.0], [0.0], [100.0], [35.0], [1500], [1000], [90.0], [-80.0])
    west, south, east, north = (np.array(made.polygons[0].bounds) * 111_320).tolist()
    assert east > -west + 30
    assert north == pytest.approx(-south, rel=1e-6)
    half = math.degrees(math.atan(12 / 35))
    assert east == pytest.approx(100 * math.tan(math.radians(10 + half)), rel=2e-3)
    assert -west == pytest.approx(100 * math.tan(math.radians(half - 10)), rel=2e-3)


def test_frame_that_reaches_the_horizon_has_no_footprint():
    made = camera_footprints([0.0], [0.0], [100.0], [35.0], [1500], [1000], [0.0], [-15.0])
    assert made.polygons[0] is None


def overhead(**changes):
    row = {
        "view_id": "a",
        "kind": "satellite",
        "lat": 4.867,
        "lon": -74.061,
        "altitude_m": "100.0",
        "focal_35mm": "24",
        "pitch_deg": -89.9,
        "heading_deg": 115.6,
        "width": 3000,
        "height": 2000,
    }
    return row | changes


def test_camera_rows_get_footprint_box_and_gsd():
    table = pa.Table.from_pylist([overhead(), overhead(kind="ground"), overhead(altitude_m=None)])
    filled, problems = footprints_from_camera(table)
    assert problems == []
    assert filled["gsd_m"].to_pylist() == [pytest.approx(0.05, rel=1e-4), None, None]
    assert [value is None for value in filled["footprint"].to_pylist()] == [False, True, True]
    assert [value is None for value in filled["bbox"].to_pylist()] == [False, True, True]
    width, _ = sides_m(shapely.from_wkb(filled["footprint"][0].as_py()))
    assert width == pytest.approx(150.0, rel=1e-3)


def test_given_footprints_and_gsd_are_kept():
    own = shapely.to_wkb(shapely.box(-74.1, 4.8, -74.0, 4.9))
    rows = [overhead(footprint=own, gsd_m=1.0), overhead(footprint=None, gsd_m=2.0)]
    filled, _ = footprints_from_camera(pa.Table.from_pylist(rows))
    assert filled["footprint"][0].as_py() == own
    assert filled["footprint"][1].as_py() is not None
    assert filled["gsd_m"].to_pylist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("changes", "column", "kind"),
    [
        ({"pitch_deg": -61.6}, "pitch_deg", "not-nadir"),
        ({"pitch_deg": 0}, "pitch_deg", "not-nadir"),
        ({"pitch_deg": None}, "pitch_deg", "no-footprint"),
        ({"heading_deg": None}, "heading_deg", "no-footprint"),
        ({"width": None}, "width", "no-footprint"),
        ({"focal_35mm": "24 mm"}, "focal_35mm", "non-numeric"),
        ({"focal_35mm": "0"}, "focal_35mm", "out-of-range"),
        ({"altitude_m": "-3"}, "altitude_m", "out-of-range"),
        ({"altitude_m": "nan"}, "altitude_m", "out-of-range"),
        ({"pitch_deg": 400}, "pitch_deg", "out-of-range"),
    ],
)
def test_frames_that_cannot_be_tiles_are_named(changes, column, kind):
    table = pa.Table.from_pylist([overhead(), overhead(**changes)])
    filled, problems = footprints_from_camera(table, ["a.csv", "b.csv"], [2, 7])
    assert [(p.file, p.row, p.column, p.kind) for p in problems] == [("b.csv", 7, column, kind)]
    assert problems[0].remedy
    assert filled["footprint"][0].as_py() is not None
    assert filled["footprint"][1].as_py() is None


def test_missing_column_is_a_problem_of_each_row():
    table = pa.Table.from_pylist([overhead(), overhead()]).drop_columns(["pitch_deg"])
    same, problems = footprints_from_camera(table, "views.csv")
    assert [(p.file, p.row, p.column) for p in problems] == [
        ("views.csv", 1, "pitch_deg"),
        ("views.csv", 2, "pitch_deg"),
    ]
    assert same.column_names == table.column_names


def test_tables_without_cameras_pass_unchanged():
    table = pa.table({"view_id": ["a"], "kind": ["satellite"], "lat": [0.0], "lon": [0.0]})
    assert footprints_from_camera(table) == (table, [])


def test_drone_block(shared_data: Path):
    with (shared_data / "views" / "metadata.csv").open() as stream:
        rows = [
            {
                "view_id": r["file"],
                "kind": "ground" if r["role"] == "ground" else "satellite",
                "lat": float(r["lat"]),
                "lon": float(r["lon"]),
                "altitude_m": r["rel_alt_m"] or None,
                "focal_35mm": r["f35mm"] or None,
                "pitch_deg": r["pitch_deg"] or None,
                "heading_deg": r["yaw_deg"] or None,
                "width": int(r["width"]),
                "height": int(r["height"]),
                "role": r["role"],
            }
            for r in csv.DictReader(stream)
            if r["set"] == "chia-co"
        ]
    table, problems = footprints_from_camera(pa.Table.from_pylist(rows))
    made = {
        row["view_id"]: shapely.from_wkb(row["footprint"])
        for row in table.to_pylist()
        if row["footprint"]
    }
    assert sorted(made) == sorted(r["view_id"] for r in rows if r["role"] == "nadir")
    assert {p.kind for p in problems} == {"not-nadir"}
    assert len(problems) == 13
    camera = next(r for r in rows if r["role"] == "ground")
    inside = [
        name
        for name, shape in made.items()
        if shape.contains_properly(shapely.Point(camera["lon"], camera["lat"]))
    ]
    assert "chia-co/nadir_DJI_0211.jpg" in inside
    assert "chia-co/nadir_DJI_0058.jpg" in inside
    assert "chia-co/nadir_DJI_0190.jpg" not in inside
