"""ms-swift: one row schema for GRPO and for its rewards."""

from collections.abc import Sequence
from typing import Any

from geobench_tools.pairing._export._question import Question
from geobench_tools.pairing._export._target import JsonLines, Target

__all__ = ["Swift"]


class Swift(Target):
    """Rows of ``messages`` (no assistant turn), ``images`` and ``solution``.

    ``<image>`` stands where each image goes; extra columns reach the reward plugin.
    """

    name = "ms-swift"

    def sink(self, split: str) -> JsonLines:
        """Return the writer of ``SPLIT.jsonl``."""
        return JsonLines(self.folder / f"{split}.jsonl")

    def row(self, question: Question) -> dict[str, Any]:
        """Return one line."""
        return {
            "messages": [{"role": "user", "content": self.wording.text}],
            "images": self.image_paths(question),
            "solution": self.answer(question),
            "id": question.id,
        }

    def usage(self, splits: Sequence[str], image_folder: str) -> str:
        """Show the launcher's options."""
        val = f" --val_dataset OUT/{splits[1]}.jsonl" if len(splits) > 1 else ""
        return f"""\
Image paths are relative, so tell ms-swift where they start:

    ROOT_IMAGE_DIR={image_folder} swift rlhf --rlhf_type grpo --dataset OUT/{splits[0]}.jsonl{val} …

The reward plugin receives `solution` ("{self.wording.labels[0]}" … "{self.wording.labels[-1]}").
"""
