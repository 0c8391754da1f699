"""Tables go through in batches; where one ends shows in nothing that comes out."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geobench_tools.progress import Advance
from geobench_tools.views import (
    ReadOptions,
    ViewTable,
    _raw,
    _tables,
    index_views,
    read_views,
    write_views,
)
from geobench_tools.views._schema import view_schema, write_view_rows

ROWS = 30
GOOD: dict[str, list[Any]] = {
    "id": [f"v{i}" for i in range(ROWS)],
    "lat": [52.0 + i / 1000 for i in range(ROWS)],
    "lon": [13.0 + i / 1000 for i in range(ROWS)],
    "time": [f"2020-05-{i % 28 + 1:02d}T12:00:00Z" for i in range(ROWS)],
    "heading": [10.0 * i for i in range(ROWS)],
    "city": ["Berlin" if i % 3 else None for i in range(ROWS)],
    "image": [f"{i}.jpg" for i in range(ROWS)],
}


def with_cells(**cells: dict[int, Any]) -> dict[str, list[Any]]:
    """The good rows with other values in some cells."""
    return {
        name: [cells.get(name, {}).get(row, value) for row, value in enumerate(values)]
        for name, values in GOOD.items()
    }


TABLES: dict[str, tuple[dict[str, list[Any]], dict[str, Any]]] = {
    "good": (GOOD, {}),
    "one bad row here and there": (
        with_cells(lat={4: "north", 20: None}, lon={9: 400}, time={9: "noon", 25: "never"}),
        {},
    ),
    "a column that nearly all rows get wrong": (
        with_cells(time=dict.fromkeys(range(1, ROWS), "2020-05-01 12:00:00")),
        {},
    ),
    "a column that many rows get wrong": (
        with_cells(time=dict.fromkeys(range(8, ROWS), "2020-05-01 12:00:00")),
        {},
    ),
    "a guessed column that fits late": (
        with_cells(heading=dict.fromkeys(range(ROWS - 2), "east")),
        {},
    ),
    "a guessed column that never fits": (with_cells(heading=dict.fromkeys(range(ROWS), "x")), {}),
    "exchanged late": (with_cells(lat={28: 13.02}, lon={28: 52.02}), {}),
    "ids with a fraction late": (
        {**GOOD, "id": [*map(float, range(ROWS - 1)), 28.5]},
        {},
    ),
    "no ids, and an image missing late": (
        {**with_cells(image={29: None}), "id": [None] * ROWS},
        {"columns": {"view_id": ""}},
    ),
    "ids of images": (GOOD, {"columns": {"view_id": ""}}),
    "twice, far apart": (
        with_cells(id={27: "v3"}, lat={26: 52.002}, lon={26: 13.002}, time={26: GOOD["time"][2]}),
        {},
    ),
    "radians": (
        {**GOOD, "lat": np.radians(GOOD["lat"]).tolist(), "lon": np.radians(GOOD["lon"]).tolist()},
        {},
    ),
    "metres": ({**GOOD, "lat": [5.8e6] * ROWS, "lon": [4e5] * ROWS}, {}),
    "metres with their system": (
        {
            **GOOD,
            "lat": [5.8e6 + i for i in range(ROWS)],
            "lon": [4e5 + i for i in range(ROWS)],
        },
        {"crs": "EPSG:25833"},
    ),
    "squares": (GOOD, {"kind": "satellite", "footprint_size_m": 100.0}),
    "missing files": (GOOD, {"check_images": True}),
}


def write(path: Path, table: dict[str, list[Any]]) -> None:
    records = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(table))
            writer.writeheader()
            writer.writerows(records)
    elif path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, records)))
    else:
        texts = {
            name: values
            if all(isinstance(value, float | None) for value in values)
            else [None if value is None else str(value) for value in values]
            for name, values in table.items()
        }
        pq.write_table(pa.table(texts), path, row_group_size=7)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
@pytest.mark.parametrize("name", TABLES)
def test_the_end_of_a_batch_shows_nowhere(
    name: str, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, options = TABLES[name]
    source, output = tmp_path / f"views{suffix}", tmp_path / "out" / "views.parquet"
    write(source, table)
    found = []
    for rows in (ROWS + 1, 4, 1):
        for module in (_raw, _tables):
            monkeypatch.setattr(module, "BATCH", rows)
        settings = {"kind": "ground", "on_bad": "drop", **options}
        result = index_views([source], ReadOptions(**settings), output=output)
        found.append(
            {
                **{key: value for key, value in asdict(result).items() if key != "written"},
                "error": result.error and (result.error.message, result.error.hint),
                "files": {path.name: path.read_bytes() for path in output.parent.glob("*.[pc]*")},
            }
        )
        assert not list(output.parent.glob(".*"))
    assert found[1:] == found[:1] * 2


def test_no_name_beside_the_output_that_a_kill_would_leave(tmp_path: Path) -> None:
    source, output = tmp_path / "views.csv", tmp_path / "out" / "views.parquet"
    output.parent.mkdir()
    write(source, GOOD)
    seen: list[list[Path]] = []

    class Watch:
        @contextmanager
        def task(self, label: str, total: int | None = None) -> Iterator[Advance]:
            yield lambda _: seen.append(list(output.parent.iterdir()))

    index_views([source], ReadOptions(kind="ground"), output=output, progress=Watch())
    assert seen == [[], []]
    assert output.is_file()


def test_parts_of_any_size_become_the_bytes_of_the_whole(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = 150_000
    schema = pa.schema(
        [field for field in view_schema() if field.name not in ("bbox", "bytes", "captured_at")]
    )
    made = {
        field.name: [f"{field.name}{n}" for n in rng.integers(0, 1 << 30, rows)]
        if field.type == pa.string()
        else [bytes(n % 90) for n in range(rows)]
        if field.type == pa.binary()
        else rng.integers(0, 1 << 20, rows)
        for field in schema
    }
    made["place"] = ["A" if n % 7 else None for n in range(rows)]
    table = pa.table(made, schema=schema)
    write_views(ViewTable(table, tmp_path), tmp_path / "whole.parquet")
    ends = [0, 1, 1, 5_000, 65_536, 65_537, 140_001, rows]
    parts = [table.slice(a, b - a) for a, b in pairwise(ends)]
    write_view_rows(parts, schema, tmp_path, tmp_path / "parts.parquet")
    assert (tmp_path / "parts.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def test_types_that_show_late_are_those_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_tables, "BATCH", 2)
    ids = [1, 2, 3.0, 4, "five", 6]
    lines = [{"id": name, "gps": {"lat": 52, "lon": n}} for n, name in enumerate(ids, start=1)]
    lines[4]["gps"] = {"lat": 52.5, "lon": 13.25, "alt": 7}
    source = tmp_path / "views.jsonl"
    source.write_text("\n".join(map(json.dumps, lines)))
    result = index_views([source], ReadOptions(kind="ground"), output=tmp_path / "views.parquet")
    views = read_views(tmp_path / "views.parquet").table
    assert views["view_id"].to_pylist() == ["1", "2", "3.0", "4", "five", "6"]
    assert views["lon"].to_pylist() == [1.0, 2.0, 3.0, 4.0, 13.25, 6.0]
    assert result.sources[0].unused == ("gps.alt",)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_rows_of_which_no_column_is_known(suffix: str, tmp_path: Path) -> None:
    source = tmp_path / f"views{suffix}"
    write(source, {"colour": ["red", "blue", "red"]})
    result = index_views([source], ReadOptions(kind="ground"))
    assert [fault.kind for fault in result.faults] == ["missing-column"] * 2
    assert result.counts["rows"] == 3


def test_objects_without_any_name_are_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tables, "BATCH", 1)
    source = tmp_path / "views.jsonl"
    source.write_text('{}\n{"id": "a", "lat": 52.5, "lon": 13.4}\n{}\n')
    result = index_views([source], ReadOptions(kind="ground", on_bad="drop"))
    assert result.counts["rows"] == 3
    assert [problem.row for problem in result.problems][::3] == [1, 3]


def test_damage_that_shows_late_is_a_fault_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "views.parquet"
    write(path, GOOD)
    last = pq.read_metadata(path).row_group(4).column(list(GOOD).index("time"))
    content = bytearray(path.read_bytes())
    content[last.data_page_offset : last.data_page_offset + 20] = b"\xff" * 20
    path.write_bytes(content)
    result = index_views([path], ReadOptions(kind="ground"))
    assert [fault.kind for fault in result.faults] == ["unreadable-file"]
