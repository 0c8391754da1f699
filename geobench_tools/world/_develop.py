"""From linear light to the file: exposure, optics, sensor, vendor's mark, JPEG."""

import io
from functools import lru_cache

import numpy as np

from geobench_tools.counter_random import mix
from geobench_tools.world._exact import F32, I16, U8
from geobench_tools.world._nuisance import Nuisance

__all__ = ["develop", "encode"]

PADDING_BYTES = 60_000
"""Largest comment that ``Nuisance.padding`` adds to a file."""

_NOISE_BITS = 18
_BAND = 64
"""Rows that are worked on at a time, so that they stay in the processor's cache."""

_MARKS = (
    (),
    ("1.1.1.111", "1.1.1.1.1", ".1..1.111"),
    ("11..11..1", "1.1.1.1.1", "11..11.1."),
    ("111.1.1.1", ".1..11.11", ".1..1.1.1"),
)


@lru_cache(maxsize=1)
def _noise_field() -> I16:
    """Return noise of standard deviation 64, int16, close to a normal distribution."""
    word = mix(17, np.arange(1 << _NOISE_BITS))
    total = np.zeros(len(word), np.int64)
    for shift in range(0, 64, 8):
        total += ((word >> np.uint64(shift)) & np.uint64(255)).astype(np.int64)
    # The sum of eight uniform bytes has standard deviation 209.
    return ((total - 1020) * 64 // 209).astype(np.int16)


def develop(light: F32, exposure: float, nuisance: Nuisance) -> U8:
    """Turn linear light into an image.

    Args:
        light: Linear light, shape (3, height, width).
        exposure: Factor on the light.
        nuisance: The view's nuisance.

    Returns:
        sRGB-like image (gamma 2), shape (height, width, 3).
    """
    image = np.empty(light.shape, np.int16)
    for first in range(0, light.shape[1], _BAND):
        rows = slice(first, first + _BAND)
        for channel, exposed in enumerate(_expose(light[:, rows], exposure, nuisance)):
            image[channel, rows] = exposed
    side, sigma = int(nuisance.blur * 16.0), int(nuisance.noise * 16.0)
    noise = _sensor_noise(image.shape, nuisance.seed, sigma) if sigma else None
    out = np.empty((*light.shape[1:], 3), np.uint8)
    for channel, plane in enumerate(image):
        if side:
            plane = _blur(plane, side)
        if noise is not None:
            plane += noise[channel]
        out[..., channel] = np.clip(plane, 0, 255, out=plane)
    if nuisance.vendor:
        _mark(out, nuisance.vendor)
    return out


def _expose(light: F32, exposure: float, nuisance: Nuisance) -> list[F32]:
    """Apply white balance, a soft shoulder, gamma 2, saturation and contrast."""
    channels = []
    for channel in range(3):
        out = light[channel] * np.float32(exposure * nuisance.gains[channel])
        # The shoulder x / (1 + x / 4) keeps bright things from clipping.
        out /= out * np.float32(0.25) + np.float32(1.0)
        channels.append(np.sqrt(out, out=out))
    red, green, blue = channels
    grey = red * np.float32(0.3) + green * np.float32(0.59) + blue * np.float32(0.11)
    scale = 260.0 * nuisance.contrast
    grey *= np.float32(scale * (1.0 - nuisance.saturation))
    grey += np.float32(127.0 - 127.0 * nuisance.contrast)
    for out in channels:
        out *= np.float32(scale * nuisance.saturation)
        out += grey
    return channels


def _sensor_noise(shape: tuple[int, ...], seed: int, sigma: int) -> I16:
    """Return noise of standard deviation ``sigma`` 16ths, from a place in the field on."""
    field = _noise_field()
    first = int(mix(seed, 3)) % len(field)
    return np.resize(np.roll((field * np.int16(sigma)) >> 10, -first), shape)


def _blur(plane: I16, side: int) -> I16:
    """Mix each pixel with its four neighbours, which weigh ``side`` 64ths each way and axis."""
    for _ in range(2):
        near = plane * np.int16(side)
        plane = plane * np.int16(64 - 2 * side)
        plane[1:] += near[:-1]
        plane[0] += near[0]
        plane[:-1] += near[1:]
        plane[-1] += near[-1]
        plane += np.int16(32)
        plane >>= 6
        plane = plane.T
    return plane


def _mark(image: U8, vendor: int) -> None:
    """Draw the provider's border and sign; both scale with the image."""
    height, width, _ = image.shape
    unit = max(1, height // 128)
    scale = max(1, height // 64)
    rows = _MARKS[vendor]
    glyph = np.array([[c == "1" for c in row] for row in rows])
    glyph = np.repeat(np.repeat(glyph, scale, axis=0), scale, axis=1)
    h, w = glyph.shape
    y = height - h - 3 * unit if vendor != 2 else 3 * unit
    x = width - w - 3 * unit if vendor != 3 else 3 * unit
    if w + 6 * unit > width or h + 6 * unit > height:
        return
    patch = image[y : y + h, x : x + w]
    patch[glyph] = patch[glyph] // 2 + 118
    if vendor == 2:
        for line in (image[:unit], image[-unit:], image[:, :unit], image[:, -unit:]):
            line[...] = line // 2
    elif vendor == 3:
        line = image[-2 * unit :]
        line[...] = line // 4


def encode(image: U8, nuisance: Nuisance) -> bytes:
    """Encode an image as a baseline JPEG with pinned settings."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(
        buffer,
        "JPEG",
        quality=nuisance.jpeg_quality,
        subsampling="4:2:0",
        optimize=False,
        progressive=False,
    )
    data = buffer.getvalue()
    return _pad(data, round(nuisance.padding * PADDING_BYTES)) if nuisance.padding else data


def _pad(data: bytes, size: int) -> bytes:
    """Insert comment segments of ``size`` bytes in all after the JPEG's start marker."""
    parts = [data[:2]]
    while size > 0:
        length = min(size, 65_000)
        parts.append(b"\xff\xfe" + (length + 2).to_bytes(2, "big") + bytes(length))
        size -= length
    parts.append(data[2:])
    return b"".join(parts)
