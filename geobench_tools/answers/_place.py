"""A place: city, country, and coordinates if given."""

import re
from collections.abc import Callable

from geobench_tools.answers._address import Fields, read_line
from geobench_tools.answers._country import COUNTRY_KEYS, named_country
from geobench_tools.answers._declare import absence
from geobench_tools.answers._latlon import coordinate_leaves, read_latlon
from geobench_tools.answers._objects import last_object
from geobench_tools.answers._reading import Reading, Status
from geobench_tools.loosejson import Node
from geobench_tools.plaintext import words

__all__ = ["read_place"]

_CITY_KEYS = words(
    "city city_name cityname town locality municipality city_or_town ville ciudad cidade città "
    "citta stadt город 城市 市 都市 도시 مدينة şehir"
)
_OTHER_KEYS = words(
    "state region province county street address location place latitude longitude lat lon lng "
    "coordinates continent confidence reasoning explanation landmark état estado "
    "provincia bundesland"
)
_WHOLE_ADDRESS = words("address location place")
_NAME = "|".join(sorted(_CITY_KEYS | COUNTRY_KEYS | _OTHER_KEYS, key=len, reverse=True))
_LABEL = re.compile(
    rf"(?im)(?P<first>^[\s>*•|#-]{{0,8}}|(?<=[,;|(.]\s)|\bthe\s)?"
    rf"(?<![^\W\d_])(?P<name>{_NAME})"
    r"(?:[ _](?:name|or town))?[*_\"'`]{0,4}"
    rf"(?:[ \t]?[:=]|(?<=\w)>|[ \t]?\|(?=[^|\n]{{1,80}}\|[ \t]*$)(?!\W*(?:{_NAME})\W*\|)"
    r"|(?(first)[ \t][-–—](?=[ \t])|(?!))|[ \t](?P<verb>is|est|es|é|è|ist)(?=[ \t]))"
    r"[*_\"'`]{0,4}[ \t]*"
)
_TAIL = re.compile(r"(?i)\s+(?:and|y|et|und|with)(?:\s+(?:the|le|la|el|die|das))?\s*$")
_PRIORITY: tuple[Status, ...] = ("error", "ambiguous", "refusal", "invalid", "no_answer")


def read_place(text: str) -> Reading:
    """Read city, country and coordinates out of an answer region in plain text.

    The answer may be a JSON object, labelled lines, or "City, Region, Country" in either order.
    Fields that say "unknown" are left out, so is one that hedges ("France or Italy").
    """
    node = last_object(text)
    fields = _from_object(text, node) if node else None
    fields = fields or _from_labels(text) or _from_line(text)
    if not fields.values:
        why = {*fields.reasons, absence(text.lower()) or "no_answer"}
        return Reading(None, next(status for status in _PRIORITY if status in why))
    span = (min(start for start, _ in fields.spans), max(end for _, end in fields.spans))
    whole = "city" in fields.values and "country" in fields.values
    return Reading(fields.values, "ok" if whole else "partial", span)


def _from_object(text: str, node: Node) -> Fields | None:
    leaves = {path[-1].replace(" ", "_"): leaf for path, leaf in node.leaves() if path}
    city = next((leaf for name, leaf in leaves.items() if name in _CITY_KEYS), None)
    country = next((leaf for name, leaf in leaves.items() if name in COUNTRY_KEYS), None)
    if city is None and country is None and not coordinate_leaves(node):
        return None
    fields = Fields()
    if city is not None and isinstance(city.value, str):
        _add_leaf(fields, city, text, Fields.add_city)
    if country is not None and isinstance(country.value, str):
        _add_leaf(fields, country, text, _add_country)
    _add_position(fields, text[node.start : node.end], node.start)
    return fields


def _add_leaf(
    fields: Fields, leaf: Node, text: str, add: Callable[[Fields, str, int], None]
) -> None:
    """Add a field of an object; one with JSON escapes spans the whole value."""
    known, raw = len(fields.spans), text[leaf.start : leaf.end]
    value = str(leaf.value) if "\\" in raw else raw
    add(fields, value, leaf.start)
    if value != raw and len(fields.spans) > known:
        fields.spans[known] = (leaf.start, leaf.end)


def _from_line(text: str) -> Fields:
    fields = read_line(text)
    if fields.values:
        _add_position(fields, text, 0)
    return fields


def _from_labels(text: str) -> Fields | None:
    labels = list(_LABEL.finditer(text))
    found: dict[str, tuple[int, int]] = {}
    for index, label in enumerate(labels):
        following = labels[index + 1].start() if index + 1 < len(labels) else len(text)
        line_end = text.find("\n", label.end())
        end = min(following, line_end if line_end >= 0 else len(text))
        if label.group("verb") and not text[label.end() : end][:1].isupper():
            continue
        end = text.find("<", label.end(), end) if "<" in text[label.end() : end] else end
        tail = _TAIL.search(text, label.end(), end)
        end = tail.start() if tail else end
        name = label.group("name").lower()
        field = "city" if name in _CITY_KEYS else "country" if name in COUNTRY_KEYS else name
        if text[label.end() : end].strip(" \t*_,;"):
            found[field] = (label.end(), end)
    if not found.keys() & {"city", "country"}:
        return _from_address_label(text, found)
    fields = Fields()
    if "city" in found:
        fields.add_city(text[slice(*found["city"])], found["city"][0])
    if "country" in found:
        _add_country(fields, text[slice(*found["country"])], found["country"][0])
    _add_position(fields, text, 0)
    return fields


def _from_address_label(text: str, found: dict[str, tuple[int, int]]) -> Fields | None:
    for name in _WHOLE_ADDRESS & found.keys():
        start, end = found[name]
        fields = read_line(text[start:end])
        if fields.values:
            fields.spans = [(first + start, last + start) for first, last in fields.spans]
            _add_position(fields, text, 0)
            return fields
    return None


def _add_country(fields: Fields, value: str, offset: int) -> None:
    named = named_country(value)
    if named.code:
        fields.add("country", named.code, (offset + named.start, offset + named.end))
    else:
        fields.reasons.append(named.status)


def _add_position(fields: Fields, text: str, offset: int) -> None:
    reading = read_latlon(text)
    if isinstance(reading.value, tuple) and reading.span:
        span = (reading.span[0] + offset, reading.span[1] + offset)
        fields.add("lat", reading.value[0], span)
        fields.add("lon", reading.value[1], span)
