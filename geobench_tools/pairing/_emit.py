"""From candidate sets as row numbers to the part files of a pairing set."""

from dataclasses import dataclass, fields
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.counter_random import mix
from geobench_tools.files import atomic_file
from geobench_tools.geo import chord_to_metres, parent_cells
from geobench_tools.pairing._arrays import CameraArrays, TileArrays
from geobench_tools.pairing._cliques import Cliques
from geobench_tools.pairing._sets import LETTERS, question_schema

__all__ = [
    "Questions",
    "WrittenViews",
    "from_cliques",
    "from_negatives",
    "question_table",
    "write_part",
]

U64 = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_ORDER_STREAM = 0x0DE5
_ROW_GROUP = 1 << 18


@dataclass(frozen=True)
class Questions:
    """Questions as row numbers; the arrays share their first axis.

    Attributes:
        camera: Rows of the cameras.
        candidates: Rows of the tiles in the order shown, shape (n, K).
        answer: Place of the right tile among the candidates.
        rotation: By how many places the candidates are rotated.
        clique_id: Name of the clique, or of the question where there are no cliques.
        cell: H3 cell of the clique, or of the right tile.
    """

    camera: Ints
    candidates: Ints
    answer: Ints
    rotation: Ints
    clique_id: U64
    cell: U64

    def __len__(self) -> int:
        return len(self.camera)

    def take(self, rows: npt.NDArray[Any] | slice) -> "Questions":
        """Return the given rows (numbers, a mask or a slice)."""
        return Questions(*(getattr(self, f.name)[rows] for f in fields(self)))

    def rotated(self) -> "Questions":
        """Return every question in all K rotations, the rotations of a question in a row."""
        k = self.candidates.shape[1]
        base = self.take(np.repeat(np.arange(len(self)), k))
        turn = np.tile(np.arange(k), len(self))
        place = (np.arange(k)[None, :] + turn[:, None]) % k
        candidates = np.take_along_axis(base.candidates, place, axis=1)
        answer = (base.answer - turn) % k
        return Questions(base.camera, candidates, answer, turn, base.clique_id, base.cell)

    def digest(self, cameras: CameraArrays, tiles: TileArrays) -> int:
        """Return a 64-bit digest of the questions by id that does not depend on their order."""
        keys = tiles.key.take(self.candidates)
        columns = (keys[:, i] for i in range(keys.shape[1]))
        rows = mix(cameras.key.take(self.camera), self.answer, self.rotation, *columns)
        return int(rows.sum(dtype=np.uint64))


def from_cliques(cliques: Cliques, order: Ints, first_camera: Ints) -> Questions:
    """Make the K x m questions of each clique; all share the clique's candidate order.

    Args:
        cliques: The packed cliques.
        order: The cliques in the order of their questions.
        first_camera: First camera row of each tile.
    """
    k = cliques.members.shape[1]
    per_clique = cliques.cameras[order] * k
    clique = np.repeat(order, per_clique)
    place = np.arange(len(clique)) - np.repeat(np.cumsum(per_clique) - per_clique, per_clique)
    answer, turn = place % k, place // k
    candidates = cliques.members.take(clique, axis=0)
    right = np.take_along_axis(candidates, answer[:, None], axis=1)[:, 0]
    return Questions(
        camera=first_camera.take(right) + turn,
        candidates=candidates,
        answer=answer,
        rotation=np.zeros(len(clique), np.int64),
        clique_id=cliques.clique_id.take(clique),
        cell=cliques.cell.take(clique),
    )


def from_negatives(
    negatives: Ints, cameras: CameraArrays, tiles: TileArrays, cells: U64, seed: int
) -> tuple[Questions, npt.NDArray[np.bool_]]:
    """Make one question for each camera that has all its negatives.

    The right tile's place runs through A to K-th letter along the cameras in hash order, so that
    letters are balanced to within one question.

    Returns:
        The questions, and for each camera whether it has one.
    """
    complete = np.asarray((negatives >= 0).all(axis=1))
    camera = np.flatnonzero(complete)
    k = negatives.shape[1] + 1
    answer = np.empty(len(camera), np.int64)
    answer[np.argsort(mix(seed, _ORDER_STREAM, cameras.key[camera]))] = np.arange(len(camera)) % k
    right = cameras.tile[camera]
    others = negatives[camera]
    shuffled = np.argsort(
        mix(seed, _ORDER_STREAM, cameras.key[camera][:, None], tiles.key[others]), axis=1
    )
    candidates = np.empty((len(camera), k), np.int64)
    is_right = np.arange(k)[None, :] == answer[:, None]
    candidates[is_right] = right
    candidates[~is_right] = np.take_along_axis(others, shuffled, axis=1).ravel()
    return Questions(
        camera=camera,
        candidates=candidates,
        answer=answer,
        rotation=np.zeros(len(camera), np.int64),
        clique_id=mix(seed, _ORDER_STREAM, cameras.key[camera]),
        cell=cells[right],
    ), complete


@dataclass(frozen=True)
class WrittenViews:
    """The views of a kind that questions use, as they were written.

    Attributes:
        table: The view table.
        row: Row in it of each tile or camera of the partition; what has none is in no question.
    """

    table: Any
    row: Ints

    def values(self, name: str, rows: Ints) -> Any:
        """Return a column for tiles or cameras given by their rows in the partition."""
        return _one_chunk(self.table[name]).take(self.row.take(rows))


def question_table(
    questions: Questions,
    tiles: TileArrays,
    cameras: CameraArrays,
    satellite: WrittenViews,
    ground: WrittenViews,
    split_resolution: int,
) -> Any:
    """Return questions as a ``pyarrow.Table`` of ``question_schema()``, without absent images.

    Args:
        questions: The questions.
        tiles: The tiles.
        cameras: The cameras.
        satellite: The tiles' views.
        ground: The cameras' views.
        split_resolution: H3 resolution of ``split_cell``.
    """
    import pyarrow as pa

    nearest, farthest = _separations(tiles, questions)
    to_right, to_wrong = _camera_distances(tiles, cameras, questions)
    letters = np.array(list(LETTERS))
    columns = {
        "ground_id": ground.values("view_id", questions.camera),
        "rotation": questions.rotation.astype(np.int8),
        "candidate_ids": _lists(satellite, "view_id", questions.candidates),
        "answer_index": questions.answer.astype(np.int8),
        "answer": pa.DictionaryArray.from_arrays(questions.answer.astype(np.int8), letters),
        "clique_id": questions.clique_id,
        "cell": questions.cell,
        "split_cell": parent_cells(questions.cell, split_resolution),
        "min_separation_m": nearest.astype(np.float32),
        "max_separation_m": farthest.astype(np.float32),
        "camera_distance_m": to_right.astype(np.float32),
        "negative_distance_m": to_wrong.astype(np.float32),
    }
    if all("image" in views.table.column_names for views in (ground, satellite)):
        columns["ground_image"] = ground.values("image", questions.camera)
        columns["candidate_images"] = _lists(satellite, "image", questions.candidates)
    schema = question_schema()
    arrays = {name: _one_chunk(column) for name, column in columns.items()}
    return pa.table({name: array.cast(schema.field(name).type) for name, array in arrays.items()})


def write_part(table: Any, path: Path, *, unique: tuple[str, ...] = ()) -> None:
    """Write one Parquet part, atomically; no file for a table without rows.

    Args:
        table: The rows.
        path: Where to.
        unique: Columns whose values do not repeat often; like floats and lists they get no
            dictionary, which would only cost time and space.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not table.num_rows:
        return
    flat = [
        field.name
        for field in table.schema
        if field.name not in unique and not pa.types.is_floating(field.type)
    ]
    with atomic_file(path) as temporary:
        pq.write_table(
            table,
            temporary,
            compression="zstd",
            compression_level=1,
            row_group_size=_ROW_GROUP,
            use_dictionary=flat,
        )


def _lists(views: WrittenViews, name: str, rows: Ints) -> Any:
    import pyarrow as pa

    n, k = rows.shape
    flat = views.values(name, rows.ravel())
    return pa.ListArray.from_arrays(np.arange(0, (n + 1) * k, k, dtype=np.int32), flat)


def _one_chunk(column: Any) -> Any:
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    return column if isinstance(column, pa.Array) else pa.array(column)


def _separations(tiles: TileArrays, questions: Questions) -> tuple[Floats, Floats]:
    """Least and greatest distance between two candidates of each question, metres.

    Questions of one clique stand together and share their candidates: each run is measured once.
    """
    new = np.ones(len(questions), bool)
    new[1:] = questions.clique_id[1:] != questions.clique_id[:-1]
    rows = questions.candidates[new]
    corners = [tiles.vectors.take(rows[:, i], axis=0) for i in range(rows.shape[1])]
    nearest, farthest = np.full(len(rows), np.inf), np.zeros(len(rows))
    for a, b in combinations(corners, 2):
        square = _squared(a, b)
        nearest, farthest = np.minimum(nearest, square), np.maximum(farthest, square)
    run = np.cumsum(new) - 1
    return chord_to_metres(np.sqrt(nearest))[run], chord_to_metres(np.sqrt(farthest))[run]


def _camera_distances(
    tiles: TileArrays, cameras: CameraArrays, questions: Questions
) -> tuple[Floats, Floats]:
    """Distance from each camera to the right tile's centre and to the nearest wrong one, metres."""
    camera = cameras.vectors.take(questions.camera, axis=0)
    right, wrong = np.zeros(len(questions)), np.full(len(questions), np.inf)
    for place in range(questions.candidates.shape[1]):
        square = _squared(camera, tiles.vectors.take(questions.candidates[:, place], axis=0))
        is_right = questions.answer == place
        right = np.where(is_right, square, right)
        wrong = np.where(is_right, wrong, np.minimum(wrong, square))
    return chord_to_metres(np.sqrt(right)), chord_to_metres(np.sqrt(wrong))


def _squared(a: Floats, b: Floats) -> Floats:
    gap = a - b
    return np.asarray(np.einsum("ij,ij->i", gap, gap))
