"""How replies about where a photo was taken are read and scored, apart from the photos."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from geobench_tools.answers import Reading
from geobench_tools.benchmarks._geoloc_geocoder import NOWHERE, Geocoder, Located
from geobench_tools.benchmarks._geoloc_reading import city_line, read_location
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
from geobench_tools.benchmarks._geoloc_verdicts import NAME_FIELDS, positions_of, strict_values
from geobench_tools.benchmarks._mp16_official import globe_match, globe_names
from geobench_tools.benchmarks._osv5m_official import osv5m_values
from geobench_tools.benchmarks._readings import answer_of, truths_of
from geobench_tools.evaluation import Breakdown, Items, Policies, Sample, SampleRecord
from geobench_tools.models import JSON

__all__ = ["LocationRules", "Official"]

Floats = npt.NDArray[np.float64]
Official = Literal["globe", "osv5m", "none"]
Place = Mapping[str, Any]

_LOOKED_UP = "names of areas from both positions by the packed gazetteer"
_GAZETTEER = (
    "the most populous city of that name in the country, else the division or territory of that "
    "name, else the capital"
)
_OFFICIAL_WORDS = {
    "globe": "GLOBE cfc439b7: names by its substring rule, failures are wrong. Its distances need "
    "a commercial geocoder and code that are not published: no official figure",
    "osv5m": "OSV-5M 4e607538: haversine, R = 6371 km, within means <, only given positions count. "
    "Its area accuracy needs another gazetteer: no official figure",
    "none": "the authors publish no scoring code",
}
_OFFICIAL = {
    "globe": Policies(missing="wrong", aliases="one name in the other, 70 % of the length"),
    "osv5m": Policies(distance="haversine, R = 6371 km", comparison="<", missing="left out"),
}


@dataclass(eq=False)
class LocationRules:
    """Readings and scores of one benchmark.

    Attributes:
        name: Of the benchmark.
        sample: Whether it is the SAMPLE set.
        official: Whose rules stand beside the strict ones.
        geocoder: How a reply becomes a position.
        areas: Whether names are those of the areas that positions lie in, not those of the reply.
        tagged: Whether the prompt asked for ``<answer>``, which GLOBE's parser must know.
        left_out: Rows of the table without a name or a position.
    """

    name: str
    sample: bool
    official: Official
    geocoder: Geocoder
    areas: bool
    tagged: bool
    left_out: int = 0

    def read(self, text: str, sample: Sample) -> Reading:
        """Read city and country, and the position by the geocoder; ``by`` says how it was found."""
        reading = read_location(text)
        if not isinstance(reading.value, dict):
            return reading
        city = reading.value.get("city")
        line = city_line(text, str(city)) if city else ""
        found = self.geocoder.locate({**reading.value, "line": line})
        value = {name: reading.value[name] for name in NAME_FIELDS if name in reading.value}
        if found.by != "nowhere":
            value |= {"lat": found.lat, "lon": found.lon, "by": found.by}
        if not value:
            return Reading(None, "invalid")
        whole = found.by not in ("capital", "nowhere")
        return Reading(value, "ok" if whole else "partial", reading.span)

    def items(self, records: Sequence[SampleRecord]) -> Items:
        """Return strict verdicts: names, distances, thresholds, GeoScore."""
        truths, guesses = self._compared(records, _located(records))
        return Items.of(records, strict_values(truths, guesses, exact=self.areas))

    def score(self, records: Iterable[SampleRecord]) -> Mapping[str, JSON]:
        """Score strictly and officially, side by side."""
        records = list(records)
        located = _located(records)
        truths, guesses = self._compared(records, located)
        verdicts = Verdicts(
            strict_values(truths, guesses, exact=self.areas),
            strict_values(truths, [commonest(truths)] * len(truths), exact=self.areas),
            chance_values(truths),
            self._official(records, located),
            {
                **STRICT_WORDS,
                "strict names": self._names,
                "gazetteer": _GAZETTEER,
                "geocoder": self.geocoder.policy,
                "rows left out": f"{self.left_out:,}, without a name or a position",
                "official": _OFFICIAL_WORDS[self.official],
            },
            self._policies(),
        )
        countries = [str(truth.get("country", "")) for truth in truths]
        tables = near_tables(
            records, verdicts.strict["acc_25km"], {"country": countries}, "within 25 km"
        )
        tables.append(_positions_table(located))
        scores = location_scores(self.name, records, verdicts, tables, sample=self.sample)
        return scores.document()

    @property
    def _names(self) -> str:
        return _LOOKED_UP if self.areas else STRICT_NAMES

    def _compared(
        self, records: Sequence[SampleRecord], located: Sequence[Located]
    ) -> tuple[list[Place], list[Place]]:
        """Return truths and guesses with the names and positions that are held together."""
        truths: list[Place] = truths_of(records)
        positions = [
            {} if one.by == "nowhere" else {"lat": one.lat, "lon": one.lon} for one in located
        ]
        if self.areas:
            return _with_areas(truths), _with_areas(positions)
        replies = [answer_of(record) for record in records]
        names = [{k: r[k] for k in NAME_FIELDS if k in r} for r in replies]
        asked: list[Place] = [{k: v for k, v in truth.items() if k != "state"} for truth in truths]
        return asked, [{**n, **p} for n, p in zip(names, positions, strict=True)]

    def _official(
        self, records: Sequence[SampleRecord], located: Sequence[Located]
    ) -> Mapping[str, Floats]:
        truths = truths_of(records)
        if self.official == "osv5m":
            guessed = np.array([(one.lat, one.lon) for one in located], float).reshape(-1, 2)
            return osv5m_values(guessed, positions_of(truths))
        if self.official == "none" or not any("country" in truth for truth in truths):
            return {}
        named = [globe_names(record.text, reasoning=self.tagged) for record in records]
        return {
            field: np.array(
                [
                    float(globe_match(names[place], str(truth.get(field, ""))))
                    for names, truth in zip(named, truths, strict=True)
                ]
            )
            for place, field in enumerate(("country", "city"))
        }

    def _policies(self) -> dict[str, Policies]:
        strict = replace(STRICT, aliases=self._names, geocoder=self.geocoder.policy)
        own = _OFFICIAL.get(self.official)
        if own and self.official == "osv5m":
            own = replace(own, geocoder=self.geocoder.policy)
        return {"strict": strict, **({"official": own} if own else {})}


def _located(records: Sequence[SampleRecord]) -> list[Located]:
    answers = [answer_of(record) for record in records]
    return [Located(a["lat"], a["lon"], a["by"]) if "by" in a else NOWHERE for a in answers]


def _with_areas(places: Sequence[Place]) -> list[Place]:
    """Return positions with the codes and names of the areas that they lie in."""
    from geobench_tools.places import reverse

    given = [place for place in places if "lat" in place]
    areas = reverse([place["lat"] for place in given], [place["lon"] for place in given])
    cities = [
        f"{city}, {country}" for city, country in zip(areas.city, areas.city_country, strict=True)
    ]
    found = iter(
        {"country": country, "state": state, "city": city}
        for country, state, city in zip(areas.country, areas.admin1_code, cities, strict=True)
    )
    return [
        {
            "lat": place["lat"],
            "lon": place["lon"],
            **{key: value for key, value in next(found).items() if value},
        }
        if "lat" in place
        else {}
        for place in places
    ]


def _positions_table(located: Sequence[Located]) -> Breakdown:
    counted = Counter(one.by for one in located)
    rows = tuple((by, n, n / len(located)) for by, n in counted.most_common())
    return Breakdown("Where positions come from", ("by", "n", "share"), rows)
