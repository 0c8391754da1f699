"""How IMAGEO-Bench's replies are read and scored, apart from its data."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from geobench_tools.answers import Reading, read
from geobench_tools.answers._country import no_value
from geobench_tools.benchmarks._imageo_scores import imageo_items, imageo_scores
from geobench_tools.evaluation import Sample, SampleRecord
from geobench_tools.evaluation._scores import Items
from geobench_tools.loosejson import find_objects
from geobench_tools.models import JSON

__all__ = ["ImageoRules"]

Place = Mapping[str, str | float]

_STATE_KEYS = ("state", "province", "state/province", "region")
_AFTER_REASONING = "</think>"


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
        reading = read(text, "place")
        place = reading.value if isinstance(reading.value, dict) else {}
        if "lat" not in place:
            reading = _with_position(reading, place, read(text, "latlon"))
        if "state" not in self._truth or not isinstance(reading.value, dict):
            return reading
        state = _state(text)
        value = reading.value | ({"state": state} if state else {})
        return Reading(value, reading.status, reading.span)

    def items(self, records: Sequence[SampleRecord]) -> Items:
        """Return strict verdicts: names, distances, thresholds, GeoScore."""
        return imageo_items(records)

    def score(self, records: Iterable[SampleRecord]) -> Mapping[str, JSON]:
        """Score strictly and officially, side by side."""
        return imageo_scores(self.name, list(records), sample=self.sample).document()


def _with_position(reading: Reading, place: Place, position: Reading) -> Reading:
    """Add coordinates that stand apart from the names, as in prose."""
    if not isinstance(position.value, tuple):
        return reading
    lat, lon = position.value
    spans = [span for span in (reading.span, position.span) if span]
    span = (min(s[0] for s in spans), max(s[1] for s in spans)) if spans else None
    value: dict[str, str | float] = {**place, "lat": lat, "lon": lon}
    return Reading(value, "ok" if {"city", "country"} <= place.keys() else "partial", span)


def _state(text: str) -> str:
    """The state of the last JSON object, unless it says that it is unknown."""
    start = text.rfind(_AFTER_REASONING)
    objects = find_objects(text[start:] if start >= 0 else text)
    leaves: dict[str, Any] = {}
    for path, leaf in objects[-1].leaves() if objects else ():
        leaves[path[-1] if path else ""] = leaf.value
    found = next((leaves[key] for key in _STATE_KEYS if key in leaves), "")
    return found.strip() if isinstance(found, str) and not no_value(found) else ""
