"""Candidate sets as small pictures, with what the oracle makes of them."""

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geobench_tools.counter_random import hash_strings
from geobench_tools.files import within_root
from geobench_tools.pairing import LETTERS, PairingSet
from geobench_tools.world import Oracle

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Example", "draw_examples"]

_GROUND, _TILE = (480, 240), (160, 160)
_QUALITY = 72


@dataclass(frozen=True)
class Example:
    """One question.

    Attributes:
        world: Name of the world it is from.
        ground: The ground view as a data URI.
        tiles: The candidates as data URIs, in the order shown.
        answer: Letter of the right one.
        choice: Letter that the oracle chose.
        scores: The oracle's scores.
    """

    world: str
    ground: str
    tiles: tuple[str, ...]
    answer: str
    choice: str
    scores: tuple[float, ...]


def draw_examples(pairs: PairingSet, world: str, count: int) -> list[Example]:
    """Draw questions that share no tile and let the oracle answer them.

    Args:
        pairs: A set built from a world of the laboratory: its images have the oracle's sizes, and
            north is in the middle of the panoramas.
        world: What to call its world.
        count: How many; fewer if the set has not as many.
    """
    questions = pairs.questions("train")
    made: list[Example] = []
    shown: set[str] = set()
    for row in np.argsort(hash_strings(questions["ground_id"])).tolist():
        question = questions.slice(row, 1).to_pylist()[0]
        if len(made) < count and shown.isdisjoint(question["candidate_ids"]):
            shown.update(question["candidate_ids"])
            made.append(_example(pairs, world, question))
    return made


def _example(pairs: PairingSet, world: str, question: dict[str, Any]) -> Example:
    photo = _open(pairs, "ground", question["ground_image"])
    tiles = [_open(pairs, "satellite", path) for path in question["candidate_images"]]
    oracle = Oracle()
    ground = oracle.read_ground(np.asarray(photo))
    scores = [oracle.score(ground, oracle.read_tile(np.asarray(tile))) for tile in tiles]
    return Example(
        world=world,
        ground=_inline(photo, _GROUND),
        tiles=tuple(_inline(tile, _TILE) for tile in tiles),
        answer=LETTERS[question["answer_index"]],
        choice=LETTERS[int(np.argmax(scores))],
        scores=tuple(round(score, 3) for score in scores),
    )


def _open(pairs: PairingSet, kind: str, path: str) -> "Image":
    from PIL import Image as Images

    root = pairs.image_root(kind)
    assert root is not None
    with Images.open(within_root(root, path)) as image:
        return image.convert("RGB")


def _inline(picture: "Image", size: tuple[int, int]) -> str:
    from PIL import Image as Images

    stream = io.BytesIO()
    picture.resize(size, Images.Resampling.LANCZOS).save(stream, "JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()
