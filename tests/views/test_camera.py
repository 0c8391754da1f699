"""Frames that look down: what they show of the ground, and which of them are no tiles."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import Geod

from geobench_tools.views import IndexResult, ReadOptions, index_views
from geobench_tools.views._camera import camera_footprints

GEOD = Geod(ellps="WGS84")
SATELLITE = ReadOptions(kind="satellite")


def sides_m(polygon: shapely.Polygon) -> tuple[float, float]:
    """Length of the first and of the last side of a quadrilateral, geodesic."""
    ring = list(polygon.exterior.coords)
    assert len(ring) == 5
    (x0, y0), (x1, y1), (x3, y3) = ring[0], ring[1], ring[3]
    return GEOD.inv(x0, y0, x1, y1)[2], GEOD.inv(x0, y0, x3, y3)[2]


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


def overhead(**changes: Any) -> dict[str, Any]:
    row = {
        "lat": 4.867,
        "lon": -74.061,
        "altitude_m": "100.0",
        "focal_35mm": "24",
        "pitch_deg": -89.9,
        "heading_deg": 0,
        "width": 3000,
        "height": 2000,
    }
    return row | changes


def index(folder: Path, *rows: dict[str, Any]) -> IndexResult:
    path = folder / "frames.jsonl"
    numbered = ({"id": i, **row} for i, row in enumerate(rows, start=1))
    path.write_text("\n".join(map(json.dumps, numbered)))
    return index_views([path], SATELLITE)


def views(result: IndexResult) -> list[dict[str, Any]]:
    assert result.error is None
    assert result.views is not None
    return result.views.table.to_pylist()


def test_frames_get_footprint_box_and_gsd(tmp_path):
    own = shapely.box(-74.1, 4.8, -74.0, 4.9).wkt
    rows = views(
        index(
            tmp_path,
            overhead(),
            overhead(kind="ground", lat=4.8),
            overhead(altitude_m=None, lat=4.7),
            overhead(footprint=own, gsd_m=1.0, lat=4.85),
            overhead(gsd_m=2.0, lat=4.6),
        )
    )
    assert [row["gsd_m"] for row in rows] == [pytest.approx(0.05, rel=1e-4), None, None, 1.0, 2.0]
    assert [row["bbox"] is not None for row in rows] == [True, False, False, True, True]
    assert shapely.from_wkb(rows[3]["footprint"]).equals(shapely.from_wkt(own))
    for row in (rows[0], rows[4]):
        width, _ = sides_m(shapely.from_wkb(row["footprint"]))
        assert width == pytest.approx(150.0, rel=1e-3)


@pytest.mark.parametrize(
    ("changes", "column", "kind"),
    [
        ({"pitch_deg": -61.6}, "pitch_deg", "not-nadir"),
        ({"pitch_deg": 0}, "pitch_deg", "not-nadir"),
        ({"pitch_deg": None}, "pitch_deg", "no-footprint"),
        ({"heading_deg": None}, "heading_deg", "no-footprint"),
        ({"width": None}, "width", "no-footprint"),
        ({"width": None, "pitch_deg": 0}, "width", "no-footprint"),
        ({"focal_35mm": "24 mm"}, "focal_35mm", "non-numeric"),
        ({"focal_35mm": "0"}, "focal_35mm", "out-of-range"),
        ({"altitude_m": "-3"}, "altitude_m", "out-of-range"),
        ({"altitude_m": "0"}, "altitude_m", "out-of-range"),
        ({"pitch_deg": -106}, "pitch_deg", "out-of-range"),
        ({"pitch_deg": 400}, "pitch_deg", "out-of-range"),
    ],
)
def test_frames_that_cannot_be_tiles_are_named(changes, column, kind, tmp_path):
    good = [overhead(lat=4.0 + i / 10) for i in range(3)]
    result = index(tmp_path, *good, overhead(**changes))
    assert [(p.row, p.column, p.kind) for p in result.problems] == [(4, column, kind)]
    assert result.problems[0].remedy
    assert result.views is not None
    assert result.views.table["footprint"].null_count == 0


def test_a_missing_column_is_a_fault_of_all(tmp_path):
    rows = [{k: v for k, v in overhead(lat=i).items() if k != "pitch_deg"} for i in (1, 2)]
    result = index(tmp_path, *rows)
    assert [(f.kind, f.column) for f in result.faults] == [("no-footprint", "pitch_deg")]


def test_drone_block(shared_data, tmp_path):
    table = shared_data / "views" / "metadata.csv"
    options = ReadOptions(kind="satellite", timezone="UTC", on_bad="drop")
    result = index_views([table], options)
    block = [p for p in result.problems if "chia-co" in table.read_text().splitlines()[p.row - 1]]
    assert {p.kind for p in block} == {"not-nadir"}
    assert len(block) == 14
    assert result.views is not None
    made = {
        row["view_id"]: shapely.from_wkb(row["footprint"])
        for row in result.views.table.to_pylist()
        if row["view_id"].startswith("chia-co")
    }
    assert all(name.startswith("chia-co/nadir") for name in made)
    assert len(made) == 12
    camera = shapely.Point(-74.0626071, 4.8676149)
    inside = [name for name, shape in made.items() if shape.contains_properly(camera)]
    assert "chia-co/nadir_DJI_0211.jpg" in inside
    assert "chia-co/nadir_DJI_0058.jpg" in inside
    assert "chia-co/nadir_DJI_0190.jpg" not in inside
