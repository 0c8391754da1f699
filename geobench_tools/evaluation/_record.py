"""What passes between a benchmark, the runner and the run log.

A benchmark yields :class:`Sample`; the runner asks a model and appends one :class:`SampleRecord`
per finished request; scoring, comparison and export read records alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from geobench_tools.errors import InputError
from geobench_tools.models import JSON, Message, Sampling, Usage

__all__ = [
    "ANSWERED",
    "Benchmark",
    "ErrorInfo",
    "ImageInfo",
    "Prices",
    "ReadingLike",
    "ReadingRecord",
    "RunSpec",
    "Sample",
    "SampleRecord",
    "Shard",
    "Status",
]

Status = Literal["ok", "parse_error", "refusal", "truncated", "error", "skipped"]
"""How a request ended.

``ok``: the reply was read; ``parse_error``: it holds no readable answer; ``refusal``: the model or
its filter declined; ``truncated``: it hit the token limit before an answer; ``error``: no reply;
``skipped``: not asked, as an image is missing or unreadable or the turn before has no reply.
"""

ANSWERED: tuple[Status, ...] = ("ok", "parse_error", "refusal", "truncated")
"""Statuses with a reply. Only these are kept on resume; the others are asked again."""


class ReadingLike(Protocol):
    """The shape of ``geobench_tools.answers.Reading``."""

    @property
    def value(self) -> object:
        """The answer as JSON, or None where there is none."""
        ...

    @property
    def status(self) -> str:
        """``ok``, a qualification of the value, or why there is none."""
        ...

    @property
    def span(self) -> tuple[int, int] | None:
        """Offsets in the reply of what was read."""
        ...


@dataclass(frozen=True, slots=True)
class ReadingRecord:
    """A reading as the log keeps it; tuples come back as lists."""

    value: JSON
    status: str
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One question of a benchmark.

    Attributes:
        sample_id: Unique within the benchmark and stable between versions of its data.
        benchmark: Name of the benchmark, as in ``imageo-gss``.
        messages: The prompt, its images as paths or bytes.
        target: The right answer, as the benchmark's ``score`` wants it.
        task: A part of the benchmark, as in ``counting``; empty if it has none.
        group: What samples share that are not independent (the image, the question): intervals
            are clustered by it. Empty for a sample on its own.
        metadata: Whatever ``score``, a table or a map wants; kept in the log.
        follows: Id of the sample before it, if this one is a later turn of a conversation: the
            model sees all earlier turns with its own replies, then these messages. Turns stand
            directly one after another.
        pool: Replies that are right for samples of this kind, in place of the benchmark's pool.
    """

    sample_id: str
    benchmark: str
    messages: tuple[Message, ...]
    target: JSON
    task: str = ""
    group: str = ""
    metadata: Mapping[str, JSON] = field(default_factory=dict)
    follows: str = ""
    pool: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """An image as it was sent.

    Attributes:
        sha256: Of the bytes sent.
        media_type: Of the bytes sent.
        bytes: Their number.
        change: Empty if the file's bytes went out untouched; else what was done to them.
    """

    sha256: str
    media_type: str
    bytes: int
    change: str = ""


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """Why a request failed.

    Attributes:
        reason: A ``models.ErrorReason``, ``image`` or ``turn`` for a sample that was skipped.
        detail: What was said, without keys.
        http_status: Of the last response, if there was one.
    """

    reason: str
    detail: str
    http_status: int | None = None


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """One line of ``samples.jsonl``: one finished request.

    Attributes:
        key: Of the request; a record is reused only under the same key.
        benchmark: Name of the benchmark.
        sample_id: Of the sample.
        index: The sample's position in the benchmark, from 0.
        run_index: Which of several runs, from 0.
        task: Of the sample.
        group: Of the sample.
        target: Of the sample.
        metadata: Of the sample.
        status: How it ended.
        text: The reply; empty where there is none.
        reasoning: Reasoning that came apart from the text.
        reading: What was read from the text; None where it was not read.
        finish_reason: Of the reply. ``length`` beside an ``ok`` means a cut after the answer.
        usage: Tokens.
        cost: From the user's prices, else what the endpoint reported, else None.
        model_version: As the endpoint named it.
        fingerprint: ``system_fingerprint``.
        attempts: Requests sent for it, failed ones included; 0 if skipped.
        started_at: Of the first attempt, ISO 8601 UTC.
        latency_s: Of the attempt that succeeded, seconds.
        elapsed_s: From the first attempt to the end, waits included, seconds.
        error: Why it failed, for ``error``, ``skipped`` and a filter's ``refusal``.
        prompt: Names the prompt's text in ``prompts.jsonl``; of a later turn its own text alone.
        images: The images as sent, in order; of a later turn its own alone.
        follows: Of the sample.
    """

    key: str
    benchmark: str
    sample_id: str
    index: int
    run_index: int
    status: Status
    target: JSON
    task: str = ""
    group: str = ""
    metadata: Mapping[str, JSON] = field(default_factory=dict)
    text: str = ""
    reasoning: str = ""
    reading: ReadingRecord | None = None
    finish_reason: str = ""
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    model_version: str = ""
    fingerprint: str = ""
    attempts: int = 0
    started_at: str = ""
    latency_s: float = 0.0
    elapsed_s: float = 0.0
    error: ErrorInfo | None = None
    prompt: str = ""
    images: tuple[ImageInfo, ...] = ()
    follows: str = ""


class Benchmark(Protocol):
    """One benchmark: samples out, replies read, records scored."""

    @property
    def name(self) -> str:
        """As the user types it."""
        ...

    @property
    def identity(self) -> Mapping[str, JSON]:
        """What must be equal for two runs to be comparable.

        Version of the task, data set, revision or digest of the data, prompt digest, parser
        version, probe, ``sample: true`` for the tiny invented set.
        """
        ...

    def size(self) -> int | None:
        """Return the number of samples, or None if only reading all would tell."""
        ...

    def samples(self) -> Iterator[Sample]:
        """Yield all samples, in the same order at each call."""
        ...

    def pool(self) -> Mapping[str, int]:
        """Return reply texts that are right for some sample, with the number of such samples.

        ``majority`` and ``random`` answer from it; empty if the benchmark has no such notion.
        """
        ...

    def read(self, text: str, sample: Sample) -> ReadingLike:
        """Read a reply; never raises for any text."""
        ...

    def score(self, records: Iterable[SampleRecord]) -> Mapping[str, JSON]:
        """Score the final records of a run; those without a readable answer count as wrong."""
        ...


@dataclass(frozen=True, slots=True)
class Shard:
    """Part ``number`` (from 1) of ``count``: the samples whose index is number - 1 modulo count."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Read ``2/8``.

        Raises:
            InputError: The text is not ``i/n`` with 1 <= i <= n.
        """
        number, slash, count = text.partition("/")
        if slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count):
            return cls(int(number), int(count))
        raise InputError(f"{text!r} is not a shard", hint="write it as 1/4, 2/4, 3/4 and 4/4")

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


@dataclass(frozen=True, slots=True)
class Prices:
    """What the user pays, per million tokens.

    Attributes:
        input: For prompt tokens.
        output: For generated tokens, reasoning included.
        cached_input: For prompt tokens read from a cache; None if they cost like others.
        currency: For display.
    """

    input: float
    output: float
    cached_input: float | None = None
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class RunSpec:
    """One evaluation run, beside its benchmark and its model.

    Attributes:
        output: The run directory; an existing one of the same run is resumed.
        sampling: How replies are drawn.
        runs: How often each sample is asked.
        limit: Ask only the first so many samples.
        shard: Ask only a part of them (of those within ``limit``).
        max_side_px: Shrink larger images to this side; None sends them untouched.
        concurrency: Most requests open at once.
        max_attempts: Requests sent for one sample before it is an ``error``.
        patience_s: How long one sample may wait for an overloaded endpoint, seconds.
        stop_after_errors: Give up when so many samples in a row failed and none succeeded.
        prices: For the cost; None if the user gave none.
    """

    output: Path
    sampling: Sampling = field(default_factory=Sampling)
    runs: int = 1
    limit: int | None = None
    shard: Shard | None = None
    max_side_px: int | None = None
    concurrency: int = 32
    max_attempts: int = 5
    patience_s: float = 600.0
    stop_after_errors: int = 50
    prices: Prices | None = None

    def __post_init__(self) -> None:
        for name in ("runs", "limit", "max_side_px", "concurrency", "max_attempts"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name} is {value}; it must be at least 1")
