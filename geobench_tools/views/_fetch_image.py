"""Whether the bytes that a source sent are the tile that was asked for."""

import io
import warnings
from dataclasses import dataclass

from geobench_tools.views._images import BROKEN_IMAGE

__all__ = ["EXTENSIONS", "BadImage", "TileImage", "check_image"]

EXTENSIONS = ("jpg", "png", "webp")
_FORMATS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
_MIME = {"jpg": ("image/jpeg", "image/jpg"), "png": ("image/png",), "webp": ("image/webp",)}
_UNTYPED = ("", "application/octet-stream", "binary/octet-stream")
_BOMB_PIXELS = 16_000_000


@dataclass(frozen=True)
class TileImage:
    """A whole image.

    Attributes:
        extension: By the bytes: ``jpg``, ``png`` or ``webp``.
        mislabelled: The content type names another format.
    """

    extension: str
    mislabelled: bool


class BadImage(Exception):
    """The bytes are not the tile.

    Attributes:
        reason: Short fixed name.
        detail: What was found instead.
        passing: Whether asking again may help.
    """

    def __init__(self, reason: str, detail: str, *, passing: bool = False) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.passing = passing


def check_image(data: bytes, tile_px: int, content_type: str = "") -> TileImage:
    """Decode a tile in full.

    Args:
        data: The body of the answer, or a file.
        tile_px: Width and height that the plan asks for, pixels; 0 for any square.
        content_type: As the server gave it. The bytes decide; a wrong type is only noted.

    Raises:
        BadImage: The body is empty, no image, truncated, of another size, or a decompression bomb.
    """
    from PIL import Image, UnidentifiedImageError

    if not data:
        raise BadImage("empty-body", "0 bytes", passing=True)
    mime = content_type.partition(";")[0].strip().lower()
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(io.BytesIO(data), formats=tuple(_FORMATS))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise BadImage("decompression-bomb", f"{len(data)} bytes of image") from None
        except UnidentifiedImageError:
            raise _not_an_image(data, mime) from None
        except BROKEN_IMAGE as error:
            raise BadImage("broken-image", str(error), passing=True) from None
        with image:
            _check_size(image.width, image.height, tile_px)
            try:
                image.load()
            except BROKEN_IMAGE as error:
                raise BadImage("truncated-image", str(error), passing=True) from None
    extension = _FORMATS[image.format or ""]
    return TileImage(extension, mime not in _UNTYPED and mime not in _MIME[extension])


def _check_size(width: int, height: int, tile_px: int) -> None:
    if width * height > _BOMB_PIXELS:
        raise BadImage("decompression-bomb", f"{width} x {height} px")
    wanted = tile_px or width
    if (width, height) != (wanted, wanted):
        raise BadImage("wrong-size", f"{width} x {height} px, not {wanted} x {wanted}")


def _not_an_image(data: bytes, mime: str) -> BadImage:
    start = data[:512].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")) or mime == "text/html":
        return BadImage("html-instead-of-image", f"{len(data)} bytes of HTML")
    return BadImage("not-an-image", f"{len(data)} bytes of {mime or 'no stated type'}")
