"""Choices of words that are a function of seed and name."""

import hashlib
from collections.abc import Sequence

from geobench_tools.counter_random import uniform

__all__ = ["Draw"]


class Draw:
    """Choices that are a function of seed and name; the n-th call gives the n-th draw."""

    def __init__(self, seed: int, name: str) -> None:
        digest = hashlib.blake2b(f"{seed}\0{name}".encode(), digest_size=8).digest()
        self._key = int.from_bytes(digest, "little", signed=True)
        self._drawn = 0

    def number(self) -> float:
        """Return a number in [0, 1)."""
        self._drawn += 1
        return float(uniform(self._key, self._drawn))

    def chance(self, share: float) -> bool:
        """Return true in that share of the cases."""
        return self.number() < share

    def of(self, options: Sequence[str]) -> str:
        """Return one of the options."""
        return options[int(self.number() * len(options))]

    def shuffled(self, options: Sequence[str]) -> list[str]:
        """Return the options in another order."""
        keys = [self.number() for _ in options]
        return [option for _, option in sorted(zip(keys, options, strict=True))]
