"""What the records of a run add up to."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from geobench_tools.evaluation._log import final_records
from geobench_tools.evaluation._record import Status

__all__ = ["Totals", "total_of"]


@dataclass(frozen=True)
class Totals:
    """Sums over the final records of a run directory.

    Attributes:
        statuses: Records by status, all statuses named.
        prompt_tokens: Of all replies, as far as the model counted them.
        completion_tokens: Likewise, reasoning included.
        reasoning_tokens: Likewise.
        cost: Sum of known costs; None if none is known.
        cut: Replies that ended at the token limit, with an answer or without.
    """

    statuses: Mapping[Status, int]
    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    cost: float | None = None
    cut: int = 0

    @property
    def records(self) -> int:
        """All records."""
        return sum(self.statuses.values())

    def document(self) -> dict[str, int]:
        """Return the counts by name."""
        return {
            **{str(status): count for status, count in self.statuses.items()},
            "cut_at_token_limit": self.cut,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "reasoning_tokens": self.reasoning_tokens,
        }


def total_of(folder: Path) -> Totals:
    """Add up the final records of a run directory.

    Raises:
        InputError: It has no log.
    """
    statuses: Counter[Status] = Counter(dict.fromkeys(get_args(Status), 0))
    tokens: Counter[str] = Counter()
    cost: float | None = None
    cut = 0
    for record in final_records(folder):
        statuses[record.status] += 1
        cut += record.finish_reason == "length"
        tokens["prompt"] += record.usage.prompt_tokens or 0
        tokens["completion"] += record.usage.completion_tokens or 0
        tokens["reasoning"] += record.usage.reasoning_tokens or 0
        if record.cost is not None:
            cost = (cost or 0.0) + record.cost
    return Totals(
        dict(statuses), tokens["prompt"], tokens["completion"], tokens["reasoning"], cost, cut
    )
