"""Distances, bearings and offsets on the Earth, vectorised."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "EARTH_RADIUS_M",
    "bearing_deg",
    "chord_to_metres",
    "destination",
    "geodesic_m",
    "haversine_m",
    "metres_per_degree",
    "metres_to_chord",
    "unit_vectors",
    "wrap_longitude",
]

Floats = npt.NDArray[np.float64]

EARTH_RADIUS_M = 6_371_008.8
"""Mean Earth radius of the IUGG (Moritz 2000), metres."""


def haversine_m(
    lat1: npt.ArrayLike, lon1: npt.ArrayLike, lat2: npt.ArrayLike, lon2: npt.ArrayLike
) -> Floats:
    """Great-circle distance on a sphere of ``EARTH_RADIUS_M``.

    Args:
        lat1: Latitudes of the first points, degrees.
        lon1: Longitudes of the first points, degrees.
        lat2: Latitudes of the second points, degrees.
        lon2: Longitudes of the second points, degrees.

    Returns:
        Distances in metres, broadcast over the inputs.
    """
    phi1, lam1, phi2, lam2 = (np.radians(np.asarray(v, float)) for v in (lat1, lon1, lat2, lon2))
    half = np.sin((phi2 - phi1) / 2) ** 2
    half = half + np.cos(phi1) * np.cos(phi2) * np.sin((lam2 - lam1) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))))


def geodesic_m(
    lat1: npt.ArrayLike, lon1: npt.ArrayLike, lat2: npt.ArrayLike, lon2: npt.ArrayLike
) -> Floats:
    """Geodesic distance on WGS-84 (Karney 2013, as in ``pyproj.Geod``), metres; degrees in."""
    from pyproj import Geod

    arrays = np.broadcast_arrays(*(np.asarray(v, float) for v in (lon1, lat1, lon2, lat2)))
    east1, north1, east2, north2 = (np.ascontiguousarray(a) for a in arrays)
    _, _, metres = Geod(ellps="WGS84").inv(east1, north1, east2, north2)
    return np.asarray(metres, float)


def bearing_deg(
    lat1: npt.ArrayLike, lon1: npt.ArrayLike, lat2: npt.ArrayLike, lon2: npt.ArrayLike
) -> Floats:
    """Initial great-circle bearing from the first to the second points.

    Returns:
        Degrees clockwise from true north in [0, 360).
    """
    phi1, lam1, phi2, lam2 = (np.radians(np.asarray(v, float)) for v in (lat1, lon1, lat2, lon2))
    east = np.sin(lam2 - lam1) * np.cos(phi2)
    north = np.cos(phi1) * np.sin(phi2) - np.sin(phi1) * np.cos(phi2) * np.cos(lam2 - lam1)
    degrees = np.asarray(np.degrees(np.arctan2(east, north)) % 360.0)
    return np.where(degrees < 360.0, degrees, 0.0)


def destination(
    lat: npt.ArrayLike, lon: npt.ArrayLike, bearing: npt.ArrayLike, metres: npt.ArrayLike
) -> tuple[Floats, Floats]:
    """Point reached from (lat, lon) along an initial bearing on the sphere.

    Args:
        lat: Latitudes, degrees.
        lon: Longitudes, degrees.
        bearing: Degrees clockwise from north.
        metres: Distances, metres.

    Returns:
        Latitudes and longitudes in degrees, longitudes in [-180, 180).
    """
    phi, lam, theta = (np.radians(np.asarray(v, float)) for v in (lat, lon, bearing))
    delta = np.asarray(metres, float) / EARTH_RADIUS_M
    sine = np.sin(phi) * np.cos(delta) + np.cos(phi) * np.sin(delta) * np.cos(theta)
    out_lat = np.arcsin(np.clip(sine, -1.0, 1.0))
    east = np.sin(theta) * np.sin(delta) * np.cos(phi)
    out_lon = lam + np.arctan2(east, np.cos(delta) - np.sin(phi) * np.sin(out_lat))
    return np.asarray(np.degrees(out_lat)), wrap_longitude(np.degrees(out_lon))


def wrap_longitude(lon: npt.ArrayLike) -> Floats:
    """Bring longitudes or longitude differences into [-180, 180), degrees."""
    wrapped = np.asarray((np.asarray(lon, float) + 180.0) % 360.0 - 180.0)
    return np.where(wrapped == 180.0, -180.0, wrapped)


def metres_per_degree(lat: npt.ArrayLike) -> tuple[float, Floats]:
    """Length of one degree of latitude and of longitude at ``lat`` on the sphere, metres."""
    per_lat = float(np.pi * EARTH_RADIUS_M / 180.0)
    return per_lat, np.asarray(per_lat * np.cos(np.radians(np.asarray(lat, float))))


def unit_vectors(lat: npt.ArrayLike, lon: npt.ArrayLike) -> Floats:
    """Points of the unit sphere, shape (n, 3): distances need no trigonometry afterwards."""
    phi, lam = np.radians(np.asarray(lat, float)), np.radians(np.asarray(lon, float))
    cosine = np.cos(phi)
    return np.stack([cosine * np.cos(lam), cosine * np.sin(lam), np.sin(phi)], axis=-1)


def metres_to_chord(metres: npt.ArrayLike) -> Any:
    """Chord of the unit sphere that spans a great-circle distance in metres."""
    return 2.0 * np.sin(np.asarray(metres, float) / (2.0 * EARTH_RADIUS_M))


def chord_to_metres(chord: npt.ArrayLike) -> Floats:
    """Great-circle distance in metres that a chord of the unit sphere spans."""
    half = np.clip(np.asarray(chord, float) / 2.0, 0.0, 1.0)
    return np.asarray(2.0 * EARTH_RADIUS_M * np.arcsin(half))
