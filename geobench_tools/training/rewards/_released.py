"""The rewards of the released Geo-R1 training code (a copy of VLM-R1), defects included.

Kept for comparison, and to repeat what was done; see the documentation for what is wrong with them.
Formulas from ``RL/src/open-r1-multimodal/src/open_r1/grpo_jsonl.py`` of the repository
miniHuiHui/Geo-R1 at commit 0eb542b. Left out: the variants for bounding boxes.
"""

import math
import re
from collections import Counter

__all__ = ["chosen_letter", "released_accuracy", "released_format", "released_length"]

_OPEN, _CLOSE, _THINK = "<answer>", "</answer>", "<think>"
_TURN = re.compile(r"</think>\s*<answer>")
_ANSWER_IN_LINE = re.compile(r"<answer>(.*?)</answer>")
_SPACES = re.compile(r"\s+")
_LETTER = re.compile(r"(?<![A-Z])([A-Z])(?=[.,?!:;]|$)")
_KEYWORDS = (
    *("答案", "选择", "正确", "是", "对", "认为", "应该", "觉得"),
    *("ANSWER", "CORRECT", "CHOOSE", "SELECT", "RIGHT", "THINK", "BELIEVE", "SHOULD"),
)
_PERIOD = 1024


def released_accuracy(text: str, solution: str) -> float:
    """Return 1 if the letter in the first answer block is the solution's, else 0.

    Without an answer block the whole reply is searched.
    """
    given = _ANSWER_IN_LINE.search(solution)
    expected = chosen_letter(given[1].strip() if given else solution.strip()) or solution.strip()
    start = text.find(_OPEN)
    end = text.find(_CLOSE, start + len(_OPEN)) if start >= 0 else -1
    chosen = chosen_letter((text[start + len(_OPEN) : end] if end >= 0 else text).strip())
    return float(chosen == expected) if chosen else 0.0


def released_format(text: str) -> float:
    r"""Return 1 for a full match of ``<think>.*?</think>\s*<answer>.*?</answer>``, else 0."""
    if not (text.startswith(_THINK) and text.endswith(_CLOSE)):
        return 0.0
    turn = _TURN.search(text, len(_THINK))
    return float(turn is not None and turn.end() <= len(text) - len(_CLOSE))


def released_length(tokens: int) -> float:
    """Return 1 - (1 - cos(pi L / 1024)) / 4, whether the answer is right or not."""
    return 1.0 - (1.0 - 0.5) * (1 - math.cos(tokens * math.pi / _PERIOD)) / 2


def chosen_letter(text: str) -> str | None:
    """Return the letter that the released parser takes for the answer, or None.

    Candidates are single letters after upper-casing that follow no letter and stand before one of
    ``.,?!:;`` or at the end. Of several, the one with most points wins, the first at equal points:
    one for each keyword within 20 characters of the letter's first occurrence anywhere in the
    text, two if that lies in the last 30 %, one if a stop or comma follows it; all of that times
    the number of candidates that are this letter.
    """
    text = _SPACES.sub(" ", text.upper())
    letters: list[str] = _LETTER.findall(text)
    if len(letters) < 2:
        return next(iter(letters), None)
    found = Counter(letters)
    return max(found, key=lambda letter: found[letter] * _points(text, letter))


def _points(text: str, letter: str) -> int:
    at = text.find(letter)
    near = text[max(0, at - 20) : at + 20]
    points = sum(word in near for word in _KEYWORDS)
    points += 2 * (at > len(text) * 0.7)
    return points + (text[at + 1 : at + 2] in (*"。.!！,，",))  # noqa: RUF001
