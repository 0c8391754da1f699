"""Claims about how people live: side of the road, languages, scripts."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from geobench_tools.places import country_facts, country_name
from geobench_tools.plaintext import words
from geobench_tools.reasoning._claims import CheckOptions, Evidence
from geobench_tools.reasoning._finding import UNKNOWN, Finding, Judgement
from geobench_tools.reasoning._tables import languages, script_of_language, scripts
from geobench_tools.reasoning._truth import Truth
from geobench_tools.reasoning._walk import Walk

__all__ = [
    "DRIVING_WORDS",
    "LANGUAGE_WORDS",
    "countries_of",
    "country_names",
    "driving_findings",
    "language_findings",
    "said",
]


def said(walk: Walk, match: re.Match[str], group: str | int = 0) -> tuple[int, int]:
    """Return the first and last word of a match."""
    return walk.at(match.start(group)), walk.at(match.end(group) - 1)


def countries_of(truth: Truth) -> frozenset[str]:
    """Return the countries that the place can lie in."""
    return frozenset({truth.place.country}) if truth.place else truth.countries


def country_names(codes: frozenset[str]) -> str:
    """Return the names of countries, for people."""
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
        strength = walk.strength(*said(walk, match))
        yield Finding("driving_side", match.span(), side, strength, _driving(side, truth))


def _driving(side: str, truth: Truth) -> Judgement:
    shown = truth.facts.scene.get("driving_side")
    if shown in ("left", "right"):
        return Judgement(
            shown == side, Evidence(f"{shown}-hand traffic", "the scene's side", "scene")
        )
    codes = countries_of(truth)
    sides = {country_facts(code).driving_side for code in codes} - {""}
    if not sides:
        return UNKNOWN
    known = f"{country_names(codes)} drives on the {' or '.join(sorted(sides))}"
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
        strength = walk.strength(*said(walk, match))
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
    codes = countries_of(truth)
    if not codes:
        return UNKNOWN
    spoken = frozenset(
        code.partition("-")[0]
        for country in codes
        for code in (*country_facts(country).languages, *country_facts(country).spoken)
    )
    known = f"{country_names(codes)}: {', '.join(sorted(spoken))}"
    if spoken.intersection(languages()[name]):
        return Judgement(True, Evidence(known, "spoken in the country", "country facts"))
    if name == "english":
        rule = "English is written in most countries"
        return Judgement(None, Evidence(known, rule, "country facts"))
    return Judgement(False, Evidence(known, "not spoken in the country", "country facts"))


def _script(wanted: tuple[str, ...], truth: Truth) -> Judgement:
    codes = countries_of(truth)
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
    known = f"{country_names(codes)}: {', '.join(sorted(written))}"
    if written.intersection(wanted):
        return Judgement(True, Evidence(known, "written in the country", "country facts"))
    if "Latn" in wanted:
        rule = "Latin letters are seen in most countries"
        return Judgement(None, Evidence(known, rule, "country facts"))
    return Judgement(False, Evidence(known, "not written in the country", "country facts"))
