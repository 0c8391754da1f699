"""Runs of benchmarks: the runner, its log, scores with intervals, comparisons."""

from geobench_tools.evaluation._compare import compare_items, policy_differences
from geobench_tools.evaluation._dry import DryRun, ImageSizes, dry_run
from geobench_tools.evaluation._head import RUN, RUN_KIND, read_run
from geobench_tools.evaluation._log import final_records, read_prompts
from geobench_tools.evaluation._merge import MergeResult, merge_runs
from geobench_tools.evaluation._outcome import status_of
from geobench_tools.evaluation._policies import Policies
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
from geobench_tools.evaluation._scores import (
    Breakdown,
    Estimate,
    Items,
    Metric,
    Rules,
    Scores,
    Unit,
    accuracy_rows,
    estimate,
    estimate_median,
    estimate_of_means,
    finite,
)
from geobench_tools.evaluation._totals import Totals, total_of

__all__ = [
    "ANSWERED",
    "RUN",
    "RUN_KIND",
    "Benchmark",
    "Breakdown",
    "DryRun",
    "ErrorInfo",
    "Estimate",
    "ImageInfo",
    "ImageSizes",
    "Items",
    "MergeResult",
    "Metric",
    "Policies",
    "Prices",
    "ReadingLike",
    "ReadingRecord",
    "Rules",
    "RunResult",
    "RunSpec",
    "Sample",
    "SampleRecord",
    "Scores",
    "Shard",
    "Status",
    "Totals",
    "Unit",
    "accuracy_rows",
    "compare_items",
    "dry_run",
    "estimate",
    "estimate_median",
    "estimate_of_means",
    "final_records",
    "finite",
    "merge_runs",
    "policy_differences",
    "read_prompts",
    "read_run",
    "run",
    "status_of",
    "total_of",
]
