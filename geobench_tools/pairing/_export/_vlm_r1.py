"""VLM-R1, the trainer of the Geo-R1 paper: JSON lines that its ``grpo_jsonl.py`` reads."""

from collections.abc import Sequence
from typing import Any, ClassVar

from geobench_tools.pairing._export._question import Question
from geobench_tools.pairing._export._target import JsonLines, Target
from geobench_tools.pairing._prompt import LabelStyle

__all__ = ["VlmR1"]


class VlmR1(Target):
    """Rows of ``id``, ``image``, ``conversations`` and ``accu_reward_method``.

    The loader strips image marks from the text, puts all images before it and appends the format
    instruction. So the text names the candidates by their order, has no marks and leaves the
    instruction out. Its multiple-choice parser knows letters only.
    """

    name = "vlm-r1"
    styles: ClassVar[tuple[LabelStyle, ...]] = ("letters",)
    note = (
        "The released VLM-R1 trainer stops with an assertion on rows with several images "
        "(its issues 317 and 342); train with a version in which that is repaired."
    )

    def sink(self, split: str) -> JsonLines:
        """Return the writer of ``SPLIT.jsonl``."""
        return JsonLines(self.folder / f"{split}.jsonl")

    def row(self, question: Question) -> dict[str, Any]:
        """Return one line; its images are the ground view, then the candidates in order."""
        return {
            "id": question.id,
            "image": [self.images.path(ref) for ref in question.images],
            "conversations": [
                {"from": "human", "value": self.wording.images_first},
                {"from": "gpt", "value": self.answer(question)},
            ],
            "accu_reward_method": "mcq",
        }

    def usage(self, splits: Sequence[str], image_folder: str) -> str:
        """Show the trainer's options."""
        return f"""\
Options of `grpo_jsonl.py`:

    --data_file_paths OUT/{splits[0]}.jsonl --image_folders {image_folder} \\
    --reward_method mcq --task_type default --is_reward_customized_from_vlm_module False
"""
