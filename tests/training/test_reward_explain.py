"""``geor1 reward``."""

import json

import pytest
from typer.testing import CliRunner

from geobench_tools.cli import app
from geobench_tools.errors import InputError
from geobench_tools.training import load_recipe
from geobench_tools.training.rewards import RewardSpec, chosen_reward, explain_replies

ROWS = [
    {"completion": "<think>A pond.</think><answer>B</answer>", "solution": "B", "tokens": 9},
    {"reply": "<answer>A</answer><answer>B</answer>", "target": "B", "completion_ids": [1, 2]},
    {"text": "I see a pond. C", "answer": "C", "usage": {"completion_tokens": 3}, "k": 3},
    {"completion": [{"role": "assistant", "content": "B"}], "solution": "<answer> B </answer>"},
]


def write(path, rows, tail=""):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + tail, encoding="utf-8")
    return path


def test_every_line_is_explained(tmp_path):
    file = write(tmp_path / "r.jsonl", ROWS, tail='{"completion": "torn')
    done = explain_replies(file, RewardSpec(k=4))
    assert [one.why for one in done.replies] == ["right", "several answers", "right", "right"]
    assert [one.letter for one in done.replies] == ["B", None, "C", "B"]
    assert [one.tokens for one in done.replies] == [9, 2, 3, None]
    assert done.unmeasured == 1
    assert done.outcomes == {"right": 3, "several answers": 1}
    assert done.means["accuracy"] == 0.5
    assert done.replies[0].total == pytest.approx(1.2)


def test_a_run_folder_is_its_samples(tmp_path):
    failed = {"status": "error", "target": "B", "error": {"reason": "timeout"}}
    write(tmp_path / "samples.jsonl", [failed, *ROWS[:1]])
    (found,) = explain_replies(tmp_path, RewardSpec(k=4)).replies
    assert (found.line, found.why) == (2, "right")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nonsense\n", "line 1 is not JSON"),
        ("[1]\n", "not a JSON object"),
        ('{"question": "?", "solution": "B"}\n', "has no reply; its keys are question, solution"),
        ('{"completion": "B"}\n', "has no right letter"),
        ('{"completion": "B", "target": "Belgium"}\n', "'Belgium', which is no letter"),
        ('{"completion": "B", "solution": "B", "k": -3}\n', "line 1: k is -3"),
        ("", "holds no replies"),
    ],
)
def test_bad_files_are_named(tmp_path, line, message):
    (tmp_path / "r.jsonl").write_text(line)
    with pytest.raises(InputError, match=message):
        explain_replies(tmp_path / "r.jsonl", RewardSpec(k=4))


def test_the_command_shows_terms_and_outcomes(tmp_path):
    file = write(tmp_path / "r.jsonl", ROWS)
    shown = CliRunner().invoke(app, ["reward", "explain", str(file), "--k", "4"])
    assert shown.exit_code == 0, shown.output
    assert "several answers" in shown.output
    assert "no token count for 1 of 4 replies" in shown.output
    run = CliRunner().invoke(
        app, ["reward", "explain", str(file), "--json", "--weight", "length=0", "--preset", "paper"]
    )
    document = json.loads(run.stdout)
    assert document["reward"]["weights"]["length"] == 0.0
    assert document["unmeasured"] == 0
    assert len(document["replies"]) == 4


def test_the_command_writes_a_reward_file(tmp_path):
    out = tmp_path / "reward.py"
    run = CliRunner().invoke(app, ["reward", "write", "ms-swift", "-o", str(out), "--k", "5"])
    assert run.exit_code == 0, run.output
    assert '"k": 5' in out.read_text()
    wrong = CliRunner().invoke(app, ["reward", "explain", str(out), "--weight", "accuracy"])
    assert wrong.exit_code == 2
    assert "accuracy=1" in wrong.output


def test_a_run_is_judged_by_its_own_reward(tmp_path):
    write(tmp_path / "samples.jsonl", [{**ROWS[0], "tokens": 2040}])
    recipe = load_recipe("single-gpu", {"reward_weights": "{length: 2}"}, stage="grpo")
    (tmp_path / "recipe.json").write_text(json.dumps(recipe.to_json()))
    (tmp_path / "run.json").write_text(json.dumps({"parameters": {"k": 5}}))
    own = chosen_reward(None, (), {}, tmp_path)
    assert (own.k, own.max_tokens, own.overlong_tokens) == (5, 1024, 128)
    assert own.weights == {"accuracy": 1.0, "format": 0.2, "length": 2.0, "repetition": 0.1}
    other = chosen_reward("paper", ["format=0"], {"k": 3}, tmp_path)
    assert (other.preset, other.k, other.weights["length"]) == ("paper", 3, 1.0)
    assert other.weights["format"] == 0.0
    assert chosen_reward(None, (), {"k": None}) == RewardSpec()
    words = ["reward", "explain", str(tmp_path), "--json"]
    document = json.loads(CliRunner().invoke(app, words).stdout)
    assert document["replies"][0]["terms"]["length"] == -1.0
    (tmp_path / "recipe.json").write_text("[]")
    with pytest.raises(InputError, match="not the recipe of a run"):
        chosen_reward(None, (), {}, tmp_path)
