"""The same views in every format of table."""

import csv
import json
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import geopandas
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geobench_tools.errors import InputError
from geobench_tools.views import RawViews, ReadOptions, index_views
from geobench_tools.views._tables import TABLE_SUFFIXES, read_table

RECORDS = [
    {"id": "a", "lat": 52.51, "lon": 13.41, "city": "Berlin", "gsd": 0.6},
    {"id": "b", "lat": -33.87, "lon": 151.21, "city": "Sydney, NSW", "gsd": None},
    {"id": "ü", "lat": 64.13, "lon": -21.9, "city": 'the "smoky" bay', "gsd": 0.3},
]


def column(raw: RawViews, name: str) -> list[object]:
    return [cell for batch in raw.batches([name]) for cell in batch.table[name].to_pylist()]


def csv_text(delimiter: str = ",") -> str:
    frame = pd.DataFrame(RECORDS)
    return str(frame.to_csv(index=False, sep=delimiter))


def as_text(path: Path) -> None:
    path.write_text(csv_text("\t" if path.suffix in (".tsv", ".tab") else ","), encoding="utf-8")


def as_json_lines(path: Path) -> None:
    path.write_text("\n".join(json.dumps(record) for record in RECORDS), encoding="utf-8")


def as_json(path: Path) -> None:
    path.write_text(json.dumps(RECORDS), encoding="utf-8")


def as_parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(RECORDS), path)


def as_points(path: Path) -> None:
    frame = pd.DataFrame(RECORDS)
    points = geopandas.points_from_xy(frame.pop("lon"), frame.pop("lat"), crs="EPSG:4326")
    frame = geopandas.GeoDataFrame(frame, geometry=points)
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path)


def as_native_geoparquet(path: Path) -> None:
    frame = pd.DataFrame(RECORDS)
    points = geopandas.points_from_xy(frame.pop("lon"), frame.pop("lat"), crs="EPSG:4326")
    geopandas.GeoDataFrame(frame, geometry=points).to_parquet(path, geometry_encoding="geoarrow")


@pytest.mark.parametrize(
    ("suffix", "write"),
    [
        *((suffix, as_text) for suffix in (".csv", ".tsv", ".tab", ".txt")),
        *((suffix, as_json_lines) for suffix in (".jsonl", ".ndjson")),
        (".json", as_json),
        (".parquet", as_parquet),
        (".parquet", as_points),
        (".parquet", as_native_geoparquet),
        *((suffix, as_points) for suffix in (".geojson", ".gpkg", ".fgb", ".json")),
    ],
)
def test_formats_agree(suffix: str, write: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / f"views{suffix}"
    if write is as_points and suffix == ".json":
        as_points(tmp_path / "views.geojson")
        (tmp_path / "views.geojson").rename(path)
    else:
        write(path)
    result = index_views([path], ReadOptions(kind="satellite"))
    assert result.error is None
    assert result.views is not None
    found = {row["view_id"]: row for row in result.views.table.to_pylist()}
    assert set(found) == {"a", "b", "ü"}
    for record in RECORDS:
        view = found[record["id"]]
        assert (view["lat"], view["lon"]) == pytest.approx((record["lat"], record["lon"]), abs=1e-9)
        assert (view["place"], view["gsd_m"]) == (record["city"], record["gsd"])


def test_every_suffix_is_tested() -> None:
    tested = {".csv", ".tsv", ".tab", ".txt", ".jsonl", ".ndjson", ".json", ".parquet"}
    assert set(TABLE_SUFFIXES) - tested == {".geoparquet", ".geojson", ".gpkg", ".fgb", ".shp"}


@pytest.mark.parametrize(
    ("encoding", "options"),
    [
        ("utf-8-sig", {}),
        ("utf-16", {}),
        ("utf-32", {}),
        ("latin-1", {"encoding": "latin-1"}),
        ("utf-16-le", {"encoding": "utf-16-le"}),
    ],
)
def test_encodings(encoding: str, options: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "views.csv"
    path.write_bytes(csv_text().encode(encoding))
    raw = read_table(path, ReadOptions(**options))
    assert raw.problems == ()
    assert raw.table.column_names == list(RECORDS[0])
    assert column(raw, "id") == ["a", "b", "ü"]


def test_line_numbers_count_lines_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "views.csv"
    path.write_text('\nid,lat,lon,note\n\na,1,2,"two\nlines"\nb,3,4\n\nc,5,6,x\n"d"e,7,8,y\n')
    raw = read_table(path, ReadOptions())
    assert column(raw, "id") == ["a", "c"]
    assert list(raw.rows) == [4, 8]
    assert [(problem.row, problem.kind) for problem in raw.problems] == [
        (6, "ragged-row"),
        (9, "unclosed-quote"),
    ]


def test_blank_lines_and_breaks_in_values_keep_the_line_numbers(tmp_path: Path) -> None:
    path = tmp_path / "views.csv"
    path.write_text('id,lat,note\na,1,x\n\nb,2,"two\nlines"\nc,3,y\n')
    raw = read_table(path, ReadOptions())
    assert column(raw, "id") == ["a", "b", "c"]
    assert list(raw.rows) == [2, 4, 6]
    assert raw.problems == ()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends(end: str, last: bool, tmp_path: Path) -> None:
    path = tmp_path / "views.csv"
    path.write_bytes(f"id,lat{end}a,1{end}b,2{end if last else ''}".encode())
    raw = read_table(path, ReadOptions())
    assert column(raw, "id") == ["a", "b"]
    assert column(raw, "lat") == ["1", "2"]
    assert list(raw.rows) == [2, 3]


HEADER = ("id", "lat", "lon")
CELLS = st.text(st.characters(codec="utf-8"), max_size=6)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1), st.sampled_from([",", ";", "\t"]))
def test_what_is_written_is_read_back(rows: list[tuple[str, ...]], delimiter: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "views.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL)
            writer.writerows([HEADER, *rows])
        raw = read_table(path, ReadOptions(delimiter=delimiter))
        assert list(zip(*(column(raw, name) for name in HEADER), strict=True)) == rows
    assert raw.problems == ()
    assert len(raw.rows) == len(rows)


@given(st.binary(max_size=200), st.sampled_from([".csv", ".tsv", ".json", ".jsonl", ".parquet"]))
def test_any_bytes_are_rows_or_problems(content: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"views{suffix}"
        path.write_bytes(content)
        result = index_views([path], ReadOptions(kind="ground"))
    assert result.error is not None or result.counts["accepted"] > 0


def test_other_delimiter_and_decimal_mark(tmp_path: Path) -> None:
    path = tmp_path / "views.csv"
    path.write_text("id;lat;lon\na;52,5163;13,3777\n")
    result = index_views([path], ReadOptions(kind="ground", delimiter=";", decimal=","))
    assert result.views is not None
    assert result.views.table["lat"].to_pylist() == [52.5163]


def test_nested_and_mixed_json(tmp_path: Path) -> None:
    path = tmp_path / "views.jsonl"
    lines = [
        {"id": 7, "location": {"lat": 52.5, "lon": 13.4}, "city": ["Berlin", "Mitte"]},
        {"id": "x", "location": {"lat": 52.6, "lon": 13.5}, "extra": True},
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    mapping = {"lat": "location.lat", "lon": "location.lon"}
    result = index_views([path], ReadOptions(kind="ground", columns=mapping))
    assert result.views is not None
    assert result.views.table["view_id"].to_pylist() == ["7", "x"]
    assert result.views.table["lat"].to_pylist() == [52.5, 52.6]
    assert result.views.table["place"].to_pylist() == ["['Berlin', 'Mitte']", None]


def test_typed_parquet_columns(tmp_path: Path) -> None:
    path = tmp_path / "views.parquet"
    table = pa.table(
        {
            "id": pa.array([1.0, 2.0]),
            "lat": pa.array(["52.5", "52.6"]).dictionary_encode(),
            "lon": pa.array([13.4, 13.5], pa.float32()),
            "time": pa.array([1588334400123, None]),
            "city": pa.array([b"K\xf6ln", b"Bonn"]),
            "provider": pa.nulls(2),
        }
    )
    pq.write_table(table, path)
    result = index_views([path], ReadOptions(kind="ground"))
    assert result.error is None
    assert result.views is not None
    assert result.views.table["view_id"].to_pylist() == ["1", "2"]
    assert result.views.table["place"].to_pylist()[1] == "Bonn"
    assert result.sources[0].notes == {"times read as milliseconds since 1970": 1}
    assert "provider" not in result.views.table.column_names


def test_a_geopackage_in_metres_with_several_layers(tmp_path: Path) -> None:
    path = tmp_path / "tiles.gpkg"
    squares = [shapely.box(389000 + i * 200, 5820000, 389100 + i * 200, 5820100) for i in range(3)]
    frame = geopandas.GeoDataFrame({"id": list("abc")}, geometry=squares, crs="EPSG:25833")
    frame.to_file(path, layer="tiles")
    frame.to_file(path, layer="others")
    result = index_views([path], ReadOptions(kind="satellite"))
    assert result.error is None
    assert result.views is not None
    assert result.sources[0].notes == {"layers beside 'tiles' not read": 1}
    expected = frame.to_crs("EPSG:4326").geometry
    made = shapely.from_wkb(result.views.table["footprint"].to_pylist())
    assert shapely.equals_exact(
        shapely.normalize(made), shapely.normalize(expected.to_numpy()), 1e-9
    ).all()
    lat, lon = (result.views.table[name].to_pylist() for name in ("lat", "lon"))
    centres = frame.geometry.centroid.to_crs("EPSG:4326")
    assert lat == pytest.approx(centres.y.tolist(), abs=1e-9)
    assert lon == pytest.approx(centres.x.tolist(), abs=1e-9)


def test_what_gdal_says_is_noted_or_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "views.gpkg"
    frame = geopandas.GeoDataFrame({"id": [1]}, geometry=[shapely.Point(13, 52)], crs=4326)
    frame.to_file(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id=0")
    [note] = read_table(path, ReadOptions()).notes
    assert note.startswith("GDAL: GPKG: bad application_id")
    other = tmp_path / "other.geojson"
    other.write_text('{"a": 1}')
    [problem] = read_table(other, ReadOptions()).problems
    assert problem.message.endswith("supported file format.")
    assert capfd.readouterr() == ("", "")


def test_unknown_suffix_and_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        index_views([tmp_path / "none.csv"], ReadOptions(kind="ground"))
    path = tmp_path / "views.xlsx"
    path.write_bytes(b"x")
    with pytest.raises(InputError, match="suffix"):
        index_views([path], ReadOptions(kind="ground"))
