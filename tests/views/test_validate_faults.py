"""Each kind of bad input has one small file; its fault is named with file, row, column, value."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from geobench_tools.errors import InputError
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
    shape = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"id": name}, "geometry": shape}


SQUARE = [[13.0, 52.0], [13.1, 52.0], [13.1, 52.1], [13.0, 52.1], [13.0, 52.0]]
SATELLITE = {"kind": "satellite"}

ROW_FAULTS = [
    Case("missing-value", rows("d,,13.4"), 5, "lat", ""),
    Case("missing-value", rows(",52.5,13.4"), 5, "id", ""),
    Case("non-numeric", rows("d,north,13.4"), 5, "lat", "north"),
    Case("nan", rows("d,52.5,NaN"), 5, "lon", "NaN"),
    Case("out-of-range", rows("d,95.5,103.4"), 5, "lat", "95.5"),
    Case("out-of-range", rows("d,52.5,361"), 5, "lon", "361"),
    Case("out-of-range", rows("d,52.5,-180.5"), 5, "lon", "-180.5"),
    Case("zero-position", rows("d,0,0.0"), 5, "lat", "0"),
    Case("decimal-comma", rows('d,"52,5163",13.4'), 5, "lat", "52,5163"),
    Case("swapped-lat-lon", rows("d,13.42,52.52"), 5, "lat", "13.42"),
    Case(
        "swapped-lat-lon",
        "id,lat,lon\na,37.7,-122.4\nb,37.8,-122.5\nc,37.6,-122.4\nd,-122.4,37.7\n",
        5,
        "lat",
        "-122.4",
    ),
    Case(
        "swapped-lat-lon",
        "id,lat,lon\na,37.7,-122.4\nb,-33.9,18.4\nc,60.1,24.9\nd,-122.4,37.7\n",
        5,
        "lat",
        "-122.4",
    ),
    Case("duplicate-id", rows("b,52.6,13.5"), 5, "id", "b"),
    Case(
        "duplicate-view",
        times("d,52.51,13.41,2020-05-01T10:00:00Z"),
        5,
        "lat",
        "52.510000, 13.410000",
    ),
    Case("unparsable-time", times("d,52.6,13.5,yesterday"), 5, "time", "yesterday"),
    Case("unparsable-time", times("d,52.6,13.5,2020-02-30"), 5, "time", "2020-02-30"),
    Case(
        "naive-time",
        times("d,52.6,13.5,2020:05:09 12:00:00"),
        5,
        "time",
        "2020:05:09 12:00:00",
        remedy="--timezone",
    ),
    Case(
        "nonexistent-time",
        times("d,52.6,13.5,2020-03-29 02:30:00"),
        5,
        "time",
        "2020-03-29 02:30:00",
        options={"timezone": "Europe/Berlin"},
    ),
    Case(
        "outside-root",
        rows(
            "d,52.6,13.5,../d.jpg",
            header="id,lat,lon,image",
            good=tuple(f"{r},x.jpg" for r in GOOD),
        ),
        5,
        "image",
        "../d.jpg",
    ),
    Case(
        "out-of-range",
        rows("d,52.6,13.5,-3", header="id,lat,lon,gsd", good=tuple(f"{r},0.6" for r in GOOD)),
        5,
        "gsd",
        "-3",
    ),
    Case(
        "unknown-kind",
        rows(
            "d,52.6,13.5,moon", header="id,lat,lon,kind", good=tuple(f"{r},Satellite" for r in GOOD)
        ),
        5,
        "kind",
        "moon",
        options={"kind": None},
    ),
    Case(
        "unclosed-footprint",
        tiles('d,52.6,13.5,"POLYGON ((13 52, 14 52, 14 53, 13 53))"'),
        5,
        "wkt",
        "POLYGON ((13 52, 14 52, 14 53, 13 53))",
        options=SATELLITE,
    ),
    Case(
        "unreadable-footprint",
        tiles("d,52.6,13.5,a tile"),
        5,
        "wkt",
        "a tile",
        options=SATELLITE,
    ),
    Case(
        "inverted-footprint",
        tiles('d,52.6,13.5,"POLYGON ((13 52, 14 53, 14 52, 13 53, 13 52))"'),
        5,
        "wkt",
        "POLYGON ((13 52, 14 53, 14 52, 13 53, 13 52))",
        options=SATELLITE,
    ),
    Case(
        "inverted-footprint",
        boxes("d,52.5,13.5,13.3,52.6,13.6,52.4"),
        5,
        "north",
        "52.4",
        options=SATELLITE,
    ),
    Case(
        "inverted-footprint",
        boxes("d,52.5,13.5,13.6,52.4,13.3,52.6"),
        5,
        "east",
        "13.3",
        options=SATELLITE,
    ),
    Case(
        "footprint-misses-centre",
        tiles('d,52.6,13.5,"POLYGON ((52 13, 53 13, 53 14, 52 14, 52 13))"'),
        5,
        "wkt",
        "POLYGON ((52 13, 53 13, 53 14, 52 14, 52 13))",
        options=SATELLITE,
    ),
    Case(
        "not-a-polygon",
        tiles('d,52.6,13.5,"LINESTRING (13 52, 14 53)"'),
        5,
        "wkt",
        "LINESTRING (13 52, 14 53)",
        options=SATELLITE,
    ),
    Case(
        "not-a-polygon",
        tiles(
            'd,52.6,13.5,"MULTIPOLYGON (((13 52, 14 52, 14 53, 13 52)), ((20 9, 21 9, 21 8,20 9)))"'
        ),
        5,
        "wkt",
        "MULTIPOLYGON (((13 52, 14 52, 14 53, 13 52)), ((20 9, 21 9,…",
        options=SATELLITE,
    ),
    Case("ragged-row", rows("d,52.6"), 5, "", "d,52.6"),
    Case("ragged-row", rows("d,52.6,13.5,7"), 5, "", "d,52.6,13.5,7"),
    Case(
        "mixed-encodings",
        "id,lat,lon\nKöln,52.51,13.41\n".encode() + "Münster,52.6,13.5\n".encode("latin-1"),
        3,
        "id",
        "Münster",
        accepted=1,
    ),
    Case(
        "malformed-row",
        '{"id": 1, "lat": 52.5, "lon": 13.4}\n{"id": 2, "lat":\n',
        2,
        "",
        '{"id": 2, "lat":',
        name="views.jsonl",
        accepted=1,
    ),
    Case(
        "non-numeric",
        '{"id": 1, "lat": 52.5, "lon": 13.4}\n\n{"id": 2, "lat": "x", "lon": 13.4}\n',
        3,
        "lat",
        "x",
        name="views.jsonl",
        accepted=1,
    ),
    Case(
        "unclosed-footprint",
        geojson(feature("a", SQUARE), feature("b", SQUARE[:-1])),
        2,
        "geometry",
        "13 52, 13.1 52, 13.1 52.1, 13 52.1",
        name="views.geojson",
        options=SATELLITE,
        accepted=1,
    ),
]

WHOLE_FAULTS = [
    Case("missing-column", "id,latitude,town\na,52.5,x\n", 0, "lon", "", remedy="--map lon="),
    Case(
        "missing-column",
        rows(),
        0,
        "Latitude",
        "",
        options={"columns": {"lat": "Latitude"}},
        remedy="id, lat, lon",
    ),
    Case("missing-column", rows(), 0, "kind", "", options={"kind": None}, remedy="--kind ground"),
    Case("missing-column", rows(), 0, "image", "", options={"check_images": True}),
    Case(
        "radians",
        "id,lat,lon\na,0.9163,0.2340\nb,0.9162,0.2341\n",
        0,
        "lat",
        "0.9163, 0.2340",
        remedy="--crs EPSG:4326",
    ),
    Case(
        "metres",
        "id,y,x\na,5820000,389000\nb,5820100,389100\n",
        0,
        "y",
        "5820000, 389000",
        remedy="--crs",
    ),
    Case("scaled-degrees", "id,lat,lon\na,525163000,134050000\n", 0, "lat", "525163000, 134050000"),
    Case(
        "swapped-columns",
        "id,lat,lon\na,-122.41,37.71\nb,-122.42,37.72\n",
        0,
        "lat",
        "-122.41, 37.71",
        remedy="--map 'lat=lon'",
    ),
    Case(
        "decimal-comma",
        'id,lat,lon\na,"52,51",13.4\nb,"52,52",13.5\n',
        0,
        "lat",
        "52,51",
        remedy="--decimal ,",
    ),
    Case(
        "naive-time",
        "id,lat,lon,time\na,52.5,13.4,2020-05-01 12:00\nb,52.6,13.5,\nc,52.7,13.6,2020-05-02 12:00",
        0,
        "time",
        "2020-05-01 12:00",
        remedy="--timezone",
    ),
    Case("wrong-delimiter", "id;lat;lon\na;52.5;13.4\n", 0, "", "id;lat;lon", remedy="--delimiter"),
    Case("wrong-delimiter", "id,lat,lon\na,52.5,13.4\n", 0, "", "id,lat,lon", name="views.tsv"),
    Case("empty-file", b"", 0, "", ""),
    Case("empty-file", "id,lat,lon\n", 0, "", ""),
    Case("empty-file", "[]", 0, "", "", name="views.json"),
    Case("mixed-encodings", "id,lat,lon\nä,1,2\n".encode("utf-16-le"), 0, "", "id,lat,lon"),
    Case("duplicate-column", "id,lat,lon,lat\na,1,2,3\n", 0, "lat", "lat"),
    Case("unclosed-quote", 'id,lat,lon\n"a,52.5,13.4\nb,52.6,13.5\n', 0, "", ""),
    Case("unreadable-file", b"PAR1", 0, "", "", name="views.parquet"),
    Case("unreadable-file", '{"type": "FeatureColl', 0, "", "", name="views.geojson"),
    Case("unreadable-file", "not a database", 0, "", "", name="views.gpkg"),
    Case("unreadable-file", '{"lat": 1}', 0, "", "", name="views.json"),
    Case("unknown-crs", rows(), 0, "", "EPSG:99999", options={"crs": "EPSG:99999"}),
    Case("wrong-crs", rows(), 0, "lat", "ETRS89 / UTM zone 33N", options={"crs": "EPSG:25833"}),
    Case(
        "outside-root",
        "id,lat,lon,image\na,52.5,13.4,/a.jpg\nb,52.6,13.5,/b.jpg\n",
        0,
        "image",
        "/a.jpg",
    ),
]


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


@pytest.mark.parametrize("case", ROW_FAULTS, ids=lambda case: f"{case.kind}-{case.column}")
def test_a_bad_row_is_named_and_can_be_dropped(case: Case, tmp_path: Path) -> None:
    path, strict = run(case, tmp_path, "fail")
    assert not strict.faults
    assert len(strict.problems) == 1
    check(strict.problems[0], case, path)
    assert strict.error is not None
    assert case.value in strict.error.message

    _, dropping = run(case, tmp_path, "drop")
    assert dropping.error is None
    assert dropping.views is not None
    assert len(dropping.views) == case.accepted
    assert dropping.dropped == {case.kind: 1}
    assert dropping.counts["rows"] == case.accepted + 1


@pytest.mark.parametrize("case", WHOLE_FAULTS, ids=lambda case: f"{case.kind}-{case.name}")
@pytest.mark.parametrize("on_bad", ["fail", "drop"])
def test_a_bad_column_or_file_is_said_once_and_never_dropped(
    case: Case, on_bad: str, tmp_path: Path
) -> None:
    path, result = run(case, tmp_path, on_bad)
    assert not result.problems
    assert [fault.kind for fault in result.faults] == [case.kind]
    check(result.faults[0], case, path)
    assert result.views is None
    assert result.error is not None
    assert result.error.exit_code == 2


def test_all_problems_are_collected(tmp_path: Path) -> None:
    content = times(
        "d,north,13.4,2020-05-09T12:00:00Z",
        "e,52.6,NaN,yesterday",
        "a,52.7,13.5,",
        "f,0,0,",
        "g,52.8,400,2020-05-09T12:00:00Z",
    )
    path = tmp_path / "views.csv"
    path.write_text(content)
    result = index_views([path], ReadOptions(kind="ground"))
    found = [(problem.row, problem.kind) for problem in result.problems]
    assert found == [
        (5, "non-numeric"),
        (6, "nan"),
        (6, "unparsable-time"),
        (7, "duplicate-id"),
        (8, "zero-position"),
        (9, "out-of-range"),
    ]
    assert [group.kind for group in result.groups()] == list(dict.fromkeys(k for _, k in found))
    assert result.dropped == dict.fromkeys(sorted({k for _, k in found} - {"unparsable-time"}), 1)


def test_a_missing_column_hides_no_other_fault(tmp_path: Path) -> None:
    path = tmp_path / "views.csv"
    path.write_text("id,breite,lon,time\na,52.5,13.4,now\nb,52.6,x,2020-05-01\n")
    result = index_views([path], ReadOptions())
    assert [(fault.kind, fault.column) for fault in result.faults] == [
        ("missing-column", "lat"),
        ("missing-column", "kind"),
    ]
    assert [(problem.kind, problem.row) for problem in result.problems] == [
        ("unparsable-time", 2),
        ("non-numeric", 3),
        ("naive-time", 3),
    ]


def test_of_rows_that_are_none_only_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "views.jsonl"
    path.write_text("lat\nlon\n")
    for on_bad in ("fail", "drop"):
        result = index_views([path], ReadOptions(on_bad=on_bad))  # type: ignore[arg-type]
        assert [problem.kind for problem in result.problems] == ["malformed-row"] * 2
        assert not result.faults
        assert result.error is not None
        assert result.counts["rows"] == 2


def test_what_the_user_states_is_not_suspected(tmp_path: Path) -> None:
    path = tmp_path / "sea.csv"
    path.write_text("id,lat,lon\na,0.9163,0.2340\nb,0.9162,0.2341\n")
    options = ReadOptions(kind="satellite", crs="EPSG:4326")
    result = index_views([path], options)
    assert result.error is None
    assert result.counts["satellite"] == 2


@pytest.mark.parametrize(
    "content",
    [
        "id,lat,lon\na,0.01,0.02\nb,0.03,-0.01\n",  # a made-up world around 0/0
        "id,lat,lon\na,45.0,45.1\nb,45.1,45.0\nc,45.05,45.2\n",  # swapping changes nothing
        "id,lat,lon\na,-1.3,36.8\nb,36.8,-2.4\nc,60.1,24.9\nd,-33.9,18.4\n",  # all over the world
        "id,lat,lon\na,0,13.4\nb,52.5,0\n",  # on the equator, on the meridian
        "id,lat,lon\na,-16.5,179.99\nb,-16.5,-179.99\nc,-16.6,179.98\n",
    ],
)
def test_good_positions_are_not_suspected(content: str, tmp_path: Path) -> None:
    path = tmp_path / "views.csv"
    path.write_text(content)
    result = index_views([path], ReadOptions(kind="ground"))
    assert result.error is None
    assert result.counts["accepted"] == content.count("\n") - 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"timezone": "Mars/Olympus"}, "time zone"),
        ({"image_root": Path("nowhere")}, "image root"),
        ({"encoding": "klingon"}, "encoding"),
        ({"decimal": "_"}, "decimal"),
        ({"delimiter": ";;"}, "character"),
        ({"footprint_size_m": -1.0}, "footprint"),
    ],
)
def test_impossible_options_are_refused(
    options: dict[str, Any], words: str, tmp_path: Path
) -> None:
    path = tmp_path / "views.csv"
    path.write_text(rows())
    with pytest.raises(InputError, match=words):
        index_views([path], ReadOptions(kind="ground", **options))
