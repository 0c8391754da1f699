"""Replies with what was read from them, and the requests that failed."""

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np

from geobench_tools.counter_random import hash_strings
from geobench_tools.evaluation import SampleRecord
from geobench_tools.reports._page import Html, card, escape, table

__all__ = ["examples_section", "failures_section", "marked_reply"]

_EACH = 8
_MOST_FAILURES = 50
_MOST_CHARACTERS = 6000


def examples_section(records: Sequence[SampleRecord]) -> Html:
    """Return some replies of each status, chosen by the hash of their names."""
    parts = []
    for status, title in (
        ("ok", "Read"),
        ("parse_error", "Without a readable answer"),
        ("refusal", "Refused"),
        ("truncated", "Cut off before an answer"),
    ):
        chosen = _some([record for record in records if record.status == status])
        if chosen:
            parts.append(card(*map(_example, chosen), title=title))
    return Html(f"<h2>Examples</h2>{''.join(parts)}") if parts else Html()


def failures_section(records: Sequence[SampleRecord]) -> Html:
    """Return the requests without a reply, by reason, and the first of them."""
    failed = [record for record in records if record.status in ("error", "skipped")]
    if not failed:
        return Html()
    reasons = Counter(
        (record.status, record.error.reason if record.error else "") for record in failed
    )
    counts = [(f"{s}: {r}", n) for (s, r), n in reasons.most_common()]
    rows = [
        (record.sample_id, record.status, record.error.detail if record.error else "")
        for record in failed[:_MOST_FAILURES]
    ]
    caption = f"the first {len(rows)} of {len(failed):,}" if len(failed) > len(rows) else ""
    first = table(("sample", "status", "what was said"), rows, caption=caption)
    return Html(f"<h2>Failures</h2>{card(table(('reason', 'requests'), counts), first)}")


def marked_reply(text: str, span: tuple[int, int] | None) -> Html:
    """Return a reply as markup, escaped, with the part that was read marked.

    A long reply is cut around that part.
    """
    start, end = span if span and 0 <= span[0] <= span[1] <= len(text) else (0, 0)
    first = max(0, min(start, len(text) - _MOST_CHARACTERS) - 500) if start else 0
    last = min(len(text), max(end + 1000, first + _MOST_CHARACTERS))
    before, read, after = text[first:start], text[start:end], text[end:last]
    return Html(
        ("… " if first else "")
        + escape(before)
        + (f"<mark>{escape(read)}</mark>" if read else "")
        + escape(after)
        + (" …" if last < len(text) else "")
    )


def _some(records: Sequence[SampleRecord]) -> list[SampleRecord]:
    order = np.argsort(hash_strings([record.sample_id for record in records]), kind="stable")
    return [records[i] for i in order[:_EACH]]


def _example(record: SampleRecord) -> str:
    reading = record.reading
    read = json.dumps(reading.value, ensure_ascii=False) if reading else "not read"
    status = reading.status if reading else record.status
    target = json.dumps(record.target, ensure_ascii=False)
    reply = marked_reply(record.text, reading.span if reading else None)
    return (
        f'<details class="example"><summary><span class="id">{escape(record.sample_id)}</span> '
        f'<span class="pill">{escape(status)}</span>{escape(read)}</summary>'
        f'<p class="small muted">Right answer: {escape(target)}</p>'
        f'<div class="reply" tabindex="0">{reply}</div>'
        "</details>"
    )
