"""The good rows of a source, kept on disk until all rows of all sources have been seen."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geobench_tools.counter_random import hash_strings, mix

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ID", "POSITION", "RowStore"]

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]
Hashes = npt.NDArray[np.uint64]

ID = ("kind", "view_id")
"""Columns that no two views have in common."""

POSITION = ("kind", "lat", "lon", "captured_at", "heading_deg", "gsd_m")
"""Columns that two views have in common only if they are the same view."""


class RowStore:
    """Rows of a view table in the order of their source, in a file that sources may share.

    Attributes:
        columns: The columns that the source fills.
        filled: Number of rows that have a value, by column.
        kinds: Number of rows, by kind.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._schema: pa.Schema | None = None
        self._places: list[tuple[int, int, int]] = []
        self._good: list[Bools] = []
        self._bad: Bools | None = None
        self._hashes: dict[Sequence[str], list[Hashes]] = {ID: [], POSITION: []}
        self.columns: list[str] = []
        self.filled: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()

    def __len__(self) -> int:
        return self.kinds.total()

    def add(self, batch: "pa.RecordBatch", good: Bools) -> None:
        """Keep the good rows of the next batch, all batches having the same columns."""
        import pyarrow as pa

        if not good.all():
            batch = batch.filter(pa.array(good))
        self._schema, self.columns = batch.schema, batch.schema.names
        raw = batch.serialize()
        packed = pa.compress(raw, "lz4")
        self._places.append((self._file.seek(0, os.SEEK_END), len(packed), len(raw)))
        self._file.write(packed)
        self._good.append(good)
        self._count(batch)
        for keys, hashes in self._hashes.items():
            hashes.append(_hash(batch, keys))

    def hashes(self, keys: Sequence[str]) -> Hashes:
        """Return a 64-bit hash of each row's ``ID`` or ``POSITION``; they are forgotten here."""
        parts = self._hashes.pop(keys)
        return np.concatenate(parts) if parts else np.zeros(0, np.uint64)

    def read(self, columns: Sequence[str]) -> "Iterator[tuple[Rows, pa.RecordBatch]]":
        """Yield batches of these columns, with the numbers that their rows have in the source."""
        import pyarrow as pa

        names = [name for name in self.columns if name in columns]
        first = 0
        for good, (start, length, size) in zip(self._good, self._places, strict=True):
            self._file.seek(start)
            raw = pa.decompress(self._file.read(length), size, "lz4")
            batch = pa.ipc.read_record_batch(raw, self._schema).select(names)
            rows = first + np.flatnonzero(good)
            first += len(good)
            if self._bad is not None:
                left = ~self._bad[rows]
                rows, batch = rows[left], batch.filter(pa.array(left))
            yield rows, batch

    def drop(self, bad: Bools) -> None:
        """Leave out rows.

        Args:
            bad: Which, among all rows of the source, shape (n,).
        """
        self._bad = bad
        self.filled.clear()
        self.kinds.clear()
        for _, batch in self.read(self.columns):
            self._count(batch)

    def _count(self, batch: "pa.RecordBatch") -> None:
        for name in batch.schema.names:
            self.filled[name] += batch.num_rows - batch[name].null_count
        for count in batch["kind"].value_counts().to_pylist():
            self.kinds[count["values"]] += count["counts"]


def _hash(batch: "pa.RecordBatch", keys: Sequence[str]) -> Hashes:
    """Hash rows; those with equal keys have equal hashes."""
    import pyarrow as pa

    words: list[npt.ArrayLike] = []
    for key in keys:
        if key not in batch.schema.names:
            words.append(0)
            continue
        column = batch[key]
        if pa.types.is_string(column.type):
            words.append(hash_strings(column))
        else:
            # -0.0 and 0.0 are equal; a missing number is like zero, which is made sure of later.
            filled = column.cast(pa.int64() if pa.types.is_timestamp(column.type) else pa.float64())
            words.append((filled.fill_null(0).to_numpy(zero_copy_only=False) + 0).view(np.uint64))
    return mix(*words)
