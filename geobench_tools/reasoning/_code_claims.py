"""Claims about money, telephone prefixes and domains: what a country has as codes."""

import re
from collections.abc import Iterator
from functools import cache

from geobench_tools.places import countries_with, country_facts
from geobench_tools.plaintext import words
from geobench_tools.reasoning._claims import CheckOptions, Evidence
from geobench_tools.reasoning._finding import UNKNOWN, Finding, Judgement
from geobench_tools.reasoning._society_claims import countries_of, country_names
from geobench_tools.reasoning._strength import stated
from geobench_tools.reasoning._tables import currencies, demonyms
from geobench_tools.reasoning._truth import Truth
from geobench_tools.reasoning._walk import Walk

__all__ = [
    "CURRENCY_WORDS",
    "PHONE_WORDS",
    "TLD_WORDS",
    "currency_findings",
    "phone_findings",
    "tld_findings",
]

CURRENCY_WORDS = " ".join(
    sorted(
        words(
            "currency price prices priced cost costs pay pays paid payment banknote banknotes coin"
            " coins fare fares tariff menu money"
        )
        | {word + end for name in currencies() for word in name.split() for end in ("", "s")}
    )
)
_MONEY_CUE = re.compile(
    r"(?i)\b(?:currency|currencies|prices?|priced|costs?|pay(?:s|ing|ment|ments)?|paid|banknotes?"
    r"|coins?|fares?|tariffs?|denominated|quoted|listed|menu|sold|charges?|fee|rates?|money"
    r"|legal tender)\b"
)
_USED = re.compile(r"(?i)\b(?:uses?|using|used|adopted|accepts?|with|in)\s(?:the\s)?$")
_BEFORE_NOUN = re.compile(r" (?!(?:and|as|in|is|or|here|there|since|but|which)\b)[a-z]")
_NAME_BEFORE = re.compile(r"[A-Z][a-z]+ $")
_AS_MONEY = re.compile(r"(?i) (?:sign|symbol|banknote|note|coin|price|currency)")


@cache
def _currency_pattern() -> re.Pattern[str]:
    signs = "|".join(re.escape(s) for s in currencies() if not s[0].isalpha() or s in ("r$",))
    either = "|".join(
        re.escape(name)
        for name in sorted(currencies(), key=len, reverse=True)
        if name[0].isalpha() and name != "r$"
    )
    people = "|".join(re.escape(name) for name in sorted(demonyms(), key=len, reverse=True))
    iso = "|".join(sorted(frozenset().union(*currencies().values())))
    return re.compile(
        rf"(?i)(?:\b(?P<people>{people}) )?\b(?P<name>{either})s?\b(?!-)(?: sterling)?"
        rf"|(?P<sign>{signs}|(?<![\w])kč|zł)|(?-i:\b(?P<iso>{iso})\b)"
    )


def currency_findings(walk: Walk, number: int, truth: Truth, _: CheckOptions) -> Iterator[Finding]:
    """Yield what a sentence says about money."""
    start, end = walk.spans[number]
    cue = _MONEY_CUE.search(walk.text, start, end)
    for match in _currency_pattern().finditer(walk.text, start, end):
        sign, name = match["sign"] or match["iso"], (match["name"] or "").lower()
        people = (match.group("people") or "").lower()
        before = walk.text[max(start, match.start() - 24) : match.start()]
        after = walk.text[match.end() : match.end() + 12]
        named = _AS_MONEY.match(after)
        plain = name in _WORDS_TOO
        used = not plain and _USED.search(before) and not _BEFORE_NOUN.match(after)
        counted = re.search(r"\d\s?$", before) or re.match(r"\s?\d", after)
        several = match.group().endswith("s") and not _BEFORE_NOUN.match(after)
        several = several and not _NAME_BEFORE.search(before)
        if not (cue or named or people or used or ((counted or several) and not plain)):
            continue
        codes = frozenset([sign]) if match["iso"] else currencies()[(sign or name).lower()]
        if people:
            own = frozenset(country_facts(code).currency for code in demonyms()[people])
            codes = (codes & own) or own
        elif name == "dollar" and named:
            codes |= currencies()["peso"]
        value = " ".join(sorted(codes)) if len(codes) < 4 else (sign or name)
        yield Finding("currency", match.span(), value, stated(walk, match), _currency(codes, truth))


_WORDS_TOO = words(
    "pound real won sol rand crown colon som lev lek dram kip lei leone sterling loti mark dong"
)
_BEFORE_EURO = {
    "BG": ("BGN", 2026), "HR": ("HRK", 2023), "LT": ("LTL", 2015), "LV": ("LVL", 2014),
    "EE": ("EEK", 2011), "SK": ("SKK", 2009), "CY": ("CYP", 2008), "MT": ("MTL", 2008),
    "SI": ("SIT", 2007),
}  # fmt: skip
"""By country: the currency before the euro, and the year in which the euro came."""


_DOLLARS_TOO = words("KH ZW LB LR SO VE HT BS BB BZ BM KY AW CW MV")
"""Countries with a currency of their own where prices are often in US dollars."""


def _currency(codes: frozenset[str], truth: Truth) -> Judgement:
    countries = countries_of(truth)
    used = {one for code in countries for one in country_facts(code).currencies}
    if not used:
        return UNKNOWN
    known = f"{country_names(countries)}: {', '.join(sorted(used))}"
    taken = truth.facts.captured_at
    for country in countries & _BEFORE_EURO.keys():
        former, year = _BEFORE_EURO[country]
        if former in codes and (taken is None or taken.year <= year):
            true = None if taken is None or taken.year == year else True
            return Judgement(true, Evidence(known, f"{former} until {year}", "country facts"))
        if "EUR" in codes and taken is not None and taken.year < year:
            return Judgement(False, Evidence(known, f"{former} until {year}", "country facts"))
    if "USD" in codes and not codes & used and countries & _DOLLARS_TOO:
        rule = "US dollars are taken there too"
        return Judgement(None, Evidence(known, rule, "country facts"))
    return Judgement(bool(codes & used), Evidence(known, "the country's currency", "country facts"))


PHONE_WORDS = (
    "numbers calls call codes mobile mobiles dialled whatsapp "
    "phone telephone dial dialling dialing calling prefix tel telephones numbers number code phones"
)
_PHONE = re.compile(
    r"(?i)(?<![\w+])(?<!utc )(?<!gmt )(?:\+|00)(?P<plus>[1-9]\d{0,2})(?!\d{9})[\d ()./-]{0,18}"
    r"|\b(?:country|diall?ing|dial|calling|phone|telephone|international)(?: (?:country|diall?ing"
    r"|calling|phone))? (?:code|prefix)(?: (?:of|for|in|here)\b[^.;:,\d\n]{0,30}?)?"
    r"(?:\s(?:is|would be)|\s?[:=(–—])?\s?\+?(?P<code>[1-9]\d{0,2})\b"
)


def phone_findings(walk: Walk, number: int, truth: Truth, _: CheckOptions) -> Iterator[Finding]:
    """Yield what a sentence says about telephone prefixes."""
    start, end = walk.spans[number]
    for match in _PHONE.finditer(walk.text, start, end):
        group = "plus" if match.group("plus") else "code"
        digits = re.sub(r"\D", "", walk.text[match.start(group) : match.end()])
        span = (match.start(), match.start() + len(match.group().rstrip(" (.-/")))
        strength = stated(walk, match)
        yield Finding("phone_prefix", span, f"+{digits[:7]}", strength, _phone(digits, truth))


def _phone(digits: str, truth: Truth) -> Judgement:
    countries = countries_of(truth)
    prefixes = {one for code in countries for one in country_facts(code).phone_prefixes}
    if not prefixes:
        return UNKNOWN
    known = f"{country_names(countries)}: +{', +'.join(sorted(prefixes))}"
    true = any(digits.startswith(p) or p.startswith(digits) for p in prefixes)
    return Judgement(true, Evidence(known, "the country's calling code", "country facts"))


TLD_WORDS = (
    "cctld domain domains sites addresses address website websites url urls web www http https tld"
    " internet site email suffix"
)
_TLD = re.compile(
    r"(?i)(?:\b(?:www\.|https?://)[a-z0-9.-]{2,60}"
    r"|\b[a-z0-9-]{2,40}(?:\.[a-z0-9-]{2,20}){0,2})\.(?P<host>[a-z]{2})"
    r"(?![\w.-]*\w)|(?<![\w.])\.(?:(?:co|com|gov|org|net|ac)\.)?(?P<bare>[a-z]{2})\b(?!\()"
    r"|\b(?:domain|cc ?tld|tld)(?: (?:here|used|code))?(?: is|:|=| would be)"
    r" [\"'(]?(?P<named>[a-z]{2})\b(?! \w)"
)
_SOLD_WORLDWIDE = words("io tv me co ai eu cc ly fm to ws gg")
_ALSO_OF_FILES = words("sh so py md")
_OF_DOMAIN = re.compile(r"(?i)\b(?:domain|tld|suffix)\b")


def tld_findings(walk: Walk, number: int, truth: Truth, _: CheckOptions) -> Iterator[Finding]:
    """Yield what a sentence says about top-level domains of countries."""
    for match in _TLD.finditer(walk.text, *walk.spans[number]):
        domain = (match["host"] or match["bare"] or match["named"]).lower()
        if domain not in _domains():
            continue
        if domain in _ALSO_OF_FILES and not _OF_DOMAIN.search(walk.text, *walk.spans[number]):
            continue
        strength = stated(walk, match)
        yield Finding("tld", match.span(), f".{domain}", strength, _tld(domain, truth))


@cache
def _domains() -> frozenset[str]:
    own = (country_facts(code).tld.lstrip(".") for code in countries_with())
    return frozenset(own) | {"eu", "uk"}


def _tld(domain: str, truth: Truth) -> Judgement:
    countries = countries_of(truth)
    own = {country_facts(code).tld.lstrip(".") for code in countries} - {""}
    if not own:
        return UNKNOWN
    known = f"{country_names(countries)}: .{', .'.join(sorted(own))}"
    if domain in own:
        return Judgement(True, Evidence(known, "the country's domain", "country facts"))
    if domain in _SOLD_WORLDWIDE:
        return Judgement(None, Evidence(known, "this domain is used everywhere", "country facts"))
    return Judgement(False, Evidence(known, "not the country's domain", "country facts"))
