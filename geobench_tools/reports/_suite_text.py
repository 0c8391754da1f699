"""A suite's table as text: a line for each model, or for each task."""

from collections.abc import Sequence
from dataclasses import dataclass

from geobench_tools.reports._run import figure
from geobench_tools.reports._suite_rows import Figure, SuiteRow, SuiteTable

__all__ = ["TextTable", "status_line", "text_table"]

SAMPLE = "SAMPLE"
UNKNOWN, NOT_DEFINED = "unknown", "n/a"
_NAMES = {"majority": "majority line", "chance": "chance"}


@dataclass(frozen=True)
class TextTable:
    """A table for people; the first column names the lines."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sources: tuple[str, ...]


def text_table(table: SuiteTable, protocol: str = "strict", *, whole: bool = False) -> TextTable:
    """Return a table as text, in the layout of its section.

    Args:
        table: With its figures.
        protocol: Which of the two is shown where a line is a task.
        whole: Show both protocols and all published models, for a page.
    """
    rows = _chosen(table, protocol, whole=whole)
    sources = tuple(dict.fromkeys(row.source for row in rows if row.source))
    labels = [column["label"] for column in table.columns]
    names = [_name(row, sources) for row in rows]
    title = f"{SAMPLE}, NO RESULT: {table.title}" if table.sample else table.title
    cells = [
        [_cell(row, row.cells.get(label), sample=table.sample) for label in labels] for row in rows
    ]
    if table.layout == "models":
        protocols = ["" if row.kind in _NAMES else row.protocol for row in rows]
        lines = [(n, p, *line) for n, p, line in zip(names, protocols, cells, strict=True)]
        return TextTable(title, ("model", "protocol", *labels), tuple(lines), sources)
    counts = [_count(rows, label) for label in labels]
    turned = zip(labels, counts, zip(*cells, strict=True), strict=True)
    lines_by_task = tuple((label, n, *line) for label, n, line in turned)
    return TextTable(title, ("task", "n", *names), lines_by_task, sources)


def status_line(table: SuiteTable) -> str:
    """Return how the requests of a table ended, and the coverage."""
    ended = ", ".join(f"{n:,} {name}" for name, n in table.statuses.items())
    said = f"{table.samples:,} samples, {table.requests:,} requests: {ended}; "
    state = "" if table.state == "finished" else f"; {table.state}: run the same command again"
    return f"{said}coverage {figure(table.coverage, 'share')}{state}"


def _chosen(table: SuiteTable, protocol: str, *, whole: bool) -> list[SuiteRow]:
    """The lines that are shown."""
    if whole or table.layout == "models":
        return list(table.rows)
    has = {row.protocol for row in table.rows if row.kind == "model"}
    shown = protocol if protocol in has else "strict"
    return [
        row
        for row in table.rows
        if (row.kind in ("model", "base") and row.protocol == shown)
        or row.kind in ("difference", "majority", "chance")
        or (row.kind == "published" and row.who in table.terminal)
    ]


def _name(row: SuiteRow, sources: Sequence[str]) -> str:
    name = _NAMES.get(row.kind, row.who)
    if row.metric:
        name = f"{name}, {row.metric}"
    return f"{name} [{sources.index(row.source) + 1}]" if row.source else name


def _cell(row: SuiteRow, one: Figure | None, *, sample: bool) -> str:
    if row.kind == "published":
        return UNKNOWN if one is None else figure(one.value, one.unit)
    if one is None or one.value is None:
        return NOT_DEFINED
    text = _signed(one) if row.kind == "difference" else figure(one.value, one.unit)
    if one.low is not None and one.high is not None:
        text += f"\n{_bound(one.low, one.unit)} to {_bound(one.high, one.unit)}"
    return f"{SAMPLE} {text}" if sample else text


def _signed(one: Figure) -> str:
    value = one.value or 0.0
    if one.unit == "share":
        return f"{100 * value:+.1f} points"
    return f"{'+' if value > 0 else '-' if value < 0 else ''}{figure(abs(value), one.unit)}"


def _bound(value: float, unit: str) -> str:
    if unit == "share":
        return f"{100 * value:.1f}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"


def _count(rows: Sequence[SuiteRow], label: str) -> str:
    for row in rows:
        one = row.cells.get(label)
        if row.kind == "model" and one is not None and one.n is not None:
            return f"{one.n:,}"
    return "0"
