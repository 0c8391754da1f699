"""Faults of the tables of photos: MP16-Reason, IM2GPS3k, YFCC4k, OSV-5M."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

from geobench_tools.benchmarks._geoloc_data import read_photos, table_of
from geobench_tools.benchmarks._geoloc_geocoder import open_geocoder
from geobench_tools.benchmarks._mp16_official import globe_match
from geobench_tools.benchmarks._records import Record
from geobench_tools.findings import Finding
from geobench_tools.geo import haversine_m
from geobench_tools.places import country_code

__all__ = ["photo_faults"]

_SHARED = 0.1
_CEILINGS_KM = (1, 25, 200)
_SHOWN = 4


def photo_faults(name: str, folder: Path, manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the known faults of one table of photos."""
    entry = {**manifest, **manifest["subsets"][name]}
    table = table_of(folder, entry["files"], str(entry["data"]))
    photos = read_photos(table, folder, table.name)
    rows = photos.records.rows
    if photos.left_out:
        yield Finding(
            name,
            "rows left out",
            "note",
            f"{photos.left_out:,} rows have no name or position, or stand there twice",
            "they are in no denominator, as in the official loader",
        )
    yield from _centres(name, rows)
    yield from _ceiling(name, rows)
    if entry["official"] == "globe":
        yield from _names(name, rows)


def _centres(name: str, rows: Sequence[Record]) -> Iterator[Finding]:
    places = Counter((row.lat, row.lon) for row in rows)
    shared = sum(n for n in places.values() if n > 1)
    if shared > _SHARED * len(rows):
        yield Finding(
            name,
            "positions",
            "warning",
            f"{shared:,} of {len(rows):,} photos share their position with another",
            "truth looks like a city's centre: within 1 km measures whether two geocoders agree, "
            "not where the photo was taken",
            "read 25 km and more",
        )


def _ceiling(name: str, rows: Sequence[Record]) -> Iterator[Finding]:
    """How far the right names come, geocoded as replies are that give no coordinates."""
    import numpy as np

    named = [row for row in rows if row.city and row.country]
    if not named:
        return
    geocoder = open_geocoder("gazetteer")
    found = [geocoder.locate({"city": row.city, "country": row.country}) for row in named]
    km = haversine_m(
        np.array([one.lat for one in found]),
        np.array([one.lon for one in found]),
        np.array([row.lat for row in named]),
        np.array([row.lon for row in named]),
    )
    shares = [f"{100 * float((km <= 1000.0 * limit).mean()):.1f} % within {limit} km"
              for limit in _CEILINGS_KM]  # fmt: skip
    nowhere = sum(one.by == "nowhere" for one in found)
    missed = f"; {nowhere:,} not found" if nowhere else ""
    yield Finding(
        name,
        "right names, geocoded",
        "note",
        f"{', '.join(shares)}{missed} ({geocoder.policy})",
        "a model that names every city rightly scores no more with this geocoder",
        "ask for coordinates: --set prompt=coordinates",
    )


def _names(name: str, rows: Sequence[Record]) -> Iterator[Finding]:
    countries = Counter(row.country for row in rows if row.country)
    alike = sorted(
        {
            tuple(sorted((one, other)))
            for one, other in permutations(countries, 2)
            if one.lower() != other.lower() and globe_match(one, other)
        }
    )
    if alike:
        shown = ", ".join(" and ".join(pair) for pair in alike[:_SHOWN])
        rows_there = sum(countries[one] for one in {one for pair in alike for one in pair})
        yield Finding(
            name,
            "country names",
            "note",
            f"{shown}: {rows_there:,} rows",
            "the official rule takes one for the other (70 % of the letters are enough)",
        )
    unknown = [label for label in countries if country_code(label) is None]
    if unknown:
        yield Finding(
            name,
            "countries",
            "note",
            f"{sum(countries[one] for one in unknown):,} rows name no ISO country: "
            f"{', '.join(unknown[:_SHOWN])}",
            "strict compares them by their plain form",
        )
    accented = sum(not row.city.isascii() for row in rows)
    if accented:
        yield Finding(
            name,
            "city names",
            "note",
            f"{accented:,} rows have letters beyond ASCII",
            "officially an answer without accents is wrong there; strict folds them",
        )
