r"""GLOBE's own rules for names (``examples/train/grpo/globe/eval.py``, commit cfc439b7).

Quirks that are kept: the first ``<answer>`` counts, and without one the whole reply with its
reasoning; keys are lower case only; an empty line after a key takes the next line as its value;
one name inside the other is a match from 70 % of the length on, so Niger is Nigeria; there are no
aliases and accents count; a reply that does not parse is wrong.
"""

import re

__all__ = ["globe_match", "globe_names"]

_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
_COUNTRY = re.compile(r"country:\s*([^\n]+)")
_CITY = re.compile(r"city:\s*([^\n]+)")
_SHARE = 0.7


def globe_names(reply: str, *, reasoning: bool = True) -> tuple[str, str]:
    """Return country and city of a reply in lower case, each empty where there is none.

    Args:
        reply: As generated.
        reasoning: Whether the prompt asked for ``<answer>``; the official code looks for it only
            then.
    """
    answer = _ANSWER.search(reply) if reasoning else None
    text = answer[1].strip() if answer else reply
    return _value(_COUNTRY, text), _value(_CITY, text)


def globe_match(predicted: str, true: str) -> bool:
    """Return whether two names match: one holds the other, and is not much longer."""
    if not predicted:
        return False
    length, true_length = len(predicted), len(true)
    predicted, true = predicted.lower(), true.lower()
    within = predicted in true and length / true_length >= _SHARE
    return within or (true in predicted and true_length / length >= _SHARE)


def _value(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1].strip().lower() if found else ""
