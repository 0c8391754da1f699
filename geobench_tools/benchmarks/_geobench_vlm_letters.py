"""How others read letters out of replies to GEOBench-VLM, and make one decision of five.

The authors released no scorer; their scripts keep a reply's first character. Three other harnesses
score the benchmark, each by a rule of its own. All are kept as they are, so that a figure can be
set beside theirs; this project's own reader is ``geobench_tools.answers``.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from geobench_tools.benchmarks._geobench_vlm_data import LETTERS

__all__ = ["LETTER_RULES", "VOTE_RULES", "first_prompt", "majority", "plurality"]

_ROLE = "ASSISTANT:"
_WORD = re.compile(r"\b([A-E])\b")
_ENDED = re.compile(r"(?<![A-Z])([A-E])(?=[.):\s]|$)")


def _first_character(text: str) -> str:
    """Keep the first character, after the last role prefix if there is one (authors' scripts)."""
    if _ROLE in text:
        text = text.rpartition(_ROLE)[2].strip()
    return text[:1] if text[:1] in LETTERS else ""


def _first_not_blank(text: str) -> str:
    """Keep the first character that is not blank (olmo-eval 9121d613)."""
    first = text.strip()[:1]
    return first if first in LETTERS else ""


def _first_word(text: str) -> str:
    """Keep the first letter that is a word, else the first one (lmms-eval 17f4b47b)."""
    found = _WORD.search(text.strip().upper())
    if found:
        return found[1]
    first = text[:1].upper()
    return first if first in LETTERS else ""


def _first_ended(text: str) -> str:
    """Keep the first letter before . ) : or a blank, else the first at all (EO-VLM fca19b8f)."""
    capitals = text.strip().upper()
    found = _ENDED.search(capitals)
    if found:
        return found[1]
    return next((letter for letter in capitals if letter in LETTERS), "")


LETTER_RULES: Mapping[str, Callable[[str], str]] = {
    "official": _first_character,
    "olmo-eval": _first_not_blank,
    "lmms-eval": _first_word,
    "eo-vlm": _first_ended,
}
"""By name: from a reply to a letter of A to E, or nothing."""


def first_prompt(letters: Sequence[str], right: str) -> float:
    """Return 1 if the answer to the first wording is right (olmo-eval's headline)."""
    return float(bool(letters) and letters[0] == right)


def majority(letters: Sequence[str], right: str) -> float:
    """Return 1 if more than half of the answers are right (olmo-eval beside its headline)."""
    return float(2 * sum(letter == right for letter in letters) > len(letters))


def plurality(letters: Sequence[str], right: str) -> float:
    """Return 1 if the commonest answer is right; the earliest of equals counts (EO-VLM).

    Answers without a letter do not vote.
    """
    given = Counter(letter for letter in letters if letter)
    return float(bool(given) and given.most_common(1)[0][0] == right)


def _mean(letters: Sequence[str], right: str) -> float:
    return sum(letter == right for letter in letters) / len(letters) if letters else 0.0


VOTE_RULES: Mapping[str, Callable[[Sequence[str], str], float]] = {
    "first": first_prompt,
    "vote": plurality,
    "mean": _mean,
}
"""By name: from the letters of one question's wordings and the right one to what it is worth."""
