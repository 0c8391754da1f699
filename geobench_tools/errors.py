"""The errors a user can meet, each with the process exit code it leads to.

    GeobenchError            any of the below
    ├── InputError       2   bad usage or bad input; nothing was written
    ├── CheckFailed      1   a check ran and failed (an audit found a leak)
    └── PartialFailure   3   finished, but some items failed

Every error carries a ``hint``: the next thing to do.
"""

import errno
import os

__all__ = [
    "CheckFailed",
    "GeobenchError",
    "InputError",
    "PartialFailure",
    "missing_extra",
    "system_error",
]

_SAME_COMMAND = "the same command goes on where it stopped"
_SYSTEM_HINTS = {
    errno.ENOSPC: f"free some space, then {_SAME_COMMAND}",
    errno.EDQUOT: f"free some of your quota, then {_SAME_COMMAND}",
    errno.EFBIG: f"raise the limit on file sizes (ulimit -f), then {_SAME_COMMAND}",
    errno.EROFS: "choose an output on a disk that can be written",
    errno.EACCES: "give yourself the right to it, or choose another path",
    errno.EPERM: "give yourself the right to it, or choose another path",
    errno.EMFILE: f"raise the limit on open files (ulimit -n), then {_SAME_COMMAND}",
    errno.ENAMETOOLONG: "choose a shorter path",
    errno.EISDIR: "it is a folder: name a file",
    errno.EEXIST: "choose another path",
    errno.ENOTDIR: "a file lies where a folder should: choose another path",
}


class GeobenchError(Exception):
    """Base of all errors that are shown to the user without a traceback.

    Args:
        message: What is wrong, with the file, row and value it concerns.
        hint: The next step, as an instruction; empty if there is none.
    """

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(GeobenchError):
    """Bad usage or bad input."""

    exit_code = 2


class CheckFailed(GeobenchError):
    """A check ran to its end and its verdict is negative."""

    exit_code = 1


class PartialFailure(GeobenchError):
    """The work finished, but some of its items failed."""

    exit_code = 3


def missing_extra(package: str, extra: str, purpose: str) -> InputError:
    """Return the error for an optional package that is not installed.

    Args:
        package: The import name that is missing.
        extra: The extra of this project that brings it.
        purpose: What it is needed for, as in "to read GeoTIFF files".
    """
    return InputError(
        f"{package} is not installed; it is needed {purpose}",
        hint=f"pip install 'geobench-tools[{extra}]'",
    )


def system_error(error: OSError) -> InputError:
    """Return what the operating system refused as an error with a next step."""
    said = os.strerror(error.errno) if error.errno else str(error) or type(error).__name__
    name = next((one for one in (error.filename2, error.filename) if one is not None), "")
    shown = os.fsdecode(name) if isinstance(name, bytes | str | os.PathLike) else str(name)
    message = f"{shown}: {said}" if shown else said
    return InputError(message, hint=_SYSTEM_HINTS.get(error.errno or 0, ""))
