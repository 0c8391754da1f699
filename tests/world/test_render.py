"""Worlds on disk."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geobench_tools import geo
from geobench_tools.errors import InputError
from geobench_tools.files import lock_for_appending
from geobench_tools.provenance import read_manifest
from geobench_tools.views import read_views
from geobench_tools.world import (
    WorldSpec,
    contact_sheet,
    encode,
    read_spec,
    render_pair,
    render_world,
    scene_pairs,
)
from geobench_tools.world._render import render_scene
from geobench_tools.world._spec import plan_jobs, view_names

SMALL = WorldSpec(towns=2, views=14, width=64, height=32, tile_px=32)

PIXELS = "51d8408b3c0730bcc8c4f8594fc39570ca376899d43a00a0420d820d7da7ad35"
"""SHA-256 of the pixels that ``render_digests`` renders; it changes with RENDERER_VERSION alone."""


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world") / "small"
    render_world(SMALL, folder)
    return folder


def test_view_tables_can_be_read_and_belong_together(world):
    ground, tiles = (read_views(world / f"{k}.parquet") for k in ("ground", "satellite"))
    assert len(ground) == len(tiles) == 14
    assert ground.image_root == world.resolve()
    g, s = ground.table.to_pylist(), tiles.table.to_pylist()
    by_id = {row["view_id"]: row for row in s}
    assert len(by_id) == 14
    assert sorted(row["tile_id"] for row in g) == sorted(by_id)
    for row in g:
        tile = by_id[row["tile_id"]]
        assert row["place"] == tile["place"]
        away = float(geo.haversine_m(row["lat"], row["lon"], tile["lat"], tile["lon"]))
        assert away < 8.0 * 2**0.5 + row["gps_error_m"] * 2**0.5
        box = tile["bbox"]
        assert box["xmin"] < row["lon"] < box["xmax"]
        assert box["ymin"] < row["lat"] < box["ymax"]
        assert (row["width"], row["height"]) == (64, 32)
        assert (tile["width"], tile["height"], tile["gsd_m"]) == (32, 32, 4.0)
        side = float(geo.haversine_m(box["ymin"], tile["lon"], box["ymax"], tile["lon"]))
        assert side == pytest.approx(128.0, abs=0.2)
        for view in (row, tile):
            path = world / view["image"]
            assert path.stat().st_size == view["bytes"]
            with Image.open(path) as image:
                assert image.size == (view["width"], view["height"])
    assert len({row["captured_at"] for row in g + s}) == 28


def test_names_and_order_tell_nothing(world):
    ground, tiles = (
        read_views(world / f"{k}.parquet").table.to_pylist() for k in ("ground", "satellite")
    )
    for rows in (ground, tiles):
        names = [row["view_id"] for row in rows]
        assert names == sorted(names)
        assert all(row["image"].endswith(f"/{row['view_id']}.jpg") for row in rows)
    order = {row["view_id"]: k for k, row in enumerate(tiles)}
    linked = [order[row["tile_id"]] for row in ground]
    assert abs(np.corrcoef(linked, np.arange(14))[0, 1]) < 0.7
    assert not {row["view_id"][:4] for row in ground} & {row["view_id"][:4] for row in tiles}


def test_facts_are_there_for_every_scene_and_view(world):
    scenes, views = (
        [json.loads(line) for line in (world / name).read_text().splitlines()]
        for name in ("scenes.jsonl", "views.jsonl")
    )
    assert [s["town"] for s in scenes] == ["Lyon", "Nairobi"]
    assert {s["driving_side"] for s in scenes} == {"right", "left"}
    ground = {row["view_id"]: row for row in read_views(world / "ground.parquet").table.to_pylist()}
    assert {v["view_id"] for v in views} == set(ground)
    for view in views:
        row = ground[view["view_id"]]
        camera = view["camera"]
        away = float(geo.haversine_m(row["lat"], row["lon"], camera["lat"], camera["lon"]))
        assert away <= row["gps_error_m"] * 2**0.5 + 0.1
        assert view["tile_id"] == row["tile_id"]
        assert view["cell"] in {s["cell"] for s in scenes}


def test_manifest_says_how_it_was_made(world):
    manifest = read_manifest(world / "manifest.json", "world")
    assert manifest.counts == {"scenes": 2, "ground": 14, "satellite": 14}
    assert manifest.parameters["towns"] == 2
    assert manifest.parameters["gsd_m"] == 4.0
    assert manifest.parameters["jpeg"].startswith("libjpeg")
    assert {"pillow", "numpy", "astral"} <= set(manifest.packages)


@pytest.mark.parametrize("workers", [1, 2])
def test_same_bytes_for_any_number_of_workers(world, tmp_path, workers):
    render_world(SMALL, tmp_path / "again", workers=workers)
    assert digests(tmp_path / "again") == digests(world)


def test_a_stopped_run_goes_on_where_it_stopped(world, tmp_path, monkeypatch):
    import geobench_tools.world._render as module

    out, seen = tmp_path / "resumed", []

    def dies(argument):
        seen.append(argument[1].cell)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return work(argument)

    work = module._work
    monkeypatch.setattr(module, "_work", dies)
    with pytest.raises(KeyboardInterrupt):
        render_world(SMALL, out)
    assert not out.exists()
    render_world(SMALL, out)
    assert len(seen) == 3
    assert seen[1] == seen[2]
    assert digests(out) == digests(world)
    assert [p.name for p in tmp_path.iterdir()] == ["resumed"]


def test_a_kill_loses_nothing_and_leaves_nothing_half_written(world, tmp_path):
    out = tmp_path / "killed"
    code = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "import geobench_tools.world._render as r\n"
        "from geobench_tools.world import WorldSpec\n"
        "work, seen = r._work, []\n"
        "def dies(a):\n"
        "    seen.append(a)\n"
        "    if len(seen) == 2: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return work(a)\n"
        "r._work = dies\n"
        "spec = WorldSpec(towns=2, views=14, width=64, height=32, tile_px=32)\n"
        f"r.render_world(spec, Path({str(out)!r}))\n"
    )
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == -9
    assert not out.exists()
    # A scene whose image was cut short is rendered again.
    images = sorted((tmp_path / ".killed.partial" / "images").rglob("*.jpg"))
    assert len(images) == 14
    images[0].write_bytes(images[0].read_bytes()[:50])
    render_world(SMALL, out)
    assert digests(out) == digests(world)


def test_two_renderings_of_one_world(tmp_path):
    work = tmp_path / ".busy.partial"
    work.mkdir()
    with (work / "lock").open("ab") as held:
        assert lock_for_appending(held, work)
        with pytest.raises(InputError, match=r"another process is running .*/busy"):
            render_world(SMALL, tmp_path / "busy")
    assert not (work / "images").exists()


def test_leftovers_of_another_spec_are_not_used(world, tmp_path):
    out = tmp_path / "other"
    partial = tmp_path / ".other.partial"
    (partial / "scenes").mkdir(parents=True)
    (partial / "spec.json").write_text("{}")
    (partial / "scenes" / "stale.json").write_text("{}")
    render_world(SMALL, out)
    assert digests(out) == digests(world)


def test_an_existing_folder_is_kept_unless_told(world, tmp_path):
    with pytest.raises(InputError, match="exists already"):
        render_world(SMALL, world)
    out = tmp_path / "old"
    out.mkdir()
    (out / "mine.txt").write_text("x")
    render_world(replace(SMALL, towns=1, views=1), out, overwrite=True)
    assert not (out / "mine.txt").exists()
    assert (out / "manifest.json").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"towns": 0}, "towns is 0"),
        ({"towns": 99}, "towns is 99"),
        ({"views": 1}, "views is 1; it must lie between 2 and 2000000"),
        ({"width": 65}, "not twice as wide"),
        ({"heading": "south"}, "neither"),
        ({"difficulty": 1.2}, "difficulty is 1.2"),
        ({"gsd_m": 40.0}, "gsd is 40"),
        ({"tile_px": 2048, "gsd_m": 2.0}, "tile side in metres is 4096"),
        ({"leaks": {"smell": 1.0}}, "unknown leak"),
    ],
)
def test_bad_specs_are_refused(change, words):
    with pytest.raises(InputError, match=words):
        replace(SMALL, **change)


def test_jobs_give_every_town_whole_neighbourhoods():
    jobs = plan_jobs(WorldSpec(towns=12, views=1440))
    assert sum(job.views for job in jobs) == 1440
    assert {job.views for job in jobs} == {12}
    assert len({job.cell for job in jobs}) == len(jobs) == 120
    for town in range(12):
        cells = np.array([job.cell for job in jobs if job.town == town], np.uint64)
        assert len(np.unique(geo.parent_cells(cells, 7))) >= 2
    odd = plan_jobs(WorldSpec(towns=3, views=50))
    assert sum(job.views for job in odd) == 50


def test_random_headings_turn_the_picture(tmp_path):
    spec = WorldSpec(towns=1, views=3, width=128, height=64, tile_px=32)
    for name in ("north", "random"):
        render_world(replace(spec, heading=name), tmp_path / name)
    north, turned = (
        read_views(tmp_path / name / "ground.parquet").table.to_pylist()
        for name in ("north", "random")
    )
    assert {row["heading_deg"] for row in north} == {0.0}
    assert len({row["heading_deg"] for row in turned}) == 3
    for a, b in zip(north, turned, strict=True):
        shift = round(b["heading_deg"] / 360 * 128)
        images = [
            np.asarray(Image.open(tmp_path / n / r["image"]).convert("L"), float)[16:48]
            for n, r in (("north", a), ("random", b))
        ]
        fit = [
            np.corrcoef(np.roll(images[0], -s, axis=1).ravel(), images[1].ravel())[0, 1]
            for s in (shift, shift + 40)
        ]
        assert fit[0] > 0.8
        assert fit[0] > fit[1]


def test_nuisance_has_a_seed_of_its_own(tmp_path):
    spec = WorldSpec(towns=1, views=2, width=64, height=32, tile_px=32)
    for name, seed in (("a", None), ("b", 0), ("c", 1)):
        render_world(replace(spec, nuisance_seed=seed), tmp_path / name)
    a, b, c = (digests(tmp_path / name) for name in "abc")
    assert a == b
    assert a.keys() == c.keys()
    assert not {a[n] for n in a if n.endswith("jpg")} & {c[n] for n in c if n.endswith("jpg")}
    assert a["scenes.jsonl"] == c["scenes.jsonl"]


def test_a_file_size_leak_shows_in_the_bytes(tmp_path):
    spec = WorldSpec(towns=1, views=12, width=64, height=32, tile_px=32, leaks={"file-size": 1.0})
    render_world(spec, tmp_path / "w")
    ground, tiles = (
        {r["view_id"]: r for r in read_views(tmp_path / "w" / f"{k}.parquet").table.to_pylist()}
        for k in ("ground", "satellite")
    )
    sizes = np.array([(g["bytes"], tiles[g["tile_id"]]["bytes"]) for g in ground.values()])
    assert np.corrcoef(sizes.T)[0, 1] > 0.99


def test_every_view_can_be_rendered_again_with_its_truth(world):
    spec = read_spec(world)
    assert spec.parameters() == SMALL.parameters()
    line = json.loads((world / "views.jsonl").read_text().splitlines()[3])
    scene, pairs = scene_pairs(spec, int(line["cell"], 16))
    (pair,) = [p for p in pairs if p.view_id == line["view_id"]]
    assert pair.tile_id == line["tile_id"]
    view, tile = render_pair(spec, scene, pair)
    for kind, name, image, nuisance in (
        ("ground", pair.view_id, view.image, pair.photo),
        ("satellite", pair.tile_id, tile.image, pair.above),
    ):
        path = world / "images" / kind / name[:2] / f"{name}.jpg"
        assert path.read_bytes() == encode(image, nuisance)
    assert view.depth.shape == view.kind.shape == view.solid.shape == (32, 64)
    with pytest.raises(InputError, match="no scene in cell"):
        scene_pairs(spec, 5)


def test_contact_sheet(world, tmp_path):
    letters = contact_sheet(world, tmp_path / "sheet.jpg", questions=3, k=3)
    assert len(letters) == 3
    assert set(letters) <= set("ABC")
    with Image.open(tmp_path / "sheet.jpg") as image:
        assert image.format == "JPEG"
        assert image.width > 2 * 64


def test_a_contact_sheet_shows_each_view_once_and_the_right_tile_under_its_letter(
    world, tmp_path, monkeypatch
):
    import geobench_tools.world._sheet as module

    opened = []

    def watched(root, kind, name, size):
        opened.append((kind, name))
        return read(root, kind, name, size)

    read = module._open
    monkeypatch.setattr(module, "_open", watched)
    letters = contact_sheet(world, tmp_path / "sheet.jpg", questions=9, k=3, seed=2)
    tile_of = {
        row["view_id"]: row["tile_id"]
        for row in read_views(world / "ground.parquet").table.to_pylist()
    }
    tiles = [name for kind, name in opened if kind == "satellite"]
    assert len(set(tiles)) == len(tiles) == 12
    photos = [name for kind, name in opened if kind == "ground"]
    shown = [tiles[3 * n + "ABC".index(letter)] for n, letter in enumerate(letters)]
    assert [tile_of[name] for name in photos] == shown


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("s.jpg", {"k": 9}, "no neighbourhood with 9 views"),
        ("s.jpg", {"k": 0}, "at least 1"),
        ("s.jpg", {"questions": -1}, "at least 1"),
        ("s.png", {}, "not named as a JPEG"),
    ],
)
def test_sheets_that_cannot_be_drawn_are_refused(world, tmp_path, name, options, words):
    with pytest.raises(InputError, match=words):
        contact_sheet(world, tmp_path / name, **options)
    assert not list(tmp_path.iterdir())


def render_digests(folder):
    """Print digests of two places: of the pixels before encoding, and of the files."""
    import geobench_tools.world._develop as develop

    pixels, files = hashlib.sha256(), hashlib.sha256()
    encode = develop.encode

    def watched(image, nuisance):
        pixels.update(image.tobytes())
        data = encode(image, nuisance)
        files.update(data)
        return data

    develop.encode = watched
    spec = WorldSpec(towns=2, views=4, width=256, height=128, tile_px=128, leaks={"tint": 0.5})
    for job in plan_jobs(spec):
        render_scene(spec, job, Path(folder))
    print(pixels.hexdigest(), files.hexdigest())


def digests_under(folder, **environment):
    code = (
        f"import sys; sys.path[:0] = {[str(Path(__file__).parent), *sys.path]!r}\n"
        f"from test_render import render_digests; render_digests({str(folder)!r})"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_pixels_and_files_are_the_same_for_every_instruction_set(tmp_path):
    """numpy without its vector loops and libjpeg without its own give the same bytes."""
    from numpy._core._multiarray_umath import __cpu_dispatch__

    native = digests_under(tmp_path)
    assert native[0] == PIXELS
    plain = {"NPY_DISABLE_CPU_FEATURES": " ".join(__cpu_dispatch__), "JSIMD_FORCENONE": "1"}
    assert digests_under(tmp_path, **plain) == native


def test_names_depend_on_seed_cell_place_and_kind():
    names = {
        name
        for seed in (0, 1)
        for cell in (5, 6)
        for place in (0, 1)
        for name in view_names(replace(SMALL, seed=seed), cell, place)
    }
    assert len(names) == 16
