"""Layouts of data sets: those of the package, and of one's own, good and bad."""

from pathlib import Path

import pytest
import yaml

from geobench_tools.errors import InputError
from geobench_tools.views._options import ReadOptions
from geobench_tools.views._sources import list_sources, read_source


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_every_layout_is_complete():
    found = {layout.name: layout for layout in list_sources()}
    assert list(found) == ["cv-cities", "cvact", "cvusa", "vigor"]
    for layout in found.values():
        assert all((layout.title, layout.homepage, layout.licence, layout.citation, layout.notes))
        kinds = {view.kind for listing in layout.lists for view in listing.views}
        assert kinds == {"ground", "satellite"}


def test_folder_and_name_that_do_not_exist(tmp_path):
    with pytest.raises(InputError, match="no source layout 'vigour'") as caught:
        read_source("vigour", tmp_path, ReadOptions())
    assert "cv-cities, cvact, cvusa, vigor" in caught.value.hint
    with pytest.raises(InputError, match="not a folder"):
        read_source("vigor", tmp_path / "none", ReadOptions())
    with pytest.raises(InputError, match="does not hold VIGOR") as caught:
        read_source("vigor", tmp_path, ReadOptions())
    assert "splits/{place}/pano_label_balanced.txt" in caught.value.hint


OWN = {
    "title": "Own",
    "homepage": "here",
    "licence": "mine",
    "citation": "none",
    "notes": [],
    "tiles": {"zoom": 18, "pixels": 256},
    "lists": [
        {
            "files": {"all": "{place}/list[1].csv"},
            "columns": ["id", "lat", "lon"],
            "views": [
                {
                    "kind": "satellite",
                    "view_id": "{place}-{id}",
                    "lat": "{lat}",
                    "lon": "{lon}",
                    "image": "{place}/{id}.png",
                }
            ],
        }
    ],
}


def test_layout_of_ones_own(tmp_path):
    layout = write(tmp_path / "own.yaml", yaml.safe_dump(OWN))
    write(tmp_path / "data/town/list[1].csv", "7,52.5,13.4\n")
    write(tmp_path / "data/town/list1.csv", "8,52.5,13.4\n")
    raw = read_source(str(layout), tmp_path / "data", ReadOptions())
    assert raw.table["view_id"].to_pylist() == ["town-7"]
    assert raw.table["image"].to_pylist() == ["town/7.png"]
    assert raw.problems == ()


def changed(change) -> dict:
    document = yaml.safe_load(yaml.safe_dump(OWN))
    change(document)
    return document


def first(document: dict) -> dict:
    return document["lists"][0]


POSITIONS = {"file": "where.csv", "columns": ["lat2"], "row": "{id}", "remedy": "ask"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("title"), "lacks title"),
        (lambda d: d.update(title=3), "title is not a text"),
        (lambda d: d.update(zoom=3), "it has 'zoom'; it may have"),
        (lambda d: d.update(lists={}), "lists is not a list"),
        (lambda d: d.update(lists=[3]), r"lists\[1\] is not a mapping"),
        (lambda d: d.update(region=[1, 2]), "region is not a list of 4"),
        (lambda d: d.update(region=[1, 2, "x", 3]), r"region\[3\] is not a number"),
        (lambda d: d.update(tiles=None), "tiles is not a mapping"),
        (lambda d: d["tiles"].update(level=3), "tiles has 'level'"),
        (lambda d: d["tiles"].update(zoom="x"), "tiles.zoom is not a whole number"),
        (lambda d: d["tiles"].update(zoom=True), "tiles.zoom is not a whole number"),
        (lambda d: d["tiles"].update(pixels=0), "tiles.pixels is not from 1"),
        (lambda d: d["tiles"].update(density=0), "tiles.density is not from 1"),
        (lambda d: first(d).update(format="xml"), "format is not text or names or mat"),
        (lambda d: first(d).update(format="mat"), "3 columns for 0 variables"),
        (lambda d: first(d).update(columns=[1]), r"columns\[1\] is not a text"),
        (lambda d: first(d).pop("files"), r"lists\[1\] lacks files"),
        (lambda d: first(d).update(files={}), "no files"),
        (lambda d: first(d).update(files={"all": "/etc/{id}.csv"}), "no path inside"),
        (lambda d: first(d).update(files={"all": "../{id}.csv"}), "no path inside"),
        (lambda d: first(d).update(files={"all": ""}), "no path inside"),
        (lambda d: first(d)["files"].update(test="{town}/x.csv"), "names 'place', but there are"),
        (lambda d: first(d).update(files={"all": "{a}/{a}.csv"}), "names a part twice"),
        (lambda d: first(d).update(files={"all": "{1}.csv"}), "by no name"),
        (lambda d: first(d).update(separator=";;"), "separator"),
        (lambda d: first(d).update(match={"id": "("}), "match.id is no regular expression"),
        (lambda d: first(d).update(match={"town": "x"}), "names 'town', but there are"),
        (lambda d: first(d).update(match=["x"]), "match is not a mapping"),
        (lambda d: first(d)["views"][0].update(kind="drone"), "kind is not ground or satellite"),
        (lambda d: first(d)["views"][0].pop("lat"), r"views\[1\] lacks lat"),
        (lambda d: first(d)["views"][0].update(lat=3), r"views\[1\].lat is not a text"),
        (lambda d: first(d)["views"][0].update(place="{town}"), "names 'town', but there are"),
        (lambda d: first(d).update(positions={"file": "x"}), "positions lacks columns"),
        (lambda d: first(d).update(positions=POSITIONS | {"row": "{n}"}), "names 'n'"),
        (lambda d: first(d).update(positions=POSITIONS | {"file": "../x"}), "no path inside"),
        (lambda d: d.update(crs="EPSG:0"), "crs 'EPSG:0' is unknown"),
    ],
)
def test_faulty_layouts_are_explained(tmp_path, change, message):
    layout = write(tmp_path / "own.yaml", yaml.safe_dump(changed(change)))
    write(tmp_path / "data/town/list[1].csv", "7,52.5,13.4\n")
    with pytest.raises(InputError, match=message):
        read_source(str(layout), tmp_path / "data", ReadOptions())


def test_position_rows_that_are_no_numbers(tmp_path):
    document = changed(lambda d: first(d).update(positions=POSITIONS))
    layout = write(tmp_path / "own.yaml", yaml.safe_dump(document))
    write(tmp_path / "data/town/list[1].csv", "seven,52.5,13.4\n1,52.5,13.4\n")
    write(tmp_path / "data/where.csv", "52.6\n")
    raw = read_source(str(layout), tmp_path / "data", ReadOptions())
    assert [(p.row, p.kind, p.value) for p in raw.problems] == [(1, "no-position", "seven")]
    assert raw.table["view_id"].to_pylist() == ["town-1"]


@pytest.mark.parametrize("text", ["[", "a: !!python/object/apply:os.getcwd []", "3"])
def test_files_that_are_no_layout(tmp_path, text):
    layout = write(tmp_path / "own.yaml", text)
    with pytest.raises(InputError, match=r"own\.yaml"):
        read_source(str(layout), tmp_path, ReadOptions())
