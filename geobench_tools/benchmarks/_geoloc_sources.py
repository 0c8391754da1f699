"""Where photos with a position come from: a folder, a data set of the Hub, or a local copy."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from geobench_tools.benchmarks._geoloc_data import (
    Photos,
    photos_of,
    read_photos,
    rows_of,
    table_of,
)
from geobench_tools.benchmarks._geoloc_pictures import picture_name
from geobench_tools.errors import InputError
from geobench_tools.models import ImagePart
from geobench_tools.world import cache_folder

__all__ = ["hub_folder", "load_photos"]

_SHARDS = ("dataset_dict.json", "state.json")
_LOCAL_SHARDS = "a local copy in Parquet"
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
        path, origin = hub_folder(data, patterns, revision, note), f"{data}@{revision}"
    if path.is_dir() and _has_shards(path) and not any(path.rglob("*.csv")):
        return _from_shards(path, split, origin or _LOCAL_SHARDS)
    table = table_of(path, files, note)
    return read_photos(table, path.parent if path.is_file() else path, origin or table.name)


def hub_folder(name: str, patterns: Sequence[str], revision: str | None, note: str) -> Path:
    """Fetch files of a data set of the Hub, or find them in the Hub's own cache.

    Raises:
        InputError: The name is no data set's, the revision is missing, or nothing can be fetched.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    from geobench_tools.views._hub import is_hub_name

    if not is_hub_name(name):
        raise InputError(f"{name} does not exist", hint=note)
    if not revision:
        raise InputError(
            f"{name} on the Hub is named without a revision", hint="pin it: --revision COMMIT"
        )
    try:
        folder = snapshot_download(
            name, repo_type="dataset", revision=revision, allow_patterns=list(patterns) or None
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError) as error:
        raise InputError(
            f"{name}@{revision} cannot be fetched: {' '.join(str(error).split())[:300]}",
            hint="go online and repeat, or pass a local copy: --data FOLDER",
        ) from None
    return Path(folder)


def _has_shards(folder: Path) -> bool:
    return any((folder / mark).is_file() for mark in _SHARDS) or any(folder.rglob("*.parquet"))


def _from_shards(folder: Path, split: str | None, origin: str) -> Photos:
    from geobench_tools.views import ReadOptions
    from geobench_tools.views._hub import read_hub

    options = ReadOptions(split=split, export_images=cache_folder() / "images")
    if split is None and any(_TEST in path.name for path in folder.rglob("*")):
        options = replace(options, split=_TEST)
    raw = read_hub(folder, options)
    listed = raw.table.to_pylist()
    rows = list(rows_of(listed, raw.table.column_names, str(folder)))
    root = raw.image_root or Path()
    images = {
        picture_name(row["id"]): ImagePart(root / entry["image"])
        for row, entry in zip(rows, listed, strict=True)
        if entry.get("image")
    }
    return photos_of(rows, images, origin, str(folder))
