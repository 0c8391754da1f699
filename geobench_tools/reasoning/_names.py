"""Names of places in running text: which words are a place, and which only look like one."""

import re
from itertools import pairwise
from typing import NamedTuple

from geobench_tools.places import Candidate
from geobench_tools.plaintext import words
from geobench_tools.reasoning._geographic import common_level, is_geographic, word_levels
from geobench_tools.reasoning._marks import ANSWERING, MARKS
from geobench_tools.reasoning._name_places import (
    countries_of_code,
    is_country,
    likely_places,
    outer_places,
)
from geobench_tools.reasoning._name_words import (
    CONNECTORS,
    COUNTRY_ABBREVIATIONS,
    CUES,
    FEATURES_BEFORE,
    FUNCTION,
    LEADING,
    NAMED_AFTER,
    OF_COUNTRY,
    OF_PLACE,
    PLACE_NOUNS,
    PREPOSITIONS,
    SETTLEMENT,
    SHORTENED,
    STATING,
    TITLED,
    TITLES,
)
from geobench_tools.reasoning._truth import named
from geobench_tools.reasoning._walk import Walk

__all__ = ["Mention", "find_names"]

_LONGEST = 6
_WORDS_PER_NAME = 50
"""A text with a large place in so many words is about places."""

_RARE = 50
"""From this level on a word is so rare that a large place of its name is meant."""

_HEADING = 40
"""Words on either side that tell a heading; a reply may be one sentence without an end."""
_GAP = re.compile(r"[ \-']|\. | - ")
_DOTTED = re.compile(r"U\.\s?S\.\s?A\.?|U\.\s?S\.?(?![A-Za-z])|U\.\s?K\.?(?![A-Za-z])")
_QUALIFIER_GAP = re.compile(r",\s{1,2}|\s\(|,")


class Mention(NamedTuple):
    """A name of a place in the text.

    Attributes:
        first: Its first word.
        last: Its last word.
        places: What it can stand for.
        qualified: Whether a country or division after it narrowed the choice.
    """

    first: int
    last: int
    places: tuple[Candidate, ...]
    qualified: bool = False


def find_names(walk: Walk) -> list[Mention]:
    """Find the places that a text names, longest names first, in order.

    A text that does not otherwise speak of places is read as one that does if a name in it cannot
    be anything else, or if it names several large places in few words.
    """
    mentions = _scan(walk, True)
    if not mentions or is_geographic(walk):
        return _without_people(walk, mentions)
    strict = _scan(walk, False)
    if not strict:
        large = {
            m.places[0]
            for m in _without_people(walk, mentions)
            if m.places[0].kind == "country" or m.places[0].population >= 100_000
        }
        if len(large) < 2 or _WORDS_PER_NAME * len(large) < len(walk.words):
            return []
    return _without_people(walk, mentions)


def _scan(walk: Walk, geographic: bool) -> list[Mention]:
    mentions: list[Mention] = []
    levels = word_levels()
    k, count = 0, len(walk.words)
    while k < count:
        word = walk.words[k]
        if word[0].islower() or word[0].isdigit() or _opens_plainly(walk, k, levels):
            k += 1
            continue
        mention = _unsegmented(walk, k) if word.lower() == word.upper() else None
        if mention is None and word[0].isupper():
            mention = _at(walk, k, mentions, geographic)
        if mention is None:
            k += 1
        else:
            mentions.append(mention)
            k = mention.last + 1
    return mentions


def _opens_plainly(walk: Walk, k: int, levels: dict[str, int]) -> bool:
    """Tell whether a word is a common one that only begins its sentence."""
    return (
        walk.lows[k] in levels
        and k == walk.first[walk.sentence[k]]
        and (k + 1 >= len(walk.words) or not walk.words[k + 1][0].isupper())
        and not is_country(walk.words[k])
    )


def _without_people(walk: Walk, mentions: list[Mention]) -> list[Mention]:
    """Drop names that stand side by side and do not contain each other: "Michael Jordan"."""
    dropped = {
        k
        for a, b in pairwise(range(len(mentions)))
        for k in (a, b)
        if mentions[a].last + 1 == mentions[b].first
        and walk.gap(mentions[a].last) == " "
        and not mentions[a].qualified
    }
    return [mention for k, mention in enumerate(mentions) if k not in dropped]


def _at(walk: Walk, k: int, mentions: list[Mention], geographic: bool) -> Mention | None:
    dotted = _DOTTED.match(walk.text, walk.starts[k]) if len(walk.words[k]) == 1 else None
    if dotted:
        last = walk.at(dotted.end() - 1) if dotted.group().endswith(".") else walk.at(dotted.end())
        last = (
            max(k, last - 1)
            if last < len(walk.words) and walk.starts[last] >= dotted.end()
            else last
        )
        return Mention(k, last, countries_of_code(dotted.group()))
    if walk.words[k] in COUNTRY_ABBREVIATIONS:
        places = countries_of_code(walk.words[k])
        return Mention(k, k, places) if _free_after(walk, k, places) else None
    for last in range(_furthest(walk, k), k - 1, -1):
        if last > k and walk.words[last] in CONNECTORS:
            continue
        if last == k and len(walk.words[k]) < 3:
            return None
        places = likely_places(walk.text[walk.starts[k] : walk.ends[last]])
        if not places:
            continue
        narrowed = _qualified(walk, last, places)
        if narrowed:
            return Mention(k, last, narrowed, qualified=True)
        if _accepted(walk, k, last, places, mentions, geographic):
            return Mention(k, last, places)
    return None


def _furthest(walk: Walk, k: int) -> int:
    last, end = k, k
    while end - k < _LONGEST - 1 and end + 1 < len(walk.words):
        gap = walk.gap(end)
        if not _GAP.fullmatch(gap) or (gap == ". " and walk.lows[end] not in SHORTENED):
            break
        following = walk.words[end + 1]
        if following[0].isupper():
            last = end + 1
        elif len(following) > 3 and following not in CONNECTORS and gap not in "-'":
            break
        elif gap in "-'":
            last = end + 1
        end += 1
    return last


def _qualified(walk: Walk, last: int, places: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Return the places that lie in the country or division named right after them."""
    if last + 1 >= len(walk.words):
        return ()
    gap = walk.gap(last)
    following = walk.words[last + 1]
    if not (_QUALIFIER_GAP.fullmatch(gap) or gap == " ") or not following[0].isupper():
        return ()
    if gap == " " and walk.lows[last + 1] in _LAND_FORMS:
        return ()
    for end in range(min(_furthest(walk, last + 1), last + 4), last, -1):
        name = walk.text[walk.starts[last + 1] : walk.ends[end]]
        if gap == " " and len(name) < 4:
            continue
        outer = outer_places(name)
        if not outer:
            continue
        codes = {p.country for p in outer if p.kind == "country"}
        divisions = {p.admin1_code for p in outer if p.kind == "admin1"}
        inside = tuple(
            p
            for p in places
            if p.kind != "country"
            and (gap != " " or p.population >= 15_000)
            and (p.country in codes or (p.kind == "city" and p.admin1_code in divisions))
        )
        if inside:
            return inside
        if gap != " " and outer[0].kind == "country":
            return ()
    return ()


def _accepted(
    walk: Walk,
    first: int,
    last: int,
    places: tuple[Candidate, ...],
    mentions: list[Mention],
    geographic: bool,
) -> bool:
    begin = walk.first[walk.sentence[first]]
    at_start = first == begin
    previous = walk.lows[first - 1] if not at_start else ""
    level = max(common_level(walk.lows[k]) for k in range(first, last + 1) if k in (first, last))
    level = 99 if any(common_level(walk.lows[k]) == 99 for k in range(first, last + 1)) else level
    population = max(p.population for p in places)
    if level >= _RARE and population >= 1_000_000 and not at_start:
        level = 99
    if last > first and population >= 100_000 and not _title_case(walk, first, last):
        level = 99
    known = any(p.kind == "country" and p.match == "name" for p in places)
    cue = previous in CUES or _punctuated(walk, first)
    firm = previous in PREPOSITIONS and walk.gap(first - 1) == " "
    if previous in ("the", "a", "an") and not _before_place_noun(walk, last):
        known_article = any(
            p.name.lower().startswith("the ") or (p.kind != "city" and last > first) for p in places
        )
        if not (known or known_article):
            return False
    if not _free_before(walk, first, at_start, mentions) or not _free_after(walk, last, places):
        return False
    shouted = walk.words[first].isupper() and len(walk.words[first]) > 3
    if shouted and (level < 99 or population < 100_000 or not geographic):
        return False
    if known and level == 99:
        return geographic or firm or previous in OF_COUNTRY
    if not geographic and (walk.gap(last).startswith("'") or _title_case(walk, first, last)):
        return False
    if level < 99:
        if known:
            return geographic or firm
        enough = population >= 100_000 and cue and not at_start and geographic
        stated = previous in STATING and _alone(walk, last)
        return enough and (firm or stated) and _ends_phrase(walk, last)
    if not geographic:
        said = previous in STATING and _alone(walk, last) and _points(walk, first - 2)
        return (firm or said) and not at_start and population >= 50_000
    if population >= 100_000:
        return True
    if at_start:
        return _ends_phrase(walk, last) and population >= 15_000
    return firm or (cue and _alone(walk, last))


def _points(walk: Walk, k: int) -> bool:
    """Tell whether a word points at the place: "this is Lyon", "the location is Lyon"."""
    return k >= 0 and walk.lows[k] in ("this", "it", "location", "city", "place", "answer", "here")


def _alone(walk: Walk, last: int) -> bool:
    """Tell whether a name ends a phrase: punctuation follows."""
    return last + 1 >= len(walk.words) or walk.gap(last)[:1] in ".,;:)!?\n"


def _before_place_noun(walk: Walk, last: int) -> bool:
    return last + 1 < len(walk.lows) and walk.lows[last + 1] in PLACE_NOUNS


def _punctuated(walk: Walk, first: int) -> bool:
    return first > 0 and walk.gap(first - 1).strip() not in ("", "-", "&")


def _free_before(walk: Walk, first: int, at_start: bool, mentions: list[Mention]) -> bool:
    """Tell whether what stands before a name does not make it part of a longer one."""
    if at_start or walk.gap(first - 1) not in (" ", "-", ". "):
        return at_start or walk.gap(first - 1) != " & "
    previous = walk.words[first - 1]
    low = walk.lows[first - 1]
    if previous.isdigit() or (walk.gap(first - 1) == "-" and previous[0].islower()):
        return False
    if low in TITLES or low in FEATURES_BEFORE or previous == "New":
        return False
    if low in ("called", "named") and first >= 2 and walk.lows[first - 2] in NAMED_AFTER:
        return False
    if mentions and mentions[-1].last == first - 1:
        return True
    before = walk.gap(first - 2) if first >= 2 else ""
    sentence_start = first - 1 == walk.first[walk.sentence[first]] or any(
        sign in before for sign in ':"*•('
    )
    if low == "and" and first >= 3 and walk.lows[first - 3] in FEATURES_BEFORE:
        return False
    if previous[0].isupper() and low in LEADING and named(f"{previous} {walk.words[first]}"):
        return False
    if previous[0].isupper() and not (
        low in LEADING
        or (sentence_start and (_is_word(low) or not named(previous)))
        or previous == "I"
    ):
        return False
    if low in ("of", "de", "du", "di", "del", "da", "von") and first >= 2:
        head = walk.words[first - 2]
        if walk.lows[first - 2] in _LAND_FORMS and low == "of":
            return False
        if walk.lows[first] == "greenwich":  # the meridian
            return False
        return not (
            head[0].isupper()
            and walk.lows[first - 2] not in OF_PLACE
            and first - 2 != walk.first[walk.sentence[first]]
        )
    return True


def _is_word(low: str) -> bool:
    return low in FUNCTION or common_level(low) < 99


_VERBS_TOO = words("drive drives parks lines fits bars")
_AFTER_VERBS = words("to in on at the a an with from by near up more less its under along between")
_LAND_FORMS = words("island islands isle isles peninsula plateau valley basin bay gulf sea delta")
"""What is named after "of", and lies in a place without being one: "the island of Java"."""


def _free_after(walk: Walk, last: int, places: tuple[Candidate, ...]) -> bool:
    """Tell whether what stands after a name does not make it part of a longer one."""
    if last + 1 >= len(walk.words):
        return True
    gap = walk.gap(last)
    following, low = walk.words[last + 1], walk.lows[last + 1]
    if gap == "'":
        after = walk.words[last + 2] if last + 2 < len(walk.words) else ""
        owned = after[:1].islower() and after not in NAMED_AFTER
        return low == "s" and walk.gap(last + 1) == " " and owned
    if gap in (" & ", "&", "/") and following[0].isupper():
        end = _furthest(walk, last + 1) + 1
        feature = walk.lows[end - 1] in NAMED_AFTER or (
            end < len(walk.words) and walk.lows[end] in NAMED_AFTER
        )
        return gap == "/" and bool(likely_places(following)) and not feature
    if gap not in (" ", "-"):
        return True
    if low in PLACE_NOUNS and gap == " " and (following.islower() or low in TITLED):
        return True
    if low in _LAND_FORMS:
        return False
    if {low, low.removesuffix("s")} & NAMED_AFTER and following not in _VERBS_TOO:
        return False
    if following[0].isupper():
        return following == "I" or _holds(
            outer_places(following), tuple(p for p in places if p.population >= 15_000)
        )
    if low in ("de", "du", "des", "da", "do", "del", "della", "di", "of", "the") and gap == " ":
        after = walk.words[last + 2] if last + 2 < len(walk.words) else ""
        return not (after[:1].isupper() and low != "the")
    if following[0].isdigit():
        return True
    return gap == " " and (
        low in FUNCTION
        or low in MARKS
        or low in ANSWERING
        or low.endswith(("ly", "es", "ed"))
        or (low.endswith("s") and _is_verb(walk, last + 1))
    )


def _is_verb(walk: Walk, k: int) -> bool:
    """Tell whether a word in -s is a verb by what follows: "belongs to", "remains."."""
    return k + 1 < len(walk.words) and walk.gap(k) == " " and walk.lows[k + 1] in _AFTER_VERBS


def _holds(outer: tuple[Candidate, ...], places: tuple[Candidate, ...]) -> bool:
    codes = {p.country for p in outer if p.kind == "country"}
    divisions = {p.admin1_code for p in outer if p.kind == "admin1"}
    return any(p.country in codes or p.admin1_code in divisions for p in places)


def _ends_phrase(walk: Walk, last: int) -> bool:
    if last + 1 >= len(walk.words):
        return True
    return walk.gap(last) != " " or walk.lows[last + 1] in FUNCTION | SETTLEMENT


def _title_case(walk: Walk, first: int, last: int) -> bool:
    """Tell whether the words of a sentence around it are capitalised too, as in a heading."""
    number = walk.sentence[first]
    start = max(walk.first[number], first - _HEADING)
    others = [
        walk.words[k]
        for k in range(start, min(walk.first[number + 1], last + 1 + _HEADING))
        if len(walk.words[k]) > 3 and not first <= k <= last
    ]
    return len(others) >= 3 and sum(w[0].isupper() for w in others) >= 0.75 * len(others)


def _unsegmented(walk: Walk, k: int) -> Mention | None:
    """Find a name in a script without capitals; only whole words, at least two characters."""
    word = walk.words[k]
    if len(word) < 2 or word.isascii():
        return None
    places = tuple(p for p in named(word) if p.population >= 15_000 or p.kind != "city")
    return Mention(k, k, places) if places else None
