"""A position in degrees."""

import re
from dataclasses import replace

from geobench_tools.answers._declare import absence, declarations
from geobench_tools.answers._objects import last_object
from geobench_tools.answers._reading import Reading
from geobench_tools.geo import CoordinateReading, read_coordinates
from geobench_tools.loosejson import Node
from geobench_tools.plaintext import words

__all__ = ["coordinate_leaves", "read_latlon"]

_LATITUDES = words("lat latitude gps_latitude lat_deg latitud")
_SENTENCE_END = re.compile(r"[.!?;](?=\s)|\n")
_SIGNS = "+-–—"
_BEFORE = " \t*_`\"'([{$:=≈~"
_LONGITUDES = words("lon lng long longitude gps_longitude lon_deg longitud")


def read_latlon(text: str) -> Reading:
    """Read (latitude, longitude) out of an answer region in plain text."""
    node = last_object(text)
    leaves = coordinate_leaves(node) if node else {}
    if leaves:
        return _from_leaves(text, leaves)
    found = _declared(text) or read_coordinates(text)
    if found.value is None and found.status == "no_answer":
        return Reading(None, absence(text.lower()) or "no_answer")
    return Reading(found.value, found.status, found.span)


def _declared(text: str) -> CoordinateReading | None:
    """The position right after the last "answer:", if one stands there."""
    for declared in reversed(declarations(text.lower())):
        if not declared.strong or declared.negated or declared.conditional:
            continue
        start = declared.end - (text[declared.end - 1] in _SIGNS)
        sentence = _SENTENCE_END.search(text, start)
        line = text[start : sentence.start() if sentence else len(text)]
        found = read_coordinates(line)
        if found.span is None or line[: found.span[0]].strip(_BEFORE):
            return None
        return replace(found, span=(found.span[0] + start, found.span[1] + start))
    return None


def coordinate_leaves(node: Node) -> dict[str, Node]:
    """Return an object's values of latitude and longitude, as far as it has them."""
    found = {}
    for path, leaf in node.leaves():
        name = path[-1] if path else ""
        if name in _LATITUDES and not isinstance(leaf.value, list):
            found["lat"] = leaf
        elif name in _LONGITUDES and not isinstance(leaf.value, list):
            found["lon"] = leaf
    return found


def _from_leaves(text: str, leaves: dict[str, Node]) -> Reading:
    written = {axis: text[leaf.start : leaf.end] for axis, leaf in leaves.items()}
    found: CoordinateReading = read_coordinates(
        "\n".join(f"{axis}: {value}" for axis, value in written.items() if value.strip())
    )
    if found.value is None:
        return Reading(None, found.status)
    start = min(leaf.start for leaf in leaves.values())
    return Reading(found.value, found.status, (start, max(leaf.end for leaf in leaves.values())))
