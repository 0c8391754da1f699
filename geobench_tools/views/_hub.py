"""A data set of the Hugging Face Hub, or a local copy of one."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.views._hub_rows import Reading, batches
from geobench_tools.views._options import ReadOptions
from geobench_tools.views._raw import RawViews

__all__ = ["is_hub_name", "read_hub"]

_NAME = re.compile(
    r"(?:hf://datasets/)?(?P<repo>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)"
    r"(?:/(?P<config>[\w.-]+))?(?::(?P<split>[\w.-]+))?"
)
_PATIENCE_S = 10.0
_LONGEST_SAID = 240
_BOTH_WAYS = (
    "go online and repeat (`hf auth login` first if access to it is granted by person), or give a "
    "local copy: a folder made by save_to_disk, an image folder, or Parquet shards"
)


def is_hub_name(text: str) -> bool:
    """Whether a text that names no local file can name a data set of the Hub."""
    return _NAME.fullmatch(text) is not None


def read_hub(name: str | Path, options: ReadOptions) -> RawViews:
    """Read a data set through the package ``datasets``; no code of a data set is ever run.

    A row keeps the source's column names; columns that hold no single values are left out. A
    column of images becomes a column of paths, named ``image`` if it is the only one, else by its
    own name. Images that lie inside the data set have a path only if they are exported.

    Args:
        name: ``owner/name``, ``owner/name/configuration`` or a local folder (made by
            ``save_to_disk``, an image folder, or Parquet shards), each with ``:split`` if wanted.
        options: ``split``; ``revision`` (offline only a full commit hash can be checked);
            ``export_images`` (a folder that gets all images under the SHA-256 of their bytes);
            ``max_image_pixels`` for exported images.

    Returns:
        All rows of the split, or of all splits in the order of the data set; row numbers count
        within a split, and file names tell the commit that was read.

    Raises:
        InputError: It is neither local nor cached and the Hub cannot be reached; there is no such
            split, configuration or revision; it cannot be read.
    """
    import pyarrow as pa

    source = str(name)
    loaded = _load_local(source, options) if _local(source) else _load_hub(source, options)
    reading = Reading(loaded.folder, options.export_images, options.max_image_pixels)
    tables: list[pa.Table] = []
    files: list[str] = []
    rows: list[int] = []
    with _errors(source), _quiet(count=False):
        for split, part in loaded.splits:
            label = f"{loaded.label}:{split}" if split else loaded.label
            before = len(rows)
            for batch in batches(part, options, reading):
                done = len(rows) - before
                tables.append(reading.settle(batch, label, done))
                rows.extend(range(done + 1, done + batch.num_rows + 1))
                files.extend([label] * batch.num_rows)
    try:
        table = pa.concat_tables(tables, promote_options="default") if tables else pa.table({})
    except pa.ArrowInvalid as error:
        raise InputError(
            f"the splits of {source} have different columns: {error}", hint="name one: NAME:SPLIT"
        ) from None
    table, root = reading.with_paths(table)
    return RawViews(
        source=Path(source),
        table=table,
        files=files,
        rows=rows,
        problems=tuple(reading.problems),
        image_root=root,
        notes=dict(reading.notes),
    )


@dataclass(frozen=True)
class _Loaded:
    label: str
    splits: Sequence[tuple[str, Any]]
    folder: Path | None = None


def _split_name(suffix: str | None, options: ReadOptions) -> str | None:
    if suffix and options.split and suffix != options.split:
        raise InputError(
            f"two splits are named: {suffix!r} and {options.split!r}", hint="name one of them"
        )
    return suffix or options.split


def _local(source: str) -> tuple[Path, str | None] | None:
    if Path(source).is_dir():
        return Path(source), None
    folder, _, split = source.rpartition(":")
    return (Path(folder), split) if folder and Path(folder).is_dir() else None


def _load_local(source: str, options: ReadOptions) -> _Loaded:
    import datasets

    place = _local(source)
    assert place is not None
    folder, suffix = place
    split = _split_name(suffix, options)
    with _errors(source), _quiet(count=False):
        found: Any
        if (folder / "dataset_dict.json").exists() or (folder / "state.json").exists():
            found = datasets.load_from_disk(str(folder))
        else:
            parquet = any(path.suffix == ".parquet" for path in folder.rglob("*"))
            # Parquet shards are streamed, so that they are not copied into the package's cache.
            found = datasets.load_dataset(
                "parquet" if parquet else "imagefolder", data_dir=str(folder), streaming=parquet
            )
    if isinstance(found, datasets.Dataset):
        name = str(found.split) if found.split is not None else ""
        found = {name: found}
        if split and not name:
            raise InputError(f"{folder} has no splits", hint=f"leave :{split} out")
    return _Loaded(str(folder), _chosen(found, split, source), folder)


def _load_hub(source: str, options: ReadOptions) -> _Loaded:
    import datasets

    match = _NAME.fullmatch(source)
    if not match:
        raise InputError(
            f"{source!r} is neither a folder nor a data set's name",
            hint="write owner/name, owner/name:split, or the path of a folder",
        )
    repo, config = match["repo"], match["config"]
    split = _split_name(match["split"], options)
    revision = options.revision
    with _errors(source), _quiet(count=True), _cache_alone_without_hub():
        builder = datasets.load_dataset_builder(repo, config, revision=revision)
    cached = type(builder).__module__.startswith("datasets.packaged_modules.cache")
    if revision and cached and builder.hash != revision:
        raise InputError(
            f"the Hub cannot be reached, and the cached copy of {repo} is of revision "
            f"{builder.hash}, which may not be {revision}",
            hint="go online, or pass the full commit hash of the cached copy as revision",
        )
    with _errors(source), _quiet(count=True):
        builder.download_and_prepare()
        found: Any = builder.as_dataset()
    label = f"{repo}/{config}" if config else repo
    return _Loaded(f"{label}@{str(builder.hash)[:12]}", _chosen(dict(found), split, source))


def _chosen(found: dict[str, Any], split: str | None, source: str) -> Sequence[tuple[str, Any]]:
    if split is None:
        return list(found.items())
    if split not in found:
        raise InputError(
            f"{source} has no split {split!r}", hint="its splits are " + ", ".join(found)
        )
    return [(split, found[split])]


@contextmanager
def _quiet(*, count: bool) -> Iterator[None]:
    """No progress bars, no log beside the error, and no download count sent for local data."""
    import datasets

    bars = datasets.are_progress_bars_disabled()
    counts = datasets.config.HF_UPDATE_DOWNLOAD_COUNTS
    verbosity = datasets.logging.get_verbosity()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    datasets.disable_progress_bars()
    datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = counts and count
    try:
        yield
    finally:
        datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = counts
        datasets.logging.set_verbosity(verbosity)
        if not bars:
            datasets.enable_progress_bars()


@contextmanager
def _cache_alone_without_hub() -> Iterator[None]:
    """Ask the cache alone where the Hub cannot be reached, without half a minute of retries."""
    import datasets
    import huggingface_hub
    from httpx2 import TransportError
    from huggingface_hub import constants

    before = datasets.config.HF_HUB_OFFLINE, constants.HF_HUB_OFFLINE
    if not any(before):
        try:
            huggingface_hub.get_session().head(constants.ENDPOINT, timeout=_PATIENCE_S)
        except TransportError:
            datasets.config.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        datasets.config.HF_HUB_OFFLINE, constants.HF_HUB_OFFLINE = before


@contextmanager
def _errors(source: str) -> Iterator[None]:
    """Turn what ``datasets`` raises into errors with a next step."""
    import pyarrow as pa
    from datasets.exceptions import DatasetsError

    try:
        yield
    except (FileNotFoundError, ConnectionError) as error:
        if _local(source):
            raise InputError(
                f"{source} holds neither images nor Parquet files, or lacks a part of itself",
                hint="give a folder made by save_to_disk, an image folder, or Parquet shards",
            ) from None
        raise InputError(
            f"{source} is no local folder, is not cached, and cannot be had from the Hub: "
            f"{_said(error)}",
            hint=_BOTH_WAYS,
        ) from None
    except (DatasetsError, OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"{source} cannot be read: {_said(error)}",
            hint="open it with the Python package datasets to see more",
        ) from None
    except pa.ArrowException as error:
        raise InputError(f"{source} is damaged: {_said(error)}") from None


def _said(error: BaseException) -> str:
    return " ".join(str(error).split())[:_LONGEST_SAID] or type(error).__name__
