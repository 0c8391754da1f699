"""Trainers that run in the user's own environment: their files, configuration and launcher."""

from geobench_tools.training.engines._hand_over import (
    EngineOptions,
    HandedOver,
    check_in_process,
    hand_over,
)
from geobench_tools.training.engines._plan import DataFiles, EngineJob, EnginePlan
from geobench_tools.training.engines._run import (
    ENGINES,
    launch_engine,
    plan_engine,
    prepare_engine,
)

__all__ = [
    "ENGINES",
    "DataFiles",
    "EngineJob",
    "EngineOptions",
    "EnginePlan",
    "HandedOver",
    "check_in_process",
    "hand_over",
    "launch_engine",
    "plan_engine",
    "prepare_engine",
]
