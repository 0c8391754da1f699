"""The one way in: paths of any kind become one view table, with what was refused and why."""

import csv
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from geobench_tools.errors import InputError
from geobench_tools.files import atomic_file, sha256_file
from geobench_tools.plaintext import sheet_cell
from geobench_tools.progress import SILENT, Progress
from geobench_tools.provenance import Manifest, digest_input, write_manifest
from geobench_tools.views._checks_duplicates import refuse_duplicates
from geobench_tools.views._dispatch import read_input
from geobench_tools.views._options import Kind, ReadOptions
from geobench_tools.views._raw import Problem
from geobench_tools.views._schema import (
    COLUMNS,
    ViewTable,
    check_output,
    read_views,
    write_views,
)
from geobench_tools.views._times import check_timezone
from geobench_tools.views._validate import Checked, validate

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "IndexResult",
    "ProblemGroup",
    "SourceReport",
    "index_views",
    "is_view_table",
    "load_views",
]

_TOLD = 5
_REJECTED = "rejected.csv"


@dataclass(frozen=True)
class SourceReport:
    """What became of one source.

    Attributes:
        source: As the user named it.
        reader: What it was read as: ``table``, ``photos``, ``geotiffs``, ``xyz`` …
        rows: Rows it has, unreadable ones included.
        accepted: Rows that became views.
        columns: Source column by view column.
        unused: Source columns that were not used.
        notes: What was noticed and not refused, with counts.
    """

    source: str
    reader: str
    rows: int
    accepted: int
    columns: Mapping[str, str]
    unused: tuple[str, ...]
    notes: Mapping[str, int]

    @property
    def refused(self) -> int:
        """Rows that did not become views."""
        return self.rows - self.accepted


@dataclass(frozen=True)
class ProblemGroup:
    """Problems of one kind.

    Attributes:
        kind: The fixed name.
        count: How many there are.
        examples: The first of them.
    """

    kind: str
    count: int
    examples: tuple[Problem, ...]


@dataclass(frozen=True)
class IndexResult:
    """What was read.

    Attributes:
        views: All accepted views, None if there is none.
        sources: What became of each source.
        faults: What is wrong with a source as a whole, so that none of it can be used.
        problems: What is wrong with single rows, in the order of the sources.
        dropped: Refused rows by the kind of the first problem found in each.
        on_bad: ``fail`` or ``drop``.
        written: Files that were written, by what they are.
    """

    views: ViewTable | None
    sources: tuple[SourceReport, ...]
    faults: tuple[Problem, ...]
    problems: tuple[Problem, ...]
    dropped: Mapping[str, int]
    on_bad: str
    written: Mapping[str, Path]

    @property
    def counts(self) -> dict[str, int]:
        """Rows read, accepted and refused, and accepted ones by kind."""
        rows = sum(source.rows for source in self.sources)
        accepted = sum(source.accepted for source in self.sources)
        kinds = {
            kind: len(self.views.of_kind(kind)) if self.views else 0
            for kind in ("ground", "satellite")
        }
        return {"rows": rows, "accepted": accepted, "refused": rows - accepted, **kinds}

    @property
    def error(self) -> InputError | None:
        """What keeps the result from being used, or None."""
        found = [*self.faults, *(self.problems if self.on_bad == "fail" else ())]
        if not found:
            if self.views is None:
                return InputError("no row could be used", hint="see the problems listed")
            return None
        lines = [_line(problem) for problem in found[:_TOLD]]
        more = len(found) - len(lines)
        rest = f"\n  … and {more:,} more" if more else ""
        hint = found[0].remedy
        if not self.faults:
            hint += "; or --on-bad drop to go on without these rows"
        return InputError("\n  ".join(["bad input:", *lines]) + rest, hint=hint)

    def groups(self, examples: int = 3) -> list[ProblemGroup]:
        """Return faults and problems by kind, faults first, with some examples of each."""
        by_kind: dict[tuple[bool, str], list[Problem]] = {}
        for whole, problems in ((True, self.faults), (False, self.problems)):
            for problem in problems:
                by_kind.setdefault((whole, problem.kind), []).append(problem)
        return [
            ProblemGroup(kind, len(found), tuple(found[:examples]))
            for (_, kind), found in by_kind.items()
        ]


def index_views(
    paths: Sequence[str | Path],
    options: ReadOptions,
    *,
    output: Path | None = None,
    progress: Progress = SILENT,
) -> IndexResult:
    """Read sources of views, check them, and write one view table.

    Args:
        paths: Files, folders or Hugging Face dataset ids.
        options: How to read them.
        output: The ``.parquet`` file to write, with ``NAME.manifest.json`` and, if bad rows are
            dropped, ``rejected.csv`` beside it. Nothing is written if the result has an ``error``.
        progress: Shows the work.

    Returns:
        The views and all that was refused. Look at ``error`` before use.

    Raises:
        InputError: A path does not exist, would be overwritten or is of unknown kind, or an option
            cannot be applied.
    """
    _check_options(paths, options, output)
    checked: list[tuple[str, str, Checked]] = []
    with progress.task("reading sources", len(paths)) as advance:
        for path in paths:
            reader, raw, own = read_input(path, options)
            checked.append((str(path), reader, validate(raw, own, progress)))
            advance(1)
    sources = [source for _, _, source in checked]
    refuse_duplicates(sources, positions=not options.keep_repeats)
    reports = tuple(_report(*entry) for entry in checked)
    result = IndexResult(
        views=_merge(sources),
        sources=reports,
        faults=tuple(fault for source in sources for fault in source.findings.faults),
        problems=tuple(problem for source in sources for problem in _sorted(source)),
        dropped=_dropped(sources),
        on_bad=options.on_bad,
        written={},
    )
    if output is None or result.error is not None or result.views is None:
        return result
    written = _write(result, result.views, paths, options, output)
    return replace(result, written=written)


def load_views(
    path: str | Path,
    kind: Kind,
    options: ReadOptions | None = None,
    *,
    progress: Progress = SILENT,
) -> ViewTable:
    """Return the views of one kind from a view table or any other source.

    A view table that ``write_views`` wrote is taken as it is; anything else is read and checked as
    ``index_views`` does it, its rows being of ``kind`` unless they say otherwise.

    Raises:
        InputError: The source has bad rows (and ``on_bad`` is ``fail``), a fault, or no such view.
    """
    options = options or ReadOptions()
    views = _finished(Path(path), options)
    if views is None:
        result = index_views([path], replace(options, kind=options.kind or kind), progress=progress)
        if result.error is not None:
            raise result.error
        views = result.views
    chosen = views.of_kind(kind) if views is not None else None
    if chosen is None or not len(chosen):
        raise InputError(f"{path} has no {kind} view", hint="pass a source that has some")
    return chosen


def is_view_table(path: Path) -> bool:
    """Tell whether a path is a view table that ``write_views`` wrote, of whatever version."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file() or path.suffix != ".parquet":
        return False
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowInvalid, OSError):
        return False
    return b"geor1" in (schema.metadata or {})


def _finished(path: Path, options: ReadOptions) -> ViewTable | None:
    """Read a finished view table; None if it is none or the options want it read anew."""
    plain = replace(
        options, kind=None, image_root=None, timezone=None, on_bad="fail", keep_repeats=False
    )
    if plain != ReadOptions() or not is_view_table(path):
        return None
    return read_views(path, image_root=options.image_root)


def _check_options(paths: Sequence[str | Path], options: ReadOptions, output: Path | None) -> None:
    if not paths:
        raise InputError("no source was named", hint="geor1 index photos.csv --kind ground")
    if output is not None:
        rejected = [output.parent / _REJECTED] if options.on_bad == "drop" else []
        check_output(output, paths, _manifest_path(output), *rejected)
    if options.timezone is not None:
        check_timezone(options.timezone)
    if options.image_root is not None and not options.image_root.is_dir():
        raise InputError(f"the image root {options.image_root} is not a folder")
    if options.decimal not in (".", ","):
        raise InputError(f"{options.decimal!r} is no decimal mark", hint="pass --decimal , or .")
    if options.delimiter is not None and len(options.delimiter) != 1:
        raise InputError(f"{options.delimiter!r} is not one character", hint="--delimiter ';'")
    size = options.footprint_size_m
    if size is not None and not 0 < size < 1e6:
        raise InputError(f"a footprint of {size:g} m is impossible", hint="--footprint-size 100m")


def _report(name: str, reader: str, checked: Checked) -> SourceReport:
    findings = checked.findings
    rows = len(findings.bad) + findings.unread
    accepted = int((~findings.bad).sum()) if checked.table is not None else 0
    return SourceReport(
        source=name,
        reader=reader,
        rows=rows,
        accepted=0 if findings.faults else accepted,
        columns=dict(checked.columns.used),
        unused=checked.columns.unused,
        notes=dict(findings.notes),
    )


def _merge(sources: Sequence[Checked]) -> ViewTable | None:
    """Join the accepted rows of all sources, images relative to the folder common to all."""
    import pyarrow as pa

    accepted = [
        (source.table.filter(pa.array(~source.findings.bad)), source.raw.image_root)
        for source in sources
        if source.table is not None and not source.findings.faults
    ]
    rooted = [root for table, root in accepted if root and "image" in table.column_names]
    resolved = {root.resolve() for root in rooted}
    common = rooted[0] if rooted else None
    tables = [table for table, _ in accepted]
    if len(resolved) > 1:
        common = Path(os.path.commonpath(resolved))
        tables = [_rebased(table, root, common) for table, root in accepted]
    if not sum(table.num_rows for table in tables):
        return None
    table = pa.concat_tables(tables, promote_options="default").combine_chunks()
    known = [
        name
        for name in COLUMNS
        if name in table.column_names and table[name].null_count < table.num_rows
    ]
    return ViewTable(table.select(known), common)


def _rebased(table: "pa.Table", root: Path | None, common: Path) -> "pa.Table":
    """Make image paths relative to a folder above their root."""
    import pyarrow.compute as pc

    if root is None or "image" not in table.column_names or root.resolve() == common:
        return table
    prefix = f"{root.resolve().relative_to(common).as_posix()}/"
    images = pc.binary_join_element_wise(prefix, table["image"], "")
    return table.set_column(table.column_names.index("image"), "image", images)


def _sorted(source: Checked) -> list[Problem]:
    return sorted(source.findings.problems, key=lambda problem: (problem.file, problem.row))


def _dropped(sources: Sequence[Checked]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for source in sources:
        total.update(source.findings.reasons)
    return dict(sorted(total.items()))


def _write(
    result: IndexResult,
    views: ViewTable,
    paths: Sequence[str | Path],
    options: ReadOptions,
    output: Path,
) -> dict[str, Path]:
    inputs = tuple(digest_input(Path(path)) for path in paths if Path(path).exists())
    written = {"views": output}
    if options.on_bad == "drop":
        written["rejected"] = output.parent / _REJECTED
        _write_rejected(result.problems, written["rejected"])
    write_views(views, output)
    parameters = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in asdict(options).items()
    }
    manifest = Manifest(
        kind="views",
        parameters={"paths": [str(path) for path in paths], **parameters},
        inputs=inputs,
        counts=result.counts,
        dropped=result.dropped,
        outputs={path.name: sha256_file(path) for path in written.values()},
    )
    written["manifest"] = _manifest_path(output)
    write_manifest(manifest, written["manifest"])
    return written


def _manifest_path(output: Path) -> Path:
    return output.with_suffix(".manifest.json")


def _write_rejected(problems: Sequence[Problem], path: Path) -> None:
    names = ("file", "row", "column", "value", "kind", "message", "remedy")
    with atomic_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(
            [sheet_cell(getattr(problem, name)) for name in names] for problem in problems
        )


def _line(problem: Problem) -> str:
    place = f"{problem.file} row {problem.row}" if problem.row else problem.file
    column = f", column {problem.column}" if problem.column else ""
    value = f", value {problem.value!r}" if problem.value else ""
    return f"{place}{column}{value}: {problem.message}"
