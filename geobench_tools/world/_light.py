"""The sun's position and the light of sun and sky."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from geobench_tools.world._exact import F32, sincos
from geobench_tools.world._nuisance import Nuisance

__all__ = ["Light", "Sun", "illuminate", "sun_at"]


@dataclass(frozen=True)
class Sun:
    """Position of the sun.

    Attributes:
        azimuth_deg: Direction clockwise from north, degrees.
        altitude_deg: Height above the horizon, degrees.
    """

    azimuth_deg: float
    altitude_deg: float

    @cached_property
    def vector(self) -> tuple[float, float, float]:
        """Unit vector towards the sun: east, north, up."""
        sine, cosine = sincos([self.azimuth_deg, self.altitude_deg])
        level = float(cosine[1])
        return float(sine[0]) * level, float(cosine[0]) * level, float(sine[1])


def sun_at(lat: float, lon: float, when: datetime) -> Sun:
    """Return the sun's position, rounded to 0.1 degrees; see ``astral.sun``.

    Args:
        lat: Latitude, degrees.
        lon: Longitude, degrees.
        when: Time with a time zone.
    """
    from astral import Observer
    from astral.sun import azimuth, elevation

    observer = Observer(lat, lon)
    return Sun(round(azimuth(observer, when), 1), round(elevation(observer, when), 1))


@dataclass(frozen=True)
class Light:
    """Linear light of a moment, each of shape (3,).

    Attributes:
        direct: Of the sun on a surface that faces it.
        ambient: Of the sky on level ground.
        zenith: Of the sky overhead.
        horizon: Of the sky at the horizon.
        exposure: Factor that brings sunlit ground to middle brightness.
    """

    direct: F32
    ambient: F32
    zenith: F32
    horizon: F32
    exposure: float


def illuminate(sun: Sun, nuisance: Nuisance) -> Light:
    """Return the light under a sky."""
    high = min(max(sun.altitude_deg / 38.0, 0.0), 1.0)
    cover = nuisance.clouds
    # An overcast sky keeps a tenth of the sun's direct light.
    clear = 1.0 if cover < 0.35 else 1.0 - 0.9 * min((cover - 0.35) / 0.4, 1.0)
    low_sun, high_sun = np.array([1.0, 0.66, 0.4]), np.array([1.0, 0.95, 0.87])
    direct = (low_sun * (1.0 - high) + high_sun * high) * (0.7 + 0.65 * high) * clear
    ambient = np.array([0.25, 0.31, 0.42]) * (0.65 + 0.35 * high)
    ambient = ambient * clear + np.array([0.5, 0.52, 0.55]) * (1.0 - clear)
    zenith = np.array([0.10, 0.24, 0.60]) * (0.55 + 0.45 * high)
    horizon = np.array([0.56, 0.68, 0.84]) * (0.6 + 0.4 * high)
    horizon = horizon + np.array([0.3, 0.12, -0.08]) * (1.0 - high) * 0.6
    grey = np.array([0.62, 0.65, 0.69])
    zenith = zenith * clear + grey * 0.8 * (1.0 - clear)
    horizon = horizon * clear + grey * (1.0 - clear)
    up = sun.vector[2]
    level = float(ambient[1] + direct[1] * max(up, 0.3))
    exposure = 1.05 / level * nuisance.exposure
    return Light(
        direct.astype(np.float32),
        ambient.astype(np.float32),
        zenith.astype(np.float32),
        horizon.astype(np.float32),
        exposure,
    )
