"""The candidate sets that the adversaries see: whole cliques drawn by hash, with their views."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.array_types import I64, U64, Floats
from geobench_tools.counter_random import hash_strings, mix
from geobench_tools.pairing._audit.arrays import is_member, sorted_unique
from geobench_tools.pairing._audit.checks import Tally
from geobench_tools.pairing._audit.reading import (
    IMAGES,
    Batch,
    clique_ids,
    part_names,
    read_batches,
    read_columns,
)
from geobench_tools.pairing._sets import SPLITS, PairingSet
from geobench_tools.progress import Progress

__all__ = ["TRAIN", "Sample", "Uses", "Views", "draw_sample"]

TRAIN = SPLITS.index("train")


_SAMPLE_STREAM = 0xA0D17
_CANDIDATES = 1_000_000
_CELLS = ("cell", "split_cell")
_VIEW_COLUMNS = (
    "view_id",
    "lat",
    "lon",
    "captured_at",
    "heading_deg",
    "gsd_m",
    "width",
    "height",
    "provider",
    "place",
    "image",
    "bytes",
    "bbox",
)


@dataclass(frozen=True)
class Views:
    """Views of one kind as columns.

    Attributes:
        table: A ``pyarrow.Table`` with columns of the view schema, the bounds as ``bbox.xmin`` and
            so on; absent ones have no values.
        image_root: Folder that ``image`` is relative to, or None.
    """

    table: Any
    image_root: Path | None

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def numbers(self, name: str) -> Floats:
        """Return a numeric column, NaN where unknown."""
        import pyarrow as pa

        return np.asarray(self._column(name, pa.float64()).to_numpy(), float)

    def days(self, name: str) -> Floats:
        """Return a column of times as days since 1970 UTC, NaN where unknown."""
        import pyarrow as pa

        micros = self._column(name, pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy()
        return np.asarray(micros, float) / 86_400e6

    def codes(self, name: str) -> I64:
        """Return a text column as hashes in 63 bits, -1 where unknown."""
        import pyarrow as pa

        column = self._column(name, pa.string())
        hashed = (hash_strings(column) >> np.uint64(1)).astype(np.int64)
        hashed[column.is_null().to_numpy()] = -1
        return hashed

    def texts(self, name: str) -> list[str | None] | None:
        """Return a text column, or None where no view has a value."""
        import pyarrow as pa

        column = self._column(name, pa.string())
        return None if column.null_count == len(column) else column.to_pylist()

    def _column(self, name: str, kind: Any) -> Any:
        import pyarrow as pa

        if name not in self.table.column_names:
            return pa.chunked_array([pa.nulls(len(self), kind)])
        return self.table[name].cast(kind)


@dataclass(frozen=True)
class Uses:
    """How often tiles occur in the whole set, rotations left aside; arrays of shape (tiles,).

    Attributes:
        all: As a candidate.
        train: As a candidate in the training split.
        train_right: As the right one in the training split.
    """

    all: I64
    train: I64
    train_right: I64


@dataclass(frozen=True)
class Sample:
    """Questions as arrays over the views they name; all arrays of shape (n,) but ``tiles``.

    Attributes:
        tiles: Rows of the candidates in ``satellite``, in the order shown, shape (n, K).
        camera: Rows of the ground views in ``ground``.
        answer: Place of the right candidate.
        rotation: Rotation of the question.
        split: Code of the split.
        clique: Clique ids.
        cell: H3 cells of the questions.
        split_cell: H3 cells by which they were split.
        shown: Rows in ``images`` of the candidates' image paths as the question names them, shape
            (n, K), or None for a set without images.
        images: The different image paths.
        satellite: The candidate tiles.
        ground: The ground views.
        uses: How often each tile occurs in the whole set.
        population: Number of cliques in the whole set; of questions, where there are no cliques.
        drawn: Number of those in the sample.
        tile_looks: Measured numbers of the images by name, NaN for those not opened; empty unless
            images were asked for.
        photo_looks: Likewise of the ground views' images.
    """

    tiles: I64
    camera: I64
    answer: I64
    rotation: I64
    split: I64
    clique: U64
    cell: U64
    split_cell: U64
    shown: I64 | None
    images: tuple[str, ...]
    satellite: Views
    ground: Views
    uses: Uses
    population: int
    drawn: int
    tile_looks: Mapping[str, Floats] = field(default_factory=dict)
    photo_looks: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def k(self) -> int:
        """Number of candidates."""
        return int(self.tiles.shape[1])

    def __len__(self) -> int:
        return len(self.answer)

    def take(self, rows: npt.NDArray[Any]) -> "Sample":
        """Return the sample with some of its questions (row numbers or a mask)."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        taken = {k: value[rows] for k, value in values.items() if isinstance(value, np.ndarray)}
        return replace(self, **taken)


def draw_sample(pairs: PairingSet, max_sets: int, seed: int, progress: Progress) -> Sample:
    """Draw whole cliques, those with the lowest counter-based hash of (seed, clique id).

    Malformed questions and those that name unknown views are left out.

    Args:
        pairs: The set.
        max_sets: Most cliques to draw (questions with their rotations, where there are no cliques);
            fewer if they have more than a million candidates.
        seed: Seed of the draw.
        progress: Told of every question read.
    """
    import pyarrow as pa

    chosen, population = _choose(pairs, max_sets, seed)
    drawn = []
    with progress.task("sample") as advance:
        for part in part_names(pairs):
            for batch in read_batches(pairs, part, Tally("", ""), _CELLS, (IMAGES,), chosen):
                drawn.append(_columns(batch))
                advance(len(batch.rows))
    columns: dict[str, Any] = {
        name: np.concatenate([one[name] for one in drawn]) for name in drawn[0]
    }
    satellite, tiles = _views(pairs, "satellite", columns.pop("tiles"))
    ground, camera = _views(pairs, "ground", columns.pop("ground"))
    shown = columns.pop("shown")
    paths = pa.array(shown.ravel(), pa.string()).dictionary_encode()
    images = paths.dictionary.to_pylist()
    known = (tiles >= 0).all(axis=1) & (camera >= 0)
    sample = Sample(
        tiles=tiles,
        camera=camera,
        shown=paths.indices.to_numpy().reshape(shown.shape) if any(images) else None,
        images=tuple(images),
        satellite=satellite,
        ground=ground,
        uses=_uses(pairs, hash_strings(satellite.table["view_id"])),
        population=population,
        drawn=len(chosen),
        **columns,
    )
    return sample.take(known)


def _choose(pairs: PairingSet, max_sets: int, seed: int) -> tuple[U64, int]:
    """Return the ids of the cliques to draw, ascending, and the number of all."""
    parts = [path for name in SPLITS for path in pairs.parts(name)]
    ids = [clique_ids(read_columns(path, ["clique_id"])) for path in parts]
    everyone = sorted_unique(np.concatenate(ids))
    questions = sum(map(len, ids))
    most = min(max_sets, max(1, _CANDIDATES * len(everyone) // (questions * pairs.k)))
    if len(everyone) <= most:
        return everyone, len(everyone)
    order = mix(seed, _SAMPLE_STREAM, everyone)
    return everyone[order <= np.partition(order, most - 1)[most - 1]], len(everyone)


def _columns(batch: Batch) -> dict[str, npt.NDArray[Any]]:
    """Return the columns of the questions of a batch, views as hashed ids."""
    table, shape = batch.table, batch.tiles.shape
    shown = np.full(shape, "", object)
    if IMAGES in table.column_names and not table[IMAGES].null_count:
        paths = table[IMAGES].flatten().fill_null("")
        if len(paths) == shown.size:
            shown = np.array(paths.to_pylist(), object).reshape(shape)
    return {
        "tiles": batch.tiles,
        "ground": batch.ground,
        "answer": batch.answer,
        "rotation": batch.rotation,
        "split": np.full(shape[0], batch.split),
        "clique": batch.clique,
        **{name: np.asarray(table[name].fill_null(0)) for name in _CELLS},
        "shown": shown,
    }


def _views(pairs: PairingSet, kind: str, hashes: U64) -> tuple[Views, I64]:
    """Return the views with these hashed ids and each one's row among them, -1 if there is none."""
    import pyarrow as pa

    wanted = sorted_unique(hashes.ravel())
    tables, ids = [], [np.zeros(0, np.uint64)]
    for path in sorted((pairs.folder / "views" / kind).glob("part-*.parquet")):
        table = read_columns(path, _VIEW_COLUMNS)
        own = hash_strings(table["view_id"])
        rows = np.flatnonzero(is_member(own, wanted))
        tables.append(table.take(pa.array(rows)))
        ids.append(own[rows])
    found = np.concatenate(ids)
    order = np.argsort(found, kind="stable")
    found = found[order]
    places = np.minimum(np.searchsorted(found, hashes), max(0, len(found) - 1))
    rows = np.where(is_member(hashes, found), places, -1)
    table = pa.concat_tables(tables, promote_options="default").take(pa.array(order))
    return Views(table.combine_chunks().flatten(), pairs.image_root(kind)), rows


def _uses(pairs: PairingSet, tiles: U64) -> Uses:
    """Count over the whole set how often the tiles are candidates and right, rotation 0 only."""
    order = np.argsort(tiles)
    counts = np.zeros((3, len(tiles)), np.int64)
    batches = (read_batches(pairs, part, Tally("", "")) for part in part_names(pairs))
    for batch in chain.from_iterable(batches):
        first = batch.rotation == 0
        candidates = batch.tiles[first]
        right = np.take_along_axis(candidates, batch.answer[first, None], axis=1)
        for row, hashes in enumerate((candidates, candidates, right)):
            if row and batch.split != TRAIN:
                continue
            known = hashes[is_member(hashes, tiles[order])]
            places = order[np.searchsorted(tiles[order], known)]
            counts[row] += np.bincount(places, minlength=len(tiles))
    return Uses(*counts)
