"""Images on their way to a model: untouched where the model takes them as they are."""

import base64
import hashlib
import io
import os
import warnings
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geobench_tools.errors import GeobenchError
from geobench_tools.models._types import ImagePart

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "EncodedImage",
    "ImageLoader",
    "UnreadableImage",
    "data_url",
    "decoded",
    "image_bytes",
    "image_size",
    "media_type_of",
    "pillow_decodes",
]

MAX_BYTES = 64 << 20
MAX_PIXELS = 120_000_000
JPEG_QUALITY = 95
_CACHE_BYTES = 16 << 20

_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"BM", "image/bmp"),
)
_HEIC_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"hevc")


class UnreadableImage(GeobenchError):
    """An image that cannot be sent: missing, too large, or of no known kind."""


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """An image as it goes out.

    Attributes:
        data: The encoded bytes.
        media_type: Of ``data``.
        sha256: Of ``data``, hexadecimal.
        change: Empty if these are the file's own bytes, else what was done to them.
    """

    data: bytes
    media_type: str
    sha256: str
    change: str = ""


class ImageLoader:
    """Reads images and, only where told or where the model needs it, encodes them anew.

    The last few images are kept, so that questions about one image read it once.

    Args:
        accepts: Whether a media type can be sent as it is; others are sent as PNG.
        max_side_px: Larger images are shrunk to this side, as JPEG quality 95 (PNG stays PNG);
            None never resizes.
    """

    def __init__(self, accepts: Callable[[str], bool], max_side_px: int | None = None) -> None:
        self._accepts = accepts
        self._max_side_px = max_side_px
        self._kept: OrderedDict[tuple[str, int, int], EncodedImage] = OrderedDict()
        self._kept_bytes = 0

    def load(self, part: ImagePart) -> EncodedImage:
        """Return the image of a part as it is to be sent.

        Raises:
            UnreadableImage: It is missing, larger than 64 MB, no image, or cannot be decoded where
                it has to be.
        """
        if isinstance(part.source, bytes):
            return self._encode(part.source, part.media_type, "an image of the prompt")
        name = os.fspath(part.source)
        try:
            stat = os.stat(name)
        except (OSError, ValueError) as error:
            raise _unreadable(part.source, getattr(error, "strerror", None) or error) from None
        cache_key = (name, stat.st_size, stat.st_mtime_ns)
        if (kept := self._kept.get(cache_key)) is not None:
            self._kept.move_to_end(cache_key)
            return kept
        encoded = self._encode(image_bytes(part), part.media_type, name)
        self._kept[cache_key] = encoded
        self._kept_bytes += len(encoded.data)
        while self._kept_bytes > _CACHE_BYTES:
            self._kept_bytes -= len(self._kept.popitem(last=False)[1].data)
        return encoded

    def _encode(self, data: bytes, media_type: str, name: str) -> EncodedImage:
        found = media_type_of(data)
        if not found:
            raise UnreadableImage(f"{name} is no JPEG, PNG, WebP, GIF, TIFF, BMP or HEIC image")
        media_type, change = media_type or found, ""
        if self._max_side_px or not self._accepts(media_type):
            data, media_type, change = self._anew(data, media_type, name)
        return EncodedImage(data, media_type, hashlib.sha256(data).hexdigest(), change)

    def _anew(self, data: bytes, media_type: str, name: str) -> tuple[bytes, str, str]:
        from PIL import Image, ImageOps

        accepted = self._accepts(media_type)
        width, height = image_size(data, name)
        side = self._max_side_px or max(width, height)
        if accepted and max(width, height) <= side:
            return data, media_type, ""
        if width * height > MAX_PIXELS:
            raise UnreadableImage(
                f"{name} has {width:,} x {height:,} pixels, more than {MAX_PIXELS:,}"
            )
        try:
            with warnings.catch_warnings(), Image.open(io.BytesIO(data)) as opened:
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                image = ImageOps.exif_transpose(opened)
                before = f"{image.width}x{image.height} {media_type}"
                image.thumbnail((side, side), Image.Resampling.LANCZOS)
                out = io.BytesIO()
                if media_type == "image/jpeg":
                    image.convert("RGB").save(out, "JPEG", quality=JPEG_QUALITY)
                    after = f"{image.width}x{image.height} image/jpeg quality {JPEG_QUALITY}"
                else:
                    alpha = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
                    image.convert("RGBA" if alpha else "RGB").save(out, "PNG")
                    media_type = "image/png"
                    after = f"{image.width}x{image.height} image/png"
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise _unreadable(Path(name), error) from None
        return out.getvalue(), media_type, f"{before} to {after}"


def image_bytes(part: ImagePart) -> bytes:
    """Return the encoded bytes of a part.

    Raises:
        UnreadableImage: The file cannot be read, is empty or larger than 64 MB.
    """
    if isinstance(part.source, bytes):
        return part.source
    try:
        with open(part.source, "rb", buffering=0) as stream:
            size = os.fstat(stream.fileno()).st_size
            data = stream.read(size + 1) if size <= MAX_BYTES else b""
    except OSError as error:
        raise _unreadable(part.source, error.strerror or error) from None
    if size > MAX_BYTES:
        raise UnreadableImage(f"{part.source} has {size:,} bytes, more than {MAX_BYTES:,}")
    if not data:
        raise UnreadableImage(f"{part.source} is empty")
    return data


def image_size(data: bytes, name: str = "the image") -> tuple[int, int]:
    """Return width and height in pixels, as stored, without decoding.

    Raises:
        UnreadableImage: It is no image that Pillow opens.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as image:
                return image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise _unreadable(Path(name), error) from None


def decoded(part: ImagePart) -> "Image.Image":
    """Return the picture of a part, upright and in RGB.

    Raises:
        UnreadableImage: It is missing, no whole image, or has more than 120 million pixels.
    """
    from PIL import Image, ImageOps

    data = image_bytes(part)
    width, height = image_size(data)
    if width * height > MAX_PIXELS:
        raise UnreadableImage(f"{width:,} x {height:,} pixels are more than {MAX_PIXELS:,}")
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data)) as opened:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:
        raise UnreadableImage(f"an image cannot be decoded: {error}") from None


def data_url(data: bytes, media_type: str) -> str:
    """Return the bytes as a ``data:`` URL."""
    media_type = media_type or media_type_of(data)
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def media_type_of(data: bytes) -> str:
    """Return the kind of an image by its first bytes; empty for none that is known."""
    for start, media_type in _MAGIC:
        if data.startswith(start):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp":
        return "image/heic" if data[8:12] in _HEIC_BRANDS else "image/avif"
    return ""


def pillow_decodes(media_type: str) -> bool:
    """Return whether ``decoded`` takes images of this type."""
    return media_type.removeprefix("image/") in ("jpeg", "png", "webp", "gif", "tiff", "bmp")


def _unreadable(path: Path, why: object) -> UnreadableImage:
    return UnreadableImage(f"{path} cannot be read: {why}")
