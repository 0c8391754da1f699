import json
from dataclasses import replace
from pathlib import Path

import pytest
from small_benchmark import SmallBenchmark, picture

from geobench_tools.errors import InputError
from geobench_tools.evaluation import (
    Prices,
    RunSpec,
    Shard,
    final_records,
    read_prompts,
    read_run,
    run,
)
from geobench_tools.models import Sampling, parse_model


def model_at(server):
    return parse_model("openai:tiny-vl", base_urls=[server.url], timeout_s=20)


def test_every_sample_is_asked_once_and_read_back(server, pictures, tmp_path):
    benchmark = SmallBenchmark(pictures)
    result = run(RunSpec(tmp_path / "run"), benchmark, model_at(server))
    assert (result.sent, result.reused, result.totals.statuses["ok"]) == (20, 0, 20)
    assert result.failure() is None
    assert set(server.asked.values()) == {1}
    records = list(final_records(result.folder))
    assert [record.sample_id for record in records] == [f"s{i}" for i in range(20)]
    assert benchmark.score(records) == {"accuracy": 1.0}
    first = records[0]
    assert first.reading is not None
    assert first.reading.span == (0, 12)
    assert (first.usage.prompt_tokens, first.usage.reasoning_tokens) == (100, 4)
    assert (first.model_version, first.fingerprint) == ("tiny-vl-0725", "fp1")
    assert read_prompts(result.folder)[first.prompt] == [
        {"role": "user", "parts": [{"image": 1}, "[s0] Where is this?"]}
    ]


def test_image_bytes_go_out_untouched(server, pictures, tmp_path):
    run(RunSpec(tmp_path / "run"), SmallBenchmark(pictures, 1), model_at(server))
    import base64

    part = server.requests[0].body["messages"][0]["content"][0]
    head, _, data = part["image_url"]["url"].partition(",")
    assert head == "data:image/jpeg;base64"
    assert base64.b64decode(data) == (pictures / "0.jpg").read_bytes()


def test_same_command_resumes_without_asking_again(server, pictures, tmp_path):
    benchmark, spec = SmallBenchmark(pictures), RunSpec(tmp_path / "run")
    run(replace(spec, limit=7), benchmark, model_at(server))
    result = run(spec, benchmark, model_at(server))
    assert (result.reused, result.sent) == (7, 13)
    assert set(server.asked.values()) == {1}


def test_torn_last_line_is_asked_again_and_nothing_else(server, pictures, tmp_path):
    benchmark, spec = SmallBenchmark(pictures), RunSpec(tmp_path / "run", concurrency=1)
    run(spec, benchmark, model_at(server))
    log = tmp_path / "run" / "samples.jsonl"
    log.write_bytes(log.read_bytes()[:-30])
    result = run(spec, benchmark, model_at(server))
    assert result.sent == 1
    assert server.asked["s19"] == 2
    assert len(list(final_records(result.folder))) == 20


def test_changed_image_is_asked_again(server, pictures, tmp_path):
    benchmark, spec = SmallBenchmark(pictures), RunSpec(tmp_path / "run")
    run(spec, benchmark, model_at(server))
    (pictures / "3.jpg").write_bytes(picture(77))
    result = run(spec, benchmark, model_at(server))
    assert (result.sent, result.reused) == (5, 15)
    assert result.totals.records == 20


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"sampling": Sampling(temperature=0.5)}, "sampling temperature"),
        ({"max_side_px": 16}, "max_side_px"),
        ({"shard": Shard(1, 2)}, "shard"),
    ],
)
def test_directory_of_another_run_is_refused(server, pictures, tmp_path, change, named):
    spec = RunSpec(tmp_path / "run", limit=2)
    run(spec, SmallBenchmark(pictures), model_at(server))
    with pytest.raises(InputError, match=named):
        run(replace(spec, **change), SmallBenchmark(pictures), model_at(server))
    with pytest.raises(InputError, match="benchmark version"):
        run(spec, SmallBenchmark(pictures, version=2), model_at(server))
    assert len(server.requests) == 2


def test_folder_with_other_things_is_refused(server, pictures, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        run(RunSpec(tmp_path / "run"), SmallBenchmark(pictures), model_at(server))


def test_several_runs_use_seeds_of_their_own(server, pictures, tmp_path):
    spec = RunSpec(tmp_path / "run", Sampling(temperature=0.7, seed=5), runs=3, limit=2)
    result = run(spec, SmallBenchmark(pictures), model_at(server))
    assert sorted(seen.body["seed"] for seen in server.requests) == [5, 5, 6, 6, 7, 7]
    records = list(final_records(result.folder))
    assert [(r.run_index, r.sample_id) for r in records] == [
        (i, s) for i in range(3) for s in ("s0", "s1")
    ]
    assert len({record.key for record in records}) == 6
    assert read_run(result.folder).counts["ok"] == 6


def test_cost_follows_the_users_prices(server, pictures, tmp_path):
    spec = RunSpec(tmp_path / "run", prices=Prices(input=2.0, output=10.0, currency="EUR"))
    result = run(spec, SmallBenchmark(pictures), model_at(server))
    assert result.totals.cost == pytest.approx(20 * (100 * 2 + 10 * 10) / 1e6)
    assert read_run(result.folder).run["cost"] == "0.006000 EUR"


def test_images_shrink_only_on_request_and_it_is_recorded(server, pictures, tmp_path):
    spec = RunSpec(tmp_path / "run", limit=1, max_side_px=16)
    run(spec, SmallBenchmark(pictures), model_at(server))
    (record,) = final_records(tmp_path / "run")
    assert record.images[0].change == "32x32 image/jpeg to 16x16 image/jpeg quality 95"


def test_missing_image_is_skipped_then_asked_when_it_is_there(server, pictures, tmp_path):
    data = (pictures / "2.jpg").read_bytes()
    (pictures / "2.jpg").unlink()
    spec = RunSpec(tmp_path / "run")
    result = run(spec, SmallBenchmark(pictures), model_at(server))
    assert (result.totals.statuses["skipped"], result.sent) == (5, 15)
    failure = result.failure()
    assert failure is not None
    assert failure.exit_code == 3
    assert "5 of 20" in failure.message
    (pictures / "2.jpg").write_bytes(data)
    again = run(spec, SmallBenchmark(pictures), model_at(server))
    assert (again.sent, again.totals.statuses["ok"], again.failure()) == (5, 20, None)


def test_baselines_need_no_image(tmp_path):
    benchmark = SmallBenchmark(tmp_path / "nowhere", 8)
    result = run(RunSpec(tmp_path / "run"), benchmark, parse_model("majority"))
    assert {record.text for record in final_records(result.folder)} == {"answer to s1"}


def test_run_json_tells_what_it_takes_to_repeat(server, pictures, tmp_path):
    run(RunSpec(tmp_path / "run", limit=3), SmallBenchmark(pictures), model_at(server))
    told = json.loads((tmp_path / "run" / "run.json").read_text())
    assert told["kind"] == "evaluation-run"
    assert told["parameters"]["identity"]["model"] == {"backend": "openai", "name": "tiny-vl"}
    assert told["parameters"]["endpoint"]["listed"]["max_model_len"] == 4096
    assert told["run"]["state"] == "finished"
    assert len(told["outputs"]["samples"]) == 64


def test_second_process_is_kept_out(server, pictures, tmp_path):
    from geobench_tools.evaluation._log import RunLog

    run(RunSpec(tmp_path / "run", limit=1), SmallBenchmark(pictures), model_at(server))
    with (
        RunLog(tmp_path / "run").appending(),
        pytest.raises(InputError, match="another process"),
    ):
        run(RunSpec(tmp_path / "run"), SmallBenchmark(pictures), model_at(server))


def test_benchmark_that_fails_to_read_loses_no_reply(server, pictures, tmp_path):
    class Broken(SmallBenchmark):
        def read(self, text, sample):
            if sample.sample_id == "s5":
                raise ZeroDivisionError
            return super().read(text, sample)

    with pytest.raises(ZeroDivisionError):
        run(RunSpec(tmp_path / "run", concurrency=4), Broken(pictures), model_at(server))
    records = {record.sample_id: record for record in final_records(tmp_path / "run")}
    assert len(records) == len(server.requests)
    assert records["s5"].text == "answer to s5"
    assert records["s5"].reading is None
    assert Path(tmp_path / "run" / "run.json").read_text().count('"failed"') == 1
