"""Evaluations as a whole: benchmark and model in, run directory with scores and report out."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from geobench_tools.benchmarks import (
    BenchmarkOptions,
    EvalBenchmark,
    benchmark_names,
    open_benchmark,
    read_predictions,
    records_of_predictions,
    rules_of,
)
from geobench_tools.errors import InputError, PartialFailure
from geobench_tools.evaluation import (
    Prices,
    RunResult,
    RunSpec,
    Shard,
    check_run,
    final_records,
    read_run,
    run,
    with_prompt,
)
from geobench_tools.files import sha256_file, write_text
from geobench_tools.models import JSON, LocalOptions, Model, Sampling, default_model, parse_model
from geobench_tools.progress import SILENT, Progress
from geobench_tools.reports._offline import log_predictions
from geobench_tools.reports._run import write_run_report

__all__ = [
    "EvalRequest",
    "Evaluated",
    "ScoreRequest",
    "evaluate",
    "evaluate_one",
    "folder_name",
    "model_of",
    "run_spec",
    "score_predictions",
    "write_scores",
]

Note = Callable[[str], None]

SAMPLE_NOTE = (
    "SAMPLE: no data were given, so this is a small set of pictures drawn by this project; "
    "the figures measure nothing. Pass --data for the benchmark itself"
)


@dataclass(frozen=True)
class EvalRequest:
    """What a user asks for.

    Attributes:
        benchmarks: Names.
        model: As ``parse_model`` reads it; empty for the default.
        options: Data, probe, prompt.
        data: Data of single benchmarks or families, by name.
        output: Run directory, or the folder of several; None for a name of its own in ``runs``.
        base_urls: Endpoints.
        runs: How often each sample is asked.
        limit: First so many samples.
        shard: Part of the samples.
        concurrency: Most open requests.
        max_side_px: Shrink larger images.
        max_attempts: Requests for one sample.
        timeout_s: Longest wait for a reply, seconds.
        prices: Per million tokens.
        sampling: Changes to the benchmark's own sampling, by name of the field.
        local: For engines on this machine.
    """

    benchmarks: Sequence[str]
    model: str = ""
    options: BenchmarkOptions = field(default_factory=BenchmarkOptions)
    data: Mapping[str, str] = field(default_factory=dict)
    output: Path | None = None
    base_urls: Sequence[str] = ()
    runs: int = 1
    limit: int | None = None
    shard: Shard | None = None
    concurrency: int = 32
    max_side_px: int | None = None
    max_attempts: int = 5
    timeout_s: float = 600.0
    prices: Prices | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)
    local: LocalOptions | None = None

    def options_of(self, name: str) -> BenchmarkOptions:
        """Return the options of one benchmark, with its own data where they were named."""
        own = self.data.get(name) or self.data.get(benchmark_names().get(name, ""))
        return replace(self.options, data=own) if own else self.options


@dataclass(frozen=True)
class Evaluated:
    """One finished run.

    Attributes:
        benchmark: Name, with SAMPLE where it is the invented set.
        model: As named.
        folder: The run directory; None for scores that were only shown.
        scores: The document of ``scores.json``.
        result: What the runner did; None for replies made elsewhere.
    """

    benchmark: str
    model: str
    folder: Path | None
    scores: Mapping[str, Any]
    result: RunResult | None = None

    def failure(self) -> PartialFailure | None:
        """Return the error to end with, or None if every sample has a reply."""
        return self.result.failure() if self.result else None


@dataclass(frozen=True)
class ScoreRequest:
    """Replies made elsewhere.

    Attributes:
        predictions: JSON lines of replies.
        benchmark: Name.
        options: Data.
        model: Name for the table; by default what the file says.
        output: Run directory to write; None to show only.
    """

    predictions: Path
    benchmark: str
    options: BenchmarkOptions
    model: str = ""
    output: Path | None = None


def evaluate(
    request: EvalRequest, progress: Progress = SILENT, *, note: Note = lambda _message: None
) -> list[Evaluated]:
    """Run benchmarks against a model, score them and write their reports; repeat to resume.

    Raises:
        InputError: An option or the data are bad, or the output holds another run.
        ModelError: The model does not exist or the key is refused.
    """
    name = request.model
    if not name:
        name, said = default_model()
        note(said)
    opened = [open_benchmark(one, request.options_of(one)) for one in request.benchmarks]
    if len({benchmark.name for benchmark in opened}) < len(opened):
        raise InputError("a benchmark is named twice")
    if any(benchmark.sample for benchmark in opened):
        note(SAMPLE_NOTE)
    asked = model_of(request, name)
    named = replace(request, model=name)
    return [evaluate_one(named, benchmark, asked, progress, note) for benchmark in opened]


def model_of(request: EvalRequest, name: str) -> Model:
    """Return the model of a request; one serves all its benchmarks, so that it is loaded once."""
    return parse_model(
        name, base_urls=request.base_urls, timeout_s=request.timeout_s, local=request.local
    )


def evaluate_one(
    request: EvalRequest, benchmark: EvalBenchmark, model: Model, progress: Progress, note: Note
) -> Evaluated:
    """Run one open benchmark of a request, score it and write its report; repeat to resume.

    Raises:
        InputError: The output holds another run.
        ModelError: The model does not exist or the key is refused.
    """
    spec = run_spec(request, benchmark, request.model)
    result = run(spec, benchmark, model, progress, note=note)
    scores = write_scores(spec.output)
    return Evaluated(benchmark.name, request.model, spec.output, scores, result)


def run_spec(request: EvalRequest, benchmark: EvalBenchmark, model: str) -> RunSpec:
    """Return how the runner is to run one benchmark of a request."""
    output = request.output
    if output is None:
        output = Path("runs") / folder_name(benchmark.name, model, request)
    elif len(request.benchmarks) > 1:
        output = output / benchmark.name
    return RunSpec(
        output=output,
        sampling=replace(benchmark.sampling, **request.sampling),
        runs=request.runs,
        limit=request.limit,
        shard=request.shard,
        max_side_px=request.max_side_px,
        concurrency=request.concurrency,
        max_attempts=request.max_attempts,
        prices=request.prices,
    )


def score_predictions(request: ScoreRequest, *, note: Note = lambda _m: None) -> Evaluated:
    """Score replies made elsewhere; samples without one count as failed.

    Raises:
        InputError: The file or the data are bad, or the output holds another run.
    """
    predictions = read_predictions(request.predictions)
    benchmark = open_benchmark(request.benchmark, request.options)
    if benchmark.sample:
        note(SAMPLE_NOTE)
    if predictions.unreadable:
        note(f"{predictions.unreadable:,} lines of {request.predictions} are no JSON: left out")
    records = list(records_of_predictions(predictions, benchmark))
    known = {record.sample_id for record in records}
    strangers = [name for name in (*predictions.replies, *predictions.errors) if name not in known]
    if len(strangers) == len(predictions.replies) + len(predictions.errors):
        raise InputError(
            f"no reply in {request.predictions} belongs to a sample of {benchmark.name}",
            hint=f"its samples have names like {records[0].sample_id!r}",
        )
    if strangers:
        note(f"{len(strangers):,} replies belong to no sample and are left out: {strangers[0]} …")
    model = request.model or predictions.model or request.predictions.stem
    if request.output is None:
        scores = with_prompt(benchmark.score(records), benchmark.identity)
        return Evaluated(benchmark.name, model, None, scores)
    identity: dict[str, JSON] = {
        "benchmark": {"name": benchmark.name, **benchmark.identity},
        "model": {
            "backend": "predictions",
            "name": model,
            "sha256": sha256_file(request.predictions),
        },
        "sampling": "unknown",
        "max_side_px": None,
        "shard": None,
    }
    check_run(request.output, identity)
    log_predictions(request.output, records, identity, Sampling())
    return Evaluated(benchmark.name, model, request.output, write_scores(request.output))


def write_scores(folder: Path) -> dict[str, Any]:
    """Derive ``scores.json`` and ``report.html`` of a run directory from its log.

    Raises:
        InputError: The folder is no run, or of a benchmark that this version does not know.
    """
    manifest = read_run(folder)
    identity = manifest.parameters["identity"]
    rules = rules_of(identity["benchmark"])
    records = list(final_records(folder))
    scores = with_prompt(rules.score(records), identity["benchmark"])
    document = {
        "format": 1,
        "SAMPLE": scores["sample"],
        "tool": manifest.tool,
        "identity": identity,
        **scores,
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    write_text(folder / "scores.json", text + "\n")
    write_run_report(folder, manifest, records, scores)
    return scores


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")


def folder_name(name: str, model: str, request: EvalRequest) -> str:
    """Return the name of the folder of a benchmark's or a suite's run."""
    parts = [name, _plain(model)[:80]]
    for key, value in sorted(request.options.settings.items()):
        owner, _, setting = key.rpartition(".")
        if name.startswith(owner) and value and "/" not in value and "\\" not in value:
            parts.append(_plain(f"{setting}-{value}")[:40])
    if request.options.probe != "none":
        parts.append(request.options.probe)
    if request.shard:
        parts.append(f"shard-{request.shard.number}-of-{request.shard.count}")
    return "_".join(parts)
