"""What every benchmark of this package offers beside the runner's contract."""

from typing import Protocol

from geobench_tools.evaluation import Benchmark, Rules
from geobench_tools.models import Sampling

__all__ = ["EvalBenchmark"]


class EvalBenchmark(Benchmark, Rules, Protocol):
    """A benchmark as the commands use it."""

    @property
    def sample(self) -> bool:
        """Whether this is the invented SAMPLE set."""
        ...

    @property
    def sampling(self) -> Sampling:
        """How the benchmark's own code draws replies."""
        ...
