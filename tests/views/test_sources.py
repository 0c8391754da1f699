"""Public data sets in their own layouts, as tiny trees that look like them."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from PIL import Image
from pyproj import Geod, Transformer
from scipy.io import savemat

from geobench_tools.errors import InputError
from geobench_tools.geo import ground_sample_distance_m
from geobench_tools.views._options import ReadOptions
from geobench_tools.views._source_layouts import load_layout
from geobench_tools.views._sources import guess_source, read_source

GEOD = Geod(ellps="WGS84")


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def picture(path: Path, px: int = 8) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (px, px)).save(path)


def read(name: str, path: Path, **options):
    raw = read_source(name, path, ReadOptions(**options))
    assert raw.image_root == path
    assert len(raw.files) == len(raw.rows) == raw.table.num_rows
    rows = raw.table.to_pylist()
    ground = {row["view_id"]: row for row in rows if row["kind"] == "ground"}
    tiles = {row["view_id"]: row for row in rows if row["kind"] == "satellite"}
    return raw, ground, tiles


def side_m(tile: dict) -> float:
    return GEOD.geometry_area_perimeter(shapely.from_wkb(tile["footprint"]))[0] ** 0.5


# CV-Cities


@pytest.fixture
def cv_cities(tmp_path) -> Path:
    write(
        tmp_path / "paris/img_info.csv",
        "a1,2.3522,48.8566,paris,paris/sat_images/a1.jpg,paris/pano_images/a1.jpg\n"
        "a2,2.3530,48.8570,paris,paris\\sat_images\\a2.jpg,paris\\pano_images\\a2.jpg\n",
    )
    write(
        tmp_path / "rio/img_info.csv",
        "a1,-43.1729,-22.9068,rio,rio/sat_images/a1.jpg,rio/pano_images/a1.jpg\n",
    )
    return tmp_path


def test_cv_cities_rows_are_pairs(cv_cities):
    raw, ground, tiles = read("cv-cities", cv_cities)
    assert list(ground) == list(tiles) == ["paris/a1", "paris/a2", "rio/a1"]
    assert ground["paris/a2"]["tile_id"] == "paris/a2"
    assert ground["paris/a2"]["image"] == "paris/pano_images/a2.jpg"
    assert tiles["paris/a2"]["image"] == "paris/sat_images/a2.jpg"
    assert tiles["rio/a1"]["tile_id"] is None
    assert (tiles["rio/a1"]["lat"], tiles["rio/a1"]["lon"]) == (-22.9068, -43.1729)
    assert ground["rio/a1"]["place"] == "rio"
    assert "footprint" not in raw.table.column_names
    assert raw.files[-1] == str(cv_cities / "rio/img_info.csv")
    assert raw.rows == [1, 1, 2, 2, 1, 1]
    assert raw.problems == ()
    assert raw.notes == {}


def test_bad_lines_are_named(cv_cities):
    list_file = write(
        cv_cities / "oslo/img_info.csv",
        "b1,10.75,59.91,oslo,s/b1.jpg,p/b1.jpg\n\nb2,10.75,59.91,oslo,s/b2.jpg\n"
        "b3,ten,59.91,oslo,s/b3.jpg,p/b3.jpg\n",
    )
    raw, ground, _ = read("cv-cities", cv_cities)
    assert "oslo/b1" in ground
    assert [(p.file, p.row, p.kind, p.value) for p in raw.problems] == [
        (str(list_file), 3, "ragged-row", "b2,10.75,59.91,oslo,s/b2.jpg"),
        (str(list_file), 4, "non-numeric", "ten"),
        (str(list_file), 4, "non-numeric", "ten"),
    ]


def test_list_in_another_encoding(cv_cities):
    (cv_cities / "paris/img_info.csv").write_bytes("é,1,2,x,y,z\n".encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8"):
        read_source("cv-cities", cv_cities, ReadOptions())


# VIGOR

PANOS = {
    "Chicago": ("KcuqJn_PuuZq3GERzhqG5Q,41.854423,-87.682638,.jpg", 41.85435058, -87.68282621),
    "Seattle": ("--Bm25YXcr-aJ-Nbdz0oIw,47.593046,-122.300124,.jpg", 47.59308, -122.3002),
}


def tile_name(lat: float, lon: float) -> str:
    return f"satellite_{lat}_{lon}.png"


def vigor_line(city: str) -> str:
    pano, lat, lon = PANOS[city]
    others = [tile_name(lat + 3e-4 * i, lon) for i in range(4)]
    return " ".join([pano, *(f"{name} -71.0 {141.0 * i}" for i, name in enumerate(others))]) + "\n"


@pytest.fixture
def vigor(tmp_path) -> Path:
    for city, (_, lat, lon) in PANOS.items():
        tiles = [tile_name(lat + 3e-4 * i, lon) for i in range(5)]
        write(tmp_path / f"splits/{city}/satellite_list.txt", "\n".join(tiles) + "\n")
        write(tmp_path / f"splits/{city}/pano_label_balanced.txt", vigor_line(city))
    write(tmp_path / "splits/Chicago/same_area_balanced_train.txt", vigor_line("Chicago"))
    write(tmp_path / "splits/Seattle/same_area_balanced_test.txt", vigor_line("Seattle"))
    return tmp_path


def test_vigor_panoramas_and_their_tiles(vigor):
    raw, ground, tiles = read("vigor", vigor)
    assert len(tiles) == 10
    for city, (pano, lat, lon) in PANOS.items():
        view = ground[f"{city}/{pano}"]
        assert view["tile_id"] == f"{city}/{tile_name(lat, lon)}"
        assert view["image"] == f"{city}/panorama/{pano}"
        assert view["place"] == city
        tile = tiles[view["tile_id"]]
        assert (tile["lat"], tile["lon"]) == (lat, lon)
        assert (tile["width"], tile["height"]) == (640, 640)
        assert tile["gsd_m"] == pytest.approx(ground_sample_distance_m(lat, 20))
        assert side_m(tile) == pytest.approx(640 * tile["gsd_m"], rel=1e-3)
        assert shapely.contains_xy(shapely.from_wkb(tile["footprint"]), view["lon"], view["lat"])
        assert view["footprint"] is None
        assert view["gsd_m"] is None
    assert raw.problems == ()
    assert raw.rows[:2] == [1, 1]


@pytest.mark.parametrize(
    ("city", "measured"),
    [
        ("NewYork", 0.113248),
        ("Seattle", 0.100817),
        ("SanFrancisco", 0.118141),
        ("Chicago", 0.111262),
    ],
)
def test_vigor_zoom_agrees_with_what_was_measured(city, measured):
    lat = {"NewYork": 40.742, "Seattle": 47.590, "SanFrancisco": 37.764, "Chicago": 41.873}[city]
    tiles = load_layout("vigor").tiles
    assert tiles.zoom is not None
    assert ground_sample_distance_m(lat, tiles.zoom) == pytest.approx(measured, rel=2e-3)


def test_vigor_splits(vigor):
    _, train, tiles = read("vigor", vigor, split="same-area-train")
    assert [view["place"] for view in train.values()] == ["Chicago"]
    assert len(tiles) == 10
    _, test, _ = read("vigor", vigor, split="same-area-test")
    assert [view["place"] for view in test.values()] == ["Seattle"]
    with pytest.raises(InputError, match="no split 'validation'") as caught:
        read("vigor", vigor, split="validation")
    assert "same-area-train" in caught.value.hint


def test_vigor_corrected_labels_come_first(vigor):
    line = vigor_line("Chicago").replace("41.854423", "41.8544")
    write(vigor / "splits__corrected/Chicago/pano_label_balanced__corrected.txt", line)
    raw, ground, _ = read("vigor", vigor)
    assert [view["lat"] for view in ground.values()] == [41.8544]
    assert "splits__corrected" in raw.files[0]


def test_vigor_without_lists_is_read_by_its_names(tmp_path):
    pano, lat, lon = PANOS["Chicago"]
    picture(tmp_path / f"ground/Chicago/{pano}")
    picture(tmp_path / f"satellite/Chicago/{tile_name(lat, lon)}", 320)
    raw, ground, tiles = read("vigor", tmp_path)
    [view], [tile] = ground.values(), tiles.values()
    assert "tile_id" not in view
    assert (view["lat"], view["lon"]) == (41.854423, -87.682638)
    assert (tmp_path / view["image"]).is_file()
    assert (tmp_path / tile["image"]).is_file()
    assert tile["width"] == 320
    assert tile["gsd_m"] == pytest.approx(2 * ground_sample_distance_m(lat, 20))
    assert side_m(tile) == pytest.approx(640 * ground_sample_distance_m(lat, 20), rel=1e-3)
    assert raw.notes == {"tiles of 320 x 320 pixels, published with 640": 1}


def test_vigor_in_the_other_folder_order(vigor):
    pano, lat, lon = PANOS["Seattle"]
    picture(vigor / f"ground/Seattle/{pano}")
    picture(vigor / f"satellite/Seattle/{tile_name(lat, lon)}", 640)
    raw, ground, tiles = read("vigor", vigor)
    assert ground[f"Seattle/{pano}"]["image"] == f"ground/Seattle/{pano}"
    assert tiles[f"Seattle/{tile_name(lat, lon)}"]["image"].startswith("satellite/Seattle/")
    assert raw.notes == {}


def test_vigor_faults(vigor):
    city = "Chicago"
    odd = vigor_line(city).replace("KcuqJn_PuuZq3GERzhqG5Q,41.854423,", "nameless,")
    lost = (
        vigor_line(city).replace("KcuqJ", "OTHER").replace("satellite_41.8543", "satellite_40.0", 1)
    )
    file = write(vigor / f"splits/{city}/pano_label_balanced.txt", odd + lost + vigor_line(city))
    raw, ground, _ = read("vigor", vigor)
    assert [(p.file, p.row, p.column, p.kind) for p in raw.problems] == [
        (str(file), 1, "panorama", "unreadable-name"),
        (str(file), 2, "tile_id", "unknown-tile"),
    ]
    assert len(ground) == 2


def test_what_is_missing_is_noted(vigor):
    for city in PANOS:
        (vigor / f"splits/{city}/pano_label_balanced.txt").unlink()
    raw, ground, tiles = read("vigor", vigor)
    assert ground == {}
    assert len(tiles) == 10
    assert list(raw.notes) == [
        "no list of ground views, but of the splits same-area-train, same-area-test"
    ]


# CVUSA


@pytest.fixture
def cvusa(tmp_path) -> Path:
    def line(n: int) -> str:
        name = f"{n:07}"
        return (
            f"bingmap/19/{name}.jpg,streetview/panos/{name}.jpg,streetview/annotations/{name}.png\n"
        )

    write(tmp_path / "splits/train-19zl.csv", line(3) + line(1))
    write(tmp_path / "splits/val-19zl.csv", line(2))
    write(
        tmp_path / "split_locations/all.csv",
        "36.1,-86.7,36.10001,-86.70001,0\n40.7,-74.0,40.7,-74.0,0\n38.5,-90.2,38.5,-90.2,0\n",
    )
    return tmp_path


def test_cvusa_positions_by_number(cvusa):
    raw, ground, tiles = read("cvusa", cvusa)
    assert list(ground) == ["0000003", "0000001", "0000002"]
    assert (tiles["0000001"]["lat"], tiles["0000001"]["lon"]) == (36.1, -86.7)
    assert (ground["0000001"]["lat"], ground["0000001"]["lon"]) == (36.10001, -86.70001)
    assert ground["0000001"]["tile_id"] == "0000001"
    assert ground["0000003"]["image"] == "streetview/panos/0000003.jpg"
    assert tiles["0000003"]["lat"] == 38.5
    assert side_m(tiles["0000003"]) == pytest.approx(
        750 * ground_sample_distance_m(38.5, 19), rel=1e-3
    )
    assert raw.problems == ()
    assert list(read("cvusa", cvusa, split="val")[1]) == ["0000002"]


def test_cvusa_without_positions_says_where_to_get_them(cvusa):
    (cvusa / "split_locations/all.csv").unlink()
    with pytest.raises(InputError, match="no positions") as caught:
        read_source("cvusa", cvusa, ReadOptions())
    assert "split_locations/all.csv" in caught.value.hint


def test_cvusa_number_beyond_the_positions(cvusa):
    write(cvusa / "split_locations/all.csv", "36.1,-86.7,36.1,-86.7,0\n\n38.5,-90.2,38.5\n")
    raw, ground, _ = read("cvusa", cvusa)
    assert list(ground) == ["0000001"]
    assert [(Path(p.file).name, p.row, p.kind, p.value) for p in raw.problems] == [
        ("train-19zl.csv", 1, "no-position", "3"),
        ("val-19zl.csv", 1, "no-position", "2"),
    ]


# CVACT

CANBERRA = [(-35.2809, 149.1300), (-35.3075, 149.1244), (-35.2042, 149.0720)]
PANO_IDS = ["pXO99cAVXvovXTUqlcCO1A", "-Bm25YXcr_aJ-Nbdz0oIwx", "KcuqJn-PuuZq3GERzhqG5Q"]


def cvact(folder: Path, *, swapped: bool = False, **save) -> Path:
    transform = Transformer.from_crs("EPSG:4326", "EPSG:32755").transform
    utm = np.array([transform(lat, lon) for lat, lon in CANBERRA])
    savemat(
        folder / "ACT_data.mat",
        {
            "panoIds": np.array(PANO_IDS),
            "utm": utm[:, ::-1] if swapped else utm,
            "trainSet": {"trainList": np.array([[1.0]]), "trainInd": np.array([[3], [1]])},
            "valSet": {"valInd": np.array([[2]], np.uint16)},
            "valSetAll": {"valInd": np.array([[2]], np.uint16)},
        },
        **save,
    )
    return folder


def test_cvact_positions_in_utm(tmp_path):
    raw, ground, tiles = read("cvact", cvact(tmp_path))
    assert list(ground) == PANO_IDS
    for pano, (lat, lon) in zip(PANO_IDS, CANBERRA, strict=True):
        assert (ground[pano]["lat"], ground[pano]["lon"]) == pytest.approx((lat, lon), abs=1e-8)
        assert ground[pano]["tile_id"] == pano
    tile = tiles[PANO_IDS[2]]
    assert tile["gsd_m"] == pytest.approx(0.1219 / 2, rel=2e-3)
    assert side_m(tile) == pytest.approx(73.2, rel=2e-3)
    assert tile["image"] == f"ANU_data_small/satview_polish/{PANO_IDS[2]}_satView_polish.jpg"
    assert raw.problems == ()
    assert raw.rows == [1, 1, 2, 2, 3, 3]


def test_cvact_splits_and_both_image_folders(tmp_path):
    cvact(tmp_path)
    picture(tmp_path / f"ANU_data_test/streetview/{PANO_IDS[1]}_grdView.jpg")
    raw, ground, _ = read("cvact", tmp_path, split="train")
    assert list(ground) == [PANO_IDS[2], PANO_IDS[0]]
    assert raw.rows == [3, 3, 1, 1]
    _, ground, _ = read("cvact", tmp_path, split="val")
    assert ground[PANO_IDS[1]]["image"].startswith("ANU_data_test/streetview/")


@pytest.mark.parametrize("save", [{"do_compression": True}, {"format": "4"}])
def test_cvact_is_read_as_saved(tmp_path, save):
    if save.get("format") == "4":
        savemat(tmp_path / "ACT_data.mat", {"utm": np.ones((2, 2))}, **save)
        with pytest.raises(InputError, match="has no panoIds"):
            read_source("cvact", tmp_path, ReadOptions())
        return
    assert len(read("cvact", cvact(tmp_path, **save))[1]) == 3


def test_cvact_positions_that_are_not_canberra(tmp_path):
    raw, ground, _ = read("cvact", cvact(tmp_path, swapped=True))
    assert ground == {}
    assert {p.kind for p in raw.problems} == {"out-of-range"}
    assert "exchanged" in raw.problems[0].remedy


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no matlab", "no MATLAB file"),
        (b"", "no MATLAB file"),
        (b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\0" * 400, "MATLAB 7.3"),
    ],
)
def test_cvact_file_that_is_none(tmp_path, content, message):
    (tmp_path / "ACT_data.mat").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_source("cvact", tmp_path, ReadOptions())


def test_layout_is_recognised(vigor, tmp_path_factory):
    assert guess_source(vigor) == "vigor"
    assert guess_source(cvact(tmp_path_factory.mktemp("act"))) == "cvact"
    assert guess_source(tmp_path_factory.mktemp("empty")) is None
    with pytest.raises(InputError, match="does not hold CV-Cities") as caught:
        read_source("cv-cities", vigor, ReadOptions())
    assert caught.value.hint == "it looks like --source vigor"


def test_lists_behind_links_that_leave_the_folder_are_not_read(cv_cities, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    write(outside / "img_info.csv", "x,1,2,x,s/x.jpg,p/x.jpg\n")
    (cv_cities / "linked").symlink_to(outside)
    _, ground, _ = read("cv-cities", cv_cities)
    assert "linked/x" not in ground
