"""Who answers: OpenAI-compatible endpoints, local engines, baselines, recorded replies."""

from geobench_tools.models._checkpoint import checkpoint_identity, split_revision
from geobench_tools.models._images import (
    EncodedImage,
    ImageLoader,
    UnreadableImage,
    data_url,
    decoded,
    image_bytes,
    image_size,
    media_type_of,
)
from geobench_tools.models._openai import KEY_VARIABLE, checked_url, without_keys
from geobench_tools.models._parse import GRAMMAR, LocalOptions, default_model, parse_model
from geobench_tools.models._processor import image_only_class, load_processor
from geobench_tools.models._types import (
    JSON,
    ErrorReason,
    ImagePart,
    Message,
    Model,
    ModelError,
    Part,
    Reply,
    Request,
    Role,
    Sampling,
    Usage,
)

__all__ = [
    "GRAMMAR",
    "JSON",
    "KEY_VARIABLE",
    "EncodedImage",
    "ErrorReason",
    "ImageLoader",
    "ImagePart",
    "LocalOptions",
    "Message",
    "Model",
    "ModelError",
    "Part",
    "Reply",
    "Request",
    "Role",
    "Sampling",
    "UnreadableImage",
    "Usage",
    "checked_url",
    "checkpoint_identity",
    "data_url",
    "decoded",
    "default_model",
    "image_bytes",
    "image_only_class",
    "image_size",
    "load_processor",
    "media_type_of",
    "parse_model",
    "split_revision",
    "without_keys",
]
