"""The reward: completions per CPU second, all four terms and the sum.

Replies are all different, as rollouts are. "short" has the length of the laptop recipe's traces,
"mean" about the 379 tokens that the paper reports for its model (280 words), "long" 700 words.
Replies off the template take the slow way through the answer reader.
"""

import subprocess
import sys
import time

import numpy as np

from geobench_tools.counter_random import mix
from geobench_tools.training.rewards import PRESETS, RewardSpec, repetition, score
from perf.runner import Figure

TEXT = (
    "the road bends east past a pond and large roofs with trees so this tile shows river park "
    "north of crossing but candidate lacks houses seen from above street parking field red hall"
)
WORDS = TEXT.split()
COUNT = 2000
LENGTHS = {"short, 12 words": 12, "mean, 280 words": 280, "long, 700 words": 700}
HACKS = (
    "{} The answer is B.",
    "<think>{}</think><answer>A, B, C or D</answer>",
    "<think>{}</think><answer>A</answer><answer>B</answer>",
    "{}",
)
START = (
    "import time; t = time.process_time(); import {}; print(time.process_time() - t)",
    "geobench_tools.training.rewards",
    "trl.rewards",
)


def run() -> list[Figure]:
    """Measure the reward."""
    figures = []
    for name, length in LENGTHS.items():
        replies = [
            f"<think>{thought}</think>\n<answer>{'ABCD'[i % 4]}</answer>"
            for i, thought in enumerate(_thoughts(length))
        ]
        for preset in PRESETS:
            least = 10_000 if "long" not in name else None
            figures.append(
                Figure(
                    f"reward {preset}, {name}", _per_second(replies, preset), "/s", at_least=least
                )
            )
    thoughts = _thoughts(40)
    hacks = [HACKS[i % len(HACKS)].format(thought) for i, thought in enumerate(thoughts)]
    figures.append(Figure("reward default, replies off the template", _per_second(hacks), "/s"))
    figures.append(_against_trl())
    code, *modules = START
    for module in modules:
        done = subprocess.run(
            [sys.executable, "-c", code.format(module)], capture_output=True, text=True, check=True
        )
        figures.append(Figure(f"import {module}, CPU", float(done.stdout), "s"))
    return figures


def _thoughts(length: int) -> list[str]:
    drawn = mix(np.arange(COUNT)[:, None], np.arange(length)[None, :]) % np.uint64(len(WORDS))
    return [" ".join(WORDS[i] for i in row) for row in drawn.tolist()]


def _per_second(replies: list[str], preset: str = "default") -> float:
    spec = RewardSpec(preset, k=4)  # type: ignore[arg-type]
    tokens, solutions = [300] * len(replies), ["B"] * len(replies)
    best = 0.0
    for round_ in range(3):
        fresh = [f"{reply[:-1]}{reply[-1]}" + " " * round_ for reply in replies]
        started = time.process_time()
        score(spec, fresh, solutions, tokens=tokens)
        best = max(best, len(fresh) / (time.process_time() - started))
    return best


def _against_trl() -> Figure:
    from trl.rewards import get_repetition_penalty_reward

    replies = _thoughts(280)
    ids = [[WORDS.index(word) for word in reply.split()] for reply in replies]
    theirs = get_repetition_penalty_reward(6, -1.0)
    spec = RewardSpec("vlm-r1")

    def seconds(call: object) -> float:
        started = time.process_time()
        call()  # type: ignore[operator]
        return time.process_time() - started

    ours = min(seconds(lambda: repetition(spec, replies)) for _ in range(3))
    other = min(seconds(lambda: theirs(ids)) for _ in range(3))
    return Figure("reward repetition, CPU / TRL's on token ids", ours / other, "x", at_most=3.0)
