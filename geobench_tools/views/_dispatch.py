"""Which reader a path belongs to."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from geobench_tools.errors import InputError
from geobench_tools.views._options import ReadOptions
from geobench_tools.views._raw import RawViews
from geobench_tools.views._tables import (
    DELIMITED_SUFFIXES,
    JSON_SUFFIXES,
    TABLE_SUFFIXES,
    read_table,
)

__all__ = ["check_effects", "folder_reader", "read_input"]

_DATASET_MARKS = ("dataset_dict.json", "dataset_info.json", "state.json")
_DATASET_PARTS = (".parquet", ".arrow")
_TIFFS = (".tif", ".tiff")
_TILE = re.compile(r"[0-9]{1,2}/[0-9]+/[0-9]+(@[1-4]x)?\.[A-Za-z]+")
_LOOKED_AT = 2000
_FLAGS = {
    "columns": "--map",
    "crs": "--crs",
    "image_root": "--image-root",
    "split": "--split",
    "revision": "--revision",
    "export_images": "--export-images",
    "tms": "--tms",
    "encoding": "--encoding",
    "delimiter": "--delimiter",
    "decimal": "--decimal",
}
"""Options that only some readers heed, with their flags."""

_HEEDED = {
    "table": {"columns", "crs", "image_root", "decimal"},
    "dataset": {"columns", "crs", "decimal", "split", "revision", "export_images"},
    "geotiffs": {"crs"},
    "photos": set[str](),
    "xyz": {"tms"},
}
"""Which of them each reader heeds; that of a layout heeds the split."""

_CALLED = {
    "dataset": "a dataset",
    "geotiffs": "a folder of GeoTIFFs",
    "photos": "a folder of photos",
    "xyz": "a tree of tiles",
}


def check_effects(paths: Sequence[str | Path], options: ReadOptions) -> None:
    """Refuse options that none of the sources heeds.

    Raises:
        InputError: There is such an option, a path does not exist, or nothing in it is known.
    """
    default = ReadOptions()
    given = {name for name in _FLAGS if getattr(options, name) != getattr(default, name)}
    if not any(options.columns.values()):
        given.discard("columns")
    readers = [_reader(path, options) for path in paths] if given else []
    for path, reader in zip(paths, readers, strict=False):
        given -= _heeded(Path(path), reader)
    for name in (name for name in _FLAGS if name in given):
        shown = dict.fromkeys(
            f"{path} ({_CALLED.get(reader) or Path(path).suffix or reader})"
            for path, reader in zip(paths, readers, strict=True)
        )
        hint = "leave it out"
        if name == "columns":
            hint += "; what such a source has is known, and only --map NAME= leaves a column out"
        raise InputError(f"{_FLAGS[name]} has no effect on {', '.join(shown)}", hint=hint)


def _heeded(path: Path, reader: str) -> set[str]:
    heeded = _HEEDED.get(reader, {"split"})
    if reader == "table":
        suffix = path.suffix.lower()
        text = {"encoding", "delimiter"} if suffix in DELIMITED_SUFFIXES else set()
        return heeded | text | ({"encoding"} if suffix in JSON_SUFFIXES else set())
    return heeded - {"revision"} if path.is_dir() else heeded


def read_input(path: str | Path, options: ReadOptions) -> tuple[str, RawViews, ReadOptions]:
    """Read a file, a folder, a Hugging Face dataset or a source layout.

    Returns:
        The reader's name, the rows, and the options that validation is to use for them: what a
        reader has applied itself, as a coordinate reference system, is not applied again.

    Raises:
        InputError: The path does not exist, or nothing in it is known.
    """
    place, reader = Path(path), _reader(path, options)
    if reader == "table":
        try:
            return reader, read_table(place, options), options
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error}") from None
    if reader == "dataset":
        from geobench_tools.views._hub import read_hub

        return reader, read_hub(str(path), options), options
    if reader == "xyz":
        from geobench_tools.views._xyz import read_xyz as read
    elif reader == "geotiffs":
        from geobench_tools.views._geotiff import read_geotiffs as read
    elif reader == "photos":
        from geobench_tools.views._photos import read_photos as read
    else:
        from geobench_tools.views._sources import read_source

        return reader, read_source(reader, place, options), _own_columns(options)
    return reader, read(place, options), _own_columns(options)


def _reader(path: str | Path, options: ReadOptions) -> str:
    """Return the name of the reader that a path belongs to: a layout's is its own."""
    place = Path(path)
    if layout := options.source or _layout(place):
        return layout
    if place.is_file():
        return "table"
    if place.is_dir():
        return folder_reader(place)
    if place.exists():
        raise InputError(f"{path} is neither a file nor a folder", hint="check the path")
    if not _may_be_dataset(str(path)):
        raise InputError(f"{path} does not exist", hint="check the path")
    return "dataset"


def folder_reader(folder: Path) -> str:
    """Tell what a folder holds: ``dataset``, ``xyz``, ``geotiffs`` or ``photos``.

    A dataset has the files of ``datasets.save_to_disk``, or Parquet or Arrow files and no images
    beside them. Of other folders the first 2,000 files are looked at.
    """
    if any((folder / mark).is_file() for mark in _DATASET_MARKS):
        return "dataset"
    suffixes: Counter[str] = Counter()
    tiles = 0
    for name in islice(_files(folder), _LOOKED_AT):
        suffixes[os.path.splitext(name)[1].lower()] += 1
        tiles += _TILE.fullmatch(name) is not None
    images = sum(suffixes[suffix] for suffix in (".jpg", ".jpeg", ".png", ".webp"))
    shards = sum(suffixes[suffix] for suffix in _DATASET_PARTS)
    tiffs = sum(suffixes[suffix] for suffix in _TIFFS)
    if shards and not images and not tiffs:
        return "dataset"
    if tiles and tiles >= images / 2:
        return "xyz"
    return "geotiffs" if tiffs > images else "photos"


def _files(folder: Path) -> Iterator[str]:
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            yield Path(at, name).relative_to(folder).as_posix()


def _layout(place: Path) -> str | None:
    """Return the layout of a public data set whose lists lie in a folder."""
    from geobench_tools.views._sources import guess_source

    return guess_source(place) if place.is_dir() else None


def _may_be_dataset(name: str) -> bool:
    """Tell whether a name that is no path may be a dataset: its owner is no local folder."""
    from geobench_tools.views._hub import is_hub_name

    folder, colon, _ = name.rpartition(":")
    if name.startswith("hf://") or (colon and Path(folder).is_dir()):
        return True
    local = Path(name).parent.is_dir() or Path(name).suffix.lower() in TABLE_SUFFIXES
    return is_hub_name(name) and not local


def _own_columns(options: ReadOptions) -> ReadOptions:
    """Options for a reader that gives view columns in degrees: only leaving out is left to map."""
    left_out = {field: "" for field, source in options.columns.items() if not source}
    return replace(options, columns=left_out, crs="EPSG:4326")
