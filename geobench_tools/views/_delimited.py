"""Tables in delimited text, read so that every line that is not right can be named."""

import codecs
import csv
import io
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from geobench_tools.errors import InputError
from geobench_tools.views._findings import WHOLE_SHARE
from geobench_tools.views._folders import Unreadable
from geobench_tools.views._options import ReadOptions
from geobench_tools.views._raw import Problem, RawViews, TableStream

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["decoded_bytes", "read_delimited"]

_TABBED = (".tsv", ".tab")
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LONGEST_FIELD = 1 << 24
_BATCH = 20_000
_CHUNK = 1 << 20


class _Records(Protocol):
    """What ``csv.reader`` returns."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


@dataclass(frozen=True)
class _Source:
    """A delimited text file, open as often as needed."""

    path: Path
    delimiter: str
    content: bytes | None

    def open(self) -> BinaryIO:
        return self.path.open("rb") if self.content is None else io.BytesIO(self.content)

    def records(self) -> tuple[_Records, io.TextIOWrapper]:
        text = io.TextIOWrapper(
            self.open(), encoding="utf-8-sig", errors="surrogateescape", newline=""
        )
        return csv.reader(text, delimiter=self.delimiter, strict=True), text


def read_delimited(path: Path, options: ReadOptions) -> RawViews:
    """Read a CSV or TSV file with a header; all columns come as text.

    Args:
        path: The file.
        options: ``encoding``, ``delimiter`` and ``image_root`` are used.

    Returns:
        The rows with their line numbers; lines that are no rows as problems.

    Raises:
        InputError: The encoding is unknown.
    """
    delimiter = options.delimiter or ("\t" if path.suffix.lower() in _TABBED else ",")
    try:
        source = _Source(path, delimiter, decoded_bytes(path, options.encoding))
    except UnicodeDecodeError as error:
        return RawViews.broken(_undecodable(path, error))
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        return _read(source, path, options, delimiter)
    finally:
        csv.field_size_limit(before)


def _read(source: "_Source", path: Path, options: ReadOptions, delimiter: str) -> RawViews:
    reader, text = source.records()
    with text:
        try:
            header: list[str] = next((record for record in reader if record), [])
        except csv.Error as error:
            return RawViews.broken(_malformed(path, 0, str(error)))
        header_lines = reader.line_num
    names = [name.strip() for name in header]
    if fault := _header_fault(path, names, delimiter):
        return RawViews.broken(fault)
    names = _unique(names)
    root = options.image_root or path.parent
    count = _count_regular(source, names, header_lines)
    if count is not None:
        rows = range(header_lines + 1, header_lines + 1 + count)
        stream = TableStream(names, count, partial(_read_regular, source, names, header_lines))
        return RawViews(path, stream, str(path), rows, (), root)
    table, lines, problems = _read_irregular(source, names)
    return RawViews(path, table, str(path), lines, tuple(problems), root)


def decoded_bytes(path: Path, encoding: str | None) -> bytes | None:
    """Return a text file's content as UTF-8, or None where the file itself is meant to be.

    Raises:
        UnicodeDecodeError: The content is not in the encoding that the user or its mark names.
        InputError: There is no such encoding.
    """
    with path.open("rb") as stream:
        start = stream.read(4)
    if encoding is None:
        encoding = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    if encoding is None:
        return None
    try:
        return path.read_bytes().decode(encoding).encode()
    except LookupError:
        raise InputError(
            f"there is no encoding {encoding!r}", hint="pass --encoding latin-1, cp1252, utf-16 …"
        ) from None


def _header_fault(path: Path, names: Sequence[str], delimiter: str) -> Problem | None:
    line = delimiter.join(names)
    fault = partial(Problem.at, path, 0)
    if not any(names):
        return fault("empty-file", "the file is empty", "give a file with a header and rows")
    if sum(re.fullmatch(r"[+-]?[0-9]+\.[0-9]+", name) is not None for name in names) > 1:
        message = "the first line holds numbers, not the names of columns"
        return fault("no-header", message, f"put a line of {len(names)} names before it", line)
    if "\0" in line or _broken(line):
        remedy = "name the encoding: --encoding utf-16-le, latin-1, cp1252 …"
        shown = _as_latin(line).replace("\0", "")
        return fault("mixed-encodings", "the header is not UTF-8", remedy, shown)
    for other, word in _DELIMITERS.items():
        if len(names) == 1 and other != delimiter and other in line:
            mark = "$'\\t'" if other == "\t" else f"'{other}'"
            message = f"the header is one column with a {word} in it"
            return fault("wrong-delimiter", message, f"pass --delimiter {mark}", line)
    return None


def _unique(names: Sequence[str]) -> list[str]:
    return [name or (f"column {i}" if i else "") for i, name in enumerate(names)]


def _count_regular(source: _Source, names: list[str], header_lines: int) -> int | None:
    """Count the rows of a file in which every line is one; None if it is not of that kind."""
    with source.open() as stream:
        lines = _count_lines(stream) - header_lines
    try:
        rows = sum(table.num_rows for table in _read_regular(source, names, header_lines, names))
    except Unreadable:
        return None
    return rows if rows == lines else None


def _read_regular(
    source: _Source, names: list[str], header_lines: int, wanted: Sequence[str]
) -> "Iterator[pa.Table]":
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    try:
        with (
            source.open() as stream,
            arrow_csv.open_csv(
                stream,
                arrow_csv.ReadOptions(skip_rows=header_lines, column_names=names),
                arrow_csv.ParseOptions(delimiter=source.delimiter, newlines_in_values=True),
                arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), include_columns=wanted
                ),
            ) as reader,
        ):
            for batch in reader:
                yield pa.table(batch)
    except pa.ArrowInvalid as error:
        raise Unreadable(
            "unreadable-file", f"the file cannot be read: {error}", "check that the file is whole"
        ) from None


def _count_lines(stream: BinaryIO) -> int:
    lines, last = 0, b"\n"
    while chunk := stream.read(_CHUNK):
        lines += chunk.count(b"\n")
        last = chunk[-1:]
    return lines + (last != b"\n")


def _read_irregular(
    source: _Source, names: list[str]
) -> tuple["pa.Table", Sequence[int], list[Problem]]:
    """Read a file with blank lines, line breaks in values, or lines that are no rows."""
    import pyarrow as pa

    schema = pa.schema([(name, pa.string()) for name in names])
    problems: list[Problem] = []
    lines = array("q")
    batches: list[pa.RecordBatch] = []
    pending: list[list[str]] = []

    def flush() -> None:
        if pending:
            columns = [pa.array(column, pa.string()) for column in zip(*pending, strict=True)]
            batches.append(pa.record_batch(columns, schema=schema))
            pending.clear()

    for line, record in _numbered(source, problems):
        problem = _row_problem(str(source.path), line, record, names)
        if problem is not None:
            problems.append(problem)
            continue
        pending.append(record)
        lines.append(line)
        if len(pending) == _BATCH:
            flush()
    flush()
    ragged = [problem for problem in problems if problem.kind == "ragged-row"]
    if len(ragged) > 1 and len(ragged) >= WHOLE_SHARE * (len(lines) + len(problems)):
        message = f"{ragged[0].message} ({len(ragged):,} rows)"
        remedy = "let the first line name the columns, and remove what stands before it"
        problems = [replace(ragged[0], row=0, message=message, remedy=remedy)]
    return pa.Table.from_batches(batches, schema=schema), lines, problems


def _numbered(source: _Source, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Yield the records after the header with the line each begins in."""
    reader, text = source.records()
    with text:
        in_header = True
        while True:
            start = reader.line_num + 1
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                # Neither an open quote nor an oversized field tells where the next row begins.
                endless = "unexpected end" in str(error) or "field larger" in str(error)
                row = 0 if endless else start
                problems.append(_malformed(source.path, row, str(error), start, reader.line_num))
                if endless:
                    return
                continue
            if record and in_header:
                in_header = False
            elif record:
                yield start, record


def _row_problem(file: str, line: int, record: list[str], names: list[str]) -> Problem | None:
    if len(record) != len(names):
        return Problem.at(
            file,
            line,
            "ragged-row",
            f"the row has {len(record)} fields, the header {len(names)}",
            "quote fields that contain the delimiter, or complete the row",
            _as_latin(",".join(record)),
        )
    if _broken("".join(record)):
        at = next(i for i, field in enumerate(record) if _broken(field))
        return Problem.at(
            file,
            line,
            "mixed-encodings",
            "the row is not UTF-8, though the file's start is",
            "save the file as UTF-8; if all of it is in another encoding pass --encoding latin-1",
            value=_as_latin(record[at]),
            column=names[at],
        )
    return None


def _broken(text: str) -> bool:
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _as_latin(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("latin-1") if _broken(text) else text


def _malformed(path: Path, row: int, reason: str, start: int = 1, end: int = 1) -> Problem:
    message = f"a quote opened in line {start} is not closed"
    if "field larger" in reason:
        message = f"a field in line {start} has more than {_LONGEST_FIELD:,} characters"
    if row:
        message = f"{reason} (lines {start} to {end})" if end > start else reason
    return Problem.at(
        path,
        row,
        "unclosed-quote",
        message,
        "close the quote, and double each quote inside a quoted field",
    )


def _undecodable(path: Path, error: UnicodeDecodeError) -> Problem:
    return Problem.at(
        path,
        0,
        "mixed-encodings",
        f"byte {error.start:,} is not {error.encoding}: {error.reason}",
        "pass the right --encoding, or save the file as UTF-8",
        error.object[error.start : error.end].hex(),
    )
