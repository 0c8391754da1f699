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
    return [*command, "--rate", "1000", "--concurrency", str(CONCURRENCY)]


@contextmanager
def running(command: list[str]):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_requests(server: TileServer, number: int, process: subprocess.Popen) -> None:
    while len(server.requests) < number:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def interrupt(process: subprocess.Popen, number: int = signal.SIGINT) -> None:
    """Send a signal and wait until it has been heard."""
    process.send_signal(number)
    assert any("once more stops at once" in line for line in process.stderr)


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
    with TileServer(holds_after=20) as server:
        command = arguments(plan, server, folder)
        with running(command) as process:
            wait_for_requests(server, 21, process)
            process.kill()
            process.wait()
        assert not (folder / "views.parquet").exists()
        for image in (folder / "18").rglob("*.jpg"):
            name = image.relative_to(folder).with_suffix("").as_posix()
            assert image.read_bytes() == tile_bytes(name)
        server.release()
        done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
        document = json.loads(done.stdout)
        assert document["complete"]
        assert document["fetched"] >= TILES - 20 - CONCURRENCY
        assert len(server.requests) <= TILES + CONCURRENCY
        assert len(server.asked) == TILES
    check_whole(folder, plan)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_finishes_the_open_requests(plan, tmp_path, number):
    folder = tmp_path / "tiles"
    with TileServer(holds_after=10) as server:
        command = arguments(plan, server, folder)
        with running(command) as process:
            wait_for_requests(server, 10 + CONCURRENCY, process)
            interrupt(process, number)
            server.release()
            _, stderr = process.communicate()
            assert process.returncode == 3
        assert "stopped: interrupted" in stderr
        assert len(server.requests) == 10 + CONCURRENCY
        assert len(read_views(folder / "views.parquet")) == 10 + CONCURRENCY
        dry = subprocess.run([*command, "--dry-run", "--json"], capture_output=True, check=True)
        assert json.loads(dry.stdout)["on_disk"] == 10 + CONCURRENCY
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
            interrupt(process)
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate()
        assert process.returncode == 3
        assert "broken off after 6 tiles" in stderr
        assert "Traceback" not in stderr
        subprocess.run(command, capture_output=True, check=True)
        assert len(server.requests) == TILES + CONCURRENCY
    check_whole(folder, plan)
