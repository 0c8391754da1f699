"""Numbers out of columns of any type, with the reason where there is none."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.views._arrays import is_text, mask, plain

__all__ = ["NULL_WORDS", "Numbers", "Reading", "parse_numbers", "trimmed_text"]

NULL_WORDS = ("", "na", "n/a", "#n/a", "null", "none", "nil", "-", "--")
"""Texts, in lower case, that stand for a missing value."""

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_COMMA = r"^[+-]?[0-9]+,[0-9]+$"


class Reading(IntEnum):
    """What one cell turned out to be."""

    NUMBER = 0
    EMPTY = 1
    NAN = 2
    COMMA = 3
    TEXT = 4


@dataclass(frozen=True)
class Numbers:
    """A column read as numbers.

    Attributes:
        values: The numbers, NaN where there is none, shape (n,).
        reading: A ``Reading`` for each cell, shape (n,).
    """

    values: npt.NDArray[np.float64]
    reading: npt.NDArray[np.uint8]

    def are(self, reading: Reading) -> npt.NDArray[np.bool_]:
        """Tell which cells are of one reading."""
        return np.asarray(self.reading == reading)


def parse_numbers(column: Any, decimal: str = ".") -> Numbers:
    """Read a ``pyarrow`` column of any type as numbers.

    Args:
        column: Text, numbers, or anything else (which is then no number).
        decimal: Decimal mark in text; with a comma, a point is still read.

    Returns:
        The numbers; infinities count as text.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    array = plain(column)
    kind = array.type
    empty = mask(pc.is_null(array))
    if is_text(kind):
        return _parse_text(array, decimal)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        values = pc.cast(array, pa.float64(), safe=False).fill_null(np.nan)
        found = np.asarray(values.to_numpy(zero_copy_only=False), float).copy()
        reading = np.select(
            [empty, np.isnan(found), np.isinf(found)],
            [Reading.EMPTY, Reading.NAN, Reading.TEXT],
            Reading.NUMBER,
        )
    else:
        found = np.full(len(array), np.nan)
        reading = np.where(empty, Reading.EMPTY, Reading.TEXT)
    found[reading != Reading.NUMBER] = np.nan
    return Numbers(found, reading.astype(np.uint8))


def trimmed_text(array: Any) -> Any:
    """Return values of any type as text without surrounding space, ``NULL_WORDS`` as null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        text = array.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        text = pa.array([_written(value) for value in array.to_pylist()], pa.string())
    text = pc.utf8_trim_whitespace(text)
    words = pa.array([*NULL_WORDS, *(word.upper() for word in NULL_WORDS), "None", "Null"])
    return pc.if_else(pc.is_in(text, words), pa.scalar(None, pa.string()), text)


def _written(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return None if value is None else str(value)


def _parse_text(array: Any, decimal: str) -> Numbers:
    import pyarrow as pa
    import pyarrow.compute as pc

    text = trimmed_text(array)
    empty = mask(pc.is_null(text))
    if decimal == ",":
        text = pc.replace_substring(text, ",", ".")
    try:
        values = text.cast(pa.float64())
        number = ~empty
    except pa.ArrowInvalid:
        number = mask(pc.match_substring_regex(text, _NUMBER))
        unsigned = pc.utf8_ltrim(text, "+")
        values = pc.if_else(number, unsigned, pa.scalar(None, pa.string())).cast(pa.float64())
    found = np.asarray(values.fill_null(np.nan).to_numpy(zero_copy_only=False), float).copy()
    number &= np.isfinite(found)
    found[~number] = np.nan
    reading = np.full(len(found), Reading.NUMBER, np.uint8)
    if not number.all():
        comma = mask(pc.match_substring_regex(text, _COMMA))
        nan = mask(pc.match_substring_regex(text, "(?i)^[+-]?nan$"))
        other = np.select(
            [empty, nan, comma], [Reading.EMPTY, Reading.NAN, Reading.COMMA], Reading.TEXT
        )
        reading[~number] = other[~number]
    return Numbers(found, reading)
