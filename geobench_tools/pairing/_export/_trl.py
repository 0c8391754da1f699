"""TRL: rows for ``GRPOTrainer``, with each image at its place in the prompt."""

from collections.abc import Sequence
from typing import Any, ClassVar

from geobench_tools.pairing._export._hub import DATA_FOLDER, front_matter, hub_schema, image_cell
from geobench_tools.pairing._export._images import ImageMode
from geobench_tools.pairing._export._parquet import ParquetShards
from geobench_tools.pairing._export._question import Question
from geobench_tools.pairing._export._target import Target

__all__ = ["Trl"]


class Trl(Target):
    """Rows of ``prompt`` (structured content), ``images``, ``solution`` and ``id``.

    A content part never has an ``image`` key: TRL takes the key, even when null, for a filled
    placeholder.
    """

    name = "trl"
    modes: ClassVar[tuple[ImageMode, ...]] = ("embed", "copy", "link", "keep")

    def sink(self, split: str) -> ParquetShards:
        """Return the writer of ``data/SPLIT-00000.parquet`` …."""
        return ParquetShards(
            self.folder / DATA_FOLDER, split, hub_schema(self._features()), self.shard_bytes
        )

    def row(self, question: Question) -> dict[str, Any]:
        """Return one row."""
        content = [
            {"type": "image"} if isinstance(part, int) else {"type": "text", "text": part}
            for part in self.wording.parts
        ]
        if self.images.mode == "embed":
            refs = self.wording.in_reading_order(question.images)
            images: list[Any] = [image_cell(self.images, ref) for ref in refs]
        else:
            images = self.image_paths(question)
        return {
            "prompt": [{"role": "user", "content": content}],
            "images": images,
            "solution": self.answer(question),
            "id": question.id,
        }

    def readme_header(self, splits: Sequence[str]) -> str:
        """Return the card header by which ``load_dataset`` finds the splits."""
        return front_matter(splits, ["trl", "grpo", "geospatial", "cross-view"])

    def usage(self, splits: Sequence[str], image_folder: str) -> str:
        """Show how the rows are loaded."""
        if self.images.mode == "embed":
            return f"""\
```python
from datasets import load_dataset

rows = load_dataset("OUT", split="{splits[0]}")   # images decode when a row is read
```

Give `rows` to `trl.GRPOTrainer(train_dataset=rows, …)`; reward functions receive `solution`.
"""
        return f"""\
```python
from datasets import Image, List, load_dataset

rows = load_dataset("OUT", split="{splits[0]}")
rows = rows.map(lambda row: {{"images": ["{image_folder}/" + path for path in row["images"]]}})
rows = rows.cast_column("images", List(Image()))   # images decode when a row is read
```

Give `rows` to `trl.GRPOTrainer(train_dataset=rows, …)`; reward functions receive `solution`.
"""

    def _features(self) -> dict[str, Any]:
        from datasets import Image, List, Value

        text = Value("string")
        part = {"type": text, "text": text}
        return {
            "prompt": List({"role": text, "content": List(part)}),
            "images": List(Image() if self.images.mode == "embed" else text),
            "solution": text,
            "id": text,
        }
