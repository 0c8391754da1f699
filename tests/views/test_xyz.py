"""Trees of web tiles."""

import json
from pathlib import Path

import pytest
import shapely
from PIL import Image

from geobench_tools.errors import InputError
from geobench_tools.geo import ground_sample_distance_m, haversine_m, tile_bounds, tile_of
from geobench_tools.views._options import ReadOptions
from geobench_tools.views._xyz import read_xyz


def tile(root: Path, name: str, px: int = 16) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (px, px), "green").save(path)
    return path


def test_tile_knows_its_place(tmp_path):
    [x], [y] = tile_of([52.52], [13.4], 18)
    tile(tmp_path, f"18/{x}/{y}.png", 256)
    raw = read_xyz(tmp_path, ReadOptions())
    [row] = raw.table.to_pylist()
    bounds = tile_bounds(x, y, 18)
    assert row["view_id"] == f"18/{x}/{y}"
    assert row["kind"] == "satellite"
    assert row["image"] == f"18/{x}/{y}.png"
    assert row["heading_deg"] == 0.0
    assert row["bytes"] == (tmp_path / row["image"]).stat().st_size
    assert tile_of([row["lat"]], [row["lon"]], 18) == ([x], [y])
    polygon = shapely.from_wkb(row["footprint"])
    assert polygon.bounds == (bounds.west, bounds.south, bounds.east, bounds.north)
    assert shapely.contains_xy(polygon, 13.4, 52.52)
    assert row["gsd_m"] == pytest.approx(ground_sample_distance_m(row["lat"], 18))
    width = haversine_m(row["lat"], bounds.west, row["lat"], bounds.east)
    assert row["gsd_m"] * 256 == pytest.approx(float(width), rel=2e-3)


@pytest.mark.parametrize(("name", "px"), [("9/5/7@2x.jpg", 512), ("9/5/7.webp", 512)])
def test_gsd_follows_the_real_pixels(tmp_path, name, px):
    tile(tmp_path, name, px)
    [row] = read_xyz(tmp_path, ReadOptions()).table.to_pylist()
    assert row["view_id"] == "9/5/7"
    assert (row["width"], row["height"]) == (px, px)
    assert row["gsd_m"] == pytest.approx(ground_sample_distance_m(row["lat"], 9, px))


def test_tms_rows_count_from_the_south(tmp_path):
    tile(tmp_path, "2/1/0.png")
    [north] = read_xyz(tmp_path, ReadOptions()).table.to_pylist()
    [south] = read_xyz(tmp_path, ReadOptions(tms=True)).table.to_pylist()
    assert (north["view_id"], south["view_id"]) == ("2/1/0", "2/1/3")
    assert south["lat"] == pytest.approx(-north["lat"])
    assert south["image"] == north["image"] == "2/1/0.png"


def test_mixed_zooms_in_order_and_the_edge_of_the_world(tmp_path):
    for name in ["10/2/3.png", "2/3/1.jpg", "2/0/1.jpg", "0/0/0.png", "10/1/900.png"]:
        tile(tmp_path, name)
    raw = read_xyz(tmp_path, ReadOptions())
    assert raw.table["view_id"].to_pylist() == [
        *("0/0/0", "2/0/1", "2/3/1", "10/1/900", "10/2/3"),
    ]
    world, west, east = (shapely.from_wkb(v.as_py()).bounds for v in raw.table["footprint"][:3])
    assert (world[0], world[2]) == (-180.0, 180.0)
    assert (west[0], east[2]) == (-180.0, 180.0)


def test_tiles_that_cannot_be(tmp_path):
    tile(tmp_path, "3/1/1.png")
    tile(tmp_path, "3/8/1.png")
    tile(tmp_path, "3/1/8.png")
    tile(tmp_path, "31/1/1.png")
    (tmp_path / "3/1/2.png").write_bytes(b"<html>no tile</html>")
    (tmp_path / "readme.txt").write_text("x")
    raw = read_xyz(tmp_path, ReadOptions())
    assert raw.table["view_id"].to_pylist() == ["3/1/1"]
    assert {(p.value or Path(p.file).name, p.kind) for p in raw.problems} == {
        ("3/8/1.png", "tile-out-of-range"),
        ("3/1/8.png", "tile-out-of-range"),
        ("31/1/1.png", "tile-out-of-range"),
        ("2.png", "non-image"),
    }
    assert raw.notes == {"files that are no tiles": 1}


def test_only_bad_tiles_are_still_named(tmp_path):
    tile(tmp_path, "3/8/1.png")
    raw = read_xyz(tmp_path, ReadOptions())
    assert raw.table.num_rows == 0
    assert [p.kind for p in raw.problems] == ["tile-out-of-range"]


def test_provider_of_fetched_tiles(tmp_path):
    tile(tmp_path, "3/1/1.png")
    assert "provider" not in read_xyz(tmp_path, ReadOptions()).table.column_names
    credit = tmp_path / "attribution.json"
    credit.write_text(json.dumps({"source": "x", "provider": "tiles.example"}))
    raw = read_xyz(tmp_path, ReadOptions())
    assert raw.table["provider"].to_pylist() == ["tiles.example"]
    assert raw.notes == {}
    credit.write_text("[]")
    with pytest.raises(InputError, match="names no provider"):
        read_xyz(tmp_path, ReadOptions())


def test_folder_without_tiles_says_where_they_are(tmp_path):
    tile(tmp_path, "layers/sat/18/1/1.png")
    with pytest.raises(InputError, match="holds no tiles") as caught:
        read_xyz(tmp_path, ReadOptions())
    assert caught.value.hint == f"name {tmp_path / 'layers/sat'}"
