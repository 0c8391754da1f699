"""Sources, redirects, options and plans, good and bad."""

import re
from functools import partial

import httpx2
import pytest
from tile_server import (
    TileServer,
    instead,
    status,
    tile_bytes,
)
from tile_tools import fast, make_plan, source_url, tile_names

from geobench_tools.errors import InputError
from geobench_tools.views import FetchOptions, fetch_tiles


def test_redirects_are_followed(server, plan, tmp_path):
    first = tile_names(plan)[0]
    server.faults[first] = [status(code, Location=f"/to/{first}.jpg") for code in (301, 302, 307)]
    report = fetch_tiles(plan, tmp_path / "tiles", fast(server.url))
    assert report.complete
    assert [r.path for r in server.requests if r.tile == first][1:] == [f"/to/{first}.jpg"] * 3


def test_no_redirect_leaves_https(plan, tmp_path, monkeypatch):
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(302, headers={"Location": f"http://tiles.test{request.url.path}"})

    client = partial(httpx2.AsyncClient, transport=httpx2.MockTransport(answer))
    monkeypatch.setattr(httpx2, "AsyncClient", client)
    options = fast("https://tiles.test/{z}/{x}/{y}.jpg", concurrency=1)
    report = fetch_tiles(plan, tmp_path / "tiles", options)
    assert set(report.reasons) == {"bad-redirect"}
    assert asked
    assert all(url.startswith("https:") for url in asked)


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
