"""What is started of another trainer, and how the command hands a run over."""

import json
import sys

import pytest
from engine_jobs import grpo_job, sft_job
from typer.testing import CliRunner

from geobench_tools.cli import app
from geobench_tools.errors import InputError, PartialFailure
from geobench_tools.training.engines import launch_engine, prepare_engine


def fake(folder, name, code):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{code}\n")
    path.chmod(0o755)


def test_the_launcher_is_run_in_its_environment(pairs, tmp_path, monkeypatch):
    out, tools = tmp_path / "run", tmp_path / "bin"
    fake(tools, "swift", 'echo "$NPROC_PER_NODE $ROOT_IMAGE_DIR $@" > "$OUT"')
    prepare_engine(grpo_job("ms-swift", pairs, out))
    job = grpo_job("ms-swift", pairs, out, bin=tools)
    prepare_engine(job)
    monkeypatch.setenv("OUT", str(tmp_path / "said"))
    launch_engine(job)
    said = (tmp_path / "said").read_text().split()
    assert said == ["8", str(out / "data"), "rlhf", str(out / "config.yaml")]
    fake(tools, "swift", "exit 7")
    with pytest.raises(PartialFailure, match="exit code 7"):
        launch_engine(job)
    with pytest.raises(InputError, match="is not there"):
        launch_engine(grpo_job("ms-swift", pairs, out, bin=tmp_path / "none"))


def test_the_environment_sets_machines_and_nothing_of_the_recipe(pairs, tmp_path, monkeypatch):
    out, tools = tmp_path / "it's a $HOME `run`}", tmp_path / "bin"
    said = tmp_path / "said"
    fake(tools, "swift", f'echo "$NODE_RANK|$MASTER_ADDR|$MAX_PIXELS|$ROOT_IMAGE_DIR|$2" > {said}')
    job = grpo_job("ms-swift", pairs, out, bin=tools, nodes=2, settings={"max_pixels": 50176})
    prepare_engine(job)
    monkeypatch.setenv("NODE_RANK", "1")
    monkeypatch.setenv("MAX_PIXELS", "784")
    launch_engine(job)
    assert said.read_text().strip().split("|") == [
        *("1", "127.0.0.1", "50176", str(out / "data"), str(out / "config.yaml")),
    ]


@pytest.mark.parametrize(
    ("tuning", "checkpoints", "last"),
    [("full", [], ""), ("full", [9, 10], "/checkpoints/checkpoint-10"), ("lora", [10], "")],
)
def test_llamafactory_goes_on_from_the_weights_of_the_last_checkpoint(
    tuning, checkpoints, last, traces, tmp_path
):
    """Its trainer would go on from the initial weights, as transformers 5 stores other names."""
    out, tools, said = tmp_path / "my run", tmp_path / "bin", tmp_path / "said"
    fake(tools, "llamafactory-cli", 'exec torchrun "$@"')
    fake(tools, "torchrun", f'echo "$@" > {said}')
    job = sft_job("llamafactory", traces, out, bin=tools, settings={"tuning": tuning})
    prepare_engine(job, note=lambda _: None)
    for step in checkpoints:
        (out / "checkpoints" / f"checkpoint-{step}").mkdir(parents=True)
    launch_engine(job)
    model = f" model_name_or_path={out}{last}" if last else ""
    assert said.read_text() == f"train {out}/config.yaml{model}\n"


TRAINER = """
import json, os, sys
reward_funcs_registry = {"accuracy": None}
GRPOScriptArguments = GRPOConfig = GRPOModelConfig = None

class tokenizer:
    @staticmethod
    def encode(text):
        return text.split()

class TrlParser:
    def __init__(self, classes):
        assert len(classes) == 3
    def parse_args_and_config(self):
        class training:
            deepspeed = "zero3.json"
        return sys.argv[1:], training, None

class Qwen2VLModule:
    def get_model_class(self, model_id, model_init_kwargs):
        raise ValueError(f"Unsupported model: {model_id}")
    def prepare_model_inputs(self, processing_class, prompts_text, images, padding=True):
        return {"input_ids": prompts_text}, [{"image_grid_thw": image} for image in images]

def get_vlm_module(model_name_or_path):
    raise ValueError(f"Unsupported model: {model_name_or_path}")

def monkey_patch_qwen2_5vl_forward():
    print("patched as the script does")

def main(script, training, model):
    path = script[script.index("--model_name_or_path") + 1]
    module = get_vlm_module(path)()
    kind = module.get_model_class(path, {"use_cache": False})
    inputs, additional = module.prepare_model_inputs(None, ["a row"], ["image"] * 5, padding=True)
    if additional is not None:
        assert len(additional) == len(inputs["input_ids"])
    names = script[script.index("--reward_funcs") + 1 :][:4]
    reply = [{"role": "assistant", "content": "<think>A pond.</think><answer>(B)</answer>"}]
    rows = {"prompts": [[]], "completions": [reply], "solution": ["<answer> B </answer>"]}
    values = [reward_funcs_registry[name](**rows) for name in names]
    with open(os.environ["OUT"], "w") as out:
        json.dump({"cwd": os.getcwd(), "values": values, "model": kind.__name__}, out)
"""


def test_the_released_trainer_is_started_with_our_rewards(pairs, tmp_path, monkeypatch):
    pytest.importorskip("torch")
    home, out, model = tmp_path / "VLM-R1", tmp_path / "run", tmp_path / "final"
    code = home / "src" / "open-r1-multimodal" / "src" / "open_r1"
    code.mkdir(parents=True)
    (code / "grpo_jsonl.py").write_text(TRAINER)
    model.mkdir()
    architecture = "Qwen2_5_VLForConditionalGeneration"
    config = {"model_type": "qwen2_5_vl", "architectures": [architecture]}
    (model / "config.json").write_text(json.dumps(config))
    fake(tmp_path / "bin", "torchrun", f'shift 10; exec {sys.executable} "$@"')
    monkeypatch.setenv("OUT", str(tmp_path / "said.json"))
    settings = {"reward": "default", "model": str(model)}
    job = grpo_job("vlm-r1", pairs, out, home=home, bin=tmp_path / "bin", settings=settings)
    prepare_engine(job, note=lambda _: None)
    launch_engine(job)
    said = json.loads((tmp_path / "said.json").read_text())
    assert said["cwd"] == str(home / "src" / "open-r1-multimodal")
    assert said["values"] == [[1.0], [0.2], [0.0], [0.0]]
    assert said["model"] == architecture
    monkeypatch.delenv("VLM_R1_HOME", raising=False)
    with pytest.raises(InputError, match="its own checkout"):
        launch_engine(grpo_job("vlm-r1", pairs, out, bin=tmp_path / "bin"))


def test_the_command_prints_or_writes(pairs, tmp_path):
    words = ["train", "grpo", "--recipe", "geo-r1", "--model", "m", "--pairs", str(pairs)]
    words += ["-o", str(tmp_path / "run"), "--engine", "verl"]
    dry = CliRunner().invoke(app, [*words, "--dry-run"])
    assert dry.exit_code == 0, dry.output
    assert "custom_reward_function" in dry.output
    assert "verl.trainer.main_ppo" in dry.output
    assert not (tmp_path / "run").exists()
    document = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert document["written"] is True
    assert (tmp_path / "run" / "launch.sh").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--engine", "verl", "--controls"], "--controls belongs to the engine trl"),
        (["--engine", "verl", "--held-out", "5"], "--held-out belongs to the engine trl"),
        (["--dry-run"], "--dry-run belongs to the engines that run elsewhere"),
        (["--launch"], "--launch belongs"),
        (["--nodes", "2"], "--nodes belongs"),
    ],
)
def test_options_of_the_other_kind_are_refused(words, said, pairs, tmp_path):
    base = ["train", "grpo", "--recipe", "geo-r1", "--model", "m", "--pairs", str(pairs)]
    run = CliRunner().invoke(app, [*base, "-o", str(tmp_path / "run"), *words])
    assert run.exit_code == 2
    assert said in run.output
    assert not (tmp_path / "run").exists()
