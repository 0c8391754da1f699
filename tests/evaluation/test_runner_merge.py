from dataclasses import replace

import openai_server as faulty
import pytest
from small_benchmark import SmallBenchmark

from geobench_tools.errors import InputError
from geobench_tools.evaluation import (
    Prices,
    RunSpec,
    Shard,
    dry_run,
    final_records,
    merge_runs,
    read_prompts,
    read_run,
    run,
)
from geobench_tools.models import Sampling, parse_model


def shards(server, pictures, tmp_path, count=3, **options):
    model = parse_model("openai:tiny-vl", base_urls=[server.url])
    folders = []
    for number in range(1, count + 1):
        folders.append(tmp_path / f"shard{number}")
        spec = RunSpec(folders[-1], shard=Shard(number, count), **options)
        run(spec, SmallBenchmark(pictures), model)
    return folders


def test_merged_shards_equal_the_whole_run(server, pictures, tmp_path):
    folders = shards(server, pictures, tmp_path, runs=2)
    assert set(server.asked.values()) == {2}
    merged = merge_runs(folders[::-1], tmp_path / "merged")
    model = parse_model("openai:tiny-vl", base_urls=[server.url])
    whole = run(RunSpec(tmp_path / "whole", runs=2), SmallBenchmark(pictures), model)
    assert (merged.repeated, merged.missing, merged.totals.records) == (0, (), 40)

    def timeless(folder):
        zero = {"started_at": "", "latency_s": 0.0, "elapsed_s": 0.0}
        return [replace(record, **zero) for record in final_records(folder)]

    assert timeless(merged.folder) == timeless(whole.folder)
    assert read_prompts(merged.folder) == read_prompts(whole.folder)
    told = read_run(merged.folder)
    assert told.run["state"] == "merged"
    assert len(told.inputs) == 3
    assert told.counts == read_run(whole.folder).counts


def test_merged_run_can_go_on(server, pictures, tmp_path):
    server.faults["s4"] = [faulty.status(400)]
    merged = merge_runs(shards(server, pictures, tmp_path), tmp_path / "merged")
    assert merged.totals.statuses["error"] == 1
    model = parse_model("openai:tiny-vl", base_urls=[server.url])
    result = run(RunSpec(merged.folder), SmallBenchmark(pictures), model)
    assert (result.sent, result.reused, result.failure()) == (1, 19, None)


def test_reply_wins_over_failure_and_repeats_are_counted(server, pictures, tmp_path):
    model = parse_model("openai:tiny-vl", base_urls=[server.url])
    server.faults["s4"] = [faulty.status(400)]
    for name in ("a", "b"):
        run(RunSpec(tmp_path / name), SmallBenchmark(pictures), model)
    merged = merge_runs([tmp_path / "a", tmp_path / "b"], tmp_path / "merged")
    assert (merged.repeated, merged.totals.statuses["ok"]) == (20, 20)


def test_missing_shards_are_named(server, pictures, tmp_path):
    folders = shards(server, pictures, tmp_path)
    with pytest.raises(InputError, match="2/3"):
        merge_runs([folders[0], folders[2]], tmp_path / "merged")
    assert not (tmp_path / "merged").exists()
    merged = merge_runs([folders[0], folders[2]], tmp_path / "merged", allow_missing=True)
    assert merged.missing == ("2/3",)


def test_different_runs_do_not_merge(server, pictures, tmp_path):
    model = parse_model("openai:tiny-vl", base_urls=[server.url])
    run(RunSpec(tmp_path / "a", limit=2), SmallBenchmark(pictures), model)
    run(RunSpec(tmp_path / "b", Sampling(top_p=0.9), limit=2), SmallBenchmark(pictures), model)
    with pytest.raises(InputError, match="sampling"):
        merge_runs([tmp_path / "a", tmp_path / "b"], tmp_path / "merged")
    with pytest.raises(InputError, match="does not exist"):
        merge_runs([tmp_path / "a", tmp_path / "nothing"], tmp_path / "merged")


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/", "-1/2"])
def test_shards_that_are_none(text):
    with pytest.raises(InputError, match="not a shard"):
        Shard.parse(text)


def test_dry_run_asks_nothing_and_writes_nothing(server, pictures, tmp_path):
    model = parse_model("openai:tiny-vl", base_urls=[server.url])
    sampling, prices = Sampling(max_tokens=50), Prices(input=1.0, output=4.0)
    spec = RunSpec(tmp_path / "run", sampling, runs=2, prices=prices)
    (pictures / "3.jpg").write_text("no picture")
    plan = dry_run(spec, SmallBenchmark(pictures), model)
    assert server.requests == []
    assert not (tmp_path / "run").exists()
    assert (plan.requests, plan.answered, plan.looked_at, plan.unreadable) == (40, 0, 20, 5)
    assert (plan.images, plan.image_pixels) == (1.0, 1024)
    assert plan.completion_tokens == 40 * 50
    assert plan.cost == pytest.approx((plan.prompt_tokens + 4 * 40 * 50) / 1e6)
    assert plan.prompt == "[user] <image>[s0] Where is this?"


def test_dry_run_knows_what_is_done(server, pictures, tmp_path):
    model = parse_model("openai:tiny-vl", base_urls=[server.url])
    spec = RunSpec(tmp_path / "run")
    whole = dry_run(spec, SmallBenchmark(pictures), model)
    run(replace(spec, limit=5), SmallBenchmark(pictures), model)
    rest = dry_run(spec, SmallBenchmark(pictures), model)
    assert (rest.requests, rest.answered) == (20, 5)
    assert rest.prompt_tokens == pytest.approx(whole.prompt_tokens * 15 / 20, abs=1)
    assert rest.completion_tokens == whole.completion_tokens * 15 // 20
    with pytest.raises(InputError, match="another run"):
        dry_run(replace(spec, sampling=Sampling(0.5)), SmallBenchmark(pictures), model)
