"""What indexing found: what became of each source, and every problem."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from geobench_tools.errors import InputError
from geobench_tools.views._raw import Problem
from geobench_tools.views._schema import ViewTable, read_views

__all__ = ["IndexResult", "ProblemGroup", "SourceReport"]

_TOLD = 5


@dataclass(frozen=True)
class SourceReport:
    """What became of one source.

    Attributes:
        source: As the user named it.
        reader: What it was read as: ``table``, ``photos``, ``geotiffs``, ``xyz`` …
        rows: Rows it has, unreadable ones included.
        accepted: Rows that became views.
        columns: Source column by view column.
        unused: Source columns that were not used.
        notes: What was noticed and not refused, with counts.
    """

    source: str
    reader: str
    rows: int
    accepted: int
    columns: Mapping[str, str]
    unused: tuple[str, ...]
    notes: Mapping[str, int]

    @property
    def refused(self) -> int:
        """Rows that did not become views."""
        return self.rows - self.accepted


@dataclass(frozen=True)
class ProblemGroup:
    """Problems of one kind.

    Attributes:
        kind: The fixed name.
        count: How many there are.
        examples: The first of them.
    """

    kind: str
    count: int
    examples: tuple[Problem, ...]


@dataclass(frozen=True)
class IndexResult:
    """What was read.

    Attributes:
        kinds: Number of accepted views by kind.
        sources: What became of each source.
        faults: What is wrong with a source as a whole, so that none of it can be used.
        problems: What is wrong with single rows, in the order of the sources.
        dropped: Refused rows by the kind of the first problem found in each.
        on_bad: ``fail`` or ``drop``.
        written: Files that were written, by what they are.
        table: The accepted views if they were to be kept and not written.
    """

    kinds: Mapping[str, int]
    sources: tuple[SourceReport, ...]
    faults: tuple[Problem, ...]
    problems: tuple[Problem, ...]
    dropped: Mapping[str, int]
    on_bad: str
    written: Mapping[str, Path]
    table: ViewTable | None = None

    @cached_property
    def views(self) -> ViewTable | None:
        """All accepted views, read anew where they were written; None if there is none."""
        return read_views(self.written["views"]) if "views" in self.written else self.table

    @property
    def counts(self) -> dict[str, int]:
        """Rows read, accepted and refused, and accepted ones by kind."""
        rows = sum(source.rows for source in self.sources)
        accepted = sum(source.accepted for source in self.sources)
        return {"rows": rows, "accepted": accepted, "refused": rows - accepted, **self.kinds}

    @property
    def error(self) -> InputError | None:
        """What keeps the result from being used, or None."""
        found = [*self.faults, *(self.problems if self.on_bad == "fail" else ())]
        if not found:
            if not any(self.kinds.values()):
                return InputError("no row could be used", hint="see the problems listed")
            return None
        lines = [_line(problem) for problem in found[:_TOLD]]
        more = len(found) - len(lines)
        rest = f"\n  … and {more:,} more" if more else ""
        hint = found[0].remedy
        if not self.faults:
            hint += "; or --on-bad drop to go on without these rows"
        return InputError("\n  ".join(["bad input:", *lines]) + rest, hint=hint)

    def groups(self, examples: int = 3) -> list[ProblemGroup]:
        """Return faults and problems by kind, faults first, with some examples of each."""
        by_kind: dict[tuple[bool, str], list[Problem]] = {}
        for whole, problems in ((True, self.faults), (False, self.problems)):
            for problem in problems:
                by_kind.setdefault((whole, problem.kind), []).append(problem)
        return [
            ProblemGroup(kind, len(found), tuple(found[:examples]))
            for (_, kind), found in by_kind.items()
        ]


def _line(problem: Problem) -> str:
    place = f"{problem.file} row {problem.row}" if problem.row else problem.file
    column = f", column {problem.column}" if problem.column else ""
    value = f", value {problem.value!r}" if problem.value else ""
    return f"{place}{column}{value}: {problem.message}"
