"""JSON of files that others wrote: whatever is wrong with it is one kind of error."""

import json
from typing import Any

__all__ = ["parse_json"]


def parse_json(text: str | bytes) -> Any:
    """Return the value of a JSON document.

    Raises:
        json.JSONDecodeError: It is none, is nested so deeply that reading it would exhaust the
            stack, or has an integer of more digits than Python converts (4,300).
        UnicodeDecodeError: The bytes are no text.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise json.JSONDecodeError("nested too deeply", "", 0) from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise
    except ValueError:
        raise json.JSONDecodeError("an integer has too many digits", "", 0) from None
