"""What validation finds in one source: faults of the whole, problems of rows, notes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geobench_tools.views._raw import Problem, RawViews, shorten

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["WHOLE_SHARE", "Findings"]

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]

WHOLE_SHARE = 0.9
"""A problem that this share of rows has is a fault of the column and is said once."""


@dataclass
class _Group:
    """One problem of a column, counted over all batches.

    Attributes:
        kind: Fixed name.
        column: The source's name of the column.
        remedy: The next step.
        values: Whether only rows with a value could have it.
        rows: Rows that have it.
        among: Rows that could have it.
        first: Value and message of the first of them.
    """

    kind: str
    column: str
    remedy: str
    values: bool
    rows: int = 0
    among: int = 0
    first: tuple[str, str] = ("", "")

    @property
    def is_fault(self) -> bool:
        """Whether nearly all rows have it."""
        return self.rows > 1 and self.rows >= WHOLE_SHARE * self.among

    def message(self) -> str:
        """What is wrong with the column."""
        of = (
            f"all {self.among:,}" if self.rows == self.among else f"{self.rows:,} of {self.among:,}"
        )
        return f"{self.first[1]} ({of} {'values' if self.values else 'rows'})"


class Findings:
    """Collects what is wrong with the rows of one source, batch by batch.

    Between ``begin`` and ``settle`` rows are those of a batch, else those of the source. Problems
    are known once they are settled.

    Attributes:
        bad: Rows that have a problem, shape (n,).
        faults: What is wrong with the source as a whole; no row of it can be used.
        problems: What is wrong with single rows.
        reasons: Refused rows by the kind of the first problem found in each, so that totals add up.
        notes: What was noticed and not refused, with counts.
    """

    def __init__(self, raw: RawViews) -> None:
        rows = int(raw.table.num_rows)
        self._all: Bools = np.zeros(rows, bool)
        self.bad = self._all
        self.faults: list[Problem] = []
        self.problems: list[Problem] = []
        self.notes: dict[str, int] = dict(raw.notes)
        self._source = str(raw.source)
        self._files = raw.files
        self._rows = raw.rows
        unread: dict[tuple[str, int], str] = {}
        self._counted: Bools = np.zeros(rows, bool)
        self._groups: dict[tuple[str, str, str], _Group] = {}
        self._order: list[_Group] = []
        self._next = 0
        self._first = self._done = 0
        self._parts: list[tuple[_Group, Rows, pa.Array, str | list[str]]] = []
        for problem in raw.problems:
            if problem.row == 0 and problem.file == self._source:
                self.faults.append(problem)
            else:
                self.problems.append(problem)
                unread.setdefault((problem.file, problem.row), problem.kind)
        self.unread = len(unread)
        """Rows that the reader itself could not make into rows of the table."""
        self.reasons = Counter(unread.values())

    def begin(self, batch: RawViews) -> None:
        """Turn to the next rows."""
        self._first = self._done
        self._done += batch.table.num_rows
        self._next = 0
        self.bad = self._all[self._first : self._done]

    def settle(self) -> None:
        """Turn what was refused into problems of rows, or of the source if nearly all share it."""
        for group in self._order:
            if group.is_fault:
                value = group.first[0]
                self.fault(group.kind, group.column, value, group.message(), group.remedy)
        for group, rows, texts, said in self._parts:
            if group.is_fault:
                continue
            words = [said] * len(rows) if isinstance(said, str) else said
            for row, text, message in zip(rows.tolist(), texts.to_pylist(), words, strict=True):
                file, number = self.place(row)
                kind, column, remedy = group.kind, group.column, group.remedy
                self.problems.append(Problem(file, number, column, text, kind, message, remedy))
            fresh = rows[~self._counted[rows]]
            self._counted[fresh] = True
            self.reasons.update({group.kind: len(fresh)} if len(fresh) else {})
        self._groups, self._order, self._parts = {}, [], []
        self._first, self._next, self.bad = 0, 0, self._all

    def place(self, row: int) -> tuple[str, int]:
        """Return the file and the line or row number of a row of the source."""
        file = self._files if isinstance(self._files, str) else self._files[row]
        return file, int(self._rows[row])

    def fault(self, kind: str, column: str, value: object, message: str, remedy: str) -> None:
        """Record what is wrong with the whole source or one of its columns."""
        self.faults.append(
            Problem.at(self._source, 0, kind, message, remedy, value=value, column=column)
        )

    def refuse(
        self,
        where: Bools,
        kind: str,
        column: str,
        values: Any,
        message: str | Mapping[int, str],
        remedy: str,
        among: Bools | None = None,
    ) -> None:
        """Record what is wrong with rows; what nearly all rows share is recorded once, as a fault.

        Args:
            where: The rows, shape (n,).
            kind: Fixed name of the problem.
            column: The source's name of the column.
            values: A ``pyarrow`` column, or the offending values by row.
            message: What is wrong, for all these rows or by row.
            remedy: The next step.
            among: The rows that could have this problem, as those with a value; default: all.
        """
        import pyarrow as pa

        key = (kind, column, message if isinstance(message, str) else "")
        group = self._groups.get(key)
        if group is None:
            total = 0 if among is not None else len(self._all)
            group = _Group(kind, column, remedy, among is not None, among=total)
            self._groups[key] = group
            self._order.insert(self._next, group)
        self._next = self._order.index(group) + 1
        group.among += 0 if among is None else int(among.sum())
        rows = np.flatnonzero(where)
        if not len(rows):
            return
        self.bad[rows] = True
        texts = _texts(values, rows)
        said = message if isinstance(message, str) else [message[row] for row in rows.tolist()]
        if not group.rows:
            group.first = texts[0], said if isinstance(said, str) else said[0]
        group.rows += len(rows)
        self._parts.append((group, rows + self._first, pa.array(texts, pa.string()), said))

    def note(self, text: str, count: int) -> None:
        """Record what was noticed and not refused, unless it never happened."""
        if count:
            self.notes[text] = self.notes.get(text, 0) + int(count)


def _texts(values: Any, rows: Rows) -> list[str]:
    if hasattr(values, "take"):
        taken = values.take(rows)
        found = taken.to_pylist() if hasattr(taken, "to_pylist") else list(taken)
    else:
        found = [values[row] for row in rows.tolist()]
    return [shorten(value.hex() if isinstance(value, bytes) else value) for value in found]
