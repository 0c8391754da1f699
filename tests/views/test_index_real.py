"""Indexing of real tables and photos."""

from pathlib import Path

import pytest

from geobench_tools.views import ReadOptions, index_views, load_views, read_views

REAL = [
    ("imageo/dataset1_info.csv", {}, 6152, {"duplicate-view": 21}),
    ("imageo/dataset2_info.csv", {}, 2928, {}),
    ("imageo/dataset3_info.csv", {}, 270, {}),
    ("geochain/test_samples.csv", {}, 2100, {}),
    (
        "osv5m/select_71.csv",
        {"image_root": "osv5m/images", "columns": {"image": "{id}.jpg"}, "check_images": True},
        71,
        {},
    ),
    (
        "views/metadata.csv",
        {"timezone": "America/Bogota", "columns": {"kind": "role"}, "check_images": True},
        41,
        {"unknown-kind": 13},
    ),
]


@pytest.mark.parametrize(("name", "options", "rows", "dropped"), REAL, ids=lambda v: str(v)[:24])
def test_real_tables(
    name: str,
    options: dict[str, object],
    rows: int,
    dropped: dict[str, int],
    shared_data: Path,
    tmp_path: Path,
) -> None:
    if "image_root" in options:
        options = {**options, "image_root": shared_data / str(options["image_root"])}
    kind = None if "columns" in options and "kind" in options["columns"] else "ground"  # type: ignore[operator]
    read = ReadOptions(kind=kind, on_bad="drop", **options)  # type: ignore[arg-type]
    result = index_views([shared_data / name], read, output=tmp_path / "views.parquet")
    assert result.error is None
    assert result.dropped == dropped
    assert result.counts["rows"] == rows
    assert len(read_views(tmp_path / "views.parquet")) == rows - sum(dropped.values())


def test_real_frames_get_footprints_and_naive_times_are_refused(shared_data: Path) -> None:
    path = shared_data / "views/metadata.csv"
    result = index_views([path], ReadOptions(kind="ground"))
    [fault] = result.faults
    assert (fault.kind, fault.column) == ("naive-time", "time")
    assert "all 29 values" in fault.message
    options = ReadOptions(columns={"kind": "role"}, timezone="America/Bogota", on_bad="drop")
    satellite = load_views(path, "satellite", options)
    footprints = satellite.table["footprint"].to_pylist()
    assert (len(footprints), sum(shape is not None for shape in footprints)) == (14, 12)
