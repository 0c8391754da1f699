"""The settings a recipe can have: type, range and stage of each."""

import math
from dataclasses import dataclass
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.safeyaml import parse_yaml
from geobench_tools.training.rewards import PRESETS, TERMS

__all__ = ["SETTINGS", "SettingKind", "checked_value", "settings_of"]

BOTH = ("sft", "grpo")
GRPO = ("grpo",)
SFT = ("sft",)


@dataclass(frozen=True)
class SettingKind:
    """What a setting may be.

    Attributes:
        kind: ``int``, ``float``, ``bool``, ``str`` or ``weights``.
        stages: The stages that have it.
        low: Least value.
        high: Greatest value.
        above: Whether ``low`` itself is too little.
        choices: The texts allowed; any if empty.
        optional: Whether it may be null.
        about: What it sets, with units.
    """

    kind: str
    about: str
    stages: tuple[str, ...] = BOTH
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    optional: bool = False
    above: bool = False

    def holds(self, number: float) -> bool:
        """Whether a number lies in the range."""
        return self.low <= number <= self.high and not (self.above and number == self.low)


SETTINGS: dict[str, SettingKind] = {
    "model": SettingKind(
        "str", "model to start from: a folder, a hub name, or tiny", optional=True
    ),
    "seed": SettingKind(
        "int", "seed of data order, initial weights and sampling", low=0, high=2**32 - 1
    ),
    "devices": SettingKind("int", "processes, one for each accelerator, over all nodes", low=1),
    "batch_per_device": SettingKind(
        "int", "examples (sft) or completions (grpo) in one backward pass of a device", low=1
    ),
    "accumulation": SettingKind("int", "backward passes in one optimiser step", low=1),
    "epochs": SettingKind("float", "passes over the questions", low=0, above=True),
    "max_steps": SettingKind(
        "int", "optimiser steps, whatever the epochs; null: by epochs", low=1, optional=True
    ),
    "learning_rate": SettingKind("float", "greatest learning rate of AdamW", low=0),
    "schedule": SettingKind(
        "str", "learning rate over time", choices=("linear", "cosine", "constant")
    ),
    "warmup_ratio": SettingKind("float", "share of steps with a rising rate", low=0, high=1),
    "weight_decay": SettingKind("float", "decoupled weight decay of AdamW", low=0),
    "max_grad_norm": SettingKind("float", "gradient norm above which it is scaled down", low=0),
    "precision": SettingKind("str", "arithmetic", choices=("bf16", "fp32")),
    "tuning": SettingKind("str", "what is trained", choices=("full", "lora")),
    "lora_rank": SettingKind("int", "rank of the adapters (lora)", low=1),
    "lora_alpha": SettingKind("int", "scale of the adapters times rank (lora)", low=1),
    "train_vision": SettingKind("bool", "whether the vision tower is trained"),
    "activation_checkpointing": SettingKind("bool", "recompute activations to save memory"),
    "attention": SettingKind(
        "str", "attention kernel", choices=("flash_attention_2", "sdpa", "eager")
    ),
    "sharding": SettingKind(
        "str", "what DeepSpeed spreads over devices", choices=("none", "zero2", "zero3")
    ),
    "min_pixels": SettingKind("int", "images are enlarged to this many pixels", low=28 * 28),
    "max_pixels": SettingKind("int", "images are shrunk to this many pixels", low=28 * 28),
    "save_steps": SettingKind("int", "optimiser steps between checkpoints", low=1),
    "log_steps": SettingKind("int", "optimiser steps between log lines", low=1),
    "max_length": SettingKind(
        "int", "tokens of prompt and target; null: nothing is cut", SFT, low=1, optional=True
    ),
    "group_size": SettingKind("int", "completions of one question (G)", GRPO, low=2),
    "beta": SettingKind("float", "weight of the KL divergence to the start", GRPO, low=0),
    "clip": SettingKind("float", "clip range of the probability ratio", GRPO, low=0, high=1),
    "iterations": SettingKind("int", "optimiser passes over one batch (mu)", GRPO, low=1),
    "loss": SettingKind(
        "str",
        "how token losses are averaged (names of TRL)",
        GRPO,
        choices=("grpo", "dapo", "dr_grpo", "bnpo"),
    ),
    "scale_rewards": SettingKind(
        "str",
        "standard deviation that advantages are divided by",
        GRPO,
        choices=("group", "batch", "none"),
    ),
    "top_entropy_quantile": SettingKind(
        "float",
        "share of tokens, those of highest entropy, in the loss",
        GRPO,
        low=0,
        high=1,
        above=True,
    ),
    "temperature": SettingKind("float", "of sampling", GRPO, low=0, above=True),
    "top_p": SettingKind("float", "nucleus of sampling", GRPO, low=0, high=1, above=True),
    "max_completion_tokens": SettingKind("int", "longest completion", GRPO, low=1),
    "vllm": SettingKind(
        "str", "whether vLLM samples, and where", GRPO, choices=("off", "colocate", "server")
    ),
    "reward": SettingKind("str", "reward preset", GRPO, choices=PRESETS),
    "reward_weights": SettingKind("weights", "weight of each reward term", GRPO),
    "overlong_tokens": SettingKind(
        "int", "ramp of the length term before the longest completion (default preset)", GRPO, low=0
    ),
}


def settings_of(stage: str) -> tuple[str, ...]:
    """Return the names of a stage's settings in the order of this file."""
    return tuple(name for name, kind in SETTINGS.items() if stage in kind.stages)


def checked_value(name: str, value: object, where: str) -> Any:
    """Return a setting's value in its type.

    Text is read as YAML unless the setting is a text.

    Raises:
        InputError: The value is not of the setting's type or out of its range.
    """
    kind = SETTINGS[name]
    if isinstance(value, str) and (kind.kind != "str" or value == "null"):
        try:
            value = parse_yaml(value)
        except ValueError:
            raise _wrong(name, kind, value, where) from None
    if value is None:
        if kind.optional:
            return None
        raise _wrong(name, kind, value, where)
    match kind.kind:
        case "bool" if isinstance(value, bool):
            return value
        case "str" if isinstance(value, str) and (not kind.choices or value in kind.choices):
            return value
        case "int" if (number := _number(value)) is not None and number.is_integer():
            if kind.holds(number):
                return int(number)
        case "float" if (number := _number(value)) is not None and kind.holds(number):
            return number
        case "weights" if isinstance(value, dict):
            weights = {term: _number(weight) for term, weight in value.items()}
            if set(weights) <= set(TERMS) and None not in weights.values():
                return weights
    raise _wrong(name, kind, value, where)


def _number(value: object) -> float | None:
    """Return a finite number, or None; YAML reads 1e-6 as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _wrong(name: str, kind: SettingKind, value: object, where: str) -> InputError:
    if kind.choices:
        allowed = f"one of {', '.join(kind.choices)}"
    elif kind.kind == "weights":
        allowed = f"a mapping such as {{accuracy: 1, format: 0.2}} over {', '.join(TERMS)}"
    elif kind.kind == "bool":
        allowed = "true or false"
    elif kind.kind == "str":
        allowed = "a text"
    else:
        number = "a whole number" if kind.kind == "int" else "a number"
        least = f"above {kind.low:g}" if kind.above else f"from {kind.low:g}"
        low = f" {least}" if kind.low > -math.inf else ""
        high = f" to {kind.high:,.10g}" if kind.high < math.inf else ""
        allowed = f"{number}{low}{high}"
    if kind.optional:
        allowed += ", or null"
    return InputError(f"{where}: {name} is {value!r} ({kind.about})", hint=f"{name}: {allowed}")
