"""What the traces of an output add up to."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from geobench_tools.evaluation import wilson
from geobench_tools.reasoning._select import REASONS, SET_REASONS
from geobench_tools.reasoning._template_teacher_errors import ERROR_KINDS, expected_of

__all__ = ["VERDICTS", "Injected", "SynthStats", "verdict_rows"]

VERDICTS = ("supported", "contradicted", "unverifiable")

_WORD = re.compile(r"[^\W\d_]{3,}(?:-[^\W\d_]+)*")
_EXAMPLES = 4
_KEPT_EXAMPLES = 6

Line = Mapping[str, Any]


class Injected(NamedTuple):
    """What became of the traces with one kind of injected error.

    Attributes:
        kind: The kind; ``all`` for their sum.
        check: The check that should reject it.
        traces: How many there are.
        caught: Rejected by that check; of the facts, for a claim of the kind in question.
        otherwise: Rejected by another check, or for another claim.
        rate: Share caught.
        low: Lower end of its 95 % Wilson interval.
        high: Upper end.
    """

    kind: str
    check: str
    traces: int
    caught: int
    otherwise: int
    rate: float
    low: float
    high: float


@dataclass
class SynthStats:
    """Counts over all traces, one ``add`` for each.

    Attributes:
        traces: All replies.
        kept: Those that are kept.
        reasons: Rejected ones by reason.
        details: Rejected ones by reason and detail.
        verdicts: Claims of all traces by kind and verdict.
        kept_verdicts: Claims of the kept traces, likewise.
        injected: For each kind of injected error: traces, ``caught`` as it should be, rejected
            ``otherwise``.
        clean: Traces without an injected error, where any were injected.
        false_alarms: Of these, rejected for their facts.
        words: Words of the kept reasoning, without its headings.
        lengths: Words of each kept reasoning.
        letters: Kept traces by answer.
        places: Kept traces by place.
        rounds: Traces and kept ones by round.
        examples: Lines to show, by reason; those kept under ``kept``.
        caught: Lines with an injected error that was caught, by kind.
        missed: Lines with one that passed, by kind.
    """

    traces: int = 0
    kept: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    details: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    verdicts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    kept_verdicts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    injected: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    clean: int = 0
    false_alarms: int = 0
    words: Counter[str] = field(default_factory=Counter)
    lengths: list[int] = field(default_factory=list)
    letters: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    rounds: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    examples: dict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))
    caught: dict[str, Line] = field(default_factory=dict)
    missed: dict[str, Line] = field(default_factory=dict)

    def add(self, line: Line) -> None:
        """Count a trace whose line has the reasons that concern the set, too."""
        reason = line["reason"]
        self.traces += 1
        self.rounds[line["round"]]["traces"] += 1
        for claim in line["claims"]:
            self.verdicts[claim["kind"]][claim["verdict"]] += 1
        self._count_injected(line)
        shown = self.examples[reason or "kept"]
        shown.append(line)
        shown.sort(key=_drawn)
        del shown[_EXAMPLES if reason else _KEPT_EXAMPLES :]
        if reason:
            self.reasons[reason] += 1
            said = "" if reason in SET_REASONS else line["detail"]
            for one in filter(None, said.split(", ")):
                self.details[reason][one] += 1
            return
        self.kept += 1
        self.rounds[line["round"]]["kept"] += 1
        self.letters[line["answer"]] += 1
        self.places[line["place"]] += 1
        self.lengths.append(int(line["template"]["words"]))
        for claim in line["claims"]:
            self.kept_verdicts[claim["kind"]][claim["verdict"]] += 1
        for start, end in line["template"]["parts"].values():
            for word in _WORD.findall(line["text"][start:end].lower()):
                if word not in _common_words():
                    self.words[word] += 1

    def _count_injected(self, line: Line) -> None:
        kind, reason = line["injected"], line["reason"]
        if not kind:
            self.clean += 1
            self.false_alarms += reason == "facts"
            return
        counts = self.injected[kind]
        counts["traces"] += 1
        if self._as_expected(line):
            counts["caught"] += 1
            self.caught.setdefault(kind, line)
        elif reason and reason not in SET_REASONS:
            counts["otherwise"] += 1
        else:
            self.missed.setdefault(kind, line)

    def _as_expected(self, line: Line) -> bool:
        """Whether the injected error itself was found: a wrong fact by a claim of its kind."""
        expected = expected_of(line["injected"])
        if line["reason"] != expected.reason:
            return False
        wrong = {c["kind"] for c in line["claims"] if c["verdict"] == "contradicted"}
        return not expected.claims or not wrong.isdisjoint(expected.claims)

    def outcomes(self) -> list[tuple[str, int]]:
        """Return the rejected traces by reason, in the order of the checks, without empty ones."""
        return [(reason, self.reasons[reason]) for reason in REASONS if self.reasons[reason]]

    def verdict_rows(self, *, kept: bool = False) -> list[tuple[object, ...]]:
        """Return the claims of all traces, or of the kept ones, by kind."""
        return verdict_rows(self.kept_verdicts if kept else self.verdicts)

    def injected_rows(self) -> list[Injected]:
        """Return a row for each kind of injected error, and one for all."""
        rows = []
        total: Counter[str] = Counter()
        for kind in ERROR_KINDS:
            if counts := self.injected.get(kind):
                total += counts
                rows.append(_caught(kind, expected_of(kind).reason, counts))
        if rows:
            rows.append(_caught("all", "", total))
        return rows

    def document(self) -> dict[str, Any]:
        """Return the counts as JSON."""
        return {
            "traces": self.traces,
            "kept": self.kept,
            "rejected": {reason: self.reasons[reason] for reason in REASONS},
            "details": {reason: dict(found) for reason, found in sorted(self.details.items())},
            "claims": {kind: dict(counts) for kind, counts in sorted(self.verdicts.items())},
            "claims_kept": {
                kind: dict(counts) for kind, counts in sorted(self.kept_verdicts.items())
            },
            "injected": [row._asdict() for row in self.injected_rows()],
            "clean": self.clean,
            "false_alarms": self.false_alarms,
            "letters": dict(sorted(self.letters.items())),
            "places": dict(sorted(self.places.items())),
            "rounds": {str(number): dict(c) for number, c in sorted(self.rounds.items())},
            "words": dict(self.words.most_common(200)),
        }


def verdict_rows(verdicts: Mapping[str, Counter[str]]) -> list[tuple[object, ...]]:
    """Return claims by kind: name, supported, contradicted, unverifiable, all; commonest first."""
    ordered = sorted(verdicts.items(), key=lambda item: (-item[1].total(), item[0]))
    return [
        (kind.replace("_", " "), *(counts[verdict] for verdict in VERDICTS), counts.total())
        for kind, counts in ordered
    ]


def _caught(kind: str, check: str, counts: Mapping[str, int]) -> Injected:
    traces, caught = counts.get("traces", 0), counts.get("caught", 0)
    low, high = wilson(caught, traces)
    other = counts.get("otherwise", 0)
    return Injected(kind, check, traces, caught, other, caught / traces, low, high)


def _drawn(line: Line) -> bytes:
    """Return a key that orders traces by chance, the same way each time."""
    return hashlib.blake2b(line["id"].encode(), digest_size=8).digest()


@cache
def _common_words() -> frozenset[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS)
