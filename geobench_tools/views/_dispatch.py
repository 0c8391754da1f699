"""Which reader a path belongs to."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from geobench_tools.errors import InputError
from geobench_tools.views._options import ReadOptions
from geobench_tools.views._raw import RawViews
from geobench_tools.views._tables import TABLE_SUFFIXES, read_table

__all__ = ["folder_reader", "read_input"]

_DATASET_MARKS = ("dataset_dict.json", "dataset_info.json", "state.json")
_DATASET_PARTS = (".parquet", ".arrow")
_TIFFS = (".tif", ".tiff")
_TILE = re.compile(r"[0-9]{1,2}/[0-9]+/[0-9]+(@[1-4]x)?\.[A-Za-z]+")
_LOOKED_AT = 2000


def read_input(path: str | Path, options: ReadOptions) -> tuple[str, RawViews, ReadOptions]:
    """Read a file, a folder, a Hugging Face dataset or a source layout.

    Returns:
        The reader's name, the rows, and the options that validation is to use for them: what a
        reader has applied itself, as a coordinate reference system, is not applied again.

    Raises:
        InputError: The path does not exist, or nothing in it is known.
    """
    place = Path(path)
    layout = options.source or _layout(place)
    if layout is not None:
        from geobench_tools.views._sources import read_source

        return layout, read_source(layout, place, options), _own_columns(options)
    if place.is_file():
        try:
            return "table", read_table(place, options), options
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error}") from None
    if not place.is_dir():
        if place.exists():
            raise InputError(f"{path} is neither a file nor a folder", hint="check the path")
        if not _may_be_dataset(str(path)):
            raise InputError(f"{path} does not exist", hint="check the path")
        return _read_hub(str(path), options)
    reader = folder_reader(place)
    if reader == "dataset":
        return _read_hub(str(path), options)
    if reader == "xyz":
        from geobench_tools.views._xyz import read_xyz as read
    elif reader == "geotiffs":
        from geobench_tools.views._geotiff import read_geotiffs as read
    else:
        from geobench_tools.views._photos import read_photos as read
    return reader, read(place, options), _own_columns(options)


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


def _read_hub(path: str, options: ReadOptions) -> tuple[str, RawViews, ReadOptions]:
    from geobench_tools.views._hub import read_hub

    return "dataset", read_hub(path, options), options


def _own_columns(options: ReadOptions) -> ReadOptions:
    """Options for a reader that gives view columns in degrees: only leaving out is left to map."""
    left_out = {field: "" for field, source in options.columns.items() if not source}
    return replace(options, columns=left_out, crs="EPSG:4326")
