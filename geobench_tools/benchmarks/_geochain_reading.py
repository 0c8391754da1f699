"""How replies to GeoChain's questions are read: one reader for each kind of question."""

import re
from collections.abc import Callable, Mapping, Sequence

from geobench_tools.answers import (
    ANSWER_KEYS,
    Reading,
    absence,
    answer_leaf,
    declarations,
    denied_after,
    denied_before,
    read,
    read_with,
)
from geobench_tools.benchmarks._geochain_truth import CITIES
from geobench_tools.plaintext import name_key, words

__all__ = ["LABELS", "languages_in", "read_answer", "same_name"]

_CONTINENTS = {
    "North America": ("north america", "northern america", "north american"),
    "South America": ("south america", "latin america", "south american"),
    "Europe": ("europe", "european"),
    "Africa": ("africa", "african"),
    "Asia": ("asia", "asian"),
    "Oceania": (
        "oceania",
        "australia/oceania",
        "australia and oceania",
        "australia",
        "australasia",
    ),
    "Antarctica": ("antarctica",),
}
_CLIMATES = {
    "Tropical": ("tropical", "equatorial", "monsoon"),
    "Dry": ("dry", "arid", "semi-arid", "desert"),
    "Temperate": ("temperate", "mediterranean", "oceanic"),
    "Continental": ("continental",),
    "Polar": ("polar", "arctic", "tundra"),
}
_SIDES = {"Left": ("left",), "Right": ("right",)}
LABELS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "continent": _CONTINENTS,
    "climate": _CLIMATES,
    "side": _SIDES,
}
"""The answers to choose from, by kind of question, with the words that mean them."""

_AGREED = re.compile(r"(?:that(?:'s| is)|you(?:'re| are)|all|alright)[ ,]{1,2}$")
_NAMED = re.compile(
    r"(?:the )?(?:name of the )?(?:city|town|village|state|province|region|place|location)?"
    r"[ ]?(?:name)?[ ]?(?:is|:|=)\s{0,3}",
    re.IGNORECASE,
)
_KINDS = "answer|final answer|city|town|village|state|province|region|location|place"
_SEEMS = "is|was|seems to be|appears to be|looks like|might be|may be|could be|must be"
_LEADS = re.compile(
    rf"(?:{_KINDS})\s?[:=]\s?"
    r"|(?:the )?(?:city|town|village|state|province|region) of\s"
    r"|i(?:'m| am) not (?:certain|sure|entirely sure|fully sure)(?:,? of it)?,? but\s"
    rf"|(?:(?:it|this|that|the (?:{_KINDS})) (?:{_SEEMS})|(?:it|that)'s|looks like|could be"
    r"|i (?:think|believe|would say|guess|assume)(?: (?:it|this|that)(?: is|'s))?"
    r"|probably|possibly|perhaps|maybe|likely|most likely|in)\s",
    re.IGNORECASE,
)
_STOP = re.compile(r"[\n;(]|[.!?](?=\s|$)|,\s|\s[-\u2013\u2014]\s|\sin\s(?=[A-Z])")
_TRIM = " \t\r\n\"'`*_\u201c\u201d\u2018\u2019.,:;!?"
_EITHER = re.compile(r"\s(?:or|and/or)\s", re.IGNORECASE)
_MOST_WORDS = 5

_LANGUAGES = words(
    """
Afrikaans Albanian Amharic Arabic Armenian Assamese Azerbaijani Basque Belarusian Bengali
Bosnian Bulgarian Burmese Cantonese Catalan Cebuano Chinese Croatian Czech Danish Dari Dutch
English Estonian Farsi Filipino Finnish Flemish French Frisian Galician Georgian German Greek
Guarani Gujarati Hausa Hebrew Hindi Hungarian Icelandic Igbo Indonesian Irish Italian Japanese
Kannada Kazakh Khmer Kikuyu Konkani Korean Kurdish Kyrgyz Lao Latvian Lithuanian Luo
Luxembourgish Macedonian Malay Malayalam Maltese Mandarin Maori Marathi Mongolian Nepali
Norwegian Odia Pashto Persian Polish Portuguese Punjabi Quechua Romanian Romansh Russian Sami
Serbian Sinhala Slovak Slovene Slovenian Somali Spanish Swahili Swedish Tagalog Tajik Tamil
Tatar Telugu Thai Tibetan Tigrinya Turkish Turkmen Ukrainian Urdu Uyghur Uzbek Vietnamese Welsh
Xhosa Yiddish Yoruba Zulu
    """
)


def read_answer(text: str, kind: str, aliases: Mapping[str, Sequence[str]]) -> Reading:
    """Read the answer to a question.

    Args:
        text: The reply.
        kind: Of the question, as the manifest names it.
        aliases: Names by the name that they stand for, for states, cities and languages.

    Returns:
        As value: Yes or No; a label; an ISO code of a country; languages in the order of the
        alphabet; a name as it is written; a position.
    """
    if kind == "bool":
        found = read(text, "bool")
        value = None if found.value is None else "Yes" if found.value else "No"
        return Reading(value, found.status, found.span)
    if kind == "country":
        return read(text, "country")
    if kind == "latlon":
        return read(text, "latlon")
    if kind in LABELS:
        return _label(text, kind)
    if kind == "languages":
        return read_with(text, lambda region: _languages(region, aliases))
    known = dict(zip(CITIES, CITIES, strict=True)) if kind == "city" else {}
    known |= {alias: name for name, others in aliases.items() for alias in (name, *others)}
    return read_with(text, lambda region: _name(region, known))


def _label(text: str, kind: str) -> Reading:
    forms = LABELS[kind]
    found = read(text, "mcq", choices=tuple(forms))
    if found.value is None and found.status in ("no_answer", "invalid"):
        return read_with(text, lambda region: _mentioned(region, forms))
    return found


def _mentioned(region: str, labels: Mapping[str, Sequence[str]]) -> Reading:
    """Take the only label that the text mentions and does not deny, or the one it announces."""
    low = region.lower()
    marks = []
    for label, forms in labels.items():
        for form in forms:
            for match in re.finditer(rf"(?<!\w){re.escape(form)}(?!\w)", low):
                start, end = match.span()
                agreed = label == "Right" and _AGREED.search(low[max(0, start - 12) : start])
                if not (agreed or denied_before(low, start) or denied_after(low, end)):
                    marks.append((start, end, label))
    marks = [m for m in marks if not any(o[0] <= m[0] and m[1] <= o[1] and o != m for o in marks)]
    said = {declaration.end for declaration in declarations(low) if not declaration.negated}
    announced = [mark for mark in marks if mark[0] in said]
    chosen = announced[-1:] or marks
    if len({label for _, _, label in chosen}) == 1:
        return Reading(chosen[-1][2], "ok", chosen[-1][:2])
    return Reading(None, "ambiguous" if chosen else absence(low) or "no_answer")


def languages_in(text: str, aliases: Mapping[str, Sequence[str]]) -> list[tuple[str, int, int]]:
    """Find names of languages, aliases as the name they stand for, with their offsets."""
    forms = {name.lower(): name for name in sorted(_LANGUAGES)}
    for name, others in aliases.items():
        forms |= {other.lower(): name for other in others}
    pattern = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    low = text.lower()
    return [
        (forms[match.group()], *match.span())
        for match in re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", low)
        if not (denied_before(low, match.start()) or denied_after(low, match.end()))
    ]


def _languages(region: str, aliases: Mapping[str, Sequence[str]]) -> Reading:
    leaf = answer_leaf(region, ANSWER_KEYS | {"language", "languages"})
    start, end = (leaf.start, leaf.end) if leaf is not None else (0, len(region))
    found = languages_in(region[start:end], aliases)
    if not found:
        return Reading(None, absence(region.lower()) or "no_answer")
    span = (start + min(f[1] for f in found), start + max(f[2] for f in found))
    return Reading(sorted({name for name, _, _ in found}), "ok", span)


def _name(region: str, known: Mapping[str, str]) -> Reading:
    """Read a name: the whole of a short answer, or the only known name in a longer one."""
    leaf = answer_leaf(
        region, ANSWER_KEYS | {"city", "town", "village", "state", "province", "name"}
    )
    start, end = (leaf.start, leaf.end) if leaf is not None else (0, len(region))
    start = _after_leads(region, start, end)
    why = absence(region[start:end].lower())
    if why is not None:
        return Reading(None, why)
    short = _short(region, start, end)
    if short is not None:
        if _EITHER.search(region, *short):
            return Reading(None, "ambiguous", short)
        return Reading(region[slice(*short)], "ok", short)
    spans = _known_in(region[start:end], known)
    if len({name for name, _, _ in spans}) == 1:
        _, first, last = spans[-1]
        return Reading(region[start + first : start + last], "ok", (start + first, start + last))
    return Reading(None, "ambiguous" if spans else "no_answer")


def _after_leads(region: str, start: int, end: int) -> int:
    """Return where a text begins without what leads to a name: "It is probably"."""
    while start < end and (region[start] in _TRIM or _leading(region, start)):
        start += _leading(region, start) or 1
    return start


def _short(region: str, start: int, end: int) -> tuple[int, int] | None:
    """Return where a name of a few words stands that is the whole answer."""
    stop = _STOP.search(region, start, end)
    rest = region[stop.start() : end].strip(_TRIM) if stop else ""
    last = stop.start() if stop else end
    while last > start and region[last - 1] in _TRIM:
        last -= 1
    count = len(region[start:last].split())
    explained = stop is not None and stop.group()[0] in ".!?\n;" and len(rest.split()) > 60
    return (start, last) if 0 < count <= _MOST_WORDS and not explained else None


def _leading(region: str, start: int) -> int:
    for pattern in (_LEADS, _NAMED):
        match = pattern.match(region, start)
        if match and match.end() > start:
            return match.end() - start
    return 0


def _known_in(text: str, known: Mapping[str, str]) -> list[tuple[str, int, int]]:
    low = text.lower()
    found = []
    for form, name in known.items():
        for match in re.finditer(rf"(?<!\w){re.escape(form.lower())}(?!\w)", low):
            if not (denied_before(low, match.start()) or denied_after(low, match.end())):
                found.append((name, *match.span()))
    return sorted(found, key=lambda entry: entry[1])


def same_name(
    said: str, true: str, aliases: Mapping[str, Sequence[str]], same: Callable[[str, str], bool]
) -> bool:
    """Whether a name is the true one or an alias of it."""
    if same(said, true):
        return True
    return any(name_key(said) == name_key(other) for other in aliases.get(true, ()))
