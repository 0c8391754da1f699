"""Faults of GeoChain's table and answers (arXiv 2506.00785)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from geobench_tools.benchmarks._geochain_data import GeochainRecord, load_geochain
from geobench_tools.findings import Finding

__all__ = ["geochain_faults"]

_PAPER_PICTURES = 2088
_SEEN = {
    1: ("boat", "ship"),
    2: ("bus", "truck", "car", "van", "minibike, motorbike", "bicycle"),
    3: ("traffic light",),
    4: ("flag",),
}
_TINY = 0.0005
_SKEWED = 0.6
_COORDINATES = 21
_STATE, _CITY, _COAST, _ISLAND, _BIG, _SMALL = 18, 19, 10, 11, 15, 16


def geochain_faults(name: str, folder: Path, manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the known faults of the pictures and of the answers that are made of them."""
    records = load_geochain(str(folder), None, None, "", "", str(manifest["data"])).records
    if len(records) > _PAPER_PICTURES:
        yield Finding(
            name,
            "pictures of the paper",
            "note",
            f"{len(records):,}; the paper evaluates {_PAPER_PICTURES:,}",
            f"{len(records) - _PAPER_PICTURES} were removed by hand and are not named, so no score "
            "is over the paper's pictures",
        )
    yield from _constant(name, records, manifest["subsets"])
    yield from _tiny(name, records)
    yield from _doubtful(name, records)
    yield from _cities(name, records)
    if all(record.answers[_BIG] != record.answers[_SMALL] for record in records):
        yield Finding(
            name,
            "Q16 and Q17",
            "note",
            "one is the exact opposite of the other in every row",
            "they are one question counted twice in an average",
        )


def _constant(
    name: str, records: Sequence[GeochainRecord], subsets: Mapping[str, Mapping[str, Any]]
) -> Iterator[Finding]:
    for subset, entry in subsets.items():
        if subset == name:
            continue
        asked = [question for question in entry["questions"] if question != _COORDINATES]
        shares = [
            max(Counter(record.answers[question - 1] for record in records).values()) / len(records)
            for question in asked
        ]
        yield Finding(
            subset,
            "constant answers",
            "warning" if min(shares) > _SKEWED else "note",
            f"score {100 * sum(shares) / len(shares):.1f} % on average over {len(shares)} of them",
            "plain accuracy near this says nothing",
            "read balanced accuracy, Matthews correlation and the majority line",
        )


def _tiny(name: str, records: Sequence[GeochainRecord]) -> Iterator[Finding]:
    for question, classes in _SEEN.items():
        shares = [
            max(found)
            for record in records
            if (
                found := [record.picture.classes[c] for c in classes if c in record.picture.classes]
            )
        ]
        tiny = sum(share < _TINY for share in shares)
        if tiny:
            yield Finding(
                name,
                f"Q{question:02d} labels",
                "note",
                f'{tiny:,} of {len(shares):,} "Yes" rest on under {100 * _TINY:g} % of the pixels',
                "labels are a segmentation model's, of any share: who sees nothing there is wrong",
            )


def _doubtful(name: str, records: Sequence[GeochainRecord]) -> Iterator[Finding]:
    for question, index, city, answer, why in (
        (12, _ISLAND, "Copenhagen", "No", "the centre lies on Zealand and Amager"),
        (11, _COAST, "Sao Paulo", "Yes", "the city lies 50 km inland, 700 m up"),
    ):
        rows = sum(r.answers[_CITY] == city and r.answers[index] == answer for r in records)
        if rows:
            yield Finding(
                name,
                f"Q{question} in {city}",
                "note",
                f'{rows:,} rows say "{answer}"; {why}',
                "a right answer counts as wrong there",
            )
    beside = sum(r.answers[_CITY] == "Ottawa" and r.answers[_STATE] == "Quebec" for r in records)
    if beside:
        yield Finding(
            name,
            "Q19 and Q20",
            "note",
            f"{beside:,} rows lie in Quebec and are labelled Ottawa",
            "Gatineau, the right city, counts as wrong",
        )
    equator = sum(10 <= abs(r.picture.lat) < 15 for r in records)
    if equator:
        yield Finding(
            name,
            "Q05 labels",
            "note",
            f'{equator:,} rows lie between 10 and 15 degrees and say "No"',
            '"near the Equator" is |latitude| < 10 and nothing else',
        )


def _cities(name: str, records: Sequence[GeochainRecord]) -> Iterator[Finding]:
    cities = Counter(record.answers[_CITY] for record in records)
    common = ", ".join(f"{city} ({n:,})" for city, n in cities.most_common(4))
    few = [city for city, n in cities.items() if n < 10]
    more = f"; fewer than 10 of {', '.join(sorted(few))}" if few else ""
    yield Finding(
        name,
        "cities",
        "note",
        f"{len(cities)}: {common}{more}",
        "questions 8 to 20 have one answer for each city: their figures are about so many places",
    )
