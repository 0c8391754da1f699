"""A position in degrees."""

from geobench_tools.answers._declare import absence
from geobench_tools.answers._objects import last_object
from geobench_tools.answers._reading import Reading
from geobench_tools.geo import CoordinateReading, read_coordinates
from geobench_tools.loosejson import Node
from geobench_tools.plaintext import words

__all__ = ["coordinate_leaves", "read_latlon"]

_LATITUDES = words("lat latitude gps_latitude lat_deg latitud")
_LONGITUDES = words("lon lng long longitude gps_longitude lon_deg longitud")


def read_latlon(text: str) -> Reading:
    """Read (latitude, longitude) out of an answer region in plain text."""
    node = last_object(text)
    leaves = coordinate_leaves(node) if node else {}
    if leaves:
        return _from_leaves(text, leaves)
    found = read_coordinates(text)
    if found.value is None and found.status == "no_answer":
        return Reading(None, absence(text.lower()) or "no_answer")
    return Reading(found.value, found.status, found.span)


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
