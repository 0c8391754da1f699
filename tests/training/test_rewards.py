"""The reward terms: released values, formulas, presets."""

import json
import math
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geobench_tools.answers import read
from geobench_tools.errors import InputError
from geobench_tools.training.rewards import (
    PRESETS,
    TERMS,
    RewardSpec,
    cosine_length,
    overlong,
    repetition,
    score,
    trl_reward_functions,
)
from geobench_tools.training.rewards._shape import shape_of

RELEASED = json.loads(
    (Path(__file__).parents[1] / "data" / "vlm_r1_rewards.json").read_text(encoding="utf-8")
)
PIECES = st.sampled_from(
    [
        *("<think>", "</think>", "<answer>", "</answer>", "< answer >", "[answer]", "<think >"),
        *("A", "B", " C. ", "(D)", "road ", "the answer is ", "not ", "\n", " ", "&lt;think&gt;"),
        *("◁think▷", "</thinking>", "Error: ", "assistantfinal", "{", '"answer": "A"', "\u0412"),
    ]
)
ANY = st.lists(PIECES, max_size=14).map("".join)
THOUGHT = st.lists(PIECES, max_size=10).map("".join)


@pytest.mark.parametrize("term", TERMS)
def test_the_released_code_is_repeated(term):
    replies = [row["reply"] for row in RELEASED]
    solutions = [row["solution"] for row in RELEASED]
    tokens = [row["tokens"] for row in RELEASED]
    scored = score(RewardSpec("vlm-r1"), replies, solutions, tokens=tokens)
    expected = [row[term] for row in RELEASED]
    assert scored.terms[term] == pytest.approx(expected, rel=0, abs=1e-12)


def test_the_released_total_is_a_plain_sum():
    row = RELEASED[0]
    spec = RewardSpec("vlm-r1")
    total = score(spec, [row["reply"]], [row["solution"]], tokens=[row["tokens"]]).totals[0]
    assert total == sum(row[term] for term in TERMS)


def test_the_released_length_rises_again_and_ignores_correctness():
    spec = RewardSpec("vlm-r1")
    known = {0: 1.0, 128: 0.981, 378: 0.850, 512: 0.75, 1024: 0.5, 1536: 0.75, 2048: 1.0}
    for solution in "AB":
        lengths = score(
            spec, ["<answer>A</answer>"] * len(known), [solution] * len(known), tokens=[*known]
        ).terms["length"]
        assert lengths == pytest.approx([*known.values()], abs=5e-4)


@pytest.mark.parametrize("reply", ["(C)", "C) because", "**C**", "3"])
def test_the_released_parser_misses_what_the_reader_reads(reply):
    text = f"<think>The pond lies north.</think><answer>{reply}</answer>"
    assert score(RewardSpec("vlm-r1"), [text], ["C"], tokens=[9]).terms["accuracy"] == [0.0]
    read_right = [1.0] if reply != "3" else [-1.0]
    assert score(RewardSpec(k=4), [text], ["C"], tokens=[9]).terms["accuracy"] == read_right


@settings(deadline=None)
@given(ANY | THOUGHT.map(lambda text: f"<think>{text}</think>\n<answer>B</answer>"))
def test_accuracy_is_the_shared_reader_unless_there_is_a_flaw(text):
    outcome = score(RewardSpec(k=4), [text], ["B"], tokens=[1]).outcomes[0]
    reading = read(text, "mcq", choices="ABCD")
    if shape_of(text).flaw:
        assert not outcome.right
        assert outcome.why == shape_of(text).flaw
    else:
        assert outcome.letter == reading.value
        assert outcome.right == (reading.value == "B")


@settings(deadline=None)
@given(ANY, st.sampled_from(PRESETS), st.integers(0, 4000))
def test_no_reply_raises_and_terms_stay_in_range(text, preset, tokens):
    scored = score(RewardSpec(preset, k=4), [text], ["B"], tokens=[tokens])
    assert scored.terms["accuracy"][0] in (-1.0, 0.0, 1.0)
    assert scored.terms["format"][0] in (0.0, 1.0)
    assert -1.0 <= scored.terms["length"][0] <= 1.0
    assert -1.0 < scored.terms["repetition"][0] <= 0.0
    weights = RewardSpec(preset).weights
    assert scored.totals[0] == sum(weights[name] * scored.terms[name][0] for name in TERMS)


def test_presets_and_what_they_reward():
    right = "<think>A pond.</think><answer>B</answer>"
    wrong = "<think>A pond.</think><answer>C</answer>"
    for preset, worst in (("default", -1.0), ("paper", -1.0), ("vlm-r1", 0.0)):
        scored = score(RewardSpec(preset, k=4), [right, wrong], ["B", "B"], tokens=[9, 9])
        assert scored.terms["accuracy"] == [1.0, worst]
        assert scored.terms["format"] == [1.0, 1.0]


def test_paper_length_is_a_half_cosine_by_correctness():
    assert [cosine_length(n, 1024, right=True) for n in (0, 512, 1024, 2048)] == pytest.approx(
        [1.0, 0.75, 0.5, 0.5]
    )
    assert [cosine_length(n, 1024, right=False) for n in (0, 512, 1024, 2048)] == pytest.approx(
        [0.0, -0.25, -0.5, -0.5]
    )


def test_only_long_replies_cost_by_default():
    assert [overlong(n, 100, 20) for n in (0, 80, 90, 100, 101)] == [0.0, 0.0, -0.5, -1.0, -1.0]
    assert [overlong(n, 100, 0) for n in (100, 101)] == [0.0, -1.0]


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), max_size=40), st.integers(1, 7))
def test_repetition_is_that_of_trl_on_words(ids, n):
    rewards = pytest.importorskip("trl.rewards")
    theirs = rewards.get_repetition_penalty_reward(n, -1.0)([ids])
    ours = repetition(RewardSpec(ngram=n), [" ".join(map(str, ids))])
    assert ours == pytest.approx(theirs, abs=1e-12)


@settings(deadline=None)
@given(st.integers(0, 200), st.integers(1, 150))
def test_overlong_is_that_of_trl(tokens, greatest):
    rewards = pytest.importorskip("trl.rewards")
    for ramp in {1, greatest // 2 or 1, greatest}:
        theirs = rewards.get_soft_overlong_punishment(greatest, ramp)([[0] * tokens])
        assert [overlong(tokens, greatest, ramp)] == pytest.approx(theirs, abs=1e-12)


def test_a_row_may_have_its_own_k():
    text = "<think>A pond.</think><answer>F</answer>"
    scored = score(RewardSpec(k=4), [text, text], ["F", "F"], tokens=[9, 9], k=[4, 6])
    assert scored.terms["accuracy"] == [-1.0, 1.0]
    assert scored.outcomes[0].why == "invalid"


@pytest.mark.parametrize(
    "arguments",
    [
        {"preset": "geo"},
        {"weights": {"lenght": 1.0}},
        {"weights": {"length": math.nan}},
        {"k": 1},
        {"k": 27},
        {"max_tokens": 0},
        {"max_tokens": 10, "overlong_tokens": 11},
    ],
)
def test_impossible_rewards_are_refused(arguments):
    with pytest.raises(InputError):
        RewardSpec(**arguments)


def test_a_spec_survives_json():
    spec = RewardSpec("paper", {"length": 0.5}, k=5)
    assert RewardSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    with pytest.raises(InputError, match="unknown reward parameter 'alpha'"):
        RewardSpec.from_json({"alpha": 1})


def test_tokens_are_asked_for_only_where_length_counts():
    with pytest.raises(ValueError, match="token counts"):
        score(RewardSpec(), ["B"], ["B"])
    with pytest.raises(ValueError, match="1 replies and 2 token counts"):
        score(RewardSpec(), ["B"], ["B"], tokens=[1, 2])
    scored = score(RewardSpec(weights={"length": 0}), ["B"], ["B"])
    assert scored.terms["length"] == [None]


def test_trl_functions_are_named_weighted_and_picklable():
    functions, weights = trl_reward_functions(RewardSpec(k=4), special_ids=[7])
    assert [function.__name__ for function in functions] == list(TERMS)
    assert weights == [1.0, 0.2, 0.1, 0.1]
    completion = [{"role": "assistant", "content": "<think>A pond.</think><answer>B</answer>"}]
    for function in pickle.loads(pickle.dumps(functions)):
        values = function(
            prompts=[None],
            completions=[completion],
            completion_ids=[[1] * 2048 + [7]],
            solution=["B"],
            images=[[]],
            trainer_state=None,
        )
        assert values == [
            {"accuracy": 1.0, "format": 1.0, "length": -1.0, "repetition": 0.0}[function.__name__]
        ]
