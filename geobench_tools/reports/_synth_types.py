"""What a synthesis is asked for and what it gives."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from geobench_tools.errors import CheckFailed, GeobenchError, InputError, PartialFailure
from geobench_tools.evaluation import DryRun, Prices
from geobench_tools.models import JSON, LocalOptions, Sampling
from geobench_tools.pairing import ImageMode
from geobench_tools.reasoning import CheckOptions
from geobench_tools.reasoning._select import SelectOptions
from geobench_tools.reasoning._sft import SftCounts
from geobench_tools.reasoning._teacher import Mode
from geobench_tools.reasoning._teacher_budget import Budget
from geobench_tools.reports._synth_stats import SynthStats

__all__ = ["TEMPLATE", "SynthPlan", "SynthReport", "SynthRequest"]

TEMPLATE = "template"
"""Name of the teacher without a model."""


@dataclass(frozen=True)
class SynthRequest:
    """What a user asks for.

    Attributes:
        out: The output folder; one of the same synthesis is resumed.
        pairs: The pairing set; None for the default one.
        teacher: ``template``, or a model as ``parse_model`` reads it; empty for the endpoint of the
            environment (``OPENAI_MODEL``), else ``template``.
        base_urls: Endpoints of ``openai:NAME``.
        splits: Which questions.
        limit: Only the first so many of them.
        samples: Traces asked for each question.
        mode: Whether the teacher is told the answer.
        hints: What else it is told.
        prompt: A teacher template; None for the built-in one.
        question: A question template; None for the built-in one.
        repair: How often a rejected trace goes back to the teacher.
        inject_errors: Share of the template teacher's traces with a known error.
        check: Of the fact checker.
        select: What is kept.
        sampling: How replies are drawn.
        budget: The most that may be spent.
        prices: Per million tokens.
        concurrency: Most open requests.
        max_attempts: Requests for one sample.
        timeout_s: Longest wait for a reply, seconds.
        max_side_px: Shrink larger images.
        images: Whether the rows' images are copied or linked.
        local: For engines on this machine.
    """

    out: Path
    pairs: Path | None = None
    teacher: str = ""
    base_urls: Sequence[str] = ()
    splits: tuple[str, ...] = ("train",)
    limit: int | None = None
    samples: int = 1
    mode: Mode = "rationalise"
    hints: tuple[str, ...] = ()
    prompt: Path | None = None
    question: Path | None = None
    repair: int = 0
    inject_errors: float = 0.0
    check: CheckOptions = field(default_factory=CheckOptions)
    select: SelectOptions = field(default_factory=SelectOptions)
    sampling: Sampling = field(default_factory=lambda: Sampling(temperature=0.7, max_tokens=2048))
    budget: Budget = field(default_factory=Budget)
    prices: Prices | None = None
    concurrency: int = 32
    max_attempts: int = 5
    timeout_s: float = 600.0
    max_side_px: int | None = None
    images: ImageMode = "copy"
    local: LocalOptions | None = None

    def __post_init__(self) -> None:
        for name, least in (("samples", 1), ("repair", 0)):
            if getattr(self, name) < least:
                raise InputError(f"{name} is {getattr(self, name)}; it must be at least {least}")
        if self.limit is not None and self.limit < 1:
            raise InputError(f"limit is {self.limit}; it must be at least 1")


@dataclass(frozen=True)
class SynthReport:
    """What was made.

    Attributes:
        out: The output folder.
        teacher: Who wrote the traces.
        embedded: Whether the questions are the embedded default.
        stats: What the traces add up to.
        sft: The rows.
        totals: Of the replies of all rounds: statuses, tokens, cost.
        missing: Samples of the last call without a reply.
        stopped: Why it ended early; empty if it did not.
    """

    out: Path
    teacher: str
    embedded: bool
    stats: SynthStats
    sft: SftCounts
    totals: Mapping[str, JSON]
    missing: int
    stopped: str

    def document(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "folder": str(self.out),
            "teacher": self.teacher,
            "embedded": self.embedded,
            **self.stats.document(),
            "sft_rows": dict(self.sft.rows),
            "images": self.sft.images,
            "replies": dict(self.totals),
            "stopped": self.stopped,
        }

    def failure(self) -> GeobenchError | None:
        """Return the error to end with, or None if all went well."""
        again = "run the same command again; only what is missing is asked"
        if self.stopped:
            return PartialFailure(self.stopped, hint=again)
        if self.missing:
            return PartialFailure(f"{self.missing:,} samples have no reply", hint=again)
        if not self.stats.kept:
            reasons = ", ".join(f"{n:,} {reason}" for reason, n in self.stats.reasons.items())
            return CheckFailed(f"no trace was kept ({reasons})", hint=f"see {self.out}/report.html")
        return None


@dataclass(frozen=True)
class SynthPlan:
    """What the first round would send, estimated from its first questions.

    Attributes:
        out: The output folder.
        teacher: Who would be asked.
        questions: Questions.
        requests: Requests of the first round.
        looked_at: Questions that the estimates are from.
        reused: Requests with a reply already.
        unreadable: Of the questions looked at, those whose images cannot be sent.
        images: Images of a request, on average.
        image_bytes: Their bytes.
        prompt_tokens: Estimate for what has no reply: one for 4 characters and for 28 x 28 pixels.
        completion_tokens: Upper bound, from the limit of a reply; None without one.
        cost: Estimate from prices and that bound; None without.
        repairs: Repair rounds, which are not part of the estimate.
        prompt: The first prompt, with its images as placeholders.
    """

    out: str
    teacher: str
    questions: int
    requests: int
    looked_at: int
    reused: int
    unreadable: int
    images: float
    image_bytes: float
    prompt_tokens: int
    completion_tokens: int | None
    cost: float | None
    repairs: int
    prompt: str

    @classmethod
    def of(cls, made: DryRun, teacher: str, questions: int, request: SynthRequest) -> "SynthPlan":
        """Take what concerns traces out of an estimate."""
        bounded = request.sampling.max_tokens is not None
        return cls(
            out=str(request.out),
            teacher=teacher,
            questions=questions,
            requests=questions * request.samples,
            looked_at=made.looked_at,
            reused=made.answered,
            unreadable=made.unreadable,
            images=made.images,
            image_bytes=made.image_bytes,
            prompt_tokens=made.prompt_tokens or 0,
            completion_tokens=made.completion_tokens if bounded else None,
            cost=made.cost if bounded else None,
            repairs=request.repair,
            prompt=made.prompt,
        )

    def document(self) -> dict[str, Any]:
        """Return the estimate as JSON."""
        return asdict(self)

    def rows(self) -> list[tuple[str, str]]:
        """Return the estimate as lines for people."""
        cost = "pass --price-in and --price-out" if self.cost is None else f"{self.cost:,.2f}"
        most = "unknown" if self.completion_tokens is None else f"{self.completion_tokens:,}"
        rows = [
            ("folder", self.out),
            ("teacher", self.teacher),
            ("questions", f"{self.questions:,}"),
            ("requests of the first round", f"{self.requests:,}"),
            ("answered already", f"{self.reused:,}"),
            ("estimated from", f"the first {self.looked_at:,} questions"),
            ("of these with unreadable images", f"{self.unreadable:,}"),
            ("images a request", f"{self.images:.1f}"),
            ("image bytes a request", f"{self.image_bytes:,.0f}"),
            ("prompt tokens (1 per 4 characters, 28x28 px)", f"{self.prompt_tokens:,}"),
            ("completion tokens, at most", most),
            ("cost, at most", cost),
        ]
        if self.repairs:
            rows.append(("repairs, not counted", f"up to {self.repairs} more for each trace"))
        return rows
