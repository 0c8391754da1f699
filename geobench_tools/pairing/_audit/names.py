"""The feature families of names: ids and file names of the tiles, and those of the photo."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from zlib import crc32

import numpy as np

from geobench_tools.array_types import I64, Bools, Floats
from geobench_tools.pairing._audit.features import Features, family
from geobench_tools.pairing._audit.sample import Sample

__all__ = ["last_numbers"]

_WORD_SLOTS = 32
_WORDS = re.compile(r"[a-z]+|[0-9]+")


@family(
    "names",
    "words and numbers in the tile's id and file name",
    "show no names: export-pairs --copy-images gives files names that say nothing",
)
def names(sample: Sample) -> Features:
    """Length, number of words, first and last number, and the words themselves, hashed."""
    made = Features()
    for source, (texts, rows) in _tile_names(sample).items():
        words = _words(texts)
        numbers = _numbers(words)
        facts = {
            "length": np.array([len(text) for text in texts], float),
            "words": np.array([len(row) for row in words], float),
            "first number": numbers[:, 0],
            "last number": numbers[:, 1],
        }
        for name, values in facts.items():
            made.numbers[f"{source} {name}"] = values[rows]
        slots = _word_slots(words)
        for slot in np.flatnonzero((slots != slots[:1]).any(axis=0)).tolist():
            made.flags[f"{source} words {slot}"] = slots[rows, slot]
    return made


@family(
    "name-match",
    "words and numbers that the tile's id and file name share with the photo's",
    "show no names: export-pairs --copy-images gives files names that say nothing",
)
def name_match(sample: Sample) -> Features:
    """Shared words, weighted by rarity; shared numbers; gap between the last numbers."""
    made = Features()
    for source, (texts, rows) in _tile_names(sample).items():
        theirs = sample.ground.texts("view_id" if source == "id" else "image")
        if theirs is None:
            continue
        mine_words, their_words = _words(texts), _words([text or "" for text in theirs])
        shared = _shared_words(mine_words, their_words, rows, sample.camera)
        made.numbers[f"{source} shared words"], made.numbers[f"{source} shared numbers"] = shared
        mine_last, their_last = _numbers(mine_words)[:, 1], _numbers(their_words)[:, 1]
        gap = np.abs(mine_last[rows] - their_last[sample.camera][:, None])
        made.numbers[f"{source} number gap"] = gap
    return made


def last_numbers(texts: Sequence[str | None]) -> Floats:
    """Return the last number in each text, NaN where there is none."""
    return _numbers(_words([text or "" for text in texts]))[:, 1]


def _tile_names(sample: Sample) -> dict[str, tuple[list[str], I64]]:
    """Names by source, with the row of each candidate's name, shape (n, K)."""
    sources = {
        "id": ([text or "" for text in sample.satellite.texts("view_id") or ()], sample.tiles)
    }
    if sample.shown is not None:
        sources["file"] = (list(sample.images), sample.shown)
    return sources


def _words(texts: Sequence[str]) -> list[list[str]]:
    return [_WORDS.findall(text.lower()) for text in texts]


def _numbers(words: Sequence[list[str]]) -> Floats:
    """First and last number of each name, NaN where there is none, shape (n, 2)."""
    numbers = np.full((len(words), 2), np.nan)
    for row, found in enumerate(words):
        digits = [word for word in found if word.isdigit()]
        if digits:
            numbers[row] = float(digits[0][:18]), float(digits[-1][:18])
    return numbers


def _word_slots(words: Sequence[list[str]]) -> Bools:
    slots = np.zeros((len(words), _WORD_SLOTS), bool)
    slot_of = {
        word: crc32(word.encode()) % _WORD_SLOTS
        for found in words
        for word in found
        if not word.isdigit()
    }
    for row, found in enumerate(words):
        slots[row, [slot_of[word] for word in found if word in slot_of]] = True
    return slots


def _shared_words(
    mine: Sequence[list[str]], theirs: Sequence[list[str]], rows: I64, cameras: I64
) -> tuple[Floats, Floats]:
    """Return how rare the shared words are among the tiles, and the number of shared numbers."""
    seen = Counter(word for found in mine for word in set(found))
    # Whole numbers: their sum does not depend on the order in which a set gives its words.
    rarity = {w: round(1000 * math.log((1 + len(mine)) / count)) for w, count in seen.items()}
    mine_sets, their_sets = ([frozenset(found) for found in words] for words in (mine, theirs))
    rare, numbers = np.zeros(rows.shape), np.zeros(rows.shape)
    asked = (their_sets[camera] for camera in cameras.tolist())
    for question, (words, tiles) in enumerate(zip(asked, rows.tolist(), strict=True)):
        for place, tile in enumerate(tiles):
            if both := words & mine_sets[tile]:
                rare[question, place] = sum([rarity[word] for word in both])
                numbers[question, place] = sum([word.isdigit() for word in both])
    return rare, numbers
