"""Which reward: a named preset, the weight of each term, and the numbers in their formulas."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from geobench_tools.answers import READER_VERSION
from geobench_tools.errors import InputError

__all__ = ["PRESETS", "TERMS", "Preset", "RewardSpec", "Term", "parse_weights"]

Preset = Literal["default", "paper", "vlm-r1"]
Term = Literal["accuracy", "format", "length", "repetition"]

TERMS: tuple[Term, ...] = ("accuracy", "format", "length", "repetition")

_WEIGHTS: dict[str, dict[Term, float]] = {
    "default": {"accuracy": 1.0, "format": 0.2, "length": 0.1, "repetition": 0.1},
    "paper": {"accuracy": 1.0, "format": 1.0, "length": 1.0, "repetition": 1.0},
    "vlm-r1": {"accuracy": 1.0, "format": 1.0, "length": 1.0, "repetition": 1.0},
}
PRESETS = tuple(_WEIGHTS)


@dataclass(frozen=True)
class RewardSpec:
    """A reward: the weighted sum of accuracy, format, length and repetition.

    Attributes:
        preset: ``default``: accuracy in {-1, +1} from the shared answer reader, no pull towards
            short replies. ``paper``: the same accuracy, cosine length by correctness; its weights
            are not published, so they are ours. ``vlm-r1``: the released training code, defects
            included; only its weights and ``k`` can be changed.
        weights: Weight of each term; those left out are the preset's.
        k: Number of candidates, labelled with letters from A; a row's own ``k`` comes first.
        max_tokens: Greatest completion length, in tokens (``default``).
        overlong_tokens: Length of the ramp before ``max_tokens`` on which the length term falls
            from 0 to -1 (``default``).
        cosine_tokens: Length at which the cosine reaches its lowest value (``paper``).
        ngram: Words in an n-gram of the repetition term.

    Raises:
        InputError: The preset or a term is unknown, or a number cannot be.
    """

    preset: Preset = "default"
    weights: Mapping[str, float] = field(default_factory=dict)
    k: int = 26
    max_tokens: int = 2048
    overlong_tokens: int = 256
    cosine_tokens: int = 1024
    ngram: int = 6

    def __post_init__(self) -> None:
        if self.preset not in _WEIGHTS:
            raise InputError(
                f"no reward preset {self.preset!r}", hint=f"one of {', '.join(PRESETS)}"
            )
        for name, weight in self.weights.items():
            if name not in TERMS:
                raise InputError(f"no reward term {name!r}", hint=f"one of {', '.join(TERMS)}")
            if not isinstance(weight, int | float) or not math.isfinite(weight):
                raise InputError(f"weight of {name} is {weight!r}", hint="give a finite number")
        own = {name: float(value) for name, value in self.weights.items()}
        merged = {name: own.get(name, default) for name, default in _WEIGHTS[self.preset].items()}
        object.__setattr__(self, "weights", merged)
        self._check_numbers()

    def _check_numbers(self) -> None:
        if not 2 <= self.k <= 26:
            raise InputError(f"k is {self.k}", hint="2 to 26 candidates have letters")
        for name in ("max_tokens", "cosine_tokens", "ngram"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}", hint="give 1 or more")
        if self.preset == "default" and not 0 <= self.overlong_tokens <= self.max_tokens:
            raise InputError(
                f"overlong_tokens is {self.overlong_tokens} and max_tokens {self.max_tokens}",
                hint="the ramp lies inside the greatest length: 0 to max_tokens, which recipes "
                "call max_completion_tokens",
            )

    @property
    def needs_lengths(self) -> bool:
        """Whether the length term counts, so that token counts must be known."""
        return self.weights["length"] != 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the whole specification, with the version of the answer reader."""
        return {**asdict(self), "weights": dict(self.weights), "reader": READER_VERSION}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "RewardSpec":
        """Return the specification of ``to_json``; the reader's version is not restored.

        Raises:
            InputError: A key is unknown or a value cannot be.
        """
        given = {name: value for name, value in document.items() if name != "reader"}
        if unknown := sorted(set(given) - set(cls.__dataclass_fields__)):
            known = ", ".join(cls.__dataclass_fields__)
            raise InputError(f"unknown reward parameter {unknown[0]!r}", hint=f"one of {known}")
        return cls(**given)


def parse_weights(words: Iterable[str]) -> dict[str, float]:
    """Read weights such as ``accuracy=1``.

    Raises:
        InputError: A word is no ``TERM=NUMBER``.
    """
    weights = {}
    for word in words:
        name, _, number = word.partition("=")
        try:
            weights[name.strip()] = float(number)
        except ValueError:
            raise InputError(f"weight {word!r} is no TERM=NUMBER", hint="accuracy=1") from None
    return weights
