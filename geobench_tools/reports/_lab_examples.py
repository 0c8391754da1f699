"""Candidate sets as small pictures, with what the oracle makes of them."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geobench_tools.pairing import (
    LETTERS,
    OracleOptions,
    PairingSet,
    draw_sample,
    load_picture,
    oracle_scores,
)
from geobench_tools.progress import SILENT

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
    """Draw questions of different cliques and let the oracle answer them.

    Args:
        pairs: A set with images.
        world: What to call its world.
        count: How many; fewer if the set has not as many cliques.
    """
    sample = draw_sample(pairs, count, 0, SILENT)
    sample = sample.take(sample.rotation == 0)
    sample = sample.take(np.unique(sample.clique, return_index=True)[1])
    scores = oracle_scores(sample, OracleOptions())
    names = sample.ground.texts("image") or []
    made = []
    for row in range(len(sample)):
        roots = sample.ground.image_root, sample.satellite.image_root
        if sample.shown is None or roots[0] is None or roots[1] is None:
            continue
        made.append(
            Example(
                world=world,
                ground=_inline(roots[0], names[int(sample.camera[row])] or "", _GROUND),
                tiles=tuple(
                    _inline(roots[1], sample.images[tile], _TILE)
                    for tile in sample.shown[row].tolist()
                ),
                answer=LETTERS[int(sample.answer[row])],
                choice=LETTERS[int(scores[row].argmax())],
                scores=tuple(round(float(score), 3) for score in scores[row]),
            )
        )
    return made


def _inline(root: Path, path: str, size: tuple[int, int]) -> str:
    from PIL import Image

    picture = load_picture(root, path, max(size))
    if picture is None:
        return "data:,"
    stream = io.BytesIO()
    small = picture.resize(size, Image.Resampling.LANCZOS)
    small.save(stream, "JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()
