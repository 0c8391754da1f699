"""Claims about which candidate is the right one."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from geobench_tools.answers import read
from geobench_tools.plaintext import words
from geobench_tools.reasoning._claims import CheckOptions, Evidence, Span
from geobench_tools.reasoning._finding import UNKNOWN, Finding, Judgement
from geobench_tools.reasoning._sections import Sections
from geobench_tools.reasoning._strength import strength as strength_of
from geobench_tools.reasoning._truth import Truth
from geobench_tools.reasoning._walk import Walk

__all__ = ["candidate_findings"]

_OBJECT = (
    r"(?:satellite |overhead |aerial )?(?:tile|candidate|option|image|choice|view|picture)"
    r"(?: tile| image)?"
)
_END_OF_REASONING = 320


def candidate_findings(
    walk: Walk, sections: Sections, truth: Truth, _: CheckOptions
) -> Iterator[Finding]:
    """Yield the candidates that a trace names as the right one, or rules out."""
    labels = truth.facts.candidates
    known = set(labels)
    at = [
        k
        for k, word in enumerate(walk.words)
        if word in known and not (word == "A" and _is_article(walk, k))
    ]
    text = walk.text
    if labels and sections.answer is not None:
        block = sections.answer
        yield from _read(text, block, labels, truth)
    if not at:
        return
    start, end = sections.reasoning
    start = max(start, end - _END_OF_REASONING)
    found: list[Finding] = []
    if any(start <= walk.starts[k] < end for k in at):
        begin = next((a for a, _ in walk.spans if a >= start), start)
        found = list(_read(text, (begin, end), labels, truth))
    yield from found
    taken = [one.span for one in found]
    numbers = {walk.sentence[k] for k in at}
    patterns = ((_chosen(tuple(labels)), False), (_denied(tuple(labels)), True))
    for number in sorted(numbers):
        for pattern, denied in patterns:
            for match in pattern.finditer(text, *walk.spans[number]):
                group = next(k for k, g in enumerate(match.groups(), 1) if g)
                span = match.span(group)
                if any(a < span[1] and span[0] < b for a, b in taken):
                    continue
                first = walk.at(span[0])
                strength = "negated" if denied else strength_of(walk, first, first)
                taken.append(span)
                label = match.group(group)
                yield Finding("candidate", span, label, strength, _label(label, truth))


_VERBS = words("is was matches match fits fit shows has can must wins agrees and or alone should")


def _is_article(walk: Walk, k: int) -> bool:
    """Tell whether an "A" is the article: "A church stands …"."""
    after = walk.words[k + 1] if k + 1 < len(walk.words) else ""
    opens = k == walk.first[walk.sentence[k]]
    return opens and after[:1].islower() and walk.gap(k) == " " and after not in _VERBS


def _read(text: str, span: Span, labels: Sequence[str], truth: Truth) -> Iterator[Finding]:
    part = text[span[0] : span[1]]
    if not part.strip():
        return
    reading = read(part, "mcq", choices=list(labels))
    if isinstance(reading.value, str) and reading.span is not None:
        where = span[0] + reading.span[0], span[0] + reading.span[1]
        yield Finding("candidate", where, reading.value, "asserted", _label(reading.value, truth))


def _label(label: str, truth: Truth) -> Judgement:
    right = truth.facts.answer
    if right is None:
        return UNKNOWN
    return Judgement(label == right, Evidence(right, "the right candidate", "metadata"))


@lru_cache(maxsize=64)
def _chosen(labels: tuple[str, ...]) -> re.Pattern[str]:
    either = "|".join(map(re.escape, labels))
    return re.compile(
        rf"(?i:\b(?:best|correct|right|only|true|matching) (?:match|{_OBJECT}|answer|fit|one)(?:"
        rf" (?:among|of|for|to|out of)[^.;:\n]{{1,40}}?)? "
        rf"(?:is|must be|:|would be) (?:the )?(?:{_OBJECT} )?)\(?({either})\b"
        rf"|\b(?i:{_OBJECT}) \(?({either})\)?(?i: is (?:clearly |therefore |thus |definitely"
        rf" )?(?:the )?"
        r"(?:best|correct|right|only|answer|matching|true|one))\b"
    )


@lru_cache(maxsize=64)
def _denied(labels: tuple[str, ...]) -> re.Pattern[str]:
    either = "|".join(map(re.escape, labels))
    return re.compile(
        rf"(?i:\b(?:not|rules? out|ruling out|exclud\w+|eliminat\w+|reject\w*|discard\w*"
        rf"|dismiss\w*) (?:the )?"
        rf"(?:{_OBJECT}s? )?)\(?({either})\b"
        rf"|\b(?i:{_OBJECT}) \(?({either})\)?(?i: (?:can be |is |was |are )?(?:therefore |clearly"
        rf" )?(?:ruled out"
        r"|excluded|eliminated|rejected|discarded|wrong|incorrect|not the))\b"
    )
