"""Questions in batches of arrays, the malformed ones set aside."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geobench_tools.array_types import I64, U64
from geobench_tools.counter_random import hash_strings, mix
from geobench_tools.errors import InputError
from geobench_tools.pairing._audit.arrays import is_member
from geobench_tools.pairing._audit.checks import Tally
from geobench_tools.pairing._sets import LETTERS, SPLITS, PairingSet

__all__ = ["IMAGES", "Batch", "clique_ids", "part_names", "read_batches", "read_columns"]

IMAGES = "candidate_images"
"""The column of image paths; sets without images lack it."""

_ROWS = 100_000
_AGAIN = "build the pairs again"
_COLUMNS = ("ground_id", "rotation", "candidate_ids", "answer_index", "answer", "clique_id")


@dataclass(frozen=True)
class Batch:
    """Questions of one split as arrays; ids are 64-bit hashes.

    Attributes:
        split: Code of the split, its place in ``SPLITS``.
        part: Path of the part.
        first_row: Row of the part with which the batch begins.
        table: The well-formed questions with the columns that were asked for.
        rows: Their rows in the batch as read.
        ground: Ground views, shape (n,).
        tiles: Candidates in the order shown, shape (n, K).
        shown: Each candidate together with the image that shows it, shape (n, K).
        answer: Place of the right candidate, shape (n,).
        clique: Clique ids, shape (n,).
        rotation: Shape (n,).
    """

    split: int
    part: Path
    first_row: int
    table: Any
    rows: I64
    ground: U64
    tiles: U64
    shown: U64
    answer: I64
    clique: U64
    rotation: I64

    def name(self, place: int) -> str:
        """Name a question for a human."""
        row = self.first_row + int(self.rows[place]) + 1
        return _named(self.table["ground_id"][place], self.part, row)


def part_names(pairs: PairingSet) -> list[str]:
    """Return the file names of the question parts of all splits."""
    return sorted({path.name for name in SPLITS for path in pairs.parts(name)})


def clique_ids(table: Any) -> U64:
    """Return the clique ids of a table or batch of questions, 0 for nulls."""
    import pyarrow as pa

    return np.asarray(table["clique_id"].cast(pa.uint64()).fill_null(0))


def read_columns(path: Path, columns: Sequence[str]) -> Any:
    """Return those of the columns that a Parquet file has, as a ``pyarrow.Table``.

    Raises:
        InputError: The file cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            present = file.schema_arrow.names
            return file.read(columns=[name for name in columns if name in present])
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path} cannot be read: {error}", hint=_AGAIN) from None


def read_batches(
    pairs: PairingSet,
    part: str,
    tally: Tally,
    more: tuple[str, ...] = (),
    optional: tuple[str, ...] = (),
    cliques: U64 | None = None,
) -> Iterator[Batch]:
    """Read the questions of the parts with one file name, split by split.

    Args:
        pairs: The set.
        part: File name of the part.
        tally: Told which questions are malformed; those are left out.
        more: Further columns to keep in ``Batch.table``.
        optional: Likewise, but they may be absent.
        cliques: Read the questions of these cliques only; ascending.

    Raises:
        InputError: A part is not a Parquet file or lacks a column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    wanted = [*_COLUMNS, *more]
    for split, name in enumerate(SPLITS):
        path = pairs.folder / name / part
        if not path.exists():
            continue
        try:
            with pq.ParquetFile(path) as file:
                present = file.schema_arrow.names
                if lacking := [column for column in wanted if column not in present]:
                    raise InputError(f"{path} has no column {', '.join(lacking)}", hint=_AGAIN)
                columns = [*wanted, *(column for column in optional if column in present)]
                first_row = 0
                for read in file.iter_batches(batch_size=_ROWS, columns=columns):
                    if cliques is not None:
                        read = read.filter(pa.array(is_member(clique_ids(read), cliques)))
                    yield _batch(read, pairs.k, split, path, first_row, tally)
                    first_row += read.num_rows
        except (pa.ArrowInvalid, OSError) as error:
            raise InputError(f"{path} cannot be read: {error}", hint=_AGAIN) from None


def _batch(read: Any, k: int, split: int, path: Path, first_row: int, tally: Tally) -> Batch:
    import pyarrow as pa
    import pyarrow.compute as pc

    def integers(column: Any) -> I64:
        return np.asarray(column.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False))

    lengths = integers(pc.list_value_length(read["candidate_ids"]))
    answer = integers(read["answer_index"])
    letter = integers(pc.index_in(read["answer"], value_set=pa.array(np.array(list(LETTERS)))))
    good = (lengths == k) & (answer == letter) & (answer >= 0) & (answer < k)
    full = np.flatnonzero(lengths == k)
    lists = (
        read["candidate_ids"].take(pa.array(full))
        if len(full) < len(good)
        else read["candidate_ids"]
    )
    tiles = hash_strings(lists.flatten()).reshape(-1, k)
    in_order = np.sort(tiles, axis=1)
    distinct = (in_order[:, 1:] != in_order[:, :-1]).all(axis=1)
    good[full[~distinct]] = False
    tally.add(~good, lambda row: _named(read["ground_id"][row], path, first_row + row + 1))
    tiles, rows = tiles[good[full]], np.flatnonzero(good)
    table = read.take(pa.array(rows)) if len(rows) < len(good) else read
    return Batch(
        split=split,
        part=path,
        first_row=first_row,
        table=table,
        rows=rows,
        ground=hash_strings(table["ground_id"]),
        tiles=tiles,
        shown=_with_images(tiles, table),
        answer=answer[rows],
        clique=clique_ids(table),
        rotation=integers(table["rotation"]),
    )


def _with_images(tiles: U64, table: Any) -> U64:
    import pyarrow as pa
    import pyarrow.compute as pc

    if IMAGES not in table.column_names:
        return tiles
    lengths = pc.list_value_length(table[IMAGES]).fill_null(0).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(lengths == tiles.shape[1])
    lists = table[IMAGES].take(pa.array(rows)) if len(rows) < len(tiles) else table[IMAGES]
    shown = tiles.copy()
    shown[rows] = mix(tiles[rows], hash_strings(lists.flatten()).reshape(-1, tiles.shape[1]))
    return shown


def _named(ground_id: Any, part: Path, row: int) -> str:
    return f"{ground_id.as_py()} ({part.parent.name}/{part.name}, row {row:,})"
