"""Two processes at once, Ctrl-C, a clock that goes backwards, odd paths."""

import json
import signal

import pytest
from faults import ended, wait_for
from openai_server import OpenAIServer

SLOW_CLOCK = """
import itertools, time
_back = itertools.count(0, 3600)
time.time = lambda: 1.7e9 - next(_back)
time.time_ns = lambda: int(time.time() * 1e9)
"""


def ask(server: OpenAIServer) -> list[object]:
    words: list[object] = ["eval", "imageo-gss", "--model", "openai:tiny-vl", "--runs", 4]
    return [*words, "--base-url", server.url, "--concurrency", 2, "--quiet", "-o", "run"]


def test_two_evaluations_of_one_run(geor1, start, tmp_path):
    with OpenAIServer(holds_after=0) as server:
        first = start(*ask(server))
        wait_for(lambda: server.requests, first)
        second = geor1(*ask(server))
        server.release()
        assert second.returncode == 2
        assert "another process" in second.stderr
        assert "next:" in second.stderr
        ended(first)
    lines = (tmp_path / "run" / "samples.jsonl").read_bytes().splitlines()
    assert len({json.loads(line)["key"] for line in lines}) == len(lines)


def test_two_builds_of_one_set(geor1, start, view_tables, tmp_path):
    ground, satellite = view_tables
    words = ["build-pairs", "--ground", ground, "--satellite", satellite, "--quiet", "-o", "pairs"]
    job, made = tmp_path / ".pairs.work" / "job.txt", tmp_path / "pairs"
    first = start(*words, "--partitions", 40)
    wait_for(lambda: job.exists() or made.exists(), first)
    first.send_signal(signal.SIGSTOP)
    expected = "exists already" if made.exists() else "another"
    second = geor1(*words, "--partitions", 40)
    first.send_signal(signal.SIGCONT)
    errors = ended(first)
    assert first.returncode == 0, errors
    assert second.returncode == 2
    assert expected in second.stderr


@pytest.mark.parametrize("command", ["build-pairs", "world"])
def test_one_interrupt_ends_without_a_traceback(geor1, start, view_tables, tmp_path, command):
    ground, satellite = view_tables
    words = {
        "build-pairs": ["build-pairs", "--ground", ground, "--satellite", satellite, "-o", "out"],
        "world": ["world", "render", "--views", 40, "--workers", 1, "-o", "out"],
    }[command]
    process = start(*words, "--quiet")
    wait_for(lambda: list(tmp_path.glob(".out*")) or (tmp_path / "out").exists(), process)
    process.send_signal(signal.SIGINT)
    errors = ended(process)
    assert process.returncode in (0, 130)
    if process.returncode:
        assert "the same command goes on" in errors
        assert not (tmp_path / "out").exists()
        assert geor1(*words).returncode == 0


def test_a_clock_that_goes_backwards(geor1, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SLOW_CLOCK)
    with OpenAIServer(answer=lambda _seen: "{}") as server:
        done = geor1(*ask(server), env={"PYTHONPATH": str(tmp_path / "site")})
        assert done.returncode in (0, 3), done.stderr
        asked = len(server.requests)
        again = geor1(*ask(server))
        assert again.returncode == done.returncode
        assert len(server.requests) == asked
    for line in (tmp_path / "run" / "samples.jsonl").read_bytes().splitlines():
        record = json.loads(line)
        assert record["latency_s"] >= 0
        assert record["elapsed_s"] >= 0


def test_paths_with_spaces_and_other_scripts(geor1, view_tables, tmp_path):
    folder = tmp_path / "a folder — 東京 (1)"
    folder.mkdir()
    tables = []
    for table in view_tables:
        tables.append(folder / f"my {table.name}")
        tables[-1].write_bytes(table.read_bytes())
    words = ["build-pairs", "--ground", tables[0], "--satellite", tables[1]]
    assert geor1(*words, "-o", "die Menge", cwd=folder).returncode == 0
    assert geor1("audit-pairs", "die Menge", cwd=folder).returncode in (0, 1)
    done = geor1("export-pairs", "die Menge", "--to", "trl", "-o", "Ausgabe 1", cwd=folder)
    assert done.returncode == 2
    assert "image" in done.stderr
