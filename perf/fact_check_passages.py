"""True passages about real places, and the same with one fact swapped for a false one.

Every sentence states one fact of a kind; passages also hold guesses that are taken back, remarks
about other places, and words that are names of towns. Truth comes from the gazetteer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from geobench_tools.counter_random import uniform
from geobench_tools.geo import destination, haversine_m
from geobench_tools.places import (
    Candidate,
    Place,
    cities_within,
    coast_distance_km,
    country_facts,
    country_name,
    resolve,
    reverse,
)
from geobench_tools.places._gazetteer import cities
from geobench_tools.reasoning import TraceFacts
from geobench_tools.safeyaml import parse_yaml

__all__ = ["Passage", "make_passages"]

_POINTS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")

_DATA = parse_yaml(Path(__file__).with_suffix(".yaml").read_bytes())
_MODES: dict[str, list[str]] = _DATA["modes"]
_TEXTS: dict[str, list[str]] = _DATA["texts"]
_LEADS: list[str] = _DATA["leads"]
_ASIDES: list[str] = _DATA["asides"]
_WORDS: list[str] = _DATA["words"]
_LANGUAGES: dict[str, str] = _DATA["languages"]
_SCRIPTS: dict[str, str] = _DATA["scripts"]
_CURRENCIES: dict[str, str] = _DATA["currencies"]
_CONTINENTS: dict[str, str] = _DATA["continents"]
_FAR_CONTINENT: dict[str, str] = _DATA["far_continent"]
_CLIMATES: list[tuple[str, str, tuple[str, str]]] = _DATA["climates"]


@dataclass(frozen=True)
class Passage:
    """A passage.

    Attributes:
        text: The words.
        facts: What is known of its question.
        kind: Kind of the swapped fact, empty for a true passage.
        mode: How it was swapped.
        span: Offsets of the swapped sentence.
    """

    text: str
    facts: TraceFacts
    kind: str = ""
    mode: str = ""
    span: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class _Site:
    facts: TraceFacts
    place: Place
    coast_km: float
    seed: int

    def draw(self, *key: int) -> float:
        return float(uniform(self.seed, *key))

    def pick(self, options: Sequence[str], *key: int) -> str:
        return options[int(self.draw(*key) * len(options))]


def make_passages(number: int, seed: int) -> tuple[list[Passage], list[Passage]]:
    """Return true passages, and for each kind and mode false ones made of them.

    Args:
        number: How many places.
        seed: Of all draws.
    """
    sites = _sites(number, seed)
    true, false = [], []
    for site in sites:
        kinds = sorted(_MODES, key=lambda kind: site.draw(1, len(kind), ord(kind[0]), ord(kind[2])))
        stated = [kind for kind in kinds if _true(kind, site) is not None]
        chosen = stated[:7]
        true.append(_write(site, chosen))
        for kind in chosen:
            for mode in _MODES[kind]:
                wrong = _false(kind, mode, site)
                if wrong is not None:
                    false.append(_write(site, chosen, kind, mode, wrong))
    return true, false


def _sites(number: int, seed: int) -> list[_Site]:
    table = cities()
    big = np.flatnonzero(np.asarray(table.population) >= 30_000)
    rows = big[(uniform(seed, np.arange(number)) * len(big)).astype(int)]
    turn, far = uniform(seed + 1, rows) * 360, uniform(seed + 2, rows) * 3000
    lats, lons = destination(table.lat[rows], table.lon[rows], turn, far)
    places, coast = reverse(lats, lons), coast_distance_km(lats, lons)
    sites = []
    for k in range(number):
        draws = [float(uniform(seed + 3, int(rows[k]), j)) for j in range(4)]
        at = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(days=int(draws[0] * 365))
        noon = timedelta(hours=12 + (draws[1] - 0.5) * 5 - float(lons[k]) / 15)
        facts = TraceFacts(
            lat=round(float(lats[k]), 6),
            lon=round(float(lons[k]), 6),
            captured_at=at + noon,
            heading_deg=float(int(draws[2] * 8) * 45),
            candidates=tuple("ABCD"),
            answer="ABCD"[int(draws[3] * 4)],
        )
        if places[k].country:
            sites.append(_Site(facts, places[k], float(coast[k]), int(rows[k]) + seed))
    return sites


def _write(
    site: _Site, kinds: Sequence[str], swapped: str = "", mode: str = "", wrong: str = ""
) -> Passage:
    parts, span = [site.pick(_LEADS, 10)], (0, 0)
    other = _far_city(site, 90)
    for k, kind in enumerate(kinds):
        value = wrong if kind == swapped else _true(kind, site)
        sentence = site.pick(_TEXTS[kind], 11, k).replace("{}", str(value))
        sentence = sentence[0].upper() + sentence[1:]
        if kind == swapped:
            start = len(" ".join(parts)) + 1
            span = (start, start + len(sentence))
        parts.append(sentence)
        if k % 3 == 0:
            parts.append(site.pick(_WORDS, 12, k))
        if k % 3 == 1 and other is not None:
            aside = site.pick(_ASIDES, 13, k)
            parts.append(aside.format(city=other.name, country=country_name(other.country)))
    return Passage(" ".join(parts), site.facts, swapped, mode, span)


def _true(kind: str, site: _Site) -> str | None:
    made = _TRUE[kind](site)
    return made or None


def _latlon(lat: float, lon: float) -> str:
    north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return f"{abs(lat):.2f}° {north}, {abs(lon):.2f}° {east}"


def _position(site: _Site) -> tuple[float, float]:
    return float(site.facts.lat or 0.0), float(site.facts.lon or 0.0)


def _written(site: _Site, lat: float, lon: float) -> str:
    return _latlon(lat, lon) if site.draw(20) < 0.5 else f"{lat:.2f}, {lon:.2f}"


def _city(site: _Site) -> str:
    name = site.place.metro or site.place.city
    near = [p for p in resolve(name, kind="city") if _apart(site, p) < 20_000]
    return name if near and " 0" not in name else ""


def _coast(site: _Site) -> str:
    if site.coast_km <= 5:
        return "on the coast"
    if site.coast_km >= 80:
        exact = f"{round(site.coast_km, -1):.0f} km from the sea"
        return exact if site.draw(21) < 0.5 else "far from the sea"
    return ""


def _climate(site: _Site) -> str:
    return next((name for code, name, _ in _CLIMATES if site.place.koppen.startswith(code)), "")


def _season(site: _Site, turned: bool = False) -> str:
    at, lat = site.facts.captured_at, _position(site)[0]
    if at is None or abs(lat) < 25 or at.month in (3, 6, 9, 12):
        return ""
    names = ("winter", "spring", "summer", "autumn")
    south = (lat < 0) != turned
    return names[((at.month // 3) + (2 if south else 0)) % 4]


def _sun(site: _Site, turned: bool = False) -> str:
    from geobench_tools.reasoning._truth import truth_of

    sun = truth_of(site.facts).sun
    if sun is None or not 10 < sun.elevation < 70:
        return ""
    return _POINTS[round((sun.azimuth + (180 if turned else 0)) / 45) % 8]


def _zone(site: _Site, shift: int = 0) -> str:
    from zoneinfo import ZoneInfo

    offset = datetime(2023, 1, 15, tzinfo=UTC).astimezone(ZoneInfo(site.place.timezone)).utcoffset()
    if offset is None:
        return ""
    hours = int(offset.total_seconds() // 3600) + shift
    return f"UTC{hours:+d}" if offset.total_seconds() % 3600 == 0 else ""


def _language(site: _Site) -> str:
    codes = [code.partition("-")[0] for code in site.place.languages]
    return next((_LANGUAGES[code] for code in codes if code in _LANGUAGES), "")


_TRUE: dict[str, Callable[[_Site], str]] = {
    "city": _city,
    "country": lambda site: country_name(site.place.country),
    "admin1": lambda site: site.place.admin1 if len(site.place.admin1) > 3 else "",
    "continent": lambda site: _CONTINENTS.get(site.place.continent, ""),
    "hemisphere": lambda site: "northern" if _position(site)[0] > 0 else "southern",
    "coordinates": lambda site: _written(site, *_position(site)),
    "coast": _coast,
    "climate": _climate,
    "driving_side": lambda site: site.place.driving_side,
    "language": _language,
    "script": lambda site: next(
        (_SCRIPTS[code] for code in site.place.scripts if code in _SCRIPTS), ""
    ),
    "currency": lambda site: _CURRENCIES.get(site.place.currency, ""),
    "phone_prefix": lambda site: site.place.phone_prefix,
    "tld": lambda site: site.place.tld.lstrip("."),
    "timezone": _zone,
    "season": _season,
    "sun": _sun,
    "bearing": lambda site: _POINTS[int((site.facts.heading_deg or 0) // 45)],
    "candidate": lambda site: site.facts.answer or "",
}


def _apart(site: _Site, place: Candidate) -> float:
    return float(haversine_m(*_position(site), place.lat, place.lon))


def _clear(site: _Site, place: Candidate) -> bool:
    return all(_apart(site, p) > 55_000 for p in resolve(place.name))


def _far_city(site: _Site, *key: int) -> Candidate | None:
    table = cities()
    big = np.flatnonzero(np.asarray(table.population) >= 300_000)
    for k in range(8):
        row = int(big[int(site.draw(30, k, *key) * len(big))])
        found = [
            p
            for p in resolve(str(table.names[row]), kind="city")
            if p.population == int(table.population[row]) and p.country != site.place.country
        ]
        if found and _clear(site, found[0]):
            return found[0]
    return None


def _false(kind: str, mode: str, site: _Site) -> str | None:
    if kind == "city":
        return _false_city(mode, site)
    if kind == "country":
        codes = country_facts(site.place.country).neighbours
        if mode == "neighbour":
            return country_name(site.pick(codes, 40)) if codes else None
        other = _far_city(site, 41)
        return None if other is None or other.country in codes else country_name(other.country)
    if kind == "admin1":
        return _false_admin1(site)
    if kind == "coordinates":
        return _false_coordinates(mode, site)
    if kind == "climate":
        wrong = next(w for code, _, w in _CLIMATES if site.place.koppen.startswith(code))
        return wrong[mode == "far miss"]
    if kind == "coast":
        if mode == "unit":
            return f"{site.coast_km:.0f} m from the sea" if site.coast_km >= 80 else None
        return "far from the sea" if site.coast_km <= 5 else "on the coast"
    if kind == "bearing":
        step = 3 if mode == "near miss" else 4
        return _POINTS[(int((site.facts.heading_deg or 0) // 45) + step) % 8]
    return _false_other(kind, site)


def _false_other(kind: str, site: _Site) -> str | None:
    true = _true(kind, site)
    spoken = {
        code.partition("-")[0]
        for code in (*site.place.languages, *country_facts(site.place.country).spoken)
    }
    match kind:
        case "continent":
            return _FAR_CONTINENT.get(site.place.continent)
        case "hemisphere":
            return "southern" if true == "northern" else "northern"
        case "driving_side":
            return "left" if true == "right" else "right"
        case "language":
            return site.pick([n for c, n in _LANGUAGES.items() if c not in spoken], 50)
        case "script":
            return site.pick([n for n in _SCRIPTS.values() if n != true][:6], 51)
        case "currency":
            return site.pick([n for n in _CURRENCIES.values() if n != true], 52)
        case "phone_prefix":
            return site.pick(
                [p for p in ("33", "81", "55", "91", "48") if p[0] != str(true)[0]], 53
            )
        case "tld":
            return site.pick([t for t in ("fr", "jp", "br", "in", "pl") if t != true], 54)
        case "timezone":
            return _zone(site, 5 if site.draw(55) < 0.5 else -4) or None
        case "season":
            return _season(site, turned=True) or None
        case "sun":
            return _sun(site, turned=True) or None
        case "candidate":
            return site.pick([c for c in "ABCD" if c != true], 56)
    return None


def _false_city(mode: str, site: _Site) -> str | None:
    if mode == "far miss":
        other = _far_city(site, 42)
        return None if other is None else other.name
    if mode == "homonym":
        name = _city(site)
        others = [
            p
            for p in resolve(name, kind="city")
            if p.name == name and p.country != site.place.country and p.population >= 1_000
        ]
        return f"{name}, {country_name(others[0].country)}" if others else None
    low, high = (60_000, 120_000) if mode == "near miss" else (200_000, 900_000)
    near = [
        p
        for p in cities_within(*_position(site), high)
        if p.population >= 100_000 and low < _apart(site, p) and _clear(site, p)
        if mode == "near miss" or p.country == site.place.country
    ]
    return near[int(site.draw(43) * len(near))].name if near else None


def _false_admin1(site: _Site) -> str | None:
    code, country = site.place.admin1_code, site.place.country
    others = sorted(
        {
            p.admin1
            for p in cities_within(*_position(site), 900_000)
            if p.country == country and p.admin1_code != code and _apart(site, p) > 150_000
        }
    )
    others = [
        name
        for name in others
        if len(name) > 3 and all(_apart(site, p) > 55_000 and p.name != site.place.admin1
                                 for p in resolve(name))
    ]  # fmt: skip
    return site.pick(others, 44) if others else None


def _false_coordinates(mode: str, site: _Site) -> str | None:
    lat, lon = _position(site)
    if mode == "sign flip":
        return _written(site, lat, -lon) if abs(lon) > 1 else None
    if mode == "hemisphere":
        return _written(site, -lat, lon) if abs(lat) > 1 else None
    if mode == "unit":
        return None if abs(lat) < 2 else f"{lat * 0.0174533:.2f}, {lon * 0.0174533:.2f}"
    far = 80_000.0 if mode == "near miss" else 3_000_000.0
    lats, lons = destination(lat, lon, 360 * site.draw(45), far)
    return _written(site, float(lats), float(lons))
