"""Axis-aligned boxes, as corners in the units of the reply."""

import math
import re

from geobench_tools.answers._declare import absence
from geobench_tools.answers._numbers import nothing_there
from geobench_tools.answers._reading import Reading, Span, Status

__all__ = ["read_bbox"]

_NUMBER = r"[+-]?(?:\d{1,9}(?:\.\d{0,15})?|\.\d{1,15})"
_GROUP = re.compile(
    rf"[\[(<{{]\s{{0,9}}(?P<items>{_NUMBER}(?:px)?(?:\s{{0,9}}[,;\s]\s{{0,9}}{_NUMBER}(?:px)?){{0,15}})\s{{0,9}}[,;]?\s{{0,9}}[\])>}}]"
)
_BARE = re.compile(
    rf"(?<![\w.])(?P<items>{_NUMBER}(?:px)?(?:\s{{0,3}}[,;]\s{{0,3}}|\s{{1,3}}){_NUMBER}(?:px)?(?:(?:\s{{0,3}}[,;]\s{{0,3}}|\s{{1,3}}){_NUMBER}(?:px)?){{1,6}})(?![\w.]*\d)"
)
_CORNERS = (
    ("x1", "y1", "x2", "y2"),
    ("xmin", "ymin", "xmax", "ymax"),
    ("left", "top", "right", "bottom"),
)
_SIZED = (("x", "y", "width", "height"), ("x", "y", "w", "h"), ("left", "top", "width", "height"))
_NAMED = re.compile(
    rf"(?<![a-z0-9])(?P<name>x_?1|y_?1|x_?2|y_?2|x_?min|y_?min|x_?max|y_?max|left|top|right|bottom|width|height|x|y|w|h)\s?[\"']?\s?[:=]\s?(?P<value>{_NUMBER})"
)
_JOINED = re.compile(
    r"[\s,;]{0,4}(?:-|–|to|and|→)?[\s,;]{0,4}"
    r"(?:(?:the )?(?:top|bottom|upper|lower)[- ](?:left|right)(?: corner)?[\s:=]{0,4})?"
)
_EMPTY = re.compile(r"\[\s{0,9}\]")

Box = list[float]


def read_bbox(text: str) -> Reading:
    """Read a list of boxes out of an answer region in plain text; no object is an empty list."""
    low = text.lower()
    found = _named_boxes(text, low) or _grouped_boxes(text) or _bare_boxes(text)
    if found:
        return _reading(found)
    nothing = nothing_there(low)
    empty = _EMPTY.search(text)
    if nothing or empty:
        return Reading([], "ok", nothing or (empty.span() if empty else None))
    return Reading(None, absence(low) or "no_answer")


def _reading(found: list[tuple[list[float] | None, Span]]) -> Reading:
    boxes: list[Box] = []
    reordered = False
    spans = [span for _, span in found]
    for numbers, _ in found:
        box = _ordered(numbers)
        if box is not None:
            boxes.append(box)
            reordered = reordered or box != numbers
    span = (min(span[0] for span in spans), max(span[1] for span in spans))
    if not boxes:
        return Reading(None, "invalid", span)
    status: Status = "partial" if len(boxes) < len(found) else "reordered" if reordered else "ok"
    return Reading(boxes, status, span)


def _ordered(numbers: list[float] | None) -> Box | None:
    if numbers is None or len(numbers) != 4 or not all(math.isfinite(n) for n in numbers):
        return None
    x1, y1, x2, y2 = numbers
    box = [min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)]
    return box if box[0] < box[2] and box[1] < box[3] else None


def _numbers(items: str) -> list[float]:
    return [_number(item) for item in re.findall(_NUMBER, items)]


def _number(item: str) -> float:
    return int(item) if item.lstrip("+-").isdigit() else float(item)


def _grouped_boxes(text: str) -> list[tuple[list[float] | None, Span]]:
    groups = [(_numbers(match.group("items")), match.span()) for match in _GROUP.finditer(text)]
    found: list[tuple[list[float] | None, Span]] = []
    index = 0
    while index < len(groups):
        numbers, span = groups[index]
        following = groups[index + 1] if index + 1 < len(groups) else None
        if (
            len(numbers) == 2
            and following
            and len(following[0]) == 2
            and _JOINED.fullmatch(text, span[1], following[1][0])
        ):
            found.append((numbers + following[0], (span[0], following[1][1])))
            index += 1
        else:
            found.append((numbers, span))
        index += 1
    boxes = [entry for entry in found if entry[0] and len(entry[0]) == 4]
    return [entry for entry in found if entry[0] and len(entry[0]) > 1] if boxes else found


def _bare_boxes(text: str) -> list[tuple[list[float] | None, Span]]:
    return [(_numbers(match.group("items")), match.span("items")) for match in _BARE.finditer(text)]


def _named_boxes(text: str, low: str) -> list[tuple[list[float] | None, Span]]:
    found: list[tuple[list[float] | None, Span]] = []
    current: dict[str, float] = {}
    start = 0
    for match in _NAMED.finditer(low):
        name = match.group("name").replace("_", "")
        if name in current:
            current = {}
        if not current:
            start = match.start()
        current[name] = _number(match.group("value"))
        box = _from_names(current)
        if box:
            found.append((box, (start, match.end())))
            current = {}
    return found


def _from_names(named: dict[str, float]) -> list[float] | None:
    for names in _CORNERS:
        if all(name in named for name in names):
            return [named[name] for name in names]
    for names in _SIZED:
        if all(name in named for name in names):
            x, y, width, height = (named[name] for name in names)
            return [x, y, x + width, y + height]
    return None
