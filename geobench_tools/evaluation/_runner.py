"""Runs a benchmark against a model; the same call resumes."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from geobench_tools.errors import PartialFailure
from geobench_tools.evaluation._head import (
    begin_run,
    check_run,
    end_run,
    run_identity,
    run_manifest,
)
from geobench_tools.evaluation._log import RunLog
from geobench_tools.evaluation._plan import planned
from geobench_tools.evaluation._record import Benchmark, RunSpec
from geobench_tools.evaluation._totals import Totals, total_of
from geobench_tools.evaluation._workers import Workers
from geobench_tools.models import JSON, Model
from geobench_tools.progress import SILENT, Progress

__all__ = ["RunResult", "run"]

Note = Callable[[str], None]


@dataclass(frozen=True)
class RunResult:
    """What a call of ``run`` did.

    Attributes:
        folder: The run directory.
        totals: Of the directory, with what earlier calls left there.
        reused: Requests that had a reply already.
        sent: Requests sent now, repeated ones included.
        finished: Requests finished now.
        overloads: How often the endpoint's overload made the run slow down.
        lowest_concurrency: How far.
        interrupted: Whether the user stopped it.
        stopped: Why it gave up early; empty if it did not.
        seconds: Wall time.
    """

    folder: Path
    totals: Totals
    reused: int
    sent: int
    finished: int
    overloads: int
    lowest_concurrency: int
    interrupted: bool
    stopped: str
    seconds: float

    def failure(self) -> PartialFailure | None:
        """Return the error to end with (exit code 3), or None if every sample has a reply."""
        again = "run the same command again; only what is missing is asked"
        if self.stopped:
            return PartialFailure(f"the run gave up: {self.stopped}", hint=again)
        if self.interrupted:
            return PartialFailure("the run was interrupted; what is finished is kept", hint=again)
        statuses = self.totals.statuses
        missing = {name: count for name in ("error", "skipped") if (count := statuses[name])}
        if not missing:
            return None
        shown = ", ".join(f"{count:,} {name}" for name, count in missing.items())
        of = f"{sum(missing.values()):,} of {self.totals.records:,}"
        return PartialFailure(f"{of} samples have no reply ({shown})", hint=again)


def run(
    spec: RunSpec,
    benchmark: Benchmark,
    model: Model,
    progress: Progress = SILENT,
    *,
    note: Note = lambda _message: None,
) -> RunResult:
    """Ask every sample of a benchmark and log each reply; the same call resumes.

    Requests that have a reply in the log are not sent again. The first Ctrl-C (or SIGTERM) lets
    open requests finish, the second one drops them.

    Args:
        spec: What to run and where.
        benchmark: Yields and reads samples. Its name and identity go into ``run.json``.
        model: Its connections are closed at the end; it can be used again.
        progress: Shows requests done.
        note: Called with what the user should know at once.

    Raises:
        InputError: The directory holds another run or is in use, or it cannot be written.
        ModelError: The model does not exist or the key is refused; what was finished is kept.
    """
    identity = run_identity(spec, benchmark, model)
    check_run(spec.output, identity)
    log = RunLog(spec.output)
    with log.appending():
        return asyncio.run(_run(spec, benchmark, model, progress, note, log, identity))


async def _run(
    spec: RunSpec,
    benchmark: Benchmark,
    model: Model,
    progress: Progress,
    note: Note,
    log: RunLog,
    identity: Mapping[str, JSON],
) -> RunResult:
    started = time.monotonic()
    try:
        manifest = run_manifest(spec, identity, await model.facts())
        begin_run(spec.output, manifest)
        with progress.task(benchmark.name, planned(spec, benchmark)) as advance:
            workers = Workers(spec, benchmark, model, log, advance, note)
            failure = await workers.run()
    finally:
        await model.close()
    totals = total_of(spec.output)
    state = "finished"
    if failure is not None:
        state = "failed"
    elif workers.stopped or workers.interrupts:
        state = "stopped" if workers.stopped else "interrupted"
    end_run(spec.output, manifest, totals, state, workers.samples_digest)
    if failure is not None:
        raise failure
    pace = workers.asker.pace
    return RunResult(
        spec.output,
        totals,
        reused=workers.reused,
        sent=workers.asker.attempts,
        finished=workers.finished,
        overloads=pace.overloads,
        lowest_concurrency=int(pace.lowest) if pace.overloads else spec.concurrency,
        interrupted=workers.interrupts > 0,
        stopped=workers.stopped,
        seconds=time.monotonic() - started,
    )
