"""A classical matcher that reads the geometry of a place from pixels alone.

The panorama below the horizon is unrolled onto flat ground as a grid of azimuths and ranges around
the camera. The tile is sampled on the same grid around every position that the camera may have.
What is compared is how colour, brightness and saturation vary over that grid: roads, lawns, roofs
and the feet of walls. Each channel is centred, clipped and scaled within its image, so that white
balance, exposure and haze cancel. Nothing but pixels goes in: no position, date or file fact.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geobench_tools.world._exact import F32, I64, U8

__all__ = ["GROUND_SIZE", "TILE_SIZE", "Oracle"]

GROUND_SIZE = (512, 256)
"""Width and height of the panoramas that are read, pixels."""

TILE_SIZE = 256
"""Side of the tiles that are read, pixels."""

_AZIMUTHS = 128
_CHANNELS = 4
_FAINT = 0.004
_MOST = 2.0


@dataclass(frozen=True)
class Oracle:
    """Scores how well a tile's ground plan fits what a panorama shows.

    Attributes:
        any_heading: Try all directions of the panorama's middle column; otherwise it is north.
        tile_m: Side of a tile on the ground, metres.
        camera_m: Height of the camera, metres.
        reach_m: Greatest offset of the camera from the tile's centre, east and north, metres.
        step_m: Step between the offsets that are tried, metres.
    """

    any_heading: bool = False
    tile_m: float = 128.0
    camera_m: float = 2.5
    reach_m: float = 8.0
    step_m: float = 2.0

    @cached_property
    def _ranges(self) -> F32:
        far = min(50.0, self.tile_m / 2.0)
        return np.geomspace(4.0, far, 16).astype(np.float32)

    @cached_property
    def _weights(self) -> F32:
        """Weights of the rings, growing with the ground they cover; shape (rings,), mean 1."""
        weights = np.sqrt(self._ranges)
        return np.asarray(weights / weights.mean(), np.float32)

    @cached_property
    def _rows(self) -> list[tuple[int, int]]:
        """First and last row (exclusive) of the panorama for each ring."""
        middle = np.sqrt(self._ranges[:-1] * self._ranges[1:])
        first, last = self._ranges[0] ** 2 / middle[0], self._ranges[-1] ** 2 / middle[-1]
        edges = np.concatenate([[first], middle, [last]])
        row = (0.5 + np.degrees(np.arctan(self.camera_m / edges)) / 180.0) * GROUND_SIZE[1]
        tops, ends = np.floor(row[1:]).astype(int), np.ceil(row[:-1]).astype(int)
        return [(int(a), max(int(a) + 1, int(b))) for a, b in zip(tops, ends, strict=True)]

    @cached_property
    def _pixels(self) -> I64:
        """Pixel of the tile for each offset, ring and azimuth; shape (offsets, rings, azimuths)."""
        azimuth = np.radians((np.arange(_AZIMUTHS) + 0.5) * (360.0 / _AZIMUTHS) - 180.0)
        east = self._ranges[:, None] * np.sin(azimuth)
        north = self._ranges[:, None] * np.cos(azimuth)
        count = int(self.reach_m / self.step_m)
        line = np.arange(-count, count + 1) * self.step_m
        off_east, off_north = (v.reshape(-1, 1, 1) for v in np.meshgrid(line, line))
        column = ((east + off_east) / self.tile_m + 0.5) * TILE_SIZE
        row = (0.5 - (north + off_north) / self.tile_m) * TILE_SIZE
        column, row = (np.clip(v, 0, TILE_SIZE - 1).astype(np.int64) for v in (column, row))
        return np.asarray(row * TILE_SIZE + column)

    def read_ground(self, image: U8) -> F32:
        """Return what a panorama shows of the ground around it.

        Args:
            image: RGB, shape (256, 512, 3).

        Returns:
            Shape (channels, rings, azimuths).
        """
        share = GROUND_SIZE[0] // _AZIMUTHS
        top, end = self._rows[-1][0], self._rows[0][1]
        channels = _channels(image[top:end])
        narrow = channels.reshape(_CHANNELS, end - top, _AZIMUTHS, share).mean(axis=-1)
        rings = [narrow[:, first - top : last - top].mean(axis=1) for first, last in self._rows]
        return np.asarray(self._balanced(np.stack(rings, axis=1)) * self._weights[:, None])

    def read_tile(self, image: U8) -> F32:
        """Return what a tile shows around each position that the camera may have.

        Args:
            image: RGB, shape (256, 256, 3), north up.

        Returns:
            Shape (offsets, channels, rings, azimuths).
        """
        channels = _blurred(_channels(image)).reshape(_CHANNELS, -1)
        around = np.stack([channel.take(self._pixels) for channel in channels], axis=1)
        return self._balanced(around)

    def score(self, ground: F32, tile: F32) -> float:
        """Return the best correlation over offsets (and headings): about 0 without relation.

        Args:
            ground: What ``read_ground`` returned.
            tile: What ``read_tile`` returned.
        """
        if not self.any_heading:
            # No matrix product: its threads cost more than they do on arrays of this size.
            found = np.vecdot(tile.reshape(len(tile), -1), ground.ravel())
        else:
            turned = np.fft.rfft(tile, axis=-1) * np.conj(np.fft.rfft(ground, axis=-1))
            found = np.fft.irfft(turned.sum(axis=(1, 2)), n=_AZIMUTHS, axis=-1)
        return float(found.max()) / ground.size

    def _balanced(self, values: F32) -> F32:
        """Centre, scale and clip each channel over rings and azimuths."""
        values = values - self._mean(values.mean(axis=-1))
        values /= self._deviation(values) + np.float32(_FAINT)
        np.clip(values, -_MOST, _MOST, out=values)
        values -= self._mean(values.mean(axis=-1))
        values /= self._deviation(values) + np.float32(0.2)
        return values

    def _mean(self, rings: F32) -> F32:
        """Return weighted means over rings, shape (..., 1, 1)."""
        return np.asarray((rings * self._weights).mean(axis=-1)[..., None, None])

    def _deviation(self, centred: F32) -> F32:
        return np.sqrt(self._mean(np.vecdot(centred, centred) * np.float32(1 / _AZIMUTHS)))


def _channels(image: U8) -> F32:
    """Return blue-yellow, green-red, brightness and saturation, shape (4, height, width)."""
    red, green, blue = np.moveaxis(image.astype(np.float32) * np.float32(1 / 255), 2, 0)
    total = red + green + blue + np.float32(0.05)
    most, least = (f(f(red, green), blue) for f in (np.maximum, np.minimum))
    light = red * np.float32(0.3) + green * np.float32(0.59) + blue * np.float32(0.11)
    return np.stack(
        [
            (green - blue) / total,
            (red - green) / total,
            np.sqrt(light) * np.float32(0.4),
            (most - least) / (most + np.float32(0.05)),
        ]
    )


def _blurred(channels: F32) -> F32:
    """Return means over 3 by 3 pixels, borders repeated."""
    padded = np.pad(channels, ((0, 0), (1, 1), (1, 1)), "edge")
    lines = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    return np.asarray((lines[..., :-2] + lines[..., 1:-1] + lines[..., 2:]) * np.float32(1 / 9))
