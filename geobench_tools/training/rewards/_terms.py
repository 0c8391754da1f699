"""The terms of a reward as pure functions of replies, solutions and token counts."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from geobench_tools.answers import Options, options_of, read_mcq, read_with
from geobench_tools.training.rewards._released import (
    released_accuracy,
    released_format,
    released_length,
)
from geobench_tools.training.rewards._shape import NGRAM, repeated_share, shape_of
from geobench_tools.training.rewards._spec import TERMS, RewardSpec, Term

__all__ = [
    "Outcome",
    "Scored",
    "accuracy",
    "bare_letter",
    "cosine_length",
    "format_reward",
    "length",
    "outcome",
    "overlong",
    "repetition",
    "score",
    "term_values",
]

_TAGGED = re.compile(r"<answer>\s*(.*?)\s*</answer>", re.DOTALL)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a reply's answer.

    Attributes:
        right: Whether it earns the accuracy.
        letter: The letter that was read, or None.
        why: ``right``, ``wrong``, a flaw of the reply, or the reader's status without an answer.
    """

    right: bool
    letter: str | None
    why: str


@dataclass(frozen=True)
class Scored:
    """The rewards of a batch.

    Attributes:
        terms: The unweighted value of each reply by term; None where a term's weight is 0 and the
            token count it needs is unknown.
        totals: The weighted sum of each reply.
        outcomes: What became of each reply's answer.
    """

    terms: Mapping[Term, Sequence[float | None]]
    totals: Sequence[float]
    outcomes: Sequence[Outcome]


def score(
    spec: RewardSpec,
    replies: Sequence[str],
    solutions: Sequence[str],
    *,
    tokens: Sequence[int] | None = None,
    k: Sequence[int] | None = None,
) -> Scored:
    """Return all terms and the weighted sum for a batch of replies.

    Args:
        spec: The reward.
        replies: The completions as text.
        solutions: The right letter of each, bare or in an answer block.
        tokens: Length of each completion in tokens, without the end-of-turn token.
        k: Number of candidates of each question; ``spec.k`` for all by default.

    Raises:
        ValueError: The lengths of the arguments differ, or token counts are missing.
    """
    if spec.needs_lengths and tokens is None:
        raise ValueError("the length term has a weight, so token counts are needed")
    counts = k or [spec.k] * len(replies)
    outcomes = [outcome(spec, *one) for one in zip(replies, solutions, counts, strict=True)]
    right = [one.right for one in outcomes]
    terms: dict[Term, Sequence[float | None]] = {
        "accuracy": _accuracy(spec, right),
        "format": format_reward(spec, replies),
        "length": [None] * len(replies) if tokens is None else _length(spec, right, tokens),
        "repetition": repetition(spec, replies),
    }
    totals = [
        sum(spec.weights[name] * (terms[name][i] or 0.0) for name in TERMS)
        for i in range(len(replies))
    ]
    return Scored(terms, totals, outcomes)


def term_values(
    spec: RewardSpec,
    term: Term,
    replies: Sequence[str],
    solutions: Sequence[str],
    *,
    tokens: Sequence[int] | None = None,
    k: Sequence[int] | None = None,
) -> list[float]:
    """Return one unweighted term for a batch of replies; arguments as for ``score``."""
    if term == "accuracy":
        return accuracy(spec, replies, solutions, k=k)
    if term == "format":
        return format_reward(spec, replies)
    if term == "repetition":
        return repetition(spec, replies)
    if tokens is None:
        raise ValueError("the length term needs token counts")
    return length(spec, replies, solutions, tokens, k=k)


def accuracy(
    spec: RewardSpec,
    replies: Sequence[str],
    solutions: Sequence[str],
    *,
    k: Sequence[int] | None = None,
) -> list[float]:
    """Return +1 for a right answer and -1 otherwise; ``vlm-r1``: 1 or 0 by the released parser."""
    counts = k or [spec.k] * len(replies)
    each = zip(replies, solutions, counts, strict=True)
    return _accuracy(spec, [outcome(spec, *one).right for one in each])


def _accuracy(spec: RewardSpec, right: Sequence[bool]) -> list[float]:
    wrong = 0.0 if spec.preset == "vlm-r1" else -1.0
    return [1.0 if one else wrong for one in right]


def format_reward(spec: RewardSpec, replies: Sequence[str]) -> list[float]:
    """Return 1 for replies in the template and 0 for others.

    ``vlm-r1`` asks for a full match alone; the others also for one block of each kind, reasoning
    that says something, and allow space around the whole.
    """
    if spec.preset == "vlm-r1":
        return [released_format(text) for text in replies]
    return [float(shape_of(text).formed) for text in replies]


def repetition(spec: RewardSpec, replies: Sequence[str]) -> list[float]:
    """Return minus the share of word n-grams that repeat an earlier one, in (-1, 0]."""
    if spec.preset != "vlm-r1" and spec.ngram == NGRAM:
        return [0.0 - shape_of(text).repeated for text in replies]
    return [0.0 - repeated_share(text.lower().split(), spec.ngram) for text in replies]


def length(
    spec: RewardSpec,
    replies: Sequence[str],
    solutions: Sequence[str],
    tokens: Sequence[int],
    *,
    k: Sequence[int] | None = None,
) -> list[float]:
    """Return the length term: ``overlong``, ``cosine_length`` or the released code's."""
    if spec.preset != "paper":
        return _length(spec, [False] * len(replies), tokens)
    right = accuracy(spec, replies, solutions, k=k)
    return _length(spec, [value > 0 for value in right], tokens)


def _length(spec: RewardSpec, right: Sequence[bool], tokens: Sequence[int]) -> list[float]:
    if len(tokens) != len(right):
        raise ValueError(f"{len(right)} replies and {len(tokens)} token counts")
    if spec.preset == "vlm-r1":
        return [released_length(count) for count in tokens]
    if spec.preset == "default":
        return [overlong(count, spec.max_tokens, spec.overlong_tokens) for count in tokens]
    pairs = zip(tokens, right, strict=True)
    return [cosine_length(count, spec.cosine_tokens, right=one) for count, one in pairs]


def overlong(tokens: int, greatest: int, ramp: int) -> float:
    """Return 0 up to ``greatest - ramp`` tokens, then a fall to -1 at ``greatest``.

    DAPO, equation 13 (Yu et al. 2025, arXiv 2503.14476); TRL's ``get_soft_overlong_punishment``.
    """
    if tokens <= greatest - ramp:
        return 0.0
    return (greatest - ramp - tokens) / ramp if tokens <= greatest else -1.0


def cosine_length(tokens: int, greatest: int, *, right: bool) -> float:
    """Return a half cosine over the length: 1 to 0.5 if right, 0 to -0.5 if wrong.

    Yeo et al. 2025 (arXiv 2502.03373), with the end values of the released code, whose own version
    ignores correctness; flat beyond ``greatest`` tokens, where the released one rises again.
    """
    short = 1.0 if right else 0.0
    reach = min(tokens, greatest) * math.pi / greatest
    return short - 0.25 * (1 - math.cos(reach))


def outcome(spec: RewardSpec, reply: str, solution: str, k: int) -> Outcome:
    """Return what became of a reply's answer."""
    expected = bare_letter(solution)
    if spec.preset == "vlm-r1":
        right = released_accuracy(reply, solution) == 1.0
        return Outcome(right, None, "right" if right else "wrong")
    shape = shape_of(reply)
    if shape.flaw:
        return Outcome(False, None, shape.flaw)
    if shape.formed and len(shape.answer) == 1 and shape.answer in _LETTERS[:k]:
        letter: str | None = shape.answer
        status = "ok"
    else:
        reading = read_with(reply, lambda text: read_mcq(text, _options(k)))
        letter = reading.value if isinstance(reading.value, str) else None
        status = reading.status
    if letter is None:
        return Outcome(False, None, status)
    return Outcome(letter == expected, letter, "right" if letter == expected else "wrong")


def bare_letter(solution: str) -> str:
    """Return the letter of a solution, which some trainers wrap in an answer block."""
    tagged = _TAGGED.search(solution)
    return (tagged[1] if tagged else solution).strip().upper()


@cache
def _options(k: int) -> Options:
    return options_of(tuple(_LETTERS[:k]))
