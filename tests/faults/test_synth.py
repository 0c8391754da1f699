"""Traces that are paid for: kill -9, servers that misbehave, Ctrl-C, two processes, keys."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import openai_server as faulty
import pytest
from faults import ended, kill_at_random, wait_for, wait_for_line
from openai_server import OpenAIServer
from synth_tools import good_trace

from geobench_tools.errors import PartialFailure
from geobench_tools.evaluation import _ask as ask
from geobench_tools.models import ModelError
from geobench_tools.reports import SynthRequest, synthesise

CONCURRENCY = 4
QUESTIONS = 24


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(answer=good_trace) as server:
        yield server


def words_of(server: OpenAIServer, pairs: Path, *more: object) -> list[object]:
    words: list[object] = ["synth-cot", "--pairs", pairs, "--teacher", "openai:tiny-vl"]
    words += ["--base-url", server.url, "--concurrency", CONCURRENCY, "--limit", QUESTIONS]
    return [*words, "--quiet", *more, "-o", "traces"]


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def derived(folder: Path) -> dict[str, bytes]:
    """What training reads: without times and orders of replies."""
    files = [folder / "kept.jsonl", folder / "rejected.jsonl"]
    files += [path for path in sorted((folder / "sft").rglob("*")) if path.is_file()]
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in files
        if path.name != "manifest.json"
    }


def test_kill(server, world_pairs, tmp_path):
    server.delay = 0.01
    first: dict[str, bytes] = {}

    def check() -> None:
        traces = tmp_path / "traces"
        kept = [line["id"] for line in read(traces / "kept.jsonl")]
        assert len(kept) == len(set(kept)) == QUESTIONS
        assert len({line["id"] for line in read(traces / "traces.jsonl")}) == QUESTIONS
        assert not list(traces.rglob("*.tmp"))
        content = derived(traces)
        first.update(first or content)
        assert content == first

    done = (tmp_path / "traces" / "manifest.json").exists
    begun = kill_at_random(words_of(server, world_pairs), tmp_path, done, check)
    assert len(server.requests) <= QUESTIONS * begun + CONCURRENCY * 8


FAULTS: dict[str, faulty.Fault] = {
    "429 with Retry-After": faulty.status(429, Retry_After="0"),
    "500": faulty.status(500),
    "hang": faulty.hang,
    "cut body": faulty.cut,
    "dropped": faulty.drop,
    "no JSON": faulty.body(b"<html>Bad gateway</html>"),
    "JSON bomb": faulty.body(b"[" * 100_000),
}
"""Of these each costs one request more."""


def sequence(*faults: faulty.Fault | None) -> faulty.Fault:
    """Use up faults in the order of requests; then answer."""
    left = list(faults)

    async def fault(server: OpenAIServer, seen: faulty.Seen) -> bytes | None:
        if left and (own := left.pop(0)):
            return await own(server, seen)
        return faulty.response(faulty.completion(server, seen), 200)

    return fault


def asking(server: OpenAIServer, pairs: Path, out: Path, **more: object) -> SynthRequest:
    given = {"teacher": "openai:tiny-vl", "base_urls": [server.url], "limit": 8, "timeout_s": 2.0}
    return SynthRequest(out=out, pairs=pairs, **{**given, **more})


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "_FIRST_WAIT_S", 0.01)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_server_that_passes(server, world_pairs, tmp_path, quick, name):
    server.always = sequence(None, FAULTS[name], None, FAULTS[name])
    report = synthesise(asking(server, world_pairs, tmp_path / "traces"))
    assert report.failure() is None
    assert (report.stats.traces, report.stats.kept) == (8, 8)
    assert len(server.requests) == 10


@pytest.mark.parametrize("name", [name for name in FAULTS if name[:3] != "429"])
def test_a_fault_of_the_server_that_lasts(server, world_pairs, tmp_path, quick, name):
    server.always = sequence(None, None, *[FAULTS[name]] * 6)
    request = asking(server, world_pairs, tmp_path / "traces", concurrency=1, max_attempts=2)
    report = synthesise(request)
    failure = report.failure()
    assert isinstance(failure, PartialFailure)
    assert "same command" in failure.hint
    assert 0 < report.stats.kept < 8
    kept = {line["id"]: line["text"] for line in read(tmp_path / "traces/kept.jsonl")}
    asked = len(server.requests)
    again = synthesise(request)
    assert again.failure() is None
    assert again.stats.kept == 8
    assert len(server.requests) == asked + 8 - len(kept)
    now = {line["id"]: line["text"] for line in read(tmp_path / "traces/kept.jsonl")}
    assert kept.items() <= now.items()


def test_some_requests_are_refused(server, world_pairs, tmp_path, quick):
    server.always = sequence(*[None, faulty.status(400, "bad image")] * 2)
    report = synthesise(asking(server, world_pairs, tmp_path / "traces"))
    assert isinstance(report.failure(), PartialFailure)
    assert (report.stats.traces, report.missing) == (6, 2)
    assert len(server.requests) == 8


def test_a_model_that_is_not_there(server, world_pairs, tmp_path, quick):
    request = asking(server, world_pairs, tmp_path / "traces", teacher="openai:other")
    with pytest.raises(ModelError, match="no model 'other'"):
        synthesise(request)
    right = asking(server, world_pairs, tmp_path / "traces", teacher="openai:tiny-vl")
    assert synthesise(right).stats.kept == 8


@pytest.fixture
def interrupted(start, server: OpenAIServer, world_pairs: Path) -> subprocess.Popen[str]:
    """Start a synthesis, answer the first requests, and press Ctrl-C while the next are open."""
    server.holds_after = CONCURRENCY
    process = start(*(w for w in words_of(server, world_pairs) if w != "--quiet"))
    wait_for(lambda: len(server.requests) == 2 * CONCURRENCY, process)
    process.send_signal(signal.SIGINT)
    wait_for_line("press Ctrl-C again", process)
    return process


def test_one_interrupt_finishes_open_requests(geor1, interrupted, server, world_pairs, tmp_path):
    server.release()
    errors = ended(interrupted)
    assert interrupted.returncode == 3, errors
    assert "interrupted" in errors
    assert len(server.requests) == 2 * CONCURRENCY
    kept = read(tmp_path / "traces" / "kept.jsonl")
    assert len(kept) == 2 * CONCURRENCY
    assert geor1(*words_of(server, world_pairs)).returncode == 0
    assert len(server.requests) == QUESTIONS


def test_two_interrupts_end_now(geor1, interrupted, server, world_pairs):
    interrupted.send_signal(signal.SIGINT)
    errors = ended(interrupted)
    assert interrupted.returncode in (3, 130), errors
    server.release()
    assert geor1(*words_of(server, world_pairs)).returncode == 0
    assert len(server.requests) == QUESTIONS + CONCURRENCY


def test_two_processes_on_one_folder(geor1, start, server, world_pairs, tmp_path):
    server.holds_after = 0
    first = start(*words_of(server, world_pairs))
    wait_for(lambda: server.requests, first)
    second = geor1(*words_of(server, world_pairs))
    server.release()
    assert second.returncode == 2
    assert "another process" in second.stderr
    assert "next:" in second.stderr
    errors = ended(first)
    assert first.returncode == 0, errors
    assert len(server.requests) == QUESTIONS
    assert len(read(tmp_path / "traces" / "traces.jsonl")) == QUESTIONS
