"""Accuracy on questions that are never trained on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.answers import read
from geobench_tools.pairing import candidate_labels
from geobench_tools.progress import SILENT, Progress
from geobench_tools.training._data import Row
from geobench_tools.training._intervals import share_of

__all__ = ["HeldOut", "held_out", "replies_of"]

_BATCH = 128
_BATCH_TOKENS = 1 << 16
"""Tokens of questions and replies that are held in memory together."""

Answer = tuple[bool, bool, bool]
"""Right greedily, right sampled, a readable letter in the greedy reply."""


@dataclass(frozen=True)
class HeldOut:
    """Which questions a model has right, greedily and sampled once at temperature 1.

    Attributes:
        greedy: One flag for each question.
        sampled: The same for a sampled reply.
        answered: Share of greedy replies with a readable letter.
        groups: The clique of each question; intervals treat cliques as the units.
    """

    greedy: npt.NDArray[np.bool_]
    sampled: npt.NDArray[np.bool_]
    answered: float
    groups: tuple[str, ...]

    @classmethod
    def of(cls, answers: Sequence[Answer], groups: tuple[str, ...]) -> "HeldOut":
        """Return the answers to all questions, in their order."""
        greedy, sampled, answered = np.array(answers, bool).T
        return cls(greedy, sampled, float(answered.mean()), groups)

    def document(self) -> dict[str, Any]:
        """Return accuracies with intervals for JSON."""
        return {
            "questions": len(self.groups),
            "greedy": asdict(share_of(self.greedy, self.groups)),
            "sampled": asdict(share_of(self.sampled, self.groups)),
            "answered": round(self.answered, 4),
        }


def held_out(
    model: Any,
    processor: Any,
    rows: Sequence[Row],
    *,
    max_tokens: int,
    seed: int = 0,
    progress: Progress = SILENT,
    label: str = "Held-out questions",
) -> list[Answer]:
    """Ask a model held-out questions, greedily and sampled.

    Args:
        model: The model.
        processor: Its processor.
        rows: The questions; all with the same number of candidates.
        max_tokens: Longest reply.
        seed: Seed of the sampled replies.
        progress: Told of every batch.
        label: Shown with the progress.
    """
    if not rows:
        return []
    letters = candidate_labels(len(rows[0].images) - 1, "letters")
    batch = _batch(processor, rows[0], max_tokens)
    right: dict[bool, list[bool]] = {False: [], True: []}
    answered: list[bool] = []
    with progress.task(label, 2 * len(rows)) as advance:
        for sample in (False, True):
            for start in range(0, len(rows), batch):
                part = rows[start : start + batch]
                texts = replies_of(
                    model, processor, part, sample=sample, max_tokens=max_tokens, seed=seed + start
                )
                values = [read(text, "mcq", choices=letters).value for text in texts]
                right[sample] += [
                    value == row.solution for row, value in zip(part, values, strict=True)
                ]
                answered += [value is not None for value in values if not sample]
                advance(len(part))
    return list(zip(right[False], right[True], answered, strict=True))


def _batch(processor: Any, row: Row, max_tokens: int) -> int:
    """Return how many questions like ``row`` are asked together."""
    asked = int(_inputs(processor, [row])["input_ids"].shape[1])
    return max(1, min(_BATCH, _BATCH_TOKENS // (asked + max_tokens)))


def replies_of(
    model: Any, processor: Any, rows: Sequence[Row], *, sample: bool, max_tokens: int, seed: int
) -> list[str]:
    """Generate one reply to each row, all in one batch; the random state is left as it was."""
    import torch

    inputs = _inputs(processor, rows).to(model.device)
    with _evaluating(model), torch.inference_mode(), torch.random.fork_rng():
        torch.manual_seed(seed)
        tokens = model.generate(
            **inputs,
            max_new_tokens=max_tokens,
            do_sample=sample,
            # Qwen2.5-VL's own generation settings have 1.05, and training samples without.
            repetition_penalty=1.0,
            **({"temperature": 1.0, "top_k": 0, "top_p": 1.0} if sample else {}),
        )
    start = inputs["input_ids"].shape[1]
    replies: list[str] = processor.tokenizer.batch_decode(
        tokens[:, start:], skip_special_tokens=True
    )
    return replies


def _inputs(processor: Any, rows: Sequence[Row]) -> Any:
    return processor.apply_chat_template(
        [_chat(row) for row in rows],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"padding": True, "padding_side": "left"},
    )


@contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    was = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was)


def _chat(row: Row) -> list[dict[str, Any]]:
    """Return the prompt with its images opened."""
    from PIL import Image

    images = iter(row.images)
    chat = []
    for message in row.prompt:
        content = []
        for part in message["content"]:
            if part["type"] == "image":
                with Image.open(next(images)) as picture:
                    content.append({"type": "image", "image": picture.convert("RGB")})
            else:
                content.append({"type": "text", "text": part["text"]})
        chat.append({"role": message["role"], "content": content})
    return chat
