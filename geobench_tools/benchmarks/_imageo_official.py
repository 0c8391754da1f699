r"""IMAGEO-Bench's own rules, quirks and all (its ``src/model.py`` and ``analysis/utils.py``).

Quirks that are kept: a coordinate of exactly 0 is missing, each axis on its own; a name that is
not a text is present but wrong; a state of two letters is taken as it is, and the District of
Columbia is no state; names are compared in lower case and no further; an unreadable reply leaves
the denominator.
"""

import ast
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from geobench_tools.benchmarks._names import US_STATES
from geobench_tools.models import JSON

__all__ = ["OfficialAnswer", "official_answer", "official_hit", "official_json", "official_state"]

_BARE_KEY = re.compile(r"(?<=[{\s,])([a-zA-Z_][a-zA-Z0-9_]*)\s*:")
_TRAILING_COMMA = re.compile(r",\s*([}\]])")
_LITERALS = (("None", "null"), ("True", "true"), ("False", "false"))
_MISSING_NUMBERS = ("null", "none", "")
_LONGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class OfficialAnswer:
    """A reply as the official code flattens it; None where it sees no value."""

    city: object = None
    state: object = None
    country: object = None
    lat: float | None = None
    lon: float | None = None


def official_json(reply: str) -> JSON:
    """Parse a reply with the official sequence of repairs; None where all of them fail."""
    text = reply.strip()
    start = text.find("```")
    end = text.find("```", start + 3) if start >= 0 else -1
    fenced = end >= 0
    if fenced:
        text = text[start + 3 : end].removeprefix("json").strip()
    literal = text
    for python_name, json_name in _LITERALS:
        literal = literal.replace(python_name, json_name)
    attempts = [text, literal]
    for attempt in attempts:
        found, value = _loads(attempt)
        if found:
            return value
    found, value = _evaluated(literal)
    if found:
        return value
    if "{" in literal and "}" in literal:
        found, value = _loads(_repaired(literal))
        if found:
            return value
    if not fenced:
        part = _braced(text)
        for python_name, json_name in _LITERALS:
            part = part.replace(python_name, json_name)
        return _loads(_repaired(part))[1]
    return None


def _loads(text: str) -> tuple[bool, JSON]:
    try:
        return True, json.loads(text)
    except (ValueError, RecursionError):
        return False, None


def _evaluated(text: str) -> tuple[bool, JSON]:
    if len(text) > _LONGEST or text[:1] not in ("{", "["):
        return False, None
    try:
        value = ast.literal_eval(text)
        if isinstance(value, dict | list):
            return True, json.loads(json.dumps(value))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        pass
    return False, None


def _repaired(text: str) -> str:
    text = _BARE_KEY.sub(r'"\1":', text).replace("'", '"')
    return _TRAILING_COMMA.sub(r"\1", text)


def _braced(text: str) -> str:
    brace, bracket = text.find("{"), text.find("[")
    if brace >= 0 and (bracket < 0 or brace < bracket):
        return text[brace : text.rfind("}") + 1]
    return text[bracket : text.rfind("]") + 1] if bracket >= 0 else ""


def official_answer(document: JSON) -> OfficialAnswer:
    """Flatten a parsed reply; a section that is no mapping counts as empty."""
    geocoding = _section(document, "reverse_geocoding")
    address, position = _section(geocoding, "address"), _section(geocoding, "coordinates")
    return OfficialAnswer(
        _name(address.get("city")),
        official_state(address.get("state")),
        _name(address.get("country")),
        _number(position.get("latitude")),
        _number(position.get("longitude")),
    )


def official_state(value: object) -> str | None:
    """Standardise a state's name: two letters in capitals, a US state's code, else in capitals."""
    if _name(value) is None or value == "":
        return None
    text = str(value).strip().lower()
    return text.upper() if len(text) == 2 and text.isalpha() else US_STATES.get(text, text.upper())


def official_hit(predicted: object, true: str) -> float:
    """Return 1 or 0, or NaN where prediction or truth is missing and so not counted."""
    if predicted is None or not true:
        return math.nan
    return float(isinstance(predicted, str) and predicted.lower() == true.lower())


def _section(document: object, name: str) -> Mapping[str, object]:
    inner = document.get(name) if isinstance(document, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def _name(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value


def _number(value: object) -> float | None:
    if value is None or str(value).lower() in _MISSING_NUMBERS:
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number != 0.0 and not math.isnan(number) else None
