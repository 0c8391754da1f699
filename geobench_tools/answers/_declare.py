"""Phrases that announce an answer, deny one, or say that there is none.

All functions take text in lower case, except where they say otherwise.
"""

import re
from typing import NamedTuple

from geobench_tools.answers import _vocabulary as vocabulary
from geobench_tools.answers._reading import Status
from geobench_tools.answers._vocabulary import either

__all__ = [
    "LETTER",
    "Declaration",
    "absence",
    "absence_end",
    "declarations",
    "denied_after",
    "denied_before",
]

LETTER = "[a-zA-Z\u00c0-\u024f\u0370-\u052f]"
"""A letter of an alphabet with words between blanks, as a pattern."""

_STARTS, _ENDS = f"(?<!{LETTER})", f"(?!{LETTER})"
_OPENING = r"[\s:=\-–—>→*_`~\"'$(\[{<«»|#,“‘「『【〈《]|\\[a-zA-Z]{1,12}\{?"

_NEGATION = (
    f"{_STARTS}{either(vocabulary.NEGATIONS)}{_ENDS}|{either(vocabulary.NEGATIONS_UNSPACED)}"
)
_GAP = (
    rf"(?:{_NEGATION}|{either(vocabulary.FILLERS)}{_ENDS}|{_OPENING}"
    rf"|{either(vocabulary.FILLERS_UNSPACED)}){{0,60}}+"
)
_DOUBT = re.compile(r"\b(?:possibly|perhaps|maybe)\b")
_NEGATED = re.compile(_NEGATION)
_DECLARATION = re.compile(
    rf"(?:(?P<strong>{_STARTS}{either(vocabulary.ANSWER_WORDS)}{_ENDS}"
    rf"|{either(vocabulary.ANSWER_WORDS_UNSPACED)}|\\f?boxed\s?(?=\{{)"
    rf"|{_STARTS}{either(vocabulary.LABEL_WORDS)}(?=[*_\"']{{0,3}}\s?[:=]"
    rf"|\s(?:is|would be|should be|must be|est|es|é|è|ist)\s))"
    rf"|(?P<weak>{_STARTS}{either(vocabulary.CONCLUDING_WORDS)}{_ENDS}"
    rf"|{either(vocabulary.CONCLUDING_WORDS_UNSPACED)})"
    rf"|(?P<hint>{_STARTS}{either(vocabulary.HINTING_WORDS)}{_ENDS}))(?P<gap>{_GAP})"
)
_LOWER_MAY_FOLLOW = re.compile(r"[:\\]|[(\[{*_`\"'$<]\s?$")
_CONDITION = re.compile(
    r"(?<![a-z])(?:(?<!even )if|unless|otherwise|had|were|might have|could have)(?![a-z])"
)
_GENUINE_IF = re.compile(r"\bif (?:i (?:had|have|must|were)|forced|asked|pressed|i'm)")
_SENTENCE_END = re.compile(r"[.!?。！？\n]")

_BEFORE = re.compile(
    rf"(?:{_STARTS}{either(vocabulary.DENIALS_BEFORE)}"
    rf"(?:[ \t]{{1,2}}{either(vocabulary.SKIPPED_AFTER_DENIAL)}(?![a-z])){{0,5}}"
    rf"|{either(vocabulary.DENIALS_BEFORE_UNSPACED)})(?:(?<![a-z:.])|[ \t\"'(\[*_`{{<])"
    r"[ \t\"'(\[*_`{<]{0,6}\Z|(?:\A|\n)[ \t*-]{0,4}[✗✘❌][ \t*]{0,4}\Z"
)
_AFTER = re.compile(
    r"[ \t)\]}>*_`\"'.:]{0,6}(?:"
    rf"{either(vocabulary.LINKS)}\s(?:(?:clearly|definitely|therefore|also|thus|probably|likely|all"
    rf"|both)\s){{0,2}}{either(vocabulary.DENIALS_OF_SUBJECT)}{_ENDS}"
    rf"|{either(vocabulary.DENIALS_AFTER)}{_ENDS}|{either(vocabulary.DENIALS_AFTER_UNSPACED)}"
    r"|[(\[–—: \t-]{1,4}(?:wrong|incorrect|false|no|nope|not likely|unlikely|ruled out"
    r"|eliminated)\b)"
)
_REFUSAL = re.compile(
    rf"{_STARTS}{either(vocabulary.REFUSALS)}{_ENDS}(?! help but)"
    r"(?! see (?!(?:the|this|any) (?:image|picture|photo)|images|it\b))"
    rf"|{either(vocabulary.REFUSALS_UNSPACED)}"
)
_NO_ANSWER = re.compile(
    rf"{_STARTS}{either(vocabulary.NO_ANSWERS)}{_ENDS}|{either(vocabulary.NO_ANSWERS_UNSPACED)}"
)


class Declaration(NamedTuple):
    """A phrase that announces an answer.

    Attributes:
        start: Offset of its first character.
        gap: Offset where the filling words after it begin.
        end: Offset where the announced answer stands.
        strong: Whether it names an answer ("the answer is"), not just a conclusion ("therefore").
        negated: Whether it denies what follows ("the answer is not").
        lower: Whether an option's letter may follow in lower case (after a colon or a bracket).
        conditional: Whether it stands in a condition ("if …, the answer would be") or adds another
            possibility ("but possibly").
        tentative: Whether it only hints at an answer ("resembles").
    """

    start: int
    gap: int
    end: int
    strong: bool
    negated: bool
    lower: bool
    conditional: bool
    tentative: bool


def declarations(text: str) -> list[Declaration]:
    """Find the phrases that announce an answer, in order."""
    return [
        Declaration(
            start=match.start(),
            gap=match.start("gap"),
            end=match.end(),
            strong=match.group("strong") is not None or "answer" in match.group("gap"),
            negated=_NEGATED.search(match.group("gap")) is not None
            or (match.group("strong") is not None and denied_before(text, match.start())),
            lower=match.group().startswith("\\")
            or _LOWER_MAY_FOLLOW.search(match.group("gap")) is not None,
            conditional=_is_conditional(text, match.start())
            or (match.group("strong") is None and _DOUBT.search(match.group("gap")) is not None),
            tentative=match.group("hint") is not None,
        )
        for match in _DECLARATION.finditer(text)
    ]


def _is_conditional(text: str, position: int) -> bool:
    sentence = _SENTENCE_END.split(text[max(0, position - 160) : position])[-1]
    return bool(_CONDITION.search(sentence)) and not _GENUINE_IF.search(sentence)


def denied_before(text: str, position: int) -> bool:
    """Say whether the words right before a position deny what stands there ("not", "rule out")."""
    return _BEFORE.search(text[max(0, position - 48) : position]) is not None


def denied_after(text: str, position: int) -> bool:
    """Say whether the words right after a position deny what stood there ("is wrong")."""
    return _AFTER.match(text, position) is not None


def absence_end(text: str) -> int:
    """Return the offset after the last phrase that declines to answer; 0 if there is none."""
    found = [match.end() for pattern in (_REFUSAL, _NO_ANSWER) for match in pattern.finditer(text)]
    return max(found, default=0)


def absence(text: str) -> Status | None:
    """Say whether text declines to answer: ``refusal``, ``no_answer``, or None."""
    if _REFUSAL.search(text):
        return "refusal"
    return "no_answer" if _NO_ANSWER.search(text) else None
