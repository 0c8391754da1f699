"""Facts that image files give away without being decoded."""

import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np

from geobench_tools.array_types import Floats
from geobench_tools.errors import InputError
from geobench_tools.files import within_root

__all__ = ["file_facts", "jpeg_quality"]


_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF")

# fmt: off
_LUMINANCE = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)
# fmt: on


@cache
def _tables() -> Floats:
    """Luminance tables of the quality settings 1 to 100, shape (100, 64), as libjpeg makes them."""
    quality = np.arange(1, 101)
    percent = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    scaled = (np.outer(percent, _LUMINANCE) + 50) // 100
    return np.asarray(np.clip(scaled, 1, 255), float)


def jpeg_quality(table: Sequence[int]) -> float:
    """Return the libjpeg quality setting (1 to 100) whose luminance table is nearest.

    libjpeg scales the example table of ITU-T T.81, annex K.1.

    Args:
        table: 64 quantisation steps, row by row.
    """
    return float(np.abs(_tables() - np.asarray(table, float)).sum(axis=1).argmin() + 1)


def file_facts(root: Path, paths: Sequence[str]) -> dict[str, Floats]:
    """Read size, width, height and JPEG quality from the files' headers.

    Args:
        root: Folder that the paths are relative to.
        paths: Paths of images; those outside the root, missing or no images get NaN.

    Returns:
        Arrays of shape (len(paths),): ``file bytes``, ``file width``, ``file height``, ``quality``
        and ``encoding``, a code of format, colour mode, chroma sampling and kinds of metadata.
    """
    facts = np.full((len(paths), 5), np.nan)
    for row, path in enumerate(paths):
        try:
            file = within_root(root, path)
            facts[row, 0] = file.stat().st_size
            facts[row, 1:] = _header(file)
        except (InputError, OSError):
            continue
    names = ("file bytes", "file width", "file height", "quality", "encoding")
    return dict(zip(names, facts.T, strict=True))


def _header(file: Path) -> tuple[float, float, float, float]:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            # Nothing is decoded, so a picture of many pixels is no danger here.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(file, formats=_FORMATS) as image:
                tables = getattr(image, "quantization", None)
                quality = jpeg_quality(tables[0]) if tables and 0 in tables else np.nan
                layers = getattr(image, "layer", None)
                encoding = repr((image.format, image.mode, layers, sorted(map(str, image.info))))
                code = float(crc32(encoding.encode()))
                return (float(image.width), float(image.height), quality, code)
    except (SyntaxError, ValueError, Image.DecompressionBombError):
        return (np.nan,) * 4
