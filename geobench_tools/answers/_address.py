"""Cities and countries in one line or sentence: "City, Region, Country"."""

import re
import unicodedata
from dataclasses import dataclass, field

from geobench_tools.answers._country import is_failure, no_value, prose_country
from geobench_tools.answers._declare import declarations
from geobench_tools.answers._reading import Span, Status
from geobench_tools.places import country_codes, find_countries
from geobench_tools.plaintext import words

__all__ = ["Fields", "city_in", "read_line"]

_HEDGE = re.compile(r"(?i)(?<![^\W\d_])(?:or|oder|ou|или)(?![^\W\d_])|\s/\s|或")
_LIKELY = re.compile(
    r"(?i)(?:(?:(?:most |very |quite )?(?:likely|probably|possibly|perhaps|maybe|presumably)|near"
    r"|around|in|at|from|downtown|central|(?:the )?city of|it is|it's|this is|located in|outside"
    r"|greater)\s+)+"
)
_AREA = re.compile(r"(?i)\s+(?:metropolitan |metro |greater )?(?:area|region|vicinity|outskirts)$")
_PART_OF_CITY = re.compile(
    r"(?i)\b(?:ward|district|borough|arrondissement|neighbou?rhood|suburb|quarter|kwartier|gu|ku|park"
    r"|airport|station|square|cathedral|museum|bridge|tower|campus|university|crossing)$|[区區]$"
)
_STREET = re.compile(
    r"(?i)\d|\b(?:street|st\.|road|rd|avenue|ave|boulevard|blvd|lane|drive|highway|rue|straße"
    r"|strasse|calle|avenida|plaza)\b"
)
_BRACKET = re.compile(r"\s*[(\[]([^()\[\]]{0,80})[)\]]")
_FLAG = re.compile("\\s[\U0001f1e6-\U0001f1ff]{2}")
_SPLIT = re.compile(r",|;|\s\|\s|\s[-–—]\s")
_CAPITAL = r"[^\W\d_a-z][\w'’.\-]{0,30}"
_PARTICLES = (
    "de|la|le|les|del|della|di|da|do|dos|das|of|the|sur|en|am|an|der|den|upon|on|el|al|y|e|es|i|aan"
    "|op|ob|bei|sous|lès|pod|nad|und|et|and|los|las|unter|vor|im|zum|zur|dei|degli|delle|em|na"
    "|du|des|au|aux|von|vom|van|ter|ten"
)
_ELIDED = "(?:(?:[ld]|dell|nell|sull|all)['’])?"
_NAME = (
    rf"(?:['’]?[st]-)?{_CAPITAL}"
    rf"(?:[ \-](?:(?:{_PARTICLES})[ \-]){{0,2}}{_ELIDED}{_CAPITAL}){{0,4}}"
)
_NAMED = re.compile(_NAME)
_LOWER_NAME = re.compile(
    r"(?!(?:an?|the|some|in|of|any|no|this|not|un|une|ein)\b)(?!.*\b(?:is|in|of|at|was|or)\b)"
    r"[^\W\d_A-Z]{2,20}(?: [^\W\d_A-Z]{2,20}){0,2}"
)
_CHAIN = re.compile(rf"(?:{_NAME}(?:\s?\([^()\n]{{0,40}}\))?,\s{{1,2}}){{1,4}}$")
_WITHIN = re.compile(
    rf"(?:(?<=\bis\s)|(?<=\bbe\s)|(?<=\bof\s)|(?<=\bat\s)){_NAME}(?=\sin\s(?:the\s)?$)"
)
_HEDGED_BEFORE = re.compile(r"(?i)\b(?:or|near|not|from)\s$")
_LEAD = re.compile(
    r"(?i)\W{0,6}(?:the )?(?:most )?(?:likely |probable |exact |final |best )?"
    r"(?:location|place|answer|guess|address|city and country)(?: of the (?:image|photo|picture))?"
    r"[*_]{0,3}(?:\s?:|\s(?:is|was)(?: likely| probably| most likely)?:?(?=\s))[\s*_]{0,4}"
)
_LIST_LINE = re.compile(r"\s{0,8}(?:[-*]\s)?\d{1,2}[.)]\s")
_STATE_CODES = words(
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM "
    "NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC ON QC BC AB MB SK NS NB NSW VIC "
    "QLD"
)
_NOT_A_CITY = frozenset(
    re.split(
        r";\s+",
        """alabama; alaska; arizona; arkansas; california; colorado; connecticut; delaware; florida;
        georgia; hawaii; idaho; illinois; indiana; iowa; kansas; kentucky; louisiana; maine;
        maryland; massachusetts; michigan; minnesota; mississippi; missouri; montana; nebraska;
        nevada; new hampshire; new jersey; new mexico; north carolina; north dakota; ohio; oklahoma;
        oregon; pennsylvania; rhode island; south carolina; south dakota; tennessee; texas; utah;
        vermont; virginia; west virginia; wisconsin; wyoming; europe; asia; africa; north america;
        south america; latin america; central america; oceania; antarctica; scandinavia; earth;
        rural; urban; suburban; city; town; village; downtown; coastal; countryside; suburb;
        suburbs; residential; small town; big city; major city; large city; local;
        generic; various""",
    )
)
_CONTINENTS = words("europe asia africa oceania antarctica") | {"north america", "south america"}
_EDGE = " \t\r\n\"'`*_,;:!?()[]{}<>«»“”„。！？「」『』【】|+-–—•"


@dataclass
class Fields:
    """Fields of a place read so far.

    Attributes:
        values: What was read, by field.
        spans: Where it stands.
        reasons: Why other fields have no value.
    """

    values: dict[str, str | float] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    reasons: list[Status] = field(default_factory=list)

    def add(self, name: str, value: str | float, span: Span) -> None:
        """Record the value of a field."""
        self.values[name] = unicodedata.normalize("NFC", value) if isinstance(value, str) else value
        self.spans.append(span)

    def add_city(self, value: str, offset: int) -> None:
        """Record the city that a field names, or why it names none."""
        if no_value(value):
            self.reasons.append("error" if is_failure(value) else "no_answer")
        elif _HEDGE.search(value):
            self.reasons.append("ambiguous")
        else:
            bare = value.strip(" \t\r\n*_`\"',;")
            if bare[:1] + bare[-1:] in ("[]", "()", "<>", "{}"):
                bare = bare[1:-1]
            city = city_in(_parts(_BRACKET.sub("", bare)))
            start = value.find(city.split(",")[0])
            if city:
                self.add("city", city, (offset + start, offset + start + len(city)))
            else:
                self.reasons.append("invalid")


def _parts(text: str) -> list[str]:
    return [part.strip(_EDGE) for part in _SPLIT.split(text) if part.strip(_EDGE)]


def city_in(parts: list[str]) -> str:
    """Return the city among the parts of an address, or an empty string.

    A street, a ward or a district is passed over if there is more; a description ("an urban
    center") is no city.
    """
    names = [_AREA.sub("", _stripped(part)).strip(_EDGE) for part in parts]
    if len(names) > 1 and names[0] == "Washington" and re.fullmatch(r"D\.?\s?C\.?", names[1]):
        return "Washington, D.C."
    names = [name for name in names if name and not _STREET.search(name)]
    while len(names) > 1 and _PART_OF_CITY.search(names[0]) and not _is_region(names[1]):
        names = names[1:]
    name = re.sub(r"(?<![A-Z])\.$", "", names[0]) if names else ""
    named = _NAMED.fullmatch(name) or _LOWER_NAME.fullmatch(name)
    return name if named and name.lower() not in _NOT_A_CITY else ""


def _is_region(name: str) -> bool:
    return name in _STATE_CODES or name.lower() in _NOT_A_CITY


def _stripped(part: str) -> str:
    lead = _LIKELY.match(part)
    return part[lead.end() :] if lead else part


def read_line(text: str) -> Fields:
    """Read "City, Region, Country" or "Country, City": a line of its own, or within prose."""
    lines = [match for match in re.finditer(r"[^\n]+", text) if match.group().strip(_EDGE)]
    listed = len(lines) > 1 and all(_LIST_LINE.match(line.group()) for line in lines[-2:])
    for line in (lines[-1], lines[0]) if lines and not listed else ():
        start = _after_lead(text, line.start(), line.end())
        fields = _from_address(text[start : line.end()], start)
        if "country" in fields.values or (fields.values and len(lines) == 1):
            return fields
    return _from_prose(text)


def _after_lead(text: str, start: int, end: int) -> int:
    """Offset after what announces an address: "Location:", "The answer is"."""
    label = _LEAD.match(text, start, end)
    if label:
        return label.end()
    for found in declarations(text[start : min(end, start + 80)].lower()):
        if found.strong and not found.negated and found.start < 24:
            return start + found.end
    return start


def _from_address(line: str, offset: int) -> Fields:
    fields = Fields()
    line = _FLAG.sub(lambda match: "," + match.group()[1:], line)
    bracket = _BRACKET.search(line)
    inside = bracket.group(1).strip() if bracket else ""
    listed = f", {inside}" if inside and len(country_codes(inside)) == 1 else ""
    parts = _parts(_BRACKET.sub("", line).strip().rstrip(".") + listed)
    if not parts or len(parts) > 7 or len(line) > 200 or _HEDGE.search(line):
        return fields
    parts = [part for part in parts if part.lower() not in _CONTINENTS] or parts
    parts = _split_country(parts[0]) if len(parts) == 1 else parts
    last, first = _country_part(parts[-1]), _country_part(parts[0])
    rest = parts[:-1] if last else parts[1:] if first else parts
    if not all(_is_name(part, bool(last or first)) for part in rest):
        return fields
    if last or first:
        part = parts[-1] if last else parts[0]
        start = offset + (line.rfind(part) if last else line.find(part))
        fields.add("country", last or first or "", (start, start + len(part)))
    city = city_in(rest)
    if city:
        start = offset + max(0, line.find(city.split(",")[0]))
        fields.add("city", city, (start, start + len(city)))
    return fields


def _split_country(part: str) -> list[str]:
    """Split "Tokyo Japan" and "日本東京" beside the country."""
    for mention in find_countries(part):
        if mention.end == len(part) and mention.start > 0:
            return [part[: mention.start].strip(_EDGE), part[mention.start :]]
        if mention.start == 0 and mention.end < len(part) and part[mention.end] > "\u2e80":
            return [part[: mention.end], part[mention.end :].strip(_EDGE)]
    return [part]


def _is_name(part: str, beside_country: bool) -> bool:
    name = _stripped(part)
    if no_value(part):
        return False
    return bool(
        _NAMED.fullmatch(name)
        or _STREET.search(name)
        or (beside_country and _LOWER_NAME.fullmatch(name))
    )


def _country_part(part: str) -> str | None:
    name = _stripped(part)
    if name in _STATE_CODES or name.lower() == "georgia":
        return None
    codes = country_codes(name)
    return codes[0] if len(codes) == 1 else None


def _from_prose(text: str) -> Fields:
    fields = Fields()
    named = prose_country(text)
    if named.code is None:
        fields.reasons.append(named.status)
        return fields
    fields.add("country", named.code, (named.start, named.end))
    first = max(0, named.start - 120)
    chain = _CHAIN.search(text[first : named.start]) or _WITHIN.search(text[first : named.start])
    if chain and not _HEDGED_BEFORE.search(
        text[max(0, first + chain.start() - 8) : first + chain.start()]
    ):
        city = city_in(_parts(_BRACKET.sub("", chain.group())))
        if city:
            start = first + chain.start() + max(0, chain.group().find(city.split(",")[0]))
            fields.add("city", city, (start, start + len(city)))
    return fields
