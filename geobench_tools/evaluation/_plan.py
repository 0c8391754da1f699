"""Which samples a run comprises."""

from collections.abc import Iterator

from geobench_tools.evaluation._record import Benchmark, RunSpec, Sample

__all__ = ["chosen", "planned"]


def chosen(spec: RunSpec, benchmark: Benchmark) -> Iterator[tuple[int, Sample]]:
    """Yield the samples within limit and shard, with their places in the benchmark."""
    for index, sample in enumerate(benchmark.samples()):
        if spec.limit is not None and index >= spec.limit:
            return
        if spec.shard is None or index % spec.shard.count == spec.shard.number - 1:
            yield index, sample


def planned(spec: RunSpec, benchmark: Benchmark) -> int | None:
    """Return how many requests a run comprises, if the benchmark knows its size."""
    size = benchmark.size()
    if size is None:
        return None
    size = size if spec.limit is None else min(size, spec.limit)
    if spec.shard:
        size = len(range(spec.shard.number - 1, size, spec.shard.count))
    return size * spec.runs
