"""Where photos with a position come from: a folder, a data set of the Hub, or a local copy."""

from collections.abc import Sequence
from pathlib import Path

from geobench_tools.benchmarks._csv import check_no_split
from geobench_tools.benchmarks._geoloc_data import (
    Photos,
    photos_of,
    read_photos,
    rows_of,
    table_of,
)
from geobench_tools.benchmarks._hub import holds_data_set, hub_folder, hub_rows
from geobench_tools.benchmarks._pictures import picture_name
from geobench_tools.models import ImagePart

__all__ = ["load_photos"]

_TEST = "test"


def load_photos(
    data: str,
    files: Sequence[str],
    patterns: Sequence[str],
    revision: str | None,
    split: str | None,
    note: str,
) -> Photos:
    """Read the photos of a benchmark.

    Args:
        data: The table, its folder, a local copy of a data set in Parquet, or ``OWNER/NAME``.
        files: Names that the table may have.
        patterns: Which files of the data set on the Hub are needed, with wildcards.
        revision: Commit of the data set on the Hub.
        split: Of a data set in Parquet; by default ``test`` if there is one, else all.
        note: How to get the data, for errors.

    Raises:
        InputError: The data are not there, cannot be fetched, or are bad.
    """
    path, origin = Path(data), ""
    if not path.exists():
        name, _, named = data.partition(":")
        split = split or named or None
        path = Path(name)
        if not path.exists():
            path, origin = hub_folder(name, patterns, revision, note), f"{name}@{revision}"
    if path.is_dir() and holds_data_set(path) and not any(path.rglob("*.csv")):
        return _from_copy(path, split, origin or "a local copy in Parquet")
    table = table_of(path, files, note)
    check_no_split(table, split)
    return read_photos(table, path.parent if path.is_file() else path, origin or table.name)


def _from_copy(folder: Path, split: str | None, origin: str) -> Photos:
    if split is None and any(_TEST in path.name for path in folder.rglob("*")):
        split = _TEST
    found = hub_rows(str(folder), None, split, "")
    rows = list(rows_of(found.rows, found.columns, str(folder)))
    images = {
        picture_name(row["id"]): ImagePart(picture)
        for row, picture in zip(rows, found.pictures, strict=True)
        if picture is not None
    }
    return photos_of(rows, images, origin, folder, str(folder))
