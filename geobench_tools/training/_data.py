"""Rows for trainers: questions of a pairing set and traces, with images that load when read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.files import within_root
from geobench_tools.pairing import LETTERS, PairingPrompt, PairingSet
from geobench_tools.strictjson import parse_json

__all__ = [
    "Row",
    "as_dataset",
    "image_order",
    "prompt_message",
    "question_rows",
    "trace_rows",
]

_TRACES = Path("sft/trl")


@dataclass(frozen=True, slots=True)
class Row:
    """One example of either stage.

    Attributes:
        id: The question, or the trace.
        prompt: Messages; as many image parts as there are images.
        images: Files in reading order.
        solution: The right letter.
        completion: What fine-tuning teaches; None for reinforcement learning.
        group: The clique, for intervals.
    """

    id: str
    prompt: Sequence[dict[str, Any]]
    images: tuple[Path, ...]
    solution: str
    completion: str | None = None
    group: str = ""


def prompt_message(prompt: PairingPrompt, k: int) -> list[dict[str, Any]]:
    """Return the question as one message with each image at its place in the text.

    A content part never has an ``image`` key: TRL takes it, even when null, for a filled one.
    """
    content = [
        {"type": "image"} if isinstance(part, int) else {"type": "text", "text": part}
        for part in prompt.interleaved(k, "letters")
    ]
    return [{"role": "user", "content": content}]


def image_order(prompt: PairingPrompt, k: int) -> list[int]:
    """Return the images in reading order: 0 is the ground view, i the i-th candidate."""
    return [part for part in prompt.interleaved(k, "letters") if isinstance(part, int)]


def question_rows(pairs: PairingSet, split: str, prompt: PairingPrompt) -> Iterator[Row]:
    """Yield the questions of a split in the set's order.

    Raises:
        InputError: A question does not fit the set's K, or names no image or one outside the roots.
    """
    k = pairs.k
    order = image_order(prompt, k)
    message = prompt_message(prompt, k)
    roots = {kind: pairs.image_root(kind) for kind in ("ground", "satellite")}
    for number, question in enumerate(pairs.iter_questions(split)):
        name = f"question {number} of {split} ({question['ground_id']})"
        candidates = question["candidate_ids"] or []
        answer = question["answer_index"]
        if len(candidates) != k or answer is None or not 0 <= answer < k:
            raise InputError(
                f"{name} has {len(candidates)} candidates and answer {question['answer']!r}; "
                f"the set's K is {k}",
                hint="build the pairs again",
            )
        if question["answer"] != LETTERS[answer]:
            raise InputError(
                f"{name}: candidate {answer + 1} is right but the letter is {question['answer']!r}",
                hint="build the pairs again",
            )
        tiles = question.get("candidate_images") or [None] * k
        named = [("ground", question.get("ground_image")), *(("satellite", one) for one in tiles)]
        files = []
        for kind, relative in named:
            root = roots[kind]
            if root is None or relative is None:
                raise InputError(
                    f"{name} names no {kind} image",
                    hint="build the pairs from views that have images",
                )
            files.append(within_root(root, relative))
        turn = f"#r{question['rotation']}" if question["rotation"] else ""
        yield Row(
            question["ground_id"] + turn,
            message,
            tuple(files[i] for i in order),
            question["answer"],
            group=str(question["clique_id"]),
        )


def trace_rows(folder: Path, split: str = "train") -> Iterator[Row]:
    """Yield the rows for fine-tuning of a traces folder (``sft/trl/SPLIT.jsonl``).

    Raises:
        InputError: There are none, or a line is damaged.
    """
    path = folder / _TRACES / f"{split}.jsonl"
    if not path.is_file():
        raise InputError(
            f"{path} does not exist", hint=f"geor1 synth-cot -o {folder} writes a folder of traces"
        )
    root = folder / "sft"
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = parse_json(line)
                (reply,) = row["completion"]
                marks = _marks(row["prompt"])
                found = Row(
                    str(row["id"]),
                    row["prompt"],
                    tuple(within_root(root, one) for one in row["images"]),
                    str(row["solution"]),
                    str(reply["content"]),
                )
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(f"{path}, line {number} is not a trace: {error!r}") from None
            if marks != len(found.images):
                raise InputError(
                    f"{path}, line {number} has {marks} image places and {len(found.images)} images"
                )
            yield found


def _marks(prompt: Sequence[dict[str, Any]]) -> int:
    return sum(part["type"] == "image" for message in prompt for part in message["content"])


def as_dataset(rows: Sequence[Row]) -> Any:
    """Return a ``datasets.Dataset`` in TRL's layout; images decode when a row is read.

    Columns: ``prompt``, ``images``, ``solution``, ``id`` and, for fine-tuning, ``completion``.
    """
    from datasets import Dataset, Image, List

    columns: dict[str, list[Any]] = {
        "prompt": [list(row.prompt) for row in rows],
        "images": [[str(path) for path in row.images] for row in rows],
        "solution": [row.solution for row in rows],
        "id": [row.id for row in rows],
    }
    if rows and rows[0].completion is not None:
        columns["completion"] = [[{"role": "assistant", "content": row.completion}] for row in rows]
    return Dataset.from_dict(columns).cast_column("images", List(Image()))
