"""Whether a text speaks of places, and how common its words are."""

import gzip
from functools import cache
from importlib.resources import files

from geobench_tools.reasoning._name_words import BUILT, GEOGRAPHIC, PICTURES, PIXELS, SCENERY
from geobench_tools.reasoning._walk import Walk

__all__ = ["common_level", "is_geographic", "word_levels"]

_SCENERY = 4
"""Words of streets and landscapes that tell a text about a place."""


@cache
def word_levels() -> dict[str, int]:
    """Return how common English words are, by word; see ``common_level``."""
    packed = files("geobench_tools.reasoning").joinpath("common_words.txt.gz").read_bytes()
    return {
        word: int(level)
        for line in gzip.decompress(packed).decode().splitlines()
        for level, _, row in [line.partition("\t")]
        for word in row.split()
    }


def common_level(word: str) -> int:
    """Return how common an English word is: 10 (the most) to 50, 99 if it is none."""
    return word_levels().get(word, 99)


def is_geographic(walk: Walk) -> bool:
    """Tell whether a text speaks of images or places at all."""
    used = frozenset(walk.lows)
    found = GEOGRAPHIC & used
    if len(found) >= 2 and not found <= PIXELS:
        return True
    built = BUILT & used
    return bool(found & PICTURES and built) or len(found | built | SCENERY & used) >= _SCENERY
