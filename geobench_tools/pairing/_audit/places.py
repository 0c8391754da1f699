"""Which questions belong together, and which are held out from one another."""

from dataclasses import dataclass

import numpy as np

from geobench_tools.array_types import I64, U64
from geobench_tools.geo import encode_cells, parent_cells
from geobench_tools.pairing._audit.sample import Sample

__all__ = ["FOLDS", "Places", "choose_places", "fold_places", "home_folds"]


FOLDS = 5

_LEAST_PLACES = 12


@dataclass(frozen=True)
class Places:
    """Groups of questions that are folded and resampled as one.

    Attributes:
        unit: ``split_cell``, ``cell`` or ``clique``.
        label: Cell or clique of each group, ascending, shape (count,).
        code: Group of each question, 0 to count - 1, shape (n,).
        count: Number of groups.
        effective: Number of equally large groups that would average as well: (sum n)^2 / sum n^2.
    """

    unit: str
    label: U64
    code: I64
    count: int
    effective: float


def choose_places(units: dict[str, U64]) -> Places | None:
    """Return the coarsest unit with at least 12 effective groups, or None.

    Args:
        units: Labels of the questions by unit, coarsest first.
    """
    for unit, labels in units.items():
        label, code, sizes = np.unique(labels, return_inverse=True, return_counts=True)
        effective = (
            float(sizes.sum() ** 2 / (sizes.astype(float) ** 2).sum()) if len(sizes) else 0.0
        )
        if effective >= _LEAST_PLACES:
            return Places(unit, label, code, len(sizes), effective)
    return None


def fold_places(places: Places) -> I64:
    """Deal the places to 5 folds of about equal size; return the fold of each question."""
    from sklearn.model_selection import GroupKFold

    folds = np.zeros(len(places.code), np.int64)
    splits = GroupKFold(FOLDS).split(folds, groups=places.code)
    for fold, (_, held_out) in enumerate(splits):
        folds[held_out] = fold
    return folds


def home_folds(sample: Sample, places: Places, folds: I64) -> I64:
    """Return the fold of the place that each candidate belongs to, -1 for none, shape (n, K).

    That is the place of the question that it is right in; where the sample has none, the place of
    its cell.
    """
    home = np.full(len(sample.satellite), -1, np.int64)
    if places.unit != "clique":
        lat, lon = sample.satellite.numbers("lat"), sample.satellite.numbers("lon")
        fold_of = np.zeros(places.count, np.int64)
        fold_of[places.code] = folds
        cells = encode_cells(lat, lon, int(_resolution(sample.cell).max()))
        for resolution in np.unique(_resolution(places.label)).tolist():
            around = parent_cells(cells, resolution)
            at = np.minimum(np.searchsorted(places.label, around), places.count - 1)
            known = places.label[at] == around
            home[known] = fold_of[at[known]]
    right = np.take_along_axis(sample.tiles, sample.answer[:, None], axis=1)[:, 0]
    home[right] = folds
    return np.asarray(home[sample.tiles])


def _resolution(cells: U64) -> I64:
    return ((cells >> np.uint64(52)) & np.uint64(15)).astype(np.int64)
