"""The reward as the list of functions and weights that TRL's ``GRPOTrainer`` takes."""

from collections.abc import Collection, Sequence
from typing import Any

from geobench_tools.training.rewards._adapters import reply_text, token_counts
from geobench_tools.training.rewards._spec import TERMS, RewardSpec, Term
from geobench_tools.training.rewards._terms import term_values

__all__ = ["TrlReward", "trl_reward_functions"]


class TrlReward:
    """One term as a TRL reward function; picklable, logged as ``rewards/TERM/mean``."""

    def __init__(self, spec: RewardSpec, term: Term, special_ids: Collection[int] = ()) -> None:
        self.__name__ = term
        self._spec = spec
        self._term = term
        self._special = frozenset(special_ids)

    def __call__(
        self,
        prompts: Sequence[Any] | None = None,
        completions: Sequence[Any] = (),
        completion_ids: Sequence[Sequence[int]] | None = None,
        solution: Sequence[str] = (),
        **columns: Any,
    ) -> list[float]:
        """Return the term of each completion; further columns but ``k`` are ignored."""
        tokens = None if completion_ids is None else self.tokens(completion_ids)
        return term_values(
            self._spec,
            self._term,
            [reply_text(completion) for completion in completions],
            solution,
            tokens=tokens,
            k=columns.get("k"),
        )

    def tokens(self, completion_ids: Sequence[Sequence[int]]) -> list[int]:
        """Return the length of each completion as the length term counts it."""
        return token_counts(completion_ids, self._special)


def trl_reward_functions(
    spec: RewardSpec, *, special_ids: Collection[int] = ()
) -> tuple[list[TrlReward], list[float]]:
    """Return reward functions and their weights for ``GRPOTrainer`` and ``GRPOConfig``.

    All four terms are returned, so that those of weight 0 are logged too.

    Args:
        spec: The reward.
        special_ids: Token ids that do not count as length, such as the end-of-turn token.
    """
    functions = [TrlReward(spec, term, special_ids) for term in TERMS]
    return functions, [spec.weights[term] for term in TERMS]
