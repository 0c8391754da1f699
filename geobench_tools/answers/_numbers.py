"""Numbers in prose, and phrases that say that there is nothing."""

import re
from itertools import pairwise
from typing import NamedTuple

from geobench_tools.answers._declare import LETTER
from geobench_tools.answers._vocabulary import either, entries
from geobench_tools.plaintext import words

__all__ = ["Number", "find_numbers", "nothing_there"]

_SMALL = entries(
    """
    zero; one; two; three; four; five; six; seven; eight; nine; ten; eleven; twelve; thirteen
    fourteen; fifteen; sixteen; seventeen; eighteen; nineteen
    """
)
_TENS = entries("twenty; thirty; forty; fifty; sixty; seventy; eighty; ninety")
_VALUES = {word: value for value, word in enumerate(_SMALL)}
_VALUES |= {word: 10 * value for value, word in enumerate(_TENS, start=2)}
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000}
_WORD = "|".join([*_VALUES, *_SCALES])
_SPELLED = (
    rf"(?:(?:half )?a (?=dozen|hundred|thousand))?(?:{_WORD})(?:(?:[\s-]| and )(?:{_WORD})){{0,8}}"
)
_HAN = {char: value for value, char in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "兩": 2,
}
_HAN_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10000, "萬": 10000}
_NUMBER = re.compile(
    r"(?P<digits>(?<![0-9A-Za-z_.,])-?\d{1,3}(?:[,\u202f' ]\d{3}){1,5}(?![\d.,]*\d)"
    r"|(?<![0-9A-Za-z_.])-?\d{1,15}(?:\.\d{1,15})?)"
    rf"|(?<!{LETTER})(?P<word>{_SPELLED})(?!{LETTER}|-)"
    r"|(?P<han>[零〇一二两兩三四五六七八九十百千万萬]{1,12})"
)
_UNITS = """
km; m; cm; mm; px; mi; mile; miles; ft; feet; percent; year; years; m²; km²; hectare; hectares; acre
acres; degree; degrees; mp; k; st; nd; rd; th; am; pm; band; bands; x; d; s; meter; meters; metre
metres; kilometer; kilometers; kilometre; kilometres; pixel; pixels
"""
_UNIT = re.compile(rf"\s?(?:{either(_UNITS)}\b|x\s?\d|×|%|°|:\d|/\d)")
_LABELS = """
image; img; figure; fig.; row; column; step; option; line; level; zone; page; table; building; route
highway; question; item; no.; #; x; ×; in the year
"""
_LABEL = re.compile(rf"{either(_LABELS)}\s?[-_]?$")
_YEAR = re.compile(r"(?:19|20)\d\d")
_BEFORE_YEAR = re.compile(r"\b(?:in|since|from|of|by|circa|year|early|late|until)\s$")
_BOUNDS = """
at least; at most; more than; less than; fewer than; greater than; over; under; above; below; up to
exceed; exceeds; exceeding; minimum of; maximum of; plus de; moins de; mehr als; weniger als
más de; menos de; <; >; ≥; ≤
"""
_BOUND = re.compile(rf"{either(_BOUNDS)}\s?$")
_RANGE_JOIN = re.compile(
    r"\s?(?:-|–|—|~|to|or|through|bis|à|或|至|到)\s?(?:maybe |perhaps |possibly )?"
)
_SUMMED = re.compile(r"\+|±|\s[+*×]\s\d")
_BETWEEN = re.compile(r"\b(?:between|from|entre|zwischen)\s$")
_LIST_LINE = re.compile(r"(?m)^\s{0,8}(?:[-*] )?(?P<n>\d{1,3})[.)]\s")
_COMMA = re.compile(r"\s?,\s{0,2}(?:and\s)?|\s?(?:…|\.{3})\s?")
_ABSTRACT = words(
    "doubt idea way answer information clear data image specific other more one need reason "
    "further sign evidence matter problem question longer additional such exact easy single i "
    "and or"
)
_NOTHING = re.compile(
    rf"(?<!{LETTER})(?:there (?:is|are|appears? to be|seems? to be) (?:no|not any|none of)"
    r"|there (?:aren't|isn't|are not|is not) any"
    r"|(?:do not|don't|cannot|can't|can not) (?:see|find|detect|spot|count) any"
    r"|(?:i|we|one) (?:can )?(?:see|count|find|detect|spot|identify|observe)s? (?:no|zero)"
    r"|(?:contains?|shows?|has|have|with) no|^\W{0,6}(?:no|zero))"
    r" (?P<noun>(?:[\w-]{1,24}\s){0,3}[\w-]{2,24})"
)
_NONES = """
none; zero; nil; nothing; 0; 没有; 無; 无; なし; 없음; aucun; aucune; keine; ninguno; ninguna
nenhum; nenhuma; nessuno; нет; ноль
"""
_NONE = re.compile(
    rf"(?:[^\w\s]|answer|total|count|number|is|the|\s)*+(?P<none>{either(_NONES)})\W*+"
)


class Number(NamedTuple):
    """A number that may be a count.

    Attributes:
        value: The number; not always whole.
        start: Offset of its first character.
        end: Offset after its last character.
        vague: Whether it is one end of a range or a bound ("3 or 4", "more than 20").
        listed: Whether it belongs to a count on one's fingers ("1, 2, 3").
    """

    value: float
    start: int
    end: int
    vague: bool
    listed: bool = False


def find_numbers(low: str) -> list[Number]:
    """Find the numbers of plain lower-case text that may count something.

    Left out are numbers with a unit, sizes such as 512x512, years, ordinals, the numbers of list
    lines and of images.
    """
    lines = [match.span("n") for match in _LIST_LINE.finditer(low)]
    skipped = set(lines) if len(lines) > 1 else set()
    matches = list(_NUMBER.finditer(low))
    joined = [bool(_RANGE_JOIN.fullmatch(low, a.end(), b.start())) for a, b in pairwise(matches)]
    found = []
    for match, after, before in zip(matches, [*joined, False], [False, *joined], strict=False):
        start, end = match.span()
        context = low[max(0, start - 24) : start]
        if (start, end) in skipped or _UNIT.match(low, end) or _LABEL.search(context):
            continue
        if _YEAR.fullmatch(match.group()) and _BEFORE_YEAR.search(context):
            continue
        bounded = _BOUND.search(context) or _BETWEEN.search(context)
        vague = after or before or bounded is not None or _SUMMED.match(low, end) is not None
        found.append(Number(_value(match), start, end, vague))
    return _with_listed(low, found)


def _with_listed(low: str, numbers: list[Number]) -> list[Number]:
    """Mark runs "1, 2, 3, …" of three and more."""
    runs: list[list[Number]] = []
    for number in numbers:
        last = runs[-1][-1] if runs else None
        if (
            last
            and number.value == last.value + 1
            and _COMMA.fullmatch(low, last.end, number.start)
        ):
            runs[-1].append(number)
        else:
            runs.append([number])
    return [
        number._replace(listed=len(run) > 2 and run[0].value == 1) for run in runs for number in run
    ]


def _value(match: re.Match[str]) -> float:
    if match.group("digits"):
        return float(
            match.group("digits").translate({0x2C: None, 0x202F: None, 0x27: None, 0x20: None})
        )
    if match.group("han"):
        return float(_han(match.group("han")))
    total, part = 0, 0
    spelled = match.group("word").replace("-", " ").replace("half a dozen", "six")
    for word in spelled.split():
        if word in _VALUES:
            part += _VALUES[word]
        elif word in _SCALES:
            part = max(part, 1) * _SCALES[word]
            if word == "thousand":
                total, part = total + part, 0
    return float(total + part)


def _han(text: str) -> int:
    if not any(char in _HAN_SCALES for char in text):
        return int("".join(str(_HAN[char]) for char in text))
    total, part, digit = 0, 0, 0
    for char in text:
        if char in _HAN:
            digit = _HAN[char]
        elif _HAN_SCALES[char] == 10000:
            total, part, digit = total + (part + digit) * 10000, 0, 0
        else:
            part, digit = part + (digit or 1) * _HAN_SCALES[char], 0
    return total + part + digit


def nothing_there(low: str, target: str | None = None) -> tuple[int, int] | None:
    """Return the span of a phrase that says that there is none of the things asked for, or None.

    Args:
        low: Plain text in lower case.
        target: The things asked for, in lower case and singular; None for any.
    """
    alone = _NONE.fullmatch(low[:60]) if len(low) <= 60 else None
    if alone:
        return alone.span("none")
    for match in _NOTHING.finditer(low):
        nouns = match.group("noun").split()
        if nouns[0] in _ABSTRACT:
            continue
        if target is None or any(noun.startswith(target) for noun in nouns):
            return match.span()
    return None
