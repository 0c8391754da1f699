"""The folder of tiles: resumed, repaired, taken over, and what it reports."""

import gc
import hashlib
import io
import json
from pathlib import Path

import pytest
from PIL import Image
from tile_server import (
    instead,
    status,
    tile_bytes,
)
from tile_tools import command, fast, make_plan, tile_names

from geobench_tools.errors import InputError
from geobench_tools.views import fetch_tiles, preview_fetch, read_views


def test_same_bytes_at_many_places_are_reported_and_can_be_left_out(server, plan, tmp_path):
    blank = tile_bytes("no imagery")
    names = tile_names(plan)
    server.faults = {name: [instead(blank)] for name in names[2:6]}
    folder = tmp_path / "tiles"
    report = fetch_tiles(plan, folder, fast(server.url))
    (same,) = report.identical
    assert same.sha256 == hashlib.sha256(blank).hexdigest()
    assert (same.tiles, same.bytes, same.example) == (4, len(blank), f"{names[2]}.jpg")
    shown = command("fetch-tiles", str(plan), "--source", server.url, "-o", str(folder))
    assert f"\n--no-imagery {same.sha256}\n" in shown.stdout
    without = fetch_tiles(plan, folder, fast(server.url, no_imagery=(same.sha256,)))
    assert (without.requests, without.no_imagery, without.on_disk) == (0, 4, 9)
    kept = read_views(folder / "views.parquet").table["view_id"].to_pylist()
    assert kept == names[:2] + names[6:]


def test_the_budget_ends_the_run(server, tmp_path):
    plan = make_plan(tmp_path / "plan.parquet", 40)
    size = len(tile_bytes(tile_names(plan)[0]))
    options = fast(server.url, max_bytes=10 * size, concurrency=2)
    report = fetch_tiles(plan, tmp_path / "tiles", options)
    assert "budget" in report.stopped
    assert 10 * size <= report.bytes_on_disk <= 13 * size
    assert report.not_tried == 40 - report.on_disk
    assert fetch_tiles(plan, tmp_path / "tiles", options).requests == 0


def test_a_tree_that_is_already_there_is_taken_over(server, plan, tmp_path):
    folder = tmp_path / "tiles"
    whole, torn, other = tile_names(plan)[:3]
    for name, data in (
        (f"{whole}.png", tile_bytes(whole, image_format="PNG")),
        (f"{torn}.jpg", tile_bytes(torn)[:300]),
        (f"{other}.jpg", tile_bytes(other, px=128)),
        (f"{Path(other).parent}/.left.tmp", b"left over"),
        (".views.parquet.left.tmp", b"left over"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    before = preview_fetch(plan, folder, fast(server.url))
    assert (before.on_disk, before.to_fetch) == (1, 8)
    assert not (folder / "fetch.jsonl").exists()
    report = fetch_tiles(plan, folder, fast(server.url))
    assert (report.adopted, report.fetched, report.on_disk) == (1, 8, 9)
    assert whole not in server.asked
    assert not list(folder.rglob("*.tmp"))
    images = read_views(folder / "views.parquet").table["image"].to_pylist()
    assert images[:2] == [f"{whole}.png", f"{torn}.jpg"]
    assert fetch_tiles(plan, folder, fast(server.url)).adopted == 0


def test_a_damaged_folder_is_repaired(server, plan, tmp_path):
    folder = tmp_path / "tiles"
    fetch_tiles(plan, folder, fast(server.url))
    first, second, third = tile_names(plan)[:3]
    (folder / f"{first}.jpg").unlink()
    (folder / f"{second}.jpg").write_bytes(tile_bytes(second)[:100])
    log = folder / "fetch.jsonl"
    kept = [line for line in log.read_text().splitlines(True) if third not in line]
    log.write_text("not json\n" + "".join(kept) + '{"tile": "18/1')
    server.requests.clear()
    report = fetch_tiles(plan, folder, fast(server.url))
    assert server.asked == {first: 1, second: 1}
    assert (report.adopted, report.on_disk) == (1, 9)
    for name in (first, second, third):
        assert (folder / f"{name}.jpg").read_bytes() == tile_bytes(name)
    assert len(log.read_text().splitlines()) == 1 + 8 + 1 + 3


def test_a_larger_plan_goes_on_in_the_same_folder(server, tmp_path):
    folder = tmp_path / "tiles"
    fetch_tiles(make_plan(tmp_path / "small.parquet", 5), folder, fast(server.url))
    report = fetch_tiles(make_plan(tmp_path / "large.parquet", 9), folder, fast(server.url))
    assert (report.fetched, report.on_disk) == (4, 9)
    report = fetch_tiles(make_plan(tmp_path / "small.parquet", 5), folder, fast(server.url))
    assert (report.requests, report.on_disk) == (0, 5)


def test_one_folder_holds_one_source(server, plan, tmp_path):
    folder = tmp_path / "tiles"
    fetch_tiles(plan, folder, fast(server.url, licence="A"))
    other = server.url.replace("{z}", "other/{z}")
    with pytest.raises(InputError, match="begun from the source"):
        fetch_tiles(plan, folder, fast(other))
    fetch_tiles(plan, folder, fast(server.url, attribution="B"))
    credit = json.loads((folder / "attribution.json").read_text())
    assert (credit["licence"], credit["attribution"]) == ("A", "B")


def test_two_runs_do_not_share_a_folder(server, plan, tmp_path):
    fcntl = pytest.importorskip("fcntl")
    folder = tmp_path / "tiles"
    folder.mkdir()
    with (folder / "fetch.jsonl").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another process"):
            fetch_tiles(plan, folder, fast(server.url))
    assert not server.requests


def test_a_folder_that_cannot_be_written(server, plan, tmp_path, caplog):
    folder = tmp_path / "tiles"
    folder.mkdir()
    (folder / "18").write_text("in the way")
    server.delay = 0.1
    with pytest.raises(InputError, match="Not a directory"):
        fetch_tiles(plan, folder, fast(server.url, concurrency=8))
    gc.collect()
    assert not [record for record in caplog.records if "never retrieved" in record.message]
    server.delay = 0.0
    (folder / "18").unlink()
    assert fetch_tiles(plan, folder, fast(server.url)).complete


def test_dry_run_sends_and_writes_nothing(server, plan, tmp_path):
    url = server.url.replace(".jpg", ".png")
    preview = preview_fetch(plan, tmp_path / "tiles", fast(url, rate=3))
    assert not server.requests
    assert not (tmp_path / "tiles").exists()
    assert (preview.to_fetch, preview.seconds) == (9, 3)
    assert preview.tile_bytes == 114_688
    assert preview.urls[0] == url.replace("{z}/{x}/{y}", tile_names(plan)[0])
    assert len(preview.urls) == 5
    fetch_tiles(plan, tmp_path / "tiles", fast(server.url))
    after = preview_fetch(plan, tmp_path / "tiles", fast(server.url))
    assert (after.to_fetch, after.on_disk, after.urls) == (0, 9, ())


def test_command(server, plan, tmp_path):
    bad, gone = tile_names(plan)[:2]
    server.faults = {bad: [instead(b"<html>", "text/html")], gone: [status(404)]}
    folder = tmp_path / "tiles"
    arguments = ["fetch-tiles", str(plan), "--source", server.url, "-o", str(folder)]
    arguments += ["--rate", "500", "--timeout", "20s", "--backoff", "10ms"]
    failed = command(*arguments, "--json")
    assert failed.exit_code == 3
    document = json.loads(failed.stdout)
    assert document["reasons"] == {"html-instead-of-image": 1}
    assert (document["missing"], document["on_disk"], document["complete"]) == (1, 7, False)
    dry = command(*arguments, "--dry-run")
    assert dry.exit_code == 0
    assert server.url.replace("{z}/{x}/{y}", bad) in dry.stdout
    done = command(*arguments)
    assert done.exit_code == 0, done.output
    assert "8" in done.stdout
    assert command(*arguments[:-6], "--timeout", "soon").exit_code == 2
    with Image.open(io.BytesIO((folder / f"{bad}.jpg").read_bytes())) as image:
        assert image.size == (256, 256)


def test_all_missing_is_no_success(server, plan, tmp_path):
    server.always = status(404)
    ran = command("fetch-tiles", str(plan), "--source", server.url, "-o", str(tmp_path / "t"))
    assert ran.exit_code == 3
    assert "none of the tiles" in ran.stderr
