"""The figures of one table of a suite: this model, its base, published rows, lines to beat."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from geobench_tools.benchmarks import benchmark_info, rules_of
from geobench_tools.benchmarks._suites import SuiteColumn, SuiteSection
from geobench_tools.errors import InputError
from geobench_tools.evaluation import Rules, SampleRecord, compare_items, final_records, read_run
from geobench_tools.reports._run import model_name

__all__ = ["Figure", "SuiteRow", "SuiteTable", "suite_table"]

Kind = Literal["model", "base", "difference", "published", "majority", "chance"]
PROTOCOLS = ("strict", "official")


@dataclass(frozen=True)
class Figure:
    """One cell.

    Attributes:
        value: None where the figure does not exist for these samples.
        unit: ``share``, ``km``, ``points`` …
        n: Samples that count; None for published figures.
        low: Lower end of the 95 % interval.
        high: Upper end.
    """

    value: float | None
    unit: str
    n: int | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class SuiteRow:
    """One line: who, by which protocol, and a cell for each column.

    Attributes:
        kind: What the line is.
        who: Model, or name of the line.
        protocol: ``strict``, ``official`` or ``unknown``.
        cells: By column label; a label that is missing is unknown.
        metric: What the cells are where that is not the column's own metric.
        source: Where published figures come from.
    """

    kind: Kind
    who: str
    protocol: str
    cells: Mapping[str, Figure]
    metric: str = ""
    source: str = ""


@dataclass(frozen=True)
class SuiteTable:
    """One table with its figures.

    Attributes:
        title: Heading.
        benchmark: As run, with SAMPLE where it is the invented set.
        layout: ``models`` or ``tasks``.
        sample: Whether these are SAMPLE data, which measure nothing.
        folder: Run directory.
        state: Of the run.
        samples: Different samples.
        requests: Requests in the log.
        statuses: Requests by status.
        coverage: Readable replies over all.
        columns: Labels with unit and which direction is better.
        rows: The lines.
        remarks: What a reader must know.
        terminal: Published models to show in a terminal.
    """

    title: str
    benchmark: str
    layout: str
    sample: bool
    folder: str
    state: str
    samples: int
    requests: int
    statuses: Mapping[str, int]
    coverage: float | None
    columns: Sequence[Mapping[str, str]]
    rows: Sequence[SuiteRow]
    remarks: Sequence[str]
    terminal: Sequence[str] = field(default_factory=tuple)

    def document(self) -> dict[str, Any]:
        """Return the table as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class _Run:
    """A finished run: its name, rules and records, and scores of its tasks."""

    who: str
    name: str
    state: str
    rules: Rules
    records: Sequence[SampleRecord]

    @classmethod
    def read(cls, folder: Path) -> "_Run":
        manifest = read_run(folder)
        identity = manifest.parameters["identity"]
        return cls(
            model_name(identity["model"]),
            str(identity["benchmark"]["name"]),
            manifest.run.get("state", ""),
            rules_of(identity["benchmark"]),
            list(final_records(folder)),
        )

    def of(self, task: str) -> list[SampleRecord]:
        return [record for record in self.records if not task or record.task == task]

    def scores(self, tasks: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        """Scores of the records of each task; of all for the empty name."""
        return {
            task: self.rules.score(chosen) for task in {*tasks, ""} if (chosen := self.of(task))
        }


def suite_table(
    section: SuiteSection, folder: Path, base: Path | None, remarks: Sequence[str] = ()
) -> SuiteTable:
    """Make the table of one section from finished runs.

    Args:
        section: What stands in it.
        folder: Run directory of the model.
        base: Run directory to compare with, if there is one.
        remarks: Further remarks, after those of the section.

    Raises:
        InputError: A folder is no run.
    """
    run = _Run.read(folder)
    scores = run.scores(column.task for column in section.columns)
    columns = [_column(column, scores) for column in section.columns]
    units = {column["label"]: column["unit"] for column in columns}
    rows = _own("model", run.who, section, scores)
    if base is not None:
        other = _Run.read(base)
        rows += _own(
            "base", f"base: {other.who}", section, other.scores(c.task for c in section.columns)
        )
        rows.append(_difference(section, other, run, units))
    rows += _lines(section, scores)
    rows += _published(section, units)
    whole = scores[""]
    return SuiteTable(
        section.title,
        run.name,
        section.layout,
        bool(whole["sample"]),
        str(folder),
        run.state,
        int(whole["samples"]),
        int(whole["records"]),
        {name: n for name, n in whole["statuses"].items() if n},
        whole["coverage"],
        columns,
        [row for row in rows if row.kind == "published" or row.cells],
        (*section.remarks, *remarks, *_not_found(section, scores)),
        section.terminal,
    )


def _own(
    kind: Literal["model", "base"],
    who: str,
    section: SuiteSection,
    scores: Mapping[str, Mapping[str, Any]],
) -> list[SuiteRow]:
    rows = []
    for metric in ("", *section.beside):
        for protocol in PROTOCOLS:
            cells = {
                column.label: Figure(one["value"], found["unit"], one["n"], one["low"], one["high"])
                for column in section.columns
                if (found := _metric(scores, column, metric)) and (one := found.get(protocol))
            }
            if cells and not (metric and protocol == "official"):
                rows.append(SuiteRow(kind, who, protocol, cells, metric.replace("_", " ")))
    return rows


def _lines(section: SuiteSection, scores: Mapping[str, Mapping[str, Any]]) -> list[SuiteRow]:
    rows = []
    for kind in ("majority", "chance"):
        cells = {
            column.label: Figure(found[kind], found["unit"])
            for column in section.columns
            if (found := _metric(scores, column)) and found[kind] is not None
        }
        rows.append(SuiteRow(kind, kind, "strict", cells))
    return rows


def _metric(
    scores: Mapping[str, Mapping[str, Any]], column: SuiteColumn, name: str = ""
) -> Mapping[str, Any]:
    """One metric of a column's task; empty if the run has none."""
    metrics = scores.get(column.task, {}).get("metrics", ())
    wanted = name or column.metric
    return next((metric for metric in metrics if metric["name"] == wanted), {})


def _column(column: SuiteColumn, scores: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    found = _metric(scores, column)
    return {
        "label": column.label,
        "task": column.task,
        "metric": column.metric,
        "unit": str(found.get("unit", "share")),
        "better": str(found.get("better", "higher")),
    }


def _not_found(section: SuiteSection, scores: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Name the metrics that a run on real data does not have."""
    lacking = [column.metric for column in section.columns if not _metric(scores, column)]
    if scores[""]["sample"] or not lacking:
        return []
    known = ", ".join(metric["name"] for metric in scores[""]["metrics"])
    return [f"This run has no {', '.join(lacking)}. Its metrics: {known}."]


def _difference(section: SuiteSection, base: _Run, run: _Run, units: Mapping[str, str]) -> SuiteRow:
    cells = {}
    for task in dict.fromkeys(column.task for column in section.columns):
        before, now = base.of(task), run.of(task)
        if not before or not now:
            continue
        try:
            made = compare_items(
                base.rules.items(before), run.rules.items(now), (base.who, run.who)
            )
        except InputError:
            continue
        found = {one.metric: one for one in made.differences}
        for column in section.columns:
            if column.task == task and (one := found.get(column.metric)):
                cells[column.label] = Figure(
                    one.difference,
                    units.get(column.label, "share"),
                    made.samples,
                    one.low,
                    one.high,
                )
    return SuiteRow("difference", "model - base", "strict", cells)


def _published(section: SuiteSection, units: Mapping[str, str]) -> list[SuiteRow]:
    rows = []
    for table in benchmark_info(section.benchmark).published:
        for model, *figures in table.rows:
            named = dict(zip(table.columns[1:], figures, strict=True))
            cells = {
                column.label: Figure(float(value), units[column.label])
                for column in section.columns
                if (value := named.get(column.published)) is not None
            }
            if cells:
                found = SuiteRow(
                    "published", str(model), table.protocol, cells, source=table.source
                )
                rows.append(found)
    known = [row.who for row in rows]
    for model in section.wanted:
        if not any(who == model or who.startswith(f"{model} (") for who in known):
            rows.append(SuiteRow("published", model, "unknown", {}, source="no figure is known"))
    return rows
