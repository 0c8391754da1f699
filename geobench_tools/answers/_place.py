"""A place: city, country, and coordinates if given."""

import re
import unicodedata
from dataclasses import dataclass, field

from geobench_tools.answers._country import COUNTRY_KEYS, named_country, no_value, prose_country
from geobench_tools.answers._declare import absence, declarations
from geobench_tools.answers._latlon import coordinate_leaves, read_latlon
from geobench_tools.answers._objects import last_object
from geobench_tools.answers._reading import Reading, Span, Status
from geobench_tools.loosejson import Node
from geobench_tools.places import country_codes
from geobench_tools.plaintext import words

__all__ = ["read_place"]

_CITY_KEYS = words(
    "city city_name town cityname locality municipality city_or_town ville ciudad cidade città stadt "
    "город 城市 市 都市 도시 مدينة şehir"
)
_LABEL = re.compile(
    r"(?im)(?<![^\W\d_])(?P<name>city(?: name|/town| or town)?|town|ville|ciudad|cidade|città|citta|stadt|город|城市|都市|도시|şehir"
    r"|country(?: name)?|nation|pays|país|pais|land|paese|страна|国家|國家|국가|나라|ülke)[*_\"'`]{0,4}[ \t]?[:=][*_\"'`]{0,4}[ \t]*(?P<value>[^\n]*)"
)
_NEXT_LABEL = re.compile(
    r"(?i)[\s,;|.]+[*_\"'`]{0,4}(?:city|country|state|region|province|latitude|longitude|coordinates?|confidence|street|town|ville|pays|ciudad|país)\b[*_\"'`]{0,4}\s?[:=].*$"
)
_HEDGE = re.compile(r"(?i)(?<![^\W\d_])(?:or|oder|ou|или)(?![^\W\d_])|\s/\s|或")
_LIKELY = re.compile(
    r"(?i)^(?:(?:(?:most |very |quite )?(?:likely|probably|possibly|perhaps|maybe|presumably)|near|around|in|at|from|downtown|central|the|city of|the city of"
    r"|it is|it's|this is|located in|outside|greater)\s+)+"
)
_DISTRICT = re.compile(
    r"(?i)(?:\b(?:ward|district|borough|arrondissement|neighbou?rhood|suburb|quarter|kwartier|gu|ku|county|prefecture|province|park|airport|station|square|cathedral|museum|bridge|tower|campus|university)$"
    r"|-ku$|区$|區$)"
)
_STREET = re.compile(
    r"(?i)\d|\b(?:street|st\.|road|rd\.?|avenue|ave\.?|boulevard|blvd\.?|lane|drive|highway|rue|straße|strasse|calle|via|avenida|square|plaza|place)\b"
)
_BRACKET = re.compile(r"\s*[(（\[][^()（）\[\]]*[)）\]]")
_SPLIT = re.compile(r",\s*|，|、|;\s*|\s\|\s|\s[-–—]\s")
_BRACKETED = r"(?:\s?\([^()\n]{0,40}\))"
_NAME = r"[^\W\d_a-z][\w'’.\-]*(?:[ \-](?:(?:de|la|le|les|del|della|di|da|do|dos|das|of|the|sur|en|am|an|der|den|upon|on|el|al|y)[ \-])?(?:l'|d')?[^\W\d_a-z][\w'’.\-]*){0,4}"
_CHAIN = re.compile(rf"(?:{_NAME}{_BRACKETED}?,\s{{1,2}}){{1,4}}$")
_HEDGED_BEFORE = re.compile(r"(?i)\b(?:or|near|not|from)\s$")
_PLACE_LABEL = re.compile(
    r"\W{0,6}(?:the )?(?:most )?(?:likely |probable |exact |final |best )?(?:location|place|answer|guess|address|city and country)"
    r"(?: (?:is|of the (?:image|photo)(?: is)?))?(?: likely| probably| most likely)?[*_]{0,3}\s?:?[\s*_]{0,4}"
)
_STATE_CODES = words(
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY "
    "NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC ON QC BC AB MB SK NS NB NSW VIC QLD"
)
_NOT_CITIES = frozenset(
    """alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia|hawaii
    |idaho|illinois|indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan
    |minnesota|mississippi|missouri|montana|nebraska|nevada|new hampshire|new jersey|new mexico
    |north carolina|north dakota|ohio|oklahoma|oregon|pennsylvania|rhode island|south carolina
    |south dakota|tennessee|texas|utah|vermont|virginia|west virginia|wisconsin|wyoming|europe|asia
    |africa|north america|south america|oceania|antarctica|earth|united states|scandinavia""".replace(
        "\n", ""
    )
    .replace("    ", "")
    .split("|")
)
_EDGE = " \t\r\n\"'`*_,;:!?()[]{}<>«»“”„。，、！？「」『』【】|+-–—•"


@dataclass
class _Found:
    """Fields read so far, with where each stands and why others are missing."""

    values: dict[str, str | float] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    reasons: list[Status] = field(default_factory=list)

    def add(self, name: str, value: str | float, span: Span) -> None:
        self.values[name] = value
        self.spans.append(span)


def read_place(text: str) -> Reading:
    """Read city, country and coordinates out of an answer region in plain text.

    The region of the answer may be a JSON object, labelled lines, or "City, Region, Country" in
    either order. Fields that say "unknown" are left out.
    """
    node = last_object(text)
    found = _from_object(text, node) if node else _from_labels(text)
    found = found or _from_line(text) or _Found()
    if not found.values:
        why = found.reasons or [absence(text.lower()) or "no_answer"]
        return Reading(None, "ambiguous" if "ambiguous" in why else why[0])
    span = (min(start for start, _ in found.spans), max(end for _, end in found.spans))
    whole = "city" in found.values and "country" in found.values
    return Reading(found.values, "ok" if whole else "partial", span)


def _from_object(text: str, node: Node) -> _Found | None:
    leaves = {path[-1].replace(" ", "_"): leaf for path, leaf in node.leaves() if path}
    city = next((leaf for name, leaf in leaves.items() if name in _CITY_KEYS), None)
    country = next((leaf for name, leaf in leaves.items() if name in COUNTRY_KEYS), None)
    position = coordinate_leaves(node)
    if city is None and country is None and not position:
        return None
    found = _Found()
    for leaf, add in ((city, _add_city), (country, _add_country)):
        if leaf is not None and isinstance(leaf.value, str):
            add(found, text[leaf.start : leaf.end], leaf.start)
        elif leaf is not None:
            found.reasons.append("no_answer")
    if position:
        _add_position(found, text, node)
    return found


def _from_labels(text: str) -> _Found | None:
    labels = list(_LABEL.finditer(text))
    if not labels:
        return None
    found = _Found()
    last: dict[bool, re.Match[str]] = {}
    for match in labels:
        last[match.group("name").lower().split()[0].split("/")[0] in _CITY_KEYS] = match
    for is_city, match in last.items():
        value = _NEXT_LABEL.sub("", match.group("value"))
        (_add_city if is_city else _add_country)(found, value, match.start("value"))
    _add_position(found, text, None)
    return found


def _add_position(found: _Found, text: str, node: Node | None) -> None:
    reading = read_latlon(text[node.start : node.end] if node else text)
    if isinstance(reading.value, tuple) and reading.span:
        offset = node.start if node else 0
        span = (reading.span[0] + offset, reading.span[1] + offset)
        found.add("lat", reading.value[0], span)
        found.add("lon", reading.value[1], span)


def _add_city(found: _Found, value: str, offset: int) -> None:
    if no_value(value):
        found.reasons.append("no_answer")
    elif _HEDGE.search(value):
        found.reasons.append("ambiguous")
    else:
        city = _city_of(_SPLIT.split(_BRACKET.sub("", value)))
        if city:
            start = max(0, value.find(city))
            found.add(
                "city",
                unicodedata.normalize("NFC", city),
                (offset + start, offset + start + len(city)),
            )


def _add_country(found: _Found, value: str, offset: int) -> None:
    named = named_country(value)
    if named.code:
        found.add("country", named.code, (offset + named.start, offset + named.end))
    else:
        found.reasons.append(named.status)


def _city_of(parts: list[str]) -> str:
    """The city among the parts of an address: not a street, ward or district if there is more."""
    names = [_LIKELY.sub("", part.strip(_EDGE)) for part in parts]
    names = [name.strip(_EDGE) for name in names if name.strip(_EDGE) and not no_value(name)]
    if len(names) > 1 and re.fullmatch(r"D\.?\s?C\.?", names[1]) and names[0] == "Washington":
        return "Washington, D.C."
    better = [name for name in names if not _STREET.search(name)] or names
    while len(better) > 1 and _DISTRICT.search(better[0]):
        better = better[1:]
    return better[0].rstrip(".") if better and len(better[0]) <= 60 else ""


def _from_line(text: str) -> _Found | None:
    """Read "City, Region, Country" or "Country, City": a line of its own, or within prose."""
    lines = [match for match in re.finditer(r"[^\n]+", text) if match.group().strip(_EDGE)]
    for line in (lines[-1], lines[0]) if lines else ():
        start = _lead(text, line.start(), line.end())
        found = _from_address(text[start : line.end()], start)
        if found:
            return found
    return _from_prose(text)


def _lead(text: str, start: int, end: int) -> int:
    """Offset after a declaration that opens a line: "The location is Lyon, France"."""
    low = text.lower()
    label = _PLACE_LABEL.match(low, start, end)
    if label:
        return label.end()
    for found in declarations(low[start:end]):
        if found.strong and not found.negated and found.start < 24:
            return start + found.end
    return start


def _from_address(line: str, offset: int) -> _Found | None:
    plain_line = _BRACKET.sub(lambda match: " " * len(match.group()), line)
    parts = [part.strip(_EDGE) for part in _SPLIT.split(plain_line.strip().rstrip("."))]
    parts = [part for part in parts if part]
    if not parts or len(parts) > 7 or any(len(part.split()) > 5 for part in parts):
        return None
    if _HEDGE.search(line) or not all(_is_name(part) for part in parts):
        return None
    found = _Found()
    last, first = _country_part(parts[-1]), _country_part(parts[0])
    rest = parts[:-1] if last else parts[1:] if first else parts
    code, part = (last, parts[-1]) if last else (first, parts[0])
    if code:
        start = line.rfind(part) if last else line.find(part)
        found.add("country", code, (offset + start, offset + start + len(part)))
    city = _city_of(rest)
    if city and city.lower() not in _NOT_CITIES:
        start = max(0, line.find(city.split(",")[0]))
        value = unicodedata.normalize("NFC", city)
        found.add("city", value, (offset + start, offset + start + len(city)))
    return found if found.values else None


def _is_name(part: str) -> bool:
    head = _LIKELY.sub("", part)[:1]
    return bool(head) and (not head.islower() or head > "\u024f") and not no_value(part)


def _country_part(part: str) -> str | None:
    name = _LIKELY.sub("", part)
    if name in _STATE_CODES or name.lower() == "georgia":
        return None
    codes = country_codes(name)
    return codes[0] if len(codes) == 1 else None


def _from_prose(text: str) -> _Found | None:
    named = prose_country(text)
    found = _Found()
    if named.code is None:
        found.reasons.append(named.status)
        return found
    found.add("country", named.code, (named.start, named.end))
    chain = _CHAIN.search(text[max(0, named.start - 120) : named.start])
    if chain:
        offset = max(0, named.start - 120) + chain.start()
        parts = [part for part in _SPLIT.split(_BRACKET.sub("", chain.group())) if part.strip()]
        if not _HEDGED_BEFORE.search(text[max(0, offset - 8) : offset]):
            city = _city_of(parts)
            if city:
                start = offset + max(0, chain.group().find(city))
                found.add("city", city, (start, start + len(city)))
    return found
