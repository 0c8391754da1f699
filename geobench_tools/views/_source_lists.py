"""Records out of the lists of a source: lines of text, file names, or variables of MATLAB."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.files import within_root
from geobench_tools.views._raw import Problem
from geobench_tools.views._source_layouts import BRACES, Listing, Positions

__all__ = ["Record", "fill", "find_files", "read_records"]


@dataclass(frozen=True)
class Record:
    """One entry of a list.

    Attributes:
        file: The list's file, or the image itself where names are the records.
        row: 1-based line or row; 0 where names are the records.
        values: Columns by name.
    """

    file: str
    row: int
    values: dict[str, str]


def fill(template: str, values: dict[str, str]) -> str:
    """Put columns into a template."""
    return BRACES.sub(lambda brace: values[brace[1]], template)


def find_files(root: Path, patterns: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """Return the files that the first fruitful pattern matches, by name, with its named parts.

    Files behind links that leave the root are left out.
    """
    for pattern in patterns:
        pieces = BRACES.split(pattern)
        expression = re.compile(
            "".join(
                f"(?P<{piece}>[^/]+)" if i % 2 else re.escape(piece)
                for i, piece in enumerate(pieces)
            )
        )
        glob = "".join("*" if i % 2 else _no_magic(piece) for i, piece in enumerate(pieces))
        base = root.resolve()
        found = []
        for path in root.glob(glob):
            name = path.relative_to(root).as_posix()
            match = expression.fullmatch(name)
            if match and path.is_file() and path.resolve().is_relative_to(base):
                found.append((name, match.groupdict()))
        if found:
            return sorted(found)
    return []


def _no_magic(text: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", text)


def read_records(
    root: Path,
    listing: Listing,
    files: Sequence[tuple[str, dict[str, str]]],
    split: str | None,
    problems: list[Problem],
) -> Iterator[Record]:
    """Read the records of a list.

    Args:
        root: Folder of the data set.
        listing: The list.
        files: Its files, as ``find_files`` returns them.
        split: The split that was asked for; of interest where one file holds all of them.
        problems: Takes ragged lines, names that do not match, and rows without position.

    Raises:
        InputError: A file cannot be read, or the file of positions is missing.
    """
    positions = _read_positions(root, listing.positions) if listing.positions else None
    expressions = {name: re.compile(text) for name, text in listing.match.items()}
    for name, parts in files:
        for record in _read(root, name, parts, listing, split, problems):
            problem = _match(record, expressions)
            if problem is None and positions is not None and listing.positions is not None:
                problem = _locate(record, listing.positions, positions)
            if problem is None:
                yield record
            else:
                problems.append(problem)


def _read(
    root: Path,
    name: str,
    parts: dict[str, str],
    listing: Listing,
    split: str | None,
    problems: list[Problem],
) -> Iterator[Record]:
    shown = str(root / name)
    if listing.format == "names":
        yield Record(shown, 0, {**parts, "file": name})
    elif listing.format == "mat":
        for row, values in _mat_rows(within_root(root, name), listing, split):
            yield Record(shown, row, {**parts, **values})
    else:
        for row, cells in _lines(within_root(root, name), shown, listing.separator):
            if len(cells) == len(listing.columns):
                yield Record(
                    shown, row, {**parts, **dict(zip(listing.columns, cells, strict=True))}
                )
                continue
            problems.append(
                Problem.at(
                    shown,
                    row,
                    "ragged-row",
                    f"{len(cells)} values instead of {len(listing.columns)}",
                    "get the list again, or remove the line",
                    listing.separator.join(cells),
                )
            )


def _lines(path: Path, shown: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Values of the lines that are not empty, with 1-based line numbers."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            if separator.strip():
                reader = csv.reader(stream, delimiter=separator)
                for cells in reader:
                    if any(cell.strip() for cell in cells):
                        yield reader.line_num, [cell.strip() for cell in cells]
            else:
                for number, line in enumerate(stream, 1):
                    if line.strip():
                        yield number, line.split()
    except UnicodeDecodeError as error:
        raise InputError(f"{shown} is not UTF-8: {error}", hint="get the list again") from None
    except csv.Error as error:
        raise InputError(f"{shown}: {error}", hint="get the list again") from None


def _match(record: Record, expressions: dict[str, "re.Pattern[str]"]) -> Problem | None:
    for column, expression in expressions.items():
        value = record.values[column]
        match = expression.fullmatch(value)
        if not match:
            return Problem.at(
                record.file,
                record.row,
                "unreadable-name",
                f"the name is not of the form {expression.pattern}",
                "correct the name, or leave it out",
                value=value,
                column=column,
            )
        record.values.update(match.groupdict())
    return None


def _read_positions(root: Path, positions: Positions) -> list[list[str]]:
    path = root / positions.file
    if not path.is_file():
        raise InputError(
            f"{path} does not exist: the lists name images, but no positions", hint=positions.remedy
        )
    rows: list[list[str]] = []
    for number, cells in _lines(within_root(root, positions.file), str(path), positions.separator):
        rows.extend([[]] * (number - 1 - len(rows)))
        rows.append(cells)
    return rows


def _locate(record: Record, positions: Positions, rows: list[list[str]]) -> Problem | None:
    number = fill(positions.row, record.values).lstrip("0")[:20]
    at = int(number) if number.isdecimal() else 0
    cells = rows[at - 1] if 0 < at <= len(rows) else []
    if len(cells) == len(positions.columns):
        record.values.update(zip(positions.columns, cells, strict=True))
        return None
    return Problem.at(
        record.file,
        record.row,
        "no-position",
        f"line {number} of {positions.file} holds no position",
        positions.remedy,
        number,
    )


def _mat_rows(
    path: Path, listing: Listing, split: str | None
) -> Iterator[tuple[int, dict[str, str]]]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        content: dict[str, Any] = loadmat(path, squeeze_me=True)
    except NotImplementedError:
        raise InputError(
            f"{path} is of MATLAB 7.3", hint="save it with -v7 in MATLAB or Octave"
        ) from None
    except (MatReadError, ValueError, TypeError, OSError, KeyError) as error:
        raise InputError(f"{path} is no MATLAB file: {error}", hint="get it again") from None
    columns = [_mat_column(content, variable, path) for variable in listing.variables]
    count = min(len(column) for column in columns)
    if any(len(column) != count for column in columns):
        raise InputError(f"variables of {path} differ in length", hint="get it again")
    chosen: Sequence[int] = range(1, count + 1)
    if split is not None and split in listing.rows:
        texts = _mat_column(content, listing.rows[split], path)
        chosen = [int(text) for text in texts]
        if any(not 1 <= number <= count for number in chosen):
            raise InputError(f"{listing.rows[split]} of {path} counts beyond the data")
    for number in chosen:
        yield (
            number,
            {
                name: column[number - 1]
                for name, column in zip(listing.columns, columns, strict=True)
            },
        )


def _mat_column(content: dict[str, Any], variable: str, path: Path) -> list[str]:
    """A vector, a column of a matrix (``name.0``) or a field of a struct (``name.field``)."""
    import numpy as np

    name, _, inner = variable.partition(".")
    try:
        value = np.atleast_1d(content[name])
        if inner.isdigit():
            value = np.atleast_2d(value)[:, int(inner)]
        elif inner:
            value = np.atleast_1d(value[inner].item())
    except (KeyError, IndexError, ValueError) as error:
        raise InputError(f"{path} has no {variable}: {error}", hint="get it again") from None
    return [str(cell).strip() for cell in value.ravel().tolist()]
