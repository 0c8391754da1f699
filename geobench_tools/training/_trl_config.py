"""A recipe in TRL's own settings."""

import math
from typing import Any

from geobench_tools.errors import InputError, missing_extra
from geobench_tools.models import split_revision
from geobench_tools.training._recipes import Recipe
from geobench_tools.training._run_folder import RunFolder

__all__ = ["check_devices", "grpo_config", "sft_config", "total_steps"]

_KEPT = 2
"""Checkpoints that are kept: while one is written, the one before is whole."""


def check_devices(recipe: Recipe, processes: int) -> None:
    """Check that as many processes run as the recipe's batch counts on, and how it shards.

    Raises:
        InputError: They differ, or adapters are to be sharded.
    """
    if recipe["sharding"] == "zero3" and recipe["tuning"] == "lora":
        raise InputError(
            "adapters are merged into the weights at the end, which zero3 spreads over devices",
            hint="--set sharding=zero2, or none: adapters need little memory",
        )
    if recipe["devices"] != processes:
        raise InputError(
            f"recipe {recipe.name} is for {recipe['devices']} processes; this run has {processes}",
            hint=f"accelerate launch --num_processes {recipe['devices']} $(which geor1) train …, "
            f"or --set devices={processes} and adjust batch_per_device and accumulation",
        )


def total_steps(recipe: Recipe, examples: int) -> int:
    """Return the optimiser steps of a run over ``examples`` traces (sft) or questions (grpo).

    The last traces of a pass make a smaller step; the last questions, if too few, are left out.

    Raises:
        InputError: There are fewer questions than one step takes.
    """
    if recipe.stage == "sft":
        a_pass = math.ceil(examples / recipe.batch)
    else:
        a_pass = examples // recipe.prompts_per_step * int(recipe["iterations"])
        if not a_pass:
            raise InputError(
                f"a step takes {recipe.prompts_per_step} questions and there are {examples}",
                hint="lower batch_per_device or accumulation, or raise group_size",
            )
    return int(recipe["max_steps"] or math.ceil(a_pass * recipe["epochs"]))


def _common(recipe: Recipe, run: RunFolder) -> dict[str, Any]:
    import torch

    cuda = torch.cuda.is_available()
    warm = recipe["warmup_ratio"]
    schedule = recipe["schedule"]
    if schedule == "constant" and warm:
        schedule = "constant_with_warmup"
    return {
        "output_dir": str(run.checkpoints),
        "per_device_train_batch_size": recipe["batch_per_device"],
        "gradient_accumulation_steps": recipe["accumulation"],
        "num_train_epochs": recipe["epochs"],
        "max_steps": recipe["max_steps"] or -1,
        "learning_rate": recipe["learning_rate"],
        "lr_scheduler_type": schedule,
        # A share below 1, as 1 would be a number of steps.
        "warmup_steps": min(warm, math.nextafter(1.0, 0.0)),
        "weight_decay": recipe["weight_decay"],
        "max_grad_norm": recipe["max_grad_norm"],
        "bf16": recipe["precision"] == "bf16",
        "use_cpu": not cuda,
        "activation_checkpointing": recipe["activation_checkpointing"],
        "seed": recipe["seed"],
        "logging_steps": recipe["log_steps"],
        "logging_first_step": True,
        "save_steps": _save_steps(recipe),
        "save_total_limit": _KEPT,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": cuda,
        "deepspeed": _deepspeed(recipe),
    }


def _save_steps(recipe: Recipe) -> int:
    """Round up to whole batches of completions, so that none is cut by a resume."""
    every = recipe["iterations"] if recipe.stage == "grpo" else 1
    return int(math.ceil(recipe["save_steps"] / every) * every)


def _deepspeed(recipe: Recipe) -> dict[str, Any] | None:
    if recipe["sharding"] == "none":
        return None
    try:
        import deepspeed  # noqa: F401
    except ImportError:
        raise InputError(
            f"recipe {recipe.name} shards with DeepSpeed ({recipe['sharding']}), which is missing",
            hint="pip install deepspeed, or --set sharding=none on one device",
        ) from None
    stage = int(recipe["sharding"].removeprefix("zero"))
    zero = {"stage": stage, "overlap_comm": True, "contiguous_gradients": True}
    if stage == 3:
        zero["stage3_gather_16bit_weights_on_model_save"] = True
    return {
        "zero_optimization": zero,
        "bf16": {"enabled": "auto"},
        "gradient_clipping": "auto",
        "train_batch_size": "auto",
        "train_micro_batch_size_per_gpu": "auto",
        "gradient_accumulation_steps": "auto",
    }


def sft_config(recipe: Recipe, run: RunFolder) -> Any:
    """Return the ``trl.SFTConfig`` of a recipe.

    TRL's own ``max_length`` of 1,024 tokens would cut the answer off, which stands last.
    """
    from trl import SFTConfig

    return SFTConfig(**_common(recipe, run), max_length=recipe["max_length"])


def grpo_config(recipe: Recipe, run: RunFolder, weights: list[float]) -> Any:
    """Return the ``trl.GRPOConfig`` of a recipe.

    Args:
        recipe: The recipe.
        run: The run's folder.
        weights: Of the reward functions, in their order.

    Raises:
        InputError: A step holds no whole groups, or vLLM is wanted and missing.
    """
    from trl import GRPOConfig

    _ = recipe.prompts_per_step
    if recipe["vllm"] != "off":
        try:
            import vllm  # noqa: F401
        except ImportError:
            raise missing_extra("vllm", "vllm", f"to sample with vLLM ({recipe['vllm']})") from None
    rollouts: dict[str, Any] = {}
    if recipe["vllm"] != "off":
        rollouts |= {"use_vllm": True, "vllm_mode": recipe["vllm"]}
    if recipe["beta"] and (revision := split_revision(recipe.model)[1]):
        # Of the reference of the KL term, which the trainer loads by name.
        rollouts["model_init_kwargs"] = {"revision": revision}
    return GRPOConfig(
        **_common(recipe, run),
        **rollouts,
        num_generations=recipe["group_size"],
        beta=recipe["beta"],
        epsilon=recipe["clip"],
        num_iterations=recipe["iterations"],
        loss_type=recipe["loss"],
        scale_rewards=recipe["scale_rewards"],
        top_entropy_quantile=recipe["top_entropy_quantile"],
        temperature=recipe["temperature"],
        top_p=recipe["top_p"],
        max_completion_length=recipe["max_completion_tokens"],
        reward_weights=weights,
    )
