"""Folders of GeoTIFFs in any reference system."""

import sys
from pathlib import Path

import numpy as np
import pytest
import shapely
from PIL import Image
from pyproj import Geod, Transformer

from geobench_tools.errors import InputError
from geobench_tools.geo import haversine_m
from geobench_tools.views._options import ReadOptions

rasterio = pytest.importorskip("rasterio")
from rasterio.control import GroundControlPoint  # noqa: E402
from rasterio.transform import Affine  # noqa: E402

from geobench_tools.views._geotiff import read_geotiffs  # noqa: E402

GEOD = Geod(ellps="WGS84")


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def geotiff(path: Path, crs, transform, size=(40, 30), tags=None, imagery=None, gcps=None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = size
    placed = {"transform": transform} if transform is not None else {}
    with rasterio.open(
        *(path, "w"),
        driver="GTiff",
        width=width,
        height=height,
        count=1,
        dtype="uint8",
        crs=crs,
        **placed,
    ) as image:
        image.write(np.zeros((1, height, width), np.uint8))
        image.update_tags(**(tags or {}))
        if imagery:
            image.update_tags(ns="IMAGERY", **imagery)
        if gcps:
            image.gcps = (gcps, crs)
    return path


def around(crs: str, lat: float, lon: float, gsd: float, size=(40, 30), turn=0.0) -> Affine:
    """Geotransform that puts the raster's centre at a position."""
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon, lat)
    half = Affine.translation(-size[0] / 2, -size[1] / 2)
    return Affine.translation(x, y) @ Affine.rotation(turn) @ Affine.scale(gsd, -gsd) @ half


def read_one(folder: Path, **options):
    raw = read_geotiffs(folder, ReadOptions(**options))
    assert raw.problems == ()
    [row] = raw.table.to_pylist()
    return row, shapely.from_wkb(row["footprint"])


@pytest.mark.parametrize(
    ("crs", "lat", "lon"),
    [
        ("EPSG:32617", 29.69, -81.99),
        ("EPSG:25832", 51.5, 7.4),
        ("EPSG:32755", -35.3, 149.1),
        ("EPSG:2056", 46.95, 7.44),
        ("EPSG:3035", 52.5, 13.4),
    ],
)
def test_footprint_of_projected_rasters(tmp_path, crs, lat, lon):
    geotiff(tmp_path / "a/tile.tif", crs, around(crs, lat, lon, 0.5))
    row, polygon = read_one(tmp_path)
    assert row["view_id"] == row["image"] == "a/tile.tif"
    assert row["kind"] == "satellite"
    assert (row["width"], row["height"]) == (40, 30)
    assert haversine_m(row["lat"], row["lon"], lat, lon) < 0.01
    assert row["gsd_m"] == pytest.approx(0.5, rel=2e-3)
    area, _ = GEOD.geometry_area_perimeter(polygon)
    assert area == pytest.approx(20 * 15, rel=5e-3)
    assert shapely.contains_xy(polygon, lon, lat)
    assert len(polygon.exterior.coords) == 5
    assert row["bytes"] == (tmp_path / row["image"]).stat().st_size


def test_web_mercator_gsd_is_measured_on_the_ground(tmp_path):
    geotiff(tmp_path / "a.tif", "EPSG:3857", around("EPSG:3857", 60.0, 10.0, 1.0))
    row, _ = read_one(tmp_path)
    assert row["gsd_m"] == pytest.approx(0.5, rel=5e-3)


def test_degrees_and_heading(tmp_path):
    geotiff(tmp_path / "a.tif", "EPSG:4326", Affine(1e-5, 0, 13.4, 0, -1e-5, 52.5))
    row, polygon = read_one(tmp_path)
    assert polygon.bounds == pytest.approx((13.4, 52.4997, 13.4004, 52.5))
    assert row["heading_deg"] == pytest.approx(0.0, abs=1e-6)


def test_turned_raster(tmp_path):
    geotiff(tmp_path / "a.tif", "EPSG:32633", around("EPSG:32633", 52.0, 15.0, 1.0, turn=-30.0))
    row, polygon = read_one(tmp_path)
    assert row["heading_deg"] == pytest.approx(30.0, abs=0.01)
    assert row["gsd_m"] == pytest.approx(1.0, rel=1e-3)
    assert GEOD.geometry_area_perimeter(polygon)[0] == pytest.approx(1200, rel=2e-3)


def test_wide_raster_keeps_its_curved_sides(tmp_path):
    geotiff(
        tmp_path / "a.tif",
        "EPSG:3035",
        around("EPSG:3035", 60.0, 25.0, 5000.0, (200, 100)),
        (200, 100),
    )
    _, polygon = read_one(tmp_path)
    assert len(polygon.exterior.coords) > 20
    assert GEOD.geometry_area_perimeter(polygon)[0] == pytest.approx(1000e3 * 500e3, rel=5e-3)


def test_antimeridian(tmp_path):
    geotiff(tmp_path / "fiji.tif", "EPSG:3832", around("EPSG:3832", -17.0, 180.0, 10.0))
    row, polygon = read_one(tmp_path)
    assert row["lon"] == pytest.approx(-180.0, abs=1e-6) or row["lon"] == pytest.approx(180.0)
    assert -180.0 <= row["lon"] < 180.0
    assert shapely.contains_xy(polygon, row["lon"], row["lat"])
    assert polygon.bounds[2] - polygon.bounds[0] < 0.01


def test_pole_is_refused(tmp_path):
    geotiff(tmp_path / "pole.tif", "EPSG:3413", Affine(100, 0, -2000, 0, -100, 1500))
    [problem] = read_geotiffs(tmp_path, ReadOptions()).problems
    assert problem.kind == "out-of-range"
    assert "pole" in problem.message


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_what_is_not_georeferenced_is_named(tmp_path):
    place = around("EPSG:32633", 52.0, 15.0, 1.0)
    geotiff(tmp_path / "good.tif", "EPSG:32633", place)
    geotiff(tmp_path / "nocrs.tif", None, place)
    geotiff(tmp_path / "nowhere.tif", "EPSG:32633", None)
    geotiff(tmp_path / "local.tif", 'LOCAL_CS["site grid",UNIT["metre",1]]', place)
    corners = [(0, 0, 14.0, 53.0), (0, 40, 15.0, 53.0), (30, 0, 14.0, 52.0), (30, 40, 15.0, 52.0)]
    points = [GroundControlPoint(row=r, col=c, x=x, y=y) for r, c, x, y in corners]
    geotiff(tmp_path / "points.tif", "EPSG:4326", None, gcps=points)
    Image.new("L", (4, 4)).save(tmp_path / "plain.TIFF")
    (tmp_path / "text.tif").write_text("no tiff")
    (tmp_path / "cut.tif").write_bytes((tmp_path / "good.tif").read_bytes()[:100])
    (tmp_path / "notes.txt").write_text("x")
    raw = read_geotiffs(tmp_path, ReadOptions())
    assert raw.table["view_id"].to_pylist() == ["good.tif"]
    assert {Path(p.file).name: p.kind for p in raw.problems} == {
        "nocrs.tif": "unknown-crs",
        "nowhere.tif": "no-position",
        "local.tif": "unknown-crs",
        "points.tif": "no-position",
        "plain.TIFF": "no-position",
        "text.tif": "broken-image",
        "cut.tif": "broken-image",
    }
    assert all(p.remedy for p in raw.problems)
    assert "ground control points" in next(p.message for p in raw.problems if "points" in p.file)
    assert raw.notes == {"files that are no TIFFs": 1}


def test_crs_option_overrides(tmp_path):
    geotiff(tmp_path / "nocrs.tif", None, around("EPSG:32633", 52.0, 15.0, 1.0))
    row, _ = read_one(tmp_path, crs="EPSG:32633")
    assert (row["lat"], row["lon"]) == pytest.approx((52.0, 15.0))
    with pytest.raises(InputError, match="EPSG:99999"):
        read_geotiffs(tmp_path, ReadOptions(crs="EPSG:99999"))


@pytest.mark.parametrize("crs", ["EPSG:3857", "EPSG:32633"])
def test_position_out_of_the_projection(tmp_path, crs):
    geotiff(tmp_path / "far.tif", crs, Affine(1, 0, 1e30, 0, -1, 1e30))
    [problem] = read_geotiffs(tmp_path, ReadOptions()).problems
    assert problem.kind == "out-of-range"


@pytest.mark.parametrize(
    ("tags", "imagery", "expected"),
    [
        ({}, {}, None),
        ({"TIFFTAG_DATETIME": "2020:05:01 12:00:00"}, {}, "2020:05:01 12:00:00"),
        ({"ACQUISITION_DATE": "2020-05-01"}, {}, "2020-05-01"),
        (
            {"TIFFTAG_DATETIME": "2024:01:01 00:00:00", "acquisition_time": "2020-05-01T12:00:00Z"},
            {},
            "2020-05-01T12:00:00Z",
        ),
        ({}, {"ACQUISITIONDATETIME": "2020-05-01 12:00:00"}, "2020-05-01 12:00:00Z"),
        ({}, {"ACQUISITIONDATETIME": "2020-05-01 12:00:00+00:00"}, "2020-05-01 12:00:00+00:00"),
    ],
)
def test_time_of_acquisition(tmp_path, tags, imagery, expected):
    geotiff(
        tmp_path / "a.tif", "EPSG:32633", around("EPSG:32633", 52, 15, 1.0), (4, 4), tags, imagery
    )
    row, _ = read_one(tmp_path)
    assert row.get("captured_at") == expected


def test_satellite_name_is_the_provider(tmp_path):
    place = around("EPSG:32633", 52, 15, 1.0)
    geotiff(tmp_path / "a.tif", "EPSG:32633", place, (4, 4), {}, {"SATELLITEID": "WV03"})
    assert read_one(tmp_path)[0]["provider"] == "WV03"


def test_oversized_raster(tmp_path):
    geotiff(tmp_path / "a.tif", "EPSG:32633", around("EPSG:32633", 52, 15, 1.0))
    [problem] = read_geotiffs(tmp_path, ReadOptions(max_image_pixels=1000)).problems
    assert (problem.kind, problem.value) == ("oversized-image", "40 x 30 pixels")


def test_folder_without_tiffs(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(InputError, match=r"no \.tif files"):
        read_geotiffs(tmp_path, ReadOptions())


def test_missing_package_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(InputError, match="rasterio is not installed") as caught:
        read_geotiffs(tmp_path, ReadOptions())
    assert "geobench-tools[geotiff]" in caught.value.hint


def test_virtual_rasters_are_not_opened(tmp_path):
    geotiff(tmp_path / "a.tif", "EPSG:32633", around("EPSG:32633", 52, 15, 1.0), (4, 4))
    (tmp_path / "b.tif").write_text(
        '<VRTDataset rasterXSize="4" rasterYSize="4"><VRTRasterBand dataType="Byte" band="1">'
        "<SimpleSource><SourceFilename>/etc/hostname</SourceFilename></SimpleSource>"
        "</VRTRasterBand></VRTDataset>"
    )
    raw = read_geotiffs(tmp_path, ReadOptions())
    assert raw.table.num_rows == 1
    assert [p.kind for p in raw.problems] == ["broken-image"]


def test_real_orthophoto(shared_data: Path):
    raw = read_geotiffs(shared_data / "views" / "overhead-us", ReadOptions())
    [row] = raw.table.to_pylist()
    assert haversine_m(row["lat"], row["lon"], 29.6925038, -81.9898910) < 0.05
    assert row["gsd_m"] == pytest.approx(0.1, rel=2e-3)
    assert GEOD.geometry_area_perimeter(shapely.from_wkb(row["footprint"]))[0] == pytest.approx(
        1600, rel=3e-3
    )
