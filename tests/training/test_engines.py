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
from geobench_tools.training.engines import plan_engine, prepare_engine

ENGINES = {"grpo": ("ms-swift", "verl", "vlm-r1"), "sft": ("ms-swift", "verl", "llamafactory")}
JOBS = [(engine, stage) for stage, engines in ENGINES.items() for engine in engines]


def prepared(job):
    notes = []
    plan = prepare_engine(job, note=notes.append)
    return plan, notes


def config_of(folder):
    return yaml.safe_load((folder / "config.yaml").read_text())


def reward_module(path):
    spec = importlib.util.spec_from_file_location(f"reward_{path.parent.name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("engine", ENGINES["grpo"])
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


def json_lines(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def parquet(paths):
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def rows_of(plan, out):
    """Yield question, right letter or reply, and images as bytes, found as the trainer finds them.

    Read in the sources of the trainers, which were run on such rows (see the documentation).
    """
    if plan.engine == "vlm-r1":
        words = dict(zip(plan.command, plan.command[1:], strict=False))
        root = Path(words["--image_folders"])
        for row in json_lines(words["--data_file_paths"]):
            asked, told = (turn["value"] for turn in row["conversations"])
            assert row["accu_reward_method"] == words["--reward_method"] == "mcq"
            yield asked, told, [(root / name).read_bytes() for name in row["image"]]
        return
    config = config_of(out)
    if plan.engine == "verl":
        for row in parquet(config["data"]["train_files"]):
            (asked, *replies) = row["prompt" if plan.stage == "grpo" else "messages"]
            told = replies[0]["content"] if replies else row["reward_model"]["ground_truth"]
            yield asked["content"], told, [image["bytes"] for image in row["images"]]
        return
    if plan.engine == "llamafactory":
        folder, root = Path(config["dataset_dir"]), Path(config["media_dir"])
        entry = json.loads((folder / "dataset_info.json").read_text())[config["dataset"]]
        rows = json.loads((folder / entry["file_name"]).read_text())
        assert entry["columns"] == {"messages": "messages", "images": "images"}
    else:
        rows, root = json_lines(config["dataset"][0]), Path(plan.environment["ROOT_IMAGE_DIR"])
    for row in rows:
        asked, *replies = row["messages"]
        told = replies[0]["content"] if replies else row["solution"]
        yield asked["content"], told, [(root / name).read_bytes() for name in row["images"]]


@pytest.mark.parametrize(("engine", "stage"), JOBS)
def test_rows_lie_where_the_configuration_says(engine, stage, pairs, traces, tmp_path):
    out = tmp_path / "run"
    job = grpo_job(engine, pairs, out) if stage == "grpo" else sft_job(engine, traces, out)
    plan, _ = prepared(job)
    found = list(rows_of(plan, out))
    assert len(found) == 16
    for asked, told, images in found:
        assert len(images) == 5
        assert all(one.startswith(b"\xff\xd8\xff") for one in images)
        # VLM-R1 puts all images first, so that its question numbers them.
        assert asked.count("<image>") == (0 if engine == "vlm-r1" else 5)
        assert told.startswith("<think>A pond.") if stage == "sft" else told in "ABCD"


def test_verl_calls_the_reward_with_what_its_rows_hold(pairs, tmp_path):
    out = tmp_path / "run"
    plan, notes = prepared(grpo_job("verl", pairs, out, nodes=2))
    assert "ray start --head" in plan.nodes
    assert any("no linear one" in note for note in notes)
    module = reward_module(out / "reward.py")
    module._reward()[0].tokenizer_counter = lambda _: lambda text: len(text.split())
    row = parquet(config_of(out)["data"]["train_files"])[0]
    truth = row["reward_model"]["ground_truth"]
    scored = module.compute_score(
        data_source=row["data_source"],
        solution_str=f"<think>A pond.</think><answer>{truth}</answer>",
        ground_truth=truth,
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
    ours, _ = prepared(grpo_job("vlm-r1", pairs, tmp_path / "b", settings={"reward": "default"}))
    assert ours.command[-6:-2] == tuple(f"geor1_{term}" for term in terms)
    changed, _ = prepared(
        grpo_job("vlm-r1", pairs, tmp_path / "c", settings={"temperature": 0.7, "tuning": "lora"})
    )
    assert changed.left_out == {"temperature": "fixed at 1"}
    assert "--use_peft" in changed.command


def test_a_model_folder_is_named_in_full(pairs, tmp_path, monkeypatch):
    (tmp_path / "sft" / "final").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    settings = {"model": "sft/final"}
    for engine in ENGINES["grpo"]:
        plan = plan_engine(grpo_job(engine, pairs, Path("run"), settings=settings))
        text = plan.files.get("config.yaml", "") + " ".join(plan.command)
        assert str(tmp_path / "sft" / "final") in text
        assert not re.search(r"[ :]sft/final", text)


def test_a_plan_writes_nothing(pairs, tmp_path):
    out = tmp_path / "run"
    for engine in ENGINES["grpo"]:
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
    for engine in ("verl", "vlm-r1"):
        with pytest.raises(InputError, match="newest revision"):
            plan_engine(grpo_job(engine, pairs, tmp_path / "c", settings=settings))


def test_verl_says_what_its_supervised_trainer_lacks(traces, tmp_path):
    settings = {"schedule": "linear", "epochs": 1.5, "precision": "fp32"}
    plan = plan_engine(sft_job("verl", traces, tmp_path / "run", settings=settings))
    assert {"schedule", "epochs", "precision", "max_length", "train_vision"} <= plan.left_out.keys()
