"""One option of several, by its key."""

import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace

from geobench_tools.answers._bool import read_bool
from geobench_tools.answers._declare import absence
from geobench_tools.answers._marks import Mark, Options, find_marks, group_marks
from geobench_tools.answers._objects import ANSWER_KEYS, answer_leaf, outside_objects
from geobench_tools.answers._options import claims, conclude
from geobench_tools.answers._reading import Reading
from geobench_tools.plaintext import plain

__all__ = ["Choices", "options_of", "read_mcq", "read_option"]

Choices = Mapping[str, str] | Sequence[str]

_TWINS = str.maketrans("АВСЕНКМОРТХІЈЅΑΒΕΗΙΚΜΝΟΡΤΧΖ", "ABCEHKMOPTXIJSABEHIKMNOPTXZ")
_TWIN = "[АВСЕНКМОРТХІЈЅΑΒΕΗΙΚΜΝΟΡΤΧΖ]"
_COMMON = frozenset(
    [
        "yes",
        "no",
        "none",
        "not",
        "true",
        "false",
        "right",
        "correct",
        "other",
        "all",
        "both",
        "image",
    ]
)
_PUNCTUATION = " \t\r\n.,;:!?\"'`*_()[]"


def options_of(choices: Choices) -> Options:
    """Return the options of a question: keys in order, with their texts if given.

    Raises:
        ValueError: There are no choices.
    """
    keys = tuple(str(key) for key in choices)
    if not keys:
        raise ValueError("choices must name at least one option")
    by_token = {key.upper(): (key,) for key in keys}
    letters = all(len(key) == 1 and key.isalpha() for key in keys)
    if letters:
        token = f"[A-Za-z]|{_TWIN}"
    elif all(key.isdigit() for key in keys):
        token = r"\d{1,4}"
    else:
        longest = sorted(keys, key=len, reverse=True)
        token = "|".join(f"(?i:{re.escape(key)})" for key in longest)

    def resolve(written: str) -> tuple[str, ...]:
        return by_token.get(written.translate(_TWINS).upper(), ())

    return Options(keys, token, resolve, _texts_of(choices, by_token), letters)


def _texts_of(choices: Choices, keys: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    if not isinstance(choices, Mapping):
        return {}
    texts = {str(k): plain(str(v)).lower().strip(_PUNCTUATION) for k, v in choices.items()}
    every = list(texts.values())
    return {
        key: text
        for key, text in texts.items()
        if text and every.count(text) == 1 and text.upper() not in keys
    }


def read_mcq(text: str, options: Options) -> Reading:
    """Read one option's key out of an answer region in plain text.

    Options that say "yes" and "no" are also read as an answer to a yes-or-no question.
    """
    reading = read_option(text, options, lambda mark: mark.wrapped and not mark.small)
    by_text = {said: key for key, said in options.texts.items()}
    if reading.value is not None or not {"yes", "no"} <= by_text.keys():
        return reading
    truth = read_bool(text)
    if truth.value is None:
        return reading
    return replace(truth, value=by_text["yes" if truth.value else "no"])


def read_option(
    text: str,
    options: Options,
    standing_out: Callable[[Mark], bool],
    names: Container[str] = ANSWER_KEYS,
) -> Reading:
    """Read one option out of an answer region in plain text.

    In order: an answer key of a JSON object; what the text gives as its answer; a key that stands
    out of prose, if only one does; an option's text, if only one occurs and no other option is
    discussed by its key.

    Args:
        text: The region.
        options: The options to choose from.
        standing_out: Whether a mark inside prose may be the answer.
        names: Keys of an object that hold the answer.
    """
    leaf = answer_leaf(text, names)
    if leaf is not None and isinstance(leaf.value, str | int | list):
        inside = text[leaf.start : leaf.end].replace("{", " ")
        reading = read_option(inside, options, standing_out)
        span = reading.span and (reading.span[0] + leaf.start, reading.span[1] + leaf.start)
        return replace(reading, span=span)
    text = outside_objects(text)
    low = text.lower()
    marks = group_marks(low, find_marks(text, low, options))
    marks = [mark for mark in marks if not _is_echo(mark, options)]
    claimed = conclude(claims(low, marks))
    if claimed is not None:
        return _settled(claimed)
    why = absence(low)
    if why is None:
        keyed = [mark for mark in marks if mark.token and mark.keys and standing_out(mark)]
        texts = [
            mark for mark in marks if not mark.token and low[mark.start : mark.end] not in _COMMON
        ]
        discussed = [mark for mark in marks if mark.token and mark.named] if texts else []
        for found in (keyed, discussed + texts):
            if found:
                return _settled(_united(found))
    return Reading(None, why or "no_answer")


def _is_echo(mark: Mark, options: Options) -> bool:
    """Whether a list is the prompt's: all options, or three and more joined by "or"."""
    count = len(mark.keys)
    return count > 1 and (count == len(options.keys) or (mark.either and count > 2))


def _settled(mark: Mark) -> Reading:
    span = (mark.start, mark.end)
    if len(mark.keys) == 1 and not mark.unknown and mark.listed < 3:
        return Reading(mark.keys[0], "ok", span)
    return Reading(None, "ambiguous" if mark.keys else "invalid", span)


def _united(found: list[Mark]) -> Mark:
    keys = tuple(dict.fromkeys(key for mark in found for key in mark.keys))
    return replace(found[-1], keys=keys, listed=1)
