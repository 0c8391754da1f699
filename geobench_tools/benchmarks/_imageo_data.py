"""IMAGEO-Bench's records and pictures: a local copy, or a mirror on the Hub."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from geobench_tools.benchmarks._csv import check_no_split, csv_rows
from geobench_tools.benchmarks._geoloc_verdicts import NAME_FIELDS
from geobench_tools.benchmarks._hub import holds_data_set, hub_rows
from geobench_tools.benchmarks._pictures import find_pictures
from geobench_tools.benchmarks._records import Record, Records, checked_degrees, text_of
from geobench_tools.errors import InputError
from geobench_tools.models import ImagePart

__all__ = ["load_records", "stem_of"]

_NEEDED = ("image_id", "latitude", "longitude")
_FACTS = ("continent", "platform", "source", "weather", "lighting_condition", "view_direction")


def load_records(
    data: str, file: str, revision: str | None, split: str | None, note: str
) -> Records:
    """Read the records of a subset.

    Args:
        data: A folder with ``file``, the table, a local copy of a mirror, or ``OWNER/NAME[:SPLIT]``
            on the Hub.
        file: Name of the subset's table.
        revision: Commit of the data set on the Hub.
        split: Of the data set.
        note: How to get the data, for the error.

    Raises:
        InputError: The data are not there, or a row is bad.
    """
    folder = Path(data)
    if folder.is_file():
        folder, file = folder.parent, folder.name
    if (folder / file).is_file():
        check_no_split(folder / file, split)
        with csv_rows(folder / file) as entries:
            rows = _rows(entries, str(folder / file))
        return Records.of(rows, find_pictures(folder, stem_of), file, folder)
    if folder.exists() and not holds_data_set(folder):
        raise InputError(f"{folder} has no {file}", hint=note)
    found = hub_rows(data, revision, split, note)
    rows = _rows(found.rows, data)
    images = {
        row.image_id: ImagePart(picture)
        for row, picture in zip(rows, found.pictures, strict=True)
        if picture is not None
    }
    return Records.of(rows, images, found.origin)


def stem_of(name: str) -> str:
    """Return a file name up to its first dot, which is how the official code joins."""
    return Path(name.replace("\\", "/")).name.split(".", 1)[0]


def _rows(entries: Iterable[Mapping[str, Any]], source: str) -> list[Record]:
    rows, seen = [], set[str]()
    for number, entry in enumerate(_checked(entries, source), 2):
        image_id = stem_of(text_of(entry["image_id"]))
        if not image_id or image_id in seen:
            fault = "occurs twice" if image_id else "is none"
            raise InputError(f"{source}, row {number}: image_id {image_id!r} {fault}")
        seen.add(image_id)
        where = f"{source}, row {number}"
        lat = checked_degrees(entry["latitude"], 90.0, "latitude", where)
        lon = checked_degrees(entry["longitude"], 180.0, "longitude", where)
        names = {name: text_of(entry.get(name)) for name in NAME_FIELDS}
        facts = {name: text_of(entry[name]) for name in _FACTS if entry.get(name)}
        rows.append(Record(image_id, lat, lon, **names, facts=facts))
    if not rows:
        raise InputError(f"{source} has no rows")
    return rows


def _checked(entries: Iterable[Mapping[str, Any]], source: str) -> Iterator[Mapping[str, Any]]:
    for number, entry in enumerate(entries):
        if number == 0 and (missing := [name for name in _NEEDED if name not in entry]):
            raise InputError(
                f"{source} has no column {', '.join(missing)}",
                hint="columns: image_id, latitude, longitude, city, state, country",
            )
        yield entry
