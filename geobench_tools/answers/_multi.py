"""Any number of options, by their keys."""

import re
from dataclasses import replace

from geobench_tools.answers._declare import absence
from geobench_tools.answers._marks import Mark, Options, find_marks, group_marks
from geobench_tools.answers._objects import answer_leaf, outside_objects
from geobench_tools.answers._options import claims, conclude
from geobench_tools.answers._reading import Reading

__all__ = ["read_multi"]

_LEAD = re.compile(r"(?:\s|[*_#>(\[\"'-])*")
_ALL = re.compile(
    r"(?:\W|answer|the|is|correct|are)*(all (?:of )?(?:the )?(?:above|options|of them))\W*"
)


def read_multi(text: str, choices: Options) -> Reading:
    """Read a set of option keys out of an answer region in plain text, in the options' order."""
    options = _with_joined_keys(choices)
    leaf = answer_leaf(text)
    if leaf is not None and leaf.value is not None:
        reading = _read(text[leaf.start : leaf.end].strip("[]").replace("{", " "), options)
        return replace(reading, span=(leaf.start, leaf.end) if reading.span else None)
    return _read(text, options)


def _with_joined_keys(options: Options) -> Options:
    """Let a run of capitals in the options' order ("AC") stand for several keys."""
    if not options.letters:
        return options
    single = options.resolve

    def resolve(written: str) -> tuple[str, ...]:
        keys = tuple(key for char in written for key in single(char))
        in_order = sorted(set(keys), key=options.keys.index)
        return keys if len(keys) == len(written) and list(keys) == in_order else ()

    return replace(options, token=rf"[A-Z]{{2,26}}|{options.token}", resolve=resolve)


def _read(text: str, options: Options) -> Reading:
    text = outside_objects(text)
    low = text.lower()
    everything = _ALL.fullmatch(low[:200])
    if everything:
        return Reading(list(options.keys), "ok", everything.span(1))
    marks = group_marks(low, find_marks(text, low, options))
    marks = [mark for mark in marks if len(mark.token) < 2 or mark.keys]
    marks = [mark for mark in marks if not (mark.either and len(mark.keys) == len(options.keys))]
    found = claims(low, marks)
    mark = _lines(low, [claim.mark for claim in found]) or conclude(found)
    why = None if mark else absence(low)
    if mark is None and why is None:
        mark = _only([m for m in marks if m.wrapped and m.keys and not m.small])
        mark = mark or _only([m for m in marks if not m.token])
    if mark is None:
        return Reading(None, why or "no_answer")
    span = (mark.start, mark.end)
    if mark.either:
        return Reading(None, "ambiguous", span)
    if mark.unknown or not mark.keys:
        return Reading(None, "invalid", span)
    return Reading(sorted(set(mark.keys), key=options.keys.index), "ok", span)


def _lines(low: str, marks: list[Mark]) -> Mark | None:
    """Join keys that each begin a line of their own."""
    heads = [low[max(0, mark.left - 40) : mark.left].rpartition("\n")[2] for mark in marks]
    leading = [mark for mark, head in zip(marks, heads, strict=True) if _LEAD.fullmatch(head)]
    if len(leading) < 2 or len(leading) != len(marks):
        return None
    keys = tuple(key for mark in leading for key in mark.keys)
    unknown = not all(mark.keys for mark in leading)
    return replace(leading[0], keys=keys, end=leading[-1].end, unknown=unknown)


def _only(marks: list[Mark]) -> Mark | None:
    return marks[0] if len(marks) == 1 else None
