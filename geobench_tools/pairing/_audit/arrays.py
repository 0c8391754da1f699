"""Set operations on integer arrays by sorting, which NumPy does several times faster than hashing.

``np.unique`` hashes integers since NumPy 2.3 and takes 10 to 20 times as long for these sizes.
"""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["is_member", "sorted_unique", "without_repeats"]

Integers = TypeVar("Integers", npt.NDArray[np.uint64], npt.NDArray[np.int64])


def sorted_unique(values: Integers) -> Integers:
    """Return the different values in ascending order."""
    return without_repeats(np.sort(values))


def without_repeats(ordered: Integers) -> Integers:
    """Return the different values of an ascending array, which is not copied if it has no others.

    Ids are different as a rule, and there may be tens of millions.
    """
    new = ordered[1:] != ordered[:-1]
    return ordered if new.all() else ordered[np.r_[True, new]]


def is_member(values: Integers, ordered: Integers) -> npt.NDArray[np.bool_]:
    """Return which values occur in ``ordered``, which is ascending."""
    if not len(ordered):
        return np.zeros(values.shape, bool)
    places = np.searchsorted(ordered, values)
    places[places == len(ordered)] = 0
    return np.asarray(ordered[places] == values)
