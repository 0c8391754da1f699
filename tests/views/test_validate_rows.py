"""Each kind of bad row has one small file; its fault is named with file, row, column and value."""

from pathlib import Path

import pytest
from faulty_files import (
    GOOD,
    SATELLITE,
    SQUARE,
    Case,
    boxes,
    check,
    feature,
    geojson,
    line,
    rows,
    run,
    tiles,
    times,
)

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
        "id,lat,lon\na,37.7,-122.4\nb,37.8,-122.5\nc,37.6,-122.4\nd,-122.44,37.74\n",
        5,
        "lat",
        "-122.44",
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
    Case(
        "not-a-polygon",
        geojson(feature("a", SQUARE), line("b", SQUARE[:2])),
        2,
        "geometry",
        "LINESTRING (13 52, 13.1 52)",
        name="views.geojson",
        options=SATELLITE,
        accepted=1,
    ),
    Case(
        "out-of-range",
        tiles('d,52.6,-90,"POLYGON ((-190 52, 10 52, 10 53, -190 53, -190 52))"'),
        5,
        "wkt",
        "POLYGON ((-190 52, 10 52, 10 53, -190 53, -190 52))",
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
        "malformed-row",
        '{"id": 1, "lat": 52.5, "lon": 13.4}\n' + "9" * 5_000,
        2,
        "",
        "9" * 59 + "…",
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
