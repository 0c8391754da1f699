"""``kill -9`` at random points: the same command goes on and ends as if nothing had happened."""

import hashlib
import json
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from faults import GEOR1, environment
from openai_server import OpenAIServer
from tile_server import TileServer, tile_bytes
from tile_tools import make_plan

KILLS = 20


def kill_at_random(
    words: Sequence[object], folder: Path, done: Callable[[], bool], check: Callable[[], None]
) -> None:
    """Kill a command at random times until it was killed twenty times and came to an end.

    The time of each kill is drawn over the time that a whole run takes. When the work is done
    before the twentieth kill it is checked, removed and begun again.
    """
    command = [*GEOR1, *map(str, words)]
    started = time.monotonic()
    subprocess.run(command, cwd=folder, env=environment(), check=True, capture_output=True)
    seconds = time.monotonic() - started
    check()
    rng = random.Random(str(folder.name))
    for _ in range(KILLS):
        if done():
            check()
            for path in folder.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        process = subprocess.Popen(
            command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            _, errors = process.communicate(timeout=seconds * rng.uniform(0.3, 1.0))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        else:
            assert process.returncode == 0, errors.decode()
    last = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert done(), last.stderr
    check()


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

    kill_at_random(words, work, (work / "tiles" / "views.parquet").exists, check)
    assert len(server.requests) <= 60 * (KILLS + 1) + KILLS * 4


def test_eval(stack, tmp_path):
    server = stack.enter_context(OpenAIServer(delay=0.05, answer=lambda _seen: "B"))
    words = [
        "eval",
        "imageo-gss",
        "--runs",
        10,
        "--model",
        "openai:tiny-vl",
        "--base-url",
        server.url,
    ]
    words += ["--limit", 6, "--concurrency", 2, "--quiet", "-o", "run"]
    run = tmp_path / "run"

    def done() -> bool:
        return (run / "report.html").exists()

    def check() -> None:
        lines = [json.loads(line) for line in (run / "samples.jsonl").read_bytes().splitlines()]
        answered = {line["key"] for line in lines if line["text"]}
        assert len(answered) == 60
        scores = json.loads((run / "scores.json").read_text())
        assert scores

    kill_at_random(words, tmp_path, done, check)
