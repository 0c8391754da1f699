"""Footprints of squares, boxes, polygons and cameras that look down."""

import math

import numpy as np
import pytest
import shapely
from pyproj import Geod

from geobench_tools.geo import tile_bounds
from geobench_tools.views._footprints import (
    box_footprints,
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
