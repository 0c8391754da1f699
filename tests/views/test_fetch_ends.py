"""A fetch that is killed or interrupted, and the run after it."""

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from tile_server import TileServer, hang, tile_bytes
from tile_tools import make_plan

from geobench_tools.views import read_views

TILES, CONCURRENCY = 60, 4
GEOR1 = (sys.executable, "-c", "from geobench_tools.cli import main; main()")


def arguments(plan: Path, server: TileServer, folder: Path) -> list[str]:
    command = [*GEOR1, "fetch-tiles", str(plan), "--source", server.url, "-o", str(folder)]
    return [*command, "--rate", "1000", "--concurrency", str(CONCURRENCY), "--json"]


@contextmanager
def running(command: list[str]):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_requests(server: TileServer, number: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 60
    while len(server.requests) < number:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def check_whole(folder: Path, plan: Path) -> None:
    """Every planned tile is there with its bytes, and nothing else is in the tree."""
    names = read_views(plan).table["view_id"].to_pylist()
    for name in names:
        assert (folder / f"{name}.jpg").read_bytes() == tile_bytes(name)
    assert len([path for path in (folder / "18").rglob("*") if path.is_file()]) == len(names)
    assert read_views(folder / "views.parquet").table["view_id"].to_pylist() == names


@pytest.fixture
def plan(tmp_path) -> Path:
    return make_plan(tmp_path / "plan.parquet", TILES)


def test_kill_9_repeats_no_more_than_the_open_requests(plan, tmp_path):
    folder = tmp_path / "tiles"
    with TileServer(delay=0.03) as server:
        command = arguments(plan, server, folder)
        with running(command) as process:
            wait_for_requests(server, 20, process)
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert not (folder / "views.parquet").exists()
        for image in (folder / "18").rglob("*.jpg"):
            name = image.relative_to(folder).with_suffix("").as_posix()
            assert image.read_bytes() == tile_bytes(name)
        server.delay = 0.0
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        document = json.loads(done.stdout)
        assert document["complete"]
        assert document["fetched"] >= TILES - 20 - CONCURRENCY
        assert len(server.requests) <= TILES + CONCURRENCY
        assert len(server.asked) == TILES
    check_whole(folder, plan)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_finishes_the_open_requests(plan, tmp_path, number):
    folder = tmp_path / "tiles"
    with TileServer(delay=0.1) as server:
        command = arguments(plan, server, folder)
        with running(command) as process:
            wait_for_requests(server, 10, process)
            process.send_signal(number)
            stdout, _ = process.communicate(timeout=60)
            assert process.returncode == 3
        document = json.loads(stdout)
        assert document["stopped"] == "interrupted"
        assert document["on_disk"] == document["requests"] == len(server.requests)
        assert document["not_tried"] == TILES - document["on_disk"] > 0
        assert len(read_views(folder / "views.parquet")) == document["on_disk"]
        subprocess.run(command, capture_output=True, check=True)
        assert server.asked == dict.fromkeys(server.asked, 1)
        assert len(server.asked) == TILES
    check_whole(folder, plan)


def test_a_second_interrupt_does_not_wait(plan, tmp_path):
    folder = tmp_path / "tiles"
    with TileServer() as server:
        names = read_views(plan).table["view_id"].to_pylist()
        server.faults = {name: [hang] for name in names[6 : 6 + CONCURRENCY]}
        command = arguments(plan, server, folder)
        with running(command) as process:
            wait_for_requests(server, 6 + CONCURRENCY, process)
            process.send_signal(signal.SIGINT)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=1)
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=20)
        assert process.returncode == 3
        assert "broken off after 6 tiles" in json.loads(stdout)["error"]["message"]
        assert "Traceback" not in stderr
        subprocess.run(command, capture_output=True, check=True)
        assert len(server.requests) == TILES + CONCURRENCY
    check_whole(folder, plan)
