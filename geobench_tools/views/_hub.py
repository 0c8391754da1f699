"""A data set of the Hugging Face Hub, or a local copy of one."""

import hashlib
import io
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geobench_tools.errors import InputError
from geobench_tools.files import atomic_file
from geobench_tools.views._folders import Unreadable
from geobench_tools.views._images import image_header
from geobench_tools.views._options import ReadOptions
from geobench_tools.views._raw import Problem, RawViews

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["is_hub_name", "read_hub"]

_NAME = re.compile(
    r"(?:hf://datasets/)?(?P<repo>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)"
    r"(?:/(?P<config>[\w.-]+))?(?::(?P<split>[\w.-]+))?"
)
_BATCH = 200
_PATIENCE_S = 10.0
_LONGEST_SAID = 240
_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "TIFF": "tif", "WEBP": "webp", "MPO": "jpg"}
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
    reading = _Reading(loaded.folder, options.export_images, options.max_image_pixels)
    tables: list[pa.Table] = []
    files: list[str] = []
    rows: list[int] = []
    with _errors(source), _quiet(count=False):
        for split, part in loaded.splits:
            label = f"{loaded.label}:{split}" if split else loaded.label
            before = len(rows)
            for batch in _batches(part, options, reading):
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


def _batches(part: Any, options: ReadOptions, reading: "_Reading") -> Iterator["pa.Table"]:
    """Arrow tables of the columns that a view can use; images as their stored bytes and path."""
    import datasets
    import pyarrow as pa

    features = part.features
    if features is None:
        first = next(iter(part.with_format("arrow").iter(batch_size=1)), pa.table({}))
        features = datasets.Features.from_arrow_schema(first.schema)
    images = [name for name, kind in features.items() if isinstance(kind, datasets.Image)]
    wanted = options.columns.get("image", "")
    if len(images) > 1:
        images = [wanted] if wanted in images else ["image"] if "image" in images else images
    keep = [name for name, kind in features.items() if name in images or _is_plain(kind)]
    reading.notes["columns that hold no single values, left out"] = len(features) - len(keep)
    labels = {
        name: features[name] for name in keep if isinstance(features[name], datasets.ClassLabel)
    }
    lone = len(images) == 1 and images[0] != wanted and "image" not in keep
    renamed = {images[0]: "image"} if lone else {}
    reading.images = {renamed.get(name, name): name for name in images}
    for batch in part.select_columns(keep).with_format("arrow").iter(batch_size=_BATCH):
        for name, label in labels.items():
            column = batch[name].combine_chunks()
            place = batch.column_names.index(name)
            batch = batch.set_column(place, name, pa.array(label.names).take(column))
        yield batch.rename_columns([renamed.get(name, name) for name in batch.column_names])


def _is_plain(kind: Any) -> bool:
    import datasets

    if isinstance(kind, dict):
        return all(_is_plain(inner) for inner in kind.values())
    return isinstance(kind, datasets.Value | datasets.ClassLabel)


@dataclass
class _Reading:
    """What is gathered while the rows go by."""

    folder: Path | None
    export: Path | None
    max_pixels: int
    images: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    def settle(self, batch: "pa.Table", label: str, done: int) -> "pa.Table":
        """Replace images by paths: of the files on disk, or of those exported."""
        import pyarrow as pa

        for name, source_name in self.images.items():
            place = batch.column_names.index(name)
            if self.export is None:
                batch = batch.set_column(place, name, self._paths(batch[name].combine_chunks()))
                continue
            made = [
                self._exported(cell.as_py(), source_name, label, done + i + 1)
                for i, cell in enumerate(batch[name])
            ]
            paths, *sizes = (list(values) for values in zip(*made, strict=True))
            batch = batch.set_column(place, name, pa.array(paths, pa.string()))
            for size_name, values in zip(("width", "height", "bytes"), sizes, strict=True):
                if len(self.images) == 1 and size_name not in batch.column_names:
                    batch = batch.append_column(size_name, pa.array(values, pa.int64()))
        while any(pa.types.is_struct(column.type) for column in batch.columns):
            batch = batch.flatten()
        return batch

    def _paths(self, images: "pa.StructArray") -> "pa.Array":
        import pyarrow.compute as pc

        inside = pc.is_valid(pc.struct_field(images, "bytes"))
        self.notes["images inside the data set, not exported"] += pc.sum(inside).as_py() or 0
        return pc.if_else(inside, None, pc.struct_field(images, "path"))

    def _exported(
        self, cell: dict[str, Any] | None, column: str, label: str, row: int
    ) -> tuple[str | None, int | None, int | None, int | None]:
        if cell is None:
            return None, None, None, None
        try:
            data = cell["bytes"]
            return self._write(self._read(str(cell["path"])) if data is None else data)
        except Unreadable as error:
            error.column, error.value = column, error.value or str(cell["path"] or "")
            self.problems.append(error.problem(label, row))
        return None, None, None, None

    def _read(self, path: str) -> bytes:
        """Bytes of a file that the data set names, if it lies in the folder or in the caches."""
        import datasets
        import huggingface_hub

        caches = (datasets.config.HF_CACHE_HOME, huggingface_hub.constants.HF_HUB_CACHE)
        bases = [self.folder] if self.folder else [Path(cache) for cache in caches]
        try:
            found = (bases[0] / path).resolve(strict=True)
            if any(found.is_relative_to(base.resolve()) for base in bases):
                return found.read_bytes()
        except OSError as error:
            raise Unreadable("missing-image", str(error.strerror), "get the file again") from None
        raise Unreadable(
            "outside-root", "the image path leaves the data set", "give the folder that holds both"
        )

    def _write(self, data: bytes) -> tuple[str, int, int, int]:
        assert self.export is not None
        with image_header(io.BytesIO(data), self.max_pixels) as image:
            extension, (width, height) = _EXTENSIONS[image.format or ""], image.size
        digest = hashlib.sha256(data).hexdigest()
        relative = f"{digest[:2]}/{digest}.{extension}"
        target = self.export / relative
        if not (target.exists() and target.stat().st_size == len(data)):
            with atomic_file(target) as temporary:
                temporary.write_bytes(data)
        return relative, width, height, len(data)

    def with_paths(self, table: "pa.Table") -> tuple["pa.Table", Path | None]:
        """Make paths on disk relative to a root, and return that root."""
        import pyarrow as pa

        self.notes += Counter()
        if self.export is not None:
            return table, self.export
        columns = {name: table[name].to_pylist() for name in self.images}
        root = _root([path for column in columns.values() for path in column], self.folder)
        for name, column in columns.items():
            relative = [
                os.path.relpath(path, root) if path and root and os.path.isabs(path) else path
                for path in column
            ]
            place = table.column_names.index(name)
            table = table.set_column(place, name, pa.array(relative, pa.string()))
        return table, root


def _root(paths: list[str | None], folder: Path | None) -> Path | None:
    """The local folder, the Hub's cache of the data set, or else what the paths have in common."""
    if folder is not None:
        return folder.absolute()
    places = {os.path.dirname(path) for path in paths if path and os.path.isabs(path)}
    if not places:
        return None
    common = Path(os.path.commonpath(sorted(places)))
    for place in (common, *common.parents):
        if place.name.startswith("datasets--"):
            return place
    return common
