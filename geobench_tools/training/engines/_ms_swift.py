"""ms-swift 4: YAML for ``swift sft`` and ``swift rlhf``, rewards as an external plugin."""

from pathlib import Path
from typing import Any, ClassVar

from geobench_tools.training.engines._plan import (
    NODES,
    DataFiles,
    Engine,
    EngineJob,
    EnginePlan,
    optimisation,
    yaml_text,
)
from geobench_tools.training.rewards import TERMS, reward_file

__all__ = ["MsSwift"]

_ATTENTION = {"flash_attention_2": "flash_attn", "sdpa": "sdpa", "eager": "eager"}


class MsSwift(Engine):
    """Reads the rows of ``export-pairs --to ms-swift`` and of ``TRACES/sft/ms-swift``."""

    name = "ms-swift"
    stages: ClassVar[tuple[str, ...]] = ("sft", "grpo")
    target = "ms-swift"
    traces = "sft/ms-swift/train.jsonl"
    program = "swift"
    revisions = True

    def plan(self, job: EngineJob, data: DataFiles) -> EnginePlan:
        """Return ``config.yaml``, for grpo ``plugin.py`` too, and the launcher's command."""
        recipe, out = job.recipe, job.output.absolute()
        grpo = recipe.stage == "grpo"
        config = _shared(job, data, out)
        files: dict[str, str] = {}
        if grpo:
            spec = recipe.reward(data.k)
            files["plugin.py"] = reward_file(spec, "ms-swift")
            config |= {
                "rlhf_type": "grpo",
                "external_plugins": [str(out / "plugin.py")],
                "reward_funcs": [f"geor1_{term}" for term in TERMS],
                "reward_weights": [spec.weights[term] for term in TERMS],
                **_grpo(job),
            }
        files["config.yaml"] = yaml_text(
            config, f"recipe {recipe.name}, {recipe.stage}: ms-swift 4"
        )
        environment = {
            "ROOT_IMAGE_DIR": str(data.images),
            "MIN_PIXELS": str(recipe["min_pixels"]),
            "MAX_PIXELS": str(recipe["max_pixels"]),
            "USE_HF": "1",
        }
        if recipe["devices"] > 1:
            environment["NPROC_PER_NODE"] = str(job.devices_per_node)
        if job.nodes > 1:
            environment |= {"NNODES": str(job.nodes), **NODES}
        stage = "rlhf" if grpo else "sft"
        return EnginePlan(
            engine=self.name,
            stage=recipe.stage,
            files=files,
            command=("swift", stage, str(out / "config.yaml")),
            folder=out,
            bin=job.bin,
            environment=environment,
            notes=(
                "resume of full fine-tuning loads the initial weights in transformers 5 "
                "(ms-swift issue 7947): give the checkpoint as model, too",
                "it runs code that a model's folder brings along: start from models you trust",
            ),
        )


def _shared(job: EngineJob, data: DataFiles, out: Path) -> dict[str, Any]:
    recipe = job.recipe
    lora = recipe["tuning"] == "lora"
    config: dict[str, Any] = {
        "model": job.model,
        **job.revision,
        "model_type": "qwen2_5_vl",
        "template": "qwen2_5_vl",
        "tuner_type": recipe["tuning"],
        "dataset": [str(path) for path in data.train],
        "load_from_cache_file": True,
        "split_dataset_ratio": 0,
        "torch_dtype": "bfloat16" if recipe["precision"] == "bf16" else "float32",
        "attn_impl": _ATTENTION[recipe["attention"]],
        "freeze_vit": not recipe["train_vision"],
        "freeze_aligner": not recipe["train_vision"],
        "per_device_train_batch_size": recipe["batch_per_device"],
        "gradient_accumulation_steps": recipe["accumulation"],
        "gradient_checkpointing": recipe["activation_checkpointing"],
        **optimisation(recipe),
        "seed": recipe["seed"],
        "data_seed": recipe["seed"],
        "save_steps": recipe["save_steps"],
        "logging_steps": recipe["log_steps"],
        "output_dir": str(out / "checkpoints"),
        "add_version": False,
        "report_to": ["tensorboard"],
    }
    if data.val:
        config["val_dataset"] = [str(path) for path in data.val]
    if recipe["max_steps"] is not None:
        config["max_steps"] = recipe["max_steps"]
    if recipe["sharding"] != "none":
        config["deepspeed"] = recipe["sharding"]
    if lora:
        config |= {"lora_rank": recipe["lora_rank"], "lora_alpha": recipe["lora_alpha"]}
    if recipe.stage == "sft" and recipe["max_length"] is not None:
        config["max_length"] = recipe["max_length"]
    return config


def _grpo(job: EngineJob) -> dict[str, Any]:
    recipe = job.recipe
    config = {
        "num_generations": recipe["group_size"],
        "beta": recipe["beta"],
        "epsilon": recipe["clip"],
        "num_iterations": recipe["iterations"],
        "loss_type": recipe["loss"],
        "scale_rewards": recipe["scale_rewards"],
        "top_entropy_quantile": recipe["top_entropy_quantile"],
        "temperature": recipe["temperature"],
        "top_p": recipe["top_p"],
        "max_completion_length": recipe["max_completion_tokens"],
        "log_completions": True,
        "use_vllm": recipe["vllm"] != "off",
    }
    return config | ({"vllm_mode": recipe["vllm"]} if recipe["vllm"] != "off" else {})
