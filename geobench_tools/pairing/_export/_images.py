"""The image files of an export: found and checked first, then embedded, copied, linked or named."""

import csv
import hashlib
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

from geobench_tools.errors import InputError
from geobench_tools.files import within_root
from geobench_tools.pairing._sets import PairingSet
from geobench_tools.plaintext import sheet_cell

__all__ = ["Found", "ImageMode", "ImageRef", "ImageStore", "image_finder"]

ImageMode = Literal["embed", "copy", "link", "keep"]

_MAX_BYTES = 256 << 20
_CACHED_FILES = 1 << 14
_SIGNATURES = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"GIF8", ".gif"),
    (b"BM", ".bmp"),
    (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"),
)
_SPECIAL = frozenset("\\:\0")
_SUFFIXES = frozenset(suffix for _, suffix in _SIGNATURES) | {".webp"}


class ImageRef(NamedTuple):
    """One image of a question as the pairing set names it.

    Attributes:
        kind: ``ground`` or ``satellite``.
        view_id: Its view.
        path: Relative to the image root of its kind; None without images.
    """

    kind: str
    view_id: str
    path: str | None


class Found(NamedTuple):
    """Where an image is, or what is wrong with it.

    Attributes:
        file: The file, links followed, or the place where it is missing; empty if none is named.
        suffix: File name suffix that the first bytes call for.
        size: Bytes.
        problem: What is wrong, in a few words; empty if nothing is.
        absent: The problem is that no file is there, or that none is named.
    """

    file: str = ""
    suffix: str = ""
    size: int = 0
    problem: str = ""
    absent: bool = False


def image_finder(pairs: PairingSet, base: Path | None = None) -> Callable[[ImageRef], Found]:
    """Return a function that finds an image by its reference and remembers recent answers.

    Args:
        pairs: The set, which declares the image roots.
        base: A folder that all images must lie in, if any.
    """
    roots = {kind: pairs.image_root(kind) for kind in ("ground", "satellite")}
    inside = base.resolve() if base else None

    @lru_cache(maxsize=_CACHED_FILES)
    def folder(root: Path, relative: str) -> str:
        return str(within_root(root, relative)) if relative else str(root)

    def located(root: Path, path: str) -> str:
        """As ``within_root``, but each folder is resolved once, not for each of its files."""
        parent, _, name = path.rpartition("/")
        if path.startswith("/") or name in ("", ".", "..") or not _SPECIAL.isdisjoint(path):
            return str(within_root(root, path))
        file = os.path.join(folder(root, parent), name)
        return str(within_root(root, path)) if os.path.islink(file) else file

    @lru_cache(maxsize=_CACHED_FILES)
    def find(ref: ImageRef) -> Found:
        root = roots[ref.kind]
        if ref.path is None or root is None:
            what = "no image path" if ref.path is None else f"the set has no {ref.kind} image root"
            return Found(problem=what, absent=True)
        try:
            file = located(root, ref.path)
        except InputError as error:
            return Found(problem=error.message)
        if inside and not Path(file).is_relative_to(inside):
            return Found(problem=f"outside {base}")
        return _sniffed(file)

    return find


def _sniffed(file: str) -> Found:
    try:
        with open(file, "rb", buffering=0) as stream:
            head = stream.read(16)
            size = os.fstat(stream.fileno()).st_size
    except FileNotFoundError:
        return Found(file, problem="missing", absent=True)
    except OSError as error:
        return Found(problem=f"unreadable ({error.strerror})")
    if not size:
        return Found(problem="empty")
    if size > _MAX_BYTES:
        return Found(problem=f"{size:,} bytes, more than {_MAX_BYTES:,}")
    suffix = next((suffix for magic, suffix in _SIGNATURES if head.startswith(magic)), "")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        suffix = ".webp"
    return Found(file, suffix, size) if suffix else Found(problem="not an image")


class ImageStore:
    """Hands out the images of one export in the way it needs them.

    File names are hashes of (seed, kind, view): the same for the same view, and silent about its
    place, its role and its neighbours. The names that images come with often speak: a tile named
    by its coordinates, or a photo and a tile that share a stem, which is the answer for anything
    that reads file names.

    Args:
        mode: How the images travel.
        folder: Working folder of the export.
        seed: Seed of the pairing set.
        find: Finds the file of an image.
        base: For ``keep``: the folder that paths are written relative to.
    """

    def __init__(
        self,
        mode: ImageMode,
        folder: Path,
        seed: int,
        find: Callable[[ImageRef], Found],
        base: Path | None = None,
    ) -> None:
        self.mode = mode
        self.files = 0
        self.bytes = 0
        self.missing = 0
        self._folder = str(folder)
        self._seed = seed
        self._find = find
        self._base = str(base.resolve()) if base else None
        self._absent: set[str] = set()
        self._recent = lru_cache(maxsize=_CACHED_FILES)(self._path)
        self._stream: IO[str] | None = None
        self._list: Any = None

    def __enter__(self) -> "ImageStore":
        if self.mode in ("copy", "link"):
            path = os.path.join(self._folder, "images.csv")
            self._stream = open(path, "w", encoding="utf-8", newline="")
            self._list = csv.writer(self._stream, lineterminator="\n")
            self._list.writerow(("file", "kind", "view_id", "source", "present"))
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream:
            self._stream.close()

    def _note(self, relative: str, ref: ImageRef, present: str) -> None:
        cells = (relative, ref.kind, ref.view_id, ref.path, present)
        self._list.writerow(map(sheet_cell, cells))

    def read(self, ref: ImageRef) -> tuple[str, bytes]:
        """Return an image's safe file name and its bytes."""
        found = self._find(ref)
        content = _content(ref, found)
        self.files += 1
        self.bytes += len(content)
        return self._name(ref, found.suffix), content

    def path(self, ref: ImageRef) -> str:
        """Return the path by which the export names an image; its file is there then."""
        return self._recent(ref)

    def _path(self, ref: ImageRef) -> str:
        found = self._find(ref)
        if self._base and found.file:
            return Path(os.path.relpath(found.file, self._base)).as_posix()
        name = self._name(ref, found.suffix or _expected_suffix(ref.path or ""))
        relative = f"images/{name[:2]}/{name}"
        if found.absent:
            if relative not in self._absent:
                self._absent.add(relative)
                self.missing += 1
                self._note(relative, ref, "no")
            return relative
        target = os.path.join(self._folder, relative)
        if not os.path.lexists(target):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if self.mode == "link":
                os.symlink(found.file, target)
            else:
                Path(target).write_bytes(_content(ref, found))
            self.files += 1
            self.bytes += found.size
            self._note(relative, ref, "yes")
        return relative

    def _name(self, ref: ImageRef, suffix: str) -> str:
        key = f"{self._seed}\0{ref.kind}\0{ref.view_id}".encode()
        return hashlib.blake2b(key, digest_size=16).hexdigest() + suffix


def _content(ref: ImageRef, found: Found) -> bytes:
    if found.problem:
        raise InputError(f"{ref.kind} image of {ref.view_id}: {found.problem}")
    try:
        return Path(found.file).read_bytes()
    except OSError as error:
        raise InputError(f"{found.file} cannot be read: {error.strerror}") from None


def _expected_suffix(path: str) -> str:
    suffix = Path(path).suffix.lower()
    return suffix if suffix in _SUFFIXES else ".jpg"
