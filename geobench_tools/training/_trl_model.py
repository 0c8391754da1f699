"""Model and processor of a run: loaded from base or checkpoint, checked, and adapted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError, missing_extra
from geobench_tools.models import load_processor, split_revision
from geobench_tools.training._recipes import Recipe

__all__ = ["Loaded", "import_torch", "load_for_training", "load_weights"]

_LANGUAGE = r".*language_model.*\.(q|k|v|o|gate|up|down)_proj"
_VISION = r".*visual.*\.(qkv|proj|gate_proj|up_proj|down_proj|mlp\.0|mlp\.2)"


@dataclass(frozen=True)
class Loaded:
    """A model that is ready for a trainer.

    Attributes:
        model: With weights of the base or of the checkpoint.
        processor: Turns text and images into model inputs.
        peft: Configuration of the adapters, or None for full fine-tuning.
    """

    model: Any
    processor: Any
    peft: Any


def import_torch() -> tuple[Any, Any]:
    """Return ``torch`` and ``transformers``.

    Raises:
        InputError: The extra is not installed.
    """
    try:
        import torch
        import transformers
        import trl  # noqa: F401
    except ImportError as error:
        raise missing_extra(error.name or "trl", "train", "to train with TRL") from None
    return torch, transformers


def load_for_training(base: str, recipe: Recipe, checkpoint: Path | None) -> Loaded:
    """Load model and processor.

    transformers stores Qwen2.5-VL under old weight names and renames on ``from_pretrained`` alone;
    the trainer's own way of loading a checkpoint keeps the initial weights, with a warning. So the
    weights of a resumed run with full fine-tuning are loaded here, from the checkpoint.

    Args:
        base: The model that the run starts from: a folder or a hub name.
        recipe: Tuning, precision, pixels, attention.
        checkpoint: Where to go on from, or None.

    Raises:
        InputError: The model cannot be loaded, sees no images, or has no chat template.
    """
    torch, _ = import_torch()
    full = recipe["tuning"] == "full"
    source = str(checkpoint) if checkpoint and full else base
    _check_config(source)
    processor = load_processor(base, (recipe["min_pixels"], recipe["max_pixels"]))
    # Full fine-tuning keeps its weights in single precision and computes in the recipe's.
    half = not full and recipe["precision"] == "bf16"
    model = load_weights(source, recipe, torch.bfloat16 if half else torch.float32)
    # The trainer makes the reference of the KL term anew from this name and the base's revision.
    model.config._name_or_path = split_revision(base)[0]
    if not recipe["train_vision"]:
        for weight_name, weight in model.named_parameters():
            if "visual." in weight_name:
                weight.requires_grad_(False)
    return Loaded(model, processor, None if full else _adapters(recipe))


def _adapters(recipe: Recipe) -> Any:
    try:
        from peft import LoraConfig
    except ImportError:
        raise missing_extra("peft", "train", "for LoRA") from None
    targets = f"{_LANGUAGE}|{_VISION}" if recipe["train_vision"] else _LANGUAGE
    return LoraConfig(
        r=recipe["lora_rank"],
        lora_alpha=recipe["lora_alpha"],
        target_modules=targets,
        task_type="CAUSAL_LM",
    )


def load_weights(source: str, recipe: Recipe, dtype: Any) -> Any:
    """Load a model with the recipe's attention.

    Args:
        source: A folder or a hub name, as ``org/model@revision`` too.
        recipe: The recipe.
        dtype: Of the weights.

    Raises:
        InputError: There is no such model, or its files are damaged.
    """
    from safetensors import SafetensorError
    from transformers import AutoModelForImageTextToText

    name, options = _options(source)
    try:
        return AutoModelForImageTextToText.from_pretrained(
            name, dtype=dtype, attn_implementation=recipe["attention"], **options
        )
    except (OSError, ValueError, ImportError, SafetensorError) as error:
        raise InputError(f"{source} cannot be loaded: {error}") from None


def _options(source: str) -> tuple[str, dict[str, Any]]:
    name, revision = split_revision(source)
    return name, {**({"revision": revision} if revision else {}), "trust_remote_code": False}


def _check_config(source: str) -> None:
    _, transformers = import_torch()
    folder = Path(source)
    if folder.is_dir() and not (folder / "config.json").is_file():
        raise InputError(f"{folder} has no config.json", hint="give a checkpoint's folder")
    name, options = _options(source)
    try:
        config = transformers.AutoConfig.from_pretrained(name, **options)
    except (OSError, ValueError) as error:
        raise InputError(f"{source} cannot be loaded: {error}") from None
    known = transformers.models.auto.modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES
    if getattr(config, "model_type", "") not in known:
        raise InputError(
            f"{source} is a {config.model_type} model, which sees no images",
            hint="name a vision-language model such as Qwen/Qwen2.5-VL-7B-Instruct",
        )
