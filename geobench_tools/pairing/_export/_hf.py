"""A plain ``datasets`` folder: one row a question, views as images, everything the set knows."""

from collections.abc import Sequence
from typing import Any, ClassVar

from geobench_tools.pairing._export._hub import DATA_FOLDER, front_matter, hub_schema, image_cell
from geobench_tools.pairing._export._images import ImageMode
from geobench_tools.pairing._export._parquet import ParquetShards
from geobench_tools.pairing._export._question import Question
from geobench_tools.pairing._export._target import Target

__all__ = ["HuggingFace"]


class HuggingFace(Target):
    """Rows of ``id, ground, candidates, question, answer, answer_index`` and the set's facts."""

    name = "hf"
    modes: ClassVar[tuple[ImageMode, ...]] = ("embed",)

    def sink(self, split: str) -> ParquetShards:
        """Return the writer of ``data/SPLIT-00000.parquet`` …."""
        return ParquetShards(
            self.folder / DATA_FOLDER, split, hub_schema(_features()), self.shard_bytes
        )

    def row(self, question: Question) -> dict[str, Any]:
        """Return one row."""
        ground, *candidates = (image_cell(self.images, ref) for ref in question.images)
        return {
            "id": question.id,
            "ground": ground,
            "candidates": candidates,
            "question": self.wording.text,
            "answer": self.answer(question),
            "answer_index": question.answer_index,
            **question.facts(),
        }

    def readme_header(self, splits: Sequence[str]) -> str:
        """Return the card header by which ``load_dataset`` finds the splits."""
        return front_matter(splits, ["geospatial", "cross-view", "geolocation"])

    def usage(self, splits: Sequence[str], image_folder: str) -> str:
        """Show how the rows are loaded."""
        return f"""\
```python
from datasets import load_dataset

rows = load_dataset("OUT")
row = rows["{splits[0]}"][0]
row["ground"], row["candidates"][row["answer_index"]]   # a pair, as PIL images
```

To publish it, first put your licence into the header of this file, then
`hf upload USER/NAME OUT --repo-type dataset`.
"""


def _features() -> dict[str, Any]:
    from datasets import Image, List, Value

    text, metres = Value("string"), Value("float32")
    return {
        "id": text,
        "ground": Image(),
        "candidates": List(Image()),
        "question": text,
        "answer": text,
        "answer_index": Value("int32"),
        "ground_id": text,
        "rotation": Value("int32"),
        "candidate_ids": List(text),
        "clique_id": text,
        "cell": text,
        "min_separation_m": metres,
        "max_separation_m": metres,
        "camera_distance_m": metres,
        "negative_distance_m": metres,
    }
