"""How a reply becomes a position: a policy that every result names.

``coordinates``
    The reply's own latitude and longitude.
``gazetteer``
    City and country through the packed gazetteer: the most populous city of that name in the
    country (in the division that follows it after a comma), else the division (or territory, as
    Hong Kong) of that name, else the capital.
``table:FILE``
    City and country through a table of the user (columns city, country, lat, lon), as one made
    with another geocoder; names that are not in it have no position.
``auto``
    ``coordinates`` where the reply gives them, else ``gazetteer``.

GLOBE's authors geocode with a commercial service; neither call nor answers are published, so no
policy here gives their figures exactly.
"""

import math
import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from geobench_tools.benchmarks._csv import csv_rows
from geobench_tools.benchmarks._records import degrees_of
from geobench_tools.errors import InputError
from geobench_tools.files import sha256_file
from geobench_tools.places import Candidate, country_code
from geobench_tools.plaintext import name_key

__all__ = ["GEOCODERS", "NOWHERE", "Geocoder", "Located", "open_geocoder"]

Answer = Mapping[str, Any]

GEOCODERS = ("auto", "gazetteer", "coordinates", "table:FILE")
_BRACKETS = re.compile(r"\s*[(\[].*?[)\]]")
_HEADER = ("city", "country", "lat", "lon")
_DIGEST_CHARS = 16
_DECIMALS = 5


class Located(NamedTuple):
    """Where a reply points to.

    Attributes:
        lat: Latitude, degrees; NaN where there is no position.
        lon: Longitude, degrees.
        by: ``coordinates``, ``city``, ``division``, ``capital``, ``table`` or ``nowhere``.
    """

    lat: float
    lon: float
    by: str


NOWHERE = Located(math.nan, math.nan, "nowhere")
"""No position; one object, so that it equals itself."""


class Geocoder(NamedTuple):
    """A policy and what it does.

    Attributes:
        setting: As the user named it.
        policy: As results name it; a table by its digest.
        locate: From city (text), line (the city with what follows it), country (ISO code or text),
            lat, lon to a position.
        sha256: Of the table, if it is one.
    """

    setting: str
    policy: str
    locate: Callable[[Answer], Located]
    sha256: str | None = None


def open_geocoder(setting: str) -> Geocoder:
    """Return the geocoder of a setting.

    Raises:
        InputError: There is no such policy, or the table is bad.
    """
    match setting.partition(":"):
        case ("coordinates", "", _):
            return Geocoder(setting, "coordinates", _given)
        case ("gazetteer", "", _):
            return Geocoder(setting, "gazetteer", _looked_up)
        case ("auto", "", _):
            return Geocoder(setting, "coordinates, else gazetteer", _given_or_looked_up)
        case ("table", ":", file) if file:
            table, digest = _table(Path(file)), sha256_file(Path(file))
            named = f"table {digest[:_DIGEST_CHARS]}"
            return Geocoder(setting, named, partial(_in_table, table), digest)
    raise InputError(f"geocoder cannot be {setting!r}", hint=f"one of {', '.join(GEOCODERS)}")


def _given(answer: Answer) -> Located:
    if "lat" not in answer or "lon" not in answer:
        return NOWHERE
    return Located(float(answer["lat"]), float(answer["lon"]), "coordinates")


def _given_or_looked_up(answer: Answer) -> Located:
    return _given(answer) if "lat" in answer else _looked_up(answer)


def _looked_up(answer: Answer) -> Located:
    city, line = str(answer.get("city") or ""), str(answer.get("line") or "")
    return _in_gazetteer(line, city, str(answer.get("country") or ""))


@cache
def _in_gazetteer(line: str, city: str, country: str) -> Located:
    from geobench_tools.places import resolve

    code = country_code(country)
    for name in filter(None, (line, city, _BRACKETS.sub("", city))):
        found = resolve(name, country=code)
        for kind, by in (("city", "city"), ("admin1", "division")):
            places = [place for place in found if place.kind == kind]
            if places:
                return _at(places[0], by)
    territory = country_code(city)
    for one, by in ((territory, "division"), (code, "capital")):
        capital = resolve(one, kind="country", country=one) if one else ()
        if capital and math.isfinite(capital[0].lat):
            return _at(capital[0], by)
    return NOWHERE


def _at(place: Candidate, by: str) -> Located:
    return Located(round(place.lat, _DECIMALS), round(place.lon, _DECIMALS), by)


def _in_table(table: Mapping[tuple[str, str], Located], answer: Answer) -> Located:
    whole = _key({**answer, "city": answer.get("line") or ""})
    return table.get(whole) or table.get(_key(answer), NOWHERE)


def _key(answer: Answer) -> tuple[str, str]:
    country = str(answer.get("country") or "")
    return name_key(str(answer.get("city") or "")), country_code(country) or name_key(country)


def _table(path: Path) -> dict[tuple[str, str], Located]:
    table: dict[tuple[str, str], Located] = {}
    with csv_rows(path, "--set geocoder=table:FILE") as reader:
        if missing := [name for name in _HEADER if name not in (reader.fieldnames or ())]:
            raise InputError(
                f"{path} has no column {', '.join(missing)}",
                hint=f"a table with the columns {', '.join(_HEADER)}",
            )
        for number, row in enumerate(reader, 2):
            found = _position(row, path, number)
            if table.setdefault(_key(row), found) != found:
                raise InputError(
                    f"{path}, row {number}: {row['city']}, {row['country']} has two positions",
                    hint="keep one of the rows",
                )
    return table


def _position(row: Mapping[str, str], path: Path, number: int) -> Located:
    if not row["lat"] and not row["lon"]:
        return NOWHERE
    lat, lon = degrees_of(row["lat"], 90), degrees_of(row["lon"], 180)
    if lat is None or lon is None:
        raise InputError(
            f"{path}, row {number}: ({row['lat']}, {row['lon']}) is no position in degrees"
        )
    return Located(lat, lon, "table")
