"""What a reply is built of: reasoning, one answer, and the flaws that earn no accuracy.

A reply is rewarded for choosing, so whatever would let it hedge is a flaw: several answer blocks,
an answer inside the reasoning, reasoning that is empty or filler.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from geobench_tools.answers import Source

__all__ = ["NGRAM", "Shape", "repeated_share", "shape_of"]

_TEMPLATE = re.compile(
    r"\s*<think>(?P<thought>.*?)</think>\s*<answer>(?P<answer>[^<]*)</answer>\s*", re.DOTALL
)
_TAG = re.compile(
    r"(?i)<\s?(?P<close>[/\\]?)\s?(?:(?P<think>think(?:ing)?)|(?:final[_ ]?)?ans(?:wer)?)\s?>"
    r"|\[(?P<mark>/?)answer\]"
)
_RUN = re.compile(r"(\S)\1{63}")
_LONGEST_ANSWER = 200
_LONGEST_WORD = 64
NGRAM = 6
_PADDED_SHARE = 0.5
_FEWEST_WORDS = 24
_FEWEST_CHARACTERS = 200


class Shape(NamedTuple):
    """How a reply is built.

    Attributes:
        formed: It is ``<think>…</think><answer>…</answer>`` from end to end and has no flaw.
        flaw: Why it earns no accuracy whatever it answers; empty if it may.
        repeated: Share of its six-word sequences that repeat an earlier one.
        answer: Content of its answer block if it is formed, without surrounding space.
    """

    formed: bool
    flaw: str
    repeated: float
    answer: str = ""


@lru_cache(maxsize=2048)
def shape_of(text: str) -> Shape:
    """Return how a reply is built."""
    words = text.lower().split()
    repeated = repeated_share(words, NGRAM)
    tagged = Source(text).text if "&" in text or "\uff1c" in text else text
    match = _TEMPLATE.fullmatch(text)
    formed = match is not None and _has_four_tags(tagged)
    answer = ""
    if formed and match:
        answer = match.group("answer").strip()
        flaw = _answer_flaw(answer) or _thought_flaw(match.group("thought"))
    else:
        flaw = _flaw(tagged)
    if not flaw and len(words) >= _FEWEST_WORDS and repeated >= _PADDED_SHARE:
        flaw = "padded reasoning"
    return Shape(formed and not flaw, flaw, repeated, answer)


def _has_four_tags(text: str) -> bool:
    """Whether no other tag hides in the reasoning; tags are rare, so most texts need one count."""
    return text.count("<") == 4 or sum(1 for _ in _TAG.finditer(text)) == 4


def _flaw(text: str) -> str:
    answers: list[int] = []
    ends: list[int] = []
    thoughts: list[int] = []
    closed: list[tuple[int, int]] = []
    for tag in _TAG.finditer(text):
        closing = bool(tag.group("close") or tag.group("mark"))
        if tag.group("think"):
            closed += [tag.span()] if closing else []
            thoughts += [] if closing else [tag.end()]
        elif closing:
            ends.append(tag.start())
        else:
            answers.append(tag.end())
    if len(answers) > 1 or len(ends) > 1:
        return "several answers"
    if len(thoughts) > 1 or len(closed) > 1:
        return "several thoughts"
    if closed and answers and answers[0] < closed[0][1]:
        return "answer inside the reasoning"
    if thoughts and answers and not closed and answers[0] > thoughts[0]:
        return "answer inside the reasoning"
    if answers and (flaw := _answer_flaw(text[answers[0] : ends[0] if ends else len(text)])):
        return flaw
    if closed:
        return _thought_flaw(text[thoughts[0] if thoughts else 0 : closed[0][0]])
    return ""


def _answer_flaw(answer: str) -> str:
    return "padded answer" if len(answer) > _LONGEST_ANSWER else ""


def _thought_flaw(thought: str) -> str:
    words = thought.split()
    if not any(map(_says_something, words)):
        return "empty reasoning"
    if len(thought) >= _FEWEST_CHARACTERS and 2 * sum(map(len, words)) < len(thought):
        return "padded reasoning"
    if len(max(words, key=len)) > _LONGEST_WORD and _RUN.search(thought):
        return "padded reasoning"
    return ""


def _says_something(word: str) -> bool:
    return word.isalnum() or any(map(str.isalnum, word))


def repeated_share(words: list[str], n: int) -> float:
    """Return the share of n-grams that repeat an earlier one, 0 where there is none.

    1 - distinct / all, as in Yeo et al. 2025 (arXiv 2502.03373, appendix C.2).
    """
    total = len(words) - n + 1
    if total < 1:
        return 0.0
    return 1 - len(set(zip(*(words[i:] for i in range(n)), strict=False))) / total
