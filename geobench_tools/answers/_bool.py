"""Yes or no."""

import re

from geobench_tools.answers._declare import absence
from geobench_tools.answers._marks import Mark, Options, find_marks, group_marks
from geobench_tools.answers._objects import answer_leaf, outside_objects
from geobench_tools.answers._options import claims, conclude
from geobench_tools.answers._reading import Reading
from geobench_tools.answers._vocabulary import entries

__all__ = ["read_bool"]

_YES = """
yes; yeah; yep; true; oui; sí; sì; si; ja; sim; да; evet; tak; ano; ya; có; ναι; kyllä; igen; jā
taip
是; 是的; 对; 對; 有; はい; 예; 네; 맞습니다; نعم; हाँ; हां; ใช่; כן; হ্যাঁ
"""
_NO = """
no; nope; false; non; nein; não; нет; hayır; nie; ne; tidak; không; όχι; nee; nej; nei; ei; nem
否; 不是; 没有; 沒有; 不; 不对; 不對; いいえ; 아니요; 아니오; لا; नहीं; ไม่ใช่; לא; না
"""
_WORDS = dict.fromkeys(entries(_YES), "yes") | dict.fromkeys(entries(_NO), "no")
_TOKEN = "|".join(f"(?i:{re.escape(word)})" for word in sorted(_WORDS, key=len, reverse=True))
_OPTIONS = Options(
    ("yes", "no"),
    _TOKEN,
    lambda written: (_WORDS[written.lower()],) if written.lower() in _WORDS else (),
    letters=False,
    enumerated=False,
)
_NOT_A_NO = re.compile(
    r"\W{0,4}\s?(?:doubt|idea|way|answer|information|one|matter|problem|question|clear|specific|data"
    r"|image|sure|comment|need|reason|longer|more|evidence)\b"
)
_STATED = re.compile(r"\b(?:is|are|was|be|seems)\s(?:\w{3,12}\s)?$")


def read_bool(text: str) -> Reading:
    """Read a truth value out of an answer region in plain text.

    A word of agreement counts where it stands for itself: alone, at the beginning, after a
    declaration, or at the end of a sentence. "No boats" in mid-sentence is no answer.
    """
    leaf = answer_leaf(text)
    if leaf is not None:
        if isinstance(leaf.value, bool):
            return Reading(leaf.value, "ok", (leaf.start, leaf.end))
        if isinstance(leaf.value, str):
            return _moved(read_bool(leaf.value.replace("{", " ")), leaf.start)
    text = outside_objects(text)
    low = text.lower()
    marks = group_marks(low, find_marks(text, low, _OPTIONS))
    marks = [mark for mark in marks if not low.startswith("that ", mark.right + 1)]
    found = conclude(claims(low, marks))
    found = found or next((mark for mark in marks[:1] if _begins(low, mark)), None)
    found = found or next((mark for mark in reversed(marks) if _replies(low, mark)), None)
    found = found or next((mark for mark in reversed(marks) if _is_stated(low, mark)), None)
    if found is None:
        return Reading(None, absence(low) or ("ambiguous" if _both(marks) else "no_answer"))
    if len(found.keys) > 1:
        return Reading(None, "ambiguous", (found.start, found.end))
    return Reading(found.keys[0] == "yes", "ok", (found.start, found.end))


def _moved(reading: Reading, offset: int) -> Reading:
    span = reading.span and (reading.span[0] + offset, reading.span[1] + offset)
    return Reading(reading.value, reading.status, span)


def _begins(low: str, mark: Mark) -> bool:
    """Whether the text opens with a yes or no that needs no comma: "No visible water"."""
    leads = not low[: mark.left].strip(" \t\r\n*_\"'`#>")
    english = mark.token.lower() in ("yes", "no")
    hedged = re.match(r"\s(?:or|and)\b", low[mark.right : mark.right + 5]) is not None
    return leads and english and not hedged and not _NOT_A_NO.match(low, mark.right)


def _replies(low: str, mark: Mark) -> bool:
    """Whether a yes or no follows a question: "Is there a bridge? Yes, on the left."."""
    asked = low[max(0, mark.left - 8) : mark.left].rstrip().endswith("?")
    return asked and low[mark.right : mark.right + 1] in ",.;!:"


def _is_stated(low: str, mark: Mark) -> bool:
    """Whether a clause ends in "is true" or "is false"."""
    ends = not low[mark.right : mark.right + 2].lstrip(" ")[:1].isalnum()
    stated = _STATED.search(low[max(0, mark.left - 24) : mark.left]) is not None
    return ends and stated and mark.token.lower() in ("true", "false")


def _both(marks: list[Mark]) -> bool:
    return any(len(mark.keys) > 1 for mark in marks)
