"""How replies about where an aerial picture was taken are read and scored."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.answers import Reading, no_value, read, read_with
from geobench_tools.benchmarks._geoloc_scores import (
    STRICT,
    STRICT_WORDS,
    Verdicts,
    chance_values,
    commonest,
    location_scores,
    near_tables,
)
from geobench_tools.benchmarks._geoloc_verdicts import WORST_KM, geodesic_km, positions_of
from geobench_tools.benchmarks._names import US_STATES, us_state
from geobench_tools.benchmarks._readings import answer_of, truths_of
from geobench_tools.evaluation import Breakdown, Items, Sample, SampleRecord, finite
from geobench_tools.geo import NaipCell
from geobench_tools.models import JSON

__all__ = ["RstellerRules", "read_state"]

Floats = npt.NDArray[np.float64]
Place = Mapping[str, Any]

LIMITS_KM = (25, 200, 750)
US_CENTRE: Place = {"state": "KS", "lat": 39.8283, "lon": -98.5795}
"""The middle of the 48 states, near Lebanon, Kansas (US Coast and Geodetic Survey, 1918)."""

_LABELLED = re.compile(r"(?i)(?<![a-z])(?:u\.?s\.? )?state[\"'*_`]*\s*[:=]\s*([^\n;}]+)")
_QUOTED = re.compile(r'"([^"]*)"')
_STATE_PATTERNS = [
    (re.compile(rf"(?i)(?<!\w){re.escape(name)}(?!\w)"), code)
    for name, code in sorted(
        {**US_STATES, "district of columbia": "DC", "washington, d.c.": "DC"}.items(),
        key=lambda entry: -len(entry[0]),
    )
]
_TRIM = " \t\"'*_`[](),."
_POLICY = {
    "task": "rsteller-geo-v1, this project's own: no published number is comparable with it",
    "truth": "the NAIP cell of 3.75 minutes (5 to 7 km): distances are to its nearest point, 0 "
    "inside; below 5 km they mean nothing. A state is right if the centre or a corner lies in it",
    **{topic: words for topic, words in STRICT_WORDS.items() if topic != "GeoScore"},
}
_POLICIES = {
    "strict": replace(
        STRICT,
        distance="WGS-84 geodesic to the nearest point of the NAIP cell",
        aliases="names and codes of US states; any state of the cell",
        geocoder="coordinates",
    )
}


class RstellerRules:
    """Readings and scores.

    Args:
        name: Of the benchmark.
        sample: Whether it is the SAMPLE set.
    """

    def __init__(self, name: str, *, sample: bool) -> None:
        self.name = name
        self.sample = sample

    def read(self, text: str, sample: Sample) -> Reading:
        """Read state (as its two-letter code) and coordinates."""
        state, position = read_state(text), read(text, "latlon")
        value: dict[str, str | float] = {}
        if isinstance(state.value, str):
            value["state"] = state.value
        if isinstance(position.value, tuple):
            value["lat"], value["lon"] = position.value
        if not value:
            return Reading(None, state.status, None)
        spans = [span for span in (state.span, position.span) if span]
        span = (min(s[0] for s in spans), max(s[1] for s in spans)) if spans else None
        return Reading(value, "ok" if len(value) == 3 else "partial", span)

    def items(self, records: Sequence[SampleRecord]) -> Items:
        """Return strict verdicts: state, distances, thresholds."""
        truths = truths_of(records)
        return Items.of(records, _values(truths, [answer_of(record) for record in records]))

    def score(self, records: Iterable[SampleRecord]) -> Mapping[str, JSON]:
        """Score strictly; there is no official protocol."""
        records = list(records)
        truths = truths_of(records)
        strict = self.items(records).values
        verdicts = Verdicts(
            strict,
            _values(truths, [commonest(truths)] * len(truths)),
            chance_values(truths),
            policy=_POLICY,
            policies=_POLICIES,
        )
        states = [str(truth.get("state", "")) for truth in truths]
        tables = near_tables(records, strict["state"], {"state": states}, "accuracy of the state")
        if records:
            tables.insert(0, _centre_table(truths))
        return location_scores(self.name, records, verdicts, tables, sample=self.sample).document()


def read_state(text: str) -> Reading:
    """Read one US state: a labelled one (the last), else the only one that the answer names."""
    return read_with(text, _state_in)


def _state_in(region: str) -> Reading:
    labelled = list(_LABELLED.finditer(region))
    if labelled:
        found = labelled[-1]
        quoted = _QUOTED.match(found[1])
        named = (quoted[1] if quoted else found[1]).strip(_TRIM)
        if no_value(named):
            return Reading(None, "no_answer")
        code = us_state(named)
        mention = Reading(code, "ok") if code else _mentioned(named)
        if mention.status == "no_answer":
            code = us_state(named.split(",")[0].strip(_TRIM))
            mention = Reading(code, "ok" if code else "invalid")
        return Reading(mention.value, mention.status, found.span(1) if mention.value else None)
    return _mentioned(region)


def _mentioned(region: str) -> Reading:
    rest, spans = region, {}
    for pattern, code in _STATE_PATTERNS:
        match = pattern.search(rest)
        if match:
            spans[code] = match.span()
            rest = pattern.sub(lambda m: " " * len(m[0]), rest)
    if len(spans) > 1:
        return Reading(None, "ambiguous")
    return next((Reading(c, "ok", s) for c, s in spans.items()), Reading(None, "no_answer"))


def _values(truths: Sequence[Place], answers: Sequence[Place]) -> dict[str, Floats]:
    positions = positions_of(answers)
    for i, (truth, (lat, lon)) in enumerate(zip(truths, positions, strict=True)):
        nearest = _cell(truth).nearest_point(lat, lon) if math.isfinite(lat) else (lat, lon)
        positions[i] = nearest
    guessed = positions_of(answers)
    km = geodesic_km(np.hstack([guessed, positions]))
    state = [float(a.get("state") in t["states"]) for t, a in zip(truths, answers, strict=True)]
    return {
        "state": np.array(state),
        "median_km": km,
        "mean_km": np.minimum(km, WORST_KM),
        **{f"acc_{limit}km": (km <= limit).astype(float) for limit in LIMITS_KM},
    }


def _cell(truth: Place) -> NaipCell:
    south, north, west, east = truth["cell"]
    return NaipCell(south, north, west, east, 0)


def _centre_table(truths: Sequence[Place]) -> Breakdown:
    values = _values(truths, [US_CENTRE] * len(truths))
    shares = ["state", *(f"acc_{limit}km" for limit in LIMITS_KM)]
    row = (
        float(np.median(values["median_km"])),
        *(finite(float(values[name].mean())) for name in shares),
    )
    header = ("median km", "accuracy", *(f"within {km} km" for km in LIMITS_KM))
    title = "A line to beat: always Kansas, 39.8283, -98.5795 (accuracy of the state)"
    return Breakdown(title, header, (row,))
