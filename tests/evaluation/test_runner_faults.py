import asyncio
import socket

import openai_server as faulty
import pytest
from openai_server import OpenAIServer
from small_benchmark import SmallBenchmark

from geobench_tools.evaluation import RunSpec, final_records, run
from geobench_tools.evaluation import _ask as ask
from geobench_tools.models import ModelError, parse_model


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    monkeypatch.setattr(ask, "_FIRST_WAIT_S", 0.01)


def ask_all(server, pictures, tmp_path, *, timeout_s=60.0, count=20, **options):
    model = parse_model("openai:tiny-vl", base_urls=[server.url], timeout_s=timeout_s)
    spec = RunSpec(tmp_path / "run", **options)
    result = run(spec, SmallBenchmark(pictures, count), model)
    return result, {record.sample_id: record for record in final_records(result.folder)}


def test_retry_after_is_obeyed_by_all(server, pictures, tmp_path):
    server.faults["s0"] = [faulty.status(429, Retry_After="1")]
    result, records = ask_all(server, pictures, tmp_path, concurrency=1)
    asked = [seen for seen in server.requests if seen.name == "s0"]
    assert asked[1].at - asked[0].at >= 0.99
    assert server.requests[1].name == "s0"
    assert (records["s0"].status, records["s0"].attempts) == ("ok", 2)
    assert (result.sent, result.overloads) == (21, 1)


@pytest.mark.parametrize(
    "fault",
    [
        faulty.status(500),
        faulty.status(503),
        faulty.status(429),
        faulty.drop,
        faulty.cut,
        faulty.body(b"<html>Bad gateway</html>"),
        faulty.body(b'{"choices": []}'),
        faulty.body(b'{"choices": [{"message": null}]}'),
        faulty.body(b"[1, 2]"),
    ],
)
def test_passing_fault_costs_one_more_request(server, pictures, tmp_path, fault):
    server.faults["s3"] = [fault]
    result, records = ask_all(server, pictures, tmp_path)
    assert result.failure() is None
    assert result.sent == 21
    assert (records["s3"].status, records["s3"].attempts) == ("ok", 2)


@pytest.mark.parametrize(
    ("fault", "reason", "attempts"),
    [
        (faulty.status(500, "on fire"), "server", 3),
        (faulty.status(400, "too many pixels"), "rejected", 1),
        (faulty.status(413, "too large"), "rejected", 1),
        (faulty.drop, "connection", 3),
        (faulty.cut, "connection", 3),
        (faulty.hang, "timeout", 3),
        (faulty.body(b"nonsense"), "malformed", 3),
        (faulty.body(b'{"error": {"message": "CUDA error"}}'), "malformed", 3),
    ],
)
def test_lasting_fault_is_an_error_and_never_an_answer(
    server, pictures, tmp_path, fault, reason, attempts
):
    server.faults["s3"] = [fault] * 9
    timeout_s = 2.0 if fault is faulty.hang else 60.0
    result, records = ask_all(
        server, pictures, tmp_path, timeout_s=timeout_s, max_attempts=3, count=6
    )
    bad = records["s3"]
    assert bad.error is not None
    assert (bad.status, bad.error.reason, bad.attempts) == ("error", reason, attempts)
    assert (bad.text, bad.reading) == ("", None)
    assert result.totals.statuses == {
        **{"ok": 5, "error": 1},
        **{"parse_error": 0, "refusal": 0, "truncated": 0, "skipped": 0},
    }
    failure = result.failure()
    assert failure is not None
    assert failure.exit_code == 3


def test_errors_are_asked_again_on_resume(server, pictures, tmp_path):
    server.faults["s3"] = [faulty.status(400)]
    ask_all(server, pictures, tmp_path)
    result, records = ask_all(server, pictures, tmp_path)
    assert (result.sent, result.reused) == (1, 19)
    assert records["s3"].status == "ok"


def test_two_per_cent_rejected_for_good(server, pictures, tmp_path):
    for i in range(0, 100, 50):
        server.faults[f"s{i}"] = [faulty.status(400, "bad image")]
    result, records = ask_all(server, pictures, tmp_path, count=100)
    assert (result.totals.statuses["ok"], result.totals.statuses["error"]) == (98, 2)
    assert {name for name, r in records.items() if r.status == "error"} == {"s0", "s50"}
    assert SmallBenchmark(pictures).score(records.values()) == {"accuracy": 0.98}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"message": {"content": None, "refusal": "I cannot."}}, "refusal"),
        ({"choice": {"finish_reason": "content_filter"}}, "refusal"),
        ({"message": {"content": "I am sorry"}}, "refusal"),
        ({"message": {"content": "hmm"}, "choice": {"finish_reason": "length"}}, "truncated"),
        ({"message": {"content": "hmm"}}, "parse_error"),
        ({"message": {"content": ""}}, "parse_error"),
        ({"message": {"content": None, "reasoning_content": "answer"}}, "parse_error"),
        ({"message": {"content": [{"type": "text", "text": "answer to s3"}]}}, "ok"),
        ({"choice": {"finish_reason": "length"}}, "ok"),
    ],
)
def test_replies_without_an_answer(server, pictures, tmp_path, changes, status):
    server.faults["s3"] = [faulty.changed(**changes)]
    result, records = ask_all(server, pictures, tmp_path, count=6)
    assert records["s3"].status == status
    assert result.failure() is None
    again, _ = ask_all(server, pictures, tmp_path, count=6)
    assert again.sent == 0


def test_wrong_model_name_stops_at_once(server, pictures, tmp_path):
    model = parse_model("openai:other", base_urls=[server.url])
    with pytest.raises(ModelError, match="no model 'other'") as caught:
        run(RunSpec(tmp_path / "run", concurrency=4), SmallBenchmark(pictures), model)
    assert len(server.requests) <= 4
    assert caught.value.exit_code == 2
    assert list(final_records(tmp_path / "run")) == []


def test_key_appears_nowhere(server, pictures, tmp_path, monkeypatch, caplog, capfd):
    key = "sk-test-4f9a1c77d2"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    server.faults["s1"] = [faulty.status(400, "bad key {key} given")]
    server.faults["s2"] = [faulty.body(b"raw " + key.encode())] * 9
    with caplog.at_level("DEBUG"):
        result, records = ask_all(server, pictures, tmp_path, max_attempts=2)
    assert server.requests[0].headers["authorization"] == f"bearer {key}"
    error = records["s1"].error
    assert error is not None
    assert "[key]" in error.detail
    files = [path.read_text() for path in (tmp_path / "run").iterdir()]
    model = parse_model("openai:tiny-vl", base_urls=[server.url])
    said = [*files, repr(result), repr(model), repr(vars(model)), caplog.text, *capfd.readouterr()]
    assert not any(key in text for text in said)


def test_refused_key_stops_at_once(server, pictures, tmp_path):
    server.always = faulty.status(401, "Incorrect API key provided")
    with pytest.raises(ModelError, match="Incorrect") as caught:
        ask_all(server, pictures, tmp_path)
    assert "OPENAI_API_KEY" in caught.value.hint


def test_dead_endpoint_ends_the_run_early(server, pictures, tmp_path):
    server.always = faulty.status(500, "on fire")
    result, records = ask_all(
        server, pictures, tmp_path, count=200, concurrency=4, max_attempts=1, stop_after_errors=10
    )
    assert "on fire" in result.stopped
    assert len(records) < 20
    assert result.failure() is not None


def test_concurrency_is_bounded_and_backs_off(server, pictures, tmp_path):
    async def when_full(_server, seen):
        while server.most_open <= 6:
            await asyncio.sleep(0.001)
        return faulty.response(faulty.completion(server, seen), 200)

    server.always = when_full
    server.capacity = 6
    result, _ = ask_all(server, pictures, tmp_path, count=150, concurrency=32)
    assert result.totals.statuses["ok"] == 150
    assert result.overloads > 0
    assert result.lowest_concurrency < 8
    server.most_open, server.capacity, server.always = 0, None, None
    ask_all(server, pictures, tmp_path / "b", count=60, concurrency=5)
    assert server.most_open <= 5


def test_load_goes_to_the_endpoint_with_the_least_in_flight(server, pictures, tmp_path):
    async def after_others(slow, seen):
        while len(server.requests) < 60:
            await asyncio.sleep(0.001)
        return faulty.response(faulty.completion(slow, seen), 200)

    with OpenAIServer(always=after_others) as slow, socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{dead.getsockname()[1]}/v1"
        model = parse_model("openai:tiny-vl", base_urls=[slow.url, server.url, nobody])
        spec = RunSpec(tmp_path / "run", concurrency=4)
        result = run(spec, SmallBenchmark(pictures, 80), model)
        assert result.totals.statuses["ok"] == 80
        assert len(server.requests) > len(slow.requests) > 0
        assert result.sent < 120, "the address that cannot be reached was not left to rest"


@pytest.mark.parametrize("code", [429, 500])
def test_a_wait_beyond_patience_is_an_error_and_holds_nobody_up(server, pictures, tmp_path, code):
    server.faults["s1"] = [faulty.status(code, Retry_After="100000000")] * 3
    _, records = ask_all(server, pictures, tmp_path, count=4, concurrency=1, patience_s=2.0)
    assert [records[f"s{i}"].status for i in range(4)] == ["ok", "error", "ok", "ok"]
    assert records["s1"].attempts == 1


@pytest.mark.parametrize("said", ["1e999", "NaN", "-3", "true", '"2"'])
def test_senseless_usage_is_unknown(server, pictures, tmp_path, said):
    usage = f'{{"prompt_tokens": {said}, "completion_tokens": 10, "cost": {said}}}'
    message = '[{"message": {"content": "answer to s3"}}]'
    server.faults["s3"] = [faulty.body(f'{{"choices": {message}, "usage": {usage}}}'.encode())]
    result, records = ask_all(server, pictures, tmp_path, count=4)
    usage = records["s3"].usage
    assert (records["s3"].status, records["s3"].cost) == ("ok", None)
    assert (usage.prompt_tokens, usage.completion_tokens) == (None, 10)
    assert result.totals.cost is None
