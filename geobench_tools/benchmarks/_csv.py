"""A table with a header, opened so that whatever is wrong with it becomes one kind of error."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geobench_tools.errors import InputError

__all__ = ["csv_rows"]


@contextmanager
def csv_rows(path: Path) -> Iterator["csv.DictReader[str]"]:
    """Open a table in UTF-8 and yield its rows as dictionaries.

    Raises:
        InputError: It cannot be opened, or, while its rows are read, is no UTF-8 or no CSV.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            yield csv.DictReader(stream)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{path} cannot be read: {error}", hint="get it again, as CSV in UTF-8"
        ) from None
