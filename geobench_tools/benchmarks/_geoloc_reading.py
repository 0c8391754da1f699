"""Reading where a reply says a picture was taken: names, coordinates, or both."""

import re
from collections.abc import Mapping
from typing import Any

from geobench_tools.answers import Reading, no_value, read
from geobench_tools.loosejson import find_objects

__all__ = ["city_line", "read_location"]

Place = Mapping[str, str | float]

_STATE_KEYS = ("state", "province", "state/province", "region")
_AFTER_REASONING = "</think>"
_REST_OF_FIELD = r"(?:\s*\([^()\n]*\))?,[ \t]*([^\s\"<>{}\[\];|:][^\n\"<>{}\[\];|:]{0,60})"


def read_location(text: str, *, state: bool = False) -> Reading:
    """Read city, country and coordinates; placeholders and "Unknown" are no values.

    Args:
        text: The reply.
        state: Whether to read a state as well.
    """
    reading = read(text, "place")
    place = reading.value if isinstance(reading.value, dict) else {}
    if "lat" not in place:
        reading = _with_position(reading, place, read(text, "latlon"))
    if not state or not isinstance(reading.value, dict):
        return reading
    named = _state(text)
    value = reading.value | ({"state": named} if named else {})
    return Reading(value, reading.status, reading.span)


def city_line(text: str, city: str) -> str:
    """Return a city with what follows it in its own field, as "Springfield, Illinois"."""
    region = text[max(text.rfind(_AFTER_REASONING), 0) :]
    found = re.findall(rf"(?<!\w){re.escape(city)}{_REST_OF_FIELD}", region)
    return f"{city}, {found[-1].strip()}" if found else city


def _with_position(reading: Reading, place: Place, position: Reading) -> Reading:
    """Add coordinates that stand apart from the names, as in prose."""
    if not isinstance(position.value, tuple):
        return reading
    lat, lon = position.value
    spans = [span for span in (reading.span, position.span) if span]
    span = (min(s[0] for s in spans), max(s[1] for s in spans)) if spans else None
    value: dict[str, str | float] = {**place, "lat": lat, "lon": lon}
    return Reading(value, "ok" if {"city", "country"} <= place.keys() else "partial", span)


def _state(text: str) -> str:
    """The state of the last JSON object, unless it says that it is unknown."""
    start = text.rfind(_AFTER_REASONING)
    objects = find_objects(text[start:] if start >= 0 else text)
    leaves: dict[str, Any] = {}
    for path, leaf in objects[-1].leaves() if objects else ():
        leaves[path[-1] if path else ""] = leaf.value
    found = next((leaves[key] for key in _STATE_KEYS if key in leaves), "")
    if not isinstance(found, str) or no_value(found) or found.strip().lower() in _STATE_KEYS:
        return ""
    return found.strip()
