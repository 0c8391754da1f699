"""What is true at the position of a question, looked up once and kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache

from geobench_tools.places import (
    Candidate,
    Place,
    cities_within,
    coast_distance_km,
    country_codes,
    country_facts,
    resolve,
    reverse,
    reverse_one,
)
from geobench_tools.plaintext import name_key
from geobench_tools.reasoning._facts import TraceFacts

__all__ = ["Sun", "Truth", "learn", "named", "truth_of"]

_BORDER_M = 3000.0
_REMEMBERED = 65536
_known: dict[tuple[float, float], Place] = {}


@dataclass(frozen=True)
class Sun:
    """Position of the sun, degrees: azimuth clockwise from north, elevation above the horizon."""

    azimuth: float
    elevation: float


@dataclass(frozen=True, eq=False)
class Truth:
    """Facts of a question, with what the gazetteer adds; made by ``truth_of``."""

    facts: TraceFacts

    @property
    def position(self) -> tuple[float, float] | None:
        """Latitude and longitude in degrees, or None."""
        return self.facts.position

    @cached_property
    def place(self) -> Place | None:
        """What is at the position, or None where that is not known or on the high seas."""
        if self.position is None:
            return None
        key = self.position
        place = _known.get(key)
        if place is None:
            if len(_known) >= _REMEMBERED:
                _known.clear()
            place = _known[key] = reverse_one(*key)
        return place if place.country else None

    @cached_property
    def countries(self) -> frozenset[str]:
        """Codes of the country, and of those so near that the position may lie in them."""
        if self.position is None:
            return frozenset(
                code
                for name in self.facts.places
                if len(codes := country_codes(name)) == 1
                for code in codes
            )
        near = {place.country for place in self._around if place.country}
        return frozenset(near | ({self.place.country} if self.place else set()))

    @cached_property
    def divisions(self) -> frozenset[str]:
        """Codes of the first-level divisions that the position may lie in."""
        near = {place.admin1_code for place in self._around if place.admin1_code}
        return frozenset(near | ({self.place.admin1_code} if self.place else set()))

    @cached_property
    def given(self) -> frozenset[str]:
        """Keys of the names that the data give for the place."""
        return frozenset(
            key
            for name in self.facts.places
            for part in (name, *name.split(","))
            if (key := name_key(part))
        )

    @cached_property
    def _around(self) -> tuple[Place, ...]:
        if self.position is None:
            return ()
        return _ring(*self.position, _BORDER_M + self.facts.accuracy_m)

    @cached_property
    def coast_m(self) -> float | None:
        """Distance to the sea, metres."""
        if self.position is None:
            return None
        return _coast(*self.position)

    @cached_property
    def near(self) -> tuple[Candidate, ...]:
        """Cities within 10 km, nearest first."""
        return () if self.position is None else _near(*self.position)

    @cached_property
    def sun(self) -> Sun | None:
        """Position of the sun, if place and time are known."""
        if self.position is None or self.facts.captured_at is None:
            return None
        at = self.facts.captured_at
        return sun_at(*self.position, (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC))

    @cached_property
    def solar_time(self) -> float | None:
        """Mean solar time in hours, if longitude and time are known."""
        if self.facts.lon is None or self.facts.captured_at is None:
            return None
        at: datetime = self.facts.captured_at.astimezone(UTC)
        return (at.hour + at.minute / 60 + self.facts.lon / 15) % 24

    @cached_property
    def languages(self) -> frozenset[str]:
        """Codes of the languages spoken in the countries of the position."""
        return frozenset(
            code.partition("-")[0]
            for country in self.countries
            for code in (*country_facts(country).languages, *country_facts(country).spoken)
        )

    @cached_property
    def scripts(self) -> frozenset[str]:
        """Codes of the scripts written in the countries of the position."""
        return frozenset(
            code for country in self.countries for code in country_facts(country).scripts
        )


def truth_of(facts: TraceFacts) -> Truth:
    """Return the truth of a question."""
    return Truth(facts)


def learn(positions: Iterable[tuple[float, float]]) -> None:
    """Look up what is at many positions at once, for the traces checked next."""
    new = [at for at in dict.fromkeys(positions) if at not in _known][:_REMEMBERED]
    if not new:
        return
    if len(_known) + len(new) > _REMEMBERED:
        _known.clear()
    found = reverse([lat for lat, _ in new], [lon for _, lon in new])
    for k, key in enumerate(new):
        _known[key] = found[k]


@lru_cache(maxsize=4096)
def _near(lat: float, lon: float) -> tuple[Candidate, ...]:
    return cities_within(lat, lon, 10_000.0)


@lru_cache(maxsize=65536)
def _coast(lat: float, lon: float) -> float:
    return float(coast_distance_km(lat, lon).flat[0]) * 1000.0


@lru_cache(maxsize=65536)
def sun_at(lat: float, lon: float, at: datetime) -> Sun:
    """Return where the sun stands."""
    from astral import Observer
    from astral.sun import azimuth, elevation

    observer = Observer(lat, lon)
    return Sun(float(azimuth(observer, at)), float(elevation(observer, at)))


@lru_cache(maxsize=4096)
def _ring(lat: float, lon: float, metres: float) -> tuple[Place, ...]:
    from geobench_tools.geo import destination

    lats, lons = destination(lat, lon, [45.0 * k for k in range(8)], metres)
    found = reverse(lats, lons)
    return tuple(found[k] for k in range(len(found)))


@lru_cache(maxsize=65536)
def named(name: str) -> tuple[Candidate, ...]:
    """Return the places of a name, codes left out, most inhabitants first."""
    return tuple(place for place in resolve(name) if place.match != "code")
