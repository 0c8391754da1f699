"""``traces.jsonl``: one line for each reply of a teacher, with what was checked about it.

The file is only appended to. Of several lines with the same id the last one counts; a torn last
line is not read. Lines are held by their places in the file, not in memory.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from geobench_tools.errors import InputError
from geobench_tools.files import end_torn_line, lock_for_appending
from geobench_tools.strictjson import parse_json

__all__ = ["TraceEntry", "TraceLog"]

Line = dict[str, Any]


class TraceEntry(NamedTuple):
    """What is held of a line.

    Attributes:
        offset: Its place in the file, bytes.
        signature: Of the reply and of how it was checked.
        question_id: Its question.
        place: Where the question is.
        round: 0, or the number of the repair.
        run_index: Which sample of the question.
        reason: Why it was rejected; empty for a good one.
    """

    offset: int
    signature: str
    question_id: str
    place: str
    round: int
    run_index: int
    reason: str


class TraceLog:
    """The log of one output, open for one process.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self.entries: dict[str, TraceEntry] = {}

    @contextmanager
    def appending(self) -> Iterator[None]:
        """Open and lock the log, and take over what it holds.

        Raises:
            InputError: Another process has it open.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a+b", buffering=0) as file:
            lock_for_appending(file, self._path.parent)
            end_torn_line(file)
            self._load()
            self._file = file
            try:
                yield
            finally:
                self._file = None

    def append(self, line: Mapping[str, Any]) -> None:
        """Append a line.

        Raises:
            InputError: The disk is full or the file cannot be written.
        """
        if self._file is None:
            raise ValueError("the log is not open for appending")
        data = json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        offset = self._path.stat().st_size
        try:
            written = self._file.write(data)
        except OSError as error:
            raise InputError(
                f"{self._path} cannot be written: {error.strerror}",
                hint="make room, then run the same command again; what is written is kept",
            ) from None
        if written != len(data):
            raise InputError(
                f"{self._path} took only part of a line; the disk may be full",
                hint="make room, then run the same command again; what is written is kept",
            )
        self._note(line, offset)

    def lines(self, names: Iterator[str] | list[str]) -> Iterator[Line]:
        """Yield the lines of some traces."""
        with self._path.open("rb") as file:
            for name in names:
                file.seek(self.entries[name].offset)
                line: Line = parse_json(file.readline())
                yield line

    def _load(self) -> None:
        offset = 0
        with self._path.open("rb") as file:
            for raw in file:
                try:
                    line = parse_json(raw)
                    self._note(line, offset)
                except (ValueError, KeyError, TypeError):
                    pass
                offset += len(raw)

    def _note(self, line: Mapping[str, Any], offset: int) -> None:
        fields = {name: line[name] for name in TraceEntry._fields[1:]}
        self.entries[line["id"]] = TraceEntry(offset, **fields)
