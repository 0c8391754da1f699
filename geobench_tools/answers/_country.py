"""A country, by its ISO alpha-2 code."""

import re
from bisect import bisect_left
from typing import NamedTuple

from geobench_tools.answers._declare import (
    absence,
    absence_end,
    declarations,
    denied_after,
    denied_before,
)
from geobench_tools.answers._objects import ANSWER_KEYS, answer_leaf
from geobench_tools.answers._reading import Reading, Status
from geobench_tools.places import CountryMention, country_codes, find_countries
from geobench_tools.plaintext import words

__all__ = [
    "COUNTRY_KEYS",
    "Named",
    "is_failure",
    "named_country",
    "no_value",
    "prose_country",
    "read_country",
]

COUNTRY_KEYS = words(
    "country country_name nation countryname country_code pays país pais land paese страна 国家 "
    "國家 国 나라 국가 بلد ülke"
)
_LABEL = re.compile(
    r"(?im)(?<![^\W\d_])(?:country(?: name| code)?|nation|pays|país|pais|land|paese|страна|国家"
    r"|國家|국가|나라|ülke)"
    r"[*_\"'`]{0,4}\s?[:=：][*_\"'`\s]{0,6}(?P<value>[^\n,;|]*)"
)
_FAILURE = re.compile(r"(?i)\W*(?:(?:api|parse|parsing|request)? ?(?:error|failed|failure))\W*")
_NOT_THERE = re.compile(r"\bnot (?:in |from )?[^\W\d_a-z][\w' .-]{0,40},\s$")
_COMPARED = re.compile(
    r"(?i)\b(?:unlike|similar to|reminiscent of|compared (?:to|with)|different from|neighbou?ring"
    r"|border(?:s|ing)?(?: (?:with|to|of))?|made in|imported from)\s(?:the\s)?$"
)
_JOINED = re.compile(r"(?i)\s?(?:,|,?\s(?:and|or|nor|und|oder|et|ou|y|o))\s(?:the\s)?")
_EDGE = " \t\r\n\"'`*_.,;:!?()[]{}<>«»“”„。，、！？「」『』【】|-–—"
_HEDGE = re.compile(r"(?i)(?<![^\W\d_])(?:or|oder|ou|o|или|versus)(?![^\W\d_])|/|或|または|또는")
_CLAUSE_END = re.compile(r"[.!?;]\s|\n")
_BUT = re.compile(r"\b(?:but|however|nevertheless|nonetheless|that said)\b")
_WHILE = re.compile(r"(?:\A|[.!?\n]\s?)(?:while|although|though|even if)\b[^.!?\n]*\Z")
_LINE = re.compile(r"[^\n]+")
_SENTENCE = re.compile(r"[^\n.!;–—]{1,80}?(?=\.\s|[\n!;–—]|\s-\s)")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff\U0001f3f4]")
_LIKELY = re.compile(
    r"(?i)^(?:(?:most |very )?(?:likely|probably|possibly|perhaps|maybe|presumably)"
    r"|approximately|somewhere in|in|the country of)\s+"
)
_PLACEHOLDER = re.compile(
    r"(?i)\W*(?:(?:the |your |insert |full )?(?:country|city|state|place|location"
    r"|region|town)(?:[ _](?:name|here|or region))?"
    r"|name of (?:the )?\w+|\.{2,}|null|none|nan|nil|undefined|not \w+|n/?a|unknown|xxx+"
    r"|\?+|-+|string|empty|blank)?\W*"
)


class Named(NamedTuple):
    """A country as far as a field or phrase names one.

    Attributes:
        code: ISO alpha-2, or None.
        status: ``ok`` with a code; else why there is none.
        start: Offset of the name in the phrase.
        end: Offset after it.
    """

    code: str | None
    status: Status
    start: int = 0
    end: int = 0


def read_country(text: str) -> Reading:
    """Read a country out of an answer region in plain text."""
    leaf = answer_leaf(text, COUNTRY_KEYS) or answer_leaf(text, ANSWER_KEYS)
    if leaf is not None and not isinstance(leaf.value, list):
        return _reading(named_country(text[leaf.start : leaf.end]), leaf.start)
    labels = list(_LABEL.finditer(text))
    if labels:
        last = labels[-1]
        return _reading(named_country(last.group("value")), last.start("value"))
    if _PLACEHOLDER.fullmatch(text[:100]) and not _FLAG.search(text):
        return Reading(None, "no_answer")
    return _reading(_whole(text) or prose_country(text), 0)


def _reading(named: Named, offset: int) -> Reading:
    span = (named.start + offset, named.end + offset) if named.code else None
    return Reading(named.code, named.status, span)


def is_failure(field: str) -> bool:
    """Whether a field holds a harness's note that something failed."""
    return _FAILURE.fullmatch(field) is not None


def no_value(field: str) -> bool:
    """Whether a field says that it is not filled: "Unknown", "N/A", a placeholder, nothing."""
    if is_failure(field):
        return True
    if len(field) > 80 or _FLAG.search(field):
        return False
    return _PLACEHOLDER.fullmatch(field) is not None or absence(field.lower()) is not None


def named_country(field: str) -> Named:
    """Read the one country that a field or short phrase names."""
    if no_value(field):
        return Named(None, "error" if is_failure(field) else "no_answer")
    whole = _whole(field)
    if whole:
        return whole
    mentions = _asserted(field, find_countries(field))
    return _settled(field, mentions) or Named(None, "invalid")


def _whole(text: str) -> Named | None:
    stripped = text.strip(_EDGE)
    if not stripped or len(stripped) > 80:
        return None if stripped else _flagged(text)
    codes = country_codes(stripped) or country_codes(_LIKELY.sub("", stripped))
    start = text.find(stripped)
    if len(codes) > 1:
        return Named(None, "ambiguous")
    return Named(codes[0], "ok", start, start + len(stripped)) if codes else None


def _flagged(text: str) -> Named | None:
    codes = country_codes(text)
    return Named(codes[0], "ok", 0, len(text)) if codes else None


def _asserted(text: str, mentions: list[CountryMention]) -> list[CountryMention]:
    """The mentions that the text does not deny; what it compares with if nothing else is left."""
    low = text.lower()
    asserted: list[CountryMention] = []
    compared: list[CountryMention] = []
    denied_end = compared_end = -1
    for index, mention in enumerate(mentions):
        before = text[max(0, mention.start - 60) : mention.start]
        if denied_before(low, mention.start) or _joined(text, denied_end, mention):
            denied_end = mention.end
        elif _COMPARED.search(before) or _joined(text, compared_end, mention):
            compared_end = mention.end
            compared.append(mention)
        elif not (
            _NOT_THERE.search(before)
            or denied_after(low, mention.end)
            or _is_state(text, mention, mentions[index + 1 : index + 2])
        ):
            asserted.append(mention)
    return asserted or compared


def _joined(text: str, end: int, mention: CountryMention) -> bool:
    return end >= 0 and _JOINED.fullmatch(text, end, mention.start) is not None


def _is_state(text: str, mention: CountryMention, following: list[CountryMention]) -> bool:
    """Whether "Georgia" is the American state: "Atlanta, Georgia, USA"."""
    return any(
        mention.codes == ("GE",)
        and other.codes == ("US",)
        and not text[mention.end : other.start].strip(" ,(")
        for other in following
    )


def prose_country(text: str) -> Named:
    """Read the country that running text settles on."""
    mentions = _asserted(text, find_countries(text))
    low = text.lower()
    alone, why = _alone(text), absence(low)
    turn = _turn(low) if why else 0
    declared = [
        found
        for found in declarations(low)
        if not (found.negated or found.conditional)
        and (found.strong or (found.start >= turn and not alone))
        and (not alone or found.start > alone.end)
    ]
    declared.sort(key=lambda found: not found.tentative)
    starts = [mention.start for mention in mentions]
    for found in reversed(declared):
        end = _CLAUSE_END.search(low, found.end, found.end + 60)
        last = end.start() if end else found.end + 60
        clause = mentions[bisect_left(starts, found.gap) : bisect_left(starts, last)]
        if clause and absence(low[found.end : clause[0].start]) is None:
            return _settled(text, _first_group(text, clause)) or Named(None, "ambiguous")
    if alone:
        return alone
    if why is not None:
        return Named(None, why)
    short = len(text.split()) <= 4
    return _settled(text, mentions) or Named(None, "invalid" if short else "no_answer")


def _turn(low: str) -> int:
    """Where text that declines to answer turns to a guess after all ("but", "while …,")."""
    end = absence_end(low)
    turn = _BUT.search(low, end)
    comma = low.find(",", end)
    if comma >= 0 and _WHILE.search(low, max(0, end - 160), end):
        return comma
    return turn.start() if turn else len(low)


def _alone(text: str) -> Named | None:
    """The country that is the last line or, failing that, the first line or sentence."""
    lines = [match for match in _LINE.finditer(text) if match.group().strip(_EDGE)]
    if not lines:
        return None
    last, first = lines[-1], _SENTENCE.match(text, lines[0].start())
    for part in (last, first):
        whole = _whole(part.group()) if part else None
        if part and whole and whole.code:
            return whole._replace(start=whole.start + part.start(), end=whole.end + part.start())
    return None


def _first_group(text: str, mentions: list[CountryMention]) -> list[CountryMention]:
    group = mentions[:1]
    for mention in mentions[1:]:
        if not _HEDGE.search(text[group[-1].end : mention.start]):
            break
        group.append(mention)
    return group


def _settled(text: str, mentions: list[CountryMention]) -> Named | None:
    if not mentions:
        return None
    codes = {code for mention in mentions for code in mention.codes}
    if len(codes) > 1:
        return Named(None, "ambiguous")
    return Named(codes.pop(), "ok", mentions[-1].start, mentions[-1].end)
