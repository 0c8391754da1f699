"""One file per benchmark family: records in, prompts out, replies read and scored."""

from geobench_tools.benchmarks._options import PROBES, BenchmarkOptions, Probe
from geobench_tools.benchmarks._predictions import (
    Predictions,
    read_predictions,
    records_of_predictions,
)
from geobench_tools.benchmarks._registry import (
    BENCHMARKS,
    BenchmarkInfo,
    benchmark_info,
    open_benchmark,
    rules_of,
)
from geobench_tools.benchmarks._suite import EvalBenchmark

__all__ = [
    "BENCHMARKS",
    "PROBES",
    "BenchmarkInfo",
    "BenchmarkOptions",
    "EvalBenchmark",
    "Predictions",
    "Probe",
    "benchmark_info",
    "open_benchmark",
    "read_predictions",
    "records_of_predictions",
    "rules_of",
]
