"""Set operations on integer arrays by sorting, which NumPy does several times faster than hashing.

``np.unique`` hashes integers since NumPy 2.3 and takes 10 to 20 times as long for these sizes.
"""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["group_starts", "is_member", "sorted_unique"]

Integers = TypeVar("Integers", npt.NDArray[np.uint64], npt.NDArray[np.int64])


def group_starts(ordered: Integers) -> npt.NDArray[np.int64]:
    """Return where each run of equal values begins."""
    if not len(ordered):
        return np.zeros(0, np.int64)
    return np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])


def sorted_unique(values: Integers) -> Integers:
    """Return the different values in ascending order."""
    ordered = np.sort(values)
    return ordered[group_starts(ordered)]


def is_member(values: Integers, ordered: Integers) -> npt.NDArray[np.bool_]:
    """Return which values occur in ``ordered``, which is ascending."""
    if not len(ordered):
        return np.zeros(values.shape, bool)
    places = np.searchsorted(ordered, values)
    places[places == len(ordered)] = 0
    return np.asarray(ordered[places] == values)
