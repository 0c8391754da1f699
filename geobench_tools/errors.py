"""The errors a user can meet, each with the process exit code it leads to.

    GeobenchError            any of the below
    ├── InputError       2   bad usage or bad input; nothing was written
    ├── CheckFailed      1   a check ran and failed (an audit found a leak)
    └── PartialFailure   3   finished, but some items failed

Every error carries a ``hint``: the next thing to do.
"""

__all__ = ["CheckFailed", "GeobenchError", "InputError", "PartialFailure"]


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
