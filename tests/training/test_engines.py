"""Runs handed over to other trainers: data, configuration, reward and launcher."""

import importlib.util
import json
import re
import stat
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from engine_jobs import grpo_job, sft_job

from geobench_tools.errors import InputError
from geobench_tools.training import load_recipe
from geobench_tools.training.engines import (
    plan_engine,
    prepare_engine,
)

SCHEMA = json.loads((Path(__file__).parents[1] / "data" / "engine_options.json").read_text())


def prepared(job):
    notes = []
    plan = prepare_engine(job, note=notes.append)
    return plan, notes


def config_of(folder):
    return yaml.safe_load((folder / "config.yaml").read_text())


def flat(document, prefix=""):
    for name, value in document.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def reward_module(path):
    spec = importlib.util.spec_from_file_location(f"reward_{path.parent.name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("engine", ["ms-swift", "verl", "vlm-r1"])
def test_a_grpo_folder_is_whole(engine, pairs, tmp_path):
    out = tmp_path / "run"
    plan, notes = prepared(grpo_job(engine, pairs, out))
    for name, text in plan.files.items():
        assert (out / name).read_text() == text
    assert (out / "launch.sh").stat().st_mode & stat.S_IXUSR
    subprocess.run(["sh", "-n", str(out / "launch.sh")], check=True)
    manifest = json.loads((out / "run.json").read_text())
    assert manifest["parameters"]["engine"] == engine
    assert manifest["parameters"]["audit"]["passed"] is True
    assert load_recipe(out / "recipe.json")["group_size"] == 8
    assert notes == [f"{engine}: {text}" for text in plan.notes] + [
        f"{engine} does not have {name}: {text}" for name, text in plan.left_out.items()
    ]
    (out / "checkpoints").mkdir()
    assert prepare_engine(grpo_job(engine, pairs, out)) == plan
    assert (out / "checkpoints").is_dir()
    with pytest.raises(InputError, match=r"holds another run: .*recipe"):
        prepare_engine(grpo_job(engine, pairs, out, settings={"beta": 0.1}))
    prepare_engine(grpo_job(engine, pairs, out, overwrite=True))
    assert not (out / "checkpoints").exists()
    with pytest.raises(InputError, match="exists already"):
        prepare_engine(grpo_job(engine, pairs, pairs))


def test_ms_swift_grpo(pairs, tmp_path):
    out = tmp_path / "run"
    job = grpo_job("ms-swift", pairs, out, settings={"reward": "default", "vllm": "colocate"})
    plan, _ = prepared(job)
    config = config_of(out)
    assert set(config) <= set(SCHEMA["ms-swift"])
    assert config["reward_funcs"] == [
        "geor1_accuracy",
        "geor1_format",
        "geor1_length",
        "geor1_repetition",
    ]
    assert config["reward_weights"] == [1.0, 0.2, 0.1, 0.1]
    assert (config["num_generations"], config["beta"], config["epsilon"]) == (8, 0.04, 0.2)
    assert (config["use_vllm"], config["vllm_mode"]) == (True, "colocate")
    rows = [json.loads(line) for line in Path(config["dataset"][0]).read_text().splitlines()]
    root = Path(plan.environment["ROOT_IMAGE_DIR"])
    assert len(rows) == 16
    for row in rows:
        assert row["messages"][0]["content"].count("<image>") == len(row["images"]) == 5
        assert row["solution"] in "ABCD"
        assert all((root / name).is_file() for name in row["images"])


def test_verl_grpo(pairs, tmp_path):
    out = tmp_path / "run"
    plan, notes = prepared(grpo_job("verl", pairs, out, nodes=2))
    config = config_of(out)
    assert config.pop("hydra") == {"searchpath": ["pkg://verl.trainer.config"]}
    assert config.pop("defaults") == ["ppo_trainer", "_self_"]
    own = {
        "reward.custom_reward_function.reward_kwargs.tokenizer",
        "actor_rollout_ref.model.override_config.attn_implementation",
    }
    assert set(flat(config)) - own <= set(SCHEMA["verl"])
    assert config["data"]["train_batch_size"] == 8
    assert (config["trainer"]["nnodes"], config["trainer"]["n_gpus_per_node"]) == (2, 4)
    assert "ray start --head" in plan.nodes
    assert any("no linear one" in note for note in notes)
    rows = [
        row for path in config["data"]["train_files"] for row in pq.read_table(path).to_pylist()
    ]
    assert len(rows) == 16
    module = reward_module(out / "reward.py")
    module._reward()[0].tokenizer_counter = lambda _: lambda text: len(text.split())
    for row in rows:
        reply = f"<think>A pond.</think><answer>{row['reward_model']['ground_truth']}</answer>"
        scored = module.compute_score(
            data_source=row["data_source"],
            solution_str=reply,
            ground_truth=row["reward_model"]["ground_truth"],
            extra_info={**row["extra_info"], "num_turns": None, "rollout_reward_scores": {}},
            tokenizer="models/qwen-sft",
        )
        assert scored["acc"] == 1.0


def test_vlm_r1_has_the_released_rewards_or_ours(pairs, tmp_path):
    terms = ("accuracy", "format", "length", "repetition")
    released, _ = prepared(grpo_job("vlm-r1", pairs, tmp_path / "a", home=tmp_path))
    assert str(tmp_path / "a" / "grpo.py") in released.command
    assert released.command[-6:-2] == terms
    assert set(released.files) == {"grpo.py", "zero3.json"}
    assert released.environment["VLM_R1_HOME"] == str(tmp_path)
    options = [word.removeprefix("--") for word in released.command if word.startswith("--")]
    assert set(options) <= set(SCHEMA["vlm-r1"])
    ours, _ = prepared(grpo_job("vlm-r1", pairs, tmp_path / "b", settings={"reward": "default"}))
    assert ours.command[-6:-2] == tuple(f"geor1_{term}" for term in terms)
    changed, _ = prepared(
        grpo_job("vlm-r1", pairs, tmp_path / "c", settings={"temperature": 0.7, "tuning": "lora"})
    )
    assert changed.left_out == {"temperature": "fixed at 1"}
    assert "--use_peft" in changed.command


@pytest.mark.parametrize("engine", ["ms-swift", "llamafactory"])
def test_sft_configurations(engine, traces, tmp_path):
    out = tmp_path / "run"
    plan, _ = prepared(sft_job(engine, traces, out))
    config = config_of(out)
    assert set(config) <= set(SCHEMA[engine])
    assert config["learning_rate"] == 1e-5
    if engine == "llamafactory":
        info = json.loads((Path(config["dataset_dir"]) / "dataset_info.json").read_text())
        entry = info[config["dataset"]]
        rows = json.loads((Path(config["dataset_dir"]) / entry["file_name"]).read_text())
        root = Path(config["media_dir"])
        assert json.loads((out / "zero3.json").read_text())["zero_optimization"]["stage"] == 3
    else:
        rows = [json.loads(line) for line in Path(config["dataset"][0]).read_text().splitlines()]
        root = Path(plan.environment["ROOT_IMAGE_DIR"])
    assert len(rows) == 16
    assert all((root / name).is_file() for row in rows for name in row["images"])
    assert rows[0]["messages"][1]["content"].startswith("<think>A pond.")


def test_verl_sft_rows_hold_the_images(traces, tmp_path):
    out = tmp_path / "run"
    prepared(sft_job("verl", traces, out))
    config = config_of(out)
    assert config["defaults"] == ["sft_trainer_engine", "_self_"]
    known = {*SCHEMA["verl-sft"], "model.override_config.attn_implementation"}
    assert {name for name in flat(config) if not name.startswith(("hydra", "defaults"))} <= known
    rows = pq.read_table(config["data"]["train_files"][0]).to_pylist()
    assert len(rows) == 16
    assert all(len(row["images"]) == 5 for row in rows)
    assert rows[0]["images"][0]["bytes"][:3] == b"\xff\xd8\xff"
    assert [message["role"] for message in rows[0]["messages"]] == ["user", "assistant"]


def test_a_model_folder_is_named_in_full(pairs, tmp_path, monkeypatch):
    (tmp_path / "sft" / "final").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    settings = {"model": "sft/final"}
    for engine in ("ms-swift", "verl", "vlm-r1"):
        plan = plan_engine(grpo_job(engine, pairs, Path("run"), settings=settings))
        text = plan.files.get("config.yaml", "") + " ".join(plan.command)
        assert str(tmp_path / "sft" / "final") in text
        assert not re.search(r"[ :]sft/final", text)


def test_a_plan_writes_nothing(pairs, tmp_path):
    out = tmp_path / "run"
    for engine in ("ms-swift", "verl", "vlm-r1"):
        plan = plan_engine(grpo_job(engine, pairs, out))
        assert plan.files
        assert json.dumps(plan.document())
    assert not out.exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"engine": "llamafactory"}, "llamafactory has no grpo"),
        ({"engine": "axolotl"}, "no engine 'axolotl'"),
        ({"nodes": 3}, "8 devices do not spread over 3 nodes"),
        ({"settings": {"model": "tiny"}}, "'tiny' is built in process"),
        ({"settings": {"group_size": 7}}, "no whole groups"),
        ({"pairs": None}, "no pairing set given"),
    ],
)
def test_what_cannot_be_handed_over_is_refused(changes, message, pairs, tmp_path):
    given = {"engine": "ms-swift", "pairs": pairs, **changes}
    engine, data = given.pop("engine"), given.pop("pairs")
    with pytest.raises(InputError, match=message):
        plan_engine(grpo_job(engine, data, tmp_path / "run", **given))
    assert not (tmp_path / "run").exists()


def test_a_leaking_set_is_refused(pairs, tmp_path):
    audit = {
        "passed": False,
        "certificate": {"checks": [{"name": "balance", "status": "fail"}]},
        "families": [],
    }
    copy = tmp_path / "pairs"
    subprocess.run(["cp", "-r", str(pairs), str(copy)], check=True)
    (copy / "audit.json").write_text(json.dumps(audit))
    with pytest.raises(InputError, match="balance"):
        prepare_engine(grpo_job("verl", copy, tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_a_revision_of_the_hub_is_passed_on_or_refused(pairs, traces, tmp_path):
    settings = {"model": "Qwen/Qwen2.5-VL-7B-Instruct@abc"}
    for job in (
        grpo_job("ms-swift", pairs, tmp_path / "a", settings=settings),
        sft_job("llamafactory", traces, tmp_path / "b", settings=settings),
    ):
        config = yaml.safe_load(plan_engine(job).files["config.yaml"])
        named = config.get("model") or config["model_name_or_path"]
        assert (named, config["model_revision"]) == ("Qwen/Qwen2.5-VL-7B-Instruct", "abc")
        assert "model_revision" in SCHEMA[job.engine]
    for engine in ("verl", "vlm-r1"):
        with pytest.raises(InputError, match="newest revision"):
            plan_engine(grpo_job(engine, pairs, tmp_path / "c", settings=settings))


def test_verl_says_what_its_supervised_trainer_lacks(traces, tmp_path):
    settings = {"schedule": "linear", "epochs": 1.5, "precision": "fp32"}
    plan = plan_engine(sft_job("verl", traces, tmp_path / "run", settings=settings))
    assert {"schedule", "epochs", "precision", "max_length", "train_vision"} <= plan.left_out.keys()
