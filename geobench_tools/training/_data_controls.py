"""Rows from which what an honest answer needs has been taken."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from geobench_tools.counter_random import hash_strings, mix
from geobench_tools.files import atomic_file
from geobench_tools.training._data import Row
from geobench_tools.world import cache_folder

__all__ = ["SHUFFLED_LABELS", "TILES_ONLY", "shuffled_labels", "without_ground"]

SHUFFLED_LABELS, TILES_ONLY = "shuffled-labels", "tiles-only"
_GREY = (128, 128, 128)


def shuffled_labels(rows: Sequence[Row], seed: int) -> tuple[Row, ...]:
    """Deal the right letters anew among the questions, by seeded hash."""
    order = np.argsort(mix(seed, hash_strings([row.id for row in rows])), kind="stable")
    return tuple(
        replace(row, solution=rows[int(other)].solution)
        for row, other in zip(rows, order, strict=True)
    )


def without_ground(rows: Sequence[Row], ground: int) -> tuple[Row, ...]:
    """Replace each ground view by a grey one of the first one's size.

    Args:
        rows: The rows.
        ground: 0-based place of the ground view among the images of a row.
    """
    return tuple(
        replace(
            row,
            images=(
                *row.images[:ground],
                _grey(rows[0].images[ground]),
                *row.images[ground + 1 :],
            ),
        )
        for row in rows
    )


def _grey(like: Path) -> Path:
    from PIL import Image

    with Image.open(like) as picture:
        size = picture.size
    path = cache_folder() / f"grey-{size[0]}x{size[1]}.png"
    if not path.is_file():
        with atomic_file(path) as temporary:
            Image.new("RGB", size, _GREY).save(temporary, format="PNG")
    return path
