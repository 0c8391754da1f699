"""The page of a training run."""

import json

import pytest
from typer.testing import CliRunner

from geobench_tools.cli import app
from geobench_tools.errors import InputError
from geobench_tools.reports import write_curves
from geobench_tools.reports._curves_data import read_logs
from geobench_tools.training import load_recipe


def lines(path, rows, tail=""):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + tail, encoding="utf-8")


@pytest.fixture
def run(tmp_path):
    rows = [
        {
            "step": step,
            "reward": step / 10,
            "reward_std": 0.5,
            "accuracy": step / 20,
            "rewards/accuracy/mean": step / 10 - 1,
            "rewards/format/mean": 1.0,
            "frac_reward_zero_std": 0.25,
            "completions/mean_length": 40.0,
            "completions/min_length": 30,
            "completions/max_length": 60,
            "kl": 0.001,
            "entropy": 0.8,
            "loss": None if step == 3 else 0.1,
            "sampling/own": 3.5,
        }
        for step in range(1, 13)
    ]
    lines(tmp_path / "metrics.jsonl", rows, tail='{"step": 13, "rew')
    samples = [
        {
            "step": step,
            "id": f"place-{step}",
            "solution": "B",
            "reply": f"<think>step {step} <script>alert(1)</script></think><answer>B</answer>",
            "right": step > 6,
            "terms": {"accuracy": 1.0, "length": None},
            "reward": 1.2,
        }
        for step in range(1, 13)
    ]
    lines(tmp_path / "samples.jsonl", samples)
    return tmp_path


def test_the_page_shows_every_curve(run):
    text = write_curves(run).read_text(encoding="utf-8")
    for title in (
        *("Reward", "Reward terms", "Accuracy of sampled replies", "Reply length"),
        *("Groups without variance", "KL divergence", "Entropy", "Loss"),
    ):
        assert f"<h3>{title}</h3>" in text
    assert "Learning rate" not in text
    assert "reward from 0.1 at step 1 to 1.2 at step 12" in text
    assert "sampling/own" in text
    assert "not finished" in text


def test_replies_are_data_and_spread_over_the_run(run):
    text = write_curves(run).read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
    assert text.count("<summary>Step ") == 6
    assert "Step 1<" in text
    assert "Step 12<" in text


def test_recipe_warnings_and_held_out_are_shown(run):
    recipe = load_recipe("laptop", stage="grpo").to_json()
    (run / "recipe.json").write_text(json.dumps(recipe))
    lines(run / "warnings.jsonl", [{"step": 4, "kind": "kl", "warning": "KL is 3 & rising"}])
    share = {"value": 0.5, "low": 0.4, "high": 0.6}
    both = {"greedy": share, "sampled": share, "questions": 600}
    change = {"difference": {"value": 0.25, "low": 0.2, "high": 0.3}}
    result = {
        "before": both,
        "after": both,
        "change": {"greedy": change, "sampled": change},
        "steps": 12,
    }
    (run / "result.json").write_text(json.dumps(result))
    (run / "run.json").write_text(json.dumps({"parameters": {"identity": {"k": 4}}}))
    text = write_curves(run).read_text(encoding="utf-8")
    assert "Training: laptop grpo" in text
    assert "Step 4: KL is 3 &amp; rising" in text
    assert "50.0 % (40.0 % to 60.0 %)" in text
    assert "25.0 % (20.0 % to 30.0 %)" in text
    assert "chance, 1/4" in text
    assert "default of TRL" in text


def test_the_same_logs_give_the_same_page(run):
    first = write_curves(run).read_bytes()
    assert write_curves(run).read_bytes() == first


def test_a_repeated_step_counts_once_and_bad_lines_are_passed_over(tmp_path):
    rows = [{"step": 1, "loss": 1.0}, {"step": 2, "loss": 9.0}, {"step": 2, "loss": 0.5}]
    lines(tmp_path / "metrics.jsonl", rows, tail='nonsense\n[1]\n{"loss": 3}\n{"step": "x"}\n')
    logs = read_logs(tmp_path)
    assert logs.series("loss") == [(1.0, 1.0), (2.0, 0.5)]


def test_one_step_and_long_runs_can_be_drawn(tmp_path):
    lines(tmp_path / "metrics.jsonl", [{"step": 5, "loss": 0.0}])
    assert "<circle" in write_curves(tmp_path).read_text()
    many = [{"step": step, "loss": 1 / step} for step in range(1, 3001)]
    lines(tmp_path / "metrics.jsonl", many)
    page = write_curves(tmp_path)
    assert page.stat().st_size < 60_000
    assert "to 3.3e-04 at step 3,000" in page.read_text()


def test_the_log_of_ms_swift_is_read(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    rows = [
        {"loss": 0.5, "rewards/accuracy/mean": -1.0, "global_step/max_steps": f"{n}/2"}
        for n in (1, 2)
    ]
    last = '{"log_history": [{"loss": 1.0}], "global_step": 2}\n'
    lines(tmp_path / "checkpoints" / "logging.jsonl", rows, tail=last)
    logs = read_logs(tmp_path)
    assert logs.series("loss") == [(1.0, 0.5), (2.0, 0.5)]
    recipe = load_recipe("single-gpu", stage="grpo").to_json()
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    text = write_curves(tmp_path).read_text()
    assert "Reward terms" in text
    assert "right from 0.0 % at step 1 to 0.0 % at step 2" in text


def test_a_folder_without_metrics_is_named(tmp_path):
    with pytest.raises(InputError, match=r"metrics\.jsonl does not exist"):
        write_curves(tmp_path)
    (tmp_path / "metrics.jsonl").write_text("")
    with pytest.raises(InputError, match="holds no metrics"):
        write_curves(tmp_path)


def test_the_command_names_the_page(run):
    done = CliRunner().invoke(app, ["train", "curves", str(run), "--json"])
    assert json.loads(done.stdout) == {"page": str(run / "curves.html")}
