"""Quotations of what no viewer of the images could know."""

import re
from collections.abc import Sequence
from functools import lru_cache

from geobench_tools.plaintext import words
from geobench_tools.reasoning._claims import Leak, LeakKind, Span
from geobench_tools.reasoning._walk import Walk

__all__ = ["LEAK_WORDS", "find_leaks"]

LEAK_WORDS = (
    "metadata meta exif gps geotag geotags geotagging geo file filename filenames name jpg jpeg"
    " png tif"
    " tiff webp heic id ids ground provided given supplied known reference gold hidden expected"
    " annotated key hint hints told informed prompt caption label embedded recorded data title"
    " number"
)
_STORE = (
    r"(?:meta-?\s?data|exif(?:[ -](?:data|tags?|header|information|info|record))?"
    r"|gps(?:[ -](?:data|tags?|metadata|coordinates?|position|reading|information|info|record|fix"
    r"|location|stamp|log)\b|(?!\s(?:map|device|unit|navig|app\b|track|screen|watch|mount)))"
    r"|geo-?tags?|geo-?tagging(?: data)?|file\s?-?names?|name of the file"
    r"|image (?:id|name|title)|photo (?:id|name|title)|tile (?:id|name|number)|view id"
    r"|(?:location|image|photo|position|embedded|recorded) (?:data|tags?|stamp))"
)
_KEY = (
    r"(?:ground[ -]truth(?:[ -](?:label|location|answer|position|coordinates?))?|answer key"
    r"|(?:provided|given|supplied|reference|gold|hidden|expected|annotated)"
    r"(?: (?:correct|right|true|final|image|photo))?"
    r" (?:answer|label|solution|location|position|coordinates?|hints?|place name|caption"
    r"|address|latitude|longitude|target)"
    r"|answer (?:that )?(?:was |is |has been )?(?:provided|given|supplied)"
    r"(?! by the (?:tile|image))"
    r"|(?<=the )hint|(?<=the )prompt|question text|task description)"
)
_NOUN_GAP = r"(?:(?:the|its|this|that|my|our|your|an?|any|image's|photo's|picture's|camera's|image"
_NOUN_GAP += r"|photo|picture|camera|embedded|attached|provided|given|available|accompanying|raw"
_NOUN_GAP += r"|supplied|original|recorded|included|stored|associated)\s){0,4}"
_SOURCED = (
    r"\b(?:according to|based (?:up)?on|judging (?:by|from)|going by|consulting|checking|reading"
    r"|using"
    r"|from|per|via|by|in|on|with|as (?:stated|given|indicated|shown|listed|recorded|specified"
    r"|noted"
    r"|confirmed|provided|mentioned|suggested) (?:in|by|on)|(?:matches|match|agrees? with"
    r"|confirmed by"
    r"|consistent with|verified by|recorded in|stated in|given in|listed in|taken from|thanks to)"
    r"|looking at|know(?:n|ing)? from|given)\s"
)
_SAYS = (
    r"(?:\s(?:of (?:the|this) (?:image|photo|picture|view|tile)|itself|also|clearly|here"
    r"|already)){0,2}"
    r"\s?(?::|(?:say|state|indicate|show|confirm|place|give|list|read|point|specif|reveal|record"
    r"|tell"
    r"|report|put|mention|contain|include|locate|suggest|verif|name|match|identif)\w{0,4}\b"
    r"|(?:is|are|was|were)\s(?!not|unavailable|missing|absent|un|no\b)|=)"
)
_METADATA = re.compile(rf"(?i)(?:{_SOURCED}{_NOUN_GAP}{_STORE}\b|\b{_STORE}{_SAYS})")
_GIVEN = re.compile(
    rf"(?i)(?:{_SOURCED}{_NOUN_GAP}{_KEY}\b|\b{_KEY}{_SAYS}"
    r"|\b(?:i was|i am|i'm|we are|we were|we've been|i've been|have been|been) (?:told|informed"
    r"|given)"
    r" (?:that|the (?:answer|location|position|coordinates?|city|country|label))"
    r"|\bthe answer is (?:already )?(?:given|provided|known|supplied)\b"
    r"|\bsince (?:we|i) (?:already )?know (?:that )?the (?:answer|location|position|coordinates?)\b"
    r"|\b(?:provided|supplied) (?:answer|coordinates?|location|position|label|caption)\b"
    r"|\b(?:the|its|this) (?:already )?(?:given|known) "
    r"(?:answer|coordinates?|location|position|label)\b)"
)
_NOT = re.compile(
    r"(?i)\b(?:no|not|n't|without|lacks?|lacking|missing|absent|unavailable|none|never|cannot"
    r"|neither"
    r"|nor|ignor\w+|stripped|removed|rather than|instead of|if|would|were (?:there|it)|had|may not"
    r"|visible (?:on|in)|dashboard|device|navigation|satnav|receiver|antenna|unknown|independent"
    r" of)\b"
    r"|n't\b"
)
_FILE = re.compile(r"(?i)\.(?:jpe?g|png|tiff?|webp|heic)\b")
_STEM = re.compile(r"(?<![\w/.])[\w\-]{2,80}$")
_OF_CAMERA = re.compile(r"(?i)exif|gps|geo-?tag")
_PICTURED = words(
    "photo photos photograph photographs image images picture scene tile panorama location place"
    " city country street town village"
)
"""Words of texts about places; elsewhere a file name is that of any file."""

_ID = re.compile(
    r"(?i)\b(?:tile|image|view|photo|picture|sequence|panorama|pano)[ _-]?id\s?[:=#]?\s?"
    r"(?=[\w-]*\d)[\w-]{3,}"
)
_CELL = re.compile(r"\b8[0-9a-f]{14}\b")
_TILE = re.compile(r"(?<![\d/.])\d{1,2}/\d{4,7}/\d{4,7}(?![\d/])")
_WORD = re.compile(r"[a-z]+|[A-Z][a-z]+")


def find_leaks(
    walk: Walk,
    numbers: Sequence[int],
    identifiers: Sequence[str],
    exact: Sequence[Span],
    *,
    placed: bool,
) -> tuple[Leak, ...]:
    """Find quotations of metadata, of a given answer, of identifiers, and exact coordinates.

    Args:
        walk: The walk over the trace.
        numbers: The sentences with one of ``LEAK_WORDS``.
        identifiers: Names that a viewer cannot see: view and tile ids, paths of images.
        exact: Offsets of coordinates that were found to be more than a viewer can know.
        placed: Whether the trace makes any claim at all.
    """
    text = walk.text
    leaks = [Leak("exact_coordinates", text[a:b], (a, b)) for a, b in exact]
    pictured = placed or not _PICTURED.isdisjoint(walk.lows)
    for number in numbers:
        span = walk.spans[number]
        leaks += [
            leak
            for leak in _phrases(text, span, _METADATA, "metadata_quoted")
            if pictured or _OF_CAMERA.search(leak.text)
        ]
        leaks += _phrases(text, span, _GIVEN, "answer_quoted")
        leaks += _files(text, span)
        leaks += [Leak("identifier", m.group(), m.span()) for m in _ID.finditer(text, *span)]
    if "/" in text:
        leaks += [Leak("identifier", m.group(), m.span()) for m in _TILE.finditer(text)]
    leaks += [Leak("identifier", m.group(), m.span()) for m in _CELL.finditer(text)]
    pattern = _pattern(tuple(identifiers))
    if pattern is not None:
        leaks += [Leak("identifier", m.group(), m.span()) for m in pattern.finditer(text)]
    return _apart(leaks)


def _files(text: str, span: Span) -> list[Leak]:
    found = []
    for match in _FILE.finditer(text, *span):
        stem = _STEM.search(text, max(0, match.start() - 84), match.start())
        if stem:
            where = stem.start(), match.end()
            found.append(Leak("identifier", text[slice(*where)], where))
    return found


def _phrases(text: str, span: Span, pattern: re.Pattern[str], kind: LeakKind) -> list[Leak]:
    return [
        Leak(kind, match.group().strip(), match.span())
        for match in pattern.finditer(text, *span)
        if not _denied(text, match.start(), match.end())
    ]


def _denied(text: str, start: int, end: int) -> bool:
    before = re.split(r"[.!?;\n]", text[max(0, start - 60) : end])[-1]
    after = re.split(r"[.!?;,\n]", text[end : end + 40], maxsplit=1)[0]
    return bool(_NOT.search(before) or _NOT.search(after))


@lru_cache(maxsize=4096)
def _pattern(identifiers: tuple[str, ...]) -> re.Pattern[str] | None:
    names: set[str] = set()
    for identifier in identifiers:
        base = identifier.replace("\\", "/").rpartition("/")[2]
        names |= {identifier, base, base.rpartition(".")[0]}
    telling = [
        n for n in names if len(n) >= 4 and not _WORD.fullmatch(n) and any(map(str.isdigit, n))
    ]
    if not telling:
        return None
    ordered = sorted(telling, key=lambda name: (-len(name), name))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, ordered))})(?![\w-])")


def _apart(leaks: list[Leak]) -> tuple[Leak, ...]:
    kept: list[Leak] = []
    for leak in sorted(leaks, key=lambda leak: (leak.span[0], -leak.span[1])):
        if not kept or leak.span[0] >= kept[-1].span[1]:
            kept.append(leak)
    return tuple(kept)
