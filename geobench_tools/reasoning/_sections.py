"""A trace cut up: tags, reasoning and answer, sentences."""

import re
from dataclasses import dataclass

from geobench_tools.plaintext import words
from geobench_tools.reasoning._claims import Span

__all__ = ["Sections", "cut", "sentences"]

_TAG = re.compile(r"(?i)<(/?)(think|answer)>")
_OBJECT_KEY = re.compile(r"\"[A-Za-z_ ]{2,40}\"\s?:")
_END = re.compile(r"[.!?](?=[\s\"')\]*]|$)[\"')\]*]{0,4}|[。\uff01\uff1f]|\n|;(?=\s)")
_AFTER_ANGLE = re.compile(r"[\d°'\"]\s?[NSEW]$")
_SHORT = words(
    "st mt dr mr mrs ms vs eg ie ca ft av ave blvd approx u.s e.g i.e u.k etc cf fig tel"
)
_NUMBERED = re.compile(r"\. ?\d")


@dataclass(frozen=True, slots=True)
class Sections:
    """Where the parts of a trace stand.

    Attributes:
        reasoning: Inside ``<think>``; before the answer where there is no such tag.
        answer: Inside the last ``<answer>``, or None.
        problems: What is wrong with the tags: ``tags:think``, ``tags:answer``, ``tags:order``,
            ``tags:outside`` (text between or around the two blocks).
    """

    reasoning: Span
    answer: Span | None
    problems: tuple[str, ...]


def cut(text: str) -> Sections:
    """Find the ``<think>`` and ``<answer>`` blocks of a trace."""
    tags = [(m.group(1) + m.group(2).lower(), m.start(), m.end()) for m in _TAG.finditer(text)]
    names = [name for name, _, _ in tags]
    problems = [
        f"tags:{name}"
        for name in ("think", "answer")
        if names.count(name) != 1 or names.count(f"/{name}") != 1
    ]
    if not problems:
        if names != ["think", "/think", "answer", "/answer"]:
            problems.append("tags:order")
        elif (text[: tags[0][1]] + text[tags[1][2] : tags[2][1]] + text[tags[3][2] :]).strip():
            problems.append("tags:outside")
    opened = next((end for name, _, end in tags if name == "think"), 0)
    closed = next((start for name, start, _ in tags if name == "/think"), None)
    answer = _last_answer(tags, len(text))
    if closed is None or closed < opened:
        closed = next((s for name, s, _ in tags if name == "answer" and s >= opened), len(text))
    return Sections((opened, closed), answer, tuple(problems))


def _last_answer(tags: list[tuple[str, int, int]], end: int) -> Span | None:
    found = None
    for k, (name, _, start) in enumerate(tags):
        if name == "answer":
            found = (start, tags[k + 1][1] if k + 1 < len(tags) else end)
    return found


def sentences(text: str) -> list[int]:
    """Return the offsets at which sentences begin."""
    starts = [0]
    for match in _END.finditer(text):
        at = match.start()
        if text[at] == "." and text[at + 1 : at + 2] != "\n":
            word = text[max(0, at - 8) : at].split()[-1:] or [""]
            bare = word[0].lstrip("(\"'").lower()
            initial = len(bare) == 1 and bare.isalpha() and bare not in "abcde"
            if (
                bare in _SHORT
                or (bare == "no" and _NUMBERED.match(text, at))
                or (initial and not _AFTER_ANGLE.search(text, max(0, at - 4), at))
            ):
                continue
        starts.append(match.end())
    return starts
