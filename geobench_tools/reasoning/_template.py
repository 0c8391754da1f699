"""The four-part template: visual cues, cross-view evidence, geographic knowledge, conclusion."""

import re
from collections.abc import Sequence
from itertools import pairwise

from geobench_tools.reasoning._claims import (
    CheckOptions,
    Claim,
    Span,
    TemplatePart,
    TemplateReport,
)
from geobench_tools.reasoning._sections import Sections, sentences

__all__ = ["check_template"]

_PARTS: tuple[TemplatePart, ...] = ("visual", "cross_view", "knowledge", "conclusion")
_TITLES: dict[TemplatePart, str] = {
    "visual": r"visual\s(?:cues?|clues?|evidence|analysis|features?|observations?)|observations?"
    r"|(?:ground[ -](?:level )?)?(?:view|scene|image) (?:description|analysis)|what (?:i|we) see|cues?",
    "cross_view": r"cross[ -]?view\s(?:evidence|analysis|matching|comparison|check|reasoning|"
    r"correspondences?)|cross[ -]?view|satellite (?:evidence|comparison|analysis|matching)"
    r"|(?:candidate|tile)s? (?:comparison|analysis|evaluation)|comparison|matching",
    "knowledge": r"geographic(?:al)?\s(?:knowledge|context|reasoning|evidence|analysis|clues?)"
    r"|geo-?knowledge|world knowledge|regional (?:context|knowledge)|background knowledge|geography",
    "conclusion": r"conclusions?|final (?:answer|decision|conclusion|choice|verdict)|decision|verdict"
    r"|summary",
}
_HEADING = re.compile(
    r"(?im)(?:^|(?<=<think>))[ \t]{0,3}(?:#{1,5}\s{1,3}|[*_]{1,3}|\(?(?:step\s?)?\d{1,2}\s?[.):-]\s{0,3}[*_]{0,3}|[-•]\s"
    r"{1,3}[*_]{0,3}|step\s?\d\s?[:.-]\s{0,3})?(?:step\s?\d\s?[:.-]\s{0,3})?(?:"
    + "|".join(f"(?P<{name}>{titles})" for name, titles in _TITLES.items())
    + r")(?:\s?\([^()\n]{1,40}\))?\s{0,2}(?:[*_]{1,3}\s{0,2}[:.–—-]?|[:.–—]|-(?=\s)|$)[*_]{0,3}"
)
_SIGNS: dict[TemplatePart, str] = {
    "visual": r"visible|visual|shows?|showing|see|seen|notice|observe|depicts?|foreground|background|facade"
    r"s?|building|road|street|sky|sign|trees?|roofs?|photo|panorama",
    "cross_view": r"satellite|tiles?|candidates?|overhead|aerial|from above|cross-view|nadir|top-down"
    r"|footprints?|orthophoto",
    "knowledge": r"climate|country|region|latitude|hemisphere|vegetation|typical of|characteristic|common in"
    r"|architecture|driving|drives?|language|continent|biome|tropical|temperate|mediterranean|arid|boreal"
    r"|culture|k[öo]ppen|national|found (?:in|across)",
    "conclusion": r"therefore|thus|hence|conclude|conclusion|consequently|overall|in summary|so the"
    r"|best match|answer|final|altogether|taken together|putting|all in all",
}
_SIGN = {name: re.compile(rf"(?i)\b(?:{signs})\b") for name, signs in _SIGNS.items()}
_WORDS = re.compile(r"\w+(?:['’.-]\w+)*")
_RUN = 6


def check_template(
    text: str, sections: Sections, claims: Sequence[Claim], options: CheckOptions
) -> TemplateReport:
    """Check parts, tags, answer, length and repetition of a trace.

    Parts are found by their headings; a trace without headings is read sentence by sentence, and
    a part is present where a sentence uses its vocabulary: the first one of each part counts, and
    they must come in order.

    Args:
        text: The trace.
        sections: Where its tags stand.
        claims: Its claims, for the candidate that the reasoning concludes on.
        options: Limits.
    """
    start, end = sections.reasoning
    problems = list(sections.problems)
    parts = _by_headings(text, start, end)
    if not parts:
        parts = _by_vocabulary(text, start, end)
    problems += [f"missing:{name}" for name in _PARTS if name not in parts]
    problems += [
        f"empty:{name}"
        for name, span in parts.items()
        if len(_WORDS.findall(text, *span)) < (1 if name == "conclusion" else 3)
    ]
    order = sorted(parts, key=lambda name: parts[name][0])
    if order != [name for name in _PARTS if name in parts]:
        problems.append("order")
    if sections.answer is not None and not text[slice(*sections.answer)].strip():
        problems.append("empty:answer")
    if _disagrees(text, sections, claims):
        problems.append("answer:disagrees")
    words = [match.group().lower() for match in _WORDS.finditer(text, start, end)]
    share = _repetition(words)
    if len(words) < options.min_words:
        problems.append("length:short")
    if len(words) > options.max_words:
        problems.append("length:long")
    if share > options.max_repetition:
        problems.append("repetition")
    return TemplateReport(parts, tuple(problems), len(words), round(share, 4))


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


def _by_vocabulary(text: str, start: int, end: int) -> dict[TemplatePart, Span]:
    starts = [start, *(s for s in sentences(text) if start < s < end), end]
    spans = [(a, b) for a, b in pairwise(starts) if text[a:b].strip()]
    last = len(spans) - 1
    parts: dict[TemplatePart, Span] = {}
    for name in _PARTS:
        for k, span in enumerate(spans):
            if name == "conclusion" and k < last // 2:
                continue
            if name != "visual" and name != "conclusion" and k == 0 and last > 2:
                continue
            if _SIGN[name].search(text, *span):
                parts[name] = span
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


def _repetition(words: Sequence[str]) -> float:
    runs = [tuple(words[k : k + _RUN]) for k in range(len(words) - _RUN + 1)]
    return 1.0 - len(set(runs)) / len(runs) if runs else 0.0
