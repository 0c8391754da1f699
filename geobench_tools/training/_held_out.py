"""Accuracy on questions that are never trained on, and its change with an interval."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.answers import read
from geobench_tools.pairing import candidate_labels
from geobench_tools.progress import SILENT, Progress
from geobench_tools.training._data import Row

__all__ = ["Change", "HeldOut", "Share", "change_of", "held_out", "replies_of"]

Prepare = Callable[[Row], list[dict[str, Any]]]
_Z95 = 1.959963984540054
_BATCH = 128


@dataclass(frozen=True)
class Share:
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Change:
    """Accuracy before and after, and the mean difference on the same questions."""

    before: Share
    after: Share
    difference: Share

    @property
    def rises(self) -> bool:
        """Whether the interval of the difference lies above zero."""
        return self.difference.low > 0


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

    def document(self) -> dict[str, Any]:
        """Return accuracies with intervals for JSON."""
        return {
            "questions": len(self.groups),
            "greedy": asdict(_share(self.greedy, self.groups)),
            "sampled": asdict(_share(self.sampled, self.groups)),
            "answered": round(self.answered, 4),
        }


def held_out(
    model: Any,
    processor: Any,
    rows: Sequence[Row],
    *,
    max_tokens: int,
    seed: int = 0,
    batch: int = _BATCH,
    progress: Progress = SILENT,
    label: str = "Held-out questions",
) -> HeldOut:
    """Ask a model held-out questions, greedily and sampled.

    Args:
        model: The model.
        processor: Its processor.
        rows: The questions; all with the same number of candidates.
        max_tokens: Longest reply.
        seed: Seed of the sampled replies.
        batch: Questions generated together.
        progress: Told of every batch.
        label: Shown with the progress.
    """
    letters = candidate_labels(len(rows[0].images) - 1, "letters")
    right: dict[bool, list[bool]] = {False: [], True: []}
    answered = 0
    with progress.task(label, 2 * len(rows)) as advance:
        for sample in (False, True):
            for start in range(0, len(rows), batch):
                part = rows[start : start + batch]
                texts = replies_of(
                    model, processor, part, sample=sample, max_tokens=max_tokens, seed=seed + start
                )
                for row, text in zip(part, texts, strict=True):
                    value = read(text, "mcq", choices=letters).value
                    right[sample].append(value == row.solution)
                    answered += value is not None and not sample
                advance(len(part))
    return HeldOut(
        np.array(right[False]),
        np.array(right[True]),
        answered / len(rows),
        tuple(row.group for row in rows),
    )


def replies_of(
    model: Any, processor: Any, rows: Sequence[Row], *, sample: bool, max_tokens: int, seed: int
) -> list[str]:
    """Generate one reply to each row, all in one batch; the random state is left as it was."""
    import torch

    inputs = processor.apply_chat_template(
        [_chat(row) for row in rows],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"padding": True, "padding_side": "left"},
    ).to(model.device)
    with _evaluating(model), torch.inference_mode(), torch.random.fork_rng():
        torch.manual_seed(seed)
        tokens = model.generate(
            **inputs,
            max_new_tokens=max_tokens,
            do_sample=sample,
            **({"temperature": 1.0, "top_k": 0, "top_p": 1.0} if sample else {}),
        )
    start = inputs["input_ids"].shape[1]
    replies: list[str] = processor.tokenizer.batch_decode(
        tokens[:, start:], skip_special_tokens=True
    )
    return replies


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


def change_of(
    before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_], groups: Sequence[str]
) -> Change:
    """Compare two models on the same questions, clique by clique."""
    difference = after.astype(float) - before.astype(float)
    return Change(
        _share(before, groups), _share(after, groups), _mean(difference, groups, -1.0, 1.0)
    )


def _share(right: npt.NDArray[np.bool_], groups: Sequence[str]) -> Share:
    return _mean(right.astype(float), groups, 0.0, 1.0)


def _mean(
    values: npt.NDArray[np.float64], groups: Sequence[str], least: float, most: float
) -> Share:
    """Return a mean with the normal interval of its cluster-robust error (Liang and Zeger 1986)."""
    _, codes = np.unique(np.asarray(groups), return_inverse=True)
    mean, n = float(values.mean()), int(codes.max()) + 1
    sums = np.bincount(codes, weights=values - mean, minlength=n)
    spread = math.sqrt(float((sums**2).sum()) * n / max(1, n - 1)) / len(values)
    low, high = mean - _Z95 * spread, mean + _Z95 * spread
    return Share(round(mean, 4), round(max(least, low), 4), round(min(most, high), 4))
