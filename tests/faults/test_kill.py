"""``kill -9`` at random points: the same command goes on and ends as if nothing had happened."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from faults import kill_at_random
from openai_server import OpenAIServer
from tile_server import TileServer, tile_bytes
from tile_tools import make_plan


def parquet_content(folder: Path) -> dict[str, str]:
    """Digests of the data; manifests, cards and pages name the time of the run."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.parquet"))
    }


def test_build_pairs(view_tables, tmp_path):
    ground, satellite = view_tables
    words = ["build-pairs", "--ground", ground, "--satellite", satellite, "--k", 4]
    words += ["--partitions", 12, "--quiet", "--overwrite", "-o", "pairs"]
    first: dict[str, str] = {}

    def check() -> None:
        assert [p.name for p in tmp_path.iterdir()] == ["pairs"]
        content = parquet_content(tmp_path / "pairs")
        first.update(first or content)
        assert content == first

    kill_at_random(words, tmp_path, (tmp_path / "pairs").exists, check)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as held:
        yield held


def test_fetch_tiles(stack, tmp_path):
    plan = make_plan(tmp_path / "plan.parquet", 60)
    server = stack.enter_context(TileServer(delay=0.03))
    work = tmp_path / "work"
    work.mkdir()
    words = ["fetch-tiles", plan, "--source", server.url, "-o", "tiles", "--rate", 1000]
    words += ["--concurrency", 4, "--quiet"]

    def check() -> None:
        images = [p for p in (work / "tiles" / "18").rglob("*") if p.is_file()]
        assert len(images) == 60
        for image in images:
            name = image.relative_to(work / "tiles").with_suffix("").as_posix()
            assert image.read_bytes() == tile_bytes(name)

    begun = kill_at_random(words, work, (work / "tiles" / "views.parquet").exists, check)
    assert len(server.requests) <= 60 * begun + 8 * 4


def test_eval(stack, tmp_path):
    server = stack.enter_context(OpenAIServer(delay=0.05, answer=lambda _seen: "B"))
    words = ["eval", "imageo-gss", "--model", "openai:tiny-vl", "--base-url", server.url]
    words += ["--runs", 10, "--limit", 6, "--concurrency", 2, "--quiet", "-o", "run"]
    run = tmp_path / "run"

    def done() -> bool:
        return (run / "report.html").exists()

    def check() -> None:
        lines = [json.loads(line) for line in (run / "samples.jsonl").read_bytes().splitlines()]
        answered = {line["key"] for line in lines if line["text"]}
        assert len(answered) == 60
        scores = json.loads((run / "scores.json").read_text())
        assert scores

    begun = kill_at_random(words, tmp_path, done, check)
    assert len(server.requests) <= 60 * begun + 8 * 2
