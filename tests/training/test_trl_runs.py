import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from train_small import LEVEL, request_for

from geobench_tools.errors import InputError
from geobench_tools.progress import SILENT
from geobench_tools.training import CONTROLS, laptop_level, run_training, run_training_controls
from geobench_tools.training._request import job_of, recipe_of
from geobench_tools.training._run_folder import RunFolder
from geobench_tools.training._sources import gather
from geobench_tools.training._trl import Engine
from geobench_tools.training._trl_ask import _gathered
from geobench_tools.training._trl_model import load_for_training

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

PROGRAM = Path(__file__).with_name("train_small.py")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    return run_training(request_for("sft", tmp_path_factory.mktemp("runs") / "sft", held_out=8))


@pytest.fixture(scope="module")
def reinforced(tuned, tmp_path_factory):
    output = tmp_path_factory.mktemp("runs") / "grpo"
    return run_training(request_for("grpo", output, tuned.model, held_out=8))


def lines_of(folder, name):
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def weights_of(folder):
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def same(first, second):
    return first.keys() == second.keys() and all(
        torch.equal(first[name], second[name]) for name in first
    )


def timeless(rows):
    return [{k: v for k, v in row.items() if k not in ("seconds", "step_time")} for row in rows]


def crash_after(step, run, copy):
    """Leave a run as a crash after ``step`` would, with a torn checkpoint and a torn log line."""
    shutil.copytree(run, copy)
    for name in ("result.json", "after.json"):
        (copy / name).unlink(missing_ok=True)
    shutil.rmtree(copy / "final")
    shutil.rmtree(copy / "adapter", ignore_errors=True)
    for folder in (copy / "checkpoints").glob("checkpoint-*"):
        if int(folder.name.rpartition("-")[2]) > step:
            next(folder.glob("*.safetensors")).write_bytes(b"torn")
    with (copy / "metrics.jsonl").open("a") as lines:
        lines.write('{"step": 7, "lo')
    return copy


def test_fine_tuning_leaves_everything_that_is_needed_later(tuned):
    run = tuned.folder
    metrics = lines_of(run, "metrics.jsonl")
    assert [row["step"] for row in metrics] == [1, 2, 3, 4, 5, 6]
    assert metrics[-1]["loss"] < metrics[0]["loss"]
    assert metrics[-1]["examples"] == 48
    assert list((run / "tensorboard").glob("events*"))
    recipe = json.loads((run / "recipe.json").read_text())
    assert recipe["settings"]["max_steps"]["value"] == 6
    manifest = json.loads((run / "run.json").read_text())
    assert manifest["kind"] == "training-run"
    assert manifest["parameters"]["audit"] == {"passed": True, "source": "audit.json"}
    assert manifest["packages"]["trl"]
    assert sorted(p.name for p in (run / "checkpoints").glob("c*")) == [
        *("checkpoint-4", "checkpoint-6")
    ]
    assert tuned.result["after"]["questions"] == 8


def test_result_reloads_as_a_stock_checkpoint(tuned):
    from transformers import AutoModelForImageTextToText

    model = AutoModelForImageTextToText.from_pretrained(tuned.model)
    stored = weights_of(tuned.model)
    held = dict(model.named_parameters())
    assert torch.equal(held["model.visual.patch_embed.proj.weight"],
                       stored["visual.patch_embed.proj.weight"])  # fmt: skip
    settings = json.loads((tuned.model / "processor_config.json").read_text())
    assert settings["processor_class"] == "Qwen2_5_VLProcessor"


def test_the_trace_alone_is_learned_and_nothing_is_cut(tuned, tmp_path):
    request = request_for("sft", tmp_path, tuned.model, "batch_per_device=4")
    recipe = recipe_of(request)
    sources = gather(job_of(request, recipe))
    loaded = load_for_training(sources.model, recipe, None)
    engine = Engine(recipe, sources, RunFolder(tmp_path), sources.model, SILENT, print)
    batch = next(iter(engine.trainer(loaded, print).get_train_dataloader()))
    taught = {f"{row.completion}<|im_end|>\n" for row in sources.rows}
    decode = loaded.processor.tokenizer.decode
    for labels, ids in zip(batch["labels"], batch["input_ids"], strict=True):
        learned = labels != -100
        assert decode(labels[learned]) in taught
        assert torch.equal(labels[learned], ids[learned])
        assert (ids == loaded.model.config.image_token_id).sum() == 5 * 4


def test_grpo_keeps_terms_replies_and_change(reinforced):
    run = reinforced.folder
    metrics = lines_of(run, "metrics.jsonl")
    assert {"rewards/accuracy/mean", "rewards/format/mean", "kl", "accuracy"} <= metrics[-1].keys()
    assert metrics[0]["kl"] == 0
    assert metrics[-1]["kl"] > 0
    samples = lines_of(run, "samples.jsonl")
    assert {row["step"] for row in samples} == {1, 2, 3, 4, 5, 6}
    assert set(samples[0]["terms"]) == {"accuracy", "format", "length", "repetition"}
    change = reinforced.result["change"]["sampled"]
    assert change["before"]["value"] + change["difference"]["value"] == pytest.approx(
        change["after"]["value"], abs=2e-4
    )


def test_finished_run_is_only_reported(tuned):
    before = (tuned.folder / "metrics.jsonl").read_bytes()
    again = run_training(request_for("sft", tuned.folder, held_out=8))
    assert again.was_finished
    assert again.result == tuned.result
    assert (tuned.folder / "metrics.jsonl").read_bytes() == before


@pytest.mark.parametrize("stage", ["sft", "grpo"])
def test_resume_is_equal_to_the_last_bit(stage, tuned, reinforced, tmp_path):
    whole = tuned if stage == "sft" else reinforced
    model = None if stage == "sft" else tuned.model
    copy = crash_after(4, whole.folder, tmp_path / "crashed")
    resumed = run_training(request_for(stage, copy, model, held_out=8))
    assert same(weights_of(resumed.model), weights_of(whole.model))
    assert timeless(lines_of(copy, "metrics.jsonl")) == timeless(
        lines_of(whole.folder, "metrics.jsonl")
    )
    assert resumed.result["after"] == whole.result["after"]


def run_to_first_checkpoint(then, *arguments):
    """Run the program in a process that does something as its first checkpoint is whole."""
    code = (
        "import os, resource, runpy, signal, sys\n"
        "from geobench_tools.training._run_folder import RunFolder\n"
        "real = RunFolder.mark_complete\n"
        "def mark(self, step):\n"
        "    real(self, step)\n"
        f"    {then}\n"
        "RunFolder.mark_complete = mark\n"
        "sys.argv = sys.argv[1:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    command = [sys.executable, "-c", code, str(PROGRAM), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(PROGRAM.parent)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_same_command_goes_on_after_kill(tuned, reinforced, tmp_path):
    output = tmp_path / "killed"
    kill = "os.kill(os.getpid(), signal.SIGKILL)"
    done = run_to_first_checkpoint(kill, "grpo", output, tuned.model, 0)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert (output / "checkpoints" / "checkpoint-2" / "complete.json").is_file()
    assert not (output / "final").exists()
    resumed = run_training(request_for("grpo", output, tuned.model))
    assert same(weights_of(resumed.model), weights_of(reinforced.model))
    assert timeless(lines_of(output, "metrics.jsonl")) == timeless(
        lines_of(reinforced.folder, "metrics.jsonl")
    )


def test_adapters_are_merged_and_vision_stays_frozen(tuned, tmp_path):
    request = request_for(
        "grpo", tmp_path / "lora", tuned.model, "tuning=lora", "train_vision=false", "max_steps=4",
        "learning_rate=1e-2", "precision=fp32",
    )  # fmt: skip
    report = run_training(request)
    merged, base = weights_of(report.model), weights_of(tuned.model)
    changed = {name for name in base if not torch.equal(base[name], merged[name])}
    assert changed
    assert not any("visual" in name for name in changed)
    adapter = sorted(path.name for path in (report.folder / "adapter").iterdir())
    assert adapter == ["adapter_config.json", "adapter_model.safetensors"]
    copy = crash_after(2, report.folder, tmp_path / "crashed")
    resumed = run_training(replace(request, output=copy))
    assert same(weights_of(resumed.model), merged)


def test_vision_tower_can_be_frozen_in_full_tuning(tuned, tmp_path):
    report = run_training(
        request_for("sft", tmp_path / "run", tuned.model, "train_vision=false", "max_steps=2")
    )
    after, base = weights_of(report.model), weights_of(tuned.model)
    changed = {name for name in base if not torch.equal(base[name], after[name])}
    assert changed
    assert not any("visual" in name for name in changed)


def test_two_processes(tuned, tmp_path):
    launcher = Path(sys.executable).with_name("accelerate")
    output = tmp_path / "two"
    command = [
        *(str(launcher), "launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1"),
        *("--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"),
        *(str(PROGRAM), "grpo", str(output), str(tuned.model), "7"),
        *("devices=2", "batch_per_device=4", "max_steps=2"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    metrics = lines_of(output, "metrics.jsonl")
    assert [row["step"] for row in metrics] == [1, 2]
    assert (output / "final" / "model.safetensors").is_file()
    whole = json.loads((output / "checkpoints" / "checkpoint-2" / "complete.json").read_text())
    assert {"rng_state_0.pth", "rng_state_1.pth"} <= whole["bytes"].keys()
    for name in ("before.json", "after.json"):
        assert len(json.loads((output / name).read_text())["sampled"]) == 7


@pytest.mark.parametrize("questions", [1, 2, 7])
def test_answers_of_several_processes_come_in_order(questions, monkeypatch):
    everything = [(i % 2 == 0, i % 3 == 0, True) for i in range(questions)]
    parts = [everything[rank::3] for rank in range(3)]
    monkeypatch.setattr(
        "accelerate.utils.gather_object", lambda _: [one for part in parts for one in part]
    )
    assert _gathered(parts[0], 3, questions) == everything


def test_processes_that_the_recipe_does_not_count_on(tuned, tmp_path):
    with pytest.raises(InputError, match="is for 8 processes; this run has 1"):
        run_training(request_for("grpo", tmp_path / "x", tuned.model, "devices=8"))


def test_full_disk_leaves_the_checkpoint_before(tuned, tmp_path):
    output = tmp_path / "full"
    limit = (tuned.model / "model.safetensors").stat().st_size
    fill = (
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"
    )
    done = run_to_first_checkpoint(fill, "grpo", output, tuned.model, 0)
    assert done.returncode == 1
    assert "checkpoint 2 is whole" in done.stderr
    assert "same command" in done.stderr
    assert (output / "checkpoints" / "checkpoint-2" / "complete.json").is_file()
    resumed = run_training(request_for("grpo", output, tuned.model))
    assert resumed.result["steps"] == 6


def test_evaluation_of_the_result_closes_the_loop(tuned, tmp_path):
    from typer.testing import CliRunner

    from geobench_tools.cli import app

    level = laptop_level(LEVEL)
    prompt = Path(__file__).parents[2] / "manifests" / "prompts" / "short.yaml"
    done = CliRunner().invoke(
        app,
        [
            *("eval", "pairing", "--model", f"hf:{tuned.model}", "--data", str(level.pairs)),
            *("--prompt", str(prompt), "--output", str(tmp_path / "eval"), "--limit", "4"),
            *("--max-tokens", "8", "--json"),
        ],
    )
    assert done.exit_code in (0, 3), done.output
    (one,) = json.loads(done.stdout)["runs"]
    assert one["scores"]["records"] == 4


def test_model_that_sees_no_images_is_refused(tuned, tmp_path):
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "config.json").write_text('{"model_type": "qwen2"}')
    with pytest.raises(InputError, match="qwen2 model, which sees no images"):
        run_training(request_for("grpo", tmp_path / "run", tmp_path / "text"))


def test_tokenizer_without_chat_template_is_refused(tuned, tmp_path):
    shutil.copytree(tuned.model, tmp_path / "mute")
    (tmp_path / "mute" / "chat_template.jinja").unlink()
    with pytest.raises(InputError, match="has no chat template"):
        run_training(request_for("grpo", tmp_path / "run", tmp_path / "mute"))


def test_sampling_with_vllm_needs_its_extra(tuned, tmp_path):
    if importlib.util.find_spec("vllm"):
        pytest.skip("vllm is installed")
    with pytest.raises(InputError, match="vllm is not installed"):
        run_training(request_for("grpo", tmp_path / "run", tuned.model, "vllm=colocate"))


def test_limit_shorter_than_what_was_taught_is_told(tuned, tmp_path):
    told = []
    request = request_for("grpo", tmp_path / "run", tuned.model, "max_steps=1")
    run_training(request, note=told.append)
    assert any("raise max_completion_tokens" in said for said in told)


def test_controls_are_trained_beside_the_run(tuned, tmp_path):
    request = request_for("grpo", tmp_path / "run", tuned.model, "max_steps=1", held_out=8)
    found = {one.name: one for one in run_training_controls(request)}
    assert tuple(found) == CONTROLS
    assert found["null-world"].report.folder == tmp_path / "run" / "controls" / "null-world"
    assert found["ring"].holds is None
    assert found["shuffled-labels"].holds
    weights = lines_of(found["format-only"].report.folder, "samples.jsonl")[0]
    assert weights["reward"] == weights["terms"]["format"]
