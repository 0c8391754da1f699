"""What the export targets share: their interface and the text files that most of them write."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from geobench_tools.pairing._export._images import ImageMode, ImageStore
from geobench_tools.pairing._export._question import Question, Wording
from geobench_tools.pairing._prompt import LABEL_STYLES, LabelStyle

__all__ = ["JsonLines", "RowSink", "Target"]


class RowSink(ABC):
    """Takes the rows of one split and writes them; used as a context."""

    def __enter__(self) -> "RowSink":
        return self

    @abstractmethod
    def __exit__(self, *_: object) -> None: ...

    @abstractmethod
    def write(self, row: Mapping[str, Any]) -> None:
        """Take one row."""


class Target(ABC):
    """A trainer's or a library's own file format.

    Attributes:
        name: As given to ``--to``.
        modes: How images may travel; the first is the default.
        styles: Labels that its answers may have.
        note: A limit that every user of the target must know; empty if there is none.
    """

    name: ClassVar[str]
    modes: ClassVar[tuple[ImageMode, ...]] = ("copy", "link", "keep")
    styles: ClassVar[tuple[LabelStyle, ...]] = LABEL_STYLES
    note: ClassVar[str] = ""

    def __init__(
        self, folder: Path, wording: Wording, images: ImageStore, shard_bytes: int
    ) -> None:
        self.folder = folder
        self.wording = wording
        self.images = images
        self.shard_bytes = shard_bytes

    @abstractmethod
    def sink(self, split: str) -> RowSink:
        """Return the writer of one split."""

    @abstractmethod
    def row(self, question: Question) -> dict[str, Any]:
        """Return a question as the target's row."""

    def finish(self, splits: Sequence[str]) -> None:  # noqa: B027
        """Write what goes beside the rows of the splits that have any: nothing, by default."""

    def readme_header(self, splits: Sequence[str]) -> str:
        """Return the front matter of the export's README; empty where no reader looks for it."""
        return ""

    @abstractmethod
    def usage(self, splits: Sequence[str], image_folder: str) -> str:
        """Return Markdown that shows how the export is used.

        Args:
            splits: The splits that have rows.
            image_folder: The folder that image paths are relative to, as users are to write it.
        """

    def answer(self, question: Question) -> str:
        """Return the label of the right candidate."""
        return self.wording.labels[question.answer_index]

    def image_paths(self, question: Question) -> list[str]:
        """Return the paths of the images in the order in which the text shows them."""
        refs = self.wording.in_reading_order(question.images)
        return [self.images.path(ref) for ref in refs]


class JsonLines(RowSink):
    """Writes rows as JSON, one a line, or as one JSON list."""

    def __init__(self, path: Path, *, as_list: bool = False) -> None:
        self._stream = path.open("w", encoding="utf-8", newline="\n")
        self._as_list = as_list
        self._rows = 0

    def __exit__(self, *_: object) -> None:
        if self._as_list:
            self._stream.write("\n]\n" if self._rows else "[]\n")
        self._stream.close()

    def write(self, row: Mapping[str, Any]) -> None:
        """Append one row."""
        text = json.dumps(row, ensure_ascii=False)
        if self._as_list:
            self._stream.write(("[\n" if not self._rows else ",\n") + text)
        else:
            self._stream.write(text + "\n")
        self._rows += 1
