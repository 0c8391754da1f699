"""One internal row: a question with its images, read in order and in small batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.pairing._export._images import ImageRef
from geobench_tools.pairing._prompt import LabelStyle, PairingPrompt, candidate_labels
from geobench_tools.pairing._sets import PairingSet

__all__ = ["Question", "Wording", "iter_questions"]

_DISTANCES = ("min_separation_m", "max_separation_m", "camera_distance_m", "negative_distance_m")


@dataclass(frozen=True)
class Wording:
    """How the questions of one set are asked.

    Attributes:
        labels: Label of each candidate in order.
        parts: The question as texts and image numbers (0 the ground view) in reading order.
        text: The same with ``<image>`` for each image.
        images_first: The question for trainers that put all images before the text and append the
            format instruction themselves.
    """

    labels: tuple[str, ...]
    parts: tuple[str | int, ...]
    text: str
    images_first: str

    @classmethod
    def of(cls, prompt: PairingPrompt, k: int, style: LabelStyle) -> "Wording":
        """Ask for K candidates in the words of ``prompt``."""
        parts = prompt.interleaved(k, style)
        text = "".join("<image>" if isinstance(part, int) else part for part in parts)
        first = prompt.images_first(k, style, instruction=False)
        return cls(candidate_labels(k, style), parts, text, first)

    def in_reading_order(self, images: tuple[ImageRef, ...]) -> list[ImageRef]:
        """Order the ground view and candidates as the text shows them."""
        return [images[part] for part in self.parts if isinstance(part, int)]


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a pairing set.

    Attributes:
        id: ``ground_id``, with ``#r1`` … appended for the further rotations.
        index: 0-based number within its split.
        split: ``train``, ``val`` or ``test``.
        images: The ground view, then the candidates in order.
        answer_index: 0-based place of the right candidate.
        facts: What else the set knows about it, of plain types.
    """

    id: str
    index: int
    split: str
    images: tuple[ImageRef, ...]
    answer_index: int
    facts: dict[str, Any]


def iter_questions(pairs: PairingSet, split: str) -> Iterator[Question]:
    """Yield the questions of a split in the set's order."""
    index = 0
    for batch in pairs.question_batches(split):
        for row in batch.to_pylist():
            yield _question(row, split, index, pairs.k)
            index += 1


def _question(row: dict[str, Any], split: str, index: int, k: int) -> Question:
    ids, answer = row["candidate_ids"] or [], row["answer_index"]
    paths = row.get("candidate_images") or [None] * len(ids)
    if len(ids) != k or len(paths) != k or answer is None or not 0 <= answer < k:
        raise InputError(
            f"question {index} of {split} ({row['ground_id']}) has {len(ids)} candidates, "
            f"{len(paths)} images and answer {answer}; the set has K = {k}",
            hint="build the pairs again",
        )
    return Question(
        id=row["ground_id"] + (f"#r{row['rotation']}" if row["rotation"] else ""),
        index=index,
        split=split,
        images=(
            ImageRef("ground", row["ground_id"], row.get("ground_image")),
            *map(ImageRef, ["satellite"] * k, ids, paths),
        ),
        answer_index=answer,
        facts={
            "ground_id": row["ground_id"],
            "rotation": row["rotation"] or 0,
            "candidate_ids": ids,
            "clique_id": _hex(row["clique_id"]),
            "cell": _hex(row["cell"]),
            **{name: row[name] for name in _DISTANCES},
        },
    )


def _hex(number: int | None) -> str | None:
    return None if number is None else f"{number:016x}"
