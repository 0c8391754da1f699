"""A folder of geotagged photos."""

from collections import Counter
from pathlib import Path

from geobench_tools.errors import InputError
from geobench_tools.views._exif import photo_facts
from geobench_tools.views._folders import FolderFile, Unreadable, folder_views, list_folder
from geobench_tools.views._images import image_header
from geobench_tools.views._options import ReadOptions
from geobench_tools.views._raw import RawViews

__all__ = ["PHOTO_SUFFIXES", "read_photos"]

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".png", ".webp", ".tif", ".tiff")
"""Files with these names are expected to be images; others are images if their content says so."""

_UNSUPPORTED = {
    ".heic": "convert it to JPEG and keep the metadata",
    ".avif": "convert it to JPEG and keep the metadata",
    ".heif": "convert it to JPEG and keep the metadata",
    ".dng": "develop it to JPEG and keep the metadata",
    ".jxl": "convert it to JPEG and keep the metadata",
}

_NUMBERS = ("lat", "lon", "heading_deg", "gps_error_m", "altitude_m", "pitch_deg", "focal_35mm")


def read_photos(path: Path, options: ReadOptions) -> RawViews:
    """Read the photos of a folder and its sub-folders, in the order of their names.

    The view id of a photo is its path in the folder. Pixels are not decoded.

    Args:
        path: The folder.
        options: ``max_image_pixels`` is heeded here, the rest by validation.

    Returns:
        Rows with position and size and, where photos state them, time, heading, error,
        ``altitude_m`` (above take-off), ``pitch_deg`` and ``focal_35mm``; a problem for each photo
        without position; counted notes on what is no photo.

    Raises:
        InputError: ``path`` is no folder or holds no images.
    """
    import pyarrow as pa

    listing = list_folder(path)
    rows: list[dict[str, object]] = []
    files: list[str] = []
    for file in listing.files:
        try:
            rows.append(_row(file, options.max_image_pixels, listing.notes))
        except Unreadable as error:
            if error.kind == "non-image" and file.suffix not in PHOTO_SUFFIXES:
                if file.suffix not in _UNSUPPORTED:
                    listing.notes["files that are no images"] += 1
                    continue
                error = Unreadable(
                    "unsupported-image",
                    f"{file.suffix} files cannot be read",
                    _UNSUPPORTED[file.suffix],
                )
            if error.kind == "no-position" and file.suffix in (".tif", ".tiff"):
                error.remedy += "; GeoTIFFs are read from a folder that holds no other images"
            listing.problems.append(error.problem(str(file.path)))
        else:
            files.append(str(file.path))
    if not rows and not listing.problems:
        raise InputError(
            f"{path} holds no images", hint="name the folder that has them, or a table by its path"
        )
    schema = pa.schema(
        [
            ("view_id", pa.string()),
            ("image", pa.string()),
            ("captured_at", pa.string()),
            *((name, pa.float64()) for name in _NUMBERS),
            ("width", pa.int32()),
            ("height", pa.int32()),
            ("bytes", pa.int64()),
        ]
    )
    return folder_views(path, pa.Table.from_pylist(rows, schema=schema), files, listing)


def _row(file: FolderFile, max_pixels: int, notes: Counter[str]) -> dict[str, object]:
    with image_header(file.path, max_pixels) as image:
        facts = photo_facts(image)
        width, height = image.size
    notes.update(facts.notes)
    return {
        "view_id": file.name,
        "image": file.name,
        "captured_at": facts.captured_at,
        "width": width,
        "height": height,
        "bytes": file.bytes,
        **{name: getattr(facts, name) for name in _NUMBERS},
    }
