"""Fetching tiles from a real server that misbehaves."""

import hashlib
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tile_server import (
    TileServer,
    bomb,
    cut_short,
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
from tile_tools import command, fast, make_plan, source_url

from geobench_tools.errors import InputError
from geobench_tools.views import FetchOptions, fetch_tiles, preview_fetch, read_views


@pytest.fixture
def server():
    with TileServer() as running:
        yield running


@pytest.fixture
def plan(tmp_path) -> Path:
    """Nine tiles."""
    return make_plan(tmp_path / "plan.parquet", 9)


def tile_names(plan: Path) -> list[str]:
    return read_views(plan).table["view_id"].to_pylist()


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "fetch.jsonl").read_text().splitlines()]


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
    options = fast(server.url, retries=2, timeout_s=0.3 if fault is hang else 20)
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
    report = fetch_tiles(plan, tmp_path / "tiles", fast(server.url, retries=1, timeout_s=0.5))
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


def test_same_bytes_at_many_places_are_reported_and_can_be_left_out(server, plan, tmp_path):
    blank = tile_bytes("no imagery")
    names = tile_names(plan)
    server.faults = {name: [instead(blank)] for name in names[2:6]}
    folder = tmp_path / "tiles"
    report = fetch_tiles(plan, folder, fast(server.url))
    (same,) = report.identical
    assert same.sha256 == hashlib.sha256(blank).hexdigest()
    assert (same.tiles, same.bytes, same.example) == (4, len(blank), f"{names[2]}.jpg")
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
        (f"{other}.jpg.left.tmp", b"left over"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    left = folder / f"{other}.jpg.left.tmp"
    left.rename(left.with_name(f".{left.name}"))
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


def test_redirects_are_followed(server, plan, tmp_path):
    first = tile_names(plan)[0]
    server.faults[first] = [status(code, Location=f"/to/{first}.jpg") for code in (301, 302, 307)]
    report = fetch_tiles(plan, tmp_path / "tiles", fast(server.url))
    assert report.complete
    assert [r.path for r in server.requests if r.tile == first][1:] == [f"/to/{first}.jpg"] * 3


@pytest.mark.parametrize(
    ("placeholders", "expected"),
    [
        ("/{z}/{x}/{y}.jpg", "/3/3/5.jpg"),
        ("/{z}/{x}/{-y}.jpg", "/3/3/2.jpg"),
        ("/{q}?v=1", "/213?v=1"),
        ("/{s}/{z}/{x}/{y}", "/c/3/3/5"),
        ("/wmts?TileMatrix={z}&TileCol={x}&TileRow={y}", "/wmts?TileMatrix=3&TileCol=3&TileRow=5"),
    ],
)
def test_placeholders(tmp_path, placeholders, expected):
    plan = make_plan(tmp_path / "plan.parquet", [(3, 3, 5)])
    with TileServer(always=instead(tile_bytes("x"))) as server:
        report = fetch_tiles(plan, tmp_path / "tiles", fast(source_url(server, placeholders)))
        assert [request.path for request in server.requests] == [expected]
        assert server.requests[0].headers["User-Agent"].startswith("geobench-tools/")
    assert report.complete
    assert (tmp_path / "tiles" / "3/3/5.jpg").exists()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("file:///tiles/{z}/{x}/{y}.jpg", "scheme 'file'"),
        ("ftp://example.org/{z}/{x}/{y}.jpg", "scheme 'ftp'"),
        ("/tiles/{z}/{x}/{y}.jpg", "no scheme"),
        ("https:///{z}/{x}/{y}.jpg", "no host"),
        ("https://example.org:port/{z}/{x}/{y}.jpg", "no URL"),
        ("https://example.org/{z}/{x}.jpg", "which tile"),
        ("https://example.org/{z}/{x}/{y}/{t}.jpg", "placeholder {t}"),
        ("https://example.org/{z}/{x}/{y}{.jpg", "brace"),
        ("https://{x}.example.org/{z}/{x}/{y}.jpg", "host name"),
        ("https://{key}.example.org/{z}/{x}/{y}.jpg", "host name"),
        ("https://me:secret@example.org/{z}/{x}/{y}.jpg", "user or password"),
        ("https://example.org/{z}/{x}/{y}.jpg?api_key=secret", "'api_key' written out"),
        ("https://example.org/{z}/{x}/{y}.jpg?Access-Token=secret", "'Access-Token' written out"),
        ("https://example.org/{z}/{x}/{y}.jpg?key={key}", "no key is given"),
    ],
)
def test_sources_that_are_refused(plan, tmp_path, source, words):
    with pytest.raises(InputError, match=re.escape(words)) as error:
        fetch_tiles(plan, tmp_path / "tiles", FetchOptions(source))
    assert "secret" not in error.value.message + error.value.hint
    assert error.value.hint
    assert not (tmp_path / "tiles").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"rate": 0},
        {"rate": float("nan")},
        {"concurrency": 0},
        {"concurrency": 10_000},
        {"retries": -1},
        {"timeout_s": 0},
        {"backoff_s": -1},
        {"max_bytes": 0},
        {"subdomains": ()},
        {"missing_status": (500,)},
        {"no_imagery": ("abc",)},
        {"user_agent": "line\nbreak"},
        {"headers": ("no colon",)},
        {"headers": ("Bad name: x",)},
        {"headers": ("X: line\nbreak",)},
        {"api_key_env": "UNSET_KEY"},
    ],
)
def test_options_out_of_range(plan, tmp_path, change):
    options = fast("https://example.org/{z}/{x}/{y}.jpg", **change)
    with pytest.raises(InputError) as error:
        fetch_tiles(plan, tmp_path / "tiles", options, environment={})
    assert error.value.hint
    assert not (tmp_path / "tiles").exists()


def test_plans_that_are_none(tmp_path):
    options = fast("https://example.org/{z}/{x}/{y}.jpg")
    for ids, words in (
        (["a", "b"], "no tile z/x/y"),
        (["3/9/0"], "no tile z/x/y"),
        (["3/1/0", "3/1/0"], "listed twice"),
        ([], "lists no tile"),
    ):
        plan = make_plan(tmp_path / "plan.parquet", ids)
        with pytest.raises(InputError, match=words):
            fetch_tiles(plan, tmp_path / "tiles", options)
    with pytest.raises(InputError, match="does not exist"):
        fetch_tiles(tmp_path / "none.parquet", tmp_path / "tiles", options)
    taken = tmp_path / "file"
    taken.write_text("x")
    with pytest.raises(InputError, match="not a folder"):
        fetch_tiles(make_plan(tmp_path / "plan.parquet", 1), taken, options)


def test_a_folder_that_cannot_be_written(server, plan, tmp_path):
    folder = tmp_path / "tiles"
    folder.mkdir()
    (folder / "18").write_text("in the way")
    with pytest.raises(InputError, match="cannot write"):
        fetch_tiles(plan, folder, fast(server.url))
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
