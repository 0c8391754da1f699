"""What an adversary may look at: named columns for each candidate, and the registry of families."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from geobench_tools.array_types import F32, I64, Bools, Floats
from geobench_tools.counter_random import mix

__all__ = [
    "FAMILIES",
    "NAME_FAMILIES",
    "Design",
    "Family",
    "Features",
    "as_codes",
    "family",
    "joint",
    "likeness",
    "ranked",
]


_COMMON = 20
_FARTHEST = 10.0


@dataclass
class Features:
    """Columns of shape (n, K): one value for each candidate of each question.

    Attributes:
        numbers: Measured values, NaN where unknown; seen by their size, rank and distance to the
            median within the set.
        categories: Codes, negative where unknown; seen as one-hot columns of the categories that
            are common in the training folds, and by how many candidates share the value.
        flags: Truth values, seen as 0 and 1 less the mean of the set.
    """

    numbers: dict[str, Floats] = field(default_factory=dict)
    categories: dict[str, I64] = field(default_factory=dict)
    flags: dict[str, Bools] = field(default_factory=dict)

    def known(self) -> "Features":
        """Return the features without the columns that have no value at all."""
        return Features(
            {name: v for name, v in self.numbers.items() if not np.isnan(v).all()},
            {name: v for name, v in self.categories.items() if (v >= 0).any()},
            {name: v for name, v in self.flags.items() if v.any()},
        )

    def columns(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return all columns by name."""
        return {**self.numbers, **self.categories, **self.flags}


Build = Callable[..., Features]
"""From a sample, and if ``by_fold`` from the questions' folds and the held-out one, to features."""


@dataclass(frozen=True)
class Family:
    """One kind of shortcut.

    Attributes:
        name: Short name, as in ``--families``.
        looks_at: What the adversary sees, in a few words.
        remedy: What to do about a leak, as an instruction.
        build: Makes the columns.
        all_rotations: Whether the order shown matters, so that every rotation counts.
        held_out_splits_only: Whether only questions outside the training split are asked.
        by_fold: Whether the columns depend on the held-out fold.
        opens_images: Whether images are decoded, so that only some of the cliques are asked.
        sees_content: Whether what the place looks like enters too, as a green place is green in
            photo and tile; only a large advantage is then a leak.
    """

    name: str
    looks_at: str
    remedy: str
    build: Build
    all_rotations: bool = False
    held_out_splits_only: bool = False
    by_fold: bool = False
    opens_images: bool = False
    sees_content: bool = False


FAMILIES: dict[str, Family] = {}
"""All families by name, in the order in which they are reported."""

NAME_FAMILIES = ("names", "name-match")
"""Families that read names, which no prompt shows and exports replace."""


def family(name: str, looks_at: str, remedy: str, **traits: bool) -> Callable[[Build], Build]:
    """Register the decorated function as a family of features; traits are those of ``Family``.

    A further file of families needs nothing but this decorator and its import in ``__init__``.
    """

    def register(build: Build) -> Build:
        FAMILIES[name] = Family(name, looks_at, remedy, build, **traits)
        return build

    return register


def likeness(mine: Floats, theirs: Floats, tiles: I64, camera: I64) -> tuple[Floats, Floats]:
    """Compare a number of tiles with one of photos, taken as ranks among all of either kind.

    Photo and tile come from different cameras and their scales have nothing in common.

    Args:
        mine: One value for each tile.
        theirs: One value for each photo.
        tiles: Rows of the candidates in ``mine``, shape (n, K).
        camera: Rows of the questions' photos in ``theirs``, shape (n,).

    Returns:
        Difference of the ranks, and their product, which is what a correlation of the true pairs
        shows up in; NaN where unknown.
    """
    tile, photo = ranked(mine)[tiles], ranked(theirs)[camera][:, None]
    return np.abs(tile - photo), tile * photo


def ranked(values: Floats) -> Floats:
    """Return mid-ranks from -1 to 1, NaN where unknown."""
    known = np.isfinite(values)
    out = np.full(values.shape, np.nan)
    if known.any():
        ordered = np.sort(values[known])
        low, high = (np.searchsorted(ordered, values[known], side) for side in ("left", "right"))
        out[known] = (low + high) / len(ordered) - 1.0
    return out


def as_codes(values: Floats) -> I64:
    """Return numbers as codes, -1 for NaN."""
    return np.nan_to_num(values, nan=-1.0).astype(np.int64)


def joint(mine: I64, theirs: I64) -> I64:
    """Return codes of the pairs of two codes, -1 where either is unknown; shapes are broadcast."""
    pair = (mix(mine, theirs) >> np.uint64(1)).astype(np.int64)
    return np.where((mine < 0) | (theirs < 0), -1, pair)


class Design:
    """Features as the columns that a learner sees: each relative to its candidate set.

    A number becomes its difference from the set's mean, its rank with ties, and its distance from
    the set's median; an unknown number counts as the mean and adds a column that says so. Columns
    that are the same for all candidates of every set are left out.

    Args:
        features: The columns.
    """

    def __init__(self, features: Features) -> None:
        fixed = [_centred(flag) for flag in features.flags.values()]
        for number in features.numbers.values():
            fixed += _views_of(number)
        self._categories = list(features.categories.values())
        fixed += [_centred(_sharing(codes)) for codes in self._categories]
        self._fixed = [column for column in map(_scaled, fixed) if column is not None]

    def is_constant(self) -> bool:
        """Whether no column tells the candidates of any set apart."""
        differ = ((codes != codes[:, :1]).any() for codes in self._categories)
        return not self._fixed and not any(differ)

    def matrix(self, training: Bools) -> F32:
        """Return the columns, shape (n, K, p), with the common categories of the training rows."""
        columns = list(self._fixed)
        for codes in self._categories:
            values, counts = np.unique(codes[training], return_counts=True)
            common = values[np.lexsort((values, -counts))][:_COMMON]
            made = (_scaled(_centred((codes == value).astype(float))) for value in common)
            columns += [column for column in made if column is not None]
        shape = (*self._shape(), 0)
        return np.stack(columns, axis=-1) if columns else np.zeros(shape, np.float32)

    def _shape(self) -> tuple[int, int]:
        first = (self._fixed or self._categories)[0]
        return first.shape[0], first.shape[1]


def _views_of(number: Floats) -> list[Floats]:
    """The three transforms of a number, and where it is unknown."""
    unknown = np.isnan(number)
    if unknown.any():
        known = np.where(unknown, 0.0, number).sum(axis=1, keepdims=True)
        mean = known / np.maximum(1, (~unknown).sum(axis=1, keepdims=True))
        number = np.where(unknown, mean, number)
    off_median = np.abs(number - np.median(number, axis=1, keepdims=True))
    views = [_centred(number), _centred(_ranks(number)), _centred(off_median)]
    return [*views, _centred(unknown.astype(float))] if unknown.any() else views


def _centred(values: npt.NDArray[np.generic]) -> Floats:
    # Subtracting the first value beforehand makes equal values exactly zero.
    off_first = np.asarray(values, float) - np.asarray(values[:, :1], float)
    return np.asarray(off_first - off_first.mean(axis=1, keepdims=True))


def _ranks(values: Floats) -> Floats:
    """Rank of each value in its set, ties sharing their mean rank."""
    ranks = np.zeros(values.shape)
    for place in range(values.shape[1]):
        other = values[:, [place]]
        ranks += (values > other) + 0.5 * (values == other)
    return ranks


def _sharing(codes: I64) -> Floats:
    """Number of candidates of the set with the same code."""
    return np.asarray((codes[:, :, None] == codes[:, None, :]).sum(axis=2), float)


def _scaled(column: Floats) -> F32 | None:
    """Divide by the standard deviation; None for a column of zeros."""
    spread = float(np.sqrt(np.mean(column**2)))
    if spread == 0.0:
        return None
    return np.clip(column / spread, -_FARTHEST, _FARTHEST).astype(np.float32)
