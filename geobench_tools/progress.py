"""How long work reports its progress, without knowing who watches."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

__all__ = ["SILENT", "Advance", "Progress"]

Advance = Callable[[int], None]
"""Called with the number of items finished since the last call."""


class Progress(Protocol):
    """Anything that can show a named task with a rate and a remaining time."""

    def task(self, label: str, total: int | None = None) -> AbstractContextManager[Advance]:
        """Open a task of ``total`` items (None if unknown) and yield its advance function."""
        ...


class _Silent:
    @contextmanager
    def task(self, label: str, total: int | None = None) -> Iterator[Advance]:
        yield lambda _n: None


SILENT: Progress = _Silent()
"""Shows nothing."""
