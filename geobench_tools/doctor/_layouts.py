"""Which benchmark's data a folder holds, told by names of files and of columns alone."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from geobench_tools.benchmarks import benchmark_names
from geobench_tools.benchmarks._family import family_files

__all__ = ["Layout", "header_of", "recognise"]

_LONGEST_HEADER = 1 << 16
_GEOCHAIN = {"key", "locatability_score", "class_mapping"}
_PLACES = ({"IMG_ID", "LAT", "LON"}, {"IMG_ID", "LAT", "LON", "city", "country"})
_OSV5M = {"id", "latitude", "longitude", "country"}
_NAIP_NAME = re.compile(rb"m_\d{7}_[ns][ew]_\d{2}_")
_GEOBENCH_FILES = ("qa.json", "Single.parquet", "Single/qa.json", "Temporal/qa.json")
_LOOKED_AT = 200


@dataclass(frozen=True)
class Layout:
    """Data of one family that a folder holds.

    Attributes:
        family: Of benchmarks.
        names: The benchmarks that can be run from it.
        folder: As ``--data`` takes it.
    """

    family: str
    names: tuple[str, ...]
    folder: Path


def recognise(folder: Path) -> list[Layout]:
    """Return the layouts that a folder holds itself (not those of folders below it)."""
    found = []
    for family, look in _LOOKS.items():
        if names := tuple(look(folder)):
            found.append(Layout(family, names, folder))
    return found


def header_of(path: Path) -> set[str]:
    """Return the column names of a CSV or Parquet file; empty if it is none."""
    try:
        if path.suffix == ".parquet":
            import pyarrow as pa
            import pyarrow.parquet as pq

            try:
                return set(pq.read_schema(path).names)
            except pa.ArrowException:
                return set()
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return set(next(csv.reader(islice(_lines(stream), 1)), []))
    except (OSError, UnicodeDecodeError, csv.Error):
        return set()


def _lines(stream: Iterable[str]) -> Iterable[str]:
    return (line[:_LONGEST_HEADER] for line in stream)


def _tables(folder: Path) -> list[Path]:
    places = (folder, folder / "data")
    return [
        path
        for place in places
        if place.is_dir()
        for path in sorted(place.iterdir())
        if path.suffix in (".csv", ".parquet") and path.is_file()
    ]


def _imageo(folder: Path) -> list[str]:
    subsets = family_files()["imageo"].manifest["subsets"]
    return [name for name, entry in subsets.items() if (folder / entry["file"]).is_file()]


def _geochain(folder: Path) -> list[str]:
    if any(header_of(path) >= _GEOCHAIN for path in _tables(folder)):
        return _of_family("geochain")
    return []


def _photos(folder: Path) -> list[str]:
    names = {
        "mp16-reason": ("mp16",),
        "im2gps3k": ("im2gps", "img2gps"),
        "yfcc4k": ("yfcc4k",),
    }
    found = []
    for path in _tables(folder):
        header = header_of(path)
        if any(header >= needed for needed in _PLACES):
            for name, marks in names.items():
                if any(mark in path.name.lower() for mark in marks):
                    found.append(name)
        elif header >= _OSV5M:
            found.append("osv5m")
    return [name for name in dict.fromkeys(found) if name in benchmark_names()]


def _rsteller(folder: Path) -> list[str]:
    for path in islice(sorted(folder.iterdir()), _LOOKED_AT):
        if path.suffix in (".json", ".tar") and path.is_file():
            with path.open("rb") as stream:
                head = stream.read(1 << 16)
            if _NAIP_NAME.search(head) and b"annotations" in head:
                return _of_family("rsteller-geo")
    return []


def _geobench(folder: Path) -> list[str]:
    if any((folder / name).is_file() for name in _GEOBENCH_FILES[1:]):
        return _of_family("geobench-vlm")
    if (folder / _GEOBENCH_FILES[0]).is_file():
        with (folder / _GEOBENCH_FILES[0]).open("rb") as stream:
            head = stream.read(1 << 16)
        if b'"prompts"' in head and b'"image_path"' in head:
            return _of_family("geobench-vlm")
    return []


def _pairing(folder: Path) -> list[str]:
    manifest = folder / "manifest.json"
    try:
        document = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    is_set = isinstance(document, dict) and document.get("kind") == "pairing-set"
    return ["pairing"] if is_set else []


def _of_family(family: str) -> list[str]:
    return [name for name, owner in benchmark_names().items() if owner == family]


_LOOKS: Mapping[str, Callable[[Path], Iterable[str]]] = {
    "imageo": _imageo,
    "geochain": _geochain,
    "mp16-reason": _photos,
    "rsteller-geo": _rsteller,
    "geobench-vlm": _geobench,
    "pairing": _pairing,
}
