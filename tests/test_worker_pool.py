"""Worker processes: they end when what started them ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from geobench_tools.errors import InputError
from geobench_tools.processes import in_order, worker_pool

PARENT = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_worker_pool import name_itself_and_wait
from geobench_tools.processes import in_order, worker_pool

if __name__ == "__main__":
    with worker_pool(2) as pool:
        list(in_order(pool, name_itself_and_wait, range(8)))
"""


def name_itself_and_wait(_number):
    os.write(1, b"%d\n" % os.getpid())
    time.sleep(600)


def kill_itself(_number):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def parent(tmp_path):
    """A process whose two workers are busy, and their ids."""
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    started = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield started, [int(started.stdout.readline()) for _ in range(2)]
    finally:
        started.kill()
        started.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_workers_and_leaves_nothing(parent, number):
    started, _ = parent
    started.send_signal(number)
    # The workers have their share in these pipes, which end when all are gone.
    _, said = started.communicate(timeout=300)
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert said.count("Traceback") == 1
    assert "leaked" not in said
    assert started.returncode == -signal.SIGINT


def test_a_kill_ends_the_workers(parent):
    started, _ = parent
    started.kill()
    started.communicate(timeout=300)
    assert started.returncode == -signal.SIGKILL


def test_a_worker_that_is_killed_is_no_traceback():
    with pytest.raises(InputError, match="a worker process ended"), worker_pool(2) as pool:
        list(in_order(pool, kill_itself, range(8)))


def test_what_a_worker_raises_is_raised():
    with pytest.raises(TypeError), worker_pool(2) as pool:
        list(in_order(pool, abs, ["no number"]))
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
