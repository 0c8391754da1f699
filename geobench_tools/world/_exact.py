"""Trigonometry, random draws and textures that are the same to the last bit on every machine.

IEEE 754 fixes the result of + - * / and square root but not of sine, arctangent or exponential, and
numpy's vectorised versions of those differ between processors. All geometry of the world therefore
goes through the functions below, which use the five exact operations only, one array at a time.
"""

from functools import lru_cache
from zlib import crc32

import numpy as np
import numpy.typing as npt

from geobench_tools.array_types import F32, I8, I16, I32, I64, U8, Bools
from geobench_tools.array_types import Floats as F64
from geobench_tools.counter_random import uniform

__all__ = [
    "F32",
    "F64",
    "I8",
    "I16",
    "I32",
    "I64",
    "TEXTURE",
    "U8",
    "Bools",
    "Dice",
    "azimuth_deg",
    "fractal_texture",
    "grain_texture",
    "leaf_texture",
    "left_of",
    "levels",
    "ragged",
    "sincos",
    "smooth_noise",
    "texels",
    "unit",
]

TEXTURE = 512
"""Side of the repeating textures, texels; a power of two."""

_RADIAN = 0.017453292519943295
_SINE = (6.0, 20.0, 42.0, 72.0, 110.0, 156.0, 210.0)
_COSINE = (2.0, 12.0, 30.0, 56.0, 90.0, 132.0, 182.0)


def sincos(degrees: npt.ArrayLike) -> tuple[F64, F64]:
    """Return sine and cosine of angles in degrees (Taylor series after reduction to 45 degrees)."""
    angle = np.asarray(degrees, np.float64)
    quarter = np.floor(angle / 90.0 + 0.5)
    x = (angle - 90.0 * quarter) * _RADIAN
    square = x * x
    sine, cosine = np.ones_like(x), np.ones_like(x)
    for s, c in zip(reversed(_SINE), reversed(_COSINE), strict=True):
        sine = 1.0 - square / s * sine
        cosine = 1.0 - square / c * cosine
    sine = x * sine
    turn = quarter.astype(np.int64) & 3
    return (
        np.asarray(np.choose(turn, [sine, cosine, -sine, -cosine])),
        np.asarray(np.choose(turn, [cosine, -sine, -cosine, sine])),
    )


def azimuth_deg(east: npt.ArrayLike, north: npt.ArrayLike) -> F64:
    """Return directions clockwise from north in [0, 360), degrees; 0 for the zero vector."""
    x, y = np.asarray(east, np.float64), np.asarray(north, np.float64)
    a, b = np.abs(x), np.abs(y)
    high = np.maximum(a, b)
    t = np.minimum(a, b) / np.where(high == 0.0, 1.0, high)
    for _ in range(2):
        t = t / (1.0 + np.sqrt(1.0 + t * t))
    square = t * t
    series = np.zeros_like(t)
    for odd in range(19, 0, -2):
        series = 1.0 / odd - square * series
    angle = 4.0 * t * series / _RADIAN
    angle = np.where(a > b, 90.0 - angle, angle)
    angle = np.where(y < 0.0, 180.0 - angle, angle)
    return np.asarray(np.where(x < 0.0, 360.0 - angle, angle) % 360.0)


_MASK = (1 << 64) - 1


def _splitmix(value: int) -> int:
    """One step of ``counter_random.mix`` on a Python integer: much faster for single draws."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


class Dice:
    """Named streams of random numbers that depend on a key alone.

    ``dice("trees", index)`` gives one number in [0, 1) for each index; the same name and index give
    the same number wherever and in whatever order they are asked for.
    """

    def __init__(self, *key: int) -> None:
        self.key = 0
        for word in key:
            self.key = _splitmix(self.key ^ (word & _MASK))
        # ``uniform`` mixes the key itself first.
        self._state = _splitmix(self.key)

    def __call__(self, name: str, *index: npt.ArrayLike) -> F64:
        """Return numbers in [0, 1), one for each element of the broadcast indices."""
        return uniform(np.uint64(self.key), crc32(name.encode()), *index)

    def one(self, name: str, *index: int) -> float:
        """Return one number in [0, 1), the same as ``self(name, *index)`` but without arrays."""
        state = self._state
        for word in (crc32(name.encode()), *index):
            state = _splitmix(state ^ (word & _MASK))
        return (state >> 11) * 2.0**-53

    def between(self, name: str, low: float, high: float, *index: int) -> float:
        """Return one number in [low, high)."""
        return low + (high - low) * self.one(name, *index)

    def child(self, name: str, *index: int) -> "Dice":
        """Return dice for a part of the whole."""
        return Dice(self.key, crc32(name.encode()), *index)


def smooth_noise(dice: Dice, name: str, x: npt.ArrayLike, y: npt.ArrayLike | None = None) -> F64:
    """Return value noise in [0, 1) with one lattice point for each unit of x and y.

    Args:
        dice: Source of randomness.
        name: Name of the draws.
        x: Positions.
        y: Positions of the same shape; None stands for 0.
    """
    i, fx = _steps(x)

    def line(j: I64 | int) -> F64:
        return np.asarray(dice(name, i, j) * (1.0 - fx) + dice(name, i + 1, j) * fx)

    if y is None:
        return line(0)
    j, fy = _steps(y)
    return np.asarray(line(j) * (1.0 - fy) + line(j + 1) * fy)


def _steps(position: npt.ArrayLike) -> tuple[I64, F64]:
    """Return the whole part of positions, and the rest eased from 0 to 1."""
    at = np.asarray(position, np.float64)
    whole = np.floor(at)
    part = at - whole
    return whole.astype(np.int64), part * part * (3.0 - 2.0 * part)


def unit(vectors: F64) -> F64:
    """Return vectors along the last axis at length 1; the zero vector stays as it is."""
    length = np.sqrt((vectors**2).sum(axis=-1, keepdims=True))
    return np.asarray(vectors / np.maximum(length, 1e-9))


def left_of(directions: F64) -> F64:
    """Return plane vectors along the last axis turned by 90 degrees counter-clockwise."""
    return np.stack([-directions[..., 1], directions[..., 0]], axis=-1)


def ragged(counts: npt.NDArray[np.integer]) -> tuple[I64, I64]:
    """Return for groups of the given sizes the owner of each item and its place in the group."""
    sizes = np.maximum(counts, 0).astype(np.int64)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    first = np.cumsum(sizes) - sizes
    return owner, np.arange(len(owner)) - first[owner]


def levels(texture: U8, u: npt.NDArray[np.integer], v: npt.NDArray[np.integer]) -> U8:
    """Return texels at columns ``u`` and rows ``v``, which repeat and are broadcast, 0 to 255."""
    return texture.take((v & (TEXTURE - 1)) * TEXTURE + (u & (TEXTURE - 1)))


def texels(texture: U8, u: npt.NDArray[np.integer], v: npt.NDArray[np.integer]) -> F32:
    """Return the same as numbers from -1 to 1."""
    out = levels(texture, u, v).astype(np.float32)
    out -= np.float32(127.5)
    out *= np.float32(1.0 / 127.5)
    return out


def _octave(cells: int, seed: int) -> F64:
    position = np.arange(TEXTURE) * (cells / TEXTURE)
    index = position.astype(np.int64)
    f = position - index
    f = f * f * (3.0 - 2.0 * f)
    grid = uniform(seed, cells, np.arange(cells)[:, None], np.arange(cells)[None, :])
    after = (index + 1) % cells
    rows = grid[index] * (1.0 - f)[:, None] + grid[after] * f[:, None]
    return np.asarray(rows[:, index] * (1.0 - f) + rows[:, after] * f)


def _stretch(field: F64) -> U8:
    low, high = field.min(), field.max()
    stretched = np.floor((field - low) / (high - low) * 255.999).astype(np.uint8)
    # In the order in which ``levels`` counts, or each of its calls would copy the texture.
    return np.ascontiguousarray(stretched)


@lru_cache(maxsize=1)
def fractal_texture() -> U8:
    """Return a repeating texture of clouds and patches, uint8 of shape (TEXTURE, TEXTURE)."""
    field = np.zeros((TEXTURE, TEXTURE))
    for octave in range(7):
        field = field + _octave(4 << octave, 11) * (1.0 / (1 << octave))
    return _stretch(field)


@lru_cache(maxsize=1)
def leaf_texture() -> U8:
    """Return a repeating texture of foliage clumps, uint8 of shape (TEXTURE, TEXTURE)."""
    field = _octave(64, 12) + 0.8 * _octave(128, 12) + 0.5 * _octave(256, 12)
    return _stretch(field)


@lru_cache(maxsize=1)
def grain_texture() -> U8:
    """Return white noise of triangular distribution, uint8 of shape (TEXTURE, TEXTURE)."""
    cells = np.arange(TEXTURE * TEXTURE)
    return _stretch(uniform(13, cells) + uniform(14, cells)).reshape(TEXTURE, TEXTURE)
