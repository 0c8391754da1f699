"""The one way in: paths of any kind become one view table, with what was refused and why."""

import csv
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from geobench_tools.errors import InputError
from geobench_tools.files import atomic_file, sha256_file
from geobench_tools.plaintext import sheet_cell
from geobench_tools.progress import SILENT, Progress
from geobench_tools.provenance import Manifest, digest_input, write_manifest
from geobench_tools.views._checks_duplicates import refuse_duplicates
from geobench_tools.views._dispatch import check_effects, read_input
from geobench_tools.views._options import Kind, ReadOptions
from geobench_tools.views._raw import Problem
from geobench_tools.views._results import IndexResult, SourceReport
from geobench_tools.views._rows import RowStore
from geobench_tools.views._schema import (
    ViewTable,
    check_output,
    read_views,
    view_schema,
    write_view_rows,
)
from geobench_tools.views._times import check_timezone
from geobench_tools.views._validate import Checked, validate

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "index_views",
    "is_view_table",
    "load_views",
]

_REJECTED = "rejected.csv"


def index_views(
    paths: Sequence[str | Path],
    options: ReadOptions,
    *,
    output: Path | None = None,
    keep: bool = True,
    progress: Progress = SILENT,
) -> IndexResult:
    """Read sources of views, check them, and write one view table.

    Rows go through in batches; beside the output, or in the system's folder for temporary files,
    they lie in a temporary file meanwhile, of which a kill leaves nothing.

    Args:
        paths: Files, folders or Hugging Face dataset ids.
        options: How to read them.
        output: The ``.parquet`` file to write, with ``NAME.manifest.json`` and, if bad rows are
            dropped, ``rejected.csv`` beside it. Nothing is written if the result has an ``error``.
        keep: Without output, hold the views in memory; else the result has none.
        progress: Shows the work.

    Returns:
        The views and all that was refused. Look at ``error`` before use.

    Raises:
        InputError: A path does not exist, would be overwritten or is of unknown kind, or an option
            cannot be applied.
    """
    _check_options(paths, options, output)
    checked: list[tuple[str, str, Checked]] = []
    beside = output.parent if output is not None and output.parent.is_dir() else None
    with TemporaryFile(dir=beside) as file:
        with progress.task("reading sources", len(paths)) as advance:
            for path in paths:
                reader, raw, own = read_input(path, options)
                checked.append((str(path), reader, validate(raw, own, RowStore(file), progress)))
                del raw
                advance(1)
        sources = [source for _, _, source in checked]
        refuse_duplicates(sources, positions=not options.keep_repeats)
        result = IndexResult(
            kinds=_kinds(sources),
            sources=tuple(_report(*entry) for entry in checked),
            faults=tuple(fault for source in sources for fault in source.findings.faults),
            problems=tuple(problem for source in sources for problem in _sorted(source)),
            dropped=_dropped(sources),
            on_bad=options.on_bad,
            written={},
        )
        if output is None:
            return replace(result, table=_load(sources)) if keep else result
        if result.error is not None:
            return result
        return replace(result, written=_write(result, sources, paths, options, output))


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
    check_effects(paths, options)


def _report(name: str, reader: str, checked: Checked) -> SourceReport:
    findings = checked.findings
    return SourceReport(
        source=name,
        reader=reader,
        rows=len(findings.bad) + findings.unread,
        accepted=len(_rows(checked) or ()),
        columns=dict(checked.columns.used),
        unused=checked.columns.unused,
        notes=dict(findings.notes),
    )


def _rows(source: Checked) -> RowStore | None:
    """Return the rows of a source, None if the source has a fault."""
    return None if source.findings.faults else source.rows


def _kinds(sources: Sequence[Checked]) -> dict[str, int]:
    total = Counter({"ground": 0, "satellite": 0})
    for source in sources:
        total.update(rows.kinds if (rows := _rows(source)) else {})
    return dict(total)


def _accepted(
    sources: Sequence[Checked],
) -> tuple["pa.Schema", Path | None, "Iterator[pa.Table]"]:
    """Join the accepted rows of all sources, images relative to the folder common to all."""
    import pyarrow as pa

    filled: set[str] = set()
    roots: list[Path] = []
    stores: list[tuple[RowStore, Path | None]] = []
    for source in sources:
        if (rows := _rows(source)) is not None:
            filled |= {name for name, count in rows.filled.items() if count}
            root = source.image_root if "image" in rows.columns else None
            roots += [root] if root else []
            stores.append((rows, root))
    schema = pa.schema([field for field in view_schema() if field.name in filled])
    resolved = {root.resolve() for root in roots}
    common = roots[0] if roots else None
    if len(resolved) > 1:
        common = Path(os.path.commonpath(resolved))

    def tables() -> "Iterator[pa.Table]":
        for rows, root in stores:
            prefix = ""
            if root is not None and common is not None and root.resolve() != common.resolve():
                prefix = f"{root.resolve().relative_to(common.resolve()).as_posix()}/"
            for _, batch in rows.read(schema.names):
                yield _fitted(batch, schema, prefix)

    return schema, common, tables()


def _fitted(batch: "pa.RecordBatch", schema: "pa.Schema", prefix: str) -> "pa.Table":
    """Bring rows to a schema, image paths to a folder further up."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = {name: batch[name] for name in batch.schema.names}
    if prefix and "image" in columns:
        columns["image"] = pc.binary_join_element_wise(prefix, columns["image"], "")
    unknown = [field for field in schema if field.name not in columns]
    columns.update((field.name, pa.nulls(batch.num_rows, field.type)) for field in unknown)
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _load(sources: Sequence[Checked]) -> ViewTable | None:
    import pyarrow as pa

    schema, root, tables = _accepted(sources)
    table = pa.concat_tables([schema.empty_table(), *tables]).combine_chunks()
    return ViewTable(table, root) if table.num_rows else None


def _sorted(source: Checked) -> list[Problem]:
    return sorted(source.findings.problems, key=lambda problem: (problem.file, problem.row))


def _dropped(sources: Sequence[Checked]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for source in sources:
        total.update(source.findings.reasons)
    return dict(sorted(total.items()))


def _write(
    result: IndexResult,
    sources: Sequence[Checked],
    paths: Sequence[str | Path],
    options: ReadOptions,
    output: Path,
) -> dict[str, Path]:
    inputs = tuple(digest_input(Path(path)) for path in paths if Path(path).exists())
    written = {"views": output}
    if options.on_bad == "drop":
        written["rejected"] = output.parent / _REJECTED
        _write_rejected(result.problems, written["rejected"])
    schema, root, tables = _accepted(sources)
    write_view_rows(tables, schema, root, output)
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
