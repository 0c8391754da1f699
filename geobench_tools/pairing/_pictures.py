"""Image files of a pairing set as small arrays, opened without trusting them."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geobench_tools.errors import InputError
from geobench_tools.files import within_root
from geobench_tools.views import BROKEN_IMAGE, IMAGE_FORMATS

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["MAX_PIXELS", "load_picture", "read_picture"]

MAX_PIXELS = 100_000_000
"""Larger images are not decoded."""


def load_picture(root: Path, path: str, least_side: int) -> "Image | None":
    """Decode an image in RGB; a JPEG at the smallest scale that keeps both sides long enough.

    Args:
        root: Folder that the path must not leave.
        path: Path relative to the root.
        least_side: Length that neither side of a reduced image falls below, pixels.

    Returns:
        The image with ``info`` and ``quantization`` of its file, or None for one that is missing,
        outside the root, too large or no image.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(within_root(root, path), formats=IMAGE_FORMATS) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    return None
                opened.draft("RGB", (least_side, least_side))
                opened.load()
                if opened.mode == "RGB":
                    return opened
                return opened.convert("RGB")
    except (InputError, *BROKEN_IMAGE, Image.DecompressionBombError):
        return None


def read_picture(root: Path, path: str, width: int, height: int) -> npt.NDArray[np.uint8] | None:
    """Decode an image and scale it to a size, shape (height, width, 3), or None as above."""
    from PIL import Image

    picture = load_picture(root, path, max(width, height))
    if picture is None:
        return None
    if picture.size != (width, height):
        picture = picture.resize((width, height), Image.Resampling.BOX)
    return np.asarray(picture)
