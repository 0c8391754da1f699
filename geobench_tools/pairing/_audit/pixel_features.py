"""Numbers that describe an image without telling what it shows: colour, sharpness, marks."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geobench_tools.array_types import F32, Floats
from geobench_tools.errors import InputError
from geobench_tools.files import within_root
from geobench_tools.pairing._audit.files import jpeg_quality
from geobench_tools.pairing._pictures import load_picture
from geobench_tools.progress import SILENT, Progress

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "BRIGHTNESS",
    "COLOUR",
    "HISTOGRAM",
    "MARKS",
    "NAMES",
    "SHARPNESS",
    "THUMBNAIL",
    "measure_image",
    "measure_images",
]

Stamp = tuple[int, int]

_LEAST_SIDE = 256
_CHUNK = 64
_THREADS = 4
_REMEMBERED = 1 << 14
_GRID = 8
_BINS = 8
_NEUTRAL = 0.12
_COARSE = 3

COLOUR = ("red-green", "blue-green", "grey red-green", "grey blue-green", "saturation")
BRIGHTNESS = ("brightness", "grey brightness", "contrast", "darkest", "brightest")
HISTOGRAM = tuple(f"histogram {i}" for i in range(_BINS))
SHARPNESS = ("sharpness", "noise", "blockiness", "quality")
_SIDES = ("top", "bottom", "left", "right")
_CORNERS = ("top left", "top right", "bottom left", "bottom right")
MARKS = (
    *(f"border {side}" for side in _SIDES),
    *(f"corner {corner}" for corner in _CORNERS),
    *(f"edges {corner}" for corner in _CORNERS),
)
THUMBNAIL = tuple(f"thumbnail {i}" for i in range(_GRID * _GRID))
NAMES = (*COLOUR, *BRIGHTNESS, *HISTOGRAM, *SHARPNESS, *MARKS, *THUMBNAIL)
"""What is measured, in the order of the columns."""


def measure_images(
    root: Path, paths: Sequence[str], label: str = "", progress: Progress = SILENT
) -> dict[str, Floats]:
    """Measure images, each decoded once; the last few thousand of them are remembered.

    Args:
        root: Folder that no path may leave.
        paths: Paths relative to it.
        label: Name of the task.
        progress: Told of every image.

    Returns:
        Arrays of shape (len(paths),) by name; NaN for an image that cannot be read.
    """
    out = np.full((len(NAMES), len(paths)), np.nan)
    with progress.task(label, len(paths)) as advance, ThreadPoolExecutor(_THREADS) as pool:
        for first in range(0, len(paths), _CHUNK):
            part = paths[first : first + _CHUNK]
            for row, values in enumerate(pool.map(partial(_measured, root), part)):
                if values is not None:
                    out[:, first + row] = values
            advance(len(part))
    return dict(zip(NAMES, out, strict=True))


def _measured(root: Path, path: str) -> Floats | None:
    return _measure_file(root, path, _stamp(root, path))


def _stamp(root: Path, path: str) -> Stamp:
    """Size and time of a file: they change when it does."""
    try:
        found = within_root(root, path).stat()
    except (InputError, OSError):
        return (-1, -1)
    return (found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=_REMEMBERED)
def _measure_file(root: Path, path: str, stamp: Stamp) -> Floats | None:
    picture = load_picture(root, path, _LEAST_SIDE)
    return None if picture is None else measure_image(picture)


def measure_image(picture: "Image") -> Floats:
    """Measure one RGB image: the numbers of ``NAMES``, brightness from 0 to 255."""
    rgb = np.asarray(picture, np.float32)
    light = rgb @ np.array([0.299, 0.587, 0.114], np.float32)
    tables = getattr(picture, "quantization", None)
    quality = jpeg_quality(tables[0]) if tables and 0 in tables else np.nan
    values = [
        *_colour(rgb[::_COARSE, ::_COARSE], light[::_COARSE, ::_COARSE]),
        *_sharpness(light),
        quality,
        *_marks(light),
        *_thumbnail(picture),
    ]
    return np.array(values, float)


def _colour(rgb: F32, light: F32) -> list[float]:
    tone = np.log(rgb + np.float32(8.0))
    red, blue = tone[..., 0] - tone[..., 1], tone[..., 2] - tone[..., 1]
    neutral = np.hypot(red, blue) < _NEUTRAL
    if neutral.sum() < 64:
        neutral = np.ones_like(neutral)
    spread = rgb.max(axis=2) - rgb.min(axis=2)
    low, high = np.percentile(light, [2.0, 98.0])
    counts = np.histogram(light, _BINS, (0.0, 256.0))[0] / light.size
    return [
        float(red.mean()),
        float(blue.mean()),
        float(np.median(red[neutral])),
        float(np.median(blue[neutral])),
        float((spread / (rgb.max(axis=2) + 8.0)).mean()),
        float(light.mean()),
        float(np.median(light[neutral])),
        float(light.std()),
        float(low),
        float(high),
        *counts.tolist(),
    ]


def _sharpness(light: F32) -> list[float]:
    """Log variance of the Laplacian, noise (Immerkaer 1996, doi 10.1006/cviu.1996.0060), blocks."""
    if min(light.shape) < 24:
        return [float("nan")] * 3
    across = light[:, 2:] - 2.0 * light[:, 1:-1] + light[:, :-2]
    down = light[2:] - 2.0 * light[1:-1] + light[:-2]
    laplacian = across[1:-1] + down[:, 1:-1]
    mixed = across[2:] - 2.0 * across[1:-1] + across[:-2]
    # The median instead of the mean leaves edges out: |x| of a normal has the median 0.6745 sigma.
    noise = float(np.median(np.abs(mixed[::_COARSE, ::_COARSE]))) / (6.0 * 0.6745)
    steps = np.abs(light[:, 1:] - light[:, :-1]).mean(axis=0)
    fall = np.abs(light[1:] - light[:-1]).mean(axis=1)
    blocks = [
        float(np.log((line[7::8].mean() + 0.1) / (np.delete(line, slice(7, None, 8)).mean() + 0.1)))
        for line in (steps, fall)
    ]
    return [float(np.log(laplacian.var() + 1e-3)), noise, sum(blocks) / 2.0]


def _marks(light: F32) -> list[float]:
    """How the outermost pixels and the corners differ from their neighbours."""
    height, width = light.shape
    rows, columns = height // 8, width // 6 if width <= height else width // 10
    if rows < 5 or columns < 6:
        return [float("nan")] * len(MARKS)
    sides = (light, light[::-1], light.T, light.T[::-1])
    borders = [float(np.log((side[:2].mean() + 4.0) / (side[4:10].mean() + 4.0))) for side in sides]
    inner, level, edges = height // 4, [], []
    for vertical in (light, light[::-1]):
        for turned in (vertical, vertical[:, ::-1]):
            patch, beside = turned[4:rows, 4:columns], turned[4:inner, columns : 2 * columns]
            level.append(float(np.percentile(patch, 90) - np.percentile(beside, 90)))
            jumps = (np.abs(np.diff(part, axis=1)).mean() for part in (patch, beside))
            edges.append(float(np.subtract(*(np.log(jump + 0.5) for jump in jumps))))
    return [*borders, *level, *edges]


def _thumbnail(picture: "Image") -> list[float]:
    from PIL import Image

    small = picture.convert("L").resize((_GRID, _GRID), Image.Resampling.BOX)
    return np.asarray(small, float).ravel().tolist()
