"""Runs of benchmarks: the runner and its log."""

from geobench_tools.evaluation._dry import DryRun, ImageSizes, dry_run
from geobench_tools.evaluation._head import RUN_KIND, read_run
from geobench_tools.evaluation._log import final_records, read_prompts
from geobench_tools.evaluation._merge import MergeResult, merge_runs
from geobench_tools.evaluation._record import (
    ANSWERED,
    Benchmark,
    ErrorInfo,
    ImageInfo,
    Prices,
    ReadingLike,
    ReadingRecord,
    RunSpec,
    Sample,
    SampleRecord,
    Shard,
    Status,
)
from geobench_tools.evaluation._runner import RunResult, run
from geobench_tools.evaluation._totals import Totals, total_of

__all__ = [
    "ANSWERED",
    "RUN_KIND",
    "Benchmark",
    "DryRun",
    "ErrorInfo",
    "ImageInfo",
    "ImageSizes",
    "MergeResult",
    "Prices",
    "ReadingLike",
    "ReadingRecord",
    "RunResult",
    "RunSpec",
    "Sample",
    "SampleRecord",
    "Shard",
    "Status",
    "Totals",
    "dry_run",
    "final_records",
    "merge_runs",
    "read_prompts",
    "read_run",
    "run",
    "total_of",
]
