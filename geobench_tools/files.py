"""Files and folders that are either whole or not there, and paths that stay inside their root."""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from geobench_tools.errors import InputError

__all__ = [
    "atomic_file",
    "atomic_folder",
    "end_torn_line",
    "lock_for_appending",
    "remove_leftovers",
    "sha256_file",
    "within_root",
    "write_text",
]

_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)
"""What a file system says that has no locks, as Lustre and NFS may have none."""


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that replaces it when the block ends well.

    The temporary file is synced to disk before the rename and removed if the block raises, so that
    ``path`` holds either its old content or the whole new one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8, whole or not at all."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


@contextmanager
def atomic_folder(
    path: Path, *, work: Path | None = None, overwrite: bool = False
) -> Iterator[Path]:
    """Yield a working folder that becomes ``path`` when the block ends well.

    Args:
        path: The final name.
        work: The working folder, on the same file system; kept if the block raises, so that a later
            call can resume from it. Default: a temporary folder that is removed instead.
        overwrite: Replace an existing ``path``.

    Raises:
        InputError: ``path`` exists and ``overwrite`` is false.
    """
    if path.exists() and not overwrite:
        raise InputError(f"{path} exists already", hint="choose another output or pass --overwrite")
    path.parent.mkdir(parents=True, exist_ok=True)
    keep = work is not None
    folder = work or Path(tempfile.mkdtemp(".tmp", f".{path.name}.", path.parent))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
        folder.chmod(0o777 & ~_umask())
        if path.exists():
            retired = Path(tempfile.mkdtemp(".tmp", f".{path.name}.old.", path.parent))
            path.replace(retired / path.name)
            folder.replace(path)
            shutil.rmtree(retired)
        else:
            folder.replace(path)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def end_torn_line(file: IO[bytes]) -> None:
    """End the last line of a log that is open for appending, if a kill has torn it."""
    size = file.seek(0, os.SEEK_END)
    if size:
        file.seek(size - 1)
        if file.read(1) != b"\n":
            file.write(b"\n")


def lock_for_appending(file: IO[bytes], folder: Path) -> bool:
    """Lock an open file until it is closed; without effect where system or disk has no locks.

    Args:
        file: A log, or any file that stands for its folder.
        folder: What the message names.

    Returns:
        Whether it is locked.

    Raises:
        InputError: Another process holds the lock.
    """
    try:
        import fcntl
    except ImportError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InputError(
            f"another process is running {folder}", hint="wait for it, or choose another output"
        ) from None
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return False
    return True


def remove_leftovers(folder: Path) -> None:
    """Remove what a kill left of ``atomic_file`` and ``atomic_folder`` in a folder.

    Call it only while a lock keeps other processes from writing there.
    """
    for path in folder.glob(".*.tmp"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def within_root(root: Path, relative: str) -> Path:
    r"""Resolve a path from a data file against its declared root.

    Args:
        root: The folder that the user named.
        relative: A relative path with ``/`` or ``\`` separators.

    Returns:
        The absolute path, links followed.

    Raises:
        InputError: The path is absolute, empty, has a NUL, or leaves the root (``..`` or a link).
    """
    cleaned = relative.replace("\\", "/")
    if not cleaned or "\0" in cleaned or cleaned.startswith("/") or cleaned[1:2] == ":":
        raise InputError(f"image path {relative!r} is not relative to the image root")
    base = root.resolve()
    resolved = (base / cleaned).resolve()
    if not resolved.is_relative_to(base):
        raise InputError(f"image path {relative!r} leaves the image root {root}")
    return resolved


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
