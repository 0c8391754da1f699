"""What a control withholds from the model: pictures blanked, left out, shrunk or exchanged."""

import io
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from geobench_tools.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

__all__ = ["blank", "shrunk"]

_GREY = (128, 128, 128)
_MOST_PIXELS = 200_000_000


@lru_cache(maxsize=256)
def blank(path: Path) -> bytes:
    """Return a grey PNG of a picture's size."""
    from PIL import Image

    with _opened(path) as image:
        return _png(Image.new("RGB", image.size, _GREY))


@lru_cache(maxsize=1024)
def shrunk(path: Path, side: int) -> bytes:
    """Return a picture shrunk to ``side`` pixels on its longer side (box filter), as PNG."""
    from PIL import Image

    with _opened(path) as image:
        scale = side / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        return _png(image.convert("RGB").resize(size, Image.Resampling.BOX))


def _opened(path: Path) -> "Picture":
    from PIL import Image

    try:
        image = Image.open(path)
        if image.width * image.height > _MOST_PIXELS:
            raise InputError(f"{path} has {image.width * image.height:,} pixels")
        return image
    except OSError as error:
        raise InputError(
            f"{path} cannot be read for the probe: {error}", hint="repair or remove the question"
        ) from None


def _png(image: "Picture") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
