"""Rewards: accuracy, format, length and repetition of a reply, and their weighted sum."""

from geobench_tools.training.rewards._spec import PRESETS, TERMS, Preset, RewardSpec, Term
from geobench_tools.training.rewards._terms import (
    Outcome,
    Scored,
    accuracy,
    cosine_length,
    format_reward,
    length,
    overlong,
    repetition,
    score,
)
from geobench_tools.training.rewards._trl import TrlReward, trl_reward_functions

__all__ = [
    "PRESETS",
    "TERMS",
    "Outcome",
    "Preset",
    "RewardSpec",
    "Scored",
    "Term",
    "TrlReward",
    "accuracy",
    "cosine_length",
    "format_reward",
    "length",
    "overlong",
    "repetition",
    "score",
    "trl_reward_functions",
]
