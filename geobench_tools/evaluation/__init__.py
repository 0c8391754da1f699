"""Runs of benchmarks: the runner and its log."""

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

__all__ = [
    "ANSWERED",
    "Benchmark",
    "ErrorInfo",
    "ImageInfo",
    "Prices",
    "ReadingLike",
    "ReadingRecord",
    "RunSpec",
    "Sample",
    "SampleRecord",
    "Shard",
    "Status",
]
