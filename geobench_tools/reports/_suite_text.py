"""A suite's table as text: a line for each model, or for each task."""

from collections.abc import Sequence
from dataclasses import dataclass

from geobench_tools.reports._run import figure
from geobench_tools.reports._suite_rows import Figure, SuiteRow, SuiteTable

__all__ = ["SAMPLE", "UNKNOWN", "TextTable", "status_line", "text_table"]

SAMPLE = "SAMPLE"
SHORT_SAMPLE = "S"
UNKNOWN, NOT_DEFINED = "unknown", "n/a"
_NAMES = {"majority": "majority line", "chance": "chance"}


@dataclass(frozen=True)
class TextTable:
    """A table for people; the first column names the lines.

    Attributes:
        title: Heading.
        header: Names of the columns.
        rows: Cells; an interval stands on a line of its own.
        sources: Where published figures come from, by the number behind their model.
        notes: What stands below a table in a terminal.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sources: tuple[str, ...]
    notes: tuple[str, ...] = ()


def text_table(table: SuiteTable, protocol: str = "strict", *, whole: bool = False) -> TextTable:
    """Return a table as text, in the layout of its section.

    Args:
        table: With its figures.
        protocol: Which of the two is shown first, or alone where a line is a task.
        whole: Both protocols, all published models and the long mark of SAMPLE, for a page.
    """
    narrow = table.layout == "tasks" and not whole
    rows = _narrowed(table, protocol) if narrow else _ordered(table.rows, protocol)
    mark = (SAMPLE if whole else SHORT_SAMPLE) if table.sample else ""
    sources = tuple(dict.fromkeys(row.source for row in rows if row.source))
    labels = [column["label"] for column in table.columns]
    cells = [
        [_cell(row, row.cells.get(label), mark, narrow=narrow) for label in labels] for row in rows
    ]
    title = f"{SAMPLE}, NO RESULT: {table.title}" if table.sample else table.title
    notes = [f"{SHORT_SAMPLE}: {SAMPLE}, measures nothing"] if mark and not whole else []
    if table.layout == "models":
        names = [_name(row, sources) for row in rows]
        protocols = ["" if row.kind in _NAMES else row.protocol for row in rows]
        lines = [(n, p, *line) for n, p, line in zip(names, protocols, cells, strict=True)]
        header = ("model", "protocol", *labels)
        return TextTable(title, header, tuple(lines), sources, tuple(notes))
    both = {row.protocol for row in rows if row.kind == "model"} == {"strict", "official"}
    names = [
        _heading(row, sources) if narrow else _name(row, sources, protocol=both) for row in rows
    ]
    counts = [_count(rows, label) for label in labels]
    turned = zip(labels, counts, zip(*cells, strict=True), strict=True)
    by_task = tuple((label, n, *line) for label, n, line in turned)
    notes += [f"{row.kind}: {row.who}, {row.protocol}" for row in rows
              if row.kind in ("model", "base") and not row.metric]  # fmt: skip
    known = {row.who for row in table.rows if row.kind == "published" and row.cells}
    others = {row.who: None for row in table.rows if row.kind == "published"}
    if nothing := [who for who in others if who not in known]:
        notes.append(f"{UNKNOWN}: {', '.join(nothing)}")
    return TextTable(title, ("task", "n", *names), by_task, sources, tuple(notes))


def status_line(table: SuiteTable) -> str:
    """Return how the requests of a table ended, and the coverage."""
    ended = ", ".join(f"{n:,} {name}" for name, n in table.statuses.items())
    said = f"{table.samples:,} samples, {table.requests:,} requests: {ended}; "
    state = "" if table.state == "finished" else f"; {table.state}: run the same command again"
    return f"{said}coverage {figure(table.coverage, 'share')}{state}"


def _ordered(rows: Sequence[SuiteRow], first: str) -> list[SuiteRow]:
    """The lines with one protocol before the other."""
    own = {kind: [row for row in rows if row.kind == kind] for kind in ("model", "base")}
    for each in own.values():
        each.sort(key=lambda row: (bool(row.metric), row.protocol != first))
    return [own[row.kind].pop(0) if row.kind in own else row for row in rows]


def _narrowed(table: SuiteTable, protocol: str) -> list[SuiteRow]:
    """The lines that a terminal has room for where each becomes a column."""
    has = {row.protocol for row in table.rows if row.kind == "model"}
    shown = protocol if protocol in has else "strict"

    def fits(row: SuiteRow) -> bool:
        match row.kind:
            case "model":
                return row.protocol == shown or bool(row.metric)
            case "base":
                return row.protocol == shown and not row.metric
            case "published":
                return row.who in table.terminal and bool(row.cells)
            case _:
                return True

    return [row for row in table.rows if fits(row)]


def _heading(row: SuiteRow, sources: Sequence[str]) -> str:
    if row.kind == "published":
        return _name(row, sources)
    heads = {"difference": "model - base", "majority": "majority"}
    return row.metric or heads.get(row.kind, row.kind)


def _name(row: SuiteRow, sources: Sequence[str], *, protocol: bool = False) -> str:
    name = _NAMES.get(row.kind, row.who)
    if protocol and row.kind in ("model", "base"):
        name = f"{name}, {row.protocol}"
    if row.metric:
        name = f"{name}, {row.metric}"
    return f"{name} [{sources.index(row.source) + 1}]" if row.source else name


def _cell(row: SuiteRow, one: Figure | None, mark: str, *, narrow: bool) -> str:
    if row.kind == "published":
        return UNKNOWN if one is None else figure(one.value, one.unit)
    if one is None or one.value is None:
        return NOT_DEFINED
    text = _signed(one) if row.kind == "difference" else figure(one.value, one.unit)
    if one.low is not None and one.high is not None:
        digits = 0 if narrow else 1
        text += f"\n{_bound(one.low, one.unit, digits)} to {_bound(one.high, one.unit, digits)}"
    return f"{mark} {text}" if mark else text


def _signed(one: Figure) -> str:
    value = one.value or 0.0
    if one.unit == "share":
        return f"{100 * value:+.1f} pt"
    return f"{'+' if value > 0 else '-' if value < 0 else ''}{figure(abs(value), one.unit)}"


def _bound(value: float, unit: str, digits: int) -> str:
    if unit == "share":
        return f"{100 * value:.{digits}f}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"


def _count(rows: Sequence[SuiteRow], label: str) -> str:
    for row in rows:
        one = row.cells.get(label)
        if row.kind == "model" and one is not None and one.n is not None:
            return f"{one.n:,}"
    return "0"
