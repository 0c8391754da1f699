"""Countries and territories by name, alias, code or flag; mentions of them in prose.

Codes are ISO 3166-1 alpha-2, plus XK for Kosovo. What counts as its own place follows ISO: Hong
Kong is HK and Puerto Rico PR, while England, Scotland, Wales and Northern Ireland are GB. Policy
where a name is shared: "Georgia" is GE, "Korea" KR, "Guinea" GN, "Ireland" IE, "Macedonia" MK,
"America" US; "Congo", "Virgin Islands" and "Saint Martin" stand for two places and so for none.
Names of states, cities, continents and vanished federations are no countries.

Names come from Unicode CLDR by way of babel, and from ``scripts/country_aliases.txt``.
"""

import gzip
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from geobench_tools.plaintext import name_key, words

__all__ = ["CountryMention", "country_code", "country_codes", "country_name", "find_countries"]


class CountryMention(NamedTuple):
    """A country named in running text.

    Attributes:
        codes: Its ISO alpha-2 code; several for an ambiguous name.
        start: Offset of its first character.
        end: Offset after its last character.
    """

    codes: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True)
class _Tables:
    names: dict[str, tuple[str, ...]]
    alpha3: dict[str, str]
    english: dict[str, str]
    words_after: dict[str, int]
    first_letters: frozenset[str]


_ANY_CASE = frozenset(["usa", "uk", "uae"])
_PROSE_CAPITALS = frozenset(["US", "USA", "UK", "UAE", "DRC", "DPRK", "PRC"])
_NOT_IN_PROSE = words(
    """
    island man pole swiss somali indie italian argentine israeli pakistani nepali yemeni swede siri
    kili cada toga pala rusi indi sile chili grenade suede ascension antigua trinidad georgie
    emirates states alan male kipr turk reunion jersey guernsey turki moldavi
    """
)
_NOT_A_COUNTRY = frozenset(
    [
        "new mexico", "gulf of mexico", "mexico city", "new jersey", "jersey city", "panama city",
        "kuwait city", "guatemala city", "luxembourg city", "new england", "new south wales",
        "south china sea", "east china sea", "sea of japan", "lebanon county", "new ireland",
        "new britain", "new caledonian", "little italy", "united states minor", "cuba street",
        "georgia tech", "georgia state", "state of georgia", "ireland street", "guinea pig",
        "georgia avenue", "south america", "north america", "latin america", "central america",
        "new holland", "west india", "east india", "new spain", "republic county",
    ]
)  # fmt: skip
_OFFICIAL = re.compile(
    r"(?:the )?(?:[a-z]+ ){0,4}?(?:republic|kingdom|principality|sultanate|emirate|commonwealth"
    r"|grand duchy|union|federation|dominion|state) of (?:the )?(?P<en>.+)"
    r"|(?:republica|reino|principado|sultanato|estado) (?:[a-z]+ )?(?:de|do|da|del|dos) "
    r"(?:la |los |las )?(?P<es>.+)"
    r"|(?:republique|royaume|principaute|sultanat) (?:[a-z]+ )?(?:de la|de|du|des|d) (?P<fr>.+)"
    r"|(?:republik|konigreich|furstentum|republiek|republika) (?:der |die )?(?P<de>.+)"
    r"|(?:repubblica|regno) (?:[a-z]+ )?(?:di|del|della|dell|d) (?P<it>.+)"
    r"|(?:республика|королевство|княжество) (?P<ru>.+)"
)
_WRAPPING = " \t\r\n\"'`*_.,;:!?()[]{}<>«»“”„。，、！？「」『』【】"
_REGIONAL_A = 0x1F1E6
_WORD = re.compile(
    "(?:[^\\W\\d_]|[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u109f\u1780-\u17ff])+"
)
_GAP = re.compile(r"(?:[\s.,\-'’&(/]|and ){1,4}")
_UNSEGMENTED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
_LONGEST_UNSEGMENTED = 16


@cache
def _tables() -> _Tables:
    packed = files("geobench_tools.places").joinpath("countries.tsv.gz").read_bytes()
    names: dict[str, tuple[str, ...]] = {}
    alpha3: dict[str, str] = {}
    english: dict[str, str] = {}
    words_after: dict[str, int] = {}
    for line in gzip.decompress(packed).decode().splitlines()[1:]:
        codes, three, display, keys = line.split("\t")
        found = tuple(codes.split())
        if display:
            english[codes] = display
        if three:
            alpha3[three] = codes
        for key in keys.split("|"):
            names[key] = found
    for key in _NOT_A_COUNTRY:
        names.setdefault(key, ())
    for key in names:
        first, *rest = key.split(" ")
        words_after[first] = max(words_after.get(first, 0), len(rest))
    first_letters = frozenset(key[0] for key in names if _UNSEGMENTED.match(key))
    return _Tables(names, alpha3, english, words_after, first_letters)


def country_name(code: str) -> str:
    """Return the English short name of an ISO alpha-2 code.

    Raises:
        KeyError: There is no such code.
    """
    return _tables().english[code]


def country_code(name: str) -> str | None:
    """Return the ISO alpha-2 code of a country's name, or None if unknown or ambiguous."""
    codes = country_codes(name)
    return codes[0] if len(codes) == 1 else None


def country_codes(name: str) -> tuple[str, ...]:
    """Return the ISO alpha-2 codes that a whole string can stand for.

    Accepts names, former and informal names and official long forms in many languages, alpha-2 and
    alpha-3 codes in capitals, and flag emoji; case, accents, articles and punctuation do not
    matter, but a code or abbreviation of up to three letters must be in capitals ("US", not "us").

    Returns:
        One code; several for an ambiguous name; none for anything else.
    """
    stripped = name.strip(_WRAPPING)
    if not stripped or len(stripped) > 120:
        return _flag(name.strip()) if 0 < len(name.strip()) <= 14 else ()
    if stripped.isascii() and stripped.isupper() and len(stripped) <= 3:
        tables = _tables()
        if stripped in tables.english:
            return (stripped,)
        if stripped in tables.alpha3:
            return (tables.alpha3[stripped],)
    for candidate in _spellings(stripped):
        codes = _look_up(candidate)
        if codes:
            return codes
    return _flag(stripped)


def _spellings(name: str) -> list[str]:
    forms = [name]
    before, bracket, inside = name.partition("(")
    if bracket and ")" not in inside[:-1]:
        forms.append(before)
    head, comma, tail = name.partition(",")
    if comma:
        forms.append(f"{tail} {head}")
    return forms


def _look_up(name: str) -> tuple[str, ...]:
    names = _tables().names
    exact = unicodedata.normalize("NFC", name).strip().casefold()
    if exact in names and not exact.isascii():
        return names[exact]
    key = name_key(name)
    if len(key) <= 3 and key.isascii() and key not in _ANY_CASE and not name.isupper():
        return ()
    if key in names:
        return names[key]
    if key.startswith("the "):
        key = key[4:]
        if key in names and len(key) > 3:
            return names[key]
    official = _OFFICIAL.fullmatch(key)
    if official and key not in _NOT_A_COUNTRY:
        short = next(group for group in official.groups() if group)
        return names.get(short, ()) if len(short) > 3 else ()
    return ()


def _flag(text: str) -> tuple[str, ...]:
    points = [ord(char) for char in text]
    if len(points) == 2:
        code = "".join(chr(p - _REGIONAL_A + ord("A")) for p in points if 0 <= p - _REGIONAL_A < 26)
        return (code,) if code in _tables().english else ()
    if points[:1] == [0x1F3F4]:
        tags = "".join(chr(p - 0xE0000) for p in points[1:] if 0xE0061 <= p <= 0xE007A)
        return ("GB",) if tags in ("gbeng", "gbsct", "gbwls", "gbnir") else ()
    return ()


def find_countries(text: str) -> list[CountryMention]:
    """Find the countries that running text names, longest name first, in order.

    In scripts with capitals a name must begin with one; names of up to three letters count only as
    well-known abbreviations in capitals; words like "Island" or "Jersey" are left out. Linear in
    the length of ``text``.
    """
    tables = _tables()
    tokens = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]
    mentions = [
        CountryMention(codes, match.start(), match.end())
        for match in re.finditer("[\U0001f1e6-\U0001f1ff]{2}", text)
        if (codes := _flag(match.group()))
    ]
    position = 0
    while position < len(tokens):
        word, start, end = tokens[position]
        if _UNSEGMENTED.search(word):
            mentions += _inside(word, start)
            position += 1
            continue
        used = 1
        if not word[0].islower() and (most := tables.words_after.get(name_key(word))) is not None:
            last = _extend(text, tokens, position, most)
            for length in range(last, 0, -1):
                end = tokens[position + length - 1][2]
                named = _named(text[start:end])
                if named is not None:
                    used = length
                    if named:
                        mentions.append(CountryMention(named, start, end))
                    break
        position += used
    return sorted(mentions, key=lambda mention: mention.start)


def _extend(text: str, tokens: list[tuple[str, int, int]], position: int, most: int) -> int:
    count = 1
    while count <= most and position + count < len(tokens):
        between = text[tokens[position + count - 1][2] : tokens[position + count][1]]
        if not _GAP.fullmatch(between):
            break
        count += 1
    return count


def _named(name: str) -> tuple[str, ...] | None:
    key = name_key(name)
    if len(key) <= 3 and key.isascii():
        return country_codes(name) if name.replace(".", "") in _PROSE_CAPITALS else None
    if key in _NOT_IN_PROSE:
        return None
    return _tables().names.get(key)


def _inside(word: str, offset: int) -> list[CountryMention]:
    names, firsts, found, start = _tables().names, _tables().first_letters, [], 0
    while start < len(word) - 1:
        if word[start] not in firsts:
            start += 1
            continue
        for end in range(min(len(word), start + _LONGEST_UNSEGMENTED), start + 1, -1):
            codes = names.get(word[start:end])
            if codes:
                found.append(CountryMention(codes, offset + start, offset + end))
                start = end - 1
                break
        start += 1
    return found
