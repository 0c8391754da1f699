"""Checks a file of traces: a folder with verdicts, a summary, a page and a manifest."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.files import atomic_folder
from geobench_tools.progress import SILENT, Advance, Progress
from geobench_tools.provenance import Manifest, digest_input, write_manifest
from geobench_tools.reasoning import CHECKER_VERSION, CheckOptions
from geobench_tools.reasoning._batch import CheckedLine, VerdictCounts, check_lines
from geobench_tools.reasoning._traces import KnownViews, TraceLine, read_known, read_traces
from geobench_tools.reports._fact_check_page import PageLines, write_fact_check_page

__all__ = ["FactCheckReport", "FactCheckRequest", "fact_check"]


@dataclass(frozen=True)
class FactCheckRequest:
    """What to check.

    Attributes:
        traces: Lines of JSON with traces.
        metadata: Tables of the views that they speak of, or the folder of a rendered world.
        output: Folder to write.
        options: How strictly to check.
        text_field: Field of the text; found by itself by default.
        id_field: Field that names the view; found by itself by default.
        overwrite: Replace an existing folder.
        judge: A model as ``models.parse_model`` reads it, which is asked about asserted claims
            that the rules leave open; nobody by default. Its replies are logged in a run directory
            beside the output, so that none is paid for twice.
        base_urls: Endpoints of the judge.
    """

    traces: Path
    metadata: tuple[Path, ...]
    output: Path
    options: CheckOptions = field(default_factory=CheckOptions)
    text_field: str = ""
    id_field: str = ""
    overwrite: bool = False
    judge: str = ""
    base_urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class FactCheckReport:
    """What was found.

    Attributes:
        folder: Holds ``verdicts.jsonl``, ``summary.json``, ``report.html`` and ``manifest.json``.
        counts: Counts of verdicts, leaks and template problems.
    """

    folder: Path
    counts: VerdictCounts

    def document(self) -> dict[str, Any]:
        """Return the result as a JSON object."""
        return {
            "folder": str(self.folder),
            "checker": CHECKER_VERSION,
            **self.counts.to_json(),
        }


def fact_check(request: FactCheckRequest, progress: Progress = SILENT) -> FactCheckReport:
    """Check every trace of a file against the views it speaks of.

    Args:
        request: What to check.
        progress: Told of each trace.

    Raises:
        InputError: An input is missing or malformed, or the output exists.
    """
    if request.output.exists() and not request.overwrite:
        raise InputError(
            f"{request.output} exists already", hint="choose another output or pass --overwrite"
        )
    views = read_known(request.metadata)
    counts = VerdictCounts()
    with atomic_folder(request.output, overwrite=request.overwrite) as folder:
        kept = PageLines()
        with progress.task("traces") as advance, (folder / "verdicts.jsonl").open("wb") as stream:
            traces = _counted(
                read_traces(
                    request.traces, text_field=request.text_field, id_field=request.id_field
                ),
                advance,
            )
            checked: Iterable[CheckedLine] = check_lines(traces, views, request.options)
            if request.judge:
                checked = _judged(list(checked), views, request, progress)
            for line in checked:
                counts.add(line)
                kept.offer(line)
                stream.write(_line(line))
        if not counts.traces:
            raise InputError(f"{request.traces} holds no trace", hint="see --text-field")
        summary = {"checker": CHECKER_VERSION, **counts.to_json()}
        (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
        write_fact_check_page(request.traces.name, counts, kept, folder / "report.html")
        manifest = Manifest(
            kind="fact-check",
            parameters={
                "checker": CHECKER_VERSION,
                "text_field": request.text_field,
                "id_field": request.id_field,
                "judge": request.judge,
                **asdict(request.options),
            },
            inputs=tuple(digest_input(path) for path in (request.traces, *request.metadata)),
            counts={
                "traces": counts.traces,
                "views": views.count,
                "claims": sum(counts.verdicts.values()),
                "unknown_view": counts.unknown,
            },
        )
        write_manifest(manifest, folder / "manifest.json")
    return FactCheckReport(request.output, counts)


def _judged(
    lines: list[CheckedLine], views: KnownViews, request: FactCheckRequest, progress: Progress
) -> list[CheckedLine]:
    from geobench_tools.models import parse_model
    from geobench_tools.reports._fact_check_judge import judge

    model = parse_model(request.judge, base_urls=request.base_urls)
    facts = [views.facts(line.trace) for line in lines]
    folder = request.output.with_name(f"{request.output.name}.judge")
    return judge(lines, facts, model, request.judge, folder, progress)


def _counted(traces: Iterator[TraceLine], advance: Advance) -> Iterator[TraceLine]:
    for trace in traces:
        yield trace
        advance(1)


def _line(line: CheckedLine) -> bytes:
    document = {
        "id": line.trace.name,
        "line": line.trace.number,
        "view_known": line.known,
        **line.checked.to_json(),
        "text": line.trace.text,
    }
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
