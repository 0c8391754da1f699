"""Finished runs: listed, shown, scored again, compared, exported."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from geobench_tools.answers import READER_VERSION
from geobench_tools.benchmarks import rules_of
from geobench_tools.errors import GeobenchError, InputError
from geobench_tools.evaluation import (
    RUN,
    Comparison,
    Difference,
    ExportedRun,
    ReadingRecord,
    RunLog,
    Sample,
    SampleRecord,
    compare_items,
    final_records,
    merge_runs,
    policy_differences,
    read_run,
    scored_differently,
    status_of,
    write_export,
)
from geobench_tools.models import Reply
from geobench_tools.provenance import Manifest, write_manifest
from geobench_tools.reports._evaluate import write_scores
from geobench_tools.reports._run import figure, model_name
from geobench_tools.strictjson import parse_json

__all__ = [
    "Problem",
    "RunEntry",
    "ShownRun",
    "compare_runs",
    "comparison_rows",
    "export_run",
    "list_runs",
    "merge_and_score",
    "problems_of",
    "rescore",
    "show_run",
]

SCORES = "scores.json"


@dataclass(frozen=True)
class RunEntry:
    """A run in a list; scores are absent where it was not scored."""

    folder: str
    benchmark: str
    model: str
    state: str
    requests: int
    coverage: float | None
    headline: str

    def document(self) -> dict[str, Any]:
        """Return the entry as JSON."""
        return asdict(self)

    def row(self) -> tuple[object, ...]:
        """Return the entry as a line for people."""
        coverage = figure(self.coverage, "share")
        start = (self.folder, self.benchmark, self.model, self.state, self.requests)
        return (*start, coverage, self.headline)


@dataclass(frozen=True)
class ShownRun:
    """A run with its scores."""

    model: str
    scores: Mapping[str, Any]


@dataclass(frozen=True)
class MergedRun(ShownRun):
    """A run made of shards, with its scores.

    Attributes:
        repeated: Records left out, as another shard has them too.
        missing: Shards that are not there.
    """

    repeated: int
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Problem:
    """A request that is not ok."""

    sample_id: str
    run_index: int
    status: str
    detail: str

    def document(self) -> dict[str, Any]:
        """Return the problem as JSON."""
        return asdict(self)


def list_runs(root: Path) -> list[RunEntry]:
    """Return the runs in a folder and below, by name.

    Raises:
        InputError: There is no such folder.
    """
    if not root.is_dir():
        raise InputError(f"{root} is not a folder", hint="geor1 eval writes runs/")
    found = []
    for path in sorted(root.rglob(RUN)):
        try:
            found.append(_entry(path.parent))
        except GeobenchError as error:
            found.append(RunEntry(str(path.parent), "?", "?", error.message, 0, None, ""))
    return found


def show_run(folder: Path) -> ShownRun:
    """Return a run's scores, scored now if they were not.

    Raises:
        InputError: The folder is no run.
    """
    manifest = read_run(folder)
    scores = _scores(folder) or write_scores(folder)
    return ShownRun(model_name(manifest.parameters["identity"]["model"]), scores)


def problems_of(folder: Path) -> list[Problem]:
    """Return the requests of a run that are not ok."""
    return [
        Problem(record.sample_id, record.run_index, record.status, _detail(record))
        for record in final_records(folder)
        if record.status != "ok"
    ]


def rescore(folder: Path, *, again: bool = False) -> int:
    """Score a run from its log; read its replies again if another reader read them.

    Args:
        folder: The run directory.
        again: Read them again in any case.

    Returns:
        How many replies are read differently now; their records are appended to the log.

    Raises:
        InputError: The folder is no run, or is in use.
    """
    manifest = read_run(folder)
    identity = manifest.parameters["identity"]
    changed: list[SampleRecord] = []
    if again or identity["benchmark"].get("reader") != READER_VERSION:
        rules = rules_of(identity["benchmark"])
        changed = [new for old in final_records(folder) if (new := _reread(old, rules)) != old]
        log = RunLog(folder)
        with log.appending():
            for record in changed:
                log.append(record)
        _record_reader(folder, manifest)
    write_scores(folder)
    return len(changed)


def merge_and_score(
    shards: Sequence[Path], output: Path, *, allow_missing: bool = False, overwrite: bool = False
) -> MergedRun:
    """Merge the shards of one run and score the whole.

    Raises:
        InputError: They are not shards of one run, some are missing, or the output exists.
    """
    made = merge_runs(shards, output, allow_missing=allow_missing, overwrite=overwrite)
    scores = write_scores(output)
    model = model_name(read_run(output).parameters["identity"]["model"])
    return MergedRun(model, scores, made.repeated, made.missing)


def compare_runs(first: Path, second: Path, *, force: bool = False) -> Comparison:
    """Compare two runs of one benchmark.

    Raises:
        InputError: They were not asked and scored alike (unless ``force``), or share no sample.
    """
    identities = [read_run(folder).parameters["identity"] for folder in (first, second)]
    policy = policy_differences(*identities)
    policy += scored_differently(*(_with_policies(folder) for folder in (first, second)))
    if policy and not force:
        raise InputError(
            f"{first} and {second} were not asked and scored alike: {'; '.join(policy)}",
            hint="compare runs of one policy, or pass --force",
        )
    items = [
        rules_of(identity["benchmark"]).items(list(final_records(folder)))
        for identity, folder in zip(identities, (first, second), strict=True)
    ]
    return compare_items(items[0], items[1], (str(first), str(second)), policy)


def comparison_rows(comparison: Comparison) -> list[tuple[object, ...]]:
    """Return a comparison as lines for people."""
    return [_difference_row(difference) for difference in comparison.differences]


def export_run(folder: Path, to: str, output: Path) -> ExportedRun:
    """Write a run as another harness reads it.

    Raises:
        InputError: The folder is no run, or the output exists.
    """
    manifest = read_run(folder)
    shown = show_run(folder)
    return write_export(folder, manifest, shown.scores, to, output)


def _entry(folder: Path) -> RunEntry:
    manifest = read_run(folder)
    identity = manifest.parameters["identity"]
    scores = _scores(folder) or {}
    headline = ""
    for metric in scores.get("metrics", [])[:2]:
        value = (metric["strict"] or {}).get("value")
        headline += f"{', ' if headline else ''}{metric['label']} {figure(value, metric['unit'])}"
    return RunEntry(
        str(folder),
        str(identity["benchmark"]["name"]),
        model_name(identity["model"]),
        manifest.run.get("state", ""),
        int(scores.get("records", 0)),
        scores.get("coverage"),
        headline or "not scored",
    )


def _scores(folder: Path) -> dict[str, Any] | None:
    """The scores, unless the log is newer than they are."""
    path = folder / SCORES
    try:
        if path.stat().st_mtime_ns < (folder / "samples.jsonl").stat().st_mtime_ns:
            return None
        document = parse_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def _with_policies(folder: Path) -> Mapping[str, Any]:
    """The scores, derived again if an older version left them without named policies."""
    scores = _scores(folder)
    return scores if scores and "policies" in scores else write_scores(folder)


def _reread(record: SampleRecord, rules: Any) -> SampleRecord:
    if record.reading is None:
        return record
    sample = Sample(
        record.sample_id, record.benchmark, (), record.target, record.task, record.group,
        record.metadata,
    )  # fmt: skip
    reading = rules.read(record.text, sample)
    value = list(reading.value) if isinstance(reading.value, tuple) else reading.value
    kept = ReadingRecord(value, reading.status, reading.span)
    reply = Reply(record.text, record.finish_reason)
    refused = record.status == "refusal" and record.error is not None
    status = record.status if refused else status_of(reply, reading)
    return replace(record, reading=kept, status=status)


def _record_reader(folder: Path, manifest: Manifest) -> None:
    identity = manifest.parameters["identity"]
    benchmark = {**identity["benchmark"], "reader": READER_VERSION}
    parameters = {**manifest.parameters, "identity": {**identity, "benchmark": benchmark}}
    write_manifest(replace(manifest, parameters=parameters), folder / RUN)


def _detail(record: SampleRecord) -> str:
    if record.error is not None:
        return f"{record.error.reason}: {record.error.detail}"
    why = record.reading.status if record.reading else ""
    return f"{why}: {record.text[:120]!r}"


def _difference_row(one: Difference) -> tuple[object, ...]:
    figures = [_number(value) for value in (one.first, one.second, one.difference)]
    interval = f"{_number(one.low)} to {_number(one.high)}"
    p_value = "" if one.p_value is None else f"{one.p_value:.3g}"
    name = f"{one.metric} (B - A: of pairs)" if one.metric == "median_km" else one.metric
    return (name, *figures, interval, one.wins, one.losses, one.ties, p_value)


def _number(value: float | None) -> str:
    if value is None:
        return "n/a"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
