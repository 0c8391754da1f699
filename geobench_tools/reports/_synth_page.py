"""The page of a synthesis: counts, verdicts, what the engine caught, words, examples."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from geobench_tools.provenance import Manifest
from geobench_tools.reasoning._select import REASONS
from geobench_tools.reports._page import (
    Html,
    Page,
    asset,
    bar_table,
    card,
    escape,
    facts,
    table,
    words,
    write_page,
)
from geobench_tools.reports._run import figure
from geobench_tools.reports._synth_examples import Line, images_of, trace_example
from geobench_tools.reports._synth_stats import VERDICTS, SynthStats
from geobench_tools.reports._synth_types import SynthReport
from geobench_tools.reports._synth_words import word_bars, word_cloud

__all__ = ["REASON_WORDS", "write_synth_page"]

REASON_WORDS: Mapping[str, str] = {
    "answer": "wrong or unreadable answer",
    "facts": "a claim contradicts what is known",
    "template": "not the four parts, or badly formed",
    "leak": "quotes what no viewer could see",
    "length": "too short, too long or repetitive",
    "duplicate": "nearly the same as an earlier trace",
    "surplus": "more than wanted of the question",
    "balance": "more than its share of the place",
}
_MOST_PLACES = 30


def write_synth_page(report: SynthReport, manifest: Manifest, path: Path) -> None:
    """Write the page."""
    stats = report.stats
    examples = [line for lines in stats.examples.values() for line in lines]
    images = images_of(report.out / "sft", (line["id"] for line in examples if not line["reason"]))
    body = "".join(
        [
            _summary(report),
            _reasons(stats),
            _verdicts(stats),
            _injected(stats, images),
            _words(stats),
            _spread(stats),
            _examples(stats, images),
            _parameters(manifest),
        ]
    )
    source = "the embedded rendered world" if report.embedded else manifest.parameters["pairs"]
    write_page(
        Page(
            title="Reasoning traces",
            subtitle=f"{source}, written by {report.teacher}",
            body=Html(body),
            styles=(asset("run.css"), asset("synth.css")),
        ),
        path,
    )


def _summary(report: SynthReport) -> str:
    stats = report.stats
    shown: dict[str, object] = {
        "traces": stats.traces,
        "kept": stats.kept,
        "kept share": _share(stats.kept / stats.traces) if stats.traces else "n/a",
        "claims checked": sum(sum(counts.values()) for counts in stats.verdicts.values()),
    }
    if stats.lengths:
        shown["median words"] = round(statistics.median(stats.lengths))
    for name in ("prompt_tokens", "completion_tokens"):
        if count := report.totals.get(name):
            shown[name.replace("_", " ")] = count
    if report.totals.get("cost") is not None:
        shown["cost"] = report.totals["cost"]
    ended = f'<p class="bad">Ended early: {escape(report.stopped)}</p>' if report.stopped else ""
    return facts(shown) + ended


def _reasons(stats: SynthStats) -> str:
    counts = {f"{reason}: {REASON_WORDS[reason]}": count for reason, count in stats.outcomes()}
    tried = bar_table(
        ("outcome", "traces"), {"kept": stats.kept, **counts}, whole=max(1, stats.traces)
    )
    details = [
        (reason, detail.replace("_", " "), count)
        for reason in REASONS
        for detail, count in stats.details.get(reason, {}).items()
    ]
    more = table(("reason", "what", "traces"), details) if details else ""
    rounds = ""
    if len(stats.rounds) > 1:
        rows = [
            ("first replies" if number == 0 else f"repair {number}", c["traces"], c["kept"])
            for number, c in sorted(stats.rounds.items())
        ]
        rounds = table(("round", "traces", "kept"), rows)
    note = (
        '<p class="small muted">Each trace is rejected for the first of these that it fails, in '
        "this order.</p>"
    )
    more = more or "<p>Nothing was rejected by itself.</p>"
    return _beside("What was kept, and why not", tried + note + rounds, more)


def _beside(title: str, *contents: str) -> str:
    cards = "".join(card(content, kind="") for content in contents)
    return f'<h2>{title}</h2><section class="grid wide parts">{cards}</section>'


def _verdicts(stats: SynthStats) -> str:
    header = ("kind", *VERDICTS, "claims")
    every = table(header, stats.verdict_rows(), caption="all traces")
    kept = table(header, stats.verdict_rows(kept=True), caption="kept traces")
    return _beside("Claims by kind", every, kept)


def _injected(stats: SynthStats, images: Mapping[str, Sequence[str]]) -> str:
    rows = stats.injected_rows()
    if not rows:
        return ""
    shown = [
        (
            *(row.kind, row.check, row.traces, row.caught, row.otherwise),
            *(_share(row.rate), f"{_share(row.low)} to {_share(row.high)}"),
        )
        for row in rows
    ]
    header = ("error", "to be found by", "traces", "caught", "by another check", "rate", "95 %")
    alarms = f"{stats.false_alarms:,} of {stats.clean:,}"
    missed = [trace_example(line, images.get(line["id"], ())) for line in stats.missed.values()]
    caught = [trace_example(line, ()) for line in stats.caught.values()]
    rates = card(
        "<p>The template teacher put one known error into some traces. Intervals are Wilson's.</p>",
        table(header, shown[:-1], total=shown[-1]),
        f"<p>True traces rejected for a fact (false alarms): {alarms}.</p>",
        kind="",
    )
    parts = [rates, card(*caught, title="Caught, one of each kind")]
    if missed:
        parts.append(card(*missed, title="Missed"))
    return f"<h2>Injected errors</h2>{''.join(parts)}"


def _words(stats: SynthStats) -> str:
    return _beside("Words of the kept reasoning", word_cloud(stats.words), word_bars(stats.words))


def _spread(stats: SynthStats) -> str:
    letters = bar_table(("answer", "traces"), dict(sorted(stats.letters.items())))
    places = dict(sorted(stats.places.items(), key=lambda item: (-item[1], item[0])))
    first = dict(list(places.items())[:_MOST_PLACES])
    caption = f"the first {_MOST_PLACES} of {len(places):,}" if len(places) > len(first) else ""
    where = bar_table(("place", "traces"), first, caption=caption, whole=stats.kept)
    return _beside("Balance", where, letters)


def _examples(stats: SynthStats, images: Mapping[str, Sequence[str]]) -> str:
    key = "".join(f'<mark class="{name}">{name}</mark>' for name in (*VERDICTS, "leak"))
    parts = [f'<h2>Examples</h2><p class="reply key">{key}</p>']
    for reason in ("kept", *REASONS):
        lines: Sequence[Line] = stats.examples.get(reason, ())
        if lines:
            shown = (
                trace_example(line, images.get(line["id"], ()), opened=reason == "kept" and not i)
                for i, line in enumerate(lines)
            )
            title = "Kept" if reason == "kept" else f"Rejected: {REASON_WORDS[reason]}"
            parts.append(card(*shown, title=title))
    return "".join(parts)


def _parameters(manifest: Manifest) -> str:
    rows = [(name, words(value)) for name, value in manifest.parameters.items()]
    return f"<h2>Parameters</h2>{card(table(('name', 'value'), rows), kind='')}"


def _share(value: float) -> str:
    return figure(value, "share")
