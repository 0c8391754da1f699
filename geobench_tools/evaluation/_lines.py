"""Records as lines of JSON and back."""

import json
from collections.abc import Mapping
from typing import Any

from geobench_tools.evaluation._record import (
    ErrorInfo,
    ImageInfo,
    ReadingRecord,
    SampleRecord,
)
from geobench_tools.models import Usage
from geobench_tools.strictjson import parse_json

__all__ = ["from_document", "parse_line", "to_document", "to_line"]

_REQUIRED = ("key", "benchmark", "sample_id", "index", "run_index", "status", "target")
_USAGE = ("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens")
_OPTIONAL = (
    *("task", "group", "metadata", "text", "reasoning", "finish_reason", "cost", "model_version"),
    *("fingerprint", "attempts", "started_at", "latency_s", "elapsed_s", "prompt", "follows"),
)


def to_document(record: SampleRecord) -> dict[str, Any]:
    """Return a record as JSON, without the fields that are empty."""
    document = {name: getattr(record, name) for name in _REQUIRED}
    for name in _OPTIONAL:
        if (value := getattr(record, name)) not in ("", None, 0, {}):
            document[name] = value
    if record.reading is not None:
        reading = record.reading
        document["reading"] = {"value": reading.value, "status": reading.status}
        if reading.span is not None:
            document["reading"]["span"] = list(reading.span)
    counts = {name: getattr(record.usage, name) for name in _USAGE}
    if known := {name: count for name, count in counts.items() if count is not None}:
        document["usage"] = known
    if record.error is not None:
        error = record.error
        document["error"] = {"reason": error.reason, "detail": error.detail}
        if error.http_status is not None:
            document["error"]["http_status"] = error.http_status
    if record.images:
        document["images"] = [_image(image) for image in record.images]
    return document


def to_line(record: SampleRecord) -> bytes:
    """Return a record as one line of UTF-8 JSON."""
    return json.dumps(to_document(record), ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def parse_line(line: bytes) -> SampleRecord | None:
    """Read a line; None if it is torn or is no record."""
    try:
        document = parse_json(line)
        return from_document(document) if isinstance(document, dict) else None
    except (ValueError, KeyError, TypeError):
        return None


def from_document(document: Mapping[str, Any]) -> SampleRecord:
    """Read what ``to_document`` made.

    Raises:
        KeyError: A field is missing.
        TypeError: A field is of the wrong shape.
    """
    fields = {name: document[name] for name in _REQUIRED}
    fields |= {name: document[name] for name in _OPTIONAL if name in document}
    reading, error = document.get("reading"), document.get("error")
    if reading is not None:
        span = tuple(reading["span"]) if "span" in reading else None
        fields["reading"] = ReadingRecord(reading["value"], reading["status"], span)
    if error is not None:
        fields["error"] = ErrorInfo(**error)
    return SampleRecord(
        **fields,
        usage=Usage(**document.get("usage", {})),
        images=tuple(ImageInfo(**image) for image in document.get("images", ())),
    )


def _image(image: ImageInfo) -> dict[str, Any]:
    fields = {"sha256": image.sha256, "media_type": image.media_type, "bytes": image.bytes}
    return fields | ({"change": image.change} if image.change else {})
