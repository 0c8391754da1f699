"""Jobs for other trainers, as their tests give them."""

from geobench_tools.training import load_recipe
from geobench_tools.training.engines import EngineJob


def grpo_job(engine, pairs, out, **changes):
    recipe = load_recipe("geo-r1", {"model": "models/qwen-sft", **changes.pop("settings", {})})
    return EngineJob(engine, recipe, out, pairs=pairs, **changes)


def sft_job(engine, traces, out, **changes):
    recipe = load_recipe("geo-sft", changes.pop("settings", {}))
    return EngineJob(engine, recipe, out, traces=traces, **changes)
