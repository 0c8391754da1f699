"""From what happened to a request to its record."""

from typing import Any

from geobench_tools.evaluation._ask import Outcome
from geobench_tools.evaluation._prepare import Prepared
from geobench_tools.evaluation._record import (
    ErrorInfo,
    Prices,
    ReadingLike,
    ReadingRecord,
    Sample,
    SampleRecord,
    Status,
)
from geobench_tools.models import ModelError, Reply, Usage

__all__ = ["cost_of", "declined", "record_failure", "record_reply", "record_skip", "status_of"]

_FILTERS = ("content_filter", "safety", "recitation")
"""Finish reasons that say the endpoint withheld the reply; the last two are Gemini's."""


def declined(reply: Reply) -> str:
    """Return how the endpoint itself says that it refused; empty if it does not."""
    if reply.refusal:
        return reply.refusal
    if reply.finish_reason.lower() in _FILTERS:
        return f"withheld by the endpoint ({reply.finish_reason})"
    return ""


def status_of(reply: Reply, reading: ReadingLike | None) -> Status:
    """Return the status of a request with a reply.

    A readable answer counts even where the token limit cut what followed it. Without one, the limit
    explains its absence before anything else does.
    """
    if declined(reply):
        return "refusal"
    if reading is not None and reading.value is not None:
        return "ok"
    if reply.finish_reason == "length":
        return "truncated"
    if reading is not None and reading.status == "refusal":
        return "refusal"
    if reading is not None and reading.status == "truncated":
        return "truncated"
    return "parse_error"


def cost_of(usage: Usage, prices: Prices) -> float | None:
    """Return what a reply cost, or None if its tokens are unknown."""
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        return None
    cached = min(usage.cached_tokens or 0, usage.prompt_tokens)
    cached_price = prices.input if prices.cached_input is None else prices.cached_input
    fresh = usage.prompt_tokens - cached
    charged = fresh * prices.input + cached * cached_price
    return (charged + usage.completion_tokens * prices.output) / 1e6


def record_reply(
    sample: Sample,
    index: int,
    prepared: Prepared,
    outcome: Outcome,
    reply: Reply,
    reading: ReadingLike | None,
    prices: Prices | None,
) -> SampleRecord:
    """Return the record of a request that has a reply."""
    refusal = declined(reply)
    known = None if prices is None else cost_of(reply.usage, prices)
    return SampleRecord(
        **_common(sample, index, prepared),
        **_timing(outcome),
        status=status_of(reply, reading),
        text=reply.text,
        reasoning=reply.reasoning,
        reading=_kept(reading),
        finish_reason=reply.finish_reason,
        usage=reply.usage,
        cost=reply.cost if known is None else known,
        model_version=reply.model_version,
        fingerprint=reply.fingerprint,
        latency_s=round(reply.latency_s, 4),
        error=ErrorInfo("refusal", refusal[:500]) if refusal else None,
    )


def record_failure(
    sample: Sample, index: int, prepared: Prepared, outcome: Outcome, error: ModelError
) -> SampleRecord:
    """Return the record of a request without a reply."""
    return SampleRecord(
        **_common(sample, index, prepared),
        **_timing(outcome),
        status="error",
        error=ErrorInfo(error.reason, error.detail, error.http_status),
    )


def record_skip(sample: Sample, index: int, run_index: int, why: ErrorInfo) -> SampleRecord:
    """Return the record of a sample that cannot be asked."""
    fields = _sample(sample, index)
    return SampleRecord(**fields, key="", run_index=run_index, status="skipped", error=why)


def _sample(sample: Sample, index: int) -> dict[str, Any]:
    return {
        "benchmark": sample.benchmark,
        "sample_id": sample.sample_id,
        "index": index,
        "task": sample.task,
        "group": sample.group,
        "target": sample.target,
        "metadata": sample.metadata,
        "follows": sample.follows,
    }


def _common(sample: Sample, index: int, prepared: Prepared) -> dict[str, Any]:
    return _sample(sample, index) | {
        "key": prepared.request.key,
        "run_index": prepared.request.run_index,
        "prompt": prepared.prompt,
        "images": prepared.images,
    }


def _timing(outcome: Outcome) -> dict[str, Any]:
    return {
        "attempts": outcome.attempts,
        "started_at": outcome.started_at,
        "elapsed_s": round(outcome.elapsed_s, 4),
    }


def _kept(reading: ReadingLike | None) -> ReadingRecord | None:
    if reading is None:
        return None
    value: Any = reading.value
    return ReadingRecord(value, reading.status, reading.span)
