"""JSON of files that others wrote: whatever is wrong with it is one kind of error."""

import json
from typing import Any

__all__ = ["parse_json"]


def parse_json(text: str | bytes) -> Any:
    """Return the value of a JSON document.

    Raises:
        ValueError: It is none, or is nested so deeply that reading it would exhaust the stack
            (``json.JSONDecodeError``; ``UnicodeDecodeError`` for bytes that are no text).
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise json.JSONDecodeError("nested too deeply", "", 0) from None
