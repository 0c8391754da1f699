"""How IMAGEO-Bench's replies are read and scored, apart from its data."""

from collections.abc import Iterable, Mapping, Sequence

from geobench_tools.answers import Reading
from geobench_tools.benchmarks._geoloc_reading import read_location
from geobench_tools.benchmarks._imageo_scores import imageo_items, imageo_scores
from geobench_tools.evaluation import Items, Sample, SampleRecord
from geobench_tools.models import JSON

__all__ = ["ImageoRules"]


class ImageoRules:
    """Readings and scores of one subset.

    Args:
        name: Of the benchmark.
        truth: Names that the subset's truth has: city, state, country.
        sample: Whether it is the SAMPLE set.
    """

    def __init__(self, name: str, truth: Sequence[str], *, sample: bool) -> None:
        self.name = name
        self.sample = sample
        self._truth = truth

    def read(self, text: str, sample: Sample) -> Reading:
        """Read city, state, country and coordinates; placeholders and "Unknown" are no values."""
        return read_location(text, state="state" in self._truth)

    def items(self, records: Sequence[SampleRecord]) -> Items:
        """Return strict verdicts: names, distances, thresholds, GeoScore."""
        return imageo_items(records)

    def score(self, records: Iterable[SampleRecord]) -> Mapping[str, JSON]:
        """Score strictly and officially, side by side."""
        return imageo_scores(self.name, list(records), sample=self.sample).document()
