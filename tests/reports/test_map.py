"""The map page: which cliques it holds, at which places, and that a browser shows them."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_set import edit_manifest, write_set

from geobench_tools.geo import haversine_m
from geobench_tools.pairing import summarise
from geobench_tools.reports import _map_data as map_module
from geobench_tools.reports import write_map

HOSTILE = "<img src=x onerror=alert(1)>\"'&</script><script>alert(2)</script>"


def page_of(pairs, markup):
    path = pairs.folder / "map.html"
    write_map(pairs, summarise(pairs), path)
    text = path.read_text(encoding="utf-8")
    document = markup(text)
    return document, json.loads(document.by_id("cliques").text)


def degrees(values):
    return np.array(values) / 1e6


def test_every_clique_is_there_with_its_views(tmp_path, markup):
    pairs = write_set(tmp_path, rotations=True)
    _, data = page_of(pairs, markup)
    assert data["total"] == len(data["cliques"]) == 6
    assert data["splits"] == ["train", "val", "test"]
    assert sorted(data["ground"]["id"]) == sorted(
        f"photo-{n}-{m}" for n in range(6) for m in range(4)
    )
    rows = {row["ground_id"]: row for row in pairs.iter_questions("train")}
    for clique in data["cliques"]:
        if clique["split"] != "train":
            continue
        names = [data["satellite"]["id"][tile] for tile in clique["tiles"]]
        for camera, answer, near, wrong in clique["questions"]:
            row = rows.pop(data["ground"]["id"][camera])
            assert row["candidate_ids"] == names
            assert row["answer_index"] == answer
            assert (near, wrong) == pytest.approx(
                (row["camera_distance_m"], row["negative_distance_m"]), abs=0.06
            )
            tile = clique["tiles"][answer]
            measured = haversine_m(
                *(
                    degrees(data[kind][axis])[i]
                    for kind, i in (("ground", camera), ("satellite", tile))
                    for axis in ("lat", "lon")
                )
            )
            assert measured == pytest.approx(row["camera_distance_m"], abs=0.3)
    assert not rows


@pytest.mark.parametrize("footprints", ["box", "diamond", "none"])
def test_footprints(tmp_path, markup, footprints):
    _, data = page_of(write_set(tmp_path, footprints=footprints, images=False), markup)
    for shape, lat in zip(data["satellite"]["shape"], data["satellite"]["lat"], strict=True):
        if footprints == "none":
            assert shape is None
            continue
        wide = 75 / (111_195 * np.cos(np.radians(lat / 1e6))) * 1e6
        if footprints == "box":
            west, south, east, north = shape
            assert (-west, east) == pytest.approx((wide, wide), abs=3)
            assert (-south, north) == pytest.approx((674.5, 674.5), abs=3)
        else:
            (ring,) = shape
            assert len(ring) == 5
            assert ring[0] == pytest.approx([0, 674.5], abs=3)


def test_sample_is_by_hash_of_the_seed_and_all_figures_are_of_the_whole(
    tmp_path, markup, monkeypatch
):
    monkeypatch.setattr(map_module, "MOST_VIEWS", 40)
    pairs = write_set(tmp_path, cliques={"train": 20, "val": 4}, images=False, parts=2)
    document, data = page_of(pairs, markup)
    assert (len(data["cliques"]), data["total"]) == (5, 24)
    assert "5 of 24 cliques" in "".join(e.text for e in document.all("span"))
    assert len(data["ground"]["id"]) == 20
    again = page_of(pairs, markup)[1]
    assert again == data
    other = page_of(edit_manifest(pairs, seed=4), markup)[1]
    assert {c["id"] for c in other["cliques"]} != {c["id"] for c in data["cliques"]}
    assert sum(place[3] for place in data["places"]) == 96


def test_part_files_do_not_matter(tmp_path, markup):
    pages = []
    for parts in (1, 3):
        pairs = write_set(tmp_path / str(parts), parts=parts, images=False)
        pages.append(page_of(pairs, markup)[1])
    assert pages[0] == pages[1]


def test_a_set_across_the_antimeridian_stays_in_one_piece(tmp_path, markup):
    towns = {"west": (-17.0, 179.9995), "east": (-17.0, -179.9)}
    _, data = page_of(write_set(tmp_path, towns=towns, images=False), markup)
    lons = degrees(data["satellite"]["lon"] + data["ground"]["lon"])
    assert lons.max() - lons.min() < 0.2
    assert abs(degrees([place[2] for place in data["places"]]) - 180).max() < 0.2


def test_a_world_wide_set_is_not_torn_at_the_antimeridian(tmp_path, markup):
    towns = {"fiji": (-17.0, 179.9995), "accra": (5.6, -0.2), "dhaka": (23.8, 90.4)}
    _, data = page_of(write_set(tmp_path, towns=towns, images=False), markup)
    lon = degrees(data["satellite"]["lon"])
    for clique in data["cliques"]:
        assert np.ptp(lon[clique["tiles"]]) < 0.1


def test_a_world_wide_set_runs_from_180_west(tmp_path, markup):
    _, data = page_of(write_set(tmp_path, images=False), markup)
    assert degrees(data["satellite"]["lon"]).max() == pytest.approx(178.44, abs=0.1)


def test_images_are_named_relative_to_the_page(tmp_path, markup):
    pairs = write_set(tmp_path)
    _, data = page_of(pairs, markup)
    assert data["ground"]["base"] == "../ground"
    for kind in ("ground", "satellite"):
        for path in data[kind]["image"]:
            assert (pairs.folder / data[kind]["base"] / path).is_file()
    elsewhere = tmp_path / "reports" / "map.html"
    write_map(pairs, summarise(pairs), elsewhere)
    moved = json.loads(markup(elsewhere.read_text()).by_id("cliques").text)
    assert moved["ground"]["base"] == "../ground"


def test_image_paths_cannot_leave_their_folder(tmp_path, markup):
    pairs = write_set(tmp_path)
    (part,) = (pairs.folder / "views" / "ground").glob("*.parquet")
    table = pq.read_table(part)
    paths = [
        "../../secret.jpg",
        "/etc/passwd",
        "a/../../b.jpg",
        "..\\b.jpg",
        "//evil.example/x.jpg",
    ]
    paths += ["fine\\here.jpg"] * (len(table) - len(paths))
    place = table.schema.get_field_index("image")
    pq.write_table(table.set_column(place, "image", pa.array(paths)), part)
    _, data = page_of(pairs, markup)
    by_id = dict(zip(data["ground"]["id"], data["ground"]["image"], strict=True))
    shown = [by_id[view_id] for view_id in table["view_id"].to_pylist()]
    assert shown[:5] == [None] * 5
    assert set(shown[5:]) == {"fine/here.jpg"}


def test_drop_reasons_and_totals_are_shown(tmp_path, markup):
    pairs = write_set(tmp_path, images=False)
    text = " ".join(e.text for e in page_of(pairs, markup)[0].elements)
    for words in ("no tile shows it", "its tile is in no clique", "no camera", "all accounted for"):
        assert words in text
    assert "does not add up" not in text
    changed = edit_manifest(pairs, counts={"ground_read": 5, "satellite_read": 54})
    text = " ".join(e.text for e in page_of(changed, markup)[0].elements)
    assert "does not add up" in text


def test_same_set_same_bytes(tmp_path):
    pairs = write_set(tmp_path, images=False)
    for name in ("a.html", "b.html"):
        write_map(pairs, summarise(pairs), tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_views_without_optional_columns(tmp_path, markup):
    pairs = write_set(tmp_path, images=False)
    for part in (pairs.folder / "views").rglob("*.parquet"):
        pq.write_table(pq.read_table(part, columns=["view_id", "kind", "lat", "lon"]), part)
    _, data = page_of(pairs, markup)
    assert data["places"] == []
    assert set(data["ground"]["heading_deg"]) == {None}


def hostile_set(tmp_path):
    places = dict.fromkeys(("Lisboa", "São Paulo", "Nairobi", "Suva", "Oslo"), HOSTILE)
    pairs = write_set(tmp_path, places=places)
    for kind in ("ground", "satellite"):
        for part in (pairs.folder / "views" / kind).glob("*.parquet"):
            table = pq.read_table(part)
            for name in ("provider", "image"):
                values = pa.array([f"{HOSTILE}{i}" for i in range(len(table))])
                table = table.set_column(table.schema.get_field_index(name), name, values)
            pq.write_table(table, part)
    parameters = pairs.manifest.parameters | {"sampler": HOSTILE, HOSTILE: HOSTILE}
    return edit_manifest(pairs, parameters=parameters, dropped={f"ground: {HOSTILE}": 12})


def test_data_cannot_become_markup(tmp_path, markup):
    document, data = page_of(hostile_set(tmp_path), markup)
    executable = [e for e in document.all("script") if "type" not in e.attributes]
    assert len(executable) == 4
    assert not any("alert" in e.text for e in executable)
    assert not document.all("img")
    assert data["ground"]["provider"][0].startswith(HOSTILE)


def test_a_browser_shows_the_set(tmp_path, browse):
    pairs = write_set(tmp_path, rotations=True)
    write_map(pairs, summarise(pairs), pairs.folder / "map.html")
    document, problems = browse(pairs.folder / "map.html")
    assert problems == []
    shown = document.by_id("clique-id").text
    assert shown == f"{2**63:016x}"
    assert "hidden" not in document.by_id("chosen").attributes
    assert document.by_id("question-nth").text == "Question 1 of 4"
    pictures = document.all("img")
    assert len(pictures) == 5, "thumbnails load from beside the page"
    assert all(e.attributes["src"].startswith("../") for e in pictures)
    tiles = [e for e in document.all("path") if "tile" in e.attributes.get("class", "")]
    assert len(tiles) == 4
    letters = [e.text for e in document.all("text") if e.attributes.get("class") == "letter"]
    assert sorted(letters) == list("ABCD")
    assert "width" in document.by_id("map").attributes, "the map is painted with the page"


def test_a_browser_opens_the_clique_of_a_link(tmp_path, browse):
    pairs = write_set(tmp_path, images=False, footprints="none")
    write_map(pairs, summarise(pairs), pairs.folder / "map.html")
    document, problems = browse(pairs.folder / "map.html", f"#clique={2**63 + 4:016x}")
    assert problems == []
    assert document.by_id("clique-split").text == "val"
    assert "not there" not in document.by_id("said").text


@pytest.mark.parametrize("cliques", [0, 1])
def test_a_browser_opens_tiny_sets(tmp_path, browse, cliques):
    pairs = write_set(tmp_path, cliques={"train": cliques}, images=False)
    for kind in ("ground", "satellite"):
        (pairs.folder / "views" / kind).mkdir(parents=True, exist_ok=True)
    write_map(pairs, summarise(pairs), pairs.folder / "map.html")
    document, problems = browse(pairs.folder / "map.html")
    assert problems == []
    assert ("hidden" in document.by_id("chosen").attributes) == (cliques == 0)
    assert ("hidden" in document.by_id("none").attributes) == (cliques == 1)


def test_a_browser_runs_nothing_from_the_data(tmp_path, browse):
    pairs = hostile_set(tmp_path)
    write_map(pairs, summarise(pairs), pairs.folder / "map.html")
    document, problems = browse(pairs.folder / "map.html")
    assert not [
        line for line in problems if "Failed to load" not in line and "ERR_FILE" not in line
    ]
    assert not [e for e in document.elements if "onerror" in e.attributes]
    assert document.by_id("clique-id").text


def test_missing_thumbnails_leave_no_broken_pictures(tmp_path, browse):
    pairs = write_set(tmp_path)
    shutil.rmtree(tmp_path / "ground")
    write_map(pairs, summarise(pairs), pairs.folder / "map.html")
    document, _ = browse(pairs.folder / "map.html")
    assert len(document.all("img")) == 4
