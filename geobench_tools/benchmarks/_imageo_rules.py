"""How IMAGEO-Bench's replies are read and scored, strictly and by its own rules beside it."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from geobench_tools.answers import Reading
from geobench_tools.benchmarks._geoloc_reading import read_location
from geobench_tools.benchmarks._geoloc_scores import (
    STRICT,
    STRICT_NAMES,
    STRICT_WORDS,
    Verdicts,
    chance_values,
    commonest,
    location_scores,
    near_tables,
)
from geobench_tools.benchmarks._geoloc_verdicts import NAME_FIELDS, strict_values
from geobench_tools.benchmarks._imageo_verdicts import official_values
from geobench_tools.benchmarks._readings import answer_of, truths_of
from geobench_tools.evaluation import Breakdown, Items, Policies, Sample, SampleRecord
from geobench_tools.models import JSON

__all__ = ["ImageoRules"]

Floats = npt.NDArray[np.float64]

_POLICY = {
    **STRICT_WORDS,
    "strict names": STRICT_NAMES,
    "official": "IMAGEO-Bench 8f0d7498: only pairs with both values count; haversine, R = 6371 km",
}
_POLICIES = {
    "strict": STRICT,
    "official": Policies(
        distance="haversine, R = 6371 km",
        missing="left out, and so is a coordinate of exactly 0",
        aliases="lower case only; US state codes",
    ),
}


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
        answers = [answer_of(record) for record in records]
        return Items.of(records, strict_values(truths_of(records), answers))

    def score(self, records: Iterable[SampleRecord]) -> Mapping[str, JSON]:
        """Score strictly and officially, side by side."""
        records = list(records)
        truths = truths_of(records)
        official = official_values(records)
        verdicts = Verdicts(
            self.items(records).values,
            strict_values(truths, [commonest(truths)] * len(truths)),
            chance_values(truths),
            official,
            _POLICY,
            _POLICIES,
        )
        labels = {
            "continent": [str(record.metadata.get("continent", "")) for record in records],
            "country": [str(truth.get("country", "")) for truth in truths],
            "state": [str(truth.get("state", "")) for truth in truths],
        }
        tables = near_tables(records, verdicts.strict["acc_25km"], labels, "within 25 km")
        tables += _official_tables(official)
        return location_scores(self.name, records, verdicts, tables, sample=self.sample).document()


def _official_tables(official: Mapping[str, Floats]) -> list[Breakdown]:
    """Counts and distances as the official code prints them; std is of the sample."""
    names = [(n, official[n][np.isfinite(official[n])]) for n in NAME_FIELDS if n in official]
    counts = tuple((name, len(hits), int(hits.sum())) for name, hits in names)
    km = official["mean_km"][np.isfinite(official["mean_km"])]
    made = [Breakdown("Official: pairs that count", ("name", "n", "matches"), counts)]
    if len(km):
        figures = (km.mean(), np.median(km), km.max(), km.min())
        std = float(km.std(ddof=1)) if len(km) > 1 else None
        header = ("distance, km", "n", "mean", "median", "max", "min", "std")
        row = ("both given", len(km), *(float(f) for f in figures), std)
        made.append(Breakdown("Official: distances", header, (row,)))
    return made
