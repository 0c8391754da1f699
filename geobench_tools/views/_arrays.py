"""Columns of any Arrow type brought to the plain arrays that the checks work on."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["is_text", "mask", "pieces", "plain"]


def plain(column: Any) -> "pa.Array":
    """Return a column as one array: chunks joined, dictionaries decoded, no type read as text."""
    import pyarrow as pa

    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.DictionaryArray):
        return array.dictionary_decode()
    return array.cast(pa.string()) if pa.types.is_null(array.type) else array


def is_text(kind: "pa.DataType") -> bool:
    """Tell whether a type is text."""
    import pyarrow as pa

    types = pa.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def mask(flags: Any) -> npt.NDArray[np.bool_]:
    """Return a boolean array of ``pyarrow`` as one of numpy, null as false."""
    return np.array(flags.fill_null(False).to_numpy(zero_copy_only=False), bool)


def pieces(tables: "Iterable[pa.Table]", rows: int) -> "Iterator[pa.Table]":
    """Cut and join tables to pieces of so many rows, but for the last."""
    import pyarrow as pa

    parts: list[pa.Table] = []
    missing = rows
    for table in tables:
        while table.num_rows:
            parts.append(table.slice(0, missing))
            table = table.slice(missing)
            missing -= parts[-1].num_rows
            if not missing:
                yield pa.concat_tables(parts).combine_chunks()
                parts, missing = [], rows
    if parts:
        yield pa.concat_tables(parts).combine_chunks()
