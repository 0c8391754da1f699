"""How IMAGEO-Bench is scored: strictly, and by its own rules beside it."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

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
from geobench_tools.benchmarks._readings import answer_of, mapping_of
from geobench_tools.evaluation import Breakdown, Items, Policies, SampleRecord, Scores

__all__ = ["imageo_items", "imageo_scores"]

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


def imageo_items(records: Sequence[SampleRecord]) -> Items:
    """Return strict verdicts by metric for each record."""
    truths = [mapping_of(record.target) for record in records]
    return Items.of(records, strict_values(truths, [answer_of(record) for record in records]))


def imageo_scores(name: str, records: Sequence[SampleRecord], *, sample: bool) -> Scores:
    """Score a run of one subset."""
    truths = [mapping_of(record.target) for record in records]
    official = official_values(records)
    verdicts = Verdicts(
        imageo_items(records).values,
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
    return location_scores(
        name, records, verdicts, [*tables, *_official_tables(official)], sample=sample
    )


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
