"""What a reader hands to validation: rows as the source has them, with their place in it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geobench_tools.views._arrays import pieces

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["BATCH", "Problem", "RawViews", "TableStream", "shorten"]

BATCH = 1 << 15
"""Rows that are looked at together, at most."""

_LONGEST_VALUE = 60


def shorten(value: object) -> str:
    """Return a value as printable text of at most 60 characters on one line."""
    if value is None:
        return ""
    text = " ".join(str(value).split())
    if not text.isprintable():
        text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one row, in the user's own terms.

    Attributes:
        file: The file as the user named it.
        row: 1-based line of a text file or row of a table; 0 where the file as a whole is meant.
        column: The source's own column name, empty where no column is meant.
        value: The offending value as text, shortened.
        kind: Short fixed name: ``out-of-range``, ``decimal-comma``, ``truncated-image`` …
        message: What is wrong.
        remedy: The next step.
    """

    file: str
    row: int
    column: str
    value: str
    kind: str
    message: str
    remedy: str

    @classmethod
    def at(
        cls,
        file: str | Path,
        row: int,
        kind: str,
        message: str,
        remedy: str,
        value: object = "",
        column: str = "",
    ) -> "Problem":
        """Return the problem of a row, or of a file with row 0; its value is shortened."""
        return cls(str(file), row, column, shorten(value), kind, message, remedy)


@dataclass(frozen=True)
class TableStream:
    """A table that stays on disk and is read anew each time it is looked at.

    Attributes:
        column_names: Names of all columns.
        num_rows: Number of rows.
        read: Returns the named columns in tables of any size; raises ``Unreadable`` where the
            file turns out to be damaged.
    """

    column_names: list[str]
    num_rows: int
    read: "Callable[[Sequence[str]], Iterator[pa.Table]]"


@dataclass(frozen=True)
class RawViews:
    """Rows of one source before validation.

    Attributes:
        source: The path the user gave.
        table: A ``pyarrow.Table`` or a ``TableStream``; columns carry the names of the view schema
            where the reader knows them (a photo folder does) and the source's own names where it
            does not (a CSV). Values may be text or typed; a null is a missing value.
        files: File of each row as shown to the user, or one name for all rows.
        rows: 1-based line or row number of each row in its file.
        problems: What the reader itself found: rows it could not parse at all.
        image_root: Folder that ``image`` values are relative to, or None.
        crs: Coordinate reference system of lat/lon if it is not WGS-84, as the source states it.
        notes: What the reader noticed and did not refuse, counted: files that are no images,
            headings relative to magnetic north …
    """

    source: Path
    table: Any
    files: str | Sequence[str]
    rows: Sequence[int]
    problems: tuple[Problem, ...] = field(default=())
    image_root: Path | None = None
    crs: str | None = None
    notes: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def broken(cls, fault: Problem) -> "RawViews":
        """Return a source of which nothing can be read."""
        import pyarrow as pa

        return cls(Path(fault.file), pa.table({}), fault.file, (), (fault,))

    def batches(self, columns: Sequence[str]) -> "Iterator[RawViews]":
        """Yield these columns in batches, each with the files and numbers of its own rows.

        Without any column a batch has the first one: rows of none cannot be counted.
        """
        columns = columns or self.table.column_names[:1]
        if isinstance(self.table, TableStream):
            tables = self.table.read(columns)
        else:
            tables = iter([self.table.select(columns)])
        done = 0
        for table in pieces(tables, BATCH):
            at = slice(done, done + table.num_rows)
            files = self.files if isinstance(self.files, str) else self.files[at]
            yield replace(self, table=table, files=files, rows=self.rows[at], problems=(), notes={})
            done = at.stop
