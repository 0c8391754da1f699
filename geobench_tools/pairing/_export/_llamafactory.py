"""LLaMA-Factory: ShareGPT rows for supervised fine-tuning, the only stage it has for this task."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from geobench_tools.pairing._export._question import Question
from geobench_tools.pairing._export._target import JsonLines, Target

__all__ = ["LlamaFactory"]


class LlamaFactory(Target):
    """Rows of ``messages`` and ``images`` as a JSON list, with a ``dataset_info.json``.

    ``<image>`` stands where each image goes; relative paths start at ``media_dir``, by default the
    dataset folder.
    """

    name = "llamafactory"
    prefix: ClassVar[str] = "geor1_pairing"
    note = (
        "LLaMA-Factory has no GRPO. These rows teach the bare answer without any reasoning: use "
        "them as a control, and traces with reasoning for real supervised fine-tuning."
    )

    def dataset(self, split: str) -> str:
        """Return the name of a split's dataset."""
        return f"{self.prefix}_{split}"

    def sink(self, split: str) -> JsonLines:
        """Return the writer of ``geor1_pairing_SPLIT.json``."""
        return JsonLines(self.folder / f"{self.dataset(split)}.json", as_list=True)

    def row(self, question: Question) -> dict[str, Any]:
        """Return one conversation; the assistant's turn is the answer in its tags."""
        return {
            "messages": [
                {"role": "user", "content": self.wording.text},
                {"role": "assistant", "content": f"<answer>{self.answer(question)}</answer>"},
            ],
            "images": self.image_paths(question),
            "id": question.id,
        }

    def finish(self, splits: Sequence[str]) -> None:
        """Write ``dataset_info.json``."""
        info = {
            self.dataset(split): {
                "file_name": f"{self.dataset(split)}.json",
                "formatting": "sharegpt",
                "columns": {"messages": "messages", "images": "images"},
                "tags": {
                    "role_tag": "role",
                    "content_tag": "content",
                    "user_tag": "user",
                    "assistant_tag": "assistant",
                    "system_tag": "system",
                },
            }
            for split in splits
        }
        text = json.dumps(info, indent=2) + "\n"
        (self.folder / "dataset_info.json").write_text(text, encoding="utf-8")

    def usage(self, splits: Sequence[str], image_folder: str) -> str:
        """Show the training file's keys."""
        return f"""\
In the training YAML:

    stage: sft
    dataset_dir: OUT
    media_dir: {image_folder}
    dataset: {self.dataset(splits[0])}
"""
