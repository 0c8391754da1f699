"""Runs of benchmarks: the runner, its log, scores with intervals, comparisons."""

from geobench_tools.evaluation._compare import (
    Comparison,
    Difference,
    compare_items,
    policy_differences,
)
from geobench_tools.evaluation._dry import DryRun, dry_run
from geobench_tools.evaluation._export_runs import ExportedRun, write_export
from geobench_tools.evaluation._head import (
    RUN,
    RUN_KIND,
    begin_run,
    check_run,
    end_run,
    read_run,
    run_manifest,
)
from geobench_tools.evaluation._log import SAMPLES, RunLog, final_records, read_prompts
from geobench_tools.evaluation._merge import MergeResult, merge_runs
from geobench_tools.evaluation._outcome import cost_of, status_of
from geobench_tools.evaluation._plan import chosen, planned
from geobench_tools.evaluation._policies import Policies, scored_differently, with_prompt
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
from geobench_tools.evaluation._statistics import wilson
from geobench_tools.evaluation._totals import Totals, total_of

__all__ = [
    "ANSWERED",
    "RUN",
    "RUN_KIND",
    "SAMPLES",
    "Benchmark",
    "Breakdown",
    "Comparison",
    "Difference",
    "DryRun",
    "ErrorInfo",
    "Estimate",
    "ExportedRun",
    "ImageInfo",
    "Items",
    "MergeResult",
    "Metric",
    "Policies",
    "Prices",
    "ReadingLike",
    "ReadingRecord",
    "Rules",
    "RunLog",
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
    "begin_run",
    "check_run",
    "chosen",
    "compare_items",
    "cost_of",
    "dry_run",
    "end_run",
    "estimate",
    "estimate_median",
    "estimate_of_means",
    "final_records",
    "finite",
    "merge_runs",
    "planned",
    "policy_differences",
    "read_prompts",
    "read_run",
    "run",
    "run_manifest",
    "scored_differently",
    "status_of",
    "total_of",
    "wilson",
    "with_prompt",
    "write_export",
]
