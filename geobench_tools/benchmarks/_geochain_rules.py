"""How GeoChain's replies are read and what each is worth, apart from its data."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.answers import Reading
from geobench_tools.benchmarks._geochain_data import GeochainRecord
from geobench_tools.benchmarks._geochain_marked import Marked
from geobench_tools.benchmarks._geochain_reading import languages_in, read_answer, same_name
from geobench_tools.benchmarks._geochain_scores import geochain_items, geochain_scores
from geobench_tools.benchmarks._geoloc_verdicts import geodesic_km, positions_of
from geobench_tools.benchmarks._names import NAMES
from geobench_tools.benchmarks._readings import mapping_of, value_of
from geobench_tools.errors import InputError
from geobench_tools.evaluation import Items, Sample, SampleRecord
from geobench_tools.models import JSON

__all__ = ["GeochainRules", "Question", "questions_of"]

Floats = npt.NDArray[np.float64]

_ALIASES = {"state": "states", "city": "cities", "languages": "languages"}


@dataclass(frozen=True, slots=True)
class Question:
    """One of the 21.

    Attributes:
        number: From 1.
        label: In two or three words.
        kind: Of its answer: ``bool``, ``continent`` …
        text: As the authors put it.
    """

    number: int
    label: str
    kind: str
    text: str

    @property
    def task(self) -> str:
        """Number and label, in an order that sorts."""
        return f"Q{self.number:02d} {self.label}"

    def target(self, record: GeochainRecord) -> JSON:
        """Return the right answer; of the coordinates the position itself."""
        if self.kind == "latlon":
            return {"lat": record.picture.lat, "lon": record.picture.lon}
        return record.answers[self.number - 1]


def questions_of(manifest: Mapping[str, Any], subset: str) -> list[Question]:
    """Return the questions of a subset in their order."""
    every = [Question(*entry) for entry in manifest["questions"]]
    asked = set(manifest["subsets"][subset]["questions"])
    return [question for question in every if question.number in asked]


class GeochainRules:
    """Readings and scores of one set of questions.

    Args:
        name: Of the benchmark.
        subset: Name in the manifest.
        manifest: Of the family.
        q21_km: Within so many km question 21 counts as right.
        sample: Whether it is the SAMPLE set.

    Raises:
        InputError: ``q21_km`` is no positive number.
    """

    def __init__(
        self, name: str, subset: str, manifest: Mapping[str, Any], q21_km: str, *, sample: bool
    ) -> None:
        self.name = name
        self.sample = sample
        self._manifest = manifest
        self._subset = subset
        self._km = _positive(q21_km)

    def read(self, text: str, sample: Sample) -> Reading:
        """Read the answer to a sample's question; a position as latitude and longitude by name."""
        kind = self._kinds[_number(sample.metadata)]
        found = read_answer(text, kind, self._aliases(kind))
        if kind == "latlon" and isinstance(found.value, tuple):
            lat, lon = found.value
            return Reading({"lat": lat, "lon": lon}, found.status, found.span)
        return found

    def items(self, records: Sequence[SampleRecord]) -> Items:
        """Return verdicts: right or wrong, balanced weights, distances."""
        return geochain_items(self._marked(records))

    def score(self, records: Iterable[SampleRecord]) -> Mapping[str, JSON]:
        """Score strictly; GeoChain released no scorer."""
        marked = self._marked(list(records))
        return geochain_scores(self.name, marked, sample=self.sample).document()

    @cached_property
    def _kinds(self) -> dict[int, str]:
        return {number: kind for number, _, kind, _ in self._manifest["questions"]}

    def _aliases(self, kind: str) -> Mapping[str, Sequence[str]]:
        found: Mapping[str, Sequence[str]] = self._manifest.get(_ALIASES.get(kind, ""), {})
        return found

    def _marked(self, records: Sequence[SampleRecord]) -> Marked:
        numbers = [_number(record.metadata) for record in records]
        kinds = [self._kinds[number] for number in numbers]
        answers = [value_of(record) for record in records]
        km = _km(records, kinds, answers)
        right = np.array(
            [
                float(away <= self._km if kind == "latlon" else self._is_right(kind, answer, true))
                for kind, answer, true, away in zip(
                    kinds, answers, (record.target for record in records), km, strict=True
                )
            ]
        )
        return Marked(
            records,
            numbers,
            kinds,
            answers,
            right,
            km,
            self._km,
            self._manifest,
            lambda languages: {
                name for name, _, _ in languages_in(languages, self._aliases("languages"))
            },
        )

    def _is_right(self, kind: str, answer: JSON, true: JSON) -> bool:
        if answer is None:
            return False
        said, wanted = answer, str(true)
        match kind:
            case "country":
                return NAMES.same_country(str(said), wanted)
            case "state":
                return same_name(str(said), wanted, self._aliases(kind), NAMES.same_state)
            case "city":
                return same_name(str(said), wanted, self._aliases(kind), NAMES.same_city)
            case "languages":
                own = {name for name, _, _ in languages_in(wanted, self._aliases(kind))}
                return isinstance(said, list) and not own.isdisjoint(map(str, said))
            case _:
                return said == wanted


def _positive(text: str) -> float:
    try:
        km = float(text)
    except ValueError:
        km = math.nan
    if not 0 < km < math.inf:
        raise InputError(f"q21_km cannot be {text!r}", hint="a distance in km, as 25")
    return km


def _number(metadata: Mapping[str, JSON]) -> int:
    number = metadata["question"]
    return number if isinstance(number, int) else 0


def _km(records: Sequence[SampleRecord], kinds: Sequence[str], answers: Sequence[JSON]) -> Floats:
    """Return distances of positions, infinite for a missing one; NaN for other questions."""
    km = np.full(len(records), math.nan)
    asked = [i for i, kind in enumerate(kinds) if kind == "latlon"]
    said = positions_of([mapping_of(answers[i]) for i in asked])
    true = positions_of([mapping_of(records[i].target) for i in asked])
    km[asked] = geodesic_km(np.hstack([said, true]))
    return km
