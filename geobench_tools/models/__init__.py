"""Who answers: OpenAI-compatible endpoints, local engines, baselines, recorded replies."""

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
    "JSON",
    "ErrorReason",
    "ImagePart",
    "Message",
    "Model",
    "ModelError",
    "Part",
    "Reply",
    "Request",
    "Role",
    "Sampling",
    "Usage",
]
