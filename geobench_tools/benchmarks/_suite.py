"""What every benchmark of this package offers beside the runner's contract."""

from collections.abc import Mapping
from typing import Protocol

from geobench_tools.evaluation._scores import Scorable
from geobench_tools.models import JSON, Sampling

__all__ = ["EvalBenchmark"]


class EvalBenchmark(Scorable, Protocol):
    """A benchmark as the commands use it."""

    @property
    def sample(self) -> bool:
        """Whether this is the invented SAMPLE set."""
        ...

    @property
    def sampling(self) -> Sampling:
        """How the benchmark's own code draws replies."""
        ...

    @property
    def identity(self) -> Mapping[str, JSON]:
        """As in the runner's contract."""
        ...
