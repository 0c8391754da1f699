"""What validation finds in one source: faults of the whole, problems of rows, notes."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.views._raw import Problem, RawViews, shorten

__all__ = ["WHOLE_SHARE", "Findings"]

Bools = npt.NDArray[np.bool_]

WHOLE_SHARE = 0.9
"""A problem that this share of rows has is a fault of the column and is said once."""


class Findings:
    """Collects what is wrong with the rows of one source.

    Attributes:
        bad: Rows that have a problem, shape (n,).
        faults: What is wrong with the source as a whole; no row of it can be used.
        problems: What is wrong with single rows.
        notes: What was noticed and not refused, with counts.
    """

    def __init__(self, raw: RawViews) -> None:
        rows = int(raw.table.num_rows)
        self.bad: Bools = np.zeros(rows, bool)
        self.faults: list[Problem] = []
        self.problems: list[Problem] = []
        self.notes: dict[str, int] = dict(raw.notes)
        self._source = str(raw.source)
        self._files = raw.files
        self._rows = raw.rows
        self._unread: dict[tuple[str, int], str] = {}
        self._reasons: dict[int, str] = {}
        for problem in raw.problems:
            if problem.row == 0 and problem.file == self._source:
                self.faults.append(problem)
            else:
                self.problems.append(problem)
                self._unread.setdefault((problem.file, problem.row), problem.kind)

    @property
    def unread(self) -> int:
        """Rows that the reader itself could not make into rows of the table."""
        return len(self._unread)

    @property
    def reasons(self) -> dict[str, int]:
        """Refused rows by the kind of the first problem found in each, so that totals add up."""
        return dict(Counter([*self._unread.values(), *self._reasons.values()]))

    def place(self, row: int) -> tuple[str, int]:
        """Return the file and the line or row number of a row of the table."""
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
        message: str | Sequence[str],
        remedy: str,
        among: Bools | None = None,
    ) -> None:
        """Record what is wrong with rows; what nearly all rows share is recorded once, as a fault.

        Args:
            where: The rows, shape (n,).
            kind: Fixed name of the problem.
            column: The source's name of the column.
            values: A ``pyarrow`` column or a sequence with the offending values of all n rows.
            message: What is wrong, for all these rows or for each of the n.
            remedy: The next step.
            among: The rows that could have this problem, as those with a value; default: all.
        """
        rows = np.flatnonzero(where)
        if not len(rows):
            return
        self.bad[rows] = True
        texts = _texts(values, rows)
        said = (
            [message] * len(rows)
            if isinstance(message, str)
            else [message[row] for row in rows.tolist()]
        )
        total = len(self.bad) if among is None else int(among.sum())
        if len(rows) > 1 and len(rows) >= WHOLE_SHARE * total:
            of = f"all {total:,}" if len(rows) == total else f"{len(rows):,} of {total:,}"
            values_or_rows = "rows" if among is None else "values"
            self.fault(kind, column, texts[0], f"{said[0]} ({of} {values_or_rows})", remedy)
            return
        for row, text, words in zip(rows.tolist(), texts, said, strict=True):
            file, number = self.place(row)
            self.problems.append(
                Problem.at(file, number, kind, words, remedy, value=text, column=column)
            )
            self._reasons.setdefault(row, kind)

    def note(self, text: str, count: int) -> None:
        """Record what was noticed and not refused, unless it never happened."""
        if count:
            self.notes[text] = self.notes.get(text, 0) + int(count)


def _texts(values: Any, rows: npt.NDArray[np.intp]) -> list[str]:
    if hasattr(values, "take"):
        taken = values.take(rows)
        found = taken.to_pylist() if hasattr(taken, "to_pylist") else list(taken)
    else:
        found = [values[row] for row in rows.tolist()]
    return [shorten(value.hex() if isinstance(value, bytes) else value) for value in found]
