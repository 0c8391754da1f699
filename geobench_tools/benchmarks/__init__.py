"""One file per benchmark family: records in, prompts out, replies read and scored."""

from geobench_tools.benchmarks._family import Family, add_family
from geobench_tools.benchmarks._options import PROBES, BenchmarkOptions, Probe
from geobench_tools.benchmarks._predictions import (
    Predictions,
    read_predictions,
    records_of_predictions,
)
from geobench_tools.benchmarks._registry import (
    BenchmarkInfo,
    Published,
    benchmark_info,
    benchmark_names,
    open_benchmark,
    rules_of,
)
from geobench_tools.benchmarks._suite import EvalBenchmark

__all__ = [
    "PROBES",
    "BenchmarkInfo",
    "BenchmarkOptions",
    "EvalBenchmark",
    "Family",
    "Predictions",
    "Probe",
    "Published",
    "add_family",
    "benchmark_info",
    "benchmark_names",
    "open_benchmark",
    "read_predictions",
    "records_of_predictions",
    "rules_of",
]
