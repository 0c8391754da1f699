import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace

import pytest
import yaml
from small_set import write_set
from synth_tools import changed, good_trace, letter_told, status, trace

from geobench_tools.errors import CheckFailed, InputError, PartialFailure
from geobench_tools.evaluation import Prices
from geobench_tools.provenance import read_manifest
from geobench_tools.reasoning import Budget, SelectOptions
from geobench_tools.reports import SynthRequest, plan_synthesis, synthesise


def request_of(pairs, tmp_path, **options):
    return SynthRequest(out=tmp_path / "traces", pairs=pairs.folder, **options)


def asking(server, pairs, tmp_path, **options):
    given = {"teacher": "openai:tiny-vl", "base_urls": [server.url], "limit": 8, **options}
    return request_of(pairs, tmp_path, **given)


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def traces_of(folder):
    return {line["id"]: line for line in lines(folder / "traces.jsonl")}


def test_every_reply_is_a_line_and_the_good_ones_become_rows(server, pairs, tmp_path):
    def answer(seen):
        letter = letter_told(seen)
        number = len(server.requests) % 4
        said = good_trace(seen)
        return {0: said, 1: said, 2: trace("A" if letter != "A" else "B"), 3: "I cannot tell."}[
            number
        ]

    server.answer = answer
    report = synthesise(asking(server, pairs, tmp_path))
    out = tmp_path / "traces"
    assert (report.stats.traces, report.stats.kept) == (8, 4)
    assert report.stats.reasons == {"answer": 4}
    assert len(traces_of(out)) == len(server.requests) == 8
    kept, rejected = lines(out / "kept.jsonl"), lines(out / "rejected.jsonl")
    assert [line["reason"] for line in kept] == [""] * 4
    assert {line["detail"].split()[0] for line in rejected} >= {"unreadable"}
    rows = lines(out / "sft/trl/train.jsonl")
    assert [row["id"] for row in rows] == [line["id"] for line in kept]
    for row, line in zip(rows, kept, strict=True):
        parts = row["prompt"][0]["content"]
        assert sum(part == {"type": "image"} for part in parts) == len(row["images"]) == 5
        assert all((out / "sft" / path).is_file() for path in row["images"])
        assert row["completion"] == [{"role": "assistant", "content": line["text"]}]
        assert row["solution"] == line["answer"]
    swift = lines(out / "sft/ms-swift/train.jsonl")
    factory = json.loads((out / "sft/llamafactory/geor1_traces_train.json").read_text())
    for theirs in (swift, factory):
        for row, mine in zip(theirs, rows, strict=True):
            user, assistant = row["messages"]
            assert user["content"].count("<image>") == 5
            assert assistant == mine["completion"][0]
            assert row["images"] == mine["images"]
    info = json.loads((out / "sft/llamafactory/dataset_info.json").read_text())
    assert info["geor1_traces_train"]["file_name"] == "geor1_traces_train.json"
    manifest = read_manifest(out / "manifest.json", "traces")
    assert manifest.counts["kept"] == manifest.counts["sft_train"] == 4
    assert manifest.dropped == {"answer": 4}
    card = (out / "card.md").read_text()
    assert "4 traces" in card
    assert (
        yaml.safe_load(card.split("---\n")[1])["configs"][0]["data_files"][0]["path"]
        == "kept.jsonl"
    )


def test_same_command_asks_nothing_again_and_more_asks_only_what_is_new(server, pairs, tmp_path):
    request = asking(server, pairs, tmp_path)
    first = synthesise(request)
    before = (tmp_path / "traces/kept.jsonl").read_bytes()
    assert synthesise(request).stats.kept == first.stats.kept == 8
    assert (tmp_path / "traces/kept.jsonl").read_bytes() == before
    assert len(server.requests) == 8
    wider = synthesise(replace(request, limit=12, samples=2))
    assert len(server.requests) == 24
    assert wider.stats.traces == 24
    assert len(traces_of(tmp_path / "traces")) == 24
    assert (
        sorted(Counter(t["question_id"] for t in traces_of(tmp_path / "traces").values()).values())
        == [2] * 12
    )
    narrow = synthesise(replace(request, limit=3))
    assert narrow.stats.traces == 6
    assert len(server.requests) == 24


def test_repair_tells_what_was_wrong_and_the_second_reply_is_kept(server, pairs, tmp_path):
    def answer(seen):
        letter = letter_told(seen)
        if len(seen.body["messages"]) > 2:
            return good_trace(seen)
        return trace(letter, "The given answer is " + letter + ".")

    server.answer = answer
    report = synthesise(asking(server, pairs, tmp_path, repair=2))
    assert (report.stats.traces, report.stats.kept) == (16, 8)
    assert report.stats.reasons == {"leak": 8}
    assert dict(report.stats.rounds[0]) == {"traces": 8}
    assert dict(report.stats.rounds[1]) == {"traces": 8, "kept": 8}
    again = [seen.body["messages"] for seen in server.requests if len(seen.body["messages"]) > 2]
    assert len(again) == 8
    for messages in again:
        assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
        assert "The given answer is" in messages[2]["content"]
        assert "leave it out" in json.dumps(messages[3]["content"])
    assert {line["round"] for line in lines(tmp_path / "traces/kept.jsonl")} == {1}
    synthesise(asking(server, pairs, tmp_path, repair=2))
    assert len(server.requests) == 16


def test_false_claim_about_a_real_place_is_rejected_and_corrected(server, tmp_path):
    own = write_set(tmp_path, cliques={"train": 2})

    def answer(seen):
        letter = letter_told(seen)
        if len(seen.body["messages"]) > 2:
            return good_trace(seen)
        return trace(letter, knowledge="The photo was taken in Japan.")

    server.answer = answer
    report = synthesise(asking(server, own, tmp_path, repair=1))
    assert (report.stats.traces, report.stats.kept) == (16, 8)
    assert report.stats.reasons == {"facts": 8}
    assert report.stats.verdicts["country"]["contradicted"] == 8
    told = [json.dumps(seen.body["messages"][3]) for seen in server.requests[8:]]
    assert all("Japan" in said for said in told)
    assert sum("Portugal" in said for said in told) == 4
    noted = replace(
        asking(server, own, tmp_path, repair=1), select=SelectOptions(check_facts=False)
    )
    again = synthesise(noted)
    assert again.stats.reasons["facts"] == 0
    assert again.stats.verdicts["country"]["contradicted"] == 8
    assert len(server.requests) == 16


def test_linked_images_stay_where_they_are(server, pairs, tmp_path):
    synthesise(asking(server, pairs, tmp_path, images="link", limit=2))
    (row, _) = lines(tmp_path / "traces/sft/trl/train.jsonl")
    for path in row["images"]:
        link = tmp_path / "traces/sft" / path
        assert link.is_symlink()
        assert link.resolve().is_relative_to(pairs.image_root("ground"))


def test_wrong_answers_are_not_repaired(server, pairs, tmp_path):
    server.answer = lambda seen: trace("A" if letter_told(seen) != "A" else "B")
    report = synthesise(asking(server, pairs, tmp_path, repair=1))
    assert len(server.requests) == 8
    assert isinstance(report.failure(), CheckFailed)
    assert not (tmp_path / "traces/sft/trl").exists() or not list(
        (tmp_path / "traces/sft/trl").iterdir()
    )


def test_blind_prompt_withholds_the_answer(server, pairs, tmp_path):
    server.answer = lambda seen: trace("C")
    report = synthesise(asking(server, pairs, tmp_path, mode="blind", limit=None))
    assert report.stats.traces == 36
    assert all("The matching candidate is" not in json.dumps(s.body) for s in server.requests)
    assert set(report.stats.reasons) == {"answer", "duplicate"}
    assert report.stats.reasons["answer"] == 27


def test_reasoning_that_came_apart_is_put_back(server, pairs, tmp_path):
    whole = []

    def answer(seen):
        whole.append(good_trace(seen))
        return whole[-1].rpartition("\n")[2]

    server.answer = answer
    body = "Visual cues: A wall.\nCross-view evidence: Candidate"
    server.always = changed(message={"reasoning_content": body})
    synthesise(asking(server, pairs, tmp_path, limit=2))
    for line in traces_of(tmp_path / "traces").values():
        assert line["text"].startswith(f"<think>{body}</think><answer>")


def test_near_copies_are_left_out(server, pairs, tmp_path):
    server.answer = lambda seen: trace(letter_told(seen))
    report = synthesise(asking(server, pairs, tmp_path, limit=None))
    assert report.stats.kept == 4
    assert report.stats.reasons == {"duplicate": 32}
    again = SelectOptions(duplicate_similarity=1.0)
    assert synthesise(asking(server, pairs, tmp_path, limit=None, select=again)).stats.kept == 4
    assert len(server.requests) == 36


def test_budget_stops_and_a_larger_one_goes_on(server, pairs, tmp_path):
    request = asking(server, pairs, tmp_path, limit=None, budget=Budget(tokens=1000))
    report = synthesise(request)
    failure = report.failure()
    assert isinstance(failure, PartialFailure)
    assert "budget" in failure.message
    assert len(server.requests) == 9
    assert (report.stats.traces, report.stats.kept) == (9, 9)
    assert synthesise(request).stats.traces == 9
    assert len(server.requests) == 9
    prices = Prices(input=1000.0, output=1000.0)
    dear = replace(request, budget=Budget(cost=1.43), prices=prices)
    assert synthesise(dear).stats.traces == 13
    done = synthesise(replace(request, budget=Budget()))
    assert (len(server.requests), done.failure()) == (36, None)


def test_failed_requests_are_asked_by_the_next_call(server, pairs, tmp_path):
    server.always = status(400)
    request = asking(server, pairs, tmp_path)
    report = synthesise(request)
    assert isinstance(report.failure(), PartialFailure)
    assert report.stats.traces == 0
    server.always = None
    assert synthesise(request).stats.kept == 8


def test_other_options_of_the_teacher_are_another_output(server, pairs, tmp_path):
    request = asking(server, pairs, tmp_path, limit=2)
    synthesise(request)
    for change, said in (
        ({"mode": "blind"}, "mode"),
        ({"hints": ("place",)}, "hints"),
        ({"teacher": "openai:other"}, "model name"),
    ):
        with pytest.raises(InputError, match=said):
            synthesise(replace(request, **change))
    assert len(server.requests) == 2


def test_folder_with_other_things_is_refused(server, pairs, tmp_path):
    (tmp_path / "traces").mkdir()
    (tmp_path / "traces/thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        synthesise(asking(server, pairs, tmp_path))


def test_torn_last_line_is_checked_again(server, pairs, tmp_path):
    request = asking(server, pairs, tmp_path)
    synthesise(request)
    path = tmp_path / "traces/traces.jsonl"
    path.write_bytes(path.read_bytes()[:-40])
    assert synthesise(request).stats.kept == 8
    assert len(server.requests) == 8


def test_dry_run_asks_and_writes_nothing(server, pairs, tmp_path):
    prices = Prices(input=1.0, output=2.0)
    plan = plan_synthesis(asking(server, pairs, tmp_path, samples=3, prices=prices))
    assert (plan.questions, plan.requests, plan.images) == (8, 24, 5.0)
    assert plan.completion_tokens == 24 * 2048
    assert plan.cost == pytest.approx((plan.prompt_tokens + 2 * 24 * 2048) / 1e6, rel=1e-3)
    assert "[user] This photo was taken at street level:\n<image>" in plan.prompt
    assert not server.requests
    assert not (tmp_path / "traces").exists()


COMMAND = "from geobench_tools.cli import main; main()"


def start(server, pairs, out, *options):
    words = [sys.executable, "-c", COMMAND, "synth-cot", "--pairs", str(pairs.folder)]
    words += ["--teacher", "openai:tiny-vl", "--base-url", server.url, "-o", str(out)]
    words += ["--concurrency", "4", "--samples", "3", "--json", *options]
    env = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=env)


def test_kill_loses_nothing_that_was_paid_for(server, pairs, tmp_path):
    server.holds_after = 50
    out = tmp_path / "traces"
    process = start(server, pairs, out)
    while len(server.requests) <= 50:
        assert process.poll() is None
        time.sleep(0.005)
    process.kill()
    process.communicate()
    server.release()
    replies = (out / "replies/round-0/samples.jsonl").read_bytes().count(b"\n")
    assert 50 - 4 < replies <= 50
    again = start(server, pairs, out)
    stdout, _ = again.communicate()
    assert again.returncode == 0
    document = json.loads(stdout)
    assert document["traces"] == 108
    assert len(server.requests) - 108 <= 4
    assert document["kept"] + sum(document["rejected"].values()) == 108
    assert len(traces_of(out)) == 108


def test_page_shows_text_of_a_teacher_as_text(server, pairs, tmp_path):
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    server.answer = lambda seen: trace(letter_told(seen), evil + str(len(server.requests)))
    synthesise(asking(server, pairs, tmp_path, limit=3))
    page = (tmp_path / "traces/report.html").read_text()
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    shown = re.findall(r'<img src="(sft/images/[^"]+)"', page)
    assert shown
    assert all((tmp_path / "traces" / path).is_file() for path in shown)
