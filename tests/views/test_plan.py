"""Which tiles a plan lists, and what it says about them."""

import csv
import json
import math
from pathlib import Path

import geopandas
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from typer.testing import CliRunner

from geobench_tools.cli import app
from geobench_tools.errors import InputError
from geobench_tools.geo import haversine_m, tile_bounds
from geobench_tools.views import (
    PlanOptions,
    ViewTable,
    plan_tiles,
    read_views,
    view_schema,
    write_views,
)


def write_ground(path: Path, lat, lon, prefix: str = "v", kind: str = "ground") -> Path:
    """Write a view table of positions."""
    rows = len(lat)
    columns = {
        "view_id": [f"{prefix}{i}" for i in range(rows)],
        "kind": [kind] * rows,
        "lat": np.asarray(lat, float),
        "lon": np.asarray(lon, float),
    }
    write_views(ViewTable(pa.table(columns)), path)
    return path


def reference_tile(lat: float, lon: float, zoom: int) -> tuple[int, int]:
    """Slippy-map arithmetic in its usual textbook form."""
    phi = math.radians(lat)
    across = (lon + 180) / 360
    down = (1 - math.log(math.tan(phi) + 1 / math.cos(phi)) / math.pi) / 2
    return int(across * 2**zoom), int(down * 2**zoom)


@pytest.fixture
def towns(tmp_path) -> Path:
    rng = np.random.default_rng(3)
    lat = np.repeat([51.5, -33.9, 0.0, 69.6], 50) + rng.normal(0, 0.002, 200)
    lon = np.repeat([-0.1, 18.4, 179.999, -51.0], 50) + rng.normal(0, 0.002, 200)
    return write_ground(tmp_path / "towns.parquet", lat, (lon + 180) % 360 - 180)


def test_each_camera_lies_in_its_tile(towns, tmp_path):
    report = plan_tiles([towns], tmp_path / "plan.parquet", PlanOptions(zoom=18))
    views, plan = read_views(towns).table, read_views(tmp_path / "plan.parquet").table
    tiles = {row["view_id"]: row for row in plan.to_pylist()}
    counted = dict.fromkeys(tiles, 0)
    for view in views.to_pylist():
        x, y = reference_tile(view["lat"], view["lon"], 18)
        box = tiles[f"18/{x}/{y}"]["bbox"]
        assert box["xmin"] <= view["lon"] < box["xmax"]
        assert box["ymin"] < view["lat"] <= box["ymax"]
        counted[f"18/{x}/{y}"] += 1
    assert counted == {name: row["ground_views"] for name, row in tiles.items()}
    assert min(counted.values()) == 1
    assert (report.tiles, report.camera_tiles) == (len(tiles), len(tiles))
    assert report.most_views == max(counted.values())


def test_plan_is_a_view_table_with_true_sizes(towns, tmp_path):
    plan_tiles([towns], tmp_path / "plan.parquet", PlanOptions(zoom=16, tile_px=512))
    table = read_views(tmp_path / "plan.parquet").table
    known = [name for name in view_schema().names if name in table.column_names]
    assert table.column_names == [*known, "z", "x", "y", "ground_views"]
    for name in known:
        assert table.schema.field(name).type == view_schema().field(name).type
    assert set(table["kind"].to_pylist()) == {"satellite"}
    assert set(table["width"].to_pylist()) == set(table["height"].to_pylist()) == {512}

    frame = geopandas.read_parquet(tmp_path / "plan.parquet")
    assert frame.crs.name == "WGS 84 (CRS84)"
    lat, lon, gsd = (table[name].to_numpy() for name in ("lat", "lon", "gsd_m"))
    west, south, east, north = frame.geometry.bounds.to_numpy().T
    assert np.all((south < lat) & (lat < north) & (west < lon) & (lon < east))
    across = haversine_m(lat, west, lat, east) * (6_378_137.0 / 6_371_008.8)
    np.testing.assert_allclose(across, 512 * gsd, rtol=1e-9)
    ids = [f"{z}/{x}/{y}" for z, x, y in zip(*(table[c].to_pylist() for c in "zxy"), strict=True)]
    assert ids == table["view_id"].to_pylist()


def test_row_order_and_file_borders_change_nothing(towns, tmp_path):
    table = read_views(towns).table
    shuffled = table.take(pa.array(np.random.default_rng(1).permutation(len(table))))
    parts = []
    for name, part in (("a", shuffled.slice(0, 70)), ("b", shuffled.slice(70))):
        parts.append(tmp_path / f"{name}.parquet")
        write_views(ViewTable(part), parts[-1])
    plan_tiles([towns], tmp_path / "one.parquet", PlanOptions(neighbours=1))
    plan_tiles(parts, tmp_path / "two.parquet", PlanOptions(neighbours=1))
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_neighbours_wrap_at_180_and_end_at_the_poles(tmp_path):
    views = write_ground(tmp_path / "v.parquet", [0.1, 85.04], [-179.99, 10.0])
    report = plan_tiles([views], tmp_path / "p.parquet", PlanOptions(zoom=10, neighbours=1))
    rows = read_views(tmp_path / "p.parquet").table.to_pylist()
    x, y = reference_tile(85.04, 10.0, 10)
    assert y == 0
    expected = {(c, r) for c in (1023, 0, 1) for r in (510, 511, 512)}
    expected |= {(c, r) for c in (x - 1, x, x + 1) for r in (0, 1)}
    assert {(row["x"], row["y"]) for row in rows} == expected
    assert {(row["x"], row["y"]) for row in rows if row["ground_views"]} == {(0, 511), (x, 0)}
    assert (report.tiles, report.camera_tiles) == (15, 2)


def test_neighbours_of_the_whole_world(tmp_path):
    views = write_ground(tmp_path / "v.parquet", [10.0], [10.0])
    for zoom, tiles in ((0, 1), (1, 4)):
        options = PlanOptions(zoom=zoom, neighbours=3)
        assert plan_tiles([views], tmp_path / "p.parquet", options).tiles == tiles


def test_views_beyond_web_mercator_are_named(tmp_path):
    lat = [89.0, 85.06, 85.05, -85.06, 10.0, *[-88.0] * 6]
    views = write_ground(tmp_path / "v.parquet", lat, [0.0] * 11)
    report = plan_tiles([views], tmp_path / "p.parquet", PlanOptions(zoom=4))
    assert (report.ground_views, report.beyond_limit, report.tiles) == (11, 9, 2)
    assert report.beyond_examples[:2] == ("v0 (89.0000°)", "v1 (85.0600°)")
    assert len(report.beyond_examples) == 5
    planned = read_views(tmp_path / "p.parquet").table["ground_views"].to_pylist()
    assert sum(planned) == report.ground_views - report.beyond_limit
    manifest = json.loads((tmp_path / "p.manifest.json").read_text())
    assert manifest["kind"] == "tile-plan"
    assert manifest["dropped"] == {"beyond-web-mercator": 9}


def test_satellite_views_need_no_tile(tmp_path):
    ground = write_ground(tmp_path / "g.parquet", [10.0], [20.0])
    tiles = write_ground(tmp_path / "s.parquet", [50.0], [20.0], kind="satellite")
    report = plan_tiles([ground, tiles], tmp_path / "p.parquet", PlanOptions())
    assert (report.ground_views, report.tiles) == (1, 1)
    with pytest.raises(InputError, match="no ground view"):
        plan_tiles([tiles], tmp_path / "p.parquet", PlanOptions())


@pytest.mark.parametrize(
    ("options", "tile_bytes"),
    [
        (PlanOptions(), 16_384),
        (PlanOptions(tile_px=512), 65_536),
        (PlanOptions(image_format="png"), 114_688),
        (PlanOptions(tile_bytes=20_000), 20_000),
    ],
)
def test_estimates(towns, tmp_path, options, tile_bytes):
    report = plan_tiles([towns], tmp_path / "p.parquet", options)
    assert report.tile_bytes == tile_bytes
    assert report.bytes == tile_bytes * report.tiles
    assert report.seconds == report.tiles / 5


@pytest.mark.parametrize(
    "options",
    [
        PlanOptions(zoom=29),
        PlanOptions(zoom=-1),
        PlanOptions(tile_px=300),
        PlanOptions(neighbours=-1),
        PlanOptions(neighbours=99),
        PlanOptions(image_format="tiff"),
        PlanOptions(tile_bytes=0),
        PlanOptions(rate=0),
        PlanOptions(rate=math.inf),
        PlanOptions(rate=math.nan),
    ],
)
def test_options_out_of_range(towns, tmp_path, options):
    with pytest.raises(InputError) as error:
        plan_tiles([towns], tmp_path / "p.parquet", options)
    assert error.value.hint
    assert not (tmp_path / "p.parquet").exists()


@pytest.mark.parametrize(
    ("lat", "lon"), [(91.0, 0.0), (0.0, 180.5), (math.nan, 0.0), (0.0, math.inf)]
)
def test_positions_that_are_none(tmp_path, lat, lon):
    views = write_ground(tmp_path / "v.parquet", [1.0, lat], [1.0, lon])
    with pytest.raises(InputError, match="v1"):
        plan_tiles([views], tmp_path / "p.parquet", PlanOptions())


def test_sources_that_are_no_view_tables(tmp_path):
    plain = tmp_path / "plain.parquet"
    pq.write_table(pa.table({"lat": [1.0]}), plain)
    text = tmp_path / "text.parquet"
    text.write_text("lat,lon\n1,2\n")
    for source, words in (
        (plain, "not a view table"),
        (text, "not a Parquet file"),
        (tmp_path / "none.parquet", "does not exist"),
        (tmp_path, "not a Parquet file"),
    ):
        with pytest.raises(InputError, match=words):
            plan_tiles([source], tmp_path / "p.parquet", PlanOptions())
    with pytest.raises(InputError) as caught:
        plan_tiles([text], tmp_path / "p.parquet", PlanOptions())
    assert caught.value.hint == f"geor1 index {text} -o views.parquet"


def test_sources_are_not_overwritten(towns, tmp_path):
    before = towns.read_bytes()
    with pytest.raises(InputError, match="would be overwritten"):
        plan_tiles([towns], towns, PlanOptions())
    assert towns.read_bytes() == before
    with pytest.raises(InputError, match="no Parquet file name"):
        plan_tiles([towns], tmp_path / "plan.csv", PlanOptions())


def test_command(towns, tmp_path):
    plan = tmp_path / "plan.parquet"
    shown = CliRunner().invoke(app, ["plan-tiles", str(towns), "-o", str(plan), "--zoom", "17"])
    assert shown.exit_code == 0, shown.output
    assert "of 256 px at zoom 17" in shown.stdout
    asked = [
        "plan-tiles",
        str(towns),
        str(towns),
        "-o",
        str(plan),
        "--json",
        "--tile-bytes",
        "10kB",
    ]
    document = json.loads(CliRunner().invoke(app, asked).stdout)
    assert document["ground_views"] == 400
    assert document["bytes"] == 10_000 * document["tiles"]
    manifest = json.loads((tmp_path / "plan.manifest.json").read_text())
    assert manifest["parameters"]["zoom"] == 18
    assert [entry["path"] for entry in manifest["inputs"]] == [str(towns)] * 2
    refused = CliRunner().invoke(app, ["plan-tiles", str(towns), "-o", str(plan), "--zoom", "40"])
    assert refused.exit_code == 2
    assert "zoom 40" in refused.stderr


def test_a_camera_on_an_edge_lies_in_the_tile_by_its_bounds(tmp_path):
    rng = np.random.default_rng(5)
    x, y = rng.integers(0, 1 << 18, (2, 500))
    bounds = tile_bounds(x, y, 18)
    for shift, lat in ((0, bounds.north), (1, np.nextafter(bounds.north, 90.0))):
        source = write_ground(tmp_path / "v.parquet", lat, bounds.west)
        plan_tiles([source], tmp_path / "p.parquet", PlanOptions(zoom=18))
        planned = set(read_views(tmp_path / "p.parquet").table["view_id"].to_pylist())
        wanted = zip(x.tolist(), np.maximum(y - shift, 0).tolist(), strict=True)
        assert planned == {f"18/{a}/{b}" for a, b in wanted}


@pytest.mark.parametrize(
    ("file", "names", "views", "tiles"),
    [
        ("imageo/dataset1_info.csv", ("latitude", "longitude"), 6152, 3629),
        ("geochain/test_samples.csv", ("lat", "lon"), 2100, 2009),
    ],
)
def test_real_positions(shared_data, tmp_path, file, names, views, tiles):
    with (shared_data / file).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    lat, lon = ([float(row[name]) for row in rows] for name in names)
    source = write_ground(tmp_path / "v.parquet", lat, lon)
    report = plan_tiles([source], tmp_path / "p.parquet", PlanOptions(zoom=18))
    assert (report.ground_views, report.beyond_limit, report.tiles) == (views, 0, tiles)
    boxes = geopandas.read_parquet(tmp_path / "p.parquet").geometry
    cameras, covering = shapely.STRtree(boxes).query(shapely.points(lon, lat), "covered_by")
    assert len(set(cameras)) == views
    assert len(set(covering)) == tiles
