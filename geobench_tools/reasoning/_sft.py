"""Kept traces as rows for supervised fine-tuning: one internal row, three writers.

    sft/trl/SPLIT.jsonl                        prompt, completion, images
    sft/ms-swift/SPLIT.jsonl                   messages, images
    sft/llamafactory/geor1_traces_SPLIT.json   messages, images; dataset_info.json
    sft/images/                                what all paths are relative to sft/ for

The prompt is the one that a pairing export for reinforcement learning has.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from geobench_tools.pairing import (
    ImageMode,
    ImageStore,
    JsonLines,
    LlamaFactory,
    PairingPrompt,
    PairingSet,
    Question,
    RowSink,
    Swift,
    Target,
    Trl,
    Wording,
    image_finder,
)

__all__ = ["SftCounts", "TraceRow", "write_sft"]


@dataclass(frozen=True, slots=True)
class TraceRow:
    """A kept trace with its question.

    Attributes:
        id: Its name.
        question: The question.
        text: ``<think>…</think><answer>…</answer>``.
    """

    id: str
    question: Question
    text: str


@dataclass(frozen=True, slots=True)
class SftCounts:
    """What was written.

    Attributes:
        rows: Rows by split, the same for each writer.
        images: Image files.
        image_bytes: Their size.
    """

    rows: Mapping[str, int]
    images: int
    image_bytes: int


class _TrlRows(Trl):
    modes: ClassVar[tuple[ImageMode, ...]] = ("copy", "link")

    def answered(self, trace: TraceRow) -> dict[str, Any]:
        row = self.row(trace.question)
        completion = [{"role": "assistant", "content": trace.text}]
        return {"prompt": row["prompt"], "completion": completion, **row, **_names(trace)}


class _SwiftRows(Swift):
    def answered(self, trace: TraceRow) -> dict[str, Any]:
        return _with_reply(self.row(trace.question), trace) | _names(trace)


class _LlamaFactoryRows(LlamaFactory):
    prefix: ClassVar[str] = "geor1_traces"

    def answered(self, trace: TraceRow) -> dict[str, Any]:
        return _with_reply(self.row(trace.question), trace) | _names(trace)


def _with_reply(row: dict[str, Any], trace: TraceRow) -> dict[str, Any]:
    messages = [*row["messages"][:1], {"role": "assistant", "content": trace.text}]
    return {**row, "messages": messages}


def _names(trace: TraceRow) -> dict[str, str]:
    return {"id": trace.id, "question_id": trace.question.id}


_Writer = Callable[[TraceRow], dict[str, Any]]


def write_sft(
    folder: Path,
    traces: Iterable[TraceRow],
    pairs: PairingSet,
    prompt: PairingPrompt,
    mode: ImageMode = "copy",
) -> SftCounts:
    """Write kept traces for TRL, ms-swift and LLaMA-Factory.

    Args:
        folder: An empty folder.
        traces: In the order of the rows.
        pairs: Their pairing set, which has the images.
        prompt: The question's words.
        mode: ``copy`` the images, or ``link`` to where they are.

    Raises:
        InputError: An image is missing or outside its root.
    """
    wording = Wording.of(prompt, pairs.k, "letters")
    seed = int(pairs.manifest.parameters.get("seed") or 0)
    rows: dict[str, int] = {}
    with ImageStore(mode, folder, seed, image_finder(pairs)) as images, ExitStack() as stack:
        trl, swift, factory = (
            kind(folder / kind.name, wording, images, 0)
            for kind in (_TrlRows, _SwiftRows, _LlamaFactoryRows)
        )
        sinks: dict[str, list[tuple[RowSink, _Writer]]] = {}
        for trace in traces:
            split = trace.question.split
            if split not in sinks:
                sinks[split] = [
                    (stack.enter_context(_sink(target, split)), target.answered)
                    for target in (trl, swift, factory)
                ]
            for sink, answered in sinks[split]:
                sink.write(answered(trace))
            rows[split] = rows.get(split, 0) + 1
        if rows:
            factory.finish(list(rows))
        return SftCounts(rows, images.files, images.bytes)


def _sink(target: Target, split: str) -> RowSink:
    target.folder.mkdir(parents=True, exist_ok=True)
    if isinstance(target, LlamaFactory):
        return target.sink(split)
    return JsonLines(target.folder / f"{split}.jsonl")
