"""Data sets of the Hugging Face Hub, and local copies of them in Parquet or of ``datasets``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.world import cache_folder

__all__ = ["HubRows", "holds_data_set", "hub_folder", "hub_rows"]

_MARKS = ("dataset_dict.json", "state.json")


@dataclass(frozen=True)
class HubRows:
    """The rows of a data set.

    Attributes:
        rows: By column.
        columns: Names.
        pictures: Where each row's picture is, None for a row without one.
        origin: Name with its revision, or of the local copy.
        folder: The local copy; None for the Hub.
    """

    rows: Sequence[Mapping[str, Any]]
    columns: Sequence[str]
    pictures: Sequence[Path | None]
    origin: str
    folder: Path | None


def holds_data_set(folder: Path) -> bool:
    """Whether a folder is a copy of a data set: of the package ``datasets``, or Parquet shards."""
    return any((folder / mark).is_file() for mark in _MARKS) or any(folder.rglob("*.parquet"))


def hub_rows(
    data: str, revision: str | None, split: str | None, note: str, *, usual_split: str = ""
) -> HubRows:
    """Read a data set; its pictures go to the user's cache.

    Args:
        data: ``OWNER/NAME`` on the Hub or a local copy, each with ``:SPLIT`` if wanted.
        revision: Commit of the data set on the Hub.
        split: Which one to read; all if none is named.
        note: How to get the data, for errors.
        usual_split: Of the data set on the Hub, where none is named.

    Raises:
        InputError: It does not exist, is of the Hub without a revision, or cannot be read.
    """
    from geobench_tools.views import ReadOptions, read_hub

    places = (Path(data), Path(data.partition(":")[0]))
    folder = next((place for place in places if place.exists()), None)
    if folder is None:
        _check_name(data, revision, note)
        if ":" not in data:
            split = split or usual_split or None
    options = ReadOptions(
        split=split,
        revision=None if folder else revision,
        export_images=cache_folder() / "images",
    )
    raw = read_hub(data, options)
    rows = raw.table.to_pylist()
    root = raw.image_root or Path()
    pictures = [root / row["image"] if row.get("image") else None for row in rows]
    origin = Path(data).name if folder else f"{data}@{revision}"
    return HubRows(rows, raw.table.column_names, pictures, origin, folder)


def hub_folder(name: str, patterns: Sequence[str], revision: str | None, note: str) -> Path:
    """Fetch files of a data set of the Hub, or find them in the Hub's own cache.

    Args:
        name: ``OWNER/NAME``.
        patterns: Which files are needed, with wildcards; all if empty.
        revision: Commit of the data set.
        note: How to get the data, for errors.

    Raises:
        InputError: The name is no data set's, the revision is missing, or nothing can be fetched.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
    )

    _check_name(name, revision, note)
    try:
        folder = snapshot_download(
            name, repo_type="dataset", revision=revision, allow_patterns=list(patterns) or None
        )
    except (
        *(HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled),
        OSError,
    ) as error:
        raise InputError(
            f"{name}@{revision} cannot be fetched: {' '.join(str(error).split())[:300]}",
            hint="go online and repeat, or pass a local copy: --data FOLDER",
        ) from None
    return Path(folder)


def _check_name(name: str, revision: str | None, note: str) -> None:
    from geobench_tools.views import is_hub_name

    if not is_hub_name(name):
        raise InputError(f"{name} does not exist", hint=note)
    if not revision:
        raise InputError(
            f"{name} on the Hub is named without a revision", hint="pin it: --revision COMMIT"
        )
