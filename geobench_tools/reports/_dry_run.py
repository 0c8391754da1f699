"""What an evaluation would send, before it is sent."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice

from geobench_tools.benchmarks import open_benchmark
from geobench_tools.errors import InputError
from geobench_tools.evaluation import Prices, chosen, planned
from geobench_tools.models import (
    JSON,
    EncodedImage,
    ImageLoader,
    ImagePart,
    Message,
    UnreadableImage,
    default_model,
    image_size,
    parse_model,
)
from geobench_tools.reports._evaluate import SAMPLE_NOTE, EvalRequest, run_spec

__all__ = ["DryRun", "dry_run_of", "prices_of", "sum_rows"]

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
        requests: Number of them; None if unknown.
        looked_at: Samples that the estimates are from.
        images: Images a request has, on average.
        image_bytes: Bytes of them, on average.
        image_pixels: Pixels of them, on average.
        unreadable: Samples among them whose images cannot be sent.
        prompt_tokens: Estimate for all requests: a token for 4 characters and for 28 x 28 pixels.
        completion_tokens: Estimate for all requests: ``max_tokens``, or 500 a reply.
        cost: Estimate; None without prices.
        prompt: The first prompt, with its images as placeholders.
    """

    benchmark: str
    folder: str
    requests: int | None
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
            ("estimated from", f"the first {self.looked_at:,} samples"),
            ("images a request", f"{self.images:.1f}"),
            ("image bytes a request", f"{self.image_bytes:,.0f}"),
            ("image pixels a request", f"{self.image_pixels:,.0f}"),
            ("samples with unreadable images", f"{self.unreadable:,}"),
        ]
        if self.prompt_tokens is not None:
            rows.append(("prompt tokens (1 per 4 characters, 28x28 px)", f"{self.prompt_tokens:,}"))
            rows.append(("completion tokens (max_tokens or 500)", f"{self.completion_tokens:,}"))
        rows.append(
            (
                "cost",
                "pass --price-in and --price-out" if self.cost is None else f"{self.cost:,.2f}",
            )
        )
        return rows


def sum_rows(plans: Sequence[DryRun]) -> list[tuple[object, ...]]:
    """Return a line for each benchmark, and their sum: requests, tokens, cost."""

    def total(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return sum(known) if len(known) == len(values) else None

    columns: list[Sequence[float | None]] = [
        [plan.requests for plan in plans],
        [plan.prompt_tokens for plan in plans],
        [plan.completion_tokens for plan in plans],
        [plan.cost for plan in plans],
    ]
    rows: list[tuple[object, ...]] = [
        (plan.benchmark, *cells)
        for plan, cells in zip(plans, zip(*columns, strict=True), strict=True)
    ]
    return [*rows, ("all", *(total(column) for column in columns))]


def prices_of(price_in: float | None, price_out: float | None) -> Prices | None:
    """Return prices per million tokens, or None without any.

    Raises:
        InputError: Only one is given, or one is negative.
    """
    if price_in is None and price_out is None:
        return None
    if (
        price_in is None
        or price_out is None
        or not all(0 <= price < math.inf for price in (price_in, price_out))
    ):
        raise InputError("a price is missing or negative", hint="pass --price-in and --price-out")
    return Prices(price_in, price_out)


def dry_run_of(
    request: EvalRequest, *, note: Callable[[str], None] = lambda _m: None
) -> list[DryRun]:
    """Estimate what each benchmark of a request would send; no request is made.

    Raises:
        InputError: An option or the data are bad.
    """
    name = request.model
    if not name:
        name, said = default_model()
        note(said)
    return [_estimate(request, one, name, note) for one in request.benchmarks]


def _estimate(
    request: EvalRequest, benchmark_name: str, model_name: str, note: Callable[[str], None]
) -> DryRun:
    benchmark = open_benchmark(benchmark_name, request.options_of(benchmark_name))
    if benchmark.sample:
        note(SAMPLE_NOTE)
    model = parse_model(model_name, base_urls=request.base_urls, local=request.local)
    spec = run_spec(request, benchmark, model_name)
    loader = ImageLoader(model.accepts, spec.max_side_px)
    texts = unreadable = looked_at = characters = 0
    images: list[EncodedImage] = []
    shown: list[EncodedImage] = []
    reply = round((spec.sampling.max_tokens or _ASSUMED_REPLY) * _CHARACTERS_PER_TOKEN)
    prompt = ""
    for _, sample in islice(chosen(spec, benchmark), _LOOKED_AT):
        looked_at += 1
        prompt = prompt or _shown(sample.messages)
        parts = [part for message in sample.messages for part in message.parts]
        if sample.follows:
            characters += reply
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
    sent = max(1, looked_at - unreadable)
    requests = planned(spec, benchmark)
    tokens = replies = cost = None
    if requests is not None:
        each = texts / _CHARACTERS_PER_TOKEN + pixels / _PIXELS_PER_TOKEN
        tokens = round(requests * each / sent)
        replies = requests * (spec.sampling.max_tokens or _ASSUMED_REPLY)
        if spec.prices:
            cost = (tokens * spec.prices.input + replies * spec.prices.output) / 1e6
    return DryRun(
        benchmark.name,
        str(spec.output),
        requests,
        looked_at,
        len(images) / sent,
        size / sent,
        pixels / sent,
        unreadable,
        tokens,
        replies,
        cost,
        prompt,
    )


def _shown(messages: tuple[Message, ...]) -> str:
    lines = []
    for message in messages:
        parts = ["<image>" if isinstance(part, ImagePart) else part for part in message.parts]
        lines.append(f"[{message.role}] {''.join(parts)}")
    return "\n".join(lines)
