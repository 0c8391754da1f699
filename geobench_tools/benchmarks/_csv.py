"""Tables of text, opened so that whatever is wrong with one becomes one kind of error."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from geobench_tools.errors import InputError

__all__ = ["check_no_split", "csv_rows", "text_stream"]

_AGAIN = "get it again, as CSV in UTF-8"


def check_no_split(table: Path, split: str | None) -> None:
    """Refuse a split of one table, which has none.

    Raises:
        InputError: One is named.
    """
    if split:
        raise InputError(f"{table} has no split {split!r}: it is one table", hint="leave it out")


@contextmanager
def text_stream(path: Path, hint: str = _AGAIN) -> Iterator[TextIO]:
    """Open a table in UTF-8.

    Args:
        path: The table.
        hint: What to do where it cannot be read.

    Raises:
        InputError: It cannot be opened, or, while it is read, is no UTF-8 or no CSV.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            yield stream
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read: {error}", hint=hint) from None


@contextmanager
def csv_rows(path: Path, hint: str = _AGAIN) -> Iterator["csv.DictReader[str]"]:
    """Open a table with a header and yield its rows as dictionaries.

    Args:
        path: The table.
        hint: What to do where it cannot be read.

    Raises:
        InputError: As `text_stream`.
    """
    with text_stream(path, hint) as stream:
        yield csv.DictReader(stream)
