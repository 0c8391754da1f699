"""What a text says of the places it names: which borders, holds or heads which, and on what side.

"The state borders Canada", "Leeds is a city in Wales", "the capital of Spain" and "the east coast
of Australia" are true or false whatever the image shows. The second place named is judged so; the
first, or the image's place where none is named, is what it is said of.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from geobench_tools.geo import haversine_m
from geobench_tools.places import (
    Candidate,
    Side,
    cities_of,
    country_facts,
    country_name,
    divisions_touch,
    side_within,
)
from geobench_tools.plaintext import words
from geobench_tools.reasoning._claims import Evidence
from geobench_tools.reasoning._distances import Apart, judge_apart, read_apart
from geobench_tools.reasoning._finding import UNKNOWN, Judgement
from geobench_tools.reasoning._names import Mention
from geobench_tools.reasoning._truth import Truth
from geobench_tools.reasoning._walk import Walk

__all__ = ["RELATION_WORDS", "Relation", "relations_of"]

_WAYS = ("north", "south", "east", "west")
RELATION_WORDS = (
    "border borders bordering bordered neighbour neighbours neighbouring neighbor neighbors"
    " neighboring adjoins adjoining abuts surrounded capital km kilometres kilometers mile miles"
    " mi "
    + " ".join(
        f"{way}{end}"
        for way in (*_WAYS, *(a + b for a in ("north", "south") for b in ("east", "west")))
        for end in ("", "ern", "ernmost", "ward", "wards")
    )
)
_REACH = 90
_CITY_DEG = 0.6
_FAR_M = 1_000_000.0

_THE = r"(?:the |an? )?"
_BORDERS = re.compile(
    rf"(?i)\b(?:(?P<land>border(?:s|ed|ing)?(?: (?:with|on|to|by|of))*|adjoin(?:s|ing)|abuts"
    rf"|surrounded by"
    rf"|(?:across|over|beyond) the border[^.;:\n]{{0,24}}(?:is|lies|are|begins)?,?)"
    rf"|neighbou?r(?:s|ing)?(?: (?:are|is|include|of|to))?) {_THE}$"
)
_LISTED = re.compile(r"(?: (?:in|on|to) the \w+)?,? ?(?:and |or )?(?:the )?|, ")
_OF_BORDER = re.compile(r"(?:'s)? border\b")
_MOST_OPENING = 4
_OPENING = words("the and but while whereas nearby neighbouring capital city distance to from")
_IS = frozenset(["", "is", "lies", "sits", "which is", "which lies", "located", "situated"])
_HERE_IS = re.compile(
    r"(?i)(?:^|[,;:–—(] ?|\b(?:and|so|but) )(?:(?:it|this|we|here|the (?:city|town|village|place"
    r"|location|site|spot|photo|image|scene|view|settlement|island|capital))"
    r"(?:'s|'re| is| are| lies| sits| stands| must be| was)?(?: located| situated| set| about"
    r"| some| \w+ly)*)?\s*$"
)
_AREA = (
    r"(?:city|town|village|suburb|state|county|province|region|municipality|district|island|part"
    r"|commune|territory|port|resort|department|canton|prefecture|capital|country)"
)
_IN = re.compile(
    rf"(?:,? (?:which |that )?(?:is|lies|sits|stands)(?: (?:located|situated|also|itself|still))*"
    rf"(?: (?:a|an|the|one of the)(?: [\w-]+){{0,4}}? {_AREA}(?: [\w-]+)?)?"
    rf"|(?:,|,? the|,? an?)(?: [\w-]+){{0,3}} {_AREA}|,? (?:located|situated|lying)|,)? (?:in|of)"
    rf" {_THE}|,? (?:which |that )?belong(?:s|ing) to {_THE}|,? part of {_THE}",
    re.IGNORECASE,
)
_QUALIFIED = re.compile(r", | \(")
_CAPITAL = re.compile(
    r"(?i)(?:(?:^|[(,:;–—]|\b(?:is|as|the|its|national|becomes?))\s?)(?P<said>capital(?: city)? of)"
    r" (?:the )?$"
)
_IS_CAPITAL = re.compile(
    r"(?i)(?<!in )(?<!is )(?<!at )\b(?:the|its|whose)(?P<of> (?:state|regional|provincial|district"
    r"|county))? capital(?: city)?(?:,| is| was| being)(?: at)? $"
)
_THAT_IS = re.compile(r",? (?:is |was )?\(?|: ?|,? (?:is|was)\b")
_SEVERAL_CAPITALS = words("BJ BO CI LK MY NL SZ TZ ZA")
"""Countries whose government does not sit where the capital is, or in several cities."""

_DEPENDENT = words(
    "AI AS AW AX BL BM BQ CC CK CW CX EH FK FO GF GG GI GL GP GU HK IM IO JE KY MF MO MP MQ MS NC"
    " NF NU PF PM PR PS RE SH SJ SX TC TK TW VG VI WF XK YT"
)
"""Codes of places that belong to another country, or are said to."""

_WAY = r"(?P<way>(?:north|south)(?:[- ]?(?:east|west))?|east|west)"
_PART = r"(?:part|half|end|coast|tip|corner|edge|region|side|shore|third)"
_SIDE = re.compile(
    rf"(?i)\b(?P<of>the (?:far )?)?{_WAY}(?:ern)?(?:most)?(?P<part> {_PART})?"
    rf"(?(part) of|(?(of)(?: of)?)) (?:the )?$"
)
_WRONG_SIDE, _RIGHT_SIDE = 0.4, 0.5


class Relation(NamedTuple):
    """What is said of a named place.

    Attributes:
        kind: "apart", "borders", "capital", "within", "qualified" ("Lyon, France") or "side".
        judgement: Whether it is true.
        start: Offset where the statement begins: that of the name, or of the words before it.
        end: Offset where it ends.
        subject: Number of the mention that it is said of; None for the image's place.
    """

    kind: str
    judgement: Judgement
    start: int
    end: int
    subject: int | None


def relations_of(walk: Walk, mentions: Sequence[Mention], truth: Truth) -> list[Relation | None]:
    """Return for each place named what the text says of it, if that can be judged."""
    found: list[Relation | None] = []
    told = frozenset(walk.triggered.get("relation", ()))
    for k, mention in enumerate(mentions):
        last = found[-1] if found else None
        if walk.sentence[mention.first] in told:
            found.append(_relation_of(walk, mentions, k, truth, last))
        else:
            found.append(_inside(walk, mentions, k))
    return found


def _inside(walk: Walk, mentions: Sequence[Mention], k: int) -> Relation | None:
    """Return whether a place holds the one that is said to lie in it."""
    before, mention = _before(walk, mentions, k), mentions[k]
    kind = "" if before is None else _held(walk, mentions[before], mention)
    if before is None or not kind:
        return None
    judgement = _holds(mention.places, mentions[before].places)
    start, end = walk.starts[mention.first], walk.ends[mention.last]
    return None if judgement is None else Relation(kind, judgement, start, end, before)


def _relation_of(
    walk: Walk, mentions: Sequence[Mention], k: int, truth: Truth, last: Relation | None
) -> Relation | None:
    """Return what a text says of one place it names, if that can be judged.

    Args:
        walk: The walk over the trace.
        mentions: The places it names, in order.
        k: Number of the place.
        truth: What is known of the image's place.
        last: What it says of the place before.
    """
    mention = mentions[k]
    start, end = walk.starts[mention.first], walk.ends[mention.last]
    begin = walk.spans[walk.sentence[mention.first]][0]
    lead = walk.text[max(begin, start - _REACH) : start]
    before = _before(walk, mentions, k)
    countries = frozenset(p.country for p in mention.places if p.kind == "country")
    found: Judgement | None = None
    kind, subject = "borders", before
    match = _BORDERS.search(lead)
    if match is None and last is not None and last.kind == "borders" and before is not None:
        listed = _LISTED.fullmatch(walk.text, walk.ends[mentions[before].last], start)
        listed = None if walk.text.startswith(" border", end) else listed
        match, subject = listed, last.subject if listed else before
    if match:
        of = mentions[subject].places if subject is not None else ()
        sea = match.re is _BORDERS and not match["land"]
        found = _borders(of, mention.places, truth, sea=sea)
    elif countries and _OF_BORDER.match(walk.text, end):
        found, subject = _borders((), mention.places, truth), None
    elif match := _IS_CAPITAL.search(lead):
        kind, found = "capital", _capital_here(mention, match["of"] or "", truth)
    elif countries and (match := _CAPITAL.search(lead)):
        kind, found = "capital", _capital(walk, mentions, k, before, truth)
        start += match.start("said") - len(lead)
    elif inside := _inside(walk, mentions, k):
        return inside
    elif match := _SIDE.search(lead):
        of = mentions[before].places if before is not None else ()
        kind, found = "side", _side(match["way"], mention, of, truth)
        start -= len(match[0])
    if found is None or (kind == "borders" and found.true):
        apart = _apart(walk, mentions, k, truth)
        if apart is not None or found is None:
            return apart
    return Relation(kind, found, start, end, subject)


def _apart(walk: Walk, mentions: Sequence[Mention], k: int, truth: Truth) -> Relation | None:
    """Return how far and in which direction a place is said to lie, if that is said."""
    mention, number = mentions[k], walk.sentence[mentions[k].first]
    begin, end = walk.spans[number]
    name = walk.starts[mention.first], walk.ends[mention.last]
    before = _before(walk, mentions, k)
    if before is not None:
        begin = walk.ends[mentions[before].last]
    if k + 1 < len(mentions):
        end = min(end, walk.starts[mentions[k + 1].first])
    first = walk.first[number]
    opens = walk.clause[mention.first - 1] != walk.clause[mention.first] or (
        mention.first - first <= _MOST_OPENING
        and _OPENING.issuperset(walk.lows[first : mention.first])
    )
    stated = read_apart(walk.text, (begin, name[0]), name, (name[1], end), opens=opens)
    if stated is None:
        return None
    start, end = min(name[0], stated.span[0]), max(name[1], stated.span[1])
    judgement = None
    of = _said_of(walk, mentions, before, stated, begin, truth)
    if of is not None:
        judgement = judge_apart(stated, of, mention.places, truth)
    if judgement is None and stated.of_subject:
        return None
    return Relation("apart", judgement or UNKNOWN, start, end, None)


def _said_of(
    walk: Walk,
    mentions: Sequence[Mention],
    before: int | None,
    stated: Apart,
    begin: int,
    truth: Truth,
) -> Sequence[Candidate] | None:
    """Return the places that a distance is said of: none for the image's, None where not told."""
    if stated.of_subject:
        return ()
    between = walk.text[begin : stated.span[0]].lstrip()
    if before is None or between.strip(" ,(").removesuffix("about").strip() not in _IS:
        return () if _HERE_IS.search(between) else None
    position, places = truth.position, mentions[before].places
    if places[0].kind == "city":
        cities = [p for p in places if p.kind == "city"]
        here = position is not None and any(_close((p.lat, p.lon), position) for p in cities)
        return () if here else cities
    inside = truth.place is not None and any(
        truth.place.country == p.country and p.admin1_code in ("", truth.place.admin1_code)
        for p in places
    )
    return () if inside else None


def _held(walk: Walk, inner: Mention, outer: Mention) -> str:
    """Tell whether a place is said to lie in the next one: "within", "qualified", or ""."""
    between = walk.text[walk.ends[inner.last] : walk.starts[outer.first]]
    if _QUALIFIED.fullmatch(between):
        return "qualified"
    return "within" if _IN.fullmatch(between) else ""


def _before(walk: Walk, mentions: Sequence[Mention], k: int) -> int | None:
    """Return the place named before in the same sentence."""
    same = k > 0 and walk.sentence[mentions[k - 1].first] == walk.sentence[mentions[k].first]
    return k - 1 if same else None


def _borders(
    subject: Sequence[Candidate], others: Sequence[Candidate], truth: Truth, *, sea: bool = False
) -> Judgement | None:
    """Judge whether two countries, or two divisions, have a common border.

    With ``sea``, neighbours across the water are let pass.
    """
    if not any(p.kind == "country" for p in others):
        if others[0].kind == "city":
            return None
        first = {p.admin1_code for p in subject if p.kind == "admin1"}
        if not first and truth.place is not None and truth.place.admin1_code:
            first = {truth.place.admin1_code}
        second = {p.admin1_code for p in others if p.kind == "admin1"}
        if not first or first & second:
            return None
        true = any(divisions_touch(a, b) for a in first for b in second)
        return Judgement(true, Evidence(", ".join(sorted(first)), "a common border", "divisions"))
    first = {p.country for p in subject} or set(truth.countries)
    second = {p.country for p in others if p.kind == "country"}
    if not first or first & second:
        return None
    around = {code for one in first for code in country_facts(one).neighbours}
    known = f"{_names(first)}: {_names(around) or 'no neighbours'}"
    evidence = Evidence(known, "countries with a common land border", "country facts")
    if sea and not around & second and not _is_far(second, truth):
        return None
    return Judgement(bool(around & second), evidence)


def _is_far(countries: set[str], truth: Truth) -> bool:
    """Tell whether no city of some countries lies within 1,000 km."""
    if truth.position is None:
        return False
    near = (haversine_m(*truth.position, *cities_of(code)) for code in countries)
    return all(metres.min(initial=_FAR_M) >= _FAR_M for metres in near)


def _names(codes: set[str]) -> str:
    return ", ".join(sorted(country_name(code) for code in codes)[:12])


def _holds(outer: Sequence[Candidate], inner: Sequence[Candidate]) -> Judgement | None:
    """Judge whether one of some places lies in one of others; None where that cannot be."""
    countries = {p.country for p in outer if p.kind == "country"}
    divisions = {p.admin1_code for p in outer if p.kind == "admin1"}
    parts = [p for p in inner if p.kind != "country"]
    if not parts or not (countries or divisions) or len(parts) < len(inner):
        return None
    if not countries and all(p.kind == "admin1" and p.admin1_code in divisions for p in parts):
        return None
    if not _DEPENDENT.isdisjoint({*countries, *(p.country for p in parts)}):
        return None
    inside = any(p.country in countries or p.admin1_code in divisions for p in parts)
    known = "; ".join(dict.fromkeys(f"{p.name}, {p.admin1}, {p.country}" for p in parts[:3]))
    return Judgement(inside, Evidence(known, "where places of that name lie", "gazetteer"))


def _capital(
    walk: Walk, mentions: Sequence[Mention], k: int, before: int | None, truth: Truth
) -> Judgement | None:
    end = walk.ends[mentions[k].last]
    after = mentions[k + 1] if k + 1 < len(mentions) else None
    if after is not None and _THAT_IS.fullmatch(walk.text[end : walk.starts[after.first]]):
        subject: Sequence[tuple[float, float]] = [(p.lat, p.lon) for p in after.places]
    elif before is not None:
        subject = [(p.lat, p.lon) for p in mentions[before].places]
    elif _THAT_IS.match(walk.text, end):
        return None
    else:
        subject = [truth.position] if truth.position is not None else []
    seats = [p for p in mentions[k].places if p.kind == "country" and p.lat == p.lat]
    if not subject or not seats:
        return None
    true = any(_close(one, (p.lat, p.lon)) for one in subject for p in seats)
    known = f"{seats[0].name}: {country_facts(seats[0].country).capital}"
    evidence = Evidence(known, "the country's capital", "country facts")
    if not true and not _SEVERAL_CAPITALS.isdisjoint(p.country for p in seats):
        return Judgement(None, evidence)
    return Judgement(true, evidence)


def _capital_here(mention: Mention, of: str, truth: Truth) -> Judgement:
    """Judge whether a city is the capital of the country in which the image's place lies."""
    for code in truth.countries if not of else ():
        capital = country_facts(code).capital
        evidence = Evidence(f"{country_name(code)}: {capital}", "the capital", "country facts")
        if any(p.country == code and p.name == capital for p in mention.places):
            return Judgement(True, evidence)
    return UNKNOWN


def _close(a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Tell whether two positions can be those of one city."""
    return abs(a[0] - b[0]) < _CITY_DEG and abs(a[1] - b[1]) < _CITY_DEG


def _side(
    way: str, mention: Mention, subject: Sequence[Candidate], truth: Truth
) -> Judgement | None:
    """Judge on which side of a country or division a city, or the image's place, lies."""
    outer = mention.places[0]
    if outer.kind == "city":
        return None
    code = outer.country if outer.kind == "country" else outer.admin1_code
    here, position = truth.place, truth.position
    cities = [p for p in subject if p.kind == "city"]
    if position and (not cities or any(_close((p.lat, p.lon), position) for p in cities)):
        at = [position] if here and code in (here.country, here.admin1_code) else []
    else:
        at = [(p.lat, p.lon) for p in cities if code in (p.country, p.admin1_code)]
    sides = [side for lat, lon in at if (side := side_within(lat, lon, code))]
    if not sides:
        return None
    verdicts = {_lies(way.lower(), side) for side in sides}
    true = True if True in verdicts else None if None in verdicts else False
    side = sides[0]
    known = f"{outer.name}: {side.north[0]:.0%} from the south, {side.east[0]:.0%} from the west"
    return Judgement(true, Evidence(known, "extent of the place and its cities", "gazetteer"))


def _lies(way: str, side: Side) -> bool | None:
    true: bool | None = True
    for low_end, high_end, (low, high) in (
        ("south", "north", side.north),
        ("west", "east", side.east),
    ):
        if low_end in way:
            low, high = 1 - high, 1 - low
        elif high_end not in way:
            continue
        if high < _WRONG_SIDE:
            return False
        if low < _RIGHT_SIDE:
            true = None
    return true
