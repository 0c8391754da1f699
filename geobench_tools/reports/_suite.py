"""A suite as a whole: every benchmark in a run directory of its own, one table of all."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geobench_tools import __version__
from geobench_tools.benchmarks import EvalBenchmark, open_benchmark
from geobench_tools.benchmarks._suites import Suite, SuiteSection, load_suite
from geobench_tools.errors import InputError, PartialFailure
from geobench_tools.evaluation import RUN, policy_differences, read_run
from geobench_tools.files import write_text
from geobench_tools.models import default_model
from geobench_tools.progress import SILENT, Progress
from geobench_tools.provenance import run_facts
from geobench_tools.reports._evaluate import (
    EvalRequest,
    Evaluated,
    evaluate_one,
    folder_name,
    model_of,
    run_spec,
)
from geobench_tools.reports._suite_page import write_suite_page
from geobench_tools.reports._suite_rows import SuiteTable, suite_table
from geobench_tools.strictjson import parse_json

__all__ = ["SuiteRequest", "SuiteResult", "run_suite"]

SUITE = "suite.json"

Note = Callable[[str], None]


@dataclass(frozen=True)
class SuiteRequest:
    """What a user asks for.

    Attributes:
        suite: Name, or a YAML file of the same form.
        request: Model, data and how it is asked; its benchmarks are the suite's.
        against: A suite's folder, or a run directory, of the model to compare with.
        force: Compare although the two were not asked alike.
    """

    suite: str
    request: EvalRequest
    against: Path | None = None
    force: bool = False


@dataclass(frozen=True)
class SuiteResult:
    """A suite that was run.

    Attributes:
        suite: What was asked.
        folder: With ``suite.json``, ``suite.html`` and the run directories.
        tables: One for each section that was run.
        document: What ``suite.json`` holds.
        unfinished: Benchmarks that were not run to their end.
    """

    suite: Suite
    folder: Path
    tables: tuple[SuiteTable, ...]
    document: Mapping[str, Any]
    unfinished: tuple[str, ...]

    def failure(self) -> PartialFailure | None:
        """Return the error to end with, or None if every sample of every benchmark has a reply."""
        if not self.unfinished:
            return None
        said = f"without a reply to every sample: {', '.join(self.unfinished)}"
        return PartialFailure(
            said, hint="run the same command again; only what is missing is asked"
        )


@dataclass(frozen=True)
class _Planned:
    section: SuiteSection
    request: EvalRequest
    benchmark: EvalBenchmark
    folder: Path
    base: Path | None
    remarks: tuple[str, ...]


def run_suite(
    asked: SuiteRequest, progress: Progress = SILENT, *, note: Note = lambda _message: None
) -> SuiteResult:
    """Run all benchmarks of a suite and write its table; the same call resumes.

    ``suite.json`` and ``suite.html`` are written after each benchmark.

    Raises:
        InputError: The suite, an option or the data are bad, an output holds another run, or the
            base was asked differently; nothing was asked.
        ModelError: The model does not exist or the key is refused; what was finished is kept.
    """
    suite = load_suite(asked.suite)
    request = asked.request
    if not request.model:
        name, said = default_model()
        note(said)
        request = replace(request, model=name)
    folder = request.output or Path("runs") / folder_name(suite.name, request.model, request)
    _check_folder(folder, suite)
    planned = [_plan(section, request, folder, asked) for section in suite.sections]
    for plan in planned:
        if asked.against is not None and plan.base is None:
            note(f"{asked.against} has no run of {plan.benchmark.name}: no base there")
    invented = [plan.benchmark.name for plan in planned if plan.benchmark.sample]
    if invented:
        note(
            f"SAMPLE: no data for {', '.join(invented)}: a few pictures drawn by this project "
            "stand in, whose figures measure nothing. Name the data: --data NAME=PATH or geor1.toml"
        )
    done: list[Evaluated] = []
    tables: list[SuiteTable] = []
    document: Mapping[str, Any] = {}
    model = model_of(request, request.model)
    for plan in planned:
        done.append(evaluate_one(plan.request, plan.benchmark, model, progress, note))
        tables.append(suite_table(plan.section, plan.folder, plan.base, plan.remarks))
        document = _write(folder, suite, request.model, asked.against, tables)
        result = done[-1].result
        if result is not None and (result.interrupted or result.stopped):
            break
    short = [one.benchmark for one in done if one.failure()]
    short += [plan.benchmark.name for plan in planned[len(done) :]]
    return SuiteResult(suite, folder, tuple(tables), document, tuple(short))


def _check_folder(folder: Path, suite: Suite) -> None:
    """Refuse a folder that is something else."""
    if (folder / RUN).exists():
        raise InputError(f"{folder} is the directory of one run", hint="choose another output")
    if not (folder / SUITE).is_file():
        return
    try:
        name = parse_json((folder / SUITE).read_bytes())["suite"]
    except (OSError, ValueError, KeyError, TypeError):
        name = "something else"
    if name != suite.name:
        raise InputError(
            f"{folder} holds {name}, not the suite {suite.name}", hint="choose another output"
        )


def _plan(
    section: SuiteSection, request: EvalRequest, folder: Path, asked: SuiteRequest
) -> _Planned:
    options = request.options_of(section.benchmark)
    options = replace(options, settings={**section.settings, **options.settings})
    benchmark = open_benchmark(section.benchmark, options)
    own = replace(
        request,
        benchmarks=[section.benchmark],
        options=options,
        data={},
        output=folder / benchmark.name,
    )
    base = _base(asked.against, benchmark.name)
    different = () if base is None else _asked_differently(own, benchmark, base)
    if different and not asked.force:
        raise InputError(
            f"{base} was not asked alike: {'; '.join(different)}",
            hint="run the base again with the same options, or pass --force",
        )
    remarks = tuple(f"Forced: the base was not asked alike: {one}" for one in different)
    return _Planned(section, own, benchmark, folder / benchmark.name, base, remarks)


def _base(against: Path | None, name: str) -> Path | None:
    """The base's run of a benchmark: in its suite's folder, or the folder itself."""
    if against is None:
        return None
    if (against / RUN).is_file():
        identity = read_run(against).parameters["identity"]
        return against if identity["benchmark"]["name"] == name else None
    if (against / name / RUN).is_file():
        return against / name
    if not any(against.glob(f"*/{RUN}")):
        raise InputError(
            f"{against} holds no run",
            hint="--against takes the folder of a suite, or a run directory",
        )
    return None


def _asked_differently(
    request: EvalRequest, benchmark: EvalBenchmark, base: Path
) -> tuple[str, ...]:
    """In what the base was asked differently, told before anything is paid for."""
    spec = run_spec(request, benchmark, request.model)
    now: dict[str, Any] = {
        "benchmark": {"name": benchmark.name, **benchmark.identity},
        "sampling": spec.sampling.document(),
        "max_side_px": spec.max_side_px,
    }
    before = read_run(base).parameters["identity"]
    return policy_differences(before, json.loads(json.dumps(now)))


def _write(
    folder: Path,
    suite: Suite,
    model: str,
    against: Path | None,
    tables: Sequence[SuiteTable],
) -> dict[str, Any]:
    document = {
        "format": 1,
        "suite": suite.name,
        "title": suite.title,
        "paper": suite.paper,
        "remarks": list(suite.remarks),
        "SAMPLE": [table.benchmark for table in tables if table.sample],
        "tool": f"geobench-tools {__version__}",
        "run": run_facts(),
        "model": model,
        "against": None if against is None else str(against),
        "tasks": suite.tasks,
        "sections": len(suite.sections),
        "tables": [table.document() for table in tables],
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    write_text(folder / SUITE, text + "\n")
    write_suite_page(folder / "suite.html", document, tables)
    return document
