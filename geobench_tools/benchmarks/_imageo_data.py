"""IMAGEO-Bench's records and pictures: a local copy, or a mirror on the Hub."""

import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from geobench_tools.benchmarks._csv import csv_rows
from geobench_tools.errors import InputError
from geobench_tools.models import ImagePart
from geobench_tools.world import cache_folder

__all__ = ["Record", "Records", "load_records", "stem_of"]

_SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp"))
_NEEDED = ("image_id", "latitude", "longitude")
_FACTS = ("continent", "platform", "source", "weather", "lighting_condition", "view_direction")


@dataclass(frozen=True, slots=True)
class Record:
    """One picture and its truth; names are empty where the data have none.

    Attributes:
        image_id: File stem of the picture.
        lat: Latitude, degrees.
        lon: Longitude, degrees.
        city: As the data spell it.
        state: Two-letter code in the United States.
        country: As the data spell it.
        facts: What else is known: continent, weather, platform …
    """

    image_id: str
    lat: float
    lon: float
    city: str = ""
    state: str = ""
    country: str = ""
    facts: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Records:
    """The records of one subset and where their pictures are.

    Attributes:
        rows: In the order of the data.
        images: Pictures by image id; those that were found.
        origin: File or data set with its revision.
        sha256: Of the records in canonical form.
    """

    rows: Sequence[Record]
    images: Mapping[str, ImagePart]
    origin: str
    sha256: str

    @classmethod
    def of(cls, rows: Sequence[Record], images: Mapping[str, ImagePart], origin: str) -> "Records":
        """Digest the rows."""
        digest = hashlib.sha256()
        for row in rows:
            digest.update(json.dumps(asdict(row), sort_keys=True, ensure_ascii=False).encode())
        return cls(rows, images, origin, digest.hexdigest())


def load_records(data: str, file: str, revision: str | None, manifest_note: str) -> Records:
    """Read the records of a subset.

    Args:
        data: A folder with ``file``, or ``OWNER/NAME[:SPLIT]`` on the Hub.
        file: Name of the subset's table.
        revision: Commit of the data set on the Hub.
        manifest_note: How to get the data, for the error.

    Raises:
        InputError: The data are not there, or a row is bad.
    """
    folder = Path(data)
    if folder.is_file():
        folder, file = folder.parent, folder.name
    if (folder / file).is_file():
        with csv_rows(folder / file) as entries:
            rows = _rows(entries, str(folder / file))
        return Records.of(rows, _pictures(folder), file)
    if folder.exists() and not _is_data_set(folder):
        raise InputError(f"{folder} has no {file}", hint=manifest_note)
    return _from_hub(data, revision, manifest_note)


def _from_hub(data: str, revision: str | None, manifest_note: str) -> Records:
    from geobench_tools.views import ReadOptions
    from geobench_tools.views._hub import is_hub_name, read_hub

    local = Path(data).exists()
    if not local and not is_hub_name(data):
        raise InputError(f"{data} does not exist", hint=manifest_note)
    if not local and not revision:
        raise InputError(
            f"{data} on the Hub is named without a revision", hint="pin it: --revision COMMIT"
        )
    raw = read_hub(
        data,
        ReadOptions(revision=None if local else revision, export_images=cache_folder() / "images"),
    )
    listed = raw.table.to_pylist()
    rows = _rows(listed, data)
    root = raw.image_root or Path()
    images = {
        stem_of(str(entry["image_id"])): ImagePart(root / entry["image"])
        for entry in listed
        if entry.get("image")
    }
    return Records.of(rows, images, Path(data).name if local else f"{data}@{revision}")


def _is_data_set(folder: Path) -> bool:
    """Whether a folder holds a data set of the package ``datasets`` or Parquet shards."""
    marks = ("dataset_dict.json", "state.json")
    return any((folder / mark).is_file() for mark in marks) or any(folder.rglob("*.parquet"))


def stem_of(name: str) -> str:
    """Return a file name up to its first dot, which is how the official code joins."""
    return Path(name.replace("\\", "/")).name.split(".", 1)[0]


def _rows(entries: Any, source: str) -> list[Record]:
    rows, seen = [], set[str]()
    for number, entry in enumerate(_checked(entries, source), 2):
        image_id = stem_of(str(entry["image_id"]))
        if image_id in seen:
            raise InputError(f"{source}, row {number}: image_id {image_id!r} occurs twice")
        seen.add(image_id)
        position = [_degrees(entry[name], source, number, name) for name in _NEEDED[1:]]
        names = {name: (entry.get(name) or "") for name in ("city", "state", "country")}
        facts = {name: str(entry[name]) for name in _FACTS if entry.get(name)}
        rows.append(Record(image_id, position[0], position[1], **names, facts=facts))
    if not rows:
        raise InputError(f"{source} has no rows")
    return rows


def _checked(entries: Any, source: str) -> Iterator[Mapping[str, Any]]:
    for number, entry in enumerate(entries):
        if number == 0 and (missing := [name for name in _NEEDED if name not in entry]):
            raise InputError(
                f"{source} has no column {', '.join(missing)}",
                hint="columns: image_id, latitude, longitude, city, state, country",
            )
        yield entry


def _degrees(value: Any, source: str, number: int, name: str) -> float:
    limit = 90.0 if name == "latitude" else 180.0
    try:
        degrees = float(value)
    except (TypeError, ValueError):
        degrees = math.nan
    if not abs(degrees) <= limit:
        raise InputError(f"{source}, row {number}: {name} {value!r} is no {name} in degrees")
    return degrees


def _pictures(folder: Path) -> dict[str, ImagePart]:
    """Pictures in a folder and below by stem, linked folders included; the first of equals."""
    paths, seen = [], set[str]()
    for place, below, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            below.clear()
            continue
        seen.add(real)
        paths += [Path(place, name) for name in names if Path(name).suffix.lower() in _SUFFIXES]
    found: dict[str, ImagePart] = {}
    for path in sorted(paths):
        found.setdefault(stem_of(path.name), ImagePart(path))
    return found
