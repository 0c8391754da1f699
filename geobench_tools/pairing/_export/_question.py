"""One internal row: a question with its images, read in order and in small batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.pairing._export._images import ImageRef
from geobench_tools.pairing._prompt import LabelStyle, PairingPrompt, candidate_labels
from geobench_tools.pairing._sets import PairingSet

__all__ = ["Question", "Wording", "iter_images", "iter_questions"]

_IMAGE_COLUMNS = ("ground_id", "candidate_ids", "ground_image", "candidate_images")
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
        row: The set's own row.
    """

    id: str
    index: int
    split: str
    images: tuple[ImageRef, ...]
    answer_index: int
    row: dict[str, Any]

    def facts(self) -> dict[str, Any]:
        """Return what else the set knows about the question, of plain types."""
        return {
            "ground_id": self.row["ground_id"],
            "rotation": self.row["rotation"] or 0,
            "candidate_ids": self.row["candidate_ids"],
            "clique_id": _hex(self.row["clique_id"]),
            "cell": _hex(self.row["cell"]),
            **{name: self.row[name] for name in _DISTANCES},
        }


def iter_questions(pairs: PairingSet, split: str) -> Iterator[Question]:
    """Yield the questions of a split in the set's order.

    Raises:
        InputError: A question does not fit the set's K.
    """
    index = 0
    for batch in pairs.question_batches(split):
        for row in batch.to_pylist():
            answer = row["answer_index"]
            images = _images(row)
            if len(images) != 1 + pairs.k or answer is None or not 0 <= answer < pairs.k:
                raise InputError(
                    f"question {index} of {split} ({row['ground_id']}) has {len(images) - 1} "
                    f"candidates and answer {answer}; the set has K = {pairs.k}",
                    hint="build the pairs again",
                )
            turn = f"#r{row['rotation']}" if row["rotation"] else ""
            yield Question(row["ground_id"] + turn, index, split, images, answer, row)
            index += 1


def iter_images(pairs: PairingSet, split: str) -> Iterator[tuple[ImageRef, ...]]:
    """Yield the images of each question of a split: the ground view, then the candidates."""
    for batch in pairs.question_batches(split, _IMAGE_COLUMNS):
        for row in batch.to_pylist():
            yield _images(row)


def _images(row: dict[str, Any]) -> tuple[ImageRef, ...]:
    ids = row["candidate_ids"] or ()
    paths = row.get("candidate_images") or (None,) * len(ids)
    ground = ImageRef("ground", row["ground_id"], row.get("ground_image"))
    return (ground, *map(ImageRef, ("satellite",) * len(ids), ids, paths))


def _hex(number: int | None) -> str | None:
    return None if number is None else f"{number:016x}"
