"""What the gazetteer answers with: places of positions, candidates of names, facts of countries."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Answer", "Candidate", "CountryFacts", "DrivingSide", "Kind", "Match", "Place", "Places"]

Kind = Literal["country", "admin1", "city"]
Match = Literal["name", "alias", "code"]
DrivingSide = Literal["left", "right", ""]

Objects = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]


class Candidate(NamedTuple):
    """A place that a name can stand for.

    Attributes:
        name: Its usual name, mostly in English or the local language.
        kind: "country", "admin1" (first-level division, or a county, department or province that is
            a part of one) or "city".
        country: ISO 3166-1 alpha-2 code.
        admin1: Name of its first-level division, of the whole one for a part; "" for a country or
            where it is not known.
        lat: Latitude in degrees; of the capital for a country, of the middle for a division.
        lon: Longitude in degrees, in [-180, 180).
        population: Inhabitants; for a division the sum over its cities; 0 where not known.
        match: Whether the asked name is the usual name, another name, or a code in capitals ("NYC",
            "US-CA"). Running text should not count a code as a mention.
        admin1_code: Code of the division in GeoNames' form ("FR.11"), "" where not known.
    """

    name: str
    kind: Kind
    country: str
    admin1: str
    lat: float
    lon: float
    population: int
    match: Match = "name"
    admin1_code: str = ""


class Place(NamedTuple):
    """What is at one position; the fields are those of `Places`."""

    country: str
    admin1: str
    admin1_code: str
    city: str
    city_country: str
    city_km: float
    metro: str
    metro_km: float
    koppen: str
    timezone: str
    driving_side: DrivingSide
    currency: str
    languages: tuple[str, ...]
    scripts: tuple[str, ...]
    tld: str
    phone_prefix: str
    continent: str
    disputed: tuple[str, ...]


class Answer(NamedTuple):
    """The answer of `look_up`: a place for a position, candidates for a name.

    Attributes:
        position: Latitude and longitude in degrees, None for a name.
        place: What is there.
        coast_km: Distance to the sea coast, kilometres.
        candidates: What the name can stand for.
    """

    position: tuple[float, float] | None
    place: Place | None
    coast_km: float | None
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class Places:
    """What is at n positions: arrays of length n, texts as Python strings ("" means unknown).

    Attributes:
        country: ISO 3166-1 alpha-2 code of the land within 30 km; "" on the high seas.
        admin1: Name of the first-level division.
        admin1_code: Its code in GeoNames' form ("FR.11").
        city: Name of the nearest city of GeoNames' places with 500 inhabitants or more.
        city_country: Country of that city, which can be across a border.
        city_km: Great-circle distance to it, kilometres.
        metro: The city with most pull, population / (distance in km + 3)^2, among the 30 nearest
            places of 15,000 inhabitants or more within 30 km; "" if there is none.
        metro_km: Great-circle distance to it, kilometres; NaN if there is none.
        koppen: Climate class of Köppen and Geiger ("Cfb"); "" on the sea.
        timezone: IANA name of the time zone of the nearest city of the same division or country;
            "Etc/GMT..." on the high seas, "" in countries without cities.
        driving_side: "left" or "right".
        currency: ISO 4217 code.
        languages: Tuples of ISO 639 codes of the country's official languages.
        scripts: Tuples of ISO 15924 codes of the scripts of these.
        tld: Top-level domain with its dot (".ch").
        phone_prefix: Calling code in digits, without "+" ("41").
        continent: "AF", "AN", "AS", "EU", "NA", "OC" or "SA" by the regions of UN M49; of the
            place itself where a country lies in two.
        disputed: Tuples of the codes of other countries that hold or claim the place, mostly empty.
    """

    country: Objects
    admin1: Objects
    admin1_code: Objects
    city: Objects
    city_country: Objects
    city_km: Floats
    metro: Objects
    metro_km: Floats
    koppen: Objects
    timezone: Objects
    driving_side: Objects
    currency: Objects
    languages: Objects
    scripts: Objects
    tld: Objects
    phone_prefix: Objects
    continent: Objects
    disputed: Objects

    def __len__(self) -> int:
        """Return the number of positions."""
        return len(self.country)

    def __getitem__(self, index: int) -> Place:
        """Return one position's place."""
        values: list[Any] = [getattr(self, field)[index] for field in Place._fields]
        return Place(*(v.item() if isinstance(v, np.generic) else v for v in values))


@dataclass(frozen=True)
class CountryFacts:
    """What a sign, a road or a shop can tell of a country.

    Attributes:
        code: ISO 3166-1 alpha-2 code.
        name: English short name.
        capital: Name of the capital; "" where there is none.
        continent: "AF", "AN", "AS", "EU", "NA", "OC" or "SA"; of its larger part.
        continents: All continents that it has a part in or is often counted to.
        currency: ISO 4217 code.
        currencies: All that are legal tender.
        languages: ISO 639 codes of the official languages, most spoken first.
        spoken: ISO 639 codes of all languages that GeoNames lists, the official ones included.
        scripts: ISO 15924 codes of the scripts in which the official languages are written there.
        spoken_scripts: The same of all languages spoken there.
        tld: Top-level domain with its dot; "" for Kosovo.
        phone_prefix: Calling code in digits, with the area's own digits in a shared one ("1787").
        phone_prefixes: All of them.
        driving_side: "left" or "right".
        speed_unit: "km/h" or "mph" on road signs.
        time_zones: IANA names of the zones of its cities, most inhabitants first.
        neighbours: Codes of the countries with a common land border.
        population: Inhabitants.
        area_km2: Area in square kilometres.
    """

    code: str
    name: str
    capital: str
    continent: str
    continents: tuple[str, ...]
    currency: str
    currencies: tuple[str, ...]
    languages: tuple[str, ...]
    spoken: tuple[str, ...]
    scripts: tuple[str, ...]
    spoken_scripts: tuple[str, ...]
    tld: str
    phone_prefix: str
    phone_prefixes: tuple[str, ...]
    driving_side: DrivingSide
    speed_unit: str
    time_zones: tuple[str, ...]
    neighbours: tuple[str, ...]
    population: int
    area_km2: float
