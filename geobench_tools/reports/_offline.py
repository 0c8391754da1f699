"""A run directory made of records that no runner asked for: predictions, re-read replies."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from geobench_tools.evaluation import (
    RunLog,
    RunSpec,
    SampleRecord,
    begin_run,
    end_run,
    run_manifest,
    total_of,
)
from geobench_tools.models import JSON, Sampling

__all__ = ["log_predictions"]


def log_predictions(
    folder: Path,
    records: Iterable[SampleRecord],
    identity: Mapping[str, JSON],
    sampling: Sampling,
) -> None:
    """Write ``run.json`` and ``samples.jsonl``; later lines replace earlier ones.

    Raises:
        InputError: The folder is in use or cannot be written.
    """
    log = RunLog(folder)
    manifest = run_manifest(RunSpec(folder, sampling), identity, {})
    with log.appending():
        begin_run(folder, manifest)
        for record in records:
            log.append(record)
    end_run(folder, manifest, total_of(folder), "finished", "")
