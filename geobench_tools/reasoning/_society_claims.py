"""Claims about how people live: side of the road, languages, scripts."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from geobench_tools.places import country_facts, country_name
from geobench_tools.plaintext import words
from geobench_tools.reasoning._claims import CheckOptions, Evidence
from geobench_tools.reasoning._finding import UNKNOWN, Finding, Judgement
from geobench_tools.reasoning._strength import stated
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
]


def countries_of(truth: Truth) -> frozenset[str]:
    """Return the countries that the place can lie in."""
    if truth.place is None:
        return truth.countries
    return frozenset({truth.place.country, *truth.place.disputed})


def country_names(codes: frozenset[str]) -> str:
    """Return the names of countries, for people."""
    return ", ".join(sorted(country_name(code) for code in codes))


DRIVING_WORDS = (
    "drive drives driving driven traffic lane keep keeps keeping steering wheel handed hand"
    " vehicles cars travel travels travelling rhd lhd rht lht driver drivers motorists"
)
_MOVER = (
    r"(?:driv(?:e|es|ing|en)|traffic|cars?|vehicles?|motorists?|drivers?|bus(?:es)?|trucks?|vans?"
    r"|keeps?|keeping|people|lanes?|travel\w*|moves?|moving)"
)
_DRIVING = re.compile(
    r"(?i)\b(?P<traffic>left|right)[- ]?hand(?:ed)?[- ](?:side )?(?:traffic|driving(?! (?:seat"
    r"|position)))"
    r"|\b(?P<wheel>left|right)[- ]?hand(?:ed)?[- ]drive|\b(?P<short>[lr])h(?P<what>[td])\b"
    r"|\b(?:steering wheels?|drivers?(?:' seats?|'s seats?)?) (?:is |are |sits? |visible |clearly "
    r"|placed |located |positioned |seated )*(?:on|at|to) the (?P<steering>left|right)"
    rf"|\b{_MOVER}\b[^.;:!?\n]{{0,48}}?\b(?:on|to|along|in|keeps?(?: to)?|using|uses?) (?:the )?"
    r"(?:far |correct )?(?P<side>left|right)(?:[- ]?hand)?(?: side| lane)?\b"
    r"(?!(?:[- ]hand)? (?:of|in) (?:the|this) (?:image|photo|picture|frame|view|scene)| (?:edge"
    r"|half|foreground))"
    r"|\b(?:keeps?|keeping|drives?|driving) (?P<keep>left|right)\b(?!-)(?! (?:of|in) (?:the"
    r" )?(?:image"
    r"|photo))"
    r"|\b(?:traffic|driv(?:es?|ing)(?: on| side)?|side of the road)\*{0,2}"
    r"(?:\s?[:=–—]|\sis\b)\*{0,2}\s?(?:on )?(?:the )?(?P<field>left|right)\b"
    r"|\b(?P<driving>left|right)(?:[- ]side)?[- ]driving\b"
)
_SIDES = ("traffic", "side", "keep", "driving", "field", "short")
_WHEELS = ("wheel", "steering")
_PARKED = re.compile(
    r"(?i)\bparked|parking|turn(?:s|ing)?\b|image|photo|picture|frame|visible on the"
)
_MOVING = re.compile(r"(?i)\b(?:driv|traffic|travel|mov|runn?|keep|flow|pass)\w*")
_CARS_ON = re.compile(
    r"(?i)(?:cars|vehicles|buses|trucks) (?:(?:are|all|clearly|stay|here) )*on the "
)
_WHOLE_SIDE = re.compile(r"(?i) ?(?:of the (?:road|street|carriageway)|$|[.,;:)!](?!\d))")
_IMPORTED = re.compile(
    r"(?i)\b(?:imports?|imported|mix|mixed|mixture|some|many|most|several|few|yet|though|although"
    r"|despite|used|second-hand|japanese)\b"
)


def driving_findings(walk: Walk, number: int, truth: Truth, _: CheckOptions) -> Iterator[Finding]:
    """Yield what a sentence says about the side of the road."""
    sentence = walk.text[slice(*walk.spans[number])]
    for match in _DRIVING.finditer(walk.text, *walk.spans[number]):
        group = match.group
        if group("side") and not _is_moving(walk.text, match):
            continue
        side, wheel = (
            next((found[0].lower() for found in group(*names) if found), "")
            for names in (_SIDES, _WHEELS)
        )
        if (group("what") or "").lower() == "d":
            side, wheel = "", side
        side = {"l": "left", "r": "right"}[side or ("l" if wheel == "r" else "r")]
        strength = stated(walk, match)
        judgement = _driving(side, truth)
        imported = "imported" in walk.lows or "imports" in walk.lows or _IMPORTED.search(sentence)
        if wheel and judgement.true is False and imported:
            rule = f"{judgement.evidence.rule}, but some cars are imported"
            judgement = Judgement(None, replace(judgement.evidence, rule=rule))
        yield Finding("driving_side", match.span(), side, strength, judgement)


def _is_moving(text: str, match: re.Match[str]) -> bool:
    """Tell whether a match speaks of traffic and not of where cars are seen in the picture."""
    said = match.group()
    if _PARKED.search(said):
        return False
    if _MOVING.search(said):
        return True
    return bool(_CARS_ON.match(said)) and bool(_WHOLE_SIDE.match(text, match.end()))


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


LANGUAGE_WORDS = " ".join(
    sorted({w for name in (*languages(), *scripts()) for w in re.split(r"[ '-]", name)})
)
_WRITTEN = (
    r"(?:languages?|texts?|wording|signs?|signage|signboards?|lettering|writing|words?|inscriptions?|script"
    r"|labels?|billboards?|posters?|advertisements?|ads|shop names?|shopfronts?|storefronts?"
    r"|banners?"
    r"|captions?|place names?|street names?|notices?|menu|menus|graffiti|phrases?|letters"
    r"|characters"
    r"|alphabet|road markings?|written|spoken|speaking|speakers?|speak|speaks|bilingual|plaques?"
    r"|boards?|kana|hanzi|kanji|tongue|lingua franca|read|reads|awning|diacritics|spelling)"
)
_LETTERS = (
    r"(?:script|scripts|alphabet|letters|characters|lettering|glyphs|letterforms|abugida|syllabary"
    r"|numerals|kana|hanzi|kanji)"
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
    rf"|architecture)\b)(?:\*{{0,2}}:\*{{0,2}})?[^.;:!?\n]{{0,60}}$"
)
_QUALIFIES = re.compile(
    r"[ -](?!(?:and|or|on|in|with|that|which|while|but|as|so|is|are|at|here|only|rather|not|visible"
    r"|seen|too|for|from|by|above|below|along|across|throughout|everywhere|everyday|\w+ly)\b)[a-z]"
)
"""A noun after an adjective: "signs typical of Japanese shops" says nothing of the language."""

_IS_LANGUAGE = re.compile(
    rf"(?i) (?:is|as) (?:the|an?) (?:\w+ ){{0,2}}(?:{_WRITTEN}|language|tongue|lingua franca)\b"
)
_PREDICATE = re.compile(
    r"(?:\b(?:is|so|thus|hence|means?|suggests?|indicates?|it's|that's)|'s|[:=–—→-])[ *]{1,3}$"
)
_PHRASE_END = re.compile(r"[*]{0,2}(?:\s?[.,;:)!|\n]|$| (?:and|rather|but|not|for|here)\b)")
_OF_WRITING = re.compile(
    rf"(?i)[\"'][^\W\d_]|[^\x00-\x7f–—“”‘’→…]|\b{_WRITTEN}\b|\bvowels?\b|\baccents?\b"
)
"""What tells that "This is Estonian." speaks of a language: writing, quotations, letters."""

_LINK = re.compile(
    r"(?i)(?:\b(?:in|is|are|be|of|as|with|using|uses?|both|and|or|mixing|seems?|appears?|like|the"
    r"|only"
    r"|mostly|mainly|entirely|clearly|largely|predominantly|distinctly|bilingual|between|not|n't|read"
    r"|into"
    r"|resembl\w+|unmistakably|probably|likely|possibly|written|painted|printed|spoken|speaks?"
    r"|speaking|say|says|called|labelled|languages?|script)"
    r"[ (\"'*]{1,3}|[-–/,:=][ *]{0,3}|\()$"
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
                and (
                    (_LINK.search(lead) and _BEFORE.search(lead))
                    or lead.endswith(" in ")
                    or _IS_LANGUAGE.match(walk.text, match.end())
                    or (
                        _PREDICATE.search(lead[-24:])
                        and _PHRASE_END.match(walk.text, match.end())
                        and _OF_WRITING.search(
                            walk.text, max(0, match.start() - 160), match.start()
                        )
                    )
                )
            )
        )
        if not written or (name == "roman" and not re.fullmatch(_LETTERS, noun)):
            continue
        strength = stated(walk, match)
        if strength == "asserted" and _IN_GENERAL.match(walk.text, match.end()):
            strength = "contrast"
        span = match.span() if noun else match.span("name")
        migrant = bool(_MIGRANT.search(walk.text, start, end))
        is_script = name in scripts() and (
            name not in languages() or bool(re.fullmatch(_LETTERS, noun))
        )
        if is_script:
            judgement = _script(scripts()[name], truth)
            yield Finding("script", span, name, strength, _let_pass(judgement, migrant))
        elif name in languages():
            judgement = _language(name, truth, bool(_OFFICIAL.search(lead)))
            yield Finding("language", span, name, strength, _let_pass(judgement, migrant))


_IN_GENERAL = re.compile(
    r"(?i)\s(?:usually|normally|typically|generally|would|often|tends?|also|has|have"
    r"|(?:is|are|looks?|seems?) (?:very |quite |more |much |often |usually ){0,2}(?:similar"
    r"|different"
    r"|alike|rounder|simpler|denser|curlier|angular|used in|written|found in|unlike|spoken in))\b"
)
"""What is said of a language as such: "Lao script is similar", "Thai letters have loops"."""

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


_OFFICIAL = re.compile(r"(?i)\b(?:official|national|state) languages?\b")


def _language(name: str, truth: Truth, official: bool) -> Judgement:
    codes = countries_of(truth)
    if not codes:
        return UNKNOWN
    spoken = frozenset(
        code.partition("-")[0]
        for country in codes
        for code in (
            *country_facts(country).languages,
            *(() if official else country_facts(country).spoken),
        )
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
