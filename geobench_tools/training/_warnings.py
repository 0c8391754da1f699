"""Signs in the metrics that a run goes wrong, told early and not too often."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["EarlyWarnings"]

_WINDOW = 5
_QUIET_STEPS = 50
_ZERO_STD = 0.9
_SHORT = 0.5
_FORMAT = 0.5
_KL = 1.0
_CLIPPED = 0.3


class EarlyWarnings:
    """Looks at the log lines of a run, one after the other.

    Each kind is judged by the mean of the last five lines and told again only after 50 steps.
    """

    def __init__(self) -> None:
        self._rows: list[Mapping[str, Any]] = []
        self._first_length: float | None = None
        self._told: dict[str, int] = {}

    def of(self, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (kind, sentence) for what a new log line shows."""
        self._rows = [*self._rows[1 - _WINDOW :], row]
        loss = row.get("loss")
        found = list(self._found()) if len(self._rows) == _WINDOW else []
        if "loss" in row and (loss is None or not math.isfinite(loss)):
            found.append(("loss", "the loss is not a number; lower learning_rate or use fp32"))
        step = int(row["step"])
        for kind, said in found:
            if step - self._told.get(kind, -_QUIET_STEPS) >= _QUIET_STEPS:
                self._told[kind] = step
                yield kind, said

    def _found(self) -> Iterator[tuple[str, str]]:
        zero = self._mean("frac_reward_zero_std")
        if zero is not None and zero >= _ZERO_STD:
            yield (
                "reward-std-zero",
                f"{100 * zero:.0f} % of the groups have one reward for all replies, so nothing is "
                "learned; questions are too easy or too hard, or temperature is too low",
            )
        length = self._mean("completions/mean_length")
        if length is not None:
            self._first_length = self._first_length or length
            if length < _SHORT * self._first_length:
                yield (
                    "length-collapse",
                    f"replies shrank from {self._first_length:.0f} to {length:.0f} tokens; "
                    "see samples.jsonl, and lower the weight of length",
                )
        shaped = self._mean("rewards/format/mean")
        if shaped is not None and shaped < _FORMAT:
            yield (
                "format",
                f"{100 * shaped:.0f} % of the replies have the template; fine-tune on traces "
                "first, or raise the weight of format",
            )
        kl = self._mean("kl")
        if kl is not None and kl > _KL:
            yield (
                "kl",
                f"the policy is {kl:.2g} nats per token from its start; lower learning_rate or "
                "raise beta",
            )
        clipped = self._mean("completions/clipped_ratio")
        if clipped is not None and clipped > _CLIPPED:
            yield (
                "clipped",
                f"{100 * clipped:.0f} % of the replies are cut off; raise max_completion_tokens",
            )

    def _mean(self, name: str) -> float | None:
        values = [row[name] for row in self._rows if row.get(name) is not None]
        return sum(values) / len(values) if len(values) == _WINDOW else None
