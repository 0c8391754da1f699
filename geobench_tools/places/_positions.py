"""Positions as users give them."""

import numpy as np
import numpy.typing as npt

from geobench_tools.errors import InputError
from geobench_tools.geo import wrap_longitude

__all__ = ["positions"]

Floats = npt.NDArray[np.float64]


def positions(lat: npt.ArrayLike, lon: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return latitudes and longitudes as equally long arrays, longitudes in [-180, 180).

    Raises:
        InputError: A latitude is outside [-90, 90], or a number is not finite.
    """
    lats, lons = np.broadcast_arrays(
        np.atleast_1d(np.asarray(lat, float)), np.atleast_1d(np.asarray(lon, float))
    )
    if lats.ndim != 1:
        raise InputError(
            f"positions must be one-dimensional, not of shape {lats.shape}",
            hint="flatten the arrays first",
        )
    bad = np.flatnonzero(~((np.abs(lats) <= 90) & np.isfinite(lons)))
    if len(bad):
        first = int(bad[0])
        raise InputError(
            f"position {first} is no place on Earth: {lats[first]}, {lons[first]} (lat, lon)",
            hint="latitudes lie in [-90, 90] degrees; is latitude given first?",
        )
    return lats, wrap_longitude(lons)
