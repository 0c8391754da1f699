"""Positions and footprints of the views that questions name, found by hashed id part by part."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.array_types import I64, U8, U64, Bools
from geobench_tools.counter_random import hash_strings
from geobench_tools.errors import InputError
from geobench_tools.geo import wrap_longitude
from geobench_tools.pairing._audit.arrays import is_member
from geobench_tools.pairing._audit.reading import read_columns

__all__ = ["NO_ID", "SIDES", "Columns", "Used", "ViewLookup"]

Columns = dict[str, npt.NDArray[Any]]

SIDES = ("xmin", "ymin", "xmax", "ymax")
NO_ID = np.uint64(0)
"""Stands for a missing ``tile_id``."""


@dataclass(frozen=True)
class Used:
    """Views that questions named: hashed ids, columns, and one bit for each split that did."""

    ids: U64
    columns: Columns
    splits: U8


@dataclass(frozen=True)
class _Index(Used):
    """Views in ascending order of their hashed ids, with the first row of each bucket of ids."""

    begins: I64


class ViewLookup:
    """Finds views of one kind by the 64-bit hash of their id.

    The part of the view table that has the name of the question part is tried first, so that only
    one part is in memory; the whole table is loaded once a view is not there.

    Args:
        folder: The folder of the view parts.
        satellite: Read footprints (satellite tiles) instead of position errors and tile ids.
    """

    def __init__(self, folder: Path, *, satellite: bool) -> None:
        self._folder = folder
        self._paths = {path.name: path for path in sorted(folder.glob("part-*.parquet"))}
        self._satellite = satellite
        self._part: _Index | None = None
        self._whole: _Index | None = None

    def rows(self) -> int:
        """Return the number of views in all parts."""
        import pyarrow.parquet as pq

        return sum(pq.read_metadata(path).num_rows for path in self._paths.values())

    def open_part(self, name: str) -> None:
        """Make the views of a part ready."""
        if self._whole is None and name in self._paths:
            part = self._load([self._paths[name]])
            self._part = part if len(part.ids) else None

    def close_part(self) -> Used | None:
        """Forget the part and return those of its views that were found there."""
        part, self._part = self._part, None
        return _named(part) if part is not None else None

    def close(self) -> Used | None:
        """Forget the whole table and return those views that were found there."""
        whole, self._whole = self._whole, None
        return _named(whole) if whole is not None else None

    def find(self, hashes: U64, split: int) -> tuple[Columns, Bools]:
        """Return the columns of the views, in the shape of ``hashes``, and which were found.

        Columns are ``lat``, ``lon`` (degrees) and either the footprint's sides as offsets in
        degrees from the centre, NaN where unknown, or ``gps_error_m`` and ``tile`` (hashed id).
        All are NaN or ``NO_ID`` for views that were not found.
        """
        index = self._part if self._part is not None else self._all()
        rows, found = _locate(index, hashes)
        if index is self._part and not found.all():
            index = self._all()
            rows, found = _locate(index, hashes)
        index.splits[rows[found]] |= np.uint8(1 << split)
        columns = {}
        for name, values in index.columns.items():
            got = values[rows]
            got[~found] = NO_ID if values.dtype == np.uint64 else np.nan
            columns[name] = got
        return columns, found

    def names(self, hashes: U64) -> list[str]:
        """Return the ids that belong to a few hashes, by reading the ids again."""
        known: dict[int, str] = {}
        if not len(hashes):
            return []
        for path in self._paths.values():
            ids = read_columns(path, ["view_id"])["view_id"]
            own = hash_strings(ids)
            for row in np.flatnonzero(is_member(own, np.sort(hashes))).tolist():
                known[int(own[row])] = str(ids[row].as_py())
        return [known.get(int(value), f"id with hash {int(value):016x}") for value in hashes]

    def _all(self) -> _Index:
        if self._whole is None:
            if not self.rows():
                raise InputError(
                    f"{self._folder} holds no views", hint="build the pairing set again"
                )
            self._whole = self._load(self._paths.values())
        return self._whole

    def _load(self, paths: Iterable[Path]) -> _Index:
        loaded = [_read(path, self._satellite) for path in paths]
        ids = np.concatenate([part.pop("id") for part in loaded])
        order = np.argsort(ids)
        columns = {
            name: np.concatenate([part.pop(name) for part in loaded])[order]
            for name in list(loaded[0])
        }
        ids = ids[order]
        begins = _bucket_begins(ids) if len(ids) else np.zeros(0, np.int64)
        return _Index(ids, columns, np.zeros(len(ids), np.uint8), begins)


def _named(index: _Index) -> Used:
    rows = np.flatnonzero(index.splits)
    columns = {name: values[rows] for name, values in index.columns.items()}
    return Used(index.ids[rows], columns, index.splits[rows])


def _bucket_shift(ids: U64) -> np.uint64:
    return np.uint64(64 - max(1, (len(ids) - 1).bit_length()))


def _bucket_begins(ids: U64) -> I64:
    """First row of each bucket; the high bits of an id number its bucket."""
    shift = _bucket_shift(ids)
    edges = np.arange(1 << (64 - int(shift)), dtype=np.uint64) << shift
    return np.asarray(np.searchsorted(ids, edges))


def _locate(index: _Index, hashes: U64) -> tuple[I64, Bools]:
    """Find hashes among the ascending ids: they are uniform, so their high bits nearly tell where.

    Several times as fast as a binary search, which misses the cache at every step.
    """
    last = len(index.ids) - 1
    flat = hashes.ravel()
    rows = np.minimum(index.begins[flat >> _bucket_shift(index.ids)], last)
    behind = np.flatnonzero(index.ids[rows] < flat)
    while len(behind):
        behind = behind[rows[behind] < last]
        rows[behind] += 1
        behind = behind[index.ids[rows[behind]] < flat[behind]]
    return rows.reshape(hashes.shape), (index.ids[rows] == flat).reshape(hashes.shape)


def _read(path: Path, satellite: bool) -> Columns:
    """Read what the certificate needs of one part of a view table."""
    wanted = ["view_id", "lat", "lon", *(["bbox"] if satellite else ["gps_error_m", "tile_id"])]
    table = read_columns(path, wanted)
    present = table.column_names
    out: Columns = {"id": hash_strings(table["view_id"])}
    for name in ("lat", "lon"):
        out[name] = table[name].to_numpy().astype(np.float64)
    nothing = np.full(len(out["id"]), np.nan, np.float32)
    if not satellite:
        errors = table["gps_error_m"].to_numpy() if "gps_error_m" in present else nothing
        out["gps_error_m"] = errors.astype(np.float32)
        out["tile"] = np.full(len(nothing), NO_ID)
        if "tile_id" in present:
            known = ~table["tile_id"].is_null().to_numpy()
            out["tile"][known] = hash_strings(table["tile_id"])[known]
        return out
    boxes = table["bbox"].combine_chunks() if "bbox" in present else None
    for side in SIDES:
        if boxes is None:
            out[side] = nothing
            continue
        value = boxes.field(side).to_numpy(zero_copy_only=False)
        offset = value - out["lat"] if side[0] == "y" else wrap_longitude(value - out["lon"])
        out[side] = offset.astype(np.float32)
    if boxes is not None and boxes.null_count:
        unknown = boxes.is_null().to_numpy(zero_copy_only=False)
        for side in SIDES:
            out[side][unknown] = np.nan
    return out
