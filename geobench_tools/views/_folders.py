"""The files of a folder in a fixed order, links kept inside."""

import os
import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from geobench_tools.errors import InputError
from geobench_tools.views._raw import Problem, RawViews

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "FolderFile",
    "FolderListing",
    "Unreadable",
    "folder_views",
    "list_folder",
    "without_empty_columns",
]


@dataclass(frozen=True)
class FolderFile:
    """A regular file below a folder.

    Attributes:
        name: Path relative to the folder, ``/``-separated.
        path: Path as the user would type it.
        bytes: Size, bytes.
    """

    name: str
    path: Path
    bytes: int

    @property
    def suffix(self) -> str:
        """Extension in lower case, with its dot."""
        return os.path.splitext(self.name)[1].lower()


@dataclass
class FolderListing:
    """Files of a folder, ordered by name, and what could not be listed.

    Attributes:
        files: Regular files; hidden ones and those in hidden folders are left out.
        problems: Links that lead out of the folder, names that are not UTF-8, unreadable folders.
        notes: What was left out without harm, counted.
    """

    files: list[FolderFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)


class Unreadable(Exception):
    """A file whose content cannot be used.

    Attributes:
        kind: Short fixed name, as in ``Problem``.
        column: View column concerned, or empty.
        value: The offending value.
        message: What is wrong.
        remedy: The next step.
    """

    def __init__(
        self, kind: str, message: str, remedy: str, column: str = "", value: str = ""
    ) -> None:
        super().__init__(message)
        self.kind, self.message, self.remedy = kind, message, remedy
        self.column, self.value = column, value

    def problem(self, file: str, row: int = 0) -> Problem:
        """Return this as the problem of a row."""
        return Problem.at(
            file, row, self.kind, self.message, self.remedy, value=self.value, column=self.column
        )


def list_folder(folder: Path) -> FolderListing:
    """List all files of a folder and its sub-folders.

    Links to files are followed if they stay inside the folder; linked folders inside it are read
    at their own place.

    Raises:
        InputError: There is no such folder, or it holds no file at all.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder")
    listing = FolderListing()
    base = folder.resolve()

    def unreadable(error: OSError) -> None:
        where = _shown(Path(error.filename or folder))
        listing.problems.append(
            Problem.at(where, 0, "unreadable", str(error.strerror), "check permissions")
        )

    for at, folders, names in os.walk(folder, onerror=unreadable):
        here = Path(at)
        listing.notes["hidden files left out"] += sum(name.startswith(".") for name in names)
        folders[:] = [name for name in folders if not name.startswith(".")]
        links = [name for name in folders if (here / name).is_symlink()]
        for name in [*links, *(name for name in names if not name.startswith("."))]:
            path = here / name
            try:
                _add(listing, folder, base, path)
            except Unreadable as error:
                listing.problems.append(error.problem(_shown(path)))
            except OSError as error:
                unreadable(error)
    listing.files.sort(key=lambda file: file.name)
    listing.problems.sort(key=lambda problem: problem.file)
    listing.notes += Counter()
    if not listing.files and not listing.problems:
        raise InputError(f"{folder} holds no files", hint="name the folder that has the images")
    return listing


def _add(listing: FolderListing, folder: Path, base: Path, path: Path) -> None:
    name = path.relative_to(folder).as_posix()
    try:
        name.encode()
    except UnicodeEncodeError:
        raise Unreadable(
            "file-name-encoding",
            "the file name is not UTF-8",
            "rename the file",
            value=_shown(path),
        ) from None
    if path.is_symlink():
        target = path.resolve()
        if not target.is_relative_to(base):
            raise Unreadable(
                "outside-root",
                "the link leads out of the folder",
                "copy the file into the folder, or name the folder that holds both",
                value=_shown(target),
            )
        if not target.exists():
            raise Unreadable(
                "missing-image", "the link leads nowhere", "remove it", value=_shown(target)
            )
    found = path.stat()
    if stat.S_ISREG(found.st_mode):
        listing.files.append(FolderFile(name, path, found.st_size))
    elif stat.S_ISDIR(found.st_mode):
        listing.notes["linked folders read at their own place"] += 1
    else:
        listing.notes["special files left out"] += 1


def _shown(path: Path) -> str:
    return os.fsencode(path).decode(errors="backslashreplace")


def folder_views(
    folder: Path, table: "pa.Table", files: Sequence[str], listing: FolderListing
) -> RawViews:
    """Return views that are files of a folder, each with the file that it is."""
    return RawViews(
        source=folder,
        table=without_empty_columns(table),
        files=files,
        rows=[0] * len(files),
        problems=tuple(listing.problems),
        image_root=folder,
        notes=dict(+listing.notes),
    )


def without_empty_columns(table: "pa.Table") -> "pa.Table":
    """Leave out the columns in which no row has a value, unless there are no rows at all."""
    empty = [
        name
        for name in table.column_names
        if table.num_rows and table[name].null_count == table.num_rows
    ]
    return table.drop_columns(empty)
