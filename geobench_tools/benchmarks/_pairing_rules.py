"""How replies to pairing questions are read and scored, apart from the set."""

from collections.abc import Iterable, Mapping, Sequence

from geobench_tools.answers import Reading, read
from geobench_tools.benchmarks._pairing_scores import pairing_items, pairing_scores
from geobench_tools.evaluation import Items, Sample, SampleRecord
from geobench_tools.models import JSON
from geobench_tools.pairing import candidate_labels

__all__ = ["PairingRules"]


class PairingRules:
    """Readings and scores of questions with K candidates.

    Args:
        k: Number of candidates.
        probe: What was withheld from the model.
    """

    name = "pairing"
    sample = False

    def __init__(self, k: int, probe: str) -> None:
        self._labels = candidate_labels(k, "letters")
        self._probe = probe

    def read(self, text: str, sample: Sample) -> Reading:
        """Read one letter."""
        return read(text, "mcq", choices=self._labels)

    def items(self, records: Sequence[SampleRecord]) -> Items:
        """Return strict verdicts: accuracy, circular accuracy, tokens."""
        return pairing_items(records)

    def score(self, records: Iterable[SampleRecord]) -> Mapping[str, JSON]:
        """Score all questions; a missing answer is wrong."""
        scores = pairing_scores(self.name, list(records), self._labels, probe=self._probe)
        return scores.document()
