"""Climate classes of Köppen and Geiger on a grid of 1/36 degree."""

from functools import cache

import numpy as np
import numpy.typing as npt

from geobench_tools.places._packed import load, texts, whole

__all__ = ["climate_classes"]


@cache
def _runs() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_], tuple[int, int]]:
    arrays = load("climate.npz")
    ends = np.cumsum(whole(arrays["lengths"]))
    rows, columns = (int(size) for size in arrays["shape"])
    return ends, texts(arrays["classes"])[arrays["values"]], (rows, columns)


def climate_classes(
    lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64]
) -> npt.NDArray[np.object_]:
    """Return the class of each position; of a cell up to two away if its own is sea, else ""."""
    ends, classes, (rows, columns) = _runs()
    row = np.clip(((90 - lat) / 180 * rows).astype(np.int64), 0, rows - 1)
    column = ((lon + 180) / 360 * columns).astype(np.int64) % columns
    found = classes[np.searchsorted(ends, row * columns + column, side="right")]
    for down, right in _NEAR:
        open_ = np.flatnonzero(found == "")
        if not len(open_):
            break
        near_row = np.clip(row[open_] + down, 0, rows - 1)
        cell = near_row * columns + (column[open_] + right) % columns
        found[open_] = classes[np.searchsorted(ends, cell, side="right")]
    return found


_NEAR = sorted(
    ((down, right) for down in range(-2, 3) for right in range(-2, 3) if down or right),
    key=lambda step: step[0] ** 2 + step[1] ** 2,
)
