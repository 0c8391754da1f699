"""The reward in the forms that verl, ms-swift and VLM-R1 call.

This module and what it imports need the standard library alone: it travels inside the reward file
that is written for those trainers.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.training.rewards._spec import TERMS, RewardSpec, Term
from geobench_tools.training.rewards._terms import score, term_values

__all__ = [
    "PREFIX",
    "registry_rewards",
    "reply_text",
    "swift_rewards",
    "token_counts",
    "tokenizer_counter",
    "verl_score",
]

PREFIX = "geor1_"
"""Put before the names of terms where a trainer has rewards of its own."""

CountTokens = Callable[[str], int]


def verl_score(
    spec: RewardSpec,
    solution_str: str,
    ground_truth: str,
    extra_info: Mapping[str, Any] | None = None,
    count_tokens: CountTokens | None = None,
) -> dict[str, float]:
    """Return what verl's ``compute_score`` returns: the weighted sum and its terms.

    Args:
        spec: The reward.
        solution_str: The reply.
        ground_truth: The right letter.
        extra_info: The row's own; its ``k`` is used.
        count_tokens: Counts the tokens of a reply, which verl does not pass on.

    Returns:
        ``score``, ``acc`` (1 or 0) and the unweighted terms; ``length`` is 0 where it does not
        count and tokens are unknown.
    """
    tokens = [count_tokens(solution_str)] if count_tokens else None
    k = (extra_info or {}).get("k")
    scored = score(spec, [solution_str], [ground_truth], tokens=tokens, k=[int(k)] if k else None)
    terms: dict[str, float] = {name: float(scored.terms[name][0] or 0.0) for name in TERMS}
    return {"score": scored.totals[0], "acc": float(scored.outcomes[0].right), **terms}


def swift_rewards(spec: RewardSpec, base: type) -> dict[str, type]:
    """Return ms-swift reward classes by the names under which they are registered in ``orms``.

    They are unweighted; the weights belong into ``reward_weights``. ms-swift logs the class name:
    ``rewards/TERM/mean``, as TRL does.

    Args:
        spec: The reward.
        base: ms-swift's ``ORM``.
    """
    return {f"{PREFIX}{term}": _swift_reward(spec, term, base) for term in TERMS}


def _swift_reward(spec: RewardSpec, term: Term, base: type) -> type:
    def call(
        self: object, completions: Sequence[Any], solution: Sequence[str], **columns: Any
    ) -> list[float]:
        ids = columns.get("response_token_ids")
        return term_values(
            spec,
            term,
            [reply_text(completion) for completion in completions],
            solution,
            tokens=token_counts(ids) if ids else None,
            k=columns.get("k"),
        )

    return type(term, (base,), {"__call__": call})


def registry_rewards(spec: RewardSpec, count_tokens: CountTokens) -> dict[str, Callable[..., Any]]:
    """Return VLM-R1 reward functions for its ``reward_funcs_registry``.

    Its trainer adds rewards up without weights, so each value has its weight in it already.

    Args:
        spec: The reward.
        count_tokens: Counts the tokens of a reply, which the trainer does not pass on.
    """
    return {f"{PREFIX}{term}": _registry_reward(spec, term, count_tokens) for term in TERMS}


def _registry_reward(
    spec: RewardSpec, term: Term, count_tokens: CountTokens
) -> Callable[..., list[float]]:
    def reward(completions: Sequence[Any], solution: Sequence[str], **columns: Any) -> list[float]:
        replies = [reply_text(completion) for completion in completions]
        tokens = [count_tokens(reply) for reply in replies] if term == "length" else None
        values = term_values(spec, term, replies, solution, tokens=tokens, k=columns.get("k"))
        return [spec.weights[term] * value for value in values]

    reward.__name__ = f"{PREFIX}{term}"
    return reward


@cache
def tokenizer_counter(folder: str) -> CountTokens:
    """Return a function that counts tokens with the tokenizer of a model folder or hub name.

    Raises:
        InputError: There is none that can be loaded without running code of its own.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except (OSError, ValueError, ImportError, AttributeError) as error:
        said = str(error).splitlines()[0]
        raise InputError(f"the tokenizer of {folder} cannot be loaded: {said}") from None
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False))


def reply_text(completion: Any) -> str:
    """Return a completion's text: a string, or the contents of a list of messages."""
    if isinstance(completion, str):
        return completion
    if isinstance(completion, Mapping):
        return reply_text(completion.get("content") or completion.get("text") or "")
    return "".join(reply_text(part) for part in completion or ())


def token_counts(ids: Sequence[Sequence[Any]], special: frozenset[int] = frozenset()) -> list[int]:
    """Return the number of ids in each row that are not special.

    A row may be a list of ids or, where a conversation has several turns, of such lists.
    """
    return [_count(row, special) for row in ids]


def _count(ids: Sequence[Any], special: frozenset[int]) -> int:
    if ids and not isinstance(ids[0], int):
        return sum(_count(turn, special) for turn in ids)
    return sum(one not in special for one in ids) if special else len(ids)
