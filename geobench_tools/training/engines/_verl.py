"""verl 0.9 on Ray: a Hydra configuration for ``main_ppo`` and ``sft_trainer``."""

from pathlib import Path
from typing import Any, ClassVar

from geobench_tools.training.engines._plan import (
    NODES,
    DataFiles,
    Engine,
    EngineJob,
    EnginePlan,
    torchrun,
    yaml_text,
)
from geobench_tools.training.rewards import reward_file

__all__ = ["Verl"]

_AVERAGES = {
    "grpo": "seq-mean-token-mean",
    "dapo": "token-mean",
    "bnpo": "token-mean",
    "dr_grpo": "seq-mean-token-sum-norm",
}
_PROMPT_TOKENS = 8192
_WORKERS = 16
_MERGE = (
    "its checkpoints are shards: python -m verl.model_merger merge --backend fsdp --local_dir "
    "CHECKPOINT --target_dir MODEL makes a folder that transformers and geor1 eval load"
)


class Verl(Engine):
    """Reads the rows of ``export-pairs --to verl``, and traces as Parquet that is made for it."""

    name = "verl"
    stages: ClassVar[tuple[str, ...]] = ("sft", "grpo")
    target = "verl"
    program = "python"

    def plan(self, job: EngineJob, data: DataFiles) -> EnginePlan:
        """Return ``config.yaml``, for grpo ``reward.py`` too, and the launcher's command."""
        return _grpo(self, job, data) if job.recipe.stage == "grpo" else _sft(self, job, data)


def _grpo(engine: Verl, job: EngineJob, data: DataFiles) -> EnginePlan:
    recipe, out = job.recipe, job.output.absolute()
    actor: dict[str, Any] = {
        "ppo_mini_batch_size": recipe.prompts_per_step,
        "ppo_micro_batch_size_per_gpu": recipe["batch_per_device"],
        "ppo_epochs": recipe["iterations"],
        "clip_ratio": recipe["clip"],
        "clip_ratio_low": recipe["clip"],
        "clip_ratio_high": recipe["clip"],
        "grad_clip": recipe["max_grad_norm"],
        "use_kl_loss": recipe["beta"] > 0,
        "kl_loss_coef": recipe["beta"],
        "kl_loss_type": "low_var_kl",
        "entropy_coeff": 0,
        "loss_agg_mode": _AVERAGES[recipe["loss"]],
        "freeze_vision_tower": not recipe["train_vision"],
        "data_loader_seed": recipe["seed"],
        "optim": _optimiser(job),
    }
    logprob = {"log_prob_micro_batch_size_per_gpu": recipe["batch_per_device"]}
    config = {
        "hydra": {"searchpath": ["pkg://verl.trainer.config"]},
        "defaults": ["ppo_trainer", "_self_"],
        "algorithm": {
            "adv_estimator": "grpo",
            "norm_adv_by_std_in_grpo": recipe["scale_rewards"] != "none",
            "use_kl_in_reward": False,
        },
        "data": {
            "train_files": [str(path) for path in data.train],
            "val_files": [str(path) for path in data.val or data.train],
            "image_key": "images",
            "train_batch_size": recipe.prompts_per_step,
            "max_prompt_length": _PROMPT_TOKENS,
            "max_response_length": recipe["max_completion_tokens"],
            "filter_overlong_prompts": True,
            "filter_overlong_prompts_workers": _WORKERS,
            "truncation": "error",
            "seed": recipe["seed"],
        },
        "actor_rollout_ref": {
            "model": _model(job),
            "actor": actor,
            "ref": logprob,
            "rollout": {
                "name": "vllm",
                "n": recipe["group_size"],
                "temperature": recipe["temperature"],
                "top_p": recipe["top_p"],
                "tensor_model_parallel_size": 1,
                "gpu_memory_utilization": 0.5,
                **logprob,
            },
        },
        "reward": {
            "custom_reward_function": {
                "path": str(out / "reward.py"),
                "name": "compute_score",
                "reward_kwargs": {"tokenizer": job.model},
            }
        },
        "trainer": {**_trainer(job, out), "val_before_train": False, "critic_warmup": 0},
    }
    remark = f"recipe {recipe.name}, {recipe.stage}: verl 0.9, python -m verl.trainer.main_ppo"
    return EnginePlan(
        engine=engine.name,
        stage="grpo",
        files={
            "config.yaml": yaml_text(config, remark),
            "reward.py": reward_file(recipe.reward(data.k), "verl"),
        },
        command=(
            *("python", "-m", "verl.trainer.main_ppo"),
            *(f"--config-path={out}", "--config-name=config"),
        ),
        folder=out,
        bin=job.bin,
        nodes="Several machines: `ray start --head` on the first and "
        "`ray start --address=FIRST:6379` on the others, then start this on the first alone.",
        left_out=_left_out(job),
        notes=(
            "images are shrunk by verl's own limits: export smaller images if prompts exceed "
            f"{_PROMPT_TOKENS:,} tokens, as longer ones are left out",
            _MERGE,
        ),
    )


def _sft(engine: Verl, job: EngineJob, data: DataFiles) -> EnginePlan:
    recipe, out = job.recipe, job.output.absolute()
    longest = recipe["max_length"] or 16_384
    config = {
        "hydra": {"searchpath": ["pkg://verl.trainer.config"]},
        "defaults": ["sft_trainer_engine", "_self_"],
        "model": _model(job),
        "optim": {
            **_optimiser(job),
            "clip_grad": recipe["max_grad_norm"],
        },
        "data": {
            "train_files": [str(path) for path in data.train],
            "train_batch_size": recipe.batch,
            "micro_batch_size_per_gpu": recipe["batch_per_device"],
            "use_dynamic_bsz": False,
            "max_length": longest,
            "max_token_len_per_gpu": longest,
            "messages_key": "messages",
        },
        "trainer": {**_trainer(job, out), "seed": recipe["seed"]},
    }
    remark = f"recipe {recipe.name}, {recipe.stage}: verl 0.9, -m verl.trainer.sft_trainer"
    return EnginePlan(
        engine=engine.name,
        stage="sft",
        files={"config.yaml": yaml_text(config, remark)},
        command=(
            *torchrun(job),
            *("-m", "verl.trainer.sft_trainer", f"--config-path={out}", "--config-name=config"),
        ),
        folder=out,
        bin=job.bin,
        environment=NODES,
        left_out={
            **_left_out(job),
            **({} if recipe["max_length"] else {"max_length": f"{longest:,} tokens"}),
            **({} if recipe["train_vision"] else {"train_vision": "the tower is trained too"}),
        },
        notes=(_MERGE,),
    )


def _model(job: EngineJob) -> dict[str, Any]:
    recipe = job.recipe
    model: dict[str, Any] = {
        "path": job.model,
        "override_config": {"attn_implementation": recipe["attention"]},
        "use_remove_padding": recipe["attention"] == "flash_attention_2",
        "enable_gradient_checkpointing": recipe["activation_checkpointing"],
    }
    if recipe["tuning"] == "lora":
        model |= {"lora_rank": recipe["lora_rank"], "lora_alpha": recipe["lora_alpha"]}
    return model


def _optimiser(job: EngineJob) -> dict[str, Any]:
    recipe = job.recipe
    schedule = "constant" if recipe["schedule"] == "constant" else "cosine"
    return {
        "lr": recipe["learning_rate"],
        "lr_warmup_steps_ratio": recipe["warmup_ratio"],
        "lr_scheduler_type": schedule,
        "weight_decay": recipe["weight_decay"],
    }


def _trainer(job: EngineJob, out: Path) -> dict[str, Any]:
    recipe = job.recipe
    epochs = max(1, round(recipe["epochs"]))
    return {
        "nnodes": job.nodes,
        "n_gpus_per_node": job.devices_per_node,
        "total_epochs": epochs,
        "total_training_steps": recipe["max_steps"],
        "save_freq": recipe["save_steps"],
        "test_freq": -1,
        "logger": ["console", "tensorboard"],
        "project_name": "geor1",
        "experiment_name": out.name,
        "default_local_dir": str(out / "checkpoints"),
        "resume_mode": "auto",
    }


def _left_out(job: EngineJob) -> dict[str, str]:
    recipe = job.recipe
    found = {"min_pixels, max_pixels": "verl's own limits", "sharding": "FSDP over all devices"}
    if recipe["schedule"] == "linear":
        found["schedule"] = "verl has no linear one: cosine"
    if float(recipe["epochs"]) != round(recipe["epochs"]):
        found["epochs"] = f"{max(1, round(recipe['epochs']))}: whole passes only"
    if recipe["precision"] != "bf16":
        found["precision"] = "verl computes in bf16"
    if recipe.stage == "sft":
        return found
    if recipe["top_entropy_quantile"] != 1.0:
        found["top_entropy_quantile"] = "all tokens"
    if recipe["scale_rewards"] == "batch":
        found["scale_rewards"] = "by group"
    if recipe["vllm"] == "off":
        found["vllm"] = "verl samples by vLLM always"
    return found
