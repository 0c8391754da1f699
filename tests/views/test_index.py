"""Indexing: several sources in, one view table, its manifest and the rejected rows out."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from geobench_tools.errors import InputError
from geobench_tools.provenance import digest_input, read_manifest
from geobench_tools.views import (
    IndexResult,
    ReadOptions,
    index_views,
    is_view_table,
    load_views,
    read_views,
)
from geobench_tools.views._dispatch import folder_reader

TILES = """id,lat,lon,gsd,width,height,image
t1,52.51,13.41,0.3,512,512,1.png
t2,52.52,13.42,0.3,512,512,2.png
"""
GROUND = ReadOptions(kind="ground")


@pytest.fixture
def tiles(tmp_path: Path) -> Path:
    path = tmp_path / "sat" / "tiles.csv"
    path.parent.mkdir()
    path.write_text(TILES)
    return path


def columns(result: IndexResult, *names: str) -> list[tuple[object, ...]]:
    assert result.views is not None
    return [tuple(row[name] for name in names) for row in result.views.table.to_pylist()]


def test_a_view_table_its_manifest_and_nothing_else(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = index_views([photos], GROUND, output=out / "views.parquet")
    assert result.error is None
    assert sorted(path.name for path in out.iterdir()) == ["views.manifest.json", "views.parquet"]
    views = read_views(out / "views.parquet")
    assert result.views is not None
    assert views.table.equals(result.views.table)
    assert views.image_root == photos.parent
    manifest = read_manifest(out / "views.manifest.json", "views")
    assert manifest.counts == result.counts
    assert result.counts == {"rows": 3, "accepted": 3, "refused": 0, "ground": 3, "satellite": 0}
    assert manifest.parameters["paths"] == [str(photos)]
    assert manifest.parameters["kind"] == "ground"
    assert [entry.path for entry in manifest.inputs] == [str(photos)]
    assert set(manifest.outputs) == {"views.parquet"}


def test_the_same_input_gives_the_same_bytes(photos: Path, tiles: Path, tmp_path: Path) -> None:
    written = []
    for name in ("first.parquet", "second.parquet"):
        output = tmp_path / name
        index_views([photos], GROUND, output=output)
        written.append(output.read_bytes())
    assert written[0] == written[1]


def test_indexing_a_view_table_changes_nothing(photos: Path, tiles: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.parquet", tmp_path / "second.parquet"
    ground = tmp_path / "ground.parquet"
    index_views([photos], GROUND, output=ground)
    index_views([ground, tiles], ReadOptions(kind="satellite"), output=first)
    result = index_views([first], ReadOptions(), output=second)
    assert result.error is None
    assert result.sources[0].notes == {}
    assert first.read_bytes() == second.read_bytes()
    assert result.counts["ground"] == 3
    assert result.counts["satellite"] == 2


def test_sources_of_several_folders_share_one_image_root(
    photos: Path, tiles: Path, tmp_path: Path
) -> None:
    both = tmp_path / "both.jsonl"
    both.write_text(json.dumps({"id": "d", "lat": 52.6, "lon": 13.5, "image": "d.png"}))
    result = index_views([photos, tiles, both], GROUND)
    assert result.views is not None
    assert result.views.image_root == tmp_path
    assert columns(result, "view_id", "image") == [
        *[(name, f"ground/{name}.png") for name in "abc"],
        *[("t1", "sat/1.png"), ("t2", "sat/2.png"), ("d", "d.png")],
    ]


def test_rows_of_several_files_must_not_share_an_id(photos: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("id,lat,lon\nx,1.5,52\nb,1.6,52\n")
    result = index_views([photos, other], GROUND)
    [problem] = result.problems
    assert (problem.file, problem.row, problem.kind) == (str(other), 3, "duplicate-id")
    assert f"{photos} row 3" in problem.message
    assert [source.refused for source in result.sources] == [0, 1]


def test_one_id_may_name_a_photo_and_its_tile(tmp_path: Path) -> None:
    path = tmp_path / "views.csv"
    path.write_text("id,kind,lat,lon\na,ground,52.5,13.4\na,satellite,52.5,13.4\n")
    result = index_views([path], ReadOptions())
    assert result.error is None
    assert columns(result, "view_id", "kind") == [("a", "ground"), ("a", "satellite")]


def test_views_that_look_elsewhere_are_no_duplicates(tmp_path: Path) -> None:
    path = tmp_path / "views.csv"
    rows = [f"v{turn},52.5,13.4,2020-05-01T12:00Z,{turn}" for turn in (0, 90, 180, 270, 360)]
    path.write_text("\n".join(["id,lat,lon,time,heading", *rows]))
    [problem] = index_views([path], GROUND).problems
    assert (problem.kind, problem.row) == ("duplicate-view", 6)
    assert "row 2" in problem.message


def test_equal_positions_of_unknown_time_are_noted_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "views.csv"
    path.write_text("id,lat,lon,time\na,52.5,13.4,\nb,52.5,13.4,\nc,52.6,13.4,2020-05-01\n")
    result = index_views([path], replace(GROUND, timezone="UTC"))
    assert result.counts["accepted"] == 3
    assert result.sources[0].notes == {
        "views at a position that another view has, of unknown time": 1
    }


def test_ids_come_from_images_or_else_from_file_and_row(tmp_path: Path) -> None:
    path = tmp_path / "views.csv"
    path.write_text("lat,lon,image\n52.5,13.4,p/1.jpg\n52.6,13.4,p/2.jpg\n")
    result = index_views([path], GROUND)
    assert columns(result, "view_id") == [("p/1.jpg",), ("p/2.jpg",)]
    assert result.sources[0].notes == {"ids made from image paths": 2}
    path.write_text("lat,lon\n52.5,13.4\n\n52.6,13.4\n")
    result = index_views([path], GROUND)
    assert columns(result, "view_id") == [("views.csv:2",), ("views.csv:4",)]
    assert result.sources[0].notes == {"ids made from file name and row": 2}


def test_dropped_rows_are_listed_and_totals_add_up(photos: Path, tmp_path: Path) -> None:
    bad = ["d,95,13.4,,,", "e,x,nan,never,,", "short", "f,52.6,13.5,,,f.png", "a,52.7,13.6,,,"]
    photos.write_text(photos.read_text() + "\n".join(bad))
    output = tmp_path / "views.parquet"
    strict = index_views([photos], GROUND, output=output)
    assert strict.error is not None
    assert not output.exists()
    options = ReadOptions(kind="ground", on_bad="drop")
    result = index_views([photos], options, output=output)
    assert result.counts == {"rows": 8, "accepted": 4, "refused": 4, "ground": 4, "satellite": 0}
    assert sum(result.dropped.values()) == 4
    with (tmp_path / "rejected.csv").open(newline="") as stream:
        rejected = list(csv.DictReader(stream))
    names = ("row", "kind", "column", "value")
    assert [tuple(entry[name] for name in names) for entry in rejected] == [
        ("5", "out-of-range", "lat", "95"),
        ("6", "non-numeric", "lat", "x"),
        ("6", "nan", "lon", "nan"),
        ("6", "unparsable-time", "time", "never"),
        ("7", "ragged-row", "", "short"),
        ("9", "duplicate-id", "id", "a"),
    ]
    manifest = read_manifest(tmp_path / "views.manifest.json", "views")
    assert manifest.dropped == result.dropped
    assert manifest.counts["rows"] == manifest.counts["accepted"] + sum(manifest.dropped.values())
    assert set(manifest.outputs) == {"views.parquet", "rejected.csv"}


def test_a_fault_of_one_source_keeps_all_from_being_written(photos: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("id;lat;lon\n")
    output = tmp_path / "views.parquet"
    options = ReadOptions(kind="ground", on_bad="drop")
    result = index_views([photos, wrong], options, output=output)
    assert result.error is not None
    assert [(s.rows, s.accepted) for s in result.sources] == [(3, 3), (0, 0)]
    assert not output.exists()


@pytest.mark.parametrize("name", ["views.parquet", "rejected.csv", "views.manifest.json"])
def test_a_source_is_never_overwritten(name: str, photos: Path, tmp_path: Path) -> None:
    source = tmp_path / "views" / name
    source.parent.mkdir()
    source.write_bytes(photos.read_bytes())
    output = tmp_path / "views/../views/views.parquet"
    with pytest.raises(InputError, match="would be overwritten"):
        index_views([photos, source], replace(GROUND, on_bad="drop"), output=output)
    assert source.read_bytes() == photos.read_bytes()
    assert list(source.parent.iterdir()) == [source]


def test_the_digest_of_a_folder_is_that_before_anything_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "17"
    tile = folder / "17/70405/42985.png"
    tile.parent.mkdir(parents=True)
    Image.new("RGB", (256, 256)).save(tile)
    before = digest_input(folder)
    index_views([folder], ReadOptions(), output=folder / "views.parquet")
    assert read_manifest(folder / "views.manifest.json", "views").inputs == (before,)


def test_nothing_left_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "views.csv"
    path.write_text("id,lat,lon\na,95,130\n")
    options = ReadOptions(kind="ground", on_bad="drop")
    result = index_views([path], options, output=tmp_path / "views.parquet")
    assert result.error is not None
    assert "no row" in result.error.message


def test_guesses_that_do_not_fit_are_not_used(tmp_path: Path) -> None:
    path = tmp_path / "views.csv"
    path.write_text("id,lat,lon,date,heading\na,52.5,13.4,spring,north\nb,52.6,13.4,autumn,\n")
    result = index_views([path], GROUND)
    assert result.error is None
    assert result.sources[0].notes == {
        "column 'heading' not used as heading_deg: no value fits": 1,
        "column 'date' not used as captured_at: no value fits": 2,
    }
    mapped = index_views([path], ReadOptions(kind="ground", columns={"heading_deg": "heading"}))
    assert mapped.error is not None


def test_a_column_whose_name_has_braces_is_a_column(tmp_path: Path) -> None:
    path = tmp_path / "views.csv"
    path.write_text("id,{lat},lon,{a}\nx,52.5,13.4,1.png\n")
    options = ReadOptions(kind="ground", columns={"image": "{a}"})
    result = index_views([path], options)
    assert columns(result, "lat", "image") == [(52.5, "1.png")]


def test_a_column_can_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "views.csv"
    path.write_text("id,lat,lon,time\na,52.5,13.4,2020-05-01 12:00\n")
    result = index_views([path], ReadOptions(kind="ground", columns={"captured_at": ""}))
    assert result.views is not None
    assert "captured_at" not in result.views.table.column_names


class TestLoadViews:
    def test_of_any_table(self, photos: Path, tiles: Path) -> None:
        assert len(load_views(photos, "ground")) == 3
        assert len(load_views(tiles, "satellite", ReadOptions(footprint_size_m=50))) == 2
        with pytest.raises(InputError, match="no satellite view"):
            load_views(photos, "satellite", GROUND)

    def test_of_a_view_table_as_it_is(self, photos: Path, tmp_path: Path) -> None:
        output = tmp_path / "views.parquet"
        expected = index_views([photos], GROUND, output=output)
        assert is_view_table(output)
        assert not is_view_table(photos)
        views = load_views(output, "ground")
        assert expected.views is not None
        assert views.table.equals(expected.views.table)
        assert views.image_root == photos.parent
        assert load_views(output, "ground", ReadOptions(image_root=tmp_path)).image_root == tmp_path
        with pytest.raises(InputError, match="no satellite view"):
            load_views(output, "satellite")
        checked = ReadOptions(check_images=True)
        with pytest.raises(InputError, match="no such file"):
            load_views(output, "ground", checked)

    def test_bad_rows_are_told(self, photos: Path) -> None:
        photos.write_text(photos.read_text() + "d,95,13,,,\n")
        with pytest.raises(InputError, match="row 5, column lat, value '95'") as caught:
            load_views(photos, "ground")
        assert "--on-bad drop" in caught.value.hint
        assert len(load_views(photos, "ground", ReadOptions(on_bad="drop"))) == 3


@pytest.mark.parametrize(
    ("files", "reader"),
    [
        (["a.jpg", "sub/b.JPG"], "photos"),
        (["a.jpg", "a.tif", "b.jpg"], "photos"),
        (["a.tif", "sub/b.tiff", "x.aux.xml"], "geotiffs"),
        (["17/70000/43000.png", "17/70000/43001.png"], "xyz"),
        (["data/train-00000.parquet", "README.md"], "dataset"),
        (["dataset_dict.json", "train/state.json"], "dataset"),
        (["a.parquet", "b.jpg"], "photos"),
        (["a.csv"], "photos"),
        (["metadata.csv", "a.jpg"], "photos"),
    ],
)
def test_what_a_folder_holds(files: list[str], reader: str, tmp_path: Path) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert folder_reader(tmp_path) == reader


def test_a_public_data_set_is_known_by_its_lists(tmp_path: Path) -> None:
    folder = tmp_path / "CV-Cities" / "taipei"
    folder.mkdir(parents=True)
    lines = [
        "p1,121.5165,25.0478,taipei,taipei/sat/1.png,taipei/pano/1.jpg",
        "p2,121.5265,95.0478,taipei,taipei/sat/2.png,taipei/pano/2.jpg",
    ]
    (folder / "img_info.csv").write_text("\n".join(lines))
    result = index_views([folder.parent], ReadOptions(on_bad="drop"))
    assert result.error is None
    assert result.sources[0].reader == "cv-cities"
    assert columns(result, "kind", "tile_id") == [("ground", "taipei/p1"), ("satellite", None)]
    assert result.counts["rows"] == result.counts["accepted"] + sum(result.dropped.values())
    assert {(p.row, p.value) for p in result.problems} == {(2, "95.0478")}


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "readme.txt"])
def test_a_folder_without_images_is_told_so(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("id,lat,lon\na,52.51,13.41\n")
    with pytest.raises(InputError, match="holds no images") as caught:
        index_views([tmp_path], GROUND)
    assert "a table by its path" in caught.value.hint


def test_a_single_image_is_to_be_read_by_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    with pytest.raises(InputError, match="no known table suffix") as caught:
        index_views([tmp_path / "a.jpg"], GROUND)
    assert "images are read by the folder" in caught.value.hint


@pytest.mark.parametrize("name", ["photos.csv", "ground/photos.parquet", "ground/other", "a b/c"])
def test_what_does_not_exist_is_not_looked_for_elsewhere(
    name: str, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        index_views([name], GROUND)


def test_a_tree_of_tiles_needs_nothing_said(tmp_path: Path) -> None:
    tree = tmp_path / "tiles"
    for y in (42985, 42986):
        path = tree / f"17/70405/{y}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (256, 256)).save(path)
    result = index_views([tree], ReadOptions())
    assert result.error is None
    assert result.sources[0].reader == "xyz"
    assert columns(result, "view_id", "kind") == [
        ("17/70405/42985", "satellite"),
        ("17/70405/42986", "satellite"),
    ]


@pytest.mark.parametrize(
    ("source", "options", "said"),
    [
        ("tree", {"columns": {"lat": "Latitude"}}, "--map has no effect on tree (a tree of tiles)"),
        ("tree", {"crs": "EPSG:25833"}, "--crs has no effect on tree (a tree of tiles)"),
        ("tree", {"image_root": Path()}, "--image-root has no effect on tree (a tree of tiles)"),
        ("shots", {"tms": True}, "--tms has no effect on shots (a folder of photos)"),
        ("shots", {"decimal": ","}, "--decimal has no effect on shots (a folder of photos)"),
        ("a.csv", {"split": "train"}, "--split has no effect on a.csv (.csv)"),
        ("a.json", {"delimiter": ";"}, "--delimiter has no effect on a.json (.json)"),
        ("a.gpkg", {"encoding": "latin-1"}, "--encoding has no effect on a.gpkg (.gpkg)"),
        ("hub", {"revision": "main"}, "--revision has no effect on hub (a dataset)"),
    ],
)
def test_an_option_that_no_source_heeds_is_refused(
    source: str,
    options: dict[str, Any],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("tree/3/1/2.png", "shots/a.jpg", "hub/state.json", "a.csv", "a.json", "a.gpkg"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    with pytest.raises(InputError) as raised:
        index_views([source], ReadOptions(kind="ground", **options))
    assert raised.value.message == said


def test_an_option_may_be_for_one_of_several_sources(tiles: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "3" / "1").mkdir(parents=True)
    Image.new("RGB", (256, 256)).save(tree / "3" / "1" / "2.png")
    options = ReadOptions(kind="satellite", tms=True, columns={"place": "", "view_id": "image"})
    result = index_views([tree, tiles], options)
    assert columns(result, "view_id") == [("3/1/5",), ("1.png",), ("2.png",)]
