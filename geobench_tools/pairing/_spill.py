"""View tables cut into partitions by H3 parent, and what lies in a partition."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.counter_random import hash_strings
from geobench_tools.errors import InputError
from geobench_tools.files import atomic_file
from geobench_tools.geo import encode_cells, metres_per_degree
from geobench_tools.pairing._assign import TileShapes
from geobench_tools.pairing._options import PairOptions
from geobench_tools.pairing._splits import PartitionLabeller, SplitLabeller
from geobench_tools.pairing._squares import square_partitions
from geobench_tools.progress import Progress
from geobench_tools.views import view_facts

__all__ = [
    "CELL",
    "KEY",
    "ROW",
    "TILE",
    "Plan",
    "by_partition",
    "column_or",
    "read_spill",
    "read_spills",
    "spill_views",
    "tile_shapes",
    "times_us",
    "write_json",
    "write_spill",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CELL, KEY, ROW, TILE = "_cell", "_key", "_row", "_tile"
_SKIPPED = {"ground": ("kind", "footprint", "bbox", "gsd_m"), "satellite": ("kind", "tile_id")}
_BATCH = 1 << 17
_BOX_SHARE = 0.99


@dataclass(frozen=True)
class Plan:
    """One build: options, inputs and the work folder, as every stage sees them.

    Attributes:
        work: The work folder, with what can be thrown away.
        out: The folder under construction, beside its final name so that relative paths in it
            already hold.
        ground: View table of the ground views.
        satellite: View table of the tiles; may be the same file.
        options: Resolved options.
        partitions: Number of partitions.
    """

    work: Path
    out: Path
    ground: Path
    satellite: Path
    options: PairOptions
    partitions: int

    @property
    def finest(self) -> int:
        """H3 resolution at which positions are encoded."""
        return self.options.resolutions[0]

    @property
    def partition(self) -> PartitionLabeller:
        """Deals cells to the partitions."""
        return PartitionLabeller(self.partitions, self.options.partition_resolution)

    @property
    def split(self) -> SplitLabeller:
        """Deals cells to train, val and test."""
        options = self.options
        assert options.split_resolution is not None
        return SplitLabeller(options.seed, options.split, options.split_resolution)


def spill_views(plan: Plan, kind: str, progress: Progress) -> int:
    """Cut one view table into partition files and return its number of rows of that kind.

    Raises:
        InputError: The file is no view table, or holds a position that is not finite.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = getattr(plan, kind)
    source = pq.ParquetFile(path)
    view_facts(path, source.schema_arrow)
    names = [n for n in source.schema_arrow.names if n == "kind" or n not in _SKIPPED[kind]]
    folder = plan.work / "spill"
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[int, Any] = {}
    total = 0
    with progress.task(f"read {kind} views", source.metadata.num_rows) as advance:
        try:
            for batch in source.iter_batches(_BATCH, columns=names):
                advance(batch.num_rows)
                table, label = _prepared(pa.Table.from_batches([batch]), kind, path, plan)
                total += table.num_rows
                for part, rows in by_partition(table, label):
                    if part not in writers:
                        target = str(folder / f"{kind}-{part:05d}.arrow")
                        writers[part] = pa.ipc.new_stream(target, rows.schema)
                    writers[part].write_table(rows)
        finally:
            for writer in writers.values():
                writer.close()
    return total


def _prepared(table: Any, kind: str, path: Path, plan: Plan) -> tuple[Any, Ints]:
    """Return the views of a kind with the columns the stages need, and their partitions."""
    import pyarrow as pa
    import pyarrow.compute as pc

    is_kind = pc.equal(table["kind"], kind)
    if not pc.all(is_kind).as_py():
        table = table.filter(is_kind)
    table = table.drop_columns(["kind"])
    lat, lon = table["lat"].to_numpy(), table["lon"].to_numpy()
    bad = np.flatnonzero(~(np.isfinite(lat) & np.isfinite(lon)))
    if len(bad):
        name = table["view_id"][int(bad[0])].as_py()
        raise InputError(f"{path}: view {name!r} has no position", hint="geor1 index the source")
    if kind == "satellite":
        cells = encode_cells(lat, lon, plan.finest)
        table = table.append_column(CELL, pa.array(cells))
        label = plan.partition(cells)
    else:
        label = square_partitions(lat, lon, plan.partition)
    return table.append_column(KEY, pa.array(hash_strings(table["view_id"]))), label


def by_partition(table: Any, label: Ints) -> Iterator[tuple[int, Any]]:
    """Yield the rows of each partition that has any; ``label`` tells each row's partition."""
    found = np.unique(label).tolist()
    if len(found) > 1:
        # A stable sort is a radix sort for 16 bits alone.
        order = np.argsort(label.astype(np.uint16) if found[-1] < 1 << 16 else label, kind="stable")
        table, label = table.take(order), label[order]
    edges = [*np.searchsorted(label, found), len(label)]
    for part, first, end in zip(found, edges, edges[1:], strict=False):
        yield part, table.slice(first, end - first)


def write_spill(table: Any, path: Path) -> None:
    """Write a table as an Arrow stream, atomically."""
    import pyarrow as pa

    with (
        atomic_file(path) as temporary,
        pa.ipc.new_stream(str(temporary), table.schema) as writer,
    ):
        writer.write_table(table)


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write what a step counted, which marks it as done, atomically."""
    with atomic_file(path) as temporary:
        temporary.write_text(json.dumps(document, indent=1))


def read_spill(path: Path) -> Any | None:
    """Return the table of an Arrow stream, mapped, or None if there is no such file."""
    import pyarrow as pa

    if not path.exists():
        return None
    with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as reader:
        return reader.read_all()


def read_spills(folder: Path, pattern: str) -> Any | None:
    """Return the concatenated tables of all matching streams, or None if there are none."""
    import pyarrow as pa

    tables = [read_spill(path) for path in sorted(folder.glob(pattern))]
    return pa.concat_tables(tables) if tables else None


def tile_shapes(table: Any, options: PairOptions, *, polygons: bool = False) -> TileShapes:
    """Return the shapes of tiles, in the table's order.

    The extent comes from ``bbox``, else from ``gsd_m``, ``width`` and ``height``; where the centre
    is not the middle of the box, the larger side counts on both sides.

    Args:
        table: Satellite views with ``_key``.
        options: For the reach of tiles of unknown footprint.
        polygons: Decode footprints that are no boxes.
    """
    lat, lon = table["lat"].to_numpy(), table["lon"].to_numpy()
    key = table[KEY].to_numpy()
    if not {"bbox", "gsd_m"} & set(table.column_names):
        unknown = np.full(len(lat), np.nan)
        reach = np.full(len(lat), float(options.positive_radius_m))
        return TileShapes(lat, lon, key, unknown, unknown, reach, {})
    north_m, east_m = metres_per_degree(lat)
    gsd = column_or(table, "gsd_m", np.nan)
    half_width = column_or(table, "width", np.nan) * gsd / 2 / east_m
    half_height = column_or(table, "height", np.nan) * gsd / 2 / north_m
    if "bbox" in table.column_names:
        half_width, half_height = _box_extents(table, half_width, half_height)
    reach = np.hypot(half_width * east_m, half_height * north_m)
    reach = np.where(np.isnan(reach), options.positive_radius_m, reach)
    shapes = _polygons(table, half_width, half_height) if polygons else {}
    return TileShapes(lat, lon, key, half_width, half_height, reach, shapes)


def _box_extents(table: Any, half_width: Floats, half_height: Floats) -> tuple[Floats, Floats]:
    """Take half the extents from the bounding boxes, where there are any."""
    lat, lon = table["lat"].to_numpy(), table["lon"].to_numpy()
    struct = table["bbox"].combine_chunks()
    sides = (struct.field(name) for name in ("xmin", "ymin", "xmax", "ymax"))
    west, south, east, north = (side.to_numpy(zero_copy_only=False) for side in sides)
    known = np.asarray(struct.is_valid())
    wide = np.maximum((lon - west) % 360, (east - lon) % 360)
    high = np.maximum(lat - south, north - lat)
    return np.where(known, wide, half_width), np.where(known, high, half_height)


def _polygons(table: Any, half_width: Floats, half_height: Floats) -> dict[int, Any]:
    if "footprint" not in table.column_names:
        return {}
    import shapely

    shapes = shapely.from_wkb(table["footprint"].to_numpy(zero_copy_only=False))
    share = shapely.area(shapes) / (4 * half_width * half_height)
    rows = np.flatnonzero(share < _BOX_SHARE)
    return {row: shapes[row] for row in rows.tolist()}


def column_or(table: Any, name: str, default: float) -> Floats:
    """Return a numeric column as floats, with ``default`` for nulls and for an absent column."""
    import pyarrow as pa

    if name not in table.column_names:
        return np.full(table.num_rows, default)
    return np.asarray(table[name].cast(pa.float64()).fill_null(default).to_numpy())


def times_us(table: Any, missing: int) -> Ints:
    """Return ``captured_at`` as microseconds since 1970, with ``missing`` for nulls."""
    import pyarrow as pa

    if "captured_at" not in table.column_names:
        return np.full(table.num_rows, missing)
    return np.asarray(table["captured_at"].cast(pa.int64()).fill_null(missing).to_numpy())
