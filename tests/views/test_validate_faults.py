"""Each fault of a column or a whole file is said once; faults are collected, none invented."""

from pathlib import Path
from typing import Any

import pytest
from faulty_files import Case, check, rows, run, times

from geobench_tools.errors import InputError
from geobench_tools.views import ReadOptions, index_views

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
    Case("missing-column", rows(), 0, "{id", "", options={"columns": {"image": "{id"}}),
    Case("missing-column", rows(), 0, "", "", options={"columns": {"image": "{}.jpg"}}),
    Case("unclosed-quote", f"id,lat,lon\n{'x' * (17 << 20)},1,2\n\n", 0, "", ""),
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
        "swapped-columns",
        "id,lat,lon\na,-122.41,37.71\nb,-122.42,37.72\nc,-80.2,25.8\n",
        0,
        "lat",
        "-122.41, 37.71",
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
    Case("no-header", "a,52.51,13.41\nb,52.52,13.42\n", 0, "", "a,52.51,13.41", remedy="3 names"),
    Case(
        "ragged-row",
        "# exported\nid,lat,lon\na,52.5,13.4\n",
        0,
        "",
        "id,lat,lon",
        remedy="first line",
    ),
    Case("unreadable-file", '[{"id": ' + "9" * 5_000 + "}]", 0, "", "", name="views.json"),
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
