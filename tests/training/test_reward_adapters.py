"""One reward, four trainers: the same numbers through each of their interfaces."""

import importlib.util
import json
import subprocess
import sys
import types
from pathlib import Path

import pytest

from geobench_tools.training.rewards import (
    PRESETS,
    TERMS,
    RewardSpec,
    reward_file,
    score,
    trl_reward_functions,
    write_reward_file,
)

REPLIES = [
    "<think>A pond north of the road: B.</think>\n<answer>B</answer>",
    "<think>A pond.</think><answer>(C)</answer>",
    "<think></think><answer>B</answer>",
    "<answer>A</answer><answer>B</answer>",
    "<think>" + "the road and the river " * 30 + "</think><answer>B</answer>",
    "The answer is D.",
    "",
]
SOLUTIONS = ["B", "C", "B", "B", "B", "A", "B"]
K = [4, 4, 4, 4, 4, 4, 6]
IDS = [[5] * len(reply.split()) for reply in REPLIES]
SPECS = [RewardSpec(p, k=4, max_tokens=120, overlong_tokens=110) for p in PRESETS]


class Words:
    """A tokenizer that counts words."""

    def encode(self, text: str, **_: object) -> list[int]:
        return [5] * len(text.split())


def load(path: Path, name: str) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def expected(spec: RewardSpec) -> list[float]:
    return list(score(spec, REPLIES, SOLUTIONS, tokens=[len(row) for row in IDS], k=K).totals)


@pytest.mark.parametrize("spec", SPECS, ids=PRESETS)
def test_trl(spec):
    functions, weights = trl_reward_functions(spec)
    completions = [[{"role": "assistant", "content": reply}] for reply in REPLIES]
    columns = {"solution": SOLUTIONS, "k": K, "images": [[]] * 7, "trainer_state": None}
    values = [
        function(prompts=[[]] * 7, completions=completions, completion_ids=IDS, **columns)
        for function in functions
    ]
    totals = [sum(w * v[i] for w, v in zip(weights, values, strict=True)) for i in range(7)]
    assert totals == pytest.approx(expected(spec), abs=1e-12)


@pytest.mark.parametrize("spec", SPECS, ids=PRESETS)
def test_verl(spec, tmp_path, monkeypatch):
    write_reward_file(spec, "verl", tmp_path / "reward.py")
    module = load(tmp_path / "reward.py", f"verl_{spec.preset.replace('-', '_')}")
    monkeypatch.setattr(
        module._reward()[0], "tokenizer_counter", lambda _: lambda t: len(t.split())
    )
    results = [
        module.compute_score("geor1/cross_view", reply, solution, {"k": k, "index": 0}, "words")
        for reply, solution, k in zip(REPLIES, SOLUTIONS, K, strict=True)
    ]
    assert [result["score"] for result in results] == pytest.approx(expected(spec), abs=1e-12)
    assert {tuple(result) for result in results} == {("score", "acc", *TERMS)}
    assert all(type(value) is float for result in results for value in result.values())


@pytest.mark.parametrize("spec", SPECS, ids=PRESETS)
def test_ms_swift(spec, tmp_path, monkeypatch):
    swift, rewards = types.ModuleType("swift"), types.ModuleType("swift.rewards")
    rewards.ORM, rewards.orms = type("ORM", (), {}), {}
    monkeypatch.setitem(sys.modules, "swift", swift)
    monkeypatch.setitem(sys.modules, "swift.rewards", rewards)
    write_reward_file(spec, "ms-swift", tmp_path / "plugin.py")
    load(tmp_path / "plugin.py", f"swift_{spec.preset.replace('-', '_')}")
    assert list(rewards.orms) == [f"geor1_{term}" for term in TERMS]
    totals = [0.0] * 7
    for term in TERMS:
        values = rewards.orms[f"geor1_{term}"]()(
            REPLIES,
            solution=SOLUTIONS,
            k=K,
            response_token_ids=[[row] for row in IDS],
            messages=[[]] * 7,
        )
        totals = [t + spec.weights[term] * v for t, v in zip(totals, values, strict=True)]
    assert totals == pytest.approx(expected(spec), abs=1e-12)


@pytest.mark.parametrize("spec", SPECS, ids=PRESETS)
def test_vlm_r1(spec, tmp_path):
    write_reward_file(spec, "vlm-r1", tmp_path / "grpo.py")
    module = load(tmp_path / "grpo.py", f"vlm_{spec.preset.replace('-', '_')}")
    trainer = types.SimpleNamespace(reward_funcs_registry={"accuracy": None}, tokenizer=Words())
    module.register(trainer)
    completions = [[{"role": "assistant", "content": reply}] for reply in REPLIES]
    tagged = [f"<answer> {letter} </answer>" for letter in SOLUTIONS]
    totals = [0.0] * 7
    for term in TERMS:
        values = trainer.reward_funcs_registry[f"geor1_{term}"](
            prompts=[[]] * 7, completions=completions, solution=tagged, k=K, problem=[""] * 7
        )
        totals = [t + v for t, v in zip(totals, values, strict=True)]
    assert totals == pytest.approx(expected(spec), abs=1e-12)


def test_the_file_needs_nothing_but_python(tmp_path):
    spec = RewardSpec(k=4, weights={"length": 0})
    write_reward_file(spec, "verl", tmp_path / "reward.py")
    script = (
        "import importlib.util, json, sys\n"
        "s = importlib.util.spec_from_file_location('reward', sys.argv[1])\n"
        "m = importlib.util.module_from_spec(s); s.loader.exec_module(m)\n"
        "print(json.dumps([m.compute_score('', t, 'B')['score'] for t in json.load(sys.stdin)]))\n"
        "assert not any(n.split('.')[0] in ('geobench_tools', 'numpy') for n in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, str(tmp_path / "reward.py")],
        input=json.dumps(REPLIES),
        capture_output=True,
        text=True,
        check=True,
    )
    own = [score(spec, [reply], ["B"]).totals[0] for reply in REPLIES]
    assert json.loads(done.stdout) == pytest.approx(own, abs=1e-12)


def test_the_function_can_be_sent_to_another_process(tmp_path):
    cloudpickle = pytest.importorskip("cloudpickle")
    write_reward_file(RewardSpec(k=4, weights={"length": 0}), "verl", tmp_path / "reward.py")
    module = load(tmp_path / "reward.py", "not_importable_elsewhere")
    assert module.compute_score("", REPLIES[0], "B")["acc"] == 1.0
    (tmp_path / "sent").write_bytes(cloudpickle.dumps(module.compute_score))
    script = (
        "import cloudpickle, sys\n"
        "score = cloudpickle.loads(open(sys.argv[1], 'rb').read())\n"
        "print(score('', sys.argv[2], 'B')['acc'])\n"
    )
    words = [sys.executable, "-c", script, str(tmp_path / "sent"), REPLIES[0]]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1.0"


def test_two_reward_files_do_not_mix(tmp_path):
    for preset in ("default", "vlm-r1"):
        write_reward_file(
            RewardSpec(preset, k=4, weights={"length": 0}), "verl", tmp_path / f"{preset}.py"
        )
    ours = load(tmp_path / "default.py", "first")
    theirs = load(tmp_path / "vlm-r1.py", "second")
    assert ours.compute_score("", REPLIES[1], "C")["acc"] == 1.0
    assert theirs.compute_score("", REPLIES[1], "C")["acc"] == 0.0
    assert ours.compute_score("", REPLIES[1], "C")["acc"] == 1.0


def test_the_same_reward_gives_the_same_file():
    assert reward_file(SPECS[0], "verl") == reward_file(SPECS[0], "verl")
    assert reward_file(SPECS[0], "verl") != reward_file(SPECS[1], "verl")
