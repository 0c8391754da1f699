"""The questions of a pairing set with what is known about each: views, and the scenes of a world.

A set that was built from a rendered world finds the facts of its scenes (``scenes.jsonl``,
``views.jsonl``) in the folder that its images lie in.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.pairing import LETTERS, SPLITS, PairingSet, Question, iter_questions
from geobench_tools.reasoning._facts import TraceFacts, facts_of_view
from geobench_tools.strictjson import parse_json

__all__ = ["TraceQuestion", "TraceQuestions", "facts_of_question"]

_COLUMNS = (
    *("view_id", "lat", "lon", "captured_at", "heading_deg", "gps_error_m", "provider", "place"),
    *("tile_id", "image"),
)
_WORLD_FILES = ("manifest.json", "scenes.jsonl", "views.jsonl")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class TraceQuestion:
    """A question of a pairing set with what is known about its views.

    Attributes:
        question: The question.
        ground: Row of the view table of the ground view; only its id where the set has no more.
        tiles: Rows of the candidates in order.
        scene: Facts of the scene and of the ground view merged, if the set is of a rendered world.
        tile_scenes: For each candidate the facts of the ground view that it belongs to.
    """

    question: Question
    ground: Row
    tiles: tuple[Row, ...]
    scene: Row | None = None
    tile_scenes: tuple[Row | None, ...] = ()

    @property
    def answer(self) -> str:
        """The right letter."""
        return LETTERS[self.question.answer_index]

    @property
    def place(self) -> str:
        """Name of the place; the hexadecimal cell that it was split by where it has none."""
        return str(self.ground.get("place") or f"{self.question.row['split_cell'] or 0:x}")

    @cached_property
    def facts(self) -> TraceFacts:
        """What a trace is checked against."""
        return facts_of_question(self.question, self.ground, self.tiles, self.scene)


def facts_of_question(
    question: Question, ground: Row, tiles: Sequence[Row], scene: Row | None = None
) -> TraceFacts:
    """Return what is known about a question.

    Args:
        question: The question.
        ground: The ground view, with the columns of ``views.COLUMNS`` as far as they are known.
        tiles: The candidates in order, likewise; their names count as identifiers.
        scene: Facts of a rendered scene, with those of the ground view merged in.
    """
    labels = LETTERS[: len(question.images) - 1]
    known = facts_of_view(
        ground, candidates=labels, answer=LETTERS[question.answer_index], scene=scene
    )
    hidden = [str(view[name]) for view in tiles for name in ("view_id", "image") if view.get(name)]
    return replace(known, identifiers=tuple(dict.fromkeys((*known.identifiers, *hidden))))


class TraceQuestions:
    """The questions of some splits of a pairing set, in the set's order.

    Args:
        pairs: The set.
        splits: Which splits.
        limit: Only the first so many questions.

    Raises:
        InputError: A split is unknown or empty, or the set cannot be read.
    """

    def __init__(
        self, pairs: PairingSet, splits: Sequence[str] = ("train",), limit: int | None = None
    ) -> None:
        for split in splits:
            if split not in SPLITS:
                raise InputError(f"there is no split {split!r}", hint=f"one of {', '.join(SPLITS)}")
            if not pairs.count(split):
                raise InputError(
                    f"{pairs.folder} has no questions in split {split!r}",
                    hint=f"name another: --split {' or '.join(SPLITS)}",
                )
        self.pairs = pairs
        self.splits = tuple(split for split in SPLITS if split in splits)
        total = sum(pairs.count(split) for split in self.splits)
        self._size = total if limit is None else min(total, limit)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[TraceQuestion]:
        left = self._size
        for split in self.splits:
            for question in iter_questions(self.pairs, split):
                if not left:
                    return
                left -= 1
                yield self._known(question)

    @property
    def has_scenes(self) -> bool:
        """Whether the facts of a rendered world are beside the images."""
        return self._world is not None

    def _known(self, question: Question) -> TraceQuestion:
        row = question.row
        ground = self._ground.row(row["ground_id"])
        tiles = tuple(self._tiles.row(name) for name in row["candidate_ids"])
        if self._world is None:
            return TraceQuestion(question, ground, tiles)
        scene = self._world.of_view(row["ground_id"])
        others = tuple(self._world.of_tile(name) for name in row["candidate_ids"])
        return TraceQuestion(question, ground, tiles, scene, others)

    @cached_property
    def _ground(self) -> "_Views":
        return _Views(self.pairs, "ground")

    @cached_property
    def _tiles(self) -> "_Views":
        return _Views(self.pairs, "satellite")

    @cached_property
    def _world(self) -> "_World | None":
        folder = self.pairs.image_root("ground")
        if folder is None or not all((folder / name).is_file() for name in _WORLD_FILES):
            return None
        return _World(folder)


class _Views:
    """Rows of the views of a kind by id."""

    def __init__(self, pairs: PairingSet, kind: str) -> None:
        self._rows: dict[str, Row] = {
            row["view_id"]: row
            for batch in pairs.view_batches(kind, _COLUMNS)
            for row in batch.to_pylist()
        }

    def row(self, view_id: str) -> Row:
        return self._rows.get(view_id) or {"view_id": view_id}


class _World:
    """Facts of a rendered world, parsed when asked for."""

    def __init__(self, folder: Path) -> None:
        self._scenes: dict[str, Row] = {
            scene["cell"]: scene for scene in _lines(folder / "scenes.jsonl")
        }
        self._views: dict[str, Row] = {}
        self._view_of_tile: dict[str, str] = {}
        for view in _lines(folder / "views.jsonl"):
            self._views[view["view_id"]] = view
            self._view_of_tile[view["tile_id"]] = view["view_id"]

    def of_view(self, view_id: str) -> Row | None:
        """Return scene and view facts merged."""
        view = self._views.get(view_id)
        return None if view is None else {**self._scenes[view["cell"]], **view}

    def of_tile(self, tile_id: str) -> Row | None:
        """Return the facts of the view whose place a tile shows."""
        return self._views.get(self._view_of_tile.get(tile_id, ""))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open("rb") as lines:
            for line in lines:
                yield parse_json(line)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read: {error}", hint="render the world again: geor1 world render"
        ) from None
