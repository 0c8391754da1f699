"""VLM-R1, the trainer of the released Geo-R1 code, started by a script around its own."""

from pathlib import Path
from typing import ClassVar

from geobench_tools.training.engines._plan import (
    NODES,
    DataFiles,
    Engine,
    EngineJob,
    EnginePlan,
    deepspeed_file,
    optimisation,
    torchrun,
)
from geobench_tools.training.rewards import TERMS, RewardSpec, reward_file
from geobench_tools.training.rewards._adapters import PREFIX

__all__ = ["VlmR1"]


class VlmR1(Engine):
    """Reads the rows of ``export-pairs --to vlm-r1``.

    The released script stops at rows with several images, as all pairing questions are, and at
    models whose path does not name their family. A script of ours gives it a module that takes
    both, registers the reward, and then does what the released one does; with the preset
    ``vlm-r1`` the released reward functions are used.
    """

    name = "vlm-r1"
    stages: ClassVar[tuple[str, ...]] = ("grpo",)
    target = "vlm-r1"
    program = "torchrun"

    def plan(self, job: EngineJob, data: DataFiles) -> EnginePlan:
        """Return the script's options, a DeepSpeed file and the reward."""
        recipe, out = job.recipe, job.output.absolute()
        spec = recipe.reward(data.k)
        released = spec.weights == RewardSpec("vlm-r1").weights and spec.preset == "vlm-r1"
        options = _options(job, data, out, [f"{'' if released else PREFIX}{t}" for t in TERMS])
        sharding = deepspeed_file(recipe)
        options += [word for name in sharding for word in ("--deepspeed", str(out / name))]
        return EnginePlan(
            engine=self.name,
            stage="grpo",
            files={"grpo.py": reward_file(spec, "vlm-r1"), **sharding},
            command=(*torchrun(job), str(out / "grpo.py"), *options),
            folder=Path("${VLM_R1_HOME}/src/open-r1-multimodal"),
            bin=job.bin,
            environment=({"VLM_R1_HOME": str(job.home.absolute())} if job.home else {}) | NODES,
            left_out=_left_out(job),
            notes=(
                "its pinned transformers 4.49 does not load folders that transformers 5 wrote, "
                "geor1 train sft among them: start from a model of the hub as published",
            ),
        )


def _options(job: EngineJob, data: DataFiles, out: Path, rewards: list[str]) -> list[str]:
    recipe = job.recipe
    values: dict[str, object] = {
        "use_vllm": recipe["vllm"] != "off",
        "output_dir": out / "checkpoints",
        "resume_from_checkpoint": True,
        "model_name_or_path": job.model,
        "data_file_paths": ":".join(str(path) for path in data.train),
        "image_folders": ":".join(str(data.images) for _ in data.train),
        "is_reward_customized_from_vlm_module": False,
        "reward_method": "mcq",
        "task_type": "default",
        "per_device_train_batch_size": recipe["batch_per_device"],
        "gradient_accumulation_steps": recipe["accumulation"],
        "gradient_checkpointing": recipe["activation_checkpointing"],
        "logging_steps": recipe["log_steps"],
        **optimisation(recipe),
        "seed": recipe["seed"],
        "bf16": recipe["precision"] == "bf16",
        "attn_implementation": recipe["attention"],
        "run_name": out.name,
        "save_steps": recipe["save_steps"],
        "num_generations": recipe["group_size"],
        "max_completion_length": recipe["max_completion_tokens"],
        "beta": recipe["beta"],
        "epsilon": recipe["clip"],
        "num_iterations": recipe["iterations"],
        "min_pixels": recipe["min_pixels"],
        "max_pixels": recipe["max_pixels"],
        "freeze_vision_modules": not recipe["train_vision"],
        "dataset_name": "not_used",
        "report_to": "tensorboard",
    }
    if recipe["max_steps"] is not None:
        values["max_steps"] = recipe["max_steps"]
    if recipe["tuning"] == "lora":
        values |= {
            "use_peft": True,
            "lora_r": recipe["lora_rank"],
            "lora_alpha": recipe["lora_alpha"],
        }
    words = [word for name, value in values.items() for word in (f"--{name}", str(value))]
    return [*words, "--reward_funcs", *rewards]


def _left_out(job: EngineJob) -> dict[str, str]:
    recipe = job.recipe
    fixed = {
        "loss": ("grpo", "the trainer's own: mean over tokens, then over completions"),
        "scale_rewards": ("group", "always by group"),
        "top_entropy_quantile": (1.0, "all tokens"),
        "temperature": (1.0, "fixed at 1"),
        "top_p": (1.0, "default of transformers"),
    }
    return {name: text for name, (value, text) in fixed.items() if recipe[name] != value}
