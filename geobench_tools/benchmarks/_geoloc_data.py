"""Photos with a position, in the file layouts of the public geolocation benchmarks.

Tables with a header (GLOBE's ``mp16-reason-test-12k.csv``, OSV-5M's ``test.csv``, the
``*_places365.csv`` of IM2GPS3k and YFCC4k), IM2GPS's ``info.json`` and YFCC4k's ``info.txt``.
Pictures lie anywhere below the table's folder, loose or in archives.
"""

import csv
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from geobench_tools.benchmarks._csv import text_stream
from geobench_tools.benchmarks._pictures import find_pictures, picture_name
from geobench_tools.benchmarks._records import Record, Records, degrees_of, text_of
from geobench_tools.errors import InputError
from geobench_tools.models import ImagePart
from geobench_tools.strictjson import parse_json

__all__ = ["Photos", "photos_of", "read_photos", "rows_of", "table_of"]

_ID = ("img_id", "id", "image_id", "image", "filename", "file_name")
_COLUMNS = {
    "id": _ID,
    "lat": ("lat", "latitude"),
    "lon": ("lon", "longitude", "lng"),
    "city": ("city",),
    "state": ("region", "state"),
    "country": ("unique_country", "country"),
}
_HEADER_HINT = "columns: IMG_ID (or id), LAT, LON (or latitude, longitude), and city, country"
_INFO_TXT_ID, _INFO_TXT_LON, _INFO_TXT_LAT = 1, 12, 13
_POSITION = re.compile(r"(latitude|longitude):\s*(\S+)")
_NO_NAME = frozenset(("", "nan", "NaN"))


@dataclass(frozen=True)
class Photos:
    """Records of a benchmark's photos.

    Attributes:
        records: Rows, pictures, origin and digest.
        left_out: Rows without a name or a position, as the official loaders leave them out.
    """

    records: Records
    left_out: int


Row = Mapping[str, str]


def table_of(data: Path, files: Sequence[str], note: str) -> Path:
    """Find the table of a benchmark.

    Args:
        data: The table, or the folder that holds it (or holds it in a folder of its own).
        files: Names it may have, the usual one first.
        note: How to get the data, for the error.

    Raises:
        InputError: There is none.
    """
    if data.is_file():
        return data
    for name in files:
        for path in (data / name, *sorted(data.glob(f"*/{name}"))):
            if path.is_file():
                return path
    raise InputError(f"{data} holds none of {', '.join(files)}", hint=note)


def read_photos(table: Path, folder: Path, origin: str) -> Photos:
    """Read a table of photos.

    Args:
        table: One of the layouts above.
        folder: Where pictures are looked for.
        origin: What the result names as its source.

    Raises:
        InputError: The table cannot be read, a column is missing, or a photo has two positions.
    """
    read = {".json": _info_json, ".txt": _info_txt}.get(table.suffix.lower(), _csv)
    with text_stream(table) as stream:
        rows = list(read(stream, str(table)))
    return photos_of(rows, find_pictures(folder), origin, folder, str(table))


def photos_of(
    rows: Sequence[Row], images: Mapping[str, ImagePart], origin: str, folder: Path, source: str
) -> Photos:
    """Make records of rows with ``id``, ``lat``, ``lon``, and names where there are any.

    Args:
        rows: Cells as text.
        images: Pictures by name.
        origin: What the result names as its source.
        folder: Where a missing picture should be.
        source: What errors name.

    Raises:
        InputError: A position is none on Earth, a photo has two truths, or there is no photo.
    """
    found: dict[str, Record] = {}
    left_out = 0
    for number, row in enumerate(rows, 2):
        name = picture_name(row["id"])
        lat, lon = degrees_of(row["lat"], math.inf), degrees_of(row["lon"], math.inf)
        if not name or lat is None or lon is None:
            left_out += 1
            continue
        if abs(lat) > 90 or abs(lon) > 180:
            raise InputError(f"{source}, row {number}: ({lat}, {lon}) is no position on Earth")
        city, state, country = (_name(row.get(key, "")) for key in ("city", "state", "country"))
        record = Record(name, lat, lon, city, state, country)
        if found.setdefault(name, record) != record:
            raise InputError(
                f"{source}, row {number}: {name!r} occurs again with another truth",
                hint="keep one of the two rows",
            )
        left_out += found[name] is not record
    if not found:
        raise InputError(f"{source} has no photo with a position", hint=_HEADER_HINT)
    return Photos(Records.of(list(found.values()), images, origin, folder), left_out)


def rows_of(
    entries: Iterable[Mapping[str, object]], names: Sequence[str], source: str
) -> Iterator[Row]:
    """Yield rows of any table, its columns recognised by their names in any case.

    Raises:
        InputError: There is no column for a photo's name or its position.
    """
    known = {str(name).strip().lower(): name for name in names}
    columns = {
        key: next((known[name] for name in known_as if name in known), None)
        for key, known_as in _COLUMNS.items()
    }
    if missing := [key for key in ("id", "lat", "lon") if columns[key] is None]:
        raise InputError(f"{source} has no column for {', '.join(missing)}", hint=_HEADER_HINT)
    for entry in entries:
        yield {key: text_of(entry[column]) for key, column in columns.items() if column}


def _csv(stream: TextIO, source: str) -> Iterator[Row]:
    reader = csv.DictReader(stream)
    return rows_of(reader, reader.fieldnames or (), source)


def _info_txt(stream: TextIO, source: str) -> Iterator[Row]:
    """YFCC4k: lines of the YFCC100M table, with tabs between the fields."""
    for number, line in enumerate(stream, 1):
        fields = line.rstrip("\n").split("\t")
        if len(fields) <= _INFO_TXT_LAT:
            raise InputError(
                f"{source}, line {number} has {len(fields)} fields, too few for YFCC4k's info.txt"
            )
        yield {
            "id": fields[_INFO_TXT_ID],
            "lat": fields[_INFO_TXT_LAT],
            "lon": fields[_INFO_TXT_LON],
        }


def _info_json(stream: TextIO, source: str) -> Iterator[Row]:
    """IM2GPS: lines of text by picture, two of them ``latitude: …`` and ``longitude: …``."""
    try:
        loaded = parse_json(stream.read())
    except ValueError as error:
        raise InputError(f"{source} is no JSON: {error}") from None
    if not isinstance(loaded, dict):
        raise InputError(f"{source} is no object with one entry for each picture")
    for name, lines in loaded.items():
        text = "\n".join(map(str, lines)) if isinstance(lines, list) else ""
        position = dict(_POSITION.findall(text))
        yield {
            "id": name,
            "lat": position.get("latitude", ""),
            "lon": position.get("longitude", ""),
        }


def _name(text: str) -> str:
    return "" if text.strip() in _NO_NAME else text.strip()
