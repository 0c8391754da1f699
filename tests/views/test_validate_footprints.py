"""Footprints of tiles from outlines, bounds, cameras and sizes."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from geobench_tools.geo import geodesic_m
from geobench_tools.views import IndexResult, ReadOptions, index_views

HEADER = "id,lat,lon"


def index(folder: Path, header: str, *rows: str, **options: object) -> IndexResult:
    path = folder / "tiles.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    result = index_views([path], ReadOptions(**{"kind": "satellite", **options}))  # type: ignore[arg-type]
    assert result.error is None, result.error
    return result


def shapes(result: IndexResult) -> list[shapely.Geometry]:
    assert result.views is not None
    return list(shapely.from_wkb(result.views.table["footprint"].to_pylist()))


def boxes(result: IndexResult) -> list[tuple[float, ...]]:
    assert result.views is not None
    return [tuple(box.values()) for box in result.views.table["bbox"].to_pylist()]


def test_wkt_wkb_and_bounds_agree(tmp_path: Path) -> None:
    square = shapely.box(13, 52, 13.5, 52.5)
    results = [
        index(tmp_path, "id,wkt", f'a,"{square.wkt}"'),
        index(tmp_path, "id,geometry", f"a,{square.wkb_hex}"),
        index(tmp_path, "id,wkt", f'a,"{shapely.MultiPolygon([square]).wkt}"'),
        index(tmp_path, "id,west,south,east,north", "a,13,52,13.5,52.5"),
        index(tmp_path, "id,lat,lon,minx,miny,maxx,maxy", "a,52.25,13.25,13,52,13.5,52.5"),
    ]
    path = tmp_path / "tiles.parquet"
    pq.write_table(pa.table({"id": ["a"], "footprint": [square.wkb]}), path)
    results.append(index_views([path], ReadOptions(kind="satellite")))
    for result in results:
        assert result.views is not None
        assert shapes(result)[0].geom_type == "Polygon"
        assert shapely.equals(shapes(result)[0], square)
        assert boxes(result) == [(13.0, 52.0, 13.5, 52.5)]
        assert result.views.table["lat"].to_pylist() == [52.25]
        assert result.views.table["lon"].to_pylist() == [13.25]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("id,west,south,east,north", "a,179.9,-16.6,-179.9,-16.4"),
        ("id,west,south,east,north", "a,179.9,-16.6,180.1,-16.4"),
        (
            "id,wkt",
            'a,"POLYGON ((179.9 -16.6, -179.9 -16.6, -179.9 -16.4, 179.9 -16.4, 179.9 -16.6))"',
        ),
        (
            "id,wkt",
            'a,"POLYGON ((179.9 -16.6, 180.1 -16.6, 180.1 -16.4, 179.9 -16.4, 179.9 -16.6))"',
        ),
        (
            "id,wkt",
            'a,"MULTIPOLYGON (((179.9 -16.6, 180 -16.6, 180 -16.4, 179.9 -16.4, 179.9 -16.6)), '
            '((-180 -16.6, -179.9 -16.6, -179.9 -16.4, -180 -16.4, -180 -16.6)))"',
        ),
        (
            "id,lat,lon,wkt",
            'a,-16.5,179.99,"POLYGON ((179.9 -16.6, -179.9 -16.6, -179.9 -16.4, 179.9 -16.4, '
            '179.9 -16.6))"',
        ),
    ],
)
def test_a_tile_across_the_antimeridian_stays_in_one_piece(
    header: str, row: str, tmp_path: Path
) -> None:
    result = index(tmp_path, header, row)
    [polygon] = shapes(result)
    assert polygon.geom_type == "Polygon"
    assert polygon.area == pytest.approx(0.2 * 0.2)
    assert boxes(result) == [pytest.approx((179.9, -16.6, -179.9, -16.4))]
    assert result.views is not None
    [lon] = result.views.table["lon"].to_pylist()
    assert -180 <= lon < 180
    assert abs(lon) > 179.9


def test_squares_around_centres(tmp_path: Path) -> None:
    result = index(tmp_path, HEADER, "a,52.5,13.4", "b,-33.9,151.2", footprint_size_m=100.0)
    for west, south, east, north in boxes(result):
        middle = (south + north) / 2
        assert geodesic_m(middle, west, middle, east) == pytest.approx(100, rel=1e-3)
        assert geodesic_m(south, west, north, west) == pytest.approx(100, rel=1e-3)
    assert result.sources[0].notes == {"square footprints of 100 m": 2}


def test_size_of_image_times_gsd_comes_before_the_option(tmp_path: Path) -> None:
    result = index(
        tmp_path,
        f"{HEADER},gsd_m,width,height",
        "a,52.5,13.4,0.5,400,200",
        "b,52.6,13.4,,,",
        footprint_size_m=50.0,
    )
    (west, south, east, north), small = boxes(result)
    assert geodesic_m(52.5, west, 52.5, east) == pytest.approx(200, rel=1e-3)
    assert geodesic_m(south, west, north, west) == pytest.approx(100, rel=1e-3)
    assert geodesic_m(small[1], small[0], small[3], small[0]) == pytest.approx(50, rel=1e-3)
    assert result.sources[0].notes == {
        "footprints made from gsd_m and image size": 1,
        "square footprints of 50 m": 1,
    }


def test_overhead_frames_that_state_their_camera(tmp_path: Path) -> None:
    header = f"{HEADER},rel_alt_m,pitch_deg,yaw_deg,f35mm,width,height"
    good = [f"v{i},52.5{i},13.4,100,-90,0,24,1200,800" for i in range(3)]
    result = index(tmp_path, header, *good)
    west, south, east, _ = boxes(result)[0]
    assert geodesic_m(south, west, south, east) == pytest.approx(150, rel=1e-3)
    assert result.views is not None
    assert result.views.table["gsd_m"].to_pylist() == pytest.approx([150 / 1200] * 3)
    assert "altitude_m" not in result.views.table.column_names
    path = tmp_path / "tiles.csv"
    path.write_text("\n".join([header, *good, "d,52.6,13.4,100,-40,0,24,1200,800"]))
    [problem] = index_views([path], ReadOptions(kind="satellite")).problems
    assert (problem.kind, problem.row, problem.column) == ("not-nadir", 5, "pitch_deg")
    assert (problem.file, problem.value) == (str(path), "-40")


def test_projected_positions_and_bounds(tmp_path: Path) -> None:
    from pyproj import Transformer

    lat, lon = Transformer.from_crs("EPSG:25833", "EPSG:4326").transform(389050, 5820050)
    header = "id,x,y,minx,miny,maxx,maxy"
    row = "a,389050,5820050,389000,5820000,389100,5820100"
    result = index(tmp_path, header, row, crs="EPSG:25833")
    assert result.views is not None
    assert result.views.table["lat"].to_pylist() == pytest.approx([lat], abs=1e-9)
    assert result.views.table["lon"].to_pylist() == pytest.approx([lon], abs=1e-9)
    [polygon] = shapes(result)
    assert len(shapely.get_coordinates(polygon)) == 5
    assert polygon.contains(shapely.Point(lon, lat))


def test_other_datums_are_shifted(tmp_path: Path) -> None:
    result = index(tmp_path, HEADER, "a,52.5,13.4", crs="EPSG:4314", kind="ground")
    assert result.views is not None
    [lat], [lon] = (result.views.table[name].to_pylist() for name in ("lat", "lon"))
    assert 10 < geodesic_m(lat, lon, 52.5, 13.4) < 500


def test_longitudes_of_the_0_to_360_convention(tmp_path: Path) -> None:
    result = index(tmp_path, HEADER, "a,52.5,346.6", "b,52.5,359.9", "c,0.5,180", kind="ground")
    assert result.views is not None
    assert result.views.table["lon"].to_pylist() == pytest.approx([-13.4, -0.1, -180.0])
    assert result.sources[0].notes == {
        "longitudes beyond 180 (0..360 convention) brought to -180..180": 2
    }


def test_cameras_are_points_and_positions_keep_every_digit(tmp_path: Path) -> None:
    result = index(tmp_path, HEADER, "a,52.5163001,13.4002944", kind="ground")
    [point] = shapes(result)
    assert (point.x, point.y) == (13.4002944, 52.5163001)
    assert result.views is not None
    assert "bbox" not in result.views.table.column_names


def test_tiles_without_footprint_are_counted(tmp_path: Path) -> None:
    result = index(tmp_path, HEADER, "a,52.5,13.4")
    assert result.sources[0].notes == {
        "tiles without footprint (--footprint-size makes squares)": 1
    }
    assert result.views is not None
    assert "footprint" not in result.views.table.column_names


def test_three_dimensional_outlines_lie_flat(tmp_path: Path) -> None:
    polygon = shapely.Polygon([(13, 52, 5), (14, 52, 5), (14, 53, 5), (13, 53, 5)])
    path = tmp_path / "tiles.parquet"
    pq.write_table(pa.table({"id": ["a"], "geometry": [shapely.to_wkb(polygon)]}), path)
    [shape] = shapes(index_views([path], ReadOptions(kind="satellite")))
    assert not shape.has_z
    assert np.array_equal(shapely.get_coordinates(shape), shapely.get_coordinates(polygon))
