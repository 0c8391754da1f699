"""LLaMA-Factory 0.9: YAML for ``llamafactory-cli train``; supervised fine-tuning only."""

from pathlib import Path
from typing import Any, ClassVar

from geobench_tools.training.engines._plan import (
    NODES,
    DataFiles,
    Engine,
    EngineJob,
    EnginePlan,
    deepspeed_file,
    optimisation,
    yaml_text,
)

__all__ = ["LlamaFactory"]

_ATTENTION = {"flash_attention_2": "fa2", "sdpa": "sdpa", "eager": "disabled"}
_LONGEST = 131_072


class LlamaFactory(Engine):
    """Reads ``TRACES/sft/llamafactory``."""

    name = "llamafactory"
    stages: ClassVar[tuple[str, ...]] = ("sft",)
    traces = "sft/llamafactory/geor1_traces_train.json"
    program = "llamafactory-cli"
    revisions = True

    def plan(self, job: EngineJob, data: DataFiles) -> EnginePlan:
        """Return ``config.yaml``, a DeepSpeed file, and the launcher's command."""
        recipe, out = job.recipe, job.output.absolute()
        files = deepspeed_file(recipe)
        config = _config(job, data, out)
        for name in files:
            config["deepspeed"] = str(out / name)
        remark = f"recipe {recipe.name}, {recipe.stage}: LLaMA-Factory 0.9"
        files["config.yaml"] = yaml_text(config, remark)
        return EnginePlan(
            engine=self.name,
            stage="sft",
            files=files,
            command=("llamafactory-cli", "train", str(out / "config.yaml")),
            folder=out,
            bin=job.bin,
            environment={
                "FORCE_TORCHRUN": "1",
                "NPROC_PER_NODE": str(job.devices_per_node),
                "NNODES": str(job.nodes),
                **NODES,
            },
            resume="model_name_or_path=$PWD/$last" if recipe["tuning"] == "full" else "",
            left_out={} if recipe["max_length"] else {"max_length": f"cutoff_len is {_LONGEST:,}"},
        )


def _config(job: EngineJob, data: DataFiles, out: Path) -> dict[str, Any]:
    recipe = job.recipe
    config: dict[str, Any] = {
        "model_name_or_path": job.model,
        **job.revision,
        "stage": "sft",
        "do_train": True,
        "finetuning_type": recipe["tuning"],
        "freeze_vision_tower": not recipe["train_vision"],
        "freeze_multi_modal_projector": not recipe["train_vision"],
        "dataset": data.name,
        "dataset_dir": str(data.train[0].parent),
        "media_dir": str(data.images),
        "template": "qwen2_vl",
        "cutoff_len": recipe["max_length"] or _LONGEST,
        "image_min_pixels": recipe["min_pixels"],
        "image_max_pixels": recipe["max_pixels"],
        "flash_attn": _ATTENTION[recipe["attention"]],
        "disable_gradient_checkpointing": not recipe["activation_checkpointing"],
        "per_device_train_batch_size": recipe["batch_per_device"],
        "gradient_accumulation_steps": recipe["accumulation"],
        **optimisation(recipe),
        "bf16": recipe["precision"] == "bf16",
        "seed": recipe["seed"],
        "save_steps": recipe["save_steps"],
        "logging_steps": recipe["log_steps"],
        "output_dir": str(out / "checkpoints"),
        "report_to": "none",
        "plot_loss": True,
    }
    if recipe["max_steps"] is not None:
        config["max_steps"] = recipe["max_steps"]
    if recipe["tuning"] == "lora":
        config |= {"lora_rank": recipe["lora_rank"], "lora_alpha": recipe["lora_alpha"]}
    return config
