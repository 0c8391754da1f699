"""Faults of IMAGEO-Bench's tables and pictures (arXiv 2508.01608)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from geobench_tools.benchmarks._csv import csv_rows
from geobench_tools.benchmarks._pictures import PICTURE_SUFFIXES
from geobench_tools.findings import Finding
from geobench_tools.places import country_code, country_name
from geobench_tools.plaintext import name_key

__all__ = ["imageo_faults"]

_PROMPT_COUNTRY = "USA"
_SHOWN = 4

Rows = Sequence[Mapping[str, str]]


def imageo_faults(name: str, folder: Path, manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the known faults of one subset's table and of its pictures' names."""
    with csv_rows(folder / manifest["subsets"][name]["file"]) as entries:
        rows = list(entries)
    yield from _double_extensions(name, folder)
    yield from _blank_names(name, rows)
    yield from _zeros(name, rows)
    if rows and "country" in rows[0]:
        yield from _countries(name, rows)
    yield from _accents(name, rows)
    yield from _shared_places(name, rows)


def _double_extensions(name: str, folder: Path) -> Iterator[Finding]:
    double = sorted(
        path.name
        for path in folder.rglob("*")
        if path.suffix.lower() in PICTURE_SUFFIXES and path.name.count(".") > 1
    )
    if double:
        yield Finding(
            name,
            "double extension",
            "note",
            f"{len(double):,} file names have two: {', '.join(double[:_SHOWN])}",
            "none here: names are cut at their first dot, as the official join does; a join by "
            "stem would lose them",
        )


def _blank_names(name: str, rows: Rows) -> Iterator[Finding]:
    for column in ("city", "state", "country"):
        if not rows or column not in rows[0]:
            continue
        blank = sum(not (row[column] or "").strip() for row in rows)
        if blank:
            yield Finding(
                name,
                f"truth: {column}",
                "note",
                f"{blank:,} rows have none",
                f"{column} accuracy is over {len(rows) - blank:,} rows, distances over all",
            )


def _zeros(name: str, rows: Rows) -> Iterator[Finding]:
    zero = [
        row["image_id"]
        for row in rows
        if 0.0 in (_number(row, "latitude"), _number(row, "longitude"))
    ]
    if zero:
        yield Finding(
            name,
            "truth: 0.0",
            "note",
            f"{len(zero):,} rows have a coordinate of exactly 0: {', '.join(zero[:_SHOWN])}",
            "the official code takes 0 for missing and drops their distances; strict counts them",
        )


def _countries(name: str, rows: Rows) -> Iterator[Finding]:
    counts = Counter(row["country"] for row in rows if row["country"])
    unknown = Counter({label: n for label, n in counts.items() if country_code(label) is None})
    if unknown:
        yield Finding(
            name,
            "truth: country",
            "note",
            f"{unknown.total():,} rows name no ISO country: {_listed(unknown)}",
            "strict compares them by their plain form",
        )
    other = Counter(
        {
            label: n
            for label, n in counts.items()
            if (code := country_code(label)) and name_key(country_name(code)) != name_key(label)
        }
    )
    if other:
        yield Finding(
            name,
            "country names",
            "note",
            f"{other.total():,} rows have an uncommon spelling: {_listed(other)}",
            "official equality counts the common name as wrong there; strict knows aliases",
        )
    american = sum(n for label, n in counts.items() if country_code(label) == "US")
    taught = counts.get(_PROMPT_COUNTRY, 0)
    if american > taught:
        best = 100 * (1 - (american - taught) / len(rows))
        yield Finding(
            name,
            "country: US",
            "warning",
            f'{american - taught:,} rows say "United States"; the prompt\'s example says "USA"',
            f"a model that follows the example reaches at most {best:.1f} % officially",
            "compare country accuracy by the strict figures",
        )


def _accents(name: str, rows: Rows) -> Iterator[Finding]:
    accented = [row["city"] for row in rows if not (row.get("city") or "").isascii()]
    if accented:
        shown = ", ".join(list(dict.fromkeys(accented))[:_SHOWN])
        yield Finding(
            name,
            "city names",
            "note",
            f"{len(accented):,} rows have letters beyond ASCII: {shown}",
            "official equality counts answers without accents as wrong; strict folds them",
        )


def _shared_places(name: str, rows: Rows) -> Iterator[Finding]:
    places = Counter((row["latitude"], row["longitude"]) for row in rows)
    shared = sum(n for n in places.values() if n > 1)
    if shared > len(rows) / 10:
        yield Finding(
            name,
            "positions",
            "note",
            f"{shared:,} of {len(rows):,} rows share their position with another",
            "they are not independent: intervals clustered by picture are too narrow",
        )


def _number(row: Mapping[str, str], column: str) -> float | None:
    try:
        return float(row[column])
    except (KeyError, TypeError, ValueError):
        return None


def _listed(counts: Counter[str]) -> str:
    shown = ", ".join(f"{label} ({n:,})" for label, n in counts.most_common(_SHOWN))
    return shown + (" …" if len(counts) > _SHOWN else "")
