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

__all__ = ["PICTURE_SUFFIXES", "TarMembers", "ZipMembers", "find_pictures", "picture_name"]

PICTURE_SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp"))
_PACKED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_LARGEST_BYTES = 256 << 20


def picture_name(name: str) -> str:
    """Return a file name without folders and without the extension of a picture."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    stem, dot, suffix = base.rpartition(".")
    return stem if dot and f".{suffix.lower()}" in PICTURE_SUFFIXES else base


class TarMembers:
    """The files of an uncompressed tar archive, by place.

    Args:
        path: The archive.

    Raises:
        InputError: It cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._places: dict[str, tuple[int, int]] = {}
        try:
            with tarfile.open(path, "r:") as archive:
                for member in archive:
                    if member.isfile():
                        self._places[member.name] = (member.offset_data, member.size)
        except (OSError, tarfile.TarError) as error:
            raise InputError(
                f"{path} is no whole tar archive: {error}", hint="download it again"
            ) from None

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the files, in their order."""
        return iter(self._places)

    def __contains__(self, name: object) -> bool:
        """Whether there is a file of this name."""
        return name in self._places

    def read(self, name: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            InputError: It is larger than any picture.
        """
        offset, size = self._places[name]
        _check_size(size, f"{self.path}: {name}")
        with self.path.open("rb") as stream:
            stream.seek(offset)
            return stream.read(size)


class ZipMembers:
    """The files of a zip archive.

    Args:
        path: The archive.

    Raises:
        InputError: It cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise InputError(
                f"{path} is no whole zip archive: {error}", hint="download it again"
            ) from None
        listed = self._archive.infolist()
        self._entries = {entry.filename: entry for entry in listed if not entry.is_dir()}

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the files, in their order."""
        return iter(self._entries)

    def __contains__(self, name: object) -> bool:
        """Whether there is a file of this name."""
        return name in self._entries

    def read(self, name: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            InputError: It is larger than any picture, or damaged.
        """
        entry = self._entries[name]
        _check_size(entry.file_size, f"{self.path}: {name}")
        try:
            return self._archive.read(entry)
        except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError) as error:
            raise InputError(
                f"{self.path}: {name} cannot be read: {error}", hint="download the archive again"
            ) from None


_ARCHIVES: Mapping[str, type[TarMembers] | type[ZipMembers]] = {
    ".tar": TarMembers,
    ".zip": ZipMembers,
}


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
        kind = _ARCHIVES.get(path.suffix.lower())
        if kind is not None:
            members = kind(path)
            for member in members:
                if Path(member).suffix.lower() in PICTURE_SUFFIXES:
                    found.setdefault(name_of(member), partial(members.read, member))
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


def _check_size(size: int, what: str) -> None:
    if size > _LARGEST_BYTES:
        raise InputError(f"{what} has {size:,} bytes, too many for a picture")
