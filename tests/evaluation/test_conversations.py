"""Samples that follow on one another: each turn sees the model's own replies before it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from openai_server import changed, status
from small_benchmark import SmallBenchmark

from geobench_tools.evaluation import (
    RunSpec,
    Sample,
    Shard,
    dry_run,
    final_records,
    merge_runs,
    read_prompts,
    run,
)
from geobench_tools.evaluation._export_runs import _samples
from geobench_tools.evaluation._plan import chosen, planned
from geobench_tools.models import ImagePart, Message, parse_model

TURNS = 3


@dataclass(frozen=True)
class Talks(SmallBenchmark):
    """``count`` conversations of three questions about one picture."""

    count: int = 6

    def size(self) -> int:
        return self.count * TURNS

    def samples(self) -> Iterator[Sample]:
        for i in range(self.count):
            for turn in range(TURNS):
                parts: tuple[str | ImagePart, ...] = (f"[s{i}] turn {turn}?",)
                if not turn:
                    parts = (ImagePart(self.folder / f"{i % 4}.jpg"), *parts)
                yield Sample(
                    f"s{i}#{turn}", self.name, (Message("user", parts),), "x", group=f"s{i}",
                    follows=f"s{i}#{turn - 1}" if turn else "",
                    pool={f"answer of turn {turn}": 1},
                )  # fmt: skip


def model_at(server):
    return parse_model("openai:tiny-vl", base_urls=[server.url], timeout_s=20)


def talk(seen):
    return f"answer {(len(seen.body['messages']) + 1) // 2} to {seen.name}"


@pytest.fixture
def talking(server):
    server.answer = talk
    return server


def texts(seen):
    """The texts of a request, an image as a star."""
    return [
        content if isinstance(content := message["content"], str)
        else "".join(part.get("text", "*") for part in content)
        for message in seen.body["messages"]
    ]  # fmt: skip


def test_each_turn_is_asked_after_the_replies_to_the_turns_before(talking, pictures, tmp_path):
    result = run(RunSpec(tmp_path / "run"), Talks(pictures), model_at(talking))
    assert result.sent == result.totals.statuses["ok"] == 18
    last = [seen for seen in talking.requests if len(seen.body["messages"]) == 5]
    assert len(last) == 6
    for seen in last:
        name = f"[{seen.name}]"
        assert texts(seen) == [
            f"*{name} turn 0?", f"answer 1 to {seen.name}", f"{name} turn 1?",
            f"answer 2 to {seen.name}", f"{name} turn 2?",
        ]  # fmt: skip
        roles = [message["role"] for message in seen.body["messages"]]
        assert roles == ["user", "assistant", "user", "assistant", "user"]
    records = list(final_records(result.folder))
    assert [record.sample_id for record in records[:4]] == ["s0#0", "s0#1", "s0#2", "s1#0"]
    assert [record.follows for record in records[:4]] == ["", "s0#0", "s0#1", ""]
    assert len({record.key for record in records}) == 18
    assert [len(record.images) for record in records[:4]] == [1, 0, 0, 1]


def test_a_cut_conversation_goes_on_with_the_replies_it_had(talking, pictures, tmp_path):
    run(RunSpec(tmp_path / "run", limit=7), Talks(pictures), model_at(talking))
    log = tmp_path / "run" / "samples.jsonl"
    whole = log.read_bytes()
    log.write_bytes(whole[:-20])
    kept = {record.sample_id for record in final_records(tmp_path / "run")}
    assert len(kept) == 6
    talking.answer = lambda seen: "answer of another kind"
    talking.requests.clear()
    result = run(RunSpec(tmp_path / "run"), Talks(pictures), model_at(talking))
    assert (result.reused, result.sent) == (6, 12)
    for seen in talking.requests:
        number = (len(seen.body["messages"]) + 1) // 2
        for turn, said in enumerate(texts(seen)[1::2]):
            old = f"{seen.name}#{turn}" in kept
            assert said == (
                f"answer {turn + 1} to {seen.name}" if old else "answer of another kind"
            )
        assert f"{seen.name}#{number - 1}" not in kept


def test_a_kill_in_mid_conversation_repeats_only_open_requests(talking, tmp_path):
    """168 questions about eight drawn pictures, asked by the command itself."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    command = [
        *(sys.executable, "-m", "geobench_tools", "eval", "geochain", "--concurrency", "4"),
        *("--data", "sample", "--model", "openai:tiny-vl", "--base-url", talking.url),
        *("--output", str(tmp_path / "run")),
    ]
    talking.answer = lambda seen: f"Yes, after {len(seen.body['messages'])}"
    talking.holds_after = 60
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
    while len(talking.requests) <= 60:
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    process.kill()
    process.communicate()
    talking.release()
    again = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert 168 <= len(talking.requests) <= 168 + 4
    records = list(final_records(tmp_path / "run"))
    assert len({record.sample_id for record in records}) == len(records) == 168
    said = {record.sample_id: record.text for record in records}
    for record in records:
        turn = 2 * (int(record.metadata["question"]) - 1) + 1
        assert record.text == f"Yes, after {turn}"
        assert not record.follows or record.follows in said


def test_a_turn_asked_after_another_reply_is_another_request(talking, pictures, tmp_path):
    run(RunSpec(tmp_path / "a"), Talks(pictures, 1), model_at(talking))
    talking.answer = lambda seen: "answer of another kind"
    run(RunSpec(tmp_path / "b"), Talks(pictures, 1), model_at(talking))
    keys = [[record.key for record in final_records(tmp_path / name)] for name in "ab"]
    assert keys[0][0] == keys[1][0]
    assert not {*keys[0][1:]} & {*keys[1][1:]}


def test_turns_after_a_failed_one_are_skipped_and_asked_on_resume(talking, pictures, tmp_path):
    talking.faults["s1"] = [changed(), status(400)]
    spec = RunSpec(tmp_path / "run", max_attempts=1)
    result = run(spec, Talks(pictures), model_at(talking))
    found = {record.sample_id: record for record in final_records(result.folder)}
    assert [found[f"s1#{turn}"].status for turn in range(3)] == ["ok", "error", "skipped"]
    assert found["s1#2"].error.reason == "turn"
    assert "s1#1" in found["s1#2"].error.detail
    assert result.failure() is not None
    again = run(spec, Talks(pictures), model_at(talking))
    assert (again.reused, again.sent, again.totals.statuses["ok"]) == (16, 2, 18)
    assert again.failure() is None


def test_all_turns_of_an_unreadable_picture_are_skipped(talking, pictures, tmp_path):
    (pictures / "2.jpg").write_bytes(b"no picture")
    result = run(RunSpec(tmp_path / "run"), Talks(pictures), model_at(talking))
    assert result.totals.statuses["skipped"] == TURNS
    assert result.totals.statuses["ok"] == 15


def test_shards_and_merge_keep_conversations_whole(talking, pictures, tmp_path):
    folders = []
    for number in (1, 2, 3, 4):
        spec = RunSpec(tmp_path / f"shard{number}", shard=Shard(number, 4))
        samples = [sample for _, sample in chosen(spec, Talks(pictures))]
        assert len(samples) == planned(spec, Talks(pictures))
        assert all(s.follows in ("", *(other.sample_id for other in samples)) for s in samples)
        folders.append(run(spec, Talks(pictures), model_at(talking)).folder)
    whole = run(RunSpec(tmp_path / "whole"), Talks(pictures), model_at(talking)).folder
    merged = merge_runs(folders, tmp_path / "merged").folder
    keys = [[record.key for record in final_records(folder)] for folder in (whole, merged)]
    assert keys[0] == keys[1]


def test_the_digest_of_samples_does_not_depend_on_replies_or_pace(talking, pictures, tmp_path):
    digests = set()
    for name, concurrency in (("a", 1), ("b", 8)):
        run(RunSpec(tmp_path / name, concurrency=concurrency), Talks(pictures), model_at(talking))
        digests.add(json.loads((tmp_path / name / "run.json").read_text())["outputs"]["samples"])
        talking.answer = lambda seen: "answer of another kind"
    assert len(digests) == 1


def test_baselines_answer_each_turn_from_its_own_pool(pictures, tmp_path):
    run(RunSpec(tmp_path / "run"), Talks(pictures, 2), parse_model("majority"))
    said = [record.text for record in final_records(tmp_path / "run")]
    assert said == [f"answer of turn {turn}" for turn in range(3)] * 2


def test_an_export_shows_the_whole_conversation(talking, pictures, tmp_path):
    folder = run(RunSpec(tmp_path / "run"), Talks(pictures, 1), model_at(talking)).folder
    shown = list(_samples(list(final_records(folder)), read_prompts(folder)))
    roles = [message["role"] for message in shown[2]["messages"]]
    assert roles == ["user", "assistant"] * 3
    assert shown[2]["messages"][1]["content"] == "answer 1 to s0"
    assert len(shown[0]["messages"]) == 2


def test_a_dry_run_counts_the_conversation_that_is_sent_again(talking, pictures, tmp_path):
    spec, benchmark = RunSpec(tmp_path / "run"), Talks(pictures, 2)
    plan = dry_run(spec, benchmark, model_at(talking))
    assert (plan.requests, plan.answered) == (6, 0)
    asked = len("[s0] turn 0?")
    characters = sum(turn * asked + (turn - 1) * 4 * 500 for turn in (1, 2, 3))
    assert plan.prompt_tokens == round(2 * characters / 4 + 6 * 32 * 32 / 28**2)
    assert plan.images == 1.0
    run(RunSpec(tmp_path / "run", limit=4), benchmark, model_at(talking))
    assert dry_run(spec, benchmark, model_at(talking)).answered == 4
