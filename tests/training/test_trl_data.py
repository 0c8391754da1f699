import json
import shutil
from dataclasses import replace

import pytest
from train_small import LEVEL, request_for

from geobench_tools.errors import InputError
from geobench_tools.pairing import load_prompt, open_pairs
from geobench_tools.training import LaptopSpec, laptop_level, load_recipe
from geobench_tools.training._data import Row, question_rows, trace_rows
from geobench_tools.training._data_checks import check_audit, check_images, check_letters
from geobench_tools.training._laptop import laptop_prompt_file, trace
from geobench_tools.training._request import job_of
from geobench_tools.training._run_folder import RunFolder
from geobench_tools.training._sources import gather
from geobench_tools.training._trl_config import (
    check_devices,
    grpo_config,
    sft_config,
    total_steps,
)
from geobench_tools.training._trl_errors import advice
from geobench_tools.training._warnings import EarlyWarnings
from geobench_tools.training.rewards import RewardSpec, score


@pytest.fixture(scope="module")
def level():
    return laptop_level(LEVEL)


@pytest.fixture
def pairs(level, tmp_path):
    """A copy of the level whose pairing set a test may damage."""
    shutil.copytree(level.folder, tmp_path / "level")
    return open_pairs(tmp_path / "level" / "pairs")


def gathered(stage, tmp_path, *settings, **more):
    request = request_for(stage, tmp_path / "run", "tiny", *settings, **more)
    return gather(job_of(request, load_recipe("laptop", {"model": "tiny"}, stage=stage)))


def test_places_of_a_neighbourhood_have_the_same_things_arranged_otherwise(level):
    pairs = open_pairs(level.pairs)
    assert pairs.count("train") + pairs.count("test") == 4 * LEVEL.neighbourhoods
    for split in ("train", "test"):
        for row in pairs.iter_questions(split):
            shown = [level.things[name] for name in row["candidate_ids"]]
            assert len({tuple(sorted(one)) for one in shown}) == 1
            assert len(set(shown)) == pairs.k
            assert shown[row["answer_index"]] == level.things[row["ground_id"]]
    assert json.loads((level.pairs / "audit.json").read_text())["passed"]


def test_level_is_the_same_bytes_again(level, tmp_path, monkeypatch):
    monkeypatch.setenv("GEOR1_CACHE", str(tmp_path))
    again = laptop_level(LEVEL)
    names = sorted(p.relative_to(level.folder) for p in (level.folder / "sft").rglob("*.jpg"))
    assert names == sorted(
        p.relative_to(again.folder) for p in (again.folder / "sft").rglob("*.jpg")
    )
    assert all(
        (level.folder / name).read_bytes() == (again.folder / name).read_bytes() for name in names
    )
    first, second = open_pairs(level.pairs), open_pairs(again.pairs)
    assert first.questions("train").equals(second.questions("train"))


def test_nothing_stands_in_the_empty_level():
    import numpy as np
    from PIL import Image

    empty = laptop_level(LaptopSpec(neighbourhoods=24, empty=True))
    pairs = open_pairs(empty.pairs)
    row = next(question_rows(pairs, "train", load_prompt(laptop_prompt_file())))
    with Image.open(row.images[1]) as tile:
        quarter = np.asarray(tile.convert("RGB"), float)[:24, :24]
    assert quarter.std(axis=(0, 1)).max() < 10


def test_a_share_of_the_traces_ends_with_the_right_letter(level):
    rows = list(trace_rows(level.folder))
    right = sum(row.completion.endswith(f"<answer>{row.solution}</answer>") for row in rows)
    assert 0.6 < right / len(rows) < 0.95


def test_traces_earn_the_full_reward():
    rows = list(trace_rows(laptop_level(replace(LEVEL, told=1.0)).folder))
    spec = RewardSpec(k=4, max_tokens=56, overlong_tokens=8)
    scored = score(
        spec, [r.completion for r in rows], [r.solution for r in rows], tokens=[45] * len(rows)
    )
    assert set(scored.terms["accuracy"]) == {1.0}
    assert set(scored.terms["format"]) == {1.0}
    assert set(scored.terms["repetition"]) == {0.0}
    assert {one.why for one in scored.outcomes} == {"right"}


def test_trace_marks_what_is_alike():
    said = trace((0, 1, 2, 3), [(0, 1, 2, 3), (0, 2, 1, 3)], 0)
    assert said == (
        "<think>Street house wood pond field. A house= wood= pond= field=. "
        "B house= pond- wood- field=.</think><answer>A</answer>"
    )


def test_set_that_fails_its_audit_is_refused(pairs):
    path = pairs.folder / "audit.json"
    audit = json.loads(path.read_text())
    leak = {"name": "time-match", "outcome": "leak"}
    path.write_text(json.dumps({**audit, "passed": False, "families": [leak]}))
    with pytest.raises(InputError, match="time-match") as caught:
        check_audit(pairs, allow_leak=False)
    assert "--allow-leak" in caught.value.hint
    noted = check_audit(pairs, allow_leak=True)
    assert noted == {
        **{"passed": False, "source": "audit.json"},
        **{"failed": ["time-match"], "allowed": True},
    }


@pytest.mark.parametrize(
    ("leaks", "failed", "passes"),
    [
        (["names", "name-match"], [], True),
        (["names", "time-match"], [], False),
        (["names"], ["letters"], False),
        ([], [], False),
    ],
)
def test_names_that_match_are_no_failure_as_no_prompt_shows_them(pairs, leaks, failed, passes):
    path = pairs.folder / "audit.json"
    audit = json.loads(path.read_text())
    families = [{"name": name, "outcome": "leak"} for name in leaks]
    checks = [{"name": name, "status": "fail"} for name in failed]
    audit |= {"passed": False, "families": families, "certificate": {"checks": checks}}
    path.write_text(json.dumps(audit))
    if passes:
        assert check_audit(pairs, allow_leak=False) == {"passed": True, "source": "audit.json"}
    else:
        with pytest.raises(InputError, match="fails its audit"):
            check_audit(pairs, allow_leak=False)


def test_set_without_audit_is_certified(pairs):
    (pairs.folder / "audit.json").unlink()
    assert check_audit(pairs, allow_leak=False) == {"passed": True, "source": "certificate"}


def test_missing_images_are_named_before_the_first_step(pairs, tmp_path):
    rows = list(question_rows(pairs, "train", load_prompt()))
    victim = rows[3].images[0]
    victim.unlink()
    with pytest.raises(InputError) as caught:
        gathered("grpo", tmp_path, pairs=pairs.folder)
    assert str(victim) in caught.value.message
    assert caught.value.message.startswith("1 of ")


def test_images_that_are_none_are_named_before_the_first_step(pairs, tmp_path):
    rows = list(question_rows(pairs, "train", load_prompt()))
    page, empty = rows[3].images[0], rows[5].images[0]
    page.write_text("<html>404</html>")
    empty.write_bytes(b"")
    with pytest.raises(InputError) as caught:
        gathered("grpo", tmp_path, pairs=pairs.folder)
    assert caught.value.message.startswith("2 of ")
    assert f"{page} ({rows[3].id}): no image" in caught.value.message
    assert str(empty) in caught.value.message


@pytest.mark.parametrize("fault", [OSError("Truncated File Read"), SyntaxError("broken PNG file")])
def test_an_image_that_breaks_off_is_named_when_it_is_met(pairs, tmp_path, fault):
    rows = list(question_rows(pairs, "train", load_prompt()))
    victim = rows[3].images[0]
    victim.write_bytes(victim.read_bytes()[:-200])
    assert check_images(rows)
    recipe = load_recipe("laptop", {"model": "x"}, stage="grpo")
    run = RunFolder(tmp_path)
    with pytest.raises(InputError, match="1 of") as caught, advice(recipe, run, rows):
        raise fault
    assert str(victim) in caught.value.message
    with pytest.raises(type(fault)), advice(recipe, run):
        raise fault


def test_questions_that_cannot_be_held_out(pairs, tmp_path):
    with pytest.raises(InputError, match="held-out questions come from a pairing set"):
        gathered("sft", tmp_path, traces=pairs.folder.parent, held_out=5)
    alone = request_for("sft", tmp_path / "run", traces=pairs.folder.parent, held_out=None)
    assert job_of(alone, load_recipe("laptop", stage="sft")).held_out == 0
    both = replace(alone, pairs=pairs.folder)
    assert job_of(both, load_recipe("laptop", stage="sft")).held_out == 600
    whole = laptop_level(LaptopSpec(neighbourhoods=1, split=(1.0, 0.0, 0.0)))
    found = gathered("grpo", tmp_path, pairs=whole.pairs, held_out=5)
    assert found.held_out == ()
    assert "none in its test split" in found.notes[-1]


def test_letters_must_fit_the_candidates(pairs):
    rows = list(question_rows(pairs, "train", load_prompt()))
    assert sum(check_letters(rows, 4).values()) == len(rows)
    with pytest.raises(InputError, match="K is 5"):
        check_letters(rows, 5)
    odd = Row("odd", rows[0].prompt, rows[0].images, "E")
    with pytest.raises(InputError, match="answer 'E'"):
        check_letters([*rows, odd])
    with pytest.raises(InputError, match="no rows"):
        check_letters([])


def test_damaged_line_of_traces_is_named(pairs):
    path = pairs.folder.parent / "sft" / "trl" / "train.jsonl"
    lines = path.read_text().splitlines()
    row = json.loads(lines[1])
    path.write_text("\n".join([lines[0], json.dumps({**row, "images": row["images"][:-1]})]))
    with pytest.raises(InputError, match=r"line 2 has 5 image places and 4 images"):
        list(trace_rows(pairs.folder.parent))
    path.write_text("\n".join([lines[0], "{"]))
    with pytest.raises(InputError, match="line 2 is not a trace"):
        list(trace_rows(pairs.folder.parent))


def test_image_outside_the_folder_is_refused(pairs):
    path = pairs.folder.parent / "sft" / "trl" / "train.jsonl"
    row = json.loads(path.read_text().splitlines()[0])
    path.write_text(json.dumps({**row, "images": ["../../secret.jpg", *row["images"][1:]]}))
    with pytest.raises(InputError, match="leaves the image root"):
        list(trace_rows(pairs.folder.parent))


def test_same_files_are_looked_at_once(level):
    rows = list(trace_rows(level.folder))
    assert check_images(rows) == len({path for row in rows for path in row.images})


def test_folder_of_another_run_is_left_alone(tmp_path):
    run = RunFolder(tmp_path / "run")
    first, other = (_manifest(rate) for rate in (1e-5, 2e-5))
    assert not run.claim(first)
    assert run.claim(first)
    with pytest.raises(InputError, match="learning_rate is 1e-05 there and 2e-05 here"):
        run.claim(other)
    assert not run.claim(other, overwrite=True)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "diary.txt").write_text("mine")
    with pytest.raises(InputError, match="holds no training run"):
        RunFolder(tmp_path / "notes").claim(first, overwrite=True)
    assert (tmp_path / "notes" / "diary.txt").read_text() == "mine"


def _manifest(rate):
    from geobench_tools.provenance import Manifest

    identity = {"learning_rate": rate, "data": ("a", "b")}
    return Manifest("training-run", {"identity": identity, "recipe": {}}, packages={}, run={})


def test_out_of_memory_says_what_to_change(tmp_path):
    recipe = load_recipe("geo-r1", {"model": "x"}, stage="grpo")
    with pytest.raises(InputError) as caught, advice(recipe, RunFolder(tmp_path)):
        raise RuntimeError("CUDA out of memory. Tried to allocate 20 GiB")
    assert "batch_per_device=2 --set accumulation=4" in caught.value.hint.replace("  ", " ")
    assert "tuning=lora" in caught.value.hint
    with pytest.raises(RuntimeError, match="a defect"), advice(recipe, RunFolder(tmp_path)):
        raise RuntimeError("a defect")


def test_steps_follow_from_epochs():
    recipe = load_recipe("geo-r1-zero", stage="grpo")
    assert total_steps(recipe, 16_000) == 4_000
    assert total_steps(recipe, 16_007) == 4_000
    twice = load_recipe("geo-r1-zero", {"iterations": 2, "epochs": 0.5}, stage="grpo")
    assert total_steps(twice, 16_000) == 2_000
    with pytest.raises(InputError, match="a step takes 8 questions and there are 7"):
        total_steps(recipe, 7)
    traces = load_recipe("geo-sft", stage="sft")
    assert total_steps(traces, 33) == 2 * 3


def test_adapters_are_not_sharded():
    recipe = load_recipe("geo-r1-zero", {"tuning": "lora"}, stage="grpo")
    with pytest.raises(InputError, match="adapters are merged"):
        check_devices(recipe, 8)
    check_devices(load_recipe("geo-r1-zero", {"tuning": "lora", "sharding": "zero2"}), 8)


def test_trainer_settings_of_a_recipe(tmp_path):
    pytest.importorskip("trl")
    changes = {"sharding": "none", "precision": "fp32", "vllm": "off"}
    run = RunFolder(tmp_path)

    def made(**more):
        return grpo_config(load_recipe("geo-r1-zero", changes | more), run, [1.0] * 4)

    assert made().model_init_kwargs is None
    pinned = made(model="Qwen/Qwen2.5-VL-7B-Instruct@abc")
    assert pinned.model_init_kwargs == {"revision": "abc"}
    assert made(model="Qwen/Qwen2.5-VL-7B-Instruct@abc", beta=0).model_init_kwargs is None
    assert made(warmup_ratio=1).get_warmup_steps(100) == 100
    assert made(warmup_ratio=0.05).get_warmup_steps(100) == 5
    assert made().get_warmup_steps(100) == 0
    config = made(loss="dr_grpo", beta=0.1, clip=0.3, scale_rewards="none", iterations=3)
    assert (config.loss_type, config.beta, config.epsilon) == ("dr_grpo", 0.1, 0.3)
    assert (config.scale_rewards, config.num_iterations) == ("none", 3)
    assert config.save_steps == 501
    config = made(temperature=0.7, top_p=0.9, top_entropy_quantile=0.2, group_size=4)
    assert (config.temperature, config.top_p, config.top_entropy_quantile) == (0.7, 0.9, 0.2)
    assert (config.num_generations, config.max_completion_length) == (4, 2048)
    assert (config.learning_rate, config.lr_scheduler_type) == (1e-6, "linear")
    assert config.reward_weights == [1.0] * 4
    traces = load_recipe("geo-sft", {"sharding": "none", "precision": "fp32"})
    assert sft_config(traces, run).max_length is None


def test_warnings_come_early_and_not_too_often():
    good = {"frac_reward_zero_std": 0.2, "completions/mean_length": 50.0,
            "rewards/format/mean": 1.0, "kl": 0.01, "loss": 0.1}  # fmt: skip
    watch = EarlyWarnings()
    told = [kind for step in range(1, 11) for kind, _ in watch.of({"step": step, **good})]
    assert told == []
    bad = {"frac_reward_zero_std": 1.0, "completions/mean_length": 10.0,
           "rewards/format/mean": 0.1, "kl": 3.0, "loss": None}  # fmt: skip
    told = [(step, kind) for step in range(11, 41) for kind, _ in watch.of({"step": step, **bad})]
    assert {kind for _, kind in told} == {
        *("reward-std-zero", "length-collapse", "format", "kl", "loss")
    }
    assert len(told) == 5
    assert max(step for step, _ in told) <= 15
