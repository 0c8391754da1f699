"""Text written without capitals, or in capitals alone: its names get theirs back."""

import re
from functools import cache, lru_cache

from geobench_tools.plaintext import words
from geobench_tools.reasoning._geographic import common_level
from geobench_tools.reasoning._name_places import likely_places
from geobench_tools.reasoning._regions import regions
from geobench_tools.reasoning._seas import SEA_NAMES
from geobench_tools.reasoning._tables import demonyms, languages, scripts

__all__ = ["with_capitals"]

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_CAPITALISED = re.compile(r"\b[A-Z][a-z]")
_FEWEST_WORDS = 6
_RARELY, _MOSTLY = 0.02, 0.8
_LONGEST = 4
_RARE = 50
_LARGE, _LONG_AND_LARGE = 200_000, 20_000
_ABBREVIATIONS = words("utc gmt cet cest eet eest bst msk jst kst pst cst usa uk uae eu")
_SMALL = words("of the and de la le les el al do da dos du del upon sur am an der")


def with_capitals(text: str) -> str:
    """Give names their capitals in a text that has none, or nothing else; else return it as it is.

    A single word becomes a name only if it is no common English word and a country or a large
    city, or a language, people or region. The result is as long as the text.
    """
    if len(_CAPITALISED.findall(text)) > _RARELY * (text.count(" ") + 1):
        return text
    found = list(_WORD.finditer(text))
    long = [match[0] for match in found if len(match[0]) > 3]
    if len(found) < _FEWEST_WORDS or not long:
        return text
    if sum(word.isupper() for word in long) > _MOSTLY * len(long):
        lowered = text.lower()
        if len(lowered) != len(text):
            return text
        text, found = lowered, list(_WORD.finditer(lowered))
    pieces, at, k = [], 0, 0
    while k < len(found):
        start = found[k].start()
        for last in range(min(k + _LONGEST, len(found)) - 1, k - 1, -1):
            end = found[last].end()
            name = _named(text[start:end]) if _joined(text, found, k, last) else ""
            if name:
                pieces += [text[at:start], name]
                at, k = end, last
                break
        k += 1
    return "".join([*pieces, text[at:]])


def _joined(text: str, found: list[re.Match[str]], first: int, last: int) -> bool:
    gaps = (text[found[k].end() : found[k + 1].start()] for k in range(first, last))
    return all(gap in (" ", "-") for gap in gaps)


@lru_cache(maxsize=65536)
def _named(low: str) -> str:
    """Return a name with its capitals, or nothing if it need not be one."""
    if low in _ABBREVIATIONS:
        return low.upper()
    title = re.sub(_WORD, lambda match: _titled(match[0], match.start()), low)
    if low in _other_names():
        return title
    own = re.split("[ -]", low)
    if own[0] in _SMALL or own[-1] in _SMALL or len(title) != len(low) or len(low) < 4:
        return ""
    places = likely_places(title)
    if not places:
        return ""
    if any(place.kind == "country" and place.match == "name" for place in places):
        return title
    largest = max(place.population for place in places)
    if max(common_level(word) for word in own) < (_RARE if largest >= 1_000_000 else 99):
        return ""
    return title if largest >= (_LARGE if len(own) == 1 else _LONG_AND_LARGE) else ""


def _titled(word: str, at: int) -> str:
    return word if at and word in _SMALL else word[0].upper() + word[1:]


@cache
def _other_names() -> frozenset[str]:
    own = (name for table in (languages(), demonyms(), scripts(), regions()) for name in table)
    return frozenset(own) | frozenset(SEA_NAMES) - words("us")
