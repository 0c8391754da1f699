"""verl: Parquet rows for its RL data set."""

from collections.abc import Sequence
from typing import Any, ClassVar

from geobench_tools.pairing._export._images import ImageMode
from geobench_tools.pairing._export._parquet import ParquetShards
from geobench_tools.pairing._export._question import Question
from geobench_tools.pairing._export._target import Target

__all__ = ["DATA_SOURCE", "Verl"]

DATA_SOURCE = "geor1/cross_view"

_ONE_SPLIT = (
    "verl insists on validation files, and this export has one split, so they are the same rows.",
    "",
)


class Verl(Target):
    """Rows of ``data_source, prompt, images, ability, reward_model, extra_info``.

    ``<image>`` stands where each image goes. Images are bytes, or paths that verl opens relative to
    its working folder.
    """

    name = "verl"
    modes: ClassVar[tuple[ImageMode, ...]] = ("embed", "copy", "link", "keep")

    def sink(self, split: str) -> ParquetShards:
        """Return the writer of ``SPLIT-00000.parquet`` …."""
        return ParquetShards(self.folder, split, self._schema(), self.shard_bytes)

    def row(self, question: Question) -> dict[str, Any]:
        """Return one row; ``extra_info.index`` is unique within the split."""
        return {
            "data_source": DATA_SOURCE,
            "prompt": [{"role": "user", "content": self.wording.text}],
            "images": self._images(question),
            "ability": "geo",
            "reward_model": {"style": "rule", "ground_truth": self.answer(question)},
            "extra_info": {
                "index": question.index,
                "split": question.split,
                "id": question.id,
                "k": len(self.wording.labels),
            },
        }

    def usage(self, splits: Sequence[str], image_folder: str) -> str:
        """Show the launcher's options."""
        lines = [
            "Options of `verl.trainer.main_ppo`:",
            "",
            f"    'data.train_files={self._shards(splits[0])}' \\",
            f"    'data.val_files={self._shards(splits[min(1, len(splits) - 1)])}' \\",
            "    data.image_key=images data.filter_overlong_prompts=True \\",
            "    reward.custom_reward_function.path=reward.py",
            "",
            *(_ONE_SPLIT if len(splits) == 1 else ()),
            f"The reward function receives `data_source` = `{DATA_SOURCE}` and `ground_truth`;",
            "verl has no reward of its own for this source.",
        ]
        if self.images.mode != "embed":
            lines += ["", f"Image paths are relative: start verl in `{image_folder}`."]
        return "\n".join(lines) + "\n"

    def _shards(self, split: str) -> str:
        names = sorted(path.name for path in self.folder.glob(f"{split}-*.parquet"))
        return "[" + ",".join(f"OUT/{name}" for name in names) + "]"

    def _images(self, question: Question) -> list[Any]:
        if self.images.mode != "embed":
            return self.image_paths(question)
        refs = self.wording.in_reading_order(question.images)
        return [{"bytes": self.images.read(ref)[1]} for ref in refs]

    def _schema(self) -> Any:
        import pyarrow as pa

        text = pa.string()
        embedded = self.images.mode == "embed"
        image = pa.struct([("bytes", pa.binary())]) if embedded else text
        extra = [("index", pa.int64()), ("split", text), ("id", text), ("k", pa.int32())]
        return pa.schema(
            [
                ("data_source", text),
                ("prompt", pa.list_(pa.struct([("role", text), ("content", text)]))),
                ("images", pa.list_(image)),
                ("ability", text),
                ("reward_model", pa.struct([("style", text), ("ground_truth", text)])),
                ("extra_info", pa.struct(extra)),
            ]
        )
