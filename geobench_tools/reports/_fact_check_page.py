"""The page of a fact check: counts by kind, and traces with their verdicts marked."""

from dataclasses import dataclass, field
from pathlib import Path

from geobench_tools.reasoning import CHECKER_VERSION, Claim
from geobench_tools.reasoning._batch import CheckedLine, VerdictCounts
from geobench_tools.reports._page import Html, Page, asset, card, escape, facts, table, write_page
from geobench_tools.reports._synth_examples import marked_trace

__all__ = ["PageLines", "write_fact_check_page"]

_EACH = 40
_GROUPS = (
    ("contradicted", "With a contradicted claim"),
    ("metadata_leak", "With a metadata leak"),
    ("clean", "Without either"),
)


@dataclass
class PageLines:
    """The first traces of each group, which the page shows.

    Attributes:
        groups: Traces by group.
        totals: How many there were.
    """

    groups: dict[str, list[CheckedLine]] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)

    def offer(self, line: CheckedLine) -> None:
        """Keep a trace if its group has room."""
        names = [n for n in line.checked.flags if n != "template"] or ["clean"]
        self.totals[names[0]] = self.totals.get(names[0], 0) + 1
        kept = self.groups.setdefault(names[0], [])
        if len(kept) < _EACH:
            kept.append(line)


def write_fact_check_page(title: str, counts: VerdictCounts, lines: PageLines, path: Path) -> None:
    """Write the page of the traces in the file ``title``."""
    body = [
        facts(
            {
                "traces": counts.traces,
                "claims": sum(counts.verdicts.values()),
                "contradicted traces": counts.flags["contradicted"],
                "metadata leaks": counts.flags["metadata_leak"],
                "template problems": counts.flags["template"],
                "unknown views": counts.unknown,
            }
        ),
        card(
            table(
                ("kind", "claims", "asserted", "supported", "contradicted", "unverifiable"),
                counts.rows(),
                caption="Claims by kind. Only asserted claims can be contradicted.",
            )
        ),
        _problems(counts),
        "<h2>Traces</h2>",
        '<div class="reply key">Marked in the text: <mark class="supported">supported</mark> '
        '<mark class="contradicted">contradicted</mark> '
        '<mark class="unverifiable">unverifiable</mark> <mark class="leak">leak</mark></div>',
        *(_group(name, heading, lines) for name, heading in _GROUPS if lines.groups.get(name)),
    ]
    page = Page(
        f"Fact check: {title}",
        f"{counts.traces:,} traces, checker {CHECKER_VERSION}",
        Html("".join(body)),
        styles=(asset("run.css"), asset("synth.css")),
    )
    write_page(page, path)


def _problems(counts: VerdictCounts) -> Html:
    parts = []
    for heading, found in (("leak", counts.leaks), ("problem of the template", counts.problems)):
        if found:
            rows = sorted(found.items(), key=lambda item: (-item[1], item[0]))
            parts.append(table((heading, "count"), rows))
    return card(*parts) if parts else Html()


def _group(name: str, heading: str, lines: PageLines) -> Html:
    kept, total = lines.groups[name], lines.totals[name]
    shown = f", the first {len(kept)}" if total > len(kept) else ""
    return card(*map(_trace, kept), title=f"{heading} ({total:,}{shown})")


def _trace(line: CheckedLine) -> str:
    checked = line.checked
    document = {**checked.to_json(), "text": line.trace.text}
    flags = "".join(f'<span class="pill">{escape(flag)}</span>' for flag in checked.flags)
    rows = [_row(claim) for claim in checked.claims]
    claims = (
        table(("claim", "kind", "says", "strength", "verdict", "known", "rule"), rows)
        if rows
        else Html("<p>No claim was found.</p>")
    )
    return (
        f'<details class="example"><summary><span class="id">{escape(line.trace.name)}</span> '
        f"{flags}</summary>"
        f'<div class="reply" tabindex="0">{marked_trace(document)}</div>'
        f"{claims}</details>"
    )


def _row(claim: Claim) -> tuple[object, ...]:
    distance = claim.evidence.distance_m
    rule = claim.evidence.rule + (f"; {distance / 1000:,.1f} km" if distance is not None else "")
    value = ", ".join(map(str, claim.value)) if isinstance(claim.value, tuple) else claim.value
    colour = {"supported": "good", "contradicted": "bad"}.get(claim.verdict, "muted")
    verdict = Html(f'<span class="{colour}">{escape(claim.verdict)}</span>')
    judge = f" ({claim.judge})" if claim.judge else ""
    return (
        claim.text,
        claim.kind,
        str(value),
        claim.strength,
        verdict,
        claim.evidence.known,
        rule + judge,
    )
