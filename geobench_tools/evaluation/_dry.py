"""What a run would send: prompts, images, and an estimate of tokens and cost, without a call."""

import json
import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from geobench_tools.evaluation._log import SAMPLES, RunLog
from geobench_tools.evaluation._outcome import cost_of
from geobench_tools.evaluation._plan import chosen, planned
from geobench_tools.evaluation._prepare import Prepared, Preparer, Turn
from geobench_tools.evaluation._record import Benchmark, RunSpec
from geobench_tools.models import ImagePart, Model, UnreadableImage, Usage, image_size
from geobench_tools.progress import SILENT, Progress

__all__ = ["DryRun", "ImageSizes", "dry_run"]

CHARS_PER_TOKEN = 4.0
PIXELS_PER_TOKEN = 28 * 28
EXAMPLES = 3
_UNKNOWN = "?" * 100


@dataclass(frozen=True)
class ImageSizes:
    """Sizes of the images as they would be sent.

    Attributes:
        count: Images of all requests of one run.
        bytes: Their total.
        smallest: Width and height of the one with the fewest pixels, (0, 0) without images.
        median_pixels: Of all.
        largest: Width and height of the one with the most pixels.
        changed: How many would not go out untouched.
    """

    count: int = 0
    bytes: int = 0
    smallest: tuple[int, int] = (0, 0)
    median_pixels: int = 0
    largest: tuple[int, int] = (0, 0)
    changed: int = 0


@dataclass(frozen=True)
class DryRun:
    """What a run would send.

    Attributes:
        requests: All requests, over all runs.
        reused: Of these, how many have a reply in the run directory already.
        unreadable: Samples whose image cannot be sent, as ``(sample id, reason)``.
        prompts: Distinct prompt texts.
        examples: The first prompts by sample id: messages with texts and ``{"image": number}``.
        images: Sizes.
        prompt_tokens: Estimate for what is still to be sent: a token per 4 characters and per
            28 x 28 pixels, as Qwen2.5-VL counts; other models differ by a factor of two or more.
        completion_tokens: Upper bound, from ``max_tokens``; None if it is not set.
        cost: From the user's prices, with the upper bound; None without prices or bound.
    """

    requests: int
    reused: int
    unreadable: tuple[tuple[str, str], ...]
    prompts: int
    examples: Mapping[str, object]
    images: ImageSizes
    prompt_tokens: int
    completion_tokens: int | None
    cost: float | None


def dry_run(
    spec: RunSpec, benchmark: Benchmark, model: Model, progress: Progress = SILENT
) -> DryRun:
    """Go through the samples of a run and ask nothing; nothing is written.

    Raises:
        InputError: The benchmark's data cannot be read.
    """
    log = RunLog(spec.output)
    if (spec.output / SAMPLES).exists():
        log.load()
    sizes: list[tuple[int, int]] = []
    prompts: set[str] = set()
    examples: dict[str, object] = {}
    unreadable: list[tuple[str, str]] = []
    requests = reused = image_bytes = changed = 0
    tokens = 0.0
    with progress.task(f"{benchmark.name} (dry run)", planned(spec, benchmark)) as advance:
        for run_index in range(spec.runs):
            preparer = Preparer(spec, model, {}, run_index)
            before: Turn | None = None
            for _, sample in chosen(spec, benchmark):
                advance(1)
                try:
                    prepared = preparer.prepare(sample, before if sample.follows else None)
                    found = _sizes(prepared)
                except UnreadableImage as error:
                    before = None
                    if run_index == 0:
                        unreadable.append((sample.sample_id, error.message))
                    continue
                requests += 1
                text = _UNKNOWN
                if log.has_reply(sample.sample_id, run_index, prepared.request.key):
                    reused += 1
                    text = log.reply(sample.sample_id, run_index, prepared.request.key)
                else:
                    tokens += _tokens(prepared, found)
                before = Turn(prepared, text)
                if run_index:
                    continue
                sizes += found
                image_bytes += sum(image.bytes for image in prepared.images)
                changed += sum(bool(image.change) for image in prepared.images)
                prompts.add(prepared.prompt)
                if len(examples) < EXAMPLES:
                    examples[sample.sample_id] = json.loads(prepared.prompt_document)
    limit = spec.sampling.max_tokens
    most = None if limit is None else limit * (requests - reused)
    cost = None
    if spec.prices is not None and most is not None:
        cost = cost_of(Usage(math.ceil(tokens), most), spec.prices)
    return DryRun(
        requests,
        reused,
        tuple(unreadable),
        len(prompts),
        examples,
        _summary(sizes, image_bytes, changed),
        math.ceil(tokens),
        most,
        cost,
    )


def _sizes(prepared: Prepared) -> list[tuple[int, int]]:
    parts = [part for message in prepared.request.messages for part in message.parts]
    return [
        image_size(part.source, f"an image of {prepared.request.sample_id}")
        for part in parts
        if isinstance(part, ImagePart) and isinstance(part.source, bytes)
    ]


def _tokens(prepared: Prepared, sizes: list[tuple[int, int]]) -> float:
    parts = [part for message in prepared.request.messages for part in message.parts]
    characters = sum(len(part) for part in parts if isinstance(part, str))
    pixels = sum(width * height for width, height in sizes)
    return characters / CHARS_PER_TOKEN + pixels / PIXELS_PER_TOKEN


def _summary(sizes: list[tuple[int, int]], total_bytes: int, changed: int) -> ImageSizes:
    if not sizes:
        return ImageSizes()
    ordered = sorted(sizes, key=lambda size: size[0] * size[1])
    middle = int(statistics.median(width * height for width, height in ordered))
    return ImageSizes(len(sizes), total_bytes, ordered[0], middle, ordered[-1], changed)
