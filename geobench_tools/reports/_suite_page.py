"""The page of a suite: one file with every table in the paper's layout."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from geobench_tools.reports._page import Html, Page, asset, card, escape, facts, table, write_page
from geobench_tools.reports._run import figure
from geobench_tools.reports._suite_rows import SuiteTable
from geobench_tools.reports._suite_text import SAMPLE, UNKNOWN, status_line, text_table

__all__ = ["suite_card", "write_suite_page"]

_BANNER = (
    "SAMPLE. No data were given for {names}: pictures drawn by this project stand in, to try the "
    "command. Cells marked SAMPLE measure nothing and are no result."
)
_NOTE = (
    "Strict counts every sample and a missing answer is wrong; official is what the benchmark's "
    "own rules give. Below a figure stands its 95 % interval. Published figures stand as printed, "
    "made under other prompts and protocols: compare a model with its own base first. Unknown "
    "means that no figure could be found."
)


def write_suite_page(path: Path, document: Mapping[str, Any], tables: Sequence[SuiteTable]) -> None:
    """Write the page of a suite: ``suite.json`` and the tables of the sections that were run."""
    sample = document["SAMPLE"]
    banner = _BANNER.format(names=", ".join(sample))
    remarks = "".join(f"<li>{escape(remark)}</li>" for remark in document["remarks"])
    parts = [
        Html(f'<p class="sample-banner" role="alert">{escape(banner)}</p>') if sample else Html(),
        facts(
            {
                "tasks": document["tasks"],
                "tables": f"{len(tables)} of {document['sections']}",
                "samples": sum(one.samples for one in tables),
                "without reply": sum(
                    one.statuses.get("error", 0) + one.statuses.get("skipped", 0) for one in tables
                ),
            }
        ),
        Html(f'<p class="small muted">{escape(_NOTE)}</p>'),
        _overview(tables),
        *(
            Html(f'<div id="s{number}">{suite_card(one, _report(one, path.parent), level=2)}</div>')
            for number, one in enumerate(tables)
        ),
        card(f"<ul>{remarks}</ul>", title="Remarks", level=2),
    ]
    title = f"{document['title']}: {document['model']}"
    against = f", against {document['against']}" if document["against"] else ""
    subtitle = f"{document['paper']}; {document['run']['created_at']}{against}"
    body = Html("\n".join(part for part in parts if part))
    write_page(Page(title, subtitle, body, styles=[asset("run.css"), asset("suite.css")]), path)


def _overview(tables: Sequence[SuiteTable]) -> Html:
    rows = [
        (
            Html(f'<a href="#s{number}">{escape(one.title)}</a>'),
            one.benchmark,
            one.samples,
            figure(one.coverage, "share"),
            one.state,
        )
        for number, one in enumerate(tables)
    ]
    shown = table(("table", "benchmark", "samples", "coverage", "run"), rows)
    return card(shown, title="Tables", level=2)


def _report(one: SuiteTable, folder: Path) -> Html:
    run = Path(one.folder)
    place = run.relative_to(folder) if run.is_relative_to(folder) else run.absolute()
    return Html(f'<a href="{escape(place.as_posix())}/report.html">Report of this run</a>')


def suite_card(one: SuiteTable, report: Html, level: int = 3) -> Html:
    """Return one table of a suite with its status, remarks and sources.

    Args:
        one: The table.
        report: Leads to the page of its run.
        level: Of the heading.
    """
    text = text_table(one, whole=True)
    rows = [[row[0], *map(_marked, row[1:])] for row in text.rows]
    sources = "".join(f"<li>{escape(source)}</li>" for source in text.sources)
    remarks = "".join(f"<li>{escape(remark)}</li>" for remark in one.remarks)
    return card(
        table(text.header, rows),
        f'<p class="small muted">{escape(status_line(one))}. {report}</p>'
        f'<ul class="small">{remarks}</ul>'
        f'<ol class="small muted" aria-label="Sources">{sources}</ol>',
        title=text.title,
        level=level,
        kind="gap suite",
    )


def _marked(cell: str) -> Html:
    """A cell whose interval stands below it, and whose SAMPLE mark can be seen."""
    first, *below = cell.split("\n")
    if first == UNKNOWN:
        return Html(f'<span class="muted">{UNKNOWN}</span>')
    mark, shown = "", first
    if first.startswith(f"{SAMPLE} "):
        mark, shown = (
            f'<span class="mark-sample">{SAMPLE}</span> ',
            first.removeprefix(f"{SAMPLE} "),
        )
    interval = f'<br><span class="small muted">{escape(below[0])}</span>' if below else ""
    return Html(f"{mark}{escape(shown)}{interval}")
