import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from geobench_tools.evaluation import final_records, read_run

PROGRAM = Path(__file__).with_name("small_benchmark.py")
COUNT, CONCURRENCY = 120, 8


def start(server, pictures, tmp_path):
    words = [sys.executable, PROGRAM, server.url, pictures, tmp_path / "run", COUNT, CONCURRENCY]
    env = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    command = [str(word) for word in words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)


def wait_for(server, number, process):
    while len(server.requests) < number:
        assert process.poll() is None
        time.sleep(0.005)


def interrupt(process, number=signal.SIGINT):
    """Send a signal and wait until it has been heard."""
    process.send_signal(number)
    assert "press Ctrl-C again" in process.stdout.readline()


def records_of(folder):
    lines = (folder / "samples.jsonl").read_bytes().count(b"\n")
    return lines, list(final_records(folder))


def test_kill_in_mid_run_repeats_only_what_was_open(server, pictures, tmp_path):
    server.holds_after = COUNT // 2
    process = start(server, pictures, tmp_path)
    wait_for(server, COUNT // 2 + 1, process)
    process.kill()
    process.communicate()
    server.release()
    assert read_run(tmp_path / "run").run["state"] == "running"
    _, before = records_of(tmp_path / "run")
    assert COUNT // 2 - CONCURRENCY < len(before) <= COUNT // 2
    left = tmp_path / "run" / ".run.json.x1.tmp"
    left.write_text("{")
    again = start(server, pictures, tmp_path)
    out, _ = again.communicate()
    assert again.returncode == 0
    assert int(out.split()[0]) == len(before)
    assert len(server.requests) - COUNT <= CONCURRENCY
    lines, after = records_of(tmp_path / "run")
    assert lines in (COUNT, COUNT + 1)
    assert sorted(record.index for record in after) == list(range(COUNT))
    assert {record.status for record in after} == {"ok"}
    assert not left.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_interrupt_finishes_open_requests(server, pictures, tmp_path, number):
    server.holds_after = COUNT // 2
    process = start(server, pictures, tmp_path)
    wait_for(server, COUNT // 2 + 1, process)
    interrupt(process, number)
    server.release()
    process.communicate()
    assert process.returncode == 0
    _, records = records_of(tmp_path / "run")
    assert len(records) == len(server.requests) < COUNT
    assert read_run(tmp_path / "run").run["state"] == "interrupted"


def test_second_interrupt_drops_open_requests(server, pictures, tmp_path):
    server.holds_after = 0
    process = start(server, pictures, tmp_path)
    wait_for(server, CONCURRENCY, process)
    interrupt(process)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 0
    assert records_of(tmp_path / "run")[1] == []
