"""The four-part template: visual cues, cross-view evidence, geographic knowledge, conclusion."""

import re
from bisect import bisect_left
from collections.abc import Sequence

from geobench_tools.plaintext import words
from geobench_tools.reasoning._claims import (
    CheckOptions,
    Claim,
    Span,
    TemplatePart,
    TemplateReport,
)
from geobench_tools.reasoning._sections import Sections
from geobench_tools.reasoning._walk import Walk

__all__ = ["check_template"]

_PARTS: tuple[TemplatePart, ...] = ("visual", "cross_view", "knowledge", "conclusion")
_TITLES: dict[TemplatePart, str] = {
    "visual": r"visual\s(?:cues?|clues?|evidence|analysis|features?|observations?)|observations?"
    r"|(?:ground[ -](?:level )?)?(?:view|scene|image) (?:description|analysis)|what (?:i|we) see"
    r"|cues?",
    "cross_view": r"cross[ -]?view\s(?:evidence|analysis|matching|comparison|check|reasoning|"
    r"correspondences?)|cross[ -]?view|satellite (?:evidence|comparison|analysis|matching)"
    r"|(?:candidate|tile)s? (?:comparison|analysis|evaluation)|comparison|matching",
    "knowledge": r"geographic(?:al)?\s(?:knowledge|context|reasoning|evidence|analysis|clues?)"
    r"|geo-?knowledge|world knowledge|regional (?:context|knowledge)|background knowledge"
    r"|geography",
    "conclusion": r"conclusions?|final (?:answer|decision|conclusion|choice|verdict)|decision"
    "|verdict"
    r"|summary",
}
_HEADING = re.compile(
    r"(?im)(?:^|(?<=<think>))[ \t]{0,3}(?:#{1,5}\s{1,3}|[*_]{1,3}"
    r"|\(?(?:step\s?)?\d{1,2}\s?[.):-]\s{0,3}[*_]{0,3}|[-•]\s"
    r"{1,3}[*_]{0,3}|step\s?\d\s?[:.-]\s{0,3})?(?:step\s?\d\s?[:.-]\s{0,3})?(?:"
    + "|".join(f"(?P<{name}>{titles})" for name, titles in _TITLES.items())
    + r")(?:\s?\([^()\n]{1,40}\))?\s{0,2}(?:[*_]{1,3}\s{0,2}[:.–—-]?|[:.–—]|-(?=\s)|$)[*_]{0,3}"
)
_SIGNS: dict[TemplatePart, frozenset[str]] = {
    "visual": words(
        "visible visual show shows showing see sees seen notice observe depicts foreground"
        " background"
        " facade facades building buildings road street sky sign signs tree trees roof roofs photo"
        " panorama camera view"
    ),
    "cross_view": words(
        "satellite tile tiles candidate candidates overhead aerial above cross nadir footprint"
        " footprints orthophoto"
    ),
    "knowledge": words(
        "climate country region latitude hemisphere vegetation typical characteristic architecture"
        " driving drive drives language continent biome tropical temperate mediterranean arid"
        " boreal"
        " culture köppen koppen national traffic currency websites"
    ),
    "conclusion": words(
        "therefore thus hence conclude conclusion consequently overall summary answer final"
        " altogether together putting match choice favours favors"
    ),
}
_RUN = 6


def check_template(
    walk: Walk, sections: Sections, claims: Sequence[Claim], options: CheckOptions
) -> TemplateReport:
    """Check parts, tags, answer, length and repetition of a trace.

    Parts are found by their headings; a trace without headings is read sentence by sentence, and
    a part is present where a sentence uses its vocabulary: the first one of each part counts, and
    they must come in order.

    Args:
        walk: The walk over the trace.
        sections: Where its tags stand.
        claims: Its claims, for the candidate that the reasoning concludes on.
        options: Limits.
    """
    text, (start, end) = walk.text, sections.reasoning
    problems = list(sections.problems)
    parts = _by_headings(text, start, end)
    if not parts:
        parts = _by_vocabulary(walk, start, end)
    problems += [f"missing:{name}" for name in _PARTS if name not in parts]
    problems += [
        f"empty:{name}"
        for name, span in parts.items()
        if walk.at(span[1] - 1) - walk.at(span[0]) < (0 if name == "conclusion" else 2)
    ]
    order = sorted(parts, key=lambda name: parts[name][0])
    if order != [name for name in _PARTS if name in parts]:
        problems.append("order")
    if sections.answer is not None and not text[slice(*sections.answer)].strip():
        problems.append("empty:answer")
    if _disagrees(text, sections, claims):
        problems.append("answer:disagrees")
    said = walk.lows[walk.at(start) : bisect_left(walk.starts, end)]
    share = _repetition(said)
    if len(said) < options.min_words:
        problems.append("length:short")
    if len(said) > options.max_words:
        problems.append("length:long")
    if share > options.max_repetition:
        problems.append("repetition")
    return TemplateReport(parts, tuple(problems), len(said), round(share, 4))


def _by_headings(text: str, start: int, end: int) -> dict[TemplatePart, Span]:
    found = [
        (name, match.start(), match.end())
        for match in _HEADING.finditer(text, start, end)
        for name in _PARTS
        if match.group(name)
    ]
    if len({name for name, _, _ in found}) < 2:
        return {}
    parts: dict[TemplatePart, Span] = {}
    for k, (name, _, begins) in enumerate(found):
        ends = found[k + 1][1] if k + 1 < len(found) else end
        parts.setdefault(name, (begins, ends))
    return parts


def _by_vocabulary(walk: Walk, start: int, end: int) -> dict[TemplatePart, Span]:
    numbers = [
        number
        for number, (begin, stop) in enumerate(walk.spans)
        if stop > start and begin < end and walk.first[number] < walk.first[number + 1]
    ]
    last = len(numbers) - 1
    parts: dict[TemplatePart, Span] = {}
    for name in _PARTS:
        for k, number in enumerate(numbers):
            if name == "conclusion" and k < last // 2:
                continue
            if name not in ("visual", "conclusion") and k == 0 and last > 2:
                continue
            spoken = walk.lows[walk.first[number] : walk.first[number + 1]]
            if not _SIGNS[name].isdisjoint(spoken):
                parts[name] = max(walk.spans[number][0], start), min(walk.spans[number][1], end)
                break
    return parts


def _disagrees(text: str, sections: Sections, claims: Sequence[Claim]) -> bool:
    if sections.answer is None:
        return False
    answered = [
        claim
        for claim in claims
        if claim.kind == "candidate" and sections.answer[0] <= claim.span[0] < sections.answer[1]
    ]
    concluded = [
        claim
        for claim in claims
        if claim.kind == "candidate"
        and claim.strength == "asserted"
        and claim.span[1] <= sections.reasoning[1]
    ]
    return bool(answered and concluded and answered[-1].value != concluded[-1].value)


def _repetition(said: Sequence[str]) -> float:
    runs = [tuple(said[k : k + _RUN]) for k in range(len(said) - _RUN + 1)]
    return 1.0 - len(set(runs)) / len(runs) if runs else 0.0
