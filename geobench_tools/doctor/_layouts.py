"""Which benchmark's data a folder holds, told by names of files and of columns alone."""

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from geobench_tools.benchmarks import benchmark_info, benchmark_names
from geobench_tools.strictjson import parse_json

__all__ = ["recognise"]

_LONGEST_HEADER = 1 << 16
_GEOCHAIN_TABLE = "test_samples.csv"
_GEOCHAIN_COLUMNS = {"key", "locatability_score", "class_mapping"}
_OSV5M_COLUMNS = {"id", "latitude", "longitude"}
_NAIP_NAME = re.compile(rb"m_\d{7}_[ns][ew]_\d{2}_")
_LOOKED_AT = 200


def recognise(folder: Path) -> dict[str, list[str]]:
    """Return the families whose data a folder holds itself, each with the benchmarks to examine."""
    families = benchmark_names()
    found = {}
    for family, look in _LOOKS.items():
        known = {name: benchmark_info(name).facts for name in families if families[name] == family}
        if names := list(look(folder, known)):
            found[family] = names
    return found


_Subsets = Mapping[str, Mapping[str, Any]]


def _header_of(path: Path) -> set[str]:
    """Column names of a CSV or Parquet file; empty if it is none."""
    try:
        if path.suffix == ".parquet":
            import pyarrow as pa
            import pyarrow.parquet as pq

            try:
                return set(pq.read_schema(path).names)
            except pa.ArrowException:
                return set()
        with path.open("rb") as stream:
            first = stream.readline(_LONGEST_HEADER).decode("utf-8-sig", "replace")
        return set(next(csv.reader([first]), []))
    except (OSError, csv.Error):
        return set()


def _imageo(folder: Path, subsets: _Subsets) -> Iterable[str]:
    return [name for name, entry in subsets.items() if (folder / entry["file"]).is_file()]


def _geochain(folder: Path, _: _Subsets) -> Iterable[str]:
    tables = [folder / _GEOCHAIN_TABLE, folder / "data" / _GEOCHAIN_TABLE]
    tables += sorted(folder.glob("*.parquet"))[:1] + sorted(folder.glob("data/*.parquet"))[:1]
    found = any(path.is_file() and _header_of(path) >= _GEOCHAIN_COLUMNS for path in tables)
    return ["geochain"] if found else []


def _photos(folder: Path, subsets: _Subsets) -> Iterable[str]:
    """By the names that a table may have; ``test.csv`` belongs to two and is told by columns."""
    for name, entry in subsets.items():
        tables = [folder / file for file in entry["files"] if (folder / file).is_file()]
        osv5m = any(_header_of(path) >= _OSV5M_COLUMNS for path in tables)
        if tables and osv5m == (name == "osv5m"):
            yield name


def _rsteller(folder: Path, subsets: _Subsets) -> Iterable[str]:
    for path in islice(sorted(folder.iterdir()), _LOOKED_AT):
        if path.suffix in (".json", ".tar") and path.is_file():
            with path.open("rb") as stream:
                head = stream.read(1 << 16)
            if _NAIP_NAME.search(head) and b"annotations" in head:
                return list(subsets)
    return []


def _geobench(folder: Path, subsets: _Subsets) -> Iterable[str]:
    for name, entry in subsets.items():
        archive = entry["archive"]
        packed = (f"{archive}.zip", f"{archive}/qa.json", f"{archive}.parquet")
        inside = folder.name == archive and (folder / "qa.json").is_file()
        if inside or any((folder / file).is_file() for file in packed):
            yield name


def _pairing(folder: Path, subsets: _Subsets) -> Iterable[str]:
    try:
        document = parse_json((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    is_set = isinstance(document, dict) and document.get("kind") == "pairing-set"
    return list(subsets) if is_set else []


_LOOKS: Mapping[str, Callable[[Path, _Subsets], Iterable[str]]] = {
    "imageo": _imageo,
    "geochain": _geochain,
    "mp16-reason": _photos,
    "rsteller-geo": _rsteller,
    "geobench-vlm": _geobench,
    "pairing": _pairing,
}
