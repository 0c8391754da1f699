"""Image files that are there, whole, and of a size that one wants to open."""

import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from geobench_tools.errors import InputError
from geobench_tools.files import within_root
from geobench_tools.progress import SILENT, Progress
from geobench_tools.views._folders import BROKEN_IMAGE, IMAGE_FORMATS

__all__ = ["ImageFacts", "check_image", "check_images"]

_WORKERS = 4


@dataclass(frozen=True)
class ImageFacts:
    """What was found in one image file.

    Attributes:
        width: Pixels; 0 where the image cannot be used.
        height: Pixels; 0 where the image cannot be used.
        bytes: Size of the file.
        kind: Empty for a good image, else the fixed name of the problem.
        message: What is wrong.
        remedy: The next step.
    """

    width: int = 0
    height: int = 0
    bytes: int = 0
    kind: str = ""
    message: str = ""
    remedy: str = ""


def check_images(
    images: Sequence[str], root: Path, max_pixels: int, progress: Progress = SILENT
) -> list[ImageFacts]:
    """Open and decode images.

    Args:
        images: Paths relative to the root.
        root: Folder that no path may leave.
        max_pixels: Larger images are refused before they are decoded.
        progress: Shows how many are done.

    Returns:
        What was found, in the order of the paths.
    """
    from PIL import Image

    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, max_pixels
    try:
        with (
            warnings.catch_warnings(),
            progress.task("checking images", len(images)) as advance,
            ThreadPoolExecutor(_WORKERS) as pool,
        ):
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            found = []
            for facts in pool.map(lambda image: check_image(image, root, max_pixels), images):
                found.append(facts)
                advance(1)
            return found
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def check_image(image: str, root: Path, max_pixels: int) -> ImageFacts:
    """Open and decode one image; a file cut short shows only then."""
    from PIL import Image, UnidentifiedImageError

    try:
        path = within_root(root, image)
        there = path.is_file()
    except InputError as error:
        return ImageFacts(
            kind="outside-root",
            message=error.message,
            remedy="give paths inside the image root, or pass --image-root",
        )
    except (OSError, RuntimeError) as error:
        return _broken(0, "missing-image", f"the path cannot be followed: {error}")
    if not there:
        return ImageFacts(
            kind="missing-image",
            message=f"there is no such file below {root}",
            remedy="add the file, or pass the right --image-root",
        )
    size = path.stat().st_size
    if size == 0:
        return _broken(size, "empty-image", "the image file is empty")
    try:
        with Image.open(path, formats=IMAGE_FORMATS) as opened:
            width, height = opened.size
            if width * height > max_pixels:
                return _oversized(size, f"{width:,} x {height:,} pixels", max_pixels)
            opened.load()
            return ImageFacts(width, height, size)
    except UnidentifiedImageError:
        return _broken(size, "non-image", "the file is no JPEG, PNG, TIFF or WebP image")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return _oversized(size, "too many pixels", max_pixels)
    except BROKEN_IMAGE as error:
        return _broken(size, "truncated-image", f"the image cannot be decoded: {error}")


def _broken(size: int, kind: str, message: str) -> ImageFacts:
    return ImageFacts(0, 0, size, kind, message, "get the file again, or leave the row out")


def _oversized(size: int, found: str, max_pixels: int) -> ImageFacts:
    return ImageFacts(
        0,
        0,
        size,
        "oversized-image",
        f"the image has {found}; the limit is {max_pixels:,}",
        "make it smaller, or pass a higher --max-image-pixels",
    )
