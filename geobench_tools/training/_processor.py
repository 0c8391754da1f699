"""Processors that are written so that any program loads them as those of a stock checkpoint."""

import json
from pathlib import Path
from typing import Any

from geobench_tools.files import atomic_file
from geobench_tools.models import image_only_class

__all__ = ["image_only_processor", "save_checkpoint", "save_processor"]

_STOCK = "Qwen2_5_VLProcessor"


def image_only_processor(
    tokenizer: Any, *, min_pixels: int, max_pixels: int, chat_template: str
) -> Any:
    """Make a processor of a tokenizer and the image half of Qwen2-VL's preprocessing."""
    from transformers import Qwen2VLImageProcessorPil

    images = Qwen2VLImageProcessorPil(min_pixels=min_pixels, max_pixels=max_pixels)
    return image_only_class()(images, tokenizer, chat_template=chat_template)


def save_checkpoint(model: Any, processor: Any, folder: Path) -> None:
    """Write model and processor so that any program loads them as a stock checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    save_processor(processor, folder)


def save_processor(processor: Any, folder: Path) -> None:
    """Write a processor under the name of the stock class.

    ``AutoProcessor`` returns a bare tokenizer, without an error, for a class that it does not know,
    and vLLM reads ``preprocessor_config.json``.
    """
    processor.save_pretrained(folder)
    if type(processor) is not image_only_class():
        return
    for name in ("processor_config.json", "tokenizer_config.json"):
        path = folder / name
        if path.is_file():
            settings = json.loads(path.read_text(encoding="utf-8"))
            settings["processor_class"] = _STOCK
            _write(path, settings)
    images = dict(processor.image_processor.to_dict())
    images |= {"image_processor_type": "Qwen2VLImageProcessor", "processor_class": _STOCK}
    _write(folder / "preprocessor_config.json", images)


def _write(path: Path, settings: dict[str, Any]) -> None:
    with atomic_file(path) as temporary:
        temporary.write_text(json.dumps(settings, indent=2, ensure_ascii=False) + "\n")
