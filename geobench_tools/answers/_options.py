"""Which option a text claims to be the answer."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from geobench_tools.answers import _vocabulary as vocabulary
from geobench_tools.answers._declare import LETTER, Declaration, declarations
from geobench_tools.answers._marks import Mark
from geobench_tools.answers._vocabulary import either

__all__ = ["Claim", "claims", "conclude"]

_ARTICLE = r"(?:(?:an?|the|une?|el|la|le|un|una|eine?[nrms]?)\s)?"
_OPEN = r"[\s*_`~\"'$(\[{<«“‘「『【〈《#>\\]"
_NOUNS = rf"(?:{either(vocabulary.NOUNS)}[\s:_\-.]{{0,3}})"
_LEADS_IN = re.compile(rf"\s*+(?:[-+•]\s)?(?:{_OPEN}|{_NOUNS}|{either(vocabulary.HEDGES)}\s)*+")
_DECLARED = re.compile(rf"{_OPEN}{{0,6}}{_ARTICLE}{_OPEN}{{0,6}}")
_NOTHING = re.compile("[\\s*_`~\"'$)\\]}>.,;:!?»”’」』】。\\\\\U0001f300-\U0001faff]*+")
_SEPARATOR = re.compile(
    r"\s?[.):;,–—。\-]|\s\(|\s(?:because|since|due to|instead of|rather than)\s"
)
_REASON = re.compile(rf"\s{{0,4}}{either(vocabulary.REASONS)}(?!{LETTER})")
_SENTENCE_BREAK = re.compile(rf"(?:[.!?。:\n]\s*|[,–—]\s){_NOUNS}?{_OPEN}{{0,8}}$")
_PRAISED = re.compile(
    rf"\s(?:{either(vocabulary.LINKS)})\s(?:(?:clearly|definitely|therefore|also|thus|indeed|probably"
    rf"|likely)\s)?{either(vocabulary.PRAISE)}(?!{LETTER})|\s{either(vocabulary.PRAISE_OTHER)}(?!{LETTER})"
    r"|\s(?:as\s)?(?:the|my) (?:correct|right|best|most [a-z]+)"
    r" (?:answer|option|choice|match|fit)\b"
    r"|\s(?:fits|matches)(?:\s[a-z]+){1,4}\sbest\b"
    rf"|\s?{either(vocabulary.PRAISE_UNSPACED)}|\s?[✓✔✅]|\s?\((?:correct|right)\)"
)

_NEAR = 100


class Claim(NamedTuple):
    """A mark in a place that makes it an answer.

    Attributes:
        mark: What is claimed; no keys if it is an option that does not exist.
        conditional: Whether it stands in a condition or is tentative.
    """

    mark: Mark
    conditional: bool = False


def claims(low: str, marks: list[Mark]) -> list[Claim]:
    """Find the marks that the text gives as its answer, in order.

    They are: what the text begins with or consists of, what a declaration announces, what is called
    correct, and what stands alone at the end.
    """
    found = declarations(low)
    ends = [declaration.end for declaration in found]
    lead_in = _LEADS_IN.match(low)
    lead = lead_in.end() if lead_in else 0
    claimed = []
    for mark in marks:
        declaration = _declaration_of(low, mark, found, ends)
        if declaration is not None and declaration.negated:
            continue
        if declaration is not None and _may_be_declared(low, mark, declaration):
            claimed.append(Claim(mark, declaration.conditional or declaration.tentative))
        elif any(_places(low, mark, lead)):
            claimed.append(Claim(mark))
    return claimed


def _declaration_of(
    low: str, mark: Mark, found: list[Declaration], ends: list[int]
) -> Declaration | None:
    index = bisect_right(ends, mark.start)
    if index < len(found) and found[index].gap <= mark.start:
        return found[index] if not mark.token or mark.end >= found[index].end else None
    if index == 0:
        return None
    declaration = found[index - 1]
    close = mark.start - declaration.end < 24
    return declaration if close and _DECLARED.fullmatch(low, declaration.end, mark.start) else None


def _may_be_declared(low: str, mark: Mark, declaration: Declaration) -> bool:
    """Whether a declared mark is an answer and not the first word of a phrase ("is A road")."""
    if not mark.token:
        return True
    if mark.small and not (declaration.lower or mark.wrapped):
        return False
    after = low[mark.right : mark.right + 2]
    if mark.wrapped or mark.right > mark.end or not after.strip() or not after[:1].isspace():
        return not (after[:1].isalnum() and after[0] < "\u0590" and mark.token.isalpha())
    if not after[1].isalnum() or _REASON.match(low, mark.right):
        return True
    return declaration.strong and not mark.wordlike


def _places(low: str, mark: Mark, lead: int) -> Iterator[bool]:
    leads = mark.left <= lead
    alone = _NOTHING.fullmatch(low, mark.right) is not None
    yield leads and (alone or _heads(low, mark))
    if not mark.keys:
        return
    by_itself = (leads or _starts_line(low, mark)) and (alone or _ends_line(low, mark))
    yield by_itself and (leads or alone) and bool(mark.token)
    yield alone and bool(mark.token) and not mark.small and _breaks(low, mark)
    yield _PRAISED.match(low, mark.right) is not None and (not mark.small or mark.wrapped)


def _starts_line(low: str, mark: Mark) -> bool:
    before = low[max(0, mark.left - _NEAR) : mark.left].rpartition("\n")
    return bool(before[1]) and _LEADS_IN.fullmatch(before[2]) is not None


def _ends_line(low: str, mark: Mark) -> bool:
    after = low[mark.right : mark.right + _NEAR].partition("\n")
    return bool(after[1]) and _NOTHING.fullmatch(after[0]) is not None


def _breaks(low: str, mark: Mark) -> bool:
    asked = "?" in low[mark.right : mark.right + _NEAR]
    before = low[max(0, mark.start - 40) : mark.start]
    return not asked and _SENTENCE_BREAK.search(before) is not None


def _heads(low: str, mark: Mark) -> bool:
    """Whether a mark at the beginning is an answer that reasons follow: "C — because …"."""
    if not mark.token:
        return False
    separator = _SEPARATOR.match(low, mark.right) or _SEPARATOR.match(low, mark.end)
    if mark.right - mark.end > 3 and not mark.small:
        return True
    if separator is None:
        return mark.wrapped and not mark.small
    if mark.small:
        return separator.group() in (")", ".", ":") and not mark.listed > 1
    if separator.group().strip() == "," and mark.wordlike:
        return _REASON.match(low, separator.end()) is not None
    return True


def conclude(found: list[Claim]) -> Mark | None:
    """Return the mark that counts: the last one; a conditional one only if there is no other."""
    unconditional = [claim for claim in found if not claim.conditional]
    return (unconditional or found)[-1].mark if found else None
