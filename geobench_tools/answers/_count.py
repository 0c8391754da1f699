"""How many there are."""

import re
from collections.abc import Iterator
from functools import cache

from geobench_tools.answers._declare import LETTER, absence, declarations
from geobench_tools.answers._numbers import Number, find_numbers, nothing_there
from geobench_tools.answers._objects import ANSWER_KEYS, answer_leaf, outside_objects
from geobench_tools.answers._reading import Reading
from geobench_tools.answers._vocabulary import either
from geobench_tools.plaintext import words

__all__ = ["read_count"]

_KEYS = ANSWER_KEYS | words("count total number num quantity amount")
_COUNT_KEY = re.compile(r"(?:number|num|count)_of_\w+|num_\w+|(?:total_)?\w+_count")


class _CountKeys:
    """The keys of an object that hold a count: "count", "number_of_ships", "ship_count"."""

    def __contains__(self, name: object) -> bool:
        return name in _KEYS or (isinstance(name, str) and bool(_COUNT_KEY.fullmatch(name)))


_TOTALS = """
total; grand total; total number; total count; count; sum; number; altogether; in all; in total
overall; gesamt; insgesamt; au total; en total; no total; in totale; всего; итого
"""
_TOTALS_UNSPACED = "总数; 总共; 一共; 共; 数量; 合计; 合計"
_LINKING = """
of; is; are; was; there; we; i; have; count; see; about; approximately; around; roughly; exactly
equal; equals; 为; 是; 有
"""
_ANNOUNCED = re.compile(
    rf"(?:(?<!{LETTER}){either(_TOTALS)}(?!{LETTER})(?: of [\w -]{{1,40}}?)?"
    rf"|{either(_TOTALS_UNSPACED)})(?:[\s:=*_`~≈,]|{either(_LINKING)}){{0,12}}$|[=≈]\s?[*_$`]{{0,3}}$"
)
_TOTALLED = re.compile(
    r"[*_]{0,3}\s(?:[\w-]+\s){0,3}?(?:in total|total|altogether|in all|overall)(?![a-z])"
)
_WRAPPERS = " \t\r\n*_`\"'$()[]{}.,;:!=≈~<>"
_STRONG = "*_`"


def read_count(text: str, target: str | None = None) -> Reading:
    """Read a whole number out of an answer region in plain text.

    Args:
        text: The region.
        target: The things asked for ("ships"), to tell their number from others.
    """
    leaf = answer_leaf(text, _CountKeys())
    if leaf is not None:
        value = leaf.value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _reading([Number(float(value), leaf.start, leaf.end, False)])
        if isinstance(value, str):
            inner = read_count(text[leaf.start : leaf.end].replace("{", " "), target)
            span = inner.span and (inner.span[0] + leaf.start, inner.span[1] + leaf.start)
            return Reading(inner.value, inner.status, span)
    text = outside_objects(text)
    low = text.lower()
    singular = _singular(target)
    numbers = find_numbers(low)
    for found in _tiers(low, numbers, singular):
        if found:
            return _reading(found)
    nothing = nothing_there(low, singular)
    if nothing and not numbers:
        return Reading(0, "ok", nothing)
    if nothing and singular:
        return Reading(0, "ok", nothing)
    why = absence(low)
    if numbers and why is None:
        return _reading([*numbers, Number(0.0, *nothing, False)] if nothing else numbers)
    return Reading(None, why or "no_answer")


def _tiers(low: str, numbers: list[Number], target: str | None) -> Iterator[list[Number]]:
    """The numbers that may be the count, the surest places first."""
    numbers = [number for number in numbers if not number.listed]
    if len({number.value for number in numbers}) == 1 and not _rest(low, numbers):
        yield numbers
    ends = {
        declared.end for declared in declarations(low) if declared.strong and not declared.negated
    }
    yield [
        n
        for n in numbers
        if n.start in ends
        or _ANNOUNCED.search(low[max(0, n.start - 80) : n.start])
        or _TOTALLED.match(low, n.end)
    ][-1:]
    if target:
        yield [n for n in numbers if _counts(low, n, target)]
    yield [
        n
        for n in numbers
        if low[n.start - 1 : n.start] in tuple(_STRONG) and low[n.end : n.end + 1] in tuple(_STRONG)
    ][-1:]


def _rest(low: str, numbers: list[Number]) -> str:
    pieces, position = [], 0
    for number in numbers:
        pieces.append(low[position : number.start])
        position = number.end
    return "".join([*pieces, low[position:]]).strip(_WRAPPERS)


@cache
def _target_patterns(target: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    name = re.escape(target)
    after = rf"[*_]{{0,3}}\s(?:(?!and\b|or\b|of\b)[^\W\d][\w'-]{{0,23}}\s){{0,3}}?{name}"
    before = (
        rf"{name}\w{{0,3}}(?:\s[\w-]{{1,16}}){{0,3}}[*_]{{0,3}}\s?(?::|=|is|are|-|–)\s?[*_]{{0,3}}$"
    )
    return re.compile(after), re.compile(before)


def _counts(low: str, number: Number, target: str) -> bool:
    """Whether a number stands before the things asked for, or after their name and a colon."""
    after, before = _target_patterns(target)
    context = low[max(0, number.start - 60) : number.start]
    return after.match(low, number.end) is not None or before.search(context) is not None


def _singular(target: str | None) -> str | None:
    if not target:
        return None
    word = target.strip().lower().split()[-1] if target.strip() else ""
    for ending, singular in (("ies", "y"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("s", "")):
        if word.endswith(ending) and not word.endswith("ss") and len(word) > 3:
            return word[: -len(ending)] + ("" if singular == "y" else singular)
    return word or None


def _reading(numbers: list[Number]) -> Reading:
    values = {number.value for number in numbers}
    last = numbers[-1]
    span = (last.start, last.end)
    if len(values) > 1 or any(number.vague for number in numbers):
        return Reading(None, "ambiguous", span)
    if last.value < 0 or last.value != int(last.value):
        return Reading(None, "invalid", span)
    return Reading(int(last.value), "ok", span)
