"""Rows of a data set: the columns that a view can use, and images as paths."""

import hashlib
import io
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geobench_tools.files import atomic_file
from geobench_tools.views._folders import Unreadable
from geobench_tools.views._images import image_header
from geobench_tools.views._options import ReadOptions
from geobench_tools.views._raw import Problem

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Reading", "batches"]

_BATCH = 200
_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "TIFF": "tif", "WEBP": "webp", "MPO": "jpg"}


def batches(part: Any, options: ReadOptions, reading: "Reading") -> Iterator["pa.Table"]:
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
class Reading:
    """What is gathered while the rows go by.

    Attributes:
        folder: The local data set, or None for one of the Hub.
        export: Folder that gets all images, or None.
        max_pixels: Larger images are not exported.
        images: Columns of images, by the names that they get.
        problems: Images that cannot be exported.
        notes: What was left out, counted.
    """

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
