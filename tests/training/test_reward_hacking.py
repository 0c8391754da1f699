"""Replies that game a reward instead of choosing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geobench_tools.pairing import load_prompt
from geobench_tools.training.rewards import RewardSpec, score

FILLER = "the road and the river and the road and the river "
PROMPT = load_prompt()
QUESTION = "".join(
    part if isinstance(part, str) else "" for part in PROMPT.interleaved(4, "letters")
)

HACKS = {
    "all letters": "<think>Hard to say.</think><answer>A B C D</answer>",
    "all letters with commas": "<think>Hard to say.</think><answer>A, B, C, D</answer>",
    "all letters in a sentence": "<think>Hm.</think><answer>It is A or B or C or D.</answer>",
    "two letters": "<think>Hm.</think><answer>B or C</answer>",
    "a list of all": "<think>Hm.</think><answer>A. yes\nB. yes\nC. yes\nD. yes</answer>",
    "two blocks": "<think>Hm.</think><answer>A</answer><answer>B</answer>",
    "two blocks, right first": "<think>Hm.</think><answer>B</answer><answer>A</answer>",
    "the same block twice": "<think>Hm.</think><answer>B</answer><answer>B</answer>",
    "four blocks": "".join(f"<answer>{letter}</answer>" for letter in "ACDB"),
    "a block in entities": "<think>&lt;answer&gt;A&lt;/answer&gt;</think><answer>B</answer>",
    "a block in wide letters": "<think>\uff1canswer\uff1eA\uff1c/answer\uff1e</think>"
    "<answer>B</answer>",
    "zero-width thoughts": "<think>" + "\u200b" * 300 + "</think><answer>B</answer>",
    "zero-width padding": "<think>a" + "\u200b" * 300 + "</think><answer>B</answer>",
    "blocks of another spelling": "<answer>A</answer><final_answer>B</final_answer>",
    "a block in the thoughts": "<think>So <answer>B</answer></think>",
    "a block in the thoughts and one after": "<think><answer>A</answer></think><answer>B</answer>",
    "a block in open thoughts": "<think>So <answer>B</answer>",
    "thoughts after the answer": "<answer>B</answer><think>It has a pond.</think>",
    "only thoughts": "<think>The answer is B.</think>",
    "no thoughts": "<think></think><answer>B</answer>",
    "blank thoughts": "<think> \n\t </think><answer>B</answer>",
    "dots for thoughts": "<think>... … ---</think><answer>B</answer>",
    "two thoughts": "<think>A pond.</think><think>A road.</think><answer>B</answer>",
    "padding with spaces": f"<think>A{' ' * 500}pond</think><answer>B</answer>",
    "padding with lines": "<think>A" + "\n" * 500 + "pond</think><answer>B</answer>",
    "padding with one character": f"<think>{'a' * 500}</think><answer>B</answer>",
    "padding with a phrase": f"<think>{FILLER * 40}</think><answer>B</answer>",
    "a padded answer": f"<think>A pond.</think><answer>B {FILLER * 20}</answer>",
    "the prompt": QUESTION,
    "the prompt, then an answer": QUESTION + "<think>A pond.</think><answer>B</answer>",
    "the instruction": "First output the thinking process in <think> </think> tags and then output "
    "the final answer in <answer> </answer> tags.",
    "the instruction, filled": "First the thinking process in <think> </think> tags and then "
    "<think>A pond.</think><answer>B</answer>",
    "the template": "<think> reasoning process here </think><answer> answer here </answer>",
    "the options": "<think>A pond.</think><answer>Answer with one letter from A to D.</answer>",
    "nothing": "",
}
HONEST = {
    "as asked": "<think>A pond north of the road: B.</think>\n<answer>B</answer>",
    "in brackets": "<think>A pond.</think><answer>(B)</answer>",
    "with a word": "<think>A pond.</think><answer>Image B</answer>",
    "in bold": "<think>A pond.</think><answer>**B**</answer>",
    "other candidates in the thoughts": "<think>A has no pond, C no road, D neither.</think>"
    "<answer>B</answer>",
    "without tags": "The pond lies north of the road. The answer is B.",
    "thoughts opened by the template": "A pond north of the road.</think><answer>B</answer>",
    "terse": "<think>Ab+g-y-b+</think><answer>B</answer>",
    "a long comparison": "<think>"
    + " ".join(f"Tile {letter} shows {n} roofs and a lane." for n, letter in enumerate("ABCD"))
    + "</think><answer>B</answer>",
}


@pytest.mark.parametrize("preset", ["default", "paper"])
@pytest.mark.parametrize("name", HACKS)
def test_hacks_earn_no_accuracy(name, preset):
    scored = score(RewardSpec(preset, k=4), [HACKS[name]], ["B"], tokens=[60])
    assert scored.terms["accuracy"] == [-1.0]
    assert scored.outcomes[0].why not in ("right", "")


@pytest.mark.parametrize("name", HACKS)
def test_hacks_earn_no_more_than_an_honest_wrong_answer(name):
    wrong = "<think>A pond north of the road.</think><answer>C</answer>"
    hack, honest = score(RewardSpec(k=4), [HACKS[name], wrong], ["B", "B"], tokens=[60, 60]).totals
    assert hack <= honest


FRAGMENTS = st.sampled_from(
    ["<answer>", "</answer>", "<think>", "</think>", "A", "B", "B.", " a pond ", "\n", "[answer]"]
)


@settings(deadline=None)
@given(st.lists(FRAGMENTS, max_size=12).map("".join), st.sampled_from(["<answer>", "</answer>"]))
def test_a_second_block_never_pays(text, tag):
    reply = f"<think>A pond.</think><answer>B</answer>{text}{tag}{text}"
    for hack in (reply, tag + reply, text + tag + reply):
        outcome = score(RewardSpec(k=4), [hack], ["B"], tokens=[60]).outcomes[0]
        assert not outcome.right
        assert outcome.why in ("several answers", "several thoughts", "answer inside the reasoning")


@pytest.mark.parametrize("preset", ["default", "paper"])
@pytest.mark.parametrize("name", HONEST)
def test_honest_replies_earn_it(name, preset):
    scored = score(RewardSpec(preset, k=4), [HONEST[name]], ["B"], tokens=[60])
    assert scored.outcomes[0].why == "right"
    assert scored.terms["accuracy"] == [1.0]


def test_what_the_released_code_lets_through():
    """Documented defects: the first block counts, thoughts may be empty, length ignores truth."""
    replies = ["two blocks, right first", "no thoughts", "a block in the thoughts and one after"]
    scored = score(
        RewardSpec("vlm-r1"), [HACKS[name] for name in replies], ["B", "B", "A"], tokens=[5, 5, 5]
    )
    assert scored.terms["accuracy"] == [1.0, 1.0, 1.0]
    assert min(scored.totals) > 2.9
