"""Images opened with care: their headers, and whether they are whole and of sensible size."""

import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from geobench_tools.errors import InputError
from geobench_tools.files import within_root
from geobench_tools.progress import SILENT, Progress
from geobench_tools.views._folders import Unreadable

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["BROKEN_IMAGE", "IMAGE_FORMATS", "ImageFacts", "check_images", "image_header"]

BROKEN_IMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    RuntimeError,
    LookupError,
    TypeError,
    OverflowError,
    struct.error,
    zlib.error,
)
"""What Pillow raises, of its own accord or by accident, for damaged files."""

IMAGE_FORMATS = ("JPEG", "PNG", "TIFF", "WEBP")
"""Formats that are opened, by content; MPO of phones is JPEG to Pillow."""

_WORKERS = 4
_REPLACE = "get the file again, or leave the row out"


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


@contextmanager
def image_header(image: Path | BinaryIO, max_pixels: int) -> Iterator["Image.Image"]:
    """Open an image without decoding it. Not to be used in several threads at once.

    Args:
        image: JPEG, PNG, TIFF or WebP by content, whatever its name; or its bytes.
        max_pixels: Images with more pixels are refused.

    Raises:
        Unreadable: It is no image (kind ``non-image``), its header is damaged (``broken-image``),
            or it is too large (``oversized-image``).
    """
    with _limit(max_pixels), _open(image, max_pixels) as opened:
        yield opened


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
    with (
        _limit(max_pixels),
        progress.task("checking images", len(images)) as advance,
        ThreadPoolExecutor(_WORKERS) as pool,
    ):
        found = []
        for facts in pool.map(lambda image: _check(image, root, max_pixels), images):
            found.append(facts)
            advance(1)
        return found


def _check(image: str, root: Path, max_pixels: int) -> ImageFacts:
    """Open and decode one image; a file cut short shows only then."""
    size = 0
    try:
        path = _existing(image, root)
        size = path.stat().st_size
        if size == 0:
            raise Unreadable("empty-image", "the image file is empty", _REPLACE)
        with _open(path, max_pixels) as opened:
            opened.load()
            return ImageFacts(opened.width, opened.height, size)
    except Unreadable as error:
        return ImageFacts(0, 0, size, error.kind, error.message, error.remedy)
    except BROKEN_IMAGE as error:
        message = f"the image cannot be decoded: {error}"
        return ImageFacts(0, 0, size, "truncated-image", message, _REPLACE)


def _existing(image: str, root: Path) -> Path:
    try:
        path = within_root(root, image)
        if path.is_file():
            return path
    except InputError as error:
        remedy = "give paths inside the image root, or pass --image-root"
        raise Unreadable("outside-root", error.message, remedy) from None
    except (OSError, RuntimeError) as error:
        message = f"the path cannot be followed: {error}"
        raise Unreadable("missing-image", message, _REPLACE) from None
    remedy = "add the file, or pass the right --image-root"
    raise Unreadable("missing-image", f"there is no such file below {root}", remedy)


def _open(image: Path | BinaryIO, max_pixels: int) -> "Image.Image":
    from PIL import Image, UnidentifiedImageError

    try:
        opened = Image.open(image, formats=IMAGE_FORMATS)
    except UnidentifiedImageError:
        message = "the file is no JPEG, PNG, TIFF or WebP image"
        raise Unreadable("non-image", message, "replace or remove the file") from None
    except Image.DecompressionBombError:
        raise _oversized("far too many", max_pixels) from None
    except BROKEN_IMAGE as error:
        raise Unreadable("broken-image", f"the image cannot be opened: {error}", _REPLACE) from None
    if opened.width * opened.height > max_pixels:
        opened.close()
        raise _oversized(f"{opened.width:,} x {opened.height:,}", max_pixels)
    return opened


@contextmanager
def _limit(max_pixels: int) -> Iterator[None]:
    """Let Pillow refuse large images itself; it knows but one limit for the whole process."""
    from PIL import Image

    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, max_pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _oversized(found: str, max_pixels: int) -> Unreadable:
    return Unreadable(
        "oversized-image",
        f"the image has {found} pixels; the limit is {max_pixels:,}",
        "make it smaller, or pass a higher --max-image-pixels",
        value=f"{found} pixels",
    )
