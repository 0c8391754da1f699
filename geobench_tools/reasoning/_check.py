"""Checking one trace."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

from geobench_tools.plaintext import plain, words
from geobench_tools.reasoning._candidate_claims import candidate_findings
from geobench_tools.reasoning._capitals import with_capitals
from geobench_tools.reasoning._claims import (
    CheckedTrace,
    CheckOptions,
    TemplateReport,
)
from geobench_tools.reasoning._coast_claims import COAST_WORDS, coast_findings
from geobench_tools.reasoning._code_claims import (
    CURRENCY_WORDS,
    PHONE_WORDS,
    TLD_WORDS,
    currency_findings,
    phone_findings,
    tld_findings,
)
from geobench_tools.reasoning._coordinate_claims import coordinate_findings, exact_coordinates
from geobench_tools.reasoning._facts import TraceFacts
from geobench_tools.reasoning._finding import Finding, judged
from geobench_tools.reasoning._geographic import is_geographic
from geobench_tools.reasoning._land_claims import (
    CLIMATE_WORDS,
    HEMISPHERE_WORDS,
    climate_findings,
    hemisphere_findings,
)
from geobench_tools.reasoning._leaks import LEAK_WORDS, find_leaks
from geobench_tools.reasoning._place_claims import (
    address_spans,
    field_findings,
    place_findings,
)
from geobench_tools.reasoning._region_claims import REGION_WORDS, region_findings
from geobench_tools.reasoning._relations import RELATION_WORDS
from geobench_tools.reasoning._scene_claims import SCENE_WORDS, scene_findings
from geobench_tools.reasoning._sections import Sections, cut
from geobench_tools.reasoning._settled import mentioned, settled
from geobench_tools.reasoning._society_claims import (
    DRIVING_WORDS,
    LANGUAGE_WORDS,
    driving_findings,
    language_findings,
)
from geobench_tools.reasoning._subjects import RETRACTION_WORDS
from geobench_tools.reasoning._template import check_template
from geobench_tools.reasoning._truth import Truth, truth_of
from geobench_tools.reasoning._view_claims import (
    BEARING_WORDS,
    SEASON_WORDS,
    SUN_WORDS,
    bearing_findings,
    season_findings,
    sun_findings,
)
from geobench_tools.reasoning._walk import Walk, lexicon, walk
from geobench_tools.reasoning._zone_claims import ZONE_WORDS, zone_findings

__all__ = ["check_trace"]

_DEFAULT = CheckOptions()
_Finder = Callable[[Walk, int, Truth, CheckOptions], Iterator[Finding]]
_TOPICS: dict[str, tuple[str, _Finder]] = {
    "hemisphere": (HEMISPHERE_WORDS, hemisphere_findings),
    "coast": (COAST_WORDS, coast_findings),
    "climate": (CLIMATE_WORDS, climate_findings),
    "driving": (DRIVING_WORDS, driving_findings),
    "language": (LANGUAGE_WORDS, language_findings),
    "currency": (CURRENCY_WORDS, currency_findings),
    "phone": (PHONE_WORDS, phone_findings),
    "tld": (TLD_WORDS, tld_findings),
    "zone": (ZONE_WORDS, zone_findings),
    "season": (SEASON_WORDS, season_findings),
    "sun": (SUN_WORDS, sun_findings),
    "bearing": (BEARING_WORDS, bearing_findings),
    "scene": (SCENE_WORDS, scene_findings),
}
_REGION = "region"
_LEAK = "leak"


def _triggers() -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    topics = {name: text for name, (text, _) in _TOPICS.items()} | {
        _REGION: REGION_WORDS,
        _LEAK: LEAK_WORDS,
        "relation": RELATION_WORDS,
        "retraction": RETRACTION_WORDS,
    }
    for topic, text in topics.items():
        for word in set(text.split()):
            table.setdefault(word, []).append(topic)
    return {word: tuple(topics) for word, topics in table.items()}


_ENTRIES = lexicon(_triggers())


def check_trace(text: str, facts: TraceFacts, options: CheckOptions = _DEFAULT) -> CheckedTrace:
    """Check a chain of thought against what is known of its question.

    Asks no network and no language model. Only asserted claims can be contradicted; a city is
    supported if any place of that name lies within ``options.city_radius_m``.

    Args:
        text: The trace: prose, or ``<think>…</think><answer>…</answer>``.
        facts: What is known.
        options: How strictly to check.

    Returns:
        Claims in the order of the text, leaks, and the template check.
    """
    folded = with_capitals(plain(text))
    sections = cut(folded)
    truth = truth_of(facts)
    walked = walk(folded, _ENTRIES)
    findings = _findings(walked, sections, truth, options)
    claims = tuple(judged(text, finding) for finding in findings)
    exact = exact_coordinates(walked, findings, sections.answer, truth, options)
    suspicious = walked.triggered.get(_LEAK, ())
    leaks = find_leaks(walked, suspicious, facts.identifiers, exact, placed=bool(claims))
    template = (
        check_template(walked, sections, claims, options) if options.template else TemplateReport()
    )
    return CheckedTrace(claims, leaks, template)


def _findings(
    walked: Walk, sections: Sections, truth: Truth, options: CheckOptions
) -> list[Finding]:
    fields = field_findings(walked.text, truth, options)
    named, places_named = place_findings(walked, truth, options)
    on = settled(walked, [*fields, *places_named])
    named = [
        said if said is not own else mentioned(walked, own, on)
        for said, own in zip(named, places_named, strict=True)
    ]
    regions = [
        mentioned(walked, finding, on)
        for number in walked.triggered.get(_REGION, ())
        for finding in region_findings(walked, number, truth, [one.span for one in named])
    ]
    named = _outside(named, [*(one.span for one in fields), *address_spans(walked.text)])
    named = _outside(named, [one.span for one in regions])
    places = [*fields, *named, *_outside(regions, [one.span for one in fields])]
    found = [*places, *coordinate_findings(walked, truth, options)]
    found += candidate_findings(walked, sections, truth, options)
    if found or is_geographic(walked) or truth.facts.scene:
        elsewhere = _elsewhere(walked, places_named) | _of_other_candidates(walked, truth)
        for topic, (_, finder) in _TOPICS.items():
            for number in walked.triggered.get(topic, ()):
                found += (
                    _about(walked, finding, elsewhere)
                    for finding in finder(walked, number, truth, options)
                )
    return sorted(_apart(found), key=lambda finding: finding.span)


def _outside(findings: list[Finding], spans: list[tuple[int, int]]) -> list[Finding]:
    return [
        one for one in findings if not any(a < one.span[1] and one.span[0] < b for a, b in spans)
    ]


_SAID_OF = words("in of across throughout within for the")
_ELSEWHERE = words("across beyond elsewhere abroad")
_CANDIDATE = words("tile candidate option image")
_COMPARED = words("like as than")
_FAR_WORDS = 40
"""How far from a place a sentence is taken to go on about it."""


def _elsewhere(walked: Walk, named: list[Finding]) -> dict[int, int]:
    """Return the clauses that speak of a place which is not that of the image.

    Each comes with the word from which on it does: "a seaside town facing Japan" is no town there.
    """
    clauses: dict[int, int] = {
        walked.clause[k]: 0
        for begin, end in pairwise(walked.first)
        if begin < end and walked.lows[begin] in _ELSEWHERE
        for k in range(begin, min(end, begin + _FAR_WORDS))
    }
    for one in named:
        if one.strength == "asserted" or one.judgement.true:
            continue
        last = walked.at(one.span[1] - 1)
        clause = walked.clause[last]
        if one.strength != "hedged":
            first = walked.at(one.span[0])
            of_it = one.strength == "negated" or (
                walked.lows[first - 1] in _SAID_OF and walked.lows[first - 2] not in _COMPARED
            )
            clauses.setdefault(clause, 0 if of_it else first)
        k, end = last + 1, min(walked.first[walked.sentence[last] + 1], last + _FAR_WORDS)
        while k < end:
            if walked.clause[k] != clause:
                if not _goes_on(walked, one, k, end):
                    break
                clause = walked.clause[k]
                clauses.setdefault(clause, 0)
            k += 1
    return clauses


def _of_other_candidates(walked: Walk, truth: Truth) -> dict[int, int]:
    """Return the clauses about candidates that are not the right one: "Tile C lies by the sea"."""
    wrong = frozenset(truth.facts.candidates) - {truth.facts.answer}
    if truth.facts.answer is None or not wrong:
        return {}
    return {
        walked.clause[k]: k
        for k, word in enumerate(walked.words)
        if word in wrong and k and walked.lows[k - 1] in _CANDIDATE
    }


def _goes_on(walked: Walk, one: Finding, k: int, end: int) -> bool:
    """Tell whether a clause from its word ``k`` on still speaks of a place named before it."""
    own = [w for j, w in enumerate(walked.lows[k:end], k) if walked.clause[j] == walked.clause[k]]
    if "here" in own:
        return False
    if walked.gap(k - 1).startswith(":") and walked.ends[k - 1] == one.span[1]:
        return True
    if own[0] in ("where", "whose", "which", "they", "there") or "there" in own:
        return True
    if one.strength == "hedged":
        return bool({"they", "there"} & set(own[:3]))
    return walked.lows[k - 1] == "and" or _opens_generally(walked, one, k)


def _opens_generally(walked: Walk, one: Finding, k: int) -> bool:
    """Tell whether a sentence begins with the place it speaks of: "In Japan, traffic …"."""
    first, last = walked.at(one.span[0]), walked.at(one.span[1] - 1)
    begin = walked.first[walked.sentence[first]]
    opens = walked.lows[begin] in ("in", "across", "throughout", "within")
    return k == last + 1 and 1 <= first - begin <= 2 and opens


def _about(walked: Walk, finding: Finding, elsewhere: dict[int, int]) -> Finding:
    if finding.strength != "asserted" or not elsewhere or finding.kind == "scene":
        return finding
    word = walked.at(finding.span[0])
    if word < len(walked.clause) and elsewhere.get(walked.clause[word], word + 1) <= word:
        return replace(finding, strength="contrast")
    return finding


def _apart(findings: list[Finding]) -> list[Finding]:
    """Drop a second finding of the same kind in the same words."""
    kept: list[Finding] = []
    for one in sorted(findings, key=lambda f: (f.span[0], -f.span[1])):
        if not any(
            one.kind == other.kind and other.span[0] <= one.span[0] and one.span[1] <= other.span[1]
            for other in kept[-6:]
        ):
            kept.append(one)
    return kept
