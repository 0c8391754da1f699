"""Small bad files, one for each kind of fault, and what is to be said of them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geobench_tools.views import IndexResult, Problem, ReadOptions, index_views

GOOD = ("a,52.51,13.41", "b,52.52,13.42", "c,52.53,13.43")


@dataclass(frozen=True)
class Case:
    """One bad file and what is to be said of it; row 0 is a fault of the whole source."""

    kind: str
    content: str | bytes
    row: int
    column: str
    value: str
    name: str = "views.csv"
    options: dict[str, Any] = field(default_factory=dict)
    accepted: int = 3
    remedy: str = ""


def rows(*bad: str, header: str = "id,lat,lon", good: tuple[str, ...] = GOOD) -> str:
    return "\n".join([header, *good, *bad]) + "\n"


def times(*bad: str) -> str:
    good = [f"{row},2020-05-0{day}T12:00:00+02:00" for day, row in enumerate(GOOD, start=1)]
    return rows(*bad, header="id,lat,lon,time", good=tuple(good))


def tiles(*bad: str, header: str = "id,lat,lon,wkt") -> str:
    good = [f'{row},"POLYGON ((13 52, 14 52, 14 53, 13 53, 13 52))"' for row in GOOD]
    return rows(*bad, header=header, good=tuple(good))


def boxes(*bad: str) -> str:
    good = [f"{row},13.3,52.4,13.6,52.6" for row in GOOD]
    return rows(*bad, header="id,lat,lon,west,south,east,north", good=tuple(good))


def geojson(*features: dict[str, Any], crs: str = "") -> str:
    document: dict[str, Any] = {"type": "FeatureCollection", "features": list(features)}
    if crs:
        document["crs"] = {"type": "name", "properties": {"name": crs}}
    return json.dumps(document)


def feature(name: str, ring: list[list[float]]) -> dict[str, Any]:
    return _feature(name, "Polygon", [ring])


def line(name: str, corners: list[list[float]]) -> dict[str, Any]:
    return _feature(name, "LineString", corners)


def _feature(name: str, kind: str, coordinates: Any) -> dict[str, Any]:
    shape = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": {"id": name}, "geometry": shape}


SQUARE = [[13.0, 52.0], [13.1, 52.0], [13.1, 52.1], [13.0, 52.1], [13.0, 52.0]]
SATELLITE = {"kind": "satellite"}


def run(case: Case, folder: Path, on_bad: str) -> tuple[Path, IndexResult]:
    path = folder / case.name
    path.write_bytes(case.content if isinstance(case.content, bytes) else case.content.encode())
    options = ReadOptions(**{"kind": "ground", "on_bad": on_bad, **case.options})
    return path, index_views([path], options)


def check(problem: Problem, case: Case, path: Path) -> None:
    assert (problem.kind, problem.file, problem.row) == (case.kind, str(path), case.row)
    assert (problem.column, problem.value) == (case.column, case.value)
    assert problem.message
    assert case.remedy in problem.remedy
    assert problem.remedy
