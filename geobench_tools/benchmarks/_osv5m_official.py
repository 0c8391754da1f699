"""OSV-5M's own distances and score (``metrics/utils.py``, commit 4e607538).

Quirks that are kept: a sphere of 6371 km, thresholds with a strict ``<``, and no notion of a
missing answer, since its models always return a position.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from geobench_tools.benchmarks._geoloc_verdicts import THRESHOLDS_KM, geo_score

__all__ = ["osv5m_km", "osv5m_values"]

Floats = npt.NDArray[np.float64]

_RADIUS_KM = 6371.0


def osv5m_km(predicted: Floats, true: Floats) -> Floats:
    """Return haversine distances in its ``arctan2`` form, km.

    Args:
        predicted: Latitudes and longitudes, shape (n, 2), degrees; NaN for a missing answer.
        true: Likewise.
    """
    (lat, lon), (true_lat, true_lon) = np.radians(predicted).T, np.radians(true).T
    half = np.sin((lat - true_lat) / 2) ** 2
    half = half + np.cos(lat) * np.cos(true_lat) * np.sin((lon - true_lon) / 2) ** 2
    angle = 2 * np.arctan2(np.sqrt(half), np.sqrt(np.maximum(1 - half, 0.0)))
    return np.asarray(_RADIUS_KM * angle)


def osv5m_values(predicted: Floats, true: Floats) -> Mapping[str, Floats]:
    """Return the official verdicts by metric, NaN for a missing answer."""
    km = osv5m_km(predicted, true)
    near = {
        f"acc_{limit}km": np.where(np.isnan(km), np.nan, (km < limit).astype(float))
        for limit in THRESHOLDS_KM
    }
    return {"mean_km": km, "geoscore": geo_score(km), **near}
