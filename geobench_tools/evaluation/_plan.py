"""Which samples a run comprises."""

from collections.abc import Iterator
from itertools import islice

from geobench_tools.evaluation._record import Benchmark, RunSpec, Sample

__all__ = ["chosen", "conversations", "planned"]


def chosen(spec: RunSpec, benchmark: Benchmark) -> Iterator[tuple[int, Sample]]:
    """Yield the samples within limit and shard, with their places in the benchmark.

    A shard has whole conversations: it counts first turns.
    """
    conversation = -1
    for index, sample in enumerate(benchmark.samples()):
        if spec.limit is not None and index >= spec.limit:
            return
        conversation += not sample.follows
        if spec.shard is None or conversation % spec.shard.count == spec.shard.number - 1:
            yield index, sample


def conversations(spec: RunSpec, benchmark: Benchmark) -> Iterator[tuple[tuple[int, Sample], ...]]:
    """Yield the same samples, those of one conversation together."""
    turns: list[tuple[int, Sample]] = []
    for index, sample in chosen(spec, benchmark):
        if turns and not sample.follows:
            yield tuple(turns)
            turns = []
        turns.append((index, sample))
    if turns:
        yield tuple(turns)


def planned(spec: RunSpec, benchmark: Benchmark) -> int | None:
    """Return how many requests a run comprises, if the benchmark knows its size."""
    size = benchmark.size()
    if size is None:
        return None
    size = size if spec.limit is None else min(size, spec.limit)
    if spec.shard and any(sample.follows for sample in islice(benchmark.samples(), 1, 2)):
        size = sum(1 for _ in chosen(spec, benchmark))
    elif spec.shard:
        size = len(range(spec.shard.number - 1, size, spec.shard.count))
    return size * spec.runs
