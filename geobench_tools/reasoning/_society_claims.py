"""Claims about how people live: side of the road, languages, scripts, money, prefixes, domains."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, lru_cache

from geobench_tools.places import country_facts, country_name
from geobench_tools.plaintext import words
from geobench_tools.reasoning._claims import CheckOptions, Evidence
from geobench_tools.reasoning._finding import UNKNOWN, Finding, Judgement
from geobench_tools.reasoning._tables import (
    currencies,
    demonyms,
    languages,
    script_of_language,
    scripts,
)
from geobench_tools.reasoning._truth import Truth
from geobench_tools.reasoning._walk import Walk

__all__ = [
    "CURRENCY_WORDS",
    "DRIVING_WORDS",
    "LANGUAGE_WORDS",
    "PHONE_WORDS",
    "TLD_WORDS",
    "ZONE_WORDS",
    "currency_findings",
    "driving_findings",
    "language_findings",
    "phone_findings",
    "tld_findings",
    "zone_findings",
]


def _said(walk: Walk, match: re.Match[str], group: str | int = 0) -> tuple[int, int]:
    return walk.at(match.start(group)), walk.at(match.end(group) - 1)


def _countries(truth: Truth) -> frozenset[str]:
    return frozenset({truth.place.country}) if truth.place else truth.countries


def _names(codes: frozenset[str]) -> str:
    return ", ".join(sorted(country_name(code) for code in codes))


DRIVING_WORDS = (
    "drive drives driving driven traffic lane keep keeps keeping steering wheel handed hand"
    " vehicles cars travel travels travelling"
)
_MOVER = (
    r"(?:driv(?:e|es|ing|en)|traffic|cars?|vehicles?|motorists?|drivers?|buses|trucks?|keeps?"
    r"|keeping"
    r"|people|lanes?)"
)
_DRIVING = re.compile(
    r"(?i)\b(?P<traffic>left|right)[- ]?hand(?:ed)?[- ](?:side )?(?:traffic|driving(?! (?:seat"
    r"|position)))"
    r"|\b(?P<wheel>left|right)[- ]?hand(?:ed)?[- ]drive"
    r"|\bsteering wheels? (?:is |are |sits? |visible |clearly |placed |located |positioned )*"
    r"(?:on|at|to) the (?P<steering>left|right)"
    rf"|\b{_MOVER}\b[^.;:!?\n]{{0,48}}?\b(?:on|to|along|in|keeps?(?: to)?|using|uses?) the "
    r"(?:far |correct )?(?P<side>left|right)(?:[- ]?hand)?(?: side| lane)?\b"
    r"(?!(?:[- ]hand)? (?:of|in) (?:the|this) (?:image|photo|picture|frame|view|scene)| (?:edge"
    r"|half|foreground))"
    r"|\b(?:keeps?|keeping|drives?|driving) (?P<keep>left|right)\b(?!-)(?! (?:of|in) (?:the"
    r" )?(?:image"
    r"|photo))"
    r"|\b(?P<driving>left|right)(?:[- ]side)? driving\b|\bdrives? on the (?P<wrong>wrong) side"
)
_PARKED = re.compile(
    r"(?i)\bparked|parking|turn(?:s|ing)?\b|image|photo|picture|frame|visible on the"
)


def driving_findings(walk: Walk, number: int, truth: Truth, _: CheckOptions) -> Iterator[Finding]:
    """Yield what a sentence says about the side of the road."""
    for match in _DRIVING.finditer(walk.text, *walk.spans[number]):
        group = match.group
        side = group("traffic") or group("side") or group("keep") or group("driving")
        if group("side") and (
            _PARKED.search(match.group()) or not re.search(r"(?i)driv|traffic|keep", match.group())
        ):
            if not re.search(r"(?i)\b(?:driv|travel|mov|runn?|keep|flow|pass)\w*", match.group()):
                continue
            if _PARKED.search(match.group()):
                continue
        if side is None:
            wheel = group("wheel") or group("steering")
            if wheel is None:
                continue
            side = "left" if wheel.lower() == "right" else "right"
        side = side.lower()
        strength = walk.strength(*_said(walk, match))
        yield Finding("driving_side", match.span(), side, strength, _driving(side, truth))


def _driving(side: str, truth: Truth) -> Judgement:
    said = truth.facts.scene.get("driving_side")
    if said in ("left", "right"):
        return Judgement(
            said == side, Evidence(f"{said}-hand traffic", "the scene's side", "scene")
        )
    codes = _countries(truth)
    sides = {country_facts(code).driving_side for code in codes} - {""}
    if not sides:
        return UNKNOWN
    known = f"{_names(codes)} drives on the {' or '.join(sorted(sides))}"
    return Judgement(side in sides, Evidence(known, "the country's side", "country facts"))


LANGUAGE_WORDS = " ".join(sorted({w for name in languages() for w in name.split()}))
LANGUAGE_WORDS += " " + " ".join(sorted({w for name in scripts() for w in name.split()}))
_WRITTEN = (
    r"(?:languages?|texts?|signs?|signage|signboards?|lettering|writing|words?|inscriptions?|script"
    r"|labels?|billboards?|posters?|advertisements?|ads|shop names?|shopfronts?|storefronts?"
    r"|banners?"
    r"|captions?|place names?|street names?|notices?|menu|menus|graffiti|phrases?|letters"
    r"|characters"
    r"|alphabet|road markings?|written|spoken|speaking|speakers?|speak|speaks|bilingual|plaques?"
    r"|boards?)"
)
_LETTERS = (
    r"(?:script|scripts|alphabet|letters|characters|lettering|glyphs|letterforms|abugida|syllabary"
    r"|numerals)"
)
_ALONE = words("cyrillic hangul kanji hiragana katakana devanagari hanzi gurmukhi thaana tifinagh")


@cache
def _language_pattern() -> re.Pattern[str]:
    names = sorted({*languages(), *scripts()}, key=len, reverse=True)
    either = "|".join(re.escape(name) for name in names)
    return re.compile(
        rf"\b(?P<name>(?i:{either}))\b"
        rf"(?P<after>[- ](?:(?i:road|street|shop|store|traffic|public|warning|language|handwritten"
        rf"|printed"
        rf"|place|direction|directional|business|commercial) )?(?P<noun>(?i:{_WRITTEN}))\b)?"
    )


_BEFORE = re.compile(
    rf"(?i)\b{_WRITTEN}\b(?![^.;]*\b(?:style|restaurant|cuisine|flag"
    rf"|architecture)\b)[^.;:!?\n]{{0,60}}$"
)
_QUALIFIES = re.compile(
    r"[ -](?!(?:and|or|on|in|with|that|which|while|but|as|so|is|are|at|here|only|rather|not|visible"
    r"|seen|too|for|from|by|above|below|along|across|throughout)\b)[a-z]"
)
"""A noun after an adjective: "signs typical of Japanese shops" says nothing of the language."""

_LINK = re.compile(
    r"(?i)(?:\b(?:in|is|are|be|of|as|with|using|uses?|both|and|or|mixing|seems?|appears?|like|the"
    r"|only"
    r"|mostly|mainly|entirely|clearly|largely|predominantly|distinctly|bilingual|between|not|n't"
    r"|into"
    r"|resembl\w+|unmistakably|probably|likely|possibly|written|painted|printed|spoken|speaks?"
    r"|speaking|say|says|called|labelled)"
    r"[ (\"']{1,3}|[-–/,:] ?|\()$"
)


def language_findings(walk: Walk, number: int, truth: Truth, _: CheckOptions) -> Iterator[Finding]:
    """Yield what a sentence says about languages and scripts."""
    start, end = walk.spans[number]
    for match in _language_pattern().finditer(walk.text, start, end):
        name = match.group("name").lower()
        if not match.group("name")[0].isupper() and name not in _ALONE:
            continue
        noun = (match.group("noun") or "").lower()
        lead = walk.text[start : match.start()]
        written = (
            noun
            or name in _ALONE
            or (
                not _QUALIFIES.match(walk.text, match.end())
                and _LINK.search(lead)
                and _BEFORE.search(lead)
            )
        )
        if not written or (name == "roman" and not re.fullmatch(_LETTERS, noun)):
            continue
        strength = walk.strength(*_said(walk, match))
        span = match.span() if noun else match.span("name")
        migrant = bool(_MIGRANT.search(walk.text, start, end))
        is_script = name in scripts() and (
            name not in languages() or bool(re.fullmatch(_LETTERS, noun))
        )
        if is_script:
            judgement = _script(scripts()[name], truth)
            yield Finding("script", span, name, strength, _let_pass(judgement, migrant))
        elif name in languages():
            judgement = _language(name, truth)
            yield Finding("language", span, name, strength, _let_pass(judgement, migrant))


_MIGRANT = re.compile(
    r"(?i)\b(?:chinatowns?|koreatowns?|gates?|gateway|little \w+|ethnic|immigrants?|tourists?"
    r"|touristy|diaspora|restaurants?|cafes?"
    r"|souvenirs?|multilingual|bilingual|brands?|franchise|cuisine|temples?|shrines?|stickers?"
    r"|packaging|archway)\b"
)


def _let_pass(judgement: Judgement, migrant: bool) -> Judgement:
    """Let a foreign language pass where restaurants, tourists or migrants explain it."""
    if judgement.true is not False or not migrant:
        return judgement
    rule = f"{judgement.evidence.rule}, but such places write in foreign languages"
    return Judgement(None, replace(judgement.evidence, rule=rule))


def _language(name: str, truth: Truth) -> Judgement:
    codes = _countries(truth)
    if not codes:
        return UNKNOWN
    spoken = frozenset(
        code.partition("-")[0]
        for country in codes
        for code in (*country_facts(country).languages, *country_facts(country).spoken)
    )
    known = f"{_names(codes)}: {', '.join(sorted(spoken))}"
    if spoken.intersection(languages()[name]):
        return Judgement(True, Evidence(known, "spoken in the country", "country facts"))
    if name == "english":
        rule = "English is written in most countries"
        return Judgement(None, Evidence(known, rule, "country facts"))
    return Judgement(False, Evidence(known, "not spoken in the country", "country facts"))


def _script(wanted: tuple[str, ...], truth: Truth) -> Judgement:
    codes = _countries(truth)
    if not codes:
        return UNKNOWN
    by_language = script_of_language()
    written = frozenset(
        script
        for country in codes
        for script in (
            *country_facts(country).scripts,
            *(
                by_language[code.partition("-")[0]]
                for code in country_facts(country).spoken
                if code.partition("-")[0] in by_language
            ),
        )
    )
    known = f"{_names(codes)}: {', '.join(sorted(written))}"
    if written.intersection(wanted):
        return Judgement(True, Evidence(known, "written in the country", "country facts"))
    if "Latn" in wanted:
        rule = "Latin letters are seen in most countries"
        return Judgement(None, Evidence(known, rule, "country facts"))
    return Judgement(False, Evidence(known, "not written in the country", "country facts"))


CURRENCY_WORDS = (
    "currency price prices priced cost costs pay paid payment banknote banknotes coin coins fare"
)
CURRENCY_WORDS += (
    " fares tariff menu euro euros yen baht rupees pesos dollars pounds kroner francs zloty rubles"
)
CURRENCY_WORDS += " roubles rupiah ringgit lira forint liras krona"
_MONEY_CUE = (
    r"(?:currency|currencies|prices?|priced|costs?|pay(?:ing|ment|ments)?|paid|banknotes?|coins?"
    r"|fares?|tariffs?"
    r"|denominated|quoted|listed|menu|sold|charges?|fee|rates?)"
)


@cache
def _currency_pattern() -> re.Pattern[str]:
    signs = "|".join(re.escape(s) for s in currencies() if not s[0].isalpha() or s in ("r$",))
    either = "|".join(
        re.escape(name)
        for name in sorted(currencies(), key=len, reverse=True)
        if name[0].isalpha() and name != "r$"
    )
    people = "|".join(re.escape(name) for name in sorted(demonyms(), key=len, reverse=True))
    return re.compile(
        rf"(?i)(?:\b(?P<people>{people}) )?\b(?P<name>{either})s?\b(?: sterling)?"
        rf"|(?P<sign>{signs}|(?<![\w])kč|zł)"
    )


def currency_findings(walk: Walk, number: int, truth: Truth, _: CheckOptions) -> Iterator[Finding]:
    """Yield what a sentence says about money."""
    start, end = walk.spans[number]
    sentence = walk.text[start:end]
    cue = re.search(rf"(?i)\b{_MONEY_CUE}\b", sentence)
    for match in _currency_pattern().finditer(walk.text, start, end):
        sign, name = match.group("sign"), (match.group("name") or "").lower()
        people = (match.group("people") or "").lower()
        before = walk.text[max(start, match.start() - 12) : match.start()]
        after = walk.text[match.end() : match.end() + 12]
        counted = bool(re.search(r"\d\s?$", before) or re.match(r"\s?\d", after))
        named = bool(re.match(r"(?i) (?:sign|symbol|banknote|note|coin|price|currency)", after))
        if not (cue or counted or named or people):
            continue
        if not (cue or named or people) and name in _WORDS_TOO:
            continue
        codes = currencies()[(sign or name).lower()]
        if people and people in demonyms():
            own = frozenset(country_facts(code).currency for code in demonyms()[people])
            codes = (codes & own) or own
        strength = walk.strength(*_said(walk, match))
        value = " ".join(sorted(codes)) if len(codes) < 4 else (sign or name)
        yield Finding("currency", match.span(), value, strength, _currency(codes, truth))


_WORDS_TOO = words(
    "pound real won sol rand crown colon som lev lek dram kip lei leone sterling loti"
)


def _currency(codes: frozenset[str], truth: Truth) -> Judgement:
    countries = _countries(truth)
    used = {country_facts(code).currency for code in countries} - {""}
    if not used:
        return UNKNOWN
    known = f"{_names(countries)}: {', '.join(sorted(used))}"
    return Judgement(bool(codes & used), Evidence(known, "the country's currency", "country facts"))


PHONE_WORDS = (
    "phone telephone dial dialling dialing calling prefix tel telephones numbers number code phones"
)
_PHONE = re.compile(
    r"(?i)(?<![\w+])(?:\+|00)(?P<plus>[1-9]\d{0,2})(?!\d{9})[\d ()./-]{0,18}"
    r"|\b(?:country|dialling|dialing|calling|phone|telephone|international)(?: (?:country|dialling"
    r"|dialing"
    r"|calling|phone))? (?:code|prefix)\s?(?:is |of |for |:|=|\()?\s?(?:here )?(?:is"
    r" )?\+?(?P<code>[1-9]\d{0,2})\b"
)


def phone_findings(walk: Walk, number: int, truth: Truth, _: CheckOptions) -> Iterator[Finding]:
    """Yield what a sentence says about telephone prefixes."""
    start, end = walk.spans[number]
    for match in _PHONE.finditer(walk.text, start, end):
        group = "plus" if match.group("plus") else "code"
        digits = re.sub(r"\D", "", walk.text[match.start(group) : match.end()])
        span = (match.start(), match.start() + len(match.group().rstrip(" (.-/")))
        strength = walk.strength(*_said(walk, match))
        yield Finding("phone_prefix", span, f"+{digits[:7]}", strength, _phone(digits, truth))


def _phone(digits: str, truth: Truth) -> Judgement:
    countries = _countries(truth)
    prefixes = {country_facts(code).phone_prefix for code in countries} - {""}
    if not prefixes:
        return UNKNOWN
    known = f"{_names(countries)}: +{', +'.join(sorted(prefixes))}"
    true = any(digits.startswith(p) or p.startswith(digits) for p in prefixes)
    return Judgement(true, Evidence(known, "the country's calling code", "country facts"))


TLD_WORDS = (
    "domain domains website websites url urls web www http https tld internet site email suffix"
)
_TLD = re.compile(
    r"(?i)(?:\b(?:www\.|https?://)[a-z0-9.-]{2,60}"
    r"|\b[a-z0-9-]{2,40}(?:\.[a-z0-9-]{2,20}){0,2})\.(?P<host>[a-z]{2})"
    r"(?![\w.-]*\w)|(?<![\w.])\.(?:(?:co|com|gov|org|net|ac)\.)?(?P<bare>[a-z]{2})\b(?!\()"
)
_SOLD_WORLDWIDE = words("io tv me co ai eu cc ly fm to ws gg sh so py md")


def tld_findings(walk: Walk, number: int, truth: Truth, _: CheckOptions) -> Iterator[Finding]:
    """Yield what a sentence says about top-level domains of countries."""
    for match in _TLD.finditer(walk.text, *walk.spans[number]):
        domain = (match.group("host") or match.group("bare")).lower()
        if domain not in _domains():
            continue
        strength = walk.strength(*_said(walk, match))
        yield Finding("tld", match.span(), f".{domain}", strength, _tld(domain, truth))


@cache
def _domains() -> frozenset[str]:
    from geobench_tools.places._facts import all_facts

    return frozenset(facts.tld.lstrip(".") for facts in all_facts().values()) | {"eu", "uk"}


def _tld(domain: str, truth: Truth) -> Judgement:
    countries = _countries(truth)
    own = {country_facts(code).tld.lstrip(".") for code in countries} - {""}
    if not own:
        return UNKNOWN
    known = f"{_names(countries)}: .{', .'.join(sorted(own))}"
    if domain in own:
        return Judgement(True, Evidence(known, "the country's domain", "country facts"))
    if domain in _SOLD_WORLDWIDE:
        return Judgement(None, Evidence(known, "this domain is used everywhere", "country facts"))
    return Judgement(False, Evidence(known, "not the country's domain", "country facts"))


ZONE_WORDS = (
    "utc gmt time timezone zone cet cest eet eest wet west jst kst ist est edt cst cdt mst mdt"
    " pst pdt"
    " msk aest aedt awst acst nzst nzdt wib wita sast eat wat cat pkt hkt sgt europe asia america"
)
_LONG_NAMES = words(
    "Central Eastern Western European Japan Korea China Indian India Pacific Mountain Atlantic"
    " Greenwich"
    " Moscow Australian Australia Arabian Arabia Gulf Israel Singapore Argentina Brasilia Chile"
    " Newfoundland"
    " Alaska Hawaii Africa African South East West Universal Indochina Philippine Pakistan Nepal"
    " Iran"
    " Turkey Hong Kong New Zealand"
)
_ZONE = re.compile(
    r"\b(?P<utc>(?:UTC|GMT)\s?(?P<sign>[+\-–±])\s?(?P<hours>\d{1,2})(?::?(?P<minutes>[0-5]\d))?)\b"
    r"|\b(?P<iana>(?:Europe|Asia|America|Africa|Australia|Pacific|Atlantic"
    r"|Indian)/[A-Z]\w+(?:/[A-Z]\w+)?)"
    rf"|\b(?P<long>(?:(?:{'|'.join(sorted(_LONG_NAMES))}) ){{1,3}}(?:(?:[Ss]tandard|[Dd]aylight"
    rf"|[Ss]ummer|[Mm]ean|[Ss]avings?) ){{0,2}}[Tt]ime)"
    r"(?: [Zz]one)?\b"
    r"|\b(?P<short>[A-Z]{2,4}T|MSK|WIB|WITA)\b(?= (?:time|zone)|\))"
    r"|(?i:time ?zone(?: here| there)? (?:is|of|would be|:) )(?P<named>[A-Z]{2,4}T|MSK|WIB|WITA"
    r"|UTC|GMT)\b(?!\s?[-+–±]\s?\d)"
)


def zone_findings(walk: Walk, number: int, truth: Truth, _: CheckOptions) -> Iterator[Finding]:
    """Yield what a sentence says about time zones."""
    for match in _ZONE.finditer(walk.text, *walk.spans[number]):
        judgement: Judgement | None
        if match.group("utc"):
            sign = -1 if match.group("sign") in "-–" else 1
            minutes = int(match.group("hours")) * 60 + int(match.group("minutes") or 0)
            judgement = _offset(sign * minutes, truth)
            value = match.group("utc").replace(" ", "")
        elif match.group("iana"):
            value = match.group("iana")
            judgement = _named_zone(value, truth)
        else:
            value = _initials(match.group("long") or match.group("short") or match.group("named"))
            judgement = _abbreviation(value, truth) if value else None
        if judgement is not None:
            strength = walk.strength(*_said(walk, match))
            yield Finding("timezone", match.span(), value, strength, judgement)


def _initials(name: str) -> str:
    if " " not in name:
        return name
    parts = name.split()
    if not all(part in _LONG_NAMES or part.lower() in _TIME_WORDS for part in parts):
        return ""
    return "".join(part[0].upper() for part in parts)


_TIME_WORDS = words("standard daylight summer mean saving savings time")


@lru_cache(maxsize=1024)
def _zone_facts(zone: str, year: int) -> tuple[frozenset[int], frozenset[str]]:
    """Return offsets from UTC in minutes and abbreviations of a zone over a year."""
    from zoneinfo import ZoneInfo

    at = [
        datetime(year, month, 15, 12, tzinfo=UTC).astimezone(ZoneInfo(zone))
        for month in range(1, 13)
    ]
    offsets = frozenset(
        int(o.total_seconds() // 60) for t in at if (o := t.utcoffset()) is not None
    )
    return offsets, frozenset(name for t in at if (name := t.tzname()))


def _here(truth: Truth) -> tuple[str, frozenset[int], frozenset[str]] | None:
    from zoneinfo import ZoneInfoNotFoundError

    if truth.place is None or not truth.place.timezone:
        return None
    at = truth.facts.captured_at
    try:
        return truth.place.timezone, *_zone_facts(truth.place.timezone, at.year if at else 2024)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _offset(minutes: int, truth: Truth) -> Judgement:
    here = _here(truth)
    if here is None:
        return UNKNOWN
    return Judgement(
        minutes in here[1],
        Evidence(_zone_text(here), "standard or summer time", "IANA time zones"),
    )


def _abbreviation(name: str, truth: Truth) -> Judgement:
    here = _here(truth)
    if here is None:
        return UNKNOWN
    names = {one for one in here[2] if one.isalpha()}
    evidence = Evidence(_zone_text(here), "standard or summer time", "IANA time zones")
    if name in ("GMT", "UTC"):
        return Judgement(0 in here[1], evidence)
    short = {one[0] + one[-1] for one in names}
    if name in names or name in short or name.replace("S", "", 1) in names | short:
        return Judgement(True, evidence)
    return Judgement(False if names else None, evidence)


def _named_zone(name: str, truth: Truth) -> Judgement:
    here = _here(truth)
    if here is None:
        return UNKNOWN
    from zoneinfo import ZoneInfoNotFoundError

    evidence = Evidence(_zone_text(here), "same offsets all year", "IANA time zones")
    if name == here[0]:
        return Judgement(True, evidence)
    try:
        offsets, _ = _zone_facts(name, 2024)
    except (ZoneInfoNotFoundError, ValueError):
        return Judgement(None, Evidence(_zone_text(here), "no such zone", "IANA time zones"))
    near = name.partition("/")[0] == here[0].partition("/")[0] and offsets == here[1]
    return Judgement(None if near else False, evidence)


def _zone_text(here: tuple[str, frozenset[int], frozenset[str]]) -> str:
    return f"{here[0]} ({', '.join(f'UTC{m / 60:+g}' for m in sorted(here[1]))})"
