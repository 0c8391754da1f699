"""Pictures by name, in folders and in zip or tar archives, read when they are needed.

Data sets of photos come as thousands of files in a few archives; nothing is unpacked here.
"""

import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from geobench_tools.errors import InputError
from geobench_tools.models import ImagePart

__all__ = ["PICTURE_SUFFIXES", "Archive", "find_pictures", "picture_name"]

PICTURE_SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp"))
_PACKED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_LARGEST_BYTES = 256 << 20


def picture_name(name: str) -> str:
    """Return a file name without folders and without the extension of a picture."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    stem, dot, suffix = base.rpartition(".")
    return stem if dot and f".{suffix.lower()}" in PICTURE_SUFFIXES else base


class Archive:
    """The files of a zip archive, or of an uncompressed tar archive, which are read by place.

    Args:
        path: The archive.

    Raises:
        InputError: It cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        kind = path.suffix.lower()
        try:
            self._files = dict(_ARCHIVES[kind](path))
        except (OSError, tarfile.TarError, zipfile.BadZipFile) as error:
            raise InputError(
                f"{path} is no whole {kind[1:]} archive: {error}", hint="download it again"
            ) from None

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the files, in their order."""
        return iter(self._files)

    def __contains__(self, name: object) -> bool:
        """Whether there is a file of this name."""
        return name in self._files

    def read(self, name: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            InputError: It is larger than any picture, or damaged.
        """
        size, read = self._files[name]
        if size > _LARGEST_BYTES:
            raise InputError(f"{self.path}: {name} has {size:,} bytes, too many for a picture")
        try:
            return read()
        except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError) as error:
            raise InputError(
                f"{self.path}: {name} cannot be read: {error}", hint="download the archive again"
            ) from None


_File = tuple[str, tuple[int, Callable[[], bytes]]]
"""Name, size in bytes, and what reads it."""


def _in_zip(path: Path) -> Iterator[_File]:
    archive = zipfile.ZipFile(path)
    for entry in archive.infolist():
        if not entry.is_dir():
            yield entry.filename, (entry.file_size, partial(archive.read, entry))


def _in_tar(path: Path) -> Iterator[_File]:
    with tarfile.open(path, "r:") as archive:
        for entry in archive:
            if entry.isfile():
                place = entry.offset_data, entry.size
                yield entry.name, (entry.size, partial(_bytes_at, path, *place))


def _bytes_at(path: Path, offset: int, size: int) -> bytes:
    with path.open("rb") as stream:
        stream.seek(offset)
        return stream.read(size)


_ARCHIVES = {".tar": _in_tar, ".zip": _in_zip}


class _Pictures(Mapping[str, ImagePart]):
    def __init__(self, sources: Mapping[str, Path | Callable[[], bytes]]) -> None:
        self._sources = sources

    def __getitem__(self, name: str) -> ImagePart:
        source = self._sources[name]
        return ImagePart(source if isinstance(source, Path) else source())

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)

    def __contains__(self, name: object) -> bool:
        return name in self._sources


def find_pictures(
    folder: Path, name_of: Callable[[str], str] = picture_name
) -> Mapping[str, ImagePart]:
    """Find the pictures in a folder and below it, linked folders and archives included.

    Args:
        folder: Where to look; a loose file goes before one in an archive.
        name_of: From a file's name to what it is found by.

    Returns:
        Pictures by name, the first of equals. Those in archives are read each time they are
        asked for.

    Raises:
        InputError: An archive is broken, or the only one is a compressed tar, which cannot be read
            by place.
    """
    paths = sorted(_files(folder))
    found: dict[str, Path | Callable[[], bytes]] = {}
    for path in paths:
        if path.suffix.lower() in PICTURE_SUFFIXES:
            found.setdefault(name_of(path.name), path)
    for path in paths:
        if path.suffix.lower() in _ARCHIVES:
            archive = Archive(path)
            for member in archive:
                if Path(member).suffix.lower() in PICTURE_SUFFIXES:
                    found.setdefault(name_of(member), partial(archive.read, member))
    packed_tar = next((path for path in paths if path.name.lower().endswith(_PACKED)), None)
    if packed_tar and not found:
        raise InputError(f"{packed_tar} is a compressed tar archive", hint="unpack it where it is")
    return _Pictures(found)


def _files(folder: Path) -> Iterator[Path]:
    seen = set[str]()
    for place, below, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            below.clear()
            continue
        seen.add(real)
        yield from (Path(place, name) for name in names)
