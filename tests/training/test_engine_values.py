"""What a recipe's settings become in each trainer's own configuration."""

import json
from pathlib import Path

import pytest
import yaml

from geobench_tools.training import load_recipe
from geobench_tools.training.engines._plan import DataFiles, EngineJob
from geobench_tools.training.engines._run import _ENGINES
from geobench_tools.training.rewards import TERMS

KNOWN = json.loads((Path(__file__).parents[1] / "data" / "engine_options.json").read_text())
UNLISTED = (
    # What torchrun and Hydra read.
    *("nproc_per_node", "nnodes", "node_rank", "master_addr", "master_port"),
    *("defaults", "hydra.searchpath"),
    # Keys of mappings that verl leaves open.
    "reward.custom_reward_function.reward_kwargs.tokenizer",
    "model.override_config.attn_implementation",
    "actor_rollout_ref.model.override_config.attn_implementation",
)
"""What is written beside the options of the trainers themselves."""

DATA = DataFiles((Path("/d/train"),), Path("/d"), (Path("/d/val"),), "rows", 4)
SHARED = {
    **{"seed": 7, "devices": 4, "batch_per_device": 6, "accumulation": 2, "epochs": 3},
    **{"max_steps": 50, "learning_rate": 3e-6, "schedule": "cosine", "warmup_ratio": 0.1},
    **{"weight_decay": 0.02, "max_grad_norm": 0.5, "precision": "fp32", "tuning": "lora"},
    **{"lora_rank": 16, "lora_alpha": 48, "train_vision": False, "attention": "sdpa"},
    **{"activation_checkpointing": False, "min_pixels": 1000, "max_pixels": 200_000},
    **{"save_steps": 11, "log_steps": 3, "sharding": "zero2"},
}
GRPO = {
    **{"group_size": 4, "beta": 0.1, "clip": 0.3, "iterations": 2, "loss": "dr_grpo"},
    **{"scale_rewards": "none", "top_entropy_quantile": 0.3, "temperature": 0.7, "top_p": 0.9},
    **{"max_completion_tokens": 300, "vllm": "colocate", "reward": "default"},
    **{"reward_weights": {"accuracy": 2.0, "format": 0.5, "length": 0.25, "repetition": 0.0}},
}
SWIFT = {
    **{"seed": 7, "data_seed": 7, "per_device_train_batch_size": 6, "num_train_epochs": 3.0},
    **{"gradient_accumulation_steps": 2, "max_steps": 50, "learning_rate": 3e-6},
    **{"lr_scheduler_type": "cosine", "warmup_ratio": 0.1, "weight_decay": 0.02},
    **{"max_grad_norm": 0.5, "torch_dtype": "float32", "tuner_type": "lora", "lora_rank": 16},
    **{"lora_alpha": 48, "freeze_vit": True, "freeze_aligner": True, "attn_impl": "sdpa"},
    **{"gradient_checkpointing": False, "save_steps": 11, "logging_steps": 3},
    **{"deepspeed": "zero2", "dataset": ["/d/train"], "val_dataset": ["/d/val"]},
}
OPTIMISER = {
    **{"lr": 3e-6, "lr_warmup_steps_ratio": 0.1, "lr_scheduler_type": "cosine"},
    **{"weight_decay": 0.02},
}
MODEL = {
    **{"model.path": "org/model", "model.enable_gradient_checkpointing": False},
    **{"model.lora_rank": 16, "model.lora_alpha": 48, "model.use_remove_padding": False},
    **{"model.override_config.attn_implementation": "sdpa"},
}
TRAINER = {
    **{"trainer.nnodes": 2, "trainer.n_gpus_per_node": 2, "trainer.total_epochs": 3},
    **{"trainer.total_training_steps": 50, "trainer.save_freq": 11},
}


def under(prefix, values):
    return {f"{prefix}{name}": value for name, value in values.items()}


EXPECTED = {
    ("ms-swift", "sft"): {**SWIFT, "max_length": 4096},
    ("ms-swift", "grpo"): {
        **SWIFT,
        **{"num_generations": 4, "beta": 0.1, "epsilon": 0.3, "num_iterations": 2},
        **{"loss_type": "dr_grpo", "scale_rewards": "none", "top_entropy_quantile": 0.3},
        **{"temperature": 0.7, "top_p": 0.9, "max_completion_length": 300},
        **{"use_vllm": True, "vllm_mode": "colocate", "reward_weights": [2.0, 0.5, 0.25, 0.0]},
        "reward_funcs": [f"geor1_{term}" for term in TERMS],
    },
    ("llamafactory", "sft"): {
        **{"seed": 7, "per_device_train_batch_size": 6, "gradient_accumulation_steps": 2},
        **{"num_train_epochs": 3.0, "max_steps": 50, "learning_rate": 3e-6},
        **{"lr_scheduler_type": "cosine", "warmup_ratio": 0.1, "weight_decay": 0.02},
        **{"max_grad_norm": 0.5, "bf16": False, "finetuning_type": "lora", "lora_rank": 16},
        **{"lora_alpha": 48, "freeze_vision_tower": True, "freeze_multi_modal_projector": True},
        **{"flash_attn": "sdpa", "disable_gradient_checkpointing": True, "save_steps": 11},
        **{"image_min_pixels": 1000, "image_max_pixels": 200_000, "logging_steps": 3},
        **{"cutoff_len": 4096, "deepspeed": "/run/zero2.json", "dataset": "rows"},
        **{"media_dir": "/d", "dataset_dir": "/d", "report_to": "none"},
    },
    ("verl", "sft"): {
        **MODEL,
        **under("optim.", {**OPTIMISER, "clip_grad": 0.5}),
        **{"data.train_batch_size": 48, "data.micro_batch_size_per_gpu": 6},
        **{"data.max_length": 4096, "data.train_files": ["/d/train"], "trainer.seed": 7},
        **TRAINER,
    },
    ("verl", "grpo"): {
        **under("actor_rollout_ref.", MODEL),
        **under("actor_rollout_ref.actor.optim.", OPTIMISER),
        **under(
            "actor_rollout_ref.actor.",
            {
                **{"ppo_mini_batch_size": 12, "ppo_micro_batch_size_per_gpu": 6, "ppo_epochs": 2},
                **{"clip_ratio": 0.3, "clip_ratio_low": 0.3, "clip_ratio_high": 0.3},
                **{"grad_clip": 0.5, "use_kl_loss": True, "kl_loss_coef": 0.1},
                **{"kl_loss_type": "low_var_kl", "loss_agg_mode": "seq-mean-token-sum-norm"},
                **{"freeze_vision_tower": True, "data_loader_seed": 7},
            },
        ),
        **{"actor_rollout_ref.rollout.n": 4, "actor_rollout_ref.rollout.temperature": 0.7},
        **{"actor_rollout_ref.rollout.top_p": 0.9, "algorithm.adv_estimator": "grpo"},
        **{"algorithm.norm_adv_by_std_in_grpo": False, "algorithm.use_kl_in_reward": False},
        **{"data.train_batch_size": 12, "data.max_response_length": 300, "data.seed": 7},
        **{"data.train_files": ["/d/train"], "data.val_files": ["/d/val"]},
        **TRAINER,
    },
    ("vlm-r1", "grpo"): {
        **{"seed": "7", "per_device_train_batch_size": "6", "gradient_accumulation_steps": "2"},
        **{"num_train_epochs": "3.0", "max_steps": "50", "learning_rate": "3e-06"},
        **{"lr_scheduler_type": "cosine", "warmup_ratio": "0.1", "weight_decay": "0.02"},
        **{"max_grad_norm": "0.5", "bf16": "False", "use_peft": "True", "lora_r": "16"},
        **{"lora_alpha": "48", "freeze_vision_modules": "True", "attn_implementation": "sdpa"},
        **{"gradient_checkpointing": "False", "save_steps": "11", "logging_steps": "3"},
        **{"min_pixels": "1000", "max_pixels": "200000", "deepspeed": "/run/zero2.json"},
        **{"num_generations": "4", "beta": "0.1", "epsilon": "0.3", "num_iterations": "2"},
        **{"max_completion_length": "300", "use_vllm": "True", "data_file_paths": "/d/train"},
        **{"image_folders": "/d", "nnodes": "2", "nproc_per_node": "2"},
        **{"model_name_or_path": "org/model"},
    },
}


def flat(document, prefix=""):
    for name, value in document.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


@pytest.mark.parametrize(("engine", "stage"), EXPECTED)
def test_every_setting_arrives(engine, stage):
    base = "geo-r1" if stage == "grpo" else "geo-sft"
    model = "org/model@abc" if _ENGINES[engine].revisions else "org/model"
    own = GRPO if stage == "grpo" else {"max_length": 4096}
    recipe = load_recipe(base, {"model": model, **SHARED, **own}, stage=stage)
    plan = _ENGINES[engine].plan(EngineJob(engine, recipe, Path("/run"), nodes=2), DATA)
    if engine == "vlm-r1":
        words = dict(zip(plan.command, plan.command[1:], strict=False))
        made = {name[2:]: value for name, value in words.items() if name.startswith("--")}
    else:
        made = dict(flat(yaml.safe_load(plan.files["config.yaml"])))
    known = KNOWN["verl-sft" if (engine, stage) == ("verl", "sft") else engine]
    assert set(made) - set(UNLISTED) <= set(known)
    expected = EXPECTED[engine, stage]
    assert {name: made.get(name) for name in expected} == expected
    for text in (plan.files[name] for name in plan.files if name.startswith("zero")):
        assert json.loads(text)["zero_optimization"]["stage"] == 2
    if engine == "ms-swift":
        assert plan.environment["MIN_PIXELS"] == "1000"
        assert plan.environment["MAX_PIXELS"] == "200000"
