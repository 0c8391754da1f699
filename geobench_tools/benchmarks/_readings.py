"""What was read from replies, and tables of it that several benchmarks show."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from geobench_tools.evaluation import Breakdown, SampleRecord
from geobench_tools.models import JSON

__all__ = ["answer_of", "letters_table", "mapping_of", "truths_of", "value_of"]


def value_of(record: SampleRecord) -> JSON:
    """Return what was read from a reply; None where there is no readable answer."""
    return record.reading.value if record.status == "ok" and record.reading is not None else None


def answer_of(record: SampleRecord) -> Mapping[str, Any]:
    """Return what was read from a reply by name; empty where there is no readable answer."""
    return mapping_of(value_of(record))


def mapping_of(value: object) -> Mapping[str, Any]:
    """Return a value that is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def truths_of(records: Sequence[SampleRecord]) -> list[Mapping[str, Any]]:
    """Return what would be right by name, for each record."""
    return [mapping_of(record.target) for record in records]


def letters_table(records: Sequence[SampleRecord], letters: Sequence[str]) -> Breakdown:
    """Return how often each letter is right, chosen, and chosen where it is right."""
    targets = Counter(str(record.target) for record in records)
    chosen = Counter(str(value_of(record)) for record in records)
    hits = Counter(str(r.target) for r in records if value_of(r) == r.target)
    read = sum(chosen[letter] for letter in letters)
    rows = tuple(
        (
            letter,
            targets[letter],
            chosen[letter],
            chosen[letter] / read if read else None,
            hits[letter] / targets[letter] if targets[letter] else None,
        )
        for letter in letters
    )
    header = ("letter", "right answer", "chosen", "share of choices", "accuracy where right")
    return Breakdown("Letters: a bias shows as unequal shares of choices", header, rows)
