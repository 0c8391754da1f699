"""Processors of vision-language models; that of Qwen2.5-VL also without torchvision."""

import functools
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.models._checkpoint import said, split_revision

__all__ = ["image_only_class", "load_processor"]

_FAULTS = (OSError, ValueError, LookupError, AttributeError, TypeError)
"""What transformers raises for files that are missing, damaged or of another kind."""


@functools.cache
def image_only_class() -> type[Any]:
    """Return the stock processor without its video half.

    The stock class takes a video processor, which imports torchvision. transformers derives a
    processor's parts from the argument names of ``__init__``, so that leaving one out is enough.
    """
    from transformers import ProcessorMixin, Qwen2_5_VLProcessor

    class ImageOnlyProcessor(Qwen2_5_VLProcessor):  # type: ignore[misc]
        def __init__(
            self,
            image_processor: Any = None,
            tokenizer: Any = None,
            chat_template: str | None = None,
            **options: Any,
        ) -> None:
            self.image_token, self.video_token = "<|image_pad|>", "<|video_pad|>"
            self.image_token_id = tokenizer.convert_tokens_to_ids(self.image_token)
            self.video_token_id = tokenizer.convert_tokens_to_ids(self.video_token)
            ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=chat_template)

    return ImageOnlyProcessor


def load_processor(name: str, pixels: tuple[int, int] | None = None) -> Any:
    """Load a model's processor; without torchvision that of Qwen2.5-VL without its video half.

    Args:
        name: A folder, or ``org/model@revision`` of the hub.
        pixels: Images of Qwen-VL models are enlarged to the first and shrunk to the second number
            of pixels; None for the checkpoint's own limits.

    Raises:
        InputError: There is no processor for images, or it has no chat template.
    """
    from transformers import AutoConfig, AutoProcessor, ProcessorMixin
    from transformers.utils import is_torchvision_available

    base, revision = split_revision(name)
    options = {"revision": revision, "trust_remote_code": False}
    try:
        config = AutoConfig.from_pretrained(base, **options)
    except _FAULTS as error:
        hint = "a newer transformers may know the model (code of its own is never run)"
        if not Path(base).is_dir():
            hint = f"there is no folder {base}, so the hub was asked: check name and connection"
        raise InputError(
            f"the configuration of {name} cannot be loaded: {said(error)}", hint=hint
        ) from None
    try:
        if config.model_type == "qwen2_5_vl" and not is_torchvision_available():
            processor = image_only_class().from_pretrained(base, revision=revision)
        else:
            processor = AutoProcessor.from_pretrained(base, **options)
    except ImportError as error:
        raise InputError(
            f"the processor of {name} cannot be loaded: {said(error)}",
            hint="pip install 'geobench-tools[hf]'",
        ) from None
    except _FAULTS as error:
        raise InputError(
            f"the processor of {name} cannot be loaded: {said(error)}",
            hint="its folder needs preprocessor_config.json and tokenizer.json, as published",
        ) from None
    if not isinstance(processor, ProcessorMixin) or not hasattr(processor, "image_processor"):
        raise InputError(
            f"{name} has a tokenizer but no image processor, so it cannot be shown images",
            hint="name a vision-language model; its folder needs preprocessor_config.json",
        )
    if not (processor.chat_template or processor.tokenizer.chat_template):
        raise InputError(
            f"the tokenizer of {name} has no chat template",
            hint="copy chat_template.jinja from the model's instruction-tuned variant",
        )
    if pixels and "Qwen" in type(processor.image_processor).__name__:
        least, most = pixels
        processor.image_processor.size = {"shortest_edge": least, "longest_edge": most}
    return processor
