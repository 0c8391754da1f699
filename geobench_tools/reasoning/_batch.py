"""Checking many traces, and counting what came out."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from geobench_tools.reasoning._check import check_trace
from geobench_tools.reasoning._claims import CLAIM_KINDS, CheckedTrace, CheckOptions
from geobench_tools.reasoning._facts import TraceFacts
from geobench_tools.reasoning._traces import KnownViews, TraceLine
from geobench_tools.reasoning._truth import learn

__all__ = ["CheckedLine", "VerdictCounts", "check_lines"]

_BATCH = 2048
_NOTHING = TraceFacts()


@dataclass(frozen=True)
class CheckedLine:
    """A trace with its result.

    Attributes:
        trace: The trace.
        checked: Its claims, leaks and template.
        known: Whether its view was found.
    """

    trace: TraceLine
    checked: CheckedTrace
    known: bool


@dataclass
class VerdictCounts:
    """Counts over traces.

    Attributes:
        traces: Traces checked.
        unknown: Traces whose view is not known: nothing in them could be compared.
        flags: Traces by what speaks against them.
        verdicts: Claims by (kind, strength, verdict).
        leaks: Leaks by kind.
        problems: Traces by problem of the template.
    """

    traces: int = 0
    unknown: int = 0
    flags: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    leaks: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)

    def add(self, line: CheckedLine) -> None:
        """Count one more trace."""
        checked = line.checked
        self.traces += 1
        self.unknown += not line.known
        self.flags.update(checked.flags)
        self.verdicts.update((c.kind, c.strength, c.verdict) for c in checked.claims)
        self.leaks.update(leak.kind for leak in checked.leaks)
        self.problems.update(checked.template.problems)

    def rows(self) -> list[tuple[str, int, int, int, int, int]]:
        """Return a row for each kind met: claims, asserted, and their verdicts.

        Columns: kind, claims, asserted claims, then all claims supported, contradicted,
        unverifiable.
        """
        rows: list[tuple[str, int, int, int, int, int]] = []
        for kind in CLAIM_KINDS:
            mine = {key[1:]: n for key, n in self.verdicts.items() if key[0] == kind}
            if not mine:
                continue
            asserted = sum(n for (strength, _), n in mine.items() if strength == "asserted")
            right, wrong, open_ = (
                sum(n for (_, verdict), n in mine.items() if verdict == name)
                for name in ("supported", "contradicted", "unverifiable")
            )
            rows.append((kind, sum(mine.values()), asserted, right, wrong, open_))
        return rows

    def to_json(self) -> dict[str, Any]:
        """Return the counts as a JSON object."""
        names = ("claims", "asserted", "supported", "contradicted", "unverifiable")
        return {
            "traces": self.traces,
            "unknown_view": self.unknown,
            "flags": dict(sorted(self.flags.items())),
            "kinds": {row[0]: dict(zip(names, row[1:], strict=True)) for row in self.rows()},
            "leaks": dict(sorted(self.leaks.items())),
            "template_problems": dict(sorted(self.problems.items())),
        }


def check_lines(
    traces: Iterable[TraceLine], views: KnownViews, options: CheckOptions
) -> Iterator[CheckedLine]:
    """Check traces in order; what is at their positions is looked up many at a time.

    Args:
        traces: The traces.
        views: What is known.
        options: How strictly to check.
    """
    stream = iter(traces)
    while batch := list(islice(stream, _BATCH)):
        facts = [views.facts(trace) for trace in batch]
        learn(one.position for one in facts if one is not None and one.position is not None)
        for trace, one in zip(batch, facts, strict=True):
            checked = check_trace(trace.text, one or _NOTHING, options)
            yield CheckedLine(trace, checked, one is not None)
