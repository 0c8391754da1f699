"""Rewards: accuracy, format, length and repetition of a reply, and their weighted sum."""

from geobench_tools.training.rewards._adapters import (
    registry_rewards,
    swift_rewards,
    verl_score,
)
from geobench_tools.training.rewards._bundle import RewardTarget, reward_file, write_reward_file
from geobench_tools.training.rewards._explain import (
    Explained,
    ExplainedReply,
    chosen_reward,
    explain_replies,
)
from geobench_tools.training.rewards._spec import (
    PRESETS,
    TERMS,
    Preset,
    RewardSpec,
    Term,
    parse_weights,
)
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
    "Explained",
    "ExplainedReply",
    "Outcome",
    "Preset",
    "RewardSpec",
    "RewardTarget",
    "Scored",
    "Term",
    "TrlReward",
    "accuracy",
    "chosen_reward",
    "cosine_length",
    "explain_replies",
    "format_reward",
    "length",
    "overlong",
    "parse_weights",
    "registry_rewards",
    "repetition",
    "reward_file",
    "score",
    "swift_rewards",
    "trl_reward_functions",
    "verl_score",
    "write_reward_file",
]
