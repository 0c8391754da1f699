"""Fetching tiles from a real server that misbehaves."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
from tile_server import (
    TileServer,
    bomb,
    cut_short,
    good,
    half_an_image,
    hang,
    http_date,
    instead,
    reset,
    status,
    tile_bytes,
    trickle,
    typed,
)
from tile_tools import fast, lines, make_plan, tile_names

from geobench_tools.views import fetch_tiles, read_views


def test_folder_holds_the_bytes_as_served(server, plan, tmp_path):
    folder = tmp_path / "tiles"
    options = fast(server.url, licence="CC BY 4.0", attribution="© Example Survey")
    report = fetch_tiles(plan, folder, options)
    assert (report.planned, report.on_disk, report.fetched, report.requests) == (9, 9, 9, 9)
    assert report.complete
    assert server.asked == dict.fromkeys(tile_names(plan), 1)
    views = read_views(folder / "views.parquet")
    assert views.image_root == folder.resolve()
    assert views.table["view_id"].to_pylist() == tile_names(plan)
    for row in views.table.to_pylist():
        data = (views.image_root / row["image"]).read_bytes()
        assert row["image"] == f"{row['view_id']}.jpg"
        assert data == tile_bytes(row["view_id"])
        assert row["bytes"] == len(data)
        assert row["provider"] == "127.0.0.1"
    assert sum(views.table["bytes"].to_pylist()) == report.bytes_on_disk
    planned = read_views(plan).table
    for name in ("lat", "lon", "gsd_m", "bbox", "footprint"):
        assert views.table[name].equals(planned[name])
    credit = json.loads((folder / "attribution.json").read_text())
    assert credit["source"] == server.url
    assert (credit["licence"], credit["attribution"]) == ("CC BY 4.0", "© Example Survey")
    assert credit["first_fetched_at"] <= credit["last_fetched_at"]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["kind"] == "tiles"
    assert manifest["counts"]["on_disk"] == 9
    logged = lines(folder)
    assert {line["status"] for line in logged} == {"ok"}
    for line in logged:
        assert line["sha256"] == hashlib.sha256(tile_bytes(line["tile"])).hexdigest()


@pytest.mark.parametrize(("image_format", "extension"), [("PNG", "png"), ("WEBP", "webp")])
def test_extension_is_that_of_the_bytes(plan, tmp_path, image_format, extension):
    with TileServer(image_format=image_format) as server:
        report = fetch_tiles(plan, tmp_path / "tiles", fast(server.url))
    assert report.mislabelled == 0
    images = read_views(tmp_path / "tiles" / "views.parquet").table["image"].to_pylist()
    assert images == [f"{name}.{extension}" for name in tile_names(plan)]


PASSING = {
    "429": status(429, Retry_After="0"),
    "429 with a date": status(429, Retry_After=http_date(-5)),
    "429 with nonsense": status(429, Retry_After="soon"),
    "500": status(500),
    "502": status(502),
    "503": status(503, Retry_After="0"),
    "504": status(504),
    "408": status(408),
    "cut short": cut_short,
    "half an image": half_an_image,
    "empty": instead(b""),
    "reset": reset,
}


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_tried_again(server, plan, tmp_path, name):
    first, *others = tile_names(plan)
    server.faults[first] = [PASSING[name]] * 2
    report = fetch_tiles(plan, tmp_path / "tiles", fast(server.url, retries=2))
    assert report.complete
    assert server.asked == {first: 3} | dict.fromkeys(others, 1)
    assert (tmp_path / "tiles" / f"{first}.jpg").read_bytes() == tile_bytes(first)


LASTING = {
    "http-500": (status(500), 3),
    "http-429": (status(429, Retry_After="0"), 3),
    "http-400": (status(400), 1),
    "http-403": (status(403), 1),
    "http-206": (status(206), 1),
    "truncated-body": (cut_short, 3),
    "truncated-image": (half_an_image, 3),
    "empty-body": (instead(b""), 3),
    "connection-lost": (reset, 3),
    "timeout": (hang, 3),
    "html-instead-of-image": (instead(b" <!DOCTYPE html><p>Log in", "text/html"), 1),
    "not-an-image": (instead(b'{"error": 1}', "application/json"), 1),
    "wrong-size": (instead(tile_bytes("x", px=512)), 1),
    "decompression-bomb": (instead(bomb(), "image/png"), 1),
    "oversized-body": (instead(bytes(9 << 20)), 1),
    "bad-redirect": (status(302), 1),
    "too-many-redirects": (status(302, Location="/again/18/0/0.jpg"), 1),
}


@pytest.mark.parametrize("reason", LASTING)
def test_what_lasts_is_counted_and_left_for_the_next_run(server, plan, tmp_path, reason):
    fault, requests = LASTING[reason]
    bad, *others = tile_names(plan)
    server.faults[bad] = [fault] * 3
    server.faults["18/0/0"] = [fault] * 3
    folder = tmp_path / "tiles"
    options = fast(server.url, retries=2, timeout_s=1.0 if fault is hang else 60)
    report = fetch_tiles(plan, folder, options)
    assert dict(report.reasons) == {reason: 1}
    assert (report.failed, report.on_disk, report.not_tried) == (1, 8, 0)
    assert not report.complete
    assert report.examples[reason].startswith(f"{bad}: ")
    assert server.asked[bad] == requests
    assert {p.name for p in (folder / bad).parent.glob("*")} == {
        Path(f"{name}.jpg").name for name in others if Path(name).parent == Path(bad).parent
    }
    assert read_views(folder / "views.parquet").table["view_id"].to_pylist() == others
    assert json.loads((folder / "manifest.json").read_text())["dropped"][reason] == 1

    server.faults.clear()
    server.requests.clear()
    assert fetch_tiles(plan, folder, options).complete
    assert server.asked == {bad: 1}


def test_a_slow_trickle_ends_at_the_time_limit(server, plan, tmp_path):
    bad = tile_names(plan)[4]
    server.faults[bad] = [trickle]
    report = fetch_tiles(plan, tmp_path / "tiles", fast(server.url, retries=1, timeout_s=2.0))
    assert report.complete
    assert server.asked[bad] == 2


@pytest.mark.parametrize(
    ("content_type", "mislabelled"),
    [
        ("image/jpeg; charset=binary", 0),
        ("image/jpg", 0),
        ("application/octet-stream", 0),
        ("image/png", 9),
        ("text/html", 9),
    ],
)
def test_the_bytes_decide_over_the_content_type(plan, tmp_path, content_type, mislabelled):
    with TileServer(always=typed(content_type)) as server:
        report = fetch_tiles(plan, tmp_path / "tiles", fast(server.url))
    assert (report.on_disk, report.mislabelled) == (9, mislabelled)
    assert (tmp_path / "tiles" / f"{tile_names(plan)[0]}.jpg").exists()


def test_a_tile_that_does_not_exist_is_remembered(server, plan, tmp_path):
    first, second, third = tile_names(plan)[:3]
    server.faults = {first: [status(404)] * 2, second: [status(410)], third: [status(204)]}
    folder = tmp_path / "tiles"
    report = fetch_tiles(plan, folder, fast(server.url))
    assert (report.missing, report.failed, report.on_disk) == (3, 0, 6)
    assert report.complete
    server.requests.clear()
    assert fetch_tiles(plan, folder, fast(server.url)).requests == 0
    again = fetch_tiles(plan, folder, fast(server.url, retry_missing=True))
    assert server.asked == {first: 1, second: 1, third: 1}
    assert (again.missing, again.on_disk) == (1, 8)


def test_the_user_says_which_status_means_missing(server, plan, tmp_path):
    server.always = status(403)
    report = fetch_tiles(plan, tmp_path / "tiles", fast(server.url, missing_status=(403,)))
    assert (report.missing, report.failed, report.stopped) == (9, 0, "")
    assert not report.complete


@pytest.mark.parametrize("code", [401, 403])
def test_refusals_in_a_row_end_the_run(tmp_path, code):
    plan = make_plan(tmp_path / "plan.parquet", 60)
    with TileServer(always=status(code)) as server:
        report = fetch_tiles(plan, tmp_path / "tiles", fast(server.url, concurrency=2))
        assert str(code) in report.stopped
        assert 5 <= report.failed == report.requests <= 6
        assert report.not_tried == 60 - report.failed
        assert len(server.requests) == report.requests


def test_refusals_end_the_run_before_other_failures_would(tmp_path):
    plan = make_plan(tmp_path / "plan.parquet", 60)
    first = tile_names(plan)[0]
    with TileServer(always=status(403), faults={first: [good]}) as server:
        report = fetch_tiles(plan, tmp_path / "tiles", fast(server.url, concurrency=1))
        assert report.stopped == "the source refuses access (HTTP 403)"
        assert (report.fetched, report.failed) == (1, 5)


def test_failures_in_a_row_end_the_run(tmp_path):
    plan = make_plan(tmp_path / "plan.parquet", 200)
    names = tile_names(plan)
    with TileServer() as server:
        server.faults = dict.fromkeys(names[50:], [status(500)] * 200)
        report = fetch_tiles(plan, tmp_path / "tiles", fast(server.url, retries=0))
        assert "20 tiles in a row" in report.stopped
        assert report.on_disk == 50
        assert 20 <= report.failed <= 60


def test_nobody_answers(tmp_path, plan):
    with TileServer() as server:
        url = server.url
    report = fetch_tiles(plan, tmp_path / "tiles", fast(url, retries=1))
    assert set(report.reasons) == {"no-connection"}
    assert "in a row" in report.stopped
    assert report.on_disk == 0


@pytest.mark.parametrize("wait", [lambda: "1", lambda: http_date(2)])
def test_retry_after_holds_every_worker(server, tmp_path, wait):
    plan = make_plan(tmp_path / "plan.parquet", 30)
    first = tile_names(plan)[0]
    server.faults[first] = [status(429, Retry_After=wait())]
    report = fetch_tiles(plan, tmp_path / "tiles", fast(server.url, rate=50, concurrency=4))
    assert report.complete
    times = sorted(request.at for request in server.requests)
    assert max(np.diff(times)) >= 0.8


def test_a_far_retry_after_ends_the_run(server, plan, tmp_path):
    server.always = status(503, Retry_After=http_date(7200))
    report = fetch_tiles(plan, tmp_path / "tiles", fast(server.url))
    assert re.search(r"come back in 7,[12]\d\d s", report.stopped)
    assert (report.failed, report.not_tried) == (0, 9)
    assert len(server.requests) <= 4


def test_the_rate_is_kept_over_all_workers(server, tmp_path):
    plan = make_plan(tmp_path / "plan.parquet", 40)
    server.faults = {name: [status(500)] for name in tile_names(plan)[:10]}
    report = fetch_tiles(plan, tmp_path / "tiles", fast(server.url, rate=40, concurrency=16))
    assert report.requests == 50
    assert report.seconds >= 49 / 40 - 0.1
    times = np.array([request.at for request in server.requests])
    in_half_a_second = [np.sum((times >= t) & (times < t + 0.5)) for t in times]
    assert max(in_half_a_second) <= 2 * 40 * 0.5


def test_no_more_requests_are_open_than_allowed(tmp_path):
    plan = make_plan(tmp_path / "plan.parquet", 12)
    with TileServer(delay=0.1) as server:
        fetch_tiles(plan, tmp_path / "tiles", fast(server.url, concurrency=3))
        assert 1 < server.most_open <= 3
