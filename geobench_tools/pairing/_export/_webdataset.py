"""WebDataset: tar shards of bounded size, the same bytes for the same set."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tarfile import BLOCKSIZE, USTAR_FORMAT, TarInfo
from typing import IO, Any, ClassVar

from geobench_tools.pairing._export._images import ImageMode
from geobench_tools.pairing._export._question import Question
from geobench_tools.pairing._export._target import RowSink, Target

__all__ = ["WebDataset"]


class WebDataset(Target):
    """Samples of ``KEY.ground.jpg``, ``KEY.0.jpg`` … in candidate order, and ``KEY.json``.

    Keys are row numbers, so they say nothing of places.
    """

    name = "webdataset"
    modes: ClassVar[tuple[ImageMode, ...]] = ("embed",)

    def sink(self, split: str) -> "TarShards":
        """Return the writer of ``SPLIT-000000.tar`` …."""
        return TarShards(self.folder, split, self.shard_bytes)

    def row(self, question: Question) -> dict[str, Any]:
        """Return one sample as its files' contents by name."""
        key = f"{question.index:09d}"
        files: dict[str, Any] = {}
        roles = ["ground", *map(str, range(len(self.wording.labels)))]
        for role, ref in zip(roles, question.images, strict=True):
            name, content = self.images.read(ref)
            files[f"{key}.{role}{Path(name).suffix}"] = content
        facts = {
            "id": question.id,
            "split": question.split,
            "question": self.wording.text,
            "answer": self.answer(question),
            "answer_index": question.answer_index,
            **question.facts(),
        }
        files[f"{key}.json"] = json.dumps(facts, ensure_ascii=False).encode()
        return files

    def usage(self, splits: Sequence[str], image_folder: str) -> str:
        """Show how the shards are read."""
        last = sum(1 for _ in self.folder.glob(f"{splits[0]}-*.tar")) - 1
        numbers = f"{{000000..{last:06d}}}" if last else "000000"
        shards = f"{splits[0]}-{numbers}.tar"
        return f"""\
```python
import webdataset as wds

for sample in wds.WebDataset("OUT/{shards}", shardshuffle=False).decode("pil"):
    answer = sample["json"]["answer_index"]
    sample["ground.jpg"], sample[f"{{answer}}.jpg"]   # a pair, as PIL images
```

Images that are not JPEG keep their own suffix, as in `ground.png`.
"""


class TarShards(RowSink):
    """Writes samples into ``SPLIT-000000.tar`` … with fixed times, owners and modes.

    Args:
        folder: Where the shards go.
        split: Their name.
        shard_bytes: A shard ends before the sample that would exceed this, but has one at least.
    """

    def __init__(self, folder: Path, split: str, shard_bytes: int) -> None:
        self._folder, self._split, self._limit = folder, split, shard_bytes
        self._shards = self._size = 0
        self._stream: IO[bytes] | None = None

    def write(self, row: Mapping[str, Any]) -> None:
        """Append one sample, all of it to the same shard."""
        size = sum(BLOCKSIZE + _padded(len(content)) for content in row.values())
        if self._stream and self._size + size > self._limit:
            self._close()
        if self._stream is None:
            path = self._folder / f"{self._split}-{self._shards:06d}.tar"
            self._stream = path.open("wb")
        for name, content in row.items():
            entry = TarInfo(name)
            entry.size = len(content)
            self._stream.write(entry.tobuf(USTAR_FORMAT))
            self._stream.write(content.ljust(_padded(len(content)), b"\0"))
        self._size += size

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        if self._stream:
            self._stream.write(bytes(2 * BLOCKSIZE))
            self._stream.close()
            self._shards += 1
        self._stream, self._size = None, 0


def _padded(size: int) -> int:
    return -(-size // BLOCKSIZE) * BLOCKSIZE
