"""YAML of files that others wrote: plain values, and whatever is wrong is one kind of error."""

import hashlib
from importlib.resources.abc import Traversable
from typing import Any

from geobench_tools.errors import InputError

__all__ = ["parse_yaml", "read_template"]

_LARGEST_TEMPLATE = 64 << 10
_DEEPEST = 100
_MOST_REPEATED = 10_000


def parse_yaml(text: str | bytes) -> Any:
    """Return the value of a YAML document.

    Raises:
        ValueError: It is no YAML or no UTF-8, has a tag that asks for an object, more than 100
            levels, or aliases that hold themselves or stand for more than 10,000 values. The
            message is one line and says where.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        _check_shape(yaml.parse(decoded, loader))
        return yaml.load(decoded, loader)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from None


def read_template(source: Traversable, shown: str) -> tuple[str, Any]:
    """Return the SHA-256 and the value of a template of prompts, 64 KiB at most.

    Args:
        source: The file.
        shown: What messages call it.

    Raises:
        InputError: The file is missing, too large or no YAML.
    """
    try:
        raw = source.read_bytes()
        if len(raw) > _LARGEST_TEMPLATE:
            raise InputError(f"{shown} has {len(raw):,} bytes, more than {_LARGEST_TEMPLATE:,}")
        return hashlib.sha256(raw).hexdigest(), parse_yaml(raw)
    except OSError as error:
        raise InputError(f"{shown} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InputError(f"{shown} is not YAML: {error}") from None


def _check_shape(events: Any) -> None:
    """Refuse what is small to write and large to hold, before anything is made of it."""
    import yaml

    sizes: dict[str | None, int] = {}
    started: list[tuple[str | None, int]] = []
    values = repeated = 0
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, before = started.pop()
            if anchor:
                sizes[anchor] = values - before
        elif isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in started):
                raise ValueError(f"alias *{event.anchor} on line {line} holds itself")
            size = sizes.get(event.anchor, 1)
            values, repeated = values + size, repeated + size
            if repeated > _MOST_REPEATED:
                raise ValueError(
                    f"aliases stand for more than {_MOST_REPEATED:,} values on line {line}"
                )
        elif isinstance(event, yaml.NodeEvent):
            values += 1
            if isinstance(event, yaml.CollectionStartEvent):
                started.append((event.anchor, values - 1))
                if len(started) > _DEEPEST:
                    raise ValueError(f"more than {_DEEPEST} levels on line {line}")
