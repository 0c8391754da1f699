"""The key reaches the source it is meant for, and nothing else."""

import json
import logging
from pathlib import Path

import pytest
from tile_server import TileServer, hang, instead, status
from tile_tools import command, fast, make_plan, source_url

from geobench_tools.errors import InputError
from geobench_tools.views import fetch_tiles, read_views

KEY = "s3cr3t/K+y=42"
ENCODED = "s3cr3t%2FK%2By%3D42"
NAME = "TILE_KEY"


def holds_key(text: str) -> bool:
    return "s3cr3t" in text


def written(folder: Path) -> str:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"fetch.jsonl", "attribution.json", "manifest.json"}
    return "".join(path.read_bytes().decode("latin-1") for path in files)


@pytest.fixture
def plan(tmp_path) -> Path:
    return make_plan(tmp_path / "plan.parquet", 9)


@pytest.mark.parametrize("place", ["query", "path", "header"])
def test_the_key_is_in_no_output(plan, tmp_path, monkeypatch, caplog, place):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv(NAME, KEY)
    names = read_views(plan).table["view_id"].to_pylist()
    with TileServer() as server, TileServer() as elsewhere:
        away = f"http://127.0.0.1:{elsewhere.port}/{names[0]}.jpg"
        server.faults = {
            names[0]: [status(302, Location=away)],
            names[1]: [status(302, Location=f"{away}?key={KEY}")],
            names[2]: [status(302, Location=f"{away}?key={ENCODED}")],
            names[3]: [status(500, X_Echo=KEY), status(403, X_Echo=KEY)],
            names[4]: [instead(f"<html>bad key {KEY}".encode(), f"text/html; key={KEY}")],
            names[5]: [instead(KEY.encode(), KEY)],
            names[6]: [status(302, Location=f"/elsewhere/{names[6]}.jpg?key={KEY}")],
            names[7]: [hang],
        }
        source, header = {
            "query": ("/{z}/{x}/{y}.jpg?key={key}", "X-Project: my project"),
            "path": ("/{key}/{z}/{x}/{y}.jpg", "X-Project: my project"),
            "header": ("/{z}/{x}/{y}.jpg", "Authorization: Bearer {key}"),
        }[place]
        folder = tmp_path / "tiles"
        arguments = ["fetch-tiles", str(plan), "-o", str(folder), "--header", header]
        arguments += ["--source", source_url(server, source), "--api-key-env", NAME]
        arguments += ["--rate", "200", "--retries", "1", "--backoff", "0", "--timeout", "2s"]
        dry = command(*arguments, "--dry-run")
        ran = command(*arguments)
        again = command(*arguments, "--json")
        sent = server.requests + elsewhere.requests
    assert dry.exit_code == 0
    assert ran.exit_code == 3, ran.output
    reasons = json.loads((folder / "manifest.json").read_text())["dropped"]
    assert again.exit_code == 0, (again.output, reasons)
    at_source = [r.path + str(r.headers) for r in sent if r in server.requests]
    assert sum(map(holds_key, at_source)) >= 9
    away = [r for r in sent if r in elsewhere.requests]
    assert [r.tile for r in away] == [names[0]]
    assert not holds_key(str(away))
    assert "X-Project" not in away[0].headers
    assert "Authorization" not in away[0].headers
    output = "".join(r.stdout + r.stderr for r in (dry, ran, again))
    assert "bad-redirect" in output
    assert not holds_key(output)
    assert not holds_key(written(folder))
    assert not holds_key(caplog.text)
    assert not any(holds_key(str(vars(record))) for record in caplog.records)


def test_header_values_are_not_recorded(plan, tmp_path, monkeypatch):
    folder = tmp_path / "tiles"
    with TileServer() as server:
        arguments = ["fetch-tiles", str(plan), "-o", str(folder), "--source", server.url]
        arguments += ["--header", "X-Token: s3cr3t value", "--rate", "500"]
        monkeypatch.setattr("sys.argv", ["geor1", *arguments])
        ran = command(*arguments)
        assert ran.exit_code == 0, ran.output
        assert server.requests[0].headers["X-Token"] == "s3cr3t value"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["parameters"]["headers"] == ["X-Token"]
    assert "[redacted]" in manifest["run"]["command"]
    assert not holds_key(written(folder) + ran.output)


@pytest.mark.parametrize(
    ("value", "source", "words"),
    [
        ("", "https://example.org/{z}/{x}/{y}.jpg?key={key}", "not set"),
        ("s3cr3t\nx", "https://example.org/{z}/{x}/{y}.jpg?key={key}", "no key"),
        ("abc", "https://example.org/{z}/{x}/{y}.jpg?key={key}", "no key"),
        ("s3cr3t", "https://example.org/s3cr3t/{z}/{x}/{y}.jpg", "written out"),
        ("s3cr3t", "https://example.org/{z}/{x}/{y}.jpg", "nothing uses the key"),
    ],
)
def test_keys_that_are_refused(plan, tmp_path, value, source, words):
    options = fast(source, api_key_env=NAME)
    with pytest.raises(InputError, match=words) as error:
        fetch_tiles(plan, tmp_path / "tiles", options, environment={NAME: value})
    assert not holds_key(error.value.message + error.value.hint + repr(options))


def test_a_key_of_several_parameters_is_sent_as_it_is(plan, tmp_path):
    with TileServer() as server:
        options = fast(source_url(server, "/{z}/{x}/{y}.jpg?{key}"), api_key_env=NAME)
        environment = {NAME: "sv=1&sig=a%2Bb"}
        report = fetch_tiles(plan, tmp_path / "tiles", options, environment=environment)
        assert report.complete
        assert all(r.path.endswith(".jpg?sv=1&sig=a%2Bb") for r in server.requests)
    assert "a%2Bb" not in written(tmp_path / "tiles") + repr(report)
