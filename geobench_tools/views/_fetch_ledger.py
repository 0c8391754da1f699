"""What a tile folder holds: the plan, the tree ``z/x/y.ext`` and the append-only log."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from geobench_tools.errors import InputError
from geobench_tools.files import (
    atomic_file,
    end_torn_line,
    lock_for_appending,
    remove_leftovers,
)
from geobench_tools.progress import Progress
from geobench_tools.strictjson import parse_json
from geobench_tools.views._fetch_image import EXTENSIONS, BadImage, TileImage, check_image
from geobench_tools.views._fetch_source import Tile
from geobench_tools.views._plan import MAX_ZOOM
from geobench_tools.views._schema import COLUMNS, open_views, view_schema

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["LOG_NAME", "IdenticalTiles", "Ledger", "read_plan"]

LOG_NAME = "fetch.jsonl"

_PENDING, _DONE, _MISSING = 0, 1, 2
_BLOCK = 20_000
_TILE = "(?P<z>[0-9]{1,2})/(?P<x>[0-9]{1,9})/(?P<y>[0-9]{1,9})"
_IDENTICAL_SHOWN = 5


@dataclass(frozen=True)
class IdenticalTiles:
    """Tiles of different places with the same bytes.

    Attributes:
        sha256: Of the bytes.
        tiles: How many there are.
        bytes: Size of one.
        example: One of them, as ``z/x/y.ext``.
    """

    sha256: str
    tiles: int
    bytes: int
    example: str


class Ledger:
    """State of each planned tile in a few bytes, so that a million tiles stay small.

    Attributes:
        table: The plan's columns of the view schema.
        adopted: Tiles found in the tree without a line in the log, checked and taken over.
        first_at: Time of the first tile, ISO 8601 UTC, or empty.
        last_at: Time of the last one.
    """

    def __init__(self, folder: Path, plan: Path) -> None:
        self._folder = folder
        self.table, self._key = read_plan(plan)
        self._order = np.argsort(self._key)
        self._sorted = self._key[self._order]
        rows = len(self._key)
        self._status = np.zeros(rows, np.uint8)
        self._size = np.zeros(rows, np.int64)
        self._extension = np.zeros(rows, np.uint8)
        self._digest = np.zeros(rows, np.uint64)
        widths = "width" in self.table.column_names
        self._px = self.table["width"].fill_null(0).to_numpy() if widths else np.zeros(rows, int)
        self.adopted = 0
        self.first_at = self.last_at = ""
        self._log: IO[bytes] | None = None

    def __len__(self) -> int:
        return len(self._key)

    def tile(self, row: int) -> Tile:
        """Return the tile of a row of the plan."""
        return _tile(int(self._key[row]))

    def tile_px(self, row: int) -> int:
        """Return the side that the plan asks for, pixels, or 0."""
        return int(self._px[row])

    def pending(self, *, retry_missing: bool) -> Iterator[int]:
        """Return the rows still to fetch, in the plan's order."""
        wanted = self._status == _PENDING
        if retry_missing:
            wanted |= self._status == _MISSING
        return map(int, np.flatnonzero(wanted))

    def count_pending(self, *, retry_missing: bool) -> int:
        """Return how many rows are still to fetch."""
        return len(self) - self.done - (0 if retry_missing else self.missing)

    @property
    def done(self) -> int:
        """Tiles on disk."""
        return int((self._status == _DONE).sum())

    @property
    def missing(self) -> int:
        """Tiles that the source does not have."""
        return int((self._status == _MISSING).sum())

    @property
    def bytes_on_disk(self) -> int:
        """Size of the tiles on disk, bytes."""
        return int(self._size[self._status == _DONE].sum())

    def load(self, progress: Progress) -> None:
        """Take over what the log and the tree say; a tile is done only if its file is there.

        Files that the log does not know, or knows with another size, are decoded first. While the
        log is open for appending they are entered there, and what a killed run left half-written is
        removed; else nothing is changed on disk.
        """
        self._read_log()
        known = self._status == _DONE
        self._status[known] = _PENDING
        columns = self._key >> np.int64(29)
        order = np.argsort(columns, kind="stable")
        edges = [*np.flatnonzero(np.diff(columns[order], prepend=-1)).tolist(), len(order)]
        with progress.task("look at the tile tree", len(self)) as advance:
            for start, end in pairwise(edges):
                self._scan_column(order[start:end], known)
                advance(end - start)

    @contextmanager
    def appending(self) -> Iterator[None]:
        """Open the log for appending; one process at a time.

        Raises:
            InputError: Another process has it open.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / LOG_NAME).open("a+b") as log:
            lock_for_appending(log, self._folder)
            end_torn_line(log)
            remove_leftovers(self._folder)
            self._log = log
            try:
                yield
            finally:
                self._log = None

    def record_tile(self, row: int, data: bytes, image: TileImage, attempts: int) -> None:
        """Write a tile to the tree, then to the log."""
        name = f"{self.tile(row)}.{image.extension}"
        with atomic_file(self._folder / name) as temporary:
            temporary.write_bytes(data)
        self._enter(row, data, image, {"attempts": attempts})

    def record_missing(self, row: int, status: int) -> None:
        """Log that the source has no such tile."""
        self._status[row] = _MISSING
        self._append({"tile": str(self.tile(row)), "status": "missing", "http": status})

    def record_failure(self, row: int, reason: str, detail: str, attempts: int) -> None:
        """Log that a tile could not be had; it stays to be fetched."""
        facts = {"reason": reason, "detail": detail, "attempts": attempts}
        self._append({"tile": str(self.tile(row)), "status": "failed", **facts})

    def identical(self) -> tuple[IdenticalTiles, ...]:
        """Return the largest groups of tiles on disk that have the same bytes."""
        rows = np.flatnonzero(self._status == _DONE)
        digests, first, counts = np.unique(
            self._digest[rows], return_index=True, return_counts=True
        )
        largest = np.lexsort((digests, -counts))[:_IDENTICAL_SHOWN]
        found = []
        for group in largest[counts[largest] > 1]:
            row = int(rows[first[group]])
            data = (self._folder / self.image(row)).read_bytes()
            digest = hashlib.sha256(data).hexdigest()
            found.append(IdenticalTiles(digest, int(counts[group]), len(data), self.image(row)))
        return tuple(found)

    def image(self, row: int) -> str:
        """Return the path of a tile on disk, relative to the folder."""
        return f"{self.tile(row)}.{EXTENSIONS[self._extension[row]]}"

    def views(self, provider: str, no_imagery: Sequence[str]) -> "tuple[pa.Table, int]":
        """Return the tiles on disk as views, and how many were left out as showing nothing."""
        import pyarrow as pa

        there = self._status == _DONE
        blank = there & np.isin(self._digest, [np.uint64(int(d[:16], 16)) for d in no_imagery])
        rows = np.flatnonzero(there & ~blank)
        kept = self.table.take(pa.array(rows))
        columns = {name: kept[name] for name in kept.column_names}
        columns["provider"] = pa.array([provider] * len(rows), pa.string())
        columns["image"] = pa.array([self.image(int(row)) for row in rows], pa.string())
        columns["bytes"] = pa.array(self._size[rows], pa.int64())
        fields = [f for f in view_schema() if f.name in columns]
        table = pa.table([columns[f.name] for f in fields], schema=pa.schema(fields))
        return table, int(blank.sum())

    def _enter(self, row: int, data: bytes, image: TileImage, facts: dict[str, Any]) -> None:
        digest = hashlib.sha256(data).hexdigest()
        self._set_done(row, len(data), image.extension, digest)
        line = {
            "tile": str(self.tile(row)),
            "status": "ok",
            "image": self.image(row),
            "bytes": len(data),
            "sha256": digest,
        }
        self._append(line | facts)

    def _set_done(self, row: int, size: int, extension: str, digest: str) -> None:
        self._status[row] = _DONE
        self._size[row] = size
        self._extension[row] = EXTENSIONS.index(extension)
        self._digest[row] = int(digest[:16], 16)

    def _append(self, line: dict[str, Any]) -> None:
        if self._log is None:
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        if line["status"] == "ok":
            self.first_at, self.last_at = self.first_at or now, now
        self._log.write(json.dumps(line | {"at": now}, ensure_ascii=False).encode() + b"\n")
        self._log.flush()

    def _read_log(self) -> None:
        path = self._folder / LOG_NAME
        if not path.exists():
            return
        lines: list[tuple[Tile, dict[str, Any]]] = []
        with path.open("rb") as log:
            for raw in log:
                line = _parse(raw)
                if line is not None:
                    lines.append(line)
                if len(lines) == _BLOCK:
                    self._apply(lines)
                    lines = []
        self._apply(lines)

    def _apply(self, lines: list[tuple[Tile, dict[str, Any]]]) -> None:
        if not len(self):
            return
        keys = np.array([_key(*tile) for tile, _ in lines], np.int64)
        places = np.minimum(np.searchsorted(self._sorted, keys), len(self) - 1)
        for place, key, (_, line) in zip(places, keys, lines, strict=True):
            if self._sorted[place] != key:
                continue
            row = int(self._order[place])
            if line["status"] == "ok":
                extension = line["image"].rpartition(".")[2]
                self._set_done(row, line["bytes"], extension, line["sha256"])
                at = str(line.get("at", ""))
                self.first_at = min(self.first_at or at, at)
                self.last_at = max(self.last_at, at)
            elif self._status[row] != _DONE:
                self._status[row] = _MISSING if line["status"] == "missing" else _PENDING

    def _scan_column(self, rows: Any, known: Any) -> None:
        """Look at the folder ``z/x`` of some tiles."""
        tile = self.tile(int(rows[0]))
        sizes = {}
        try:
            with os.scandir(self._folder / str(tile.z) / str(tile.x)) as entries:
                for entry in entries:
                    if entry.name.startswith(".") and entry.name.endswith(".tmp"):
                        if self._log is not None:
                            os.unlink(entry.path)
                    elif entry.is_file():
                        sizes[entry.name] = entry.stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return
        for row in map(int, rows):
            name = self.image(row).rpartition("/")[2]
            if known[row] and sizes.get(name) == self._size[row]:
                self._status[row] = _DONE
                continue
            y = self.tile(row).y
            for extension in EXTENSIONS:
                if f"{y}.{extension}" in sizes:
                    self._adopt(row, f"{self.tile(row)}.{extension}")

    def _adopt(self, row: int, name: str) -> None:
        data = (self._folder / name).read_bytes()
        try:
            image = check_image(data, self.tile_px(row))
        except BadImage:
            return
        if name.endswith(image.extension):
            self._enter(row, data, image, {"adopted": True})
            self.adopted += 1


def read_plan(path: Path) -> "tuple[pa.Table, Any]":
    """Read the satellite views of a plan and the tile keys ``z << 58 | x << 29 | y`` of each.

    Raises:
        InputError: The file is no view table, or a view's id is not ``z/x/y``, or comes twice.
    """
    import pyarrow.compute as pc

    if not path.exists():
        raise InputError(f"{path} does not exist", hint=f"geor1 plan-tiles views.parquet -o {path}")
    with open_views(path) as file:
        names = [name for name in file.schema_arrow.names if name in COLUMNS]
        table = file.read(columns=names)
    satellite = pc.equal(table["kind"], "satellite")
    if not pc.all(satellite).as_py():
        table = table.filter(satellite)
    table = table.replace_schema_metadata(None)
    if not table.num_rows:
        raise InputError(f"{path} lists no tile", hint=f"geor1 plan-tiles views.parquet -o {path}")
    keys = _plan_keys(table["view_id"])
    if (keys < 0).any():
        wrong = table["view_id"][int(np.argmin(keys))].as_py()
        raise InputError(
            f"{path}: view {wrong!r} is no tile z/x/y", hint="give the file that plan-tiles wrote"
        )
    ordered = np.sort(keys)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(twice):
        raise InputError(f"{path}: tile {_tile(int(twice[0]))} is listed twice")
    return table, keys


def _plan_keys(view_ids: "pa.ChunkedArray") -> Any:
    """Return the keys of ids ``z/x/y``, -1 for any other id."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = pc.extract_regex(view_ids, pattern=f"^{_TILE}$")
    z, x, y = (
        pc.struct_field(parts, name).cast(pa.int64()).fill_null(-1).to_numpy() for name in "zxy"
    )
    valid = (z >= 0) & (z <= MAX_ZOOM) & (np.maximum(x, y) < np.int64(1) << np.maximum(z, 0))
    return np.where(valid, z << 58 | x << 29 | y, -1)


def _key(z: int, x: int, y: int) -> int:
    return z << 58 | x << 29 | y


def _tile(key: int) -> Tile:
    return Tile(key >> 58, key >> 29 & 0x1FFFFFFF, key & 0x1FFFFFFF)


def _parse_tile(text: str) -> Tile | None:
    found = re.fullmatch(_TILE, text)
    if found is None:
        return None
    tile = Tile(*map(int, found.groups()))
    return tile if tile.z <= MAX_ZOOM and max(tile.x, tile.y) < 1 << tile.z else None


def _parse(raw: bytes) -> tuple[Tile, dict[str, Any]] | None:
    """Read a line of the log; None if it is torn or is no such line."""
    try:
        line = parse_json(raw)
        tile = _parse_tile(line["tile"])
        if line["status"] == "ok":
            extension = line["image"].rpartition(".")[2]
            whole = isinstance(line["bytes"], int) and re.fullmatch("[0-9a-f]{64}", line["sha256"])
            if extension not in EXTENSIONS or not whole:
                return None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return None if tile is None else (tile, line)
