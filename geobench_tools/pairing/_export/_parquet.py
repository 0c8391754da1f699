"""Rows with images as Parquet shards of bounded size, written with bounded memory."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from geobench_tools.pairing._export._target import RowSink

__all__ = ["ParquetShards"]

_GROUP_BYTES = 32 << 20
_GROUP_ROWS = 2000


class ParquetShards(RowSink):
    """Writes ``SPLIT-00000.parquet`` … into a folder.

    Within a row group each distinct image is stored once (dictionary encoding), so the K questions
    of a clique share their tiles on disk.

    Args:
        folder: Where the shards go.
        split: Their name.
        schema: A ``pyarrow.Schema``.
        shard_bytes: A shard ends with the row group that brings it to this many bytes of row
            content.
    """

    def __init__(self, folder: Path, split: str, schema: Any, shard_bytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._split, self._schema = folder, split, schema
        self._shard_bytes = shard_bytes
        self._rows: list[Mapping[str, Any]] = []
        self._group = self._written = self._shards = 0
        self._writer: Any = None

    def write(self, row: Mapping[str, Any]) -> None:
        """Take one row; a full row group goes to disk."""
        self._rows.append(row)
        self._group += _weight(row)
        if self._group >= min(_GROUP_BYTES, self._shard_bytes) or len(self._rows) >= _GROUP_ROWS:
            self._flush()

    def __exit__(self, *raised: object) -> None:
        if raised[0] is None:
            self._flush()
            self._close()
            return
        import pyarrow as pa

        with suppress(OSError, pa.ArrowException):
            self._close()

    def _flush(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not self._rows:
            return
        if self._writer is None:
            path = self._folder / f"{self._split}-{self._shards:05d}.parquet"
            self._writer = pq.ParquetWriter(
                path,
                self._schema,
                compression="zstd",
                write_statistics=False,
                dictionary_pagesize_limit=2 * _GROUP_BYTES,
            )
        self._writer.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._written += self._group
        self._rows, self._group = [], 0
        if self._written >= self._shard_bytes:
            self._close()

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._shards += 1
        self._writer, self._written = None, 0


def _weight(value: object) -> int:
    if isinstance(value, bytes | str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(_weight(part) for part in value.values())
    if isinstance(value, list | tuple):
        return sum(_weight(part) for part in value)
    return 8
