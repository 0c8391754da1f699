"""What a run would send, before it is sent: prompt, images, an estimate of tokens and cost."""

import math
from dataclasses import asdict, dataclass
from itertools import islice

from geobench_tools.evaluation._head import check_run, run_identity
from geobench_tools.evaluation._log import SAMPLES
from geobench_tools.evaluation._outcome import cost_of
from geobench_tools.evaluation._plan import chosen, planned
from geobench_tools.evaluation._record import ANSWERED, Benchmark, RunSpec
from geobench_tools.evaluation._totals import total_of
from geobench_tools.models import (
    JSON,
    EncodedImage,
    ImageLoader,
    ImagePart,
    Message,
    Model,
    UnreadableImage,
    Usage,
    image_size,
)

__all__ = ["DryRun", "dry_run"]

_LOOKED_AT = 64
_CHARACTERS_PER_TOKEN = 4.0
_PIXELS_PER_TOKEN = 28 * 28
_ASSUMED_REPLY = 500


@dataclass(frozen=True)
class DryRun:
    """An estimate from the first samples.

    Attributes:
        benchmark: Name.
        folder: Where the run would lie.
        requests: Number of them, over all runs; None if unknown.
        answered: How many of them have a reply in the folder.
        looked_at: Samples that the estimates are from.
        images: Images a request has, on average.
        image_bytes: Bytes of them, on average.
        image_pixels: Pixels of them, on average.
        unreadable: Samples among them whose images cannot be sent.
        prompt_tokens: Estimate for what is not answered: a token for 4 characters and for 28 x 28
            pixels, as Qwen2.5-VL counts; other models differ by a factor of two or more.
        completion_tokens: Likewise: ``max_tokens``, or 500 a reply.
        cost: Estimate; None without prices.
        prompt: The first prompt, with its images as placeholders.
    """

    benchmark: str
    folder: str
    requests: int | None
    answered: int
    looked_at: int
    images: float
    image_bytes: float
    image_pixels: float
    unreadable: int
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None
    prompt: str

    def document(self) -> dict[str, JSON]:
        """Return the estimate as JSON."""
        document: dict[str, JSON] = asdict(self)
        return document

    def rows(self) -> list[tuple[str, str]]:
        """Return the estimate as lines for people."""
        rows = [
            ("run directory", self.folder),
            ("requests", "unknown" if self.requests is None else f"{self.requests:,}"),
            *([("answered already", f"{self.answered:,}")] if self.answered else []),
            ("estimated from", f"the first {self.looked_at:,} samples"),
            ("images a request", f"{self.images:.1f}"),
            ("image bytes a request", f"{self.image_bytes:,.0f}"),
            ("image pixels a request", f"{self.image_pixels:,.0f}"),
            ("samples with unreadable images", f"{self.unreadable:,}"),
        ]
        if self.prompt_tokens is not None:
            rows.append(("prompt tokens (1 per 4 characters, 28x28 px)", f"{self.prompt_tokens:,}"))
            rows.append(("completion tokens (max_tokens or 500)", f"{self.completion_tokens:,}"))
        unknown = "pass --price-in and --price-out"
        return [*rows, ("cost", unknown if self.cost is None else f"{self.cost:,.2f}")]


def dry_run(
    spec: RunSpec, benchmark: Benchmark, model: Model, looked_at: int = _LOOKED_AT
) -> DryRun:
    """Look at the first samples of a run and ask nothing; nothing is written.

    Args:
        spec: What would be run, and where.
        benchmark: What would be asked.
        model: Who.
        looked_at: Most samples to look at.

    Raises:
        InputError: The benchmark's data cannot be read, or the folder holds another run.
    """
    check_run(spec.output, run_identity(spec, benchmark, model))
    loader = ImageLoader(model.accepts, spec.max_side_px)
    texts = unreadable = seen = characters = 0
    images: list[EncodedImage] = []
    shown: list[EncodedImage] = []
    reply = spec.sampling.max_tokens or _ASSUMED_REPLY
    prompt = ""
    for _, sample in islice(chosen(spec, benchmark), looked_at):
        seen += 1
        prompt = prompt or _shown(sample.messages)
        parts = [part for message in sample.messages for part in message.parts]
        if sample.follows:
            characters += round(reply * _CHARACTERS_PER_TOKEN)
        else:
            characters, shown = 0, []
        try:
            loaded = [loader.load(part) for part in parts if isinstance(part, ImagePart)]
        except UnreadableImage:
            unreadable += 1
            continue
        shown += loaded
        characters += sum(len(part) for part in parts if isinstance(part, str))
        images += shown
        texts += characters
    size = sum(len(image.data) for image in images)
    pixels = sum(math.prod(image_size(image.data)) for image in images)
    sent = max(1, seen - unreadable)
    requests = planned(spec, benchmark)
    answered = 0
    if (spec.output / SAMPLES).exists():
        statuses = total_of(spec.output).statuses
        answered = sum(statuses[status] for status in ANSWERED)
    usage = Usage()
    if requests is not None:
        left = max(0, requests - answered)
        each = texts / _CHARACTERS_PER_TOKEN + pixels / _PIXELS_PER_TOKEN
        usage = Usage(round(left * each / sent), left * reply)
    return DryRun(
        benchmark.name,
        str(spec.output),
        requests,
        answered,
        seen,
        len(images) / sent,
        size / sent,
        pixels / sent,
        unreadable,
        usage.prompt_tokens,
        usage.completion_tokens,
        cost_of(usage, spec.prices) if spec.prices else None,
        prompt,
    )


def _shown(messages: tuple[Message, ...]) -> str:
    lines = []
    for message in messages:
        parts = ["<image>" if isinstance(part, ImagePart) else part for part in message.parts]
        lines.append(f"[{message.role}] {''.join(parts)}")
    return "\n".join(lines)
