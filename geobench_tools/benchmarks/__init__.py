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
    known_faults,
    open_benchmark,
    rules_of,
)
from geobench_tools.benchmarks._suite import EvalBenchmark
from geobench_tools.benchmarks._suites import (
    Suite,
    SuiteSection,
    chosen_benchmarks,
    data_by_name,
    load_suite,
    suite_names,
)

__all__ = [
    "PROBES",
    "BenchmarkInfo",
    "BenchmarkOptions",
    "EvalBenchmark",
    "Family",
    "Predictions",
    "Probe",
    "Published",
    "Suite",
    "SuiteSection",
    "add_family",
    "benchmark_info",
    "benchmark_names",
    "chosen_benchmarks",
    "data_by_name",
    "known_faults",
    "load_suite",
    "open_benchmark",
    "read_predictions",
    "records_of_predictions",
    "rules_of",
    "suite_names",
]
