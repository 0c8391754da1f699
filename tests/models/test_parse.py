import asyncio
import json

import pytest

from geobench_tools.errors import InputError
from geobench_tools.models import ModelError, Request, default_model, parse_model


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)


def ask(text, sample_id="s0", run_index=0, pool=None):
    request = Request("0" * 32, sample_id, (), run_index=run_index, pool=pool or {})
    return asyncio.run(parse_model(text).reply(request)).text


def test_default_is_the_environment_then_the_baseline(monkeypatch):
    name, note = default_model()
    assert name == "majority"
    assert "baseline" in note
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1/v1")
    with pytest.raises(InputError, match="OPENAI_MODEL is not"):
        default_model()
    monkeypatch.setenv("OPENAI_MODEL", "m")
    name, note = default_model()
    assert name == "openai:m"
    assert "localhost:1" in note
    assert parse_model(name).identity == {"backend": "openai", "name": "m"}


@pytest.mark.parametrize(
    "text", ["", "nothing", "openai", "openai:", "vllm:", "hf:", "random:x", "constant", "replay:"]
)
def test_texts_that_name_no_model(text):
    with pytest.raises(InputError):
        parse_model(text, base_urls=["http://localhost:1/v1"] if "openai" in text else ())


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("localhost:8000", "no base URL"),
        ("ftp://host/v1", "no base URL"),
        ("http://user:secret@host/v1", "holds a user"),
        ("http://host/v1?key=secret", "holds a user"),
    ],
)
def test_urls_that_are_refused_without_repeating_a_secret(url, message):
    with pytest.raises(InputError, match=message) as caught:
        parse_model("openai:m", base_urls=[url])
    assert "secret" not in caught.value.message + caught.value.hint


def test_public_endpoint_needs_a_key():
    with pytest.raises(InputError, match="OPENAI_API_KEY is not set"):
        parse_model("openai:m")


def test_base_url_is_for_endpoints_only():
    with pytest.raises(InputError, match="--base-url"):
        parse_model("majority", base_urls=["http://localhost:1/v1"])


def test_baselines():
    pool = {"b": 2, "a": 2, "c": 1}
    assert ask("constant:x: y") == "x: y"
    assert ask("constant:") == ""
    assert ask("majority", pool=pool) == "a"
    draws = [ask("random", f"s{i}", pool=pool) for i in range(60)]
    assert set(draws) == {"a", "b", "c"}
    assert draws == [ask("random", f"s{i}", pool=pool) for i in range(60)]
    assert draws != [ask("random:1", f"s{i}", pool=pool) for i in range(60)]
    with pytest.raises(ModelError, match="no possible replies"):
        ask("majority")


def test_replay_finds_replies_by_sample_and_run(tmp_path):
    path = tmp_path / "replies.jsonl"
    rows = [
        {"sample_id": "s0", "text": "first", "run_index": 0},
        {"sample_id": "s0", "text": "second", "run_index": 1},
        {"sample_id": "s1", "response": "any run"},
        {"sample_id": "s2", "status": "error"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"sample_id": "s3", "te')
    assert ask(f"replay:{path}", "s0") == "first"
    assert ask(f"replay:{path}", "s0", 1) == "second"
    assert ask(f"replay:{path}", "s1", 7) == "any run"
    for missing in ("s2", "s3", "s9"):
        with pytest.raises(ModelError, match=missing):
            ask(f"replay:{path}", missing)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no reply"),
        ("{]\n", "line 1 is not JSON"),
        ('{"text": "a"}\n', "no sample_id"),
        ('{"sample_id": "a", "text": 3}\n', "no text"),
    ],
)
def test_replay_files_that_are_none(tmp_path, text, message):
    path = tmp_path / "replies.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        parse_model(f"replay:{path}")
    with pytest.raises(InputError, match="cannot be read"):
        parse_model(f"replay:{tmp_path / 'none'}")
