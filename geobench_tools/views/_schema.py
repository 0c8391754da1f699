"""The one table that all view readers produce and pairing consumes, kept as GeoParquet."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geobench_tools.errors import InputError
from geobench_tools.files import atomic_file
from geobench_tools.strictjson import parse_json
from geobench_tools.views._arrays import pieces

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "COLUMNS",
    "VIEW_SCHEMA_VERSION",
    "ViewTable",
    "check_output",
    "open_views",
    "read_views",
    "view_facts",
    "view_schema",
    "write_view_rows",
    "write_views",
]

VIEW_SCHEMA_VERSION = 1

_ROW_GROUP = 1 << 20
_PIECE = 1 << 16

COLUMNS: dict[str, str] = {
    "view_id": "unique name of the view within its kind",
    "kind": "'ground' or 'satellite'",
    "lat": "latitude of the camera or of the tile's centre, WGS-84 degrees",
    "lon": "longitude, WGS-84 degrees in [-180, 180)",
    "captured_at": "time of capture, UTC",
    "heading_deg": "direction the camera looks, or 'up' of the tile; degrees clockwise from north",
    "gps_error_m": "standard error of the position, metres",
    "gsd_m": "ground sample distance: ground length of one pixel, metres",
    "width": "image width, pixels",
    "height": "image height, pixels",
    "provider": "who captured the image",
    "place": "name of the city or region",
    "tile_id": "for a ground view: view_id of the satellite tile that shows its place, where known",
    "image": "path of the image relative to the image root, '/'-separated",
    "bytes": "size of the image file, bytes",
    "bbox": "west, south, east and north bound of the footprint, degrees; west > east across 180°",
    "footprint": "WKB: polygon that a satellite tile shows; camera position of a ground view",
}
"""Columns in order, with their meaning. All but the first four may be null or absent."""


def view_schema() -> Any:
    """Return the Arrow schema of a view table."""
    import pyarrow as pa

    types = {
        "view_id": pa.string(),
        "kind": pa.string(),
        "captured_at": pa.timestamp("us", tz="UTC"),
        "width": pa.int32(),
        "height": pa.int32(),
        "provider": pa.string(),
        "place": pa.string(),
        "tile_id": pa.string(),
        "image": pa.string(),
        "bytes": pa.int64(),
        "bbox": pa.struct([(side, pa.float64()) for side in ("xmin", "ymin", "xmax", "ymax")]),
        "footprint": pa.binary(),
    }
    return pa.schema([(name, types.get(name, pa.float64())) for name in COLUMNS])


@dataclass(frozen=True)
class ViewTable:
    """Views in memory.

    Attributes:
        table: A ``pyarrow.Table`` with the columns of ``view_schema()``, in that order; optional
            columns that no view has are left out.
        image_root: Folder that the ``image`` paths are relative to, or None without images.
    """

    table: Any
    image_root: Path | None = None

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def of_kind(self, kind: str) -> "ViewTable":
        """Return the views of one kind."""
        import pyarrow.compute as pc

        return ViewTable(self.table.filter(pc.equal(self.table["kind"], kind)), self.image_root)


def check_output(path: Path, sources: Iterable[str | Path], *beside: Path) -> None:
    """Refuse to write a view table over what it is made of, or under a name of another format.

    Args:
        path: The file to write.
        sources: What will be read.
        beside: Further files to write.

    Raises:
        InputError: ``path`` does not end in ``.parquet``, or a source would be overwritten.
    """
    if path.suffix != ".parquet":
        raise InputError(f"{path} is no Parquet file name", hint="-o views.parquet")
    written = {file.resolve() for file in (path, *beside)}
    for source in sources:
        if Path(source).resolve() in written:
            raise InputError(f"{source} would be overwritten", hint="choose another output")


def write_views(views: ViewTable, path: Path) -> None:
    """Write a view table as GeoParquet 1.1, atomically; same table, same bytes.

    The image root is kept in the file's metadata, relative to the file's folder where possible.
    """
    import pyarrow.parquet as pq

    metadata = _metadata(views.table.column_names, views.image_root, path)
    with atomic_file(path) as temporary:
        pq.write_table(views.table.replace_schema_metadata(metadata), temporary, compression="zstd")


def write_view_rows(
    tables: "Iterable[pa.Table]", schema: "pa.Schema", image_root: Path | None, path: Path
) -> None:
    """Write a view table that comes in parts, to the same bytes as ``write_views``.

    Args:
        tables: Parts of any size, all of the schema.
        schema: The columns, out of ``view_schema()``.
        image_root: As that of a ``ViewTable``.
        path: The file.
    """
    import pyarrow.parquet as pq

    schema = schema.with_metadata(_metadata(schema.names, image_root, path))
    with (
        atomic_file(path) as temporary,
        pq.ParquetWriter(temporary, schema, compression="zstd") as writer,
    ):
        for group in _row_groups(tables):
            writer.write_table(group.replace_schema_metadata(schema.metadata))


def _row_groups(tables: "Iterable[pa.Table]") -> "Iterator[pa.Table]":
    """Join parts to row groups, numbers in one piece, text in pieces of equal length.

    Where a piece ends shows in the bytes of numbers, and in those of text if it ends within a
    page's 1,024 values.
    """
    import pyarrow as pa

    group: list[pa.Table] = []
    for piece in pieces(tables, _PIECE):
        group.append(piece)
        if len(group) == _ROW_GROUP // _PIECE:
            yield _joined(group)
            group = []
    if group:
        yield _joined(group)


def _joined(parts: "list[pa.Table]") -> "pa.Table":
    import pyarrow as pa

    table = pa.concat_tables(parts)
    parts.clear()
    for place, field in enumerate(table.schema):
        if not (pa.types.is_string(field.type) or pa.types.is_binary(field.type)):
            table = table.set_column(place, field, table[place].combine_chunks())
    return table


def _metadata(names: Sequence[str], image_root: Path | None, path: Path) -> dict[bytes, bytes]:
    root = None
    if image_root is not None:
        root = Path(os.path.relpath(image_root.resolve(), path.resolve().parent)).as_posix()
    metadata = {b"geor1": json.dumps({"schema": VIEW_SCHEMA_VERSION, "image_root": root}).encode()}
    if "footprint" in names:
        column: dict[str, Any] = {"encoding": "WKB", "geometry_types": []}
        if "bbox" in names:
            sides = {side: ["bbox", side] for side in ("xmin", "ymin", "xmax", "ymax")}
            column["covering"] = {"bbox": sides}
        columns = {"footprint": column}
        geo = {"version": "1.1.0", "primary_column": "footprint", "columns": columns}
        metadata[b"geo"] = json.dumps(geo).encode()
    return metadata


def read_views(path: Path, *, image_root: Path | None = None) -> ViewTable:
    """Read a view table that ``write_views`` wrote.

    Args:
        path: The Parquet file.
        image_root: Overrides the image root kept in the file.

    Raises:
        InputError: The file is missing or is not a view table of this version.
    """
    with open_views(path) as file:
        table = file.read()
        facts = view_facts(path, file.schema_arrow)
    if image_root is None and facts.get("image_root"):
        image_root = (path.resolve().parent / facts["image_root"]).resolve()
    return ViewTable(table.replace_schema_metadata(None), image_root)


@contextmanager
def open_views(path: Path) -> Iterator[Any]:
    """Open a view table as a ``pyarrow.parquet.ParquetFile``, to be read in the block.

    Raises:
        InputError: The file is missing, cannot be read, or is not a view table of this version.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            view_facts(path, file.schema_arrow)
            yield file
    except FileNotFoundError:
        raise InputError(f"{path} does not exist", hint="geor1 index SOURCE -o FILE") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"{path} is not a Parquet file: {error}", hint=f"geor1 index {path} -o views.parquet"
        ) from None


def view_facts(path: Path, schema: Any) -> dict[str, Any]:
    """Return what ``write_views`` recorded in the metadata of a file's schema.

    Raises:
        InputError: The file is not a view table of this version.
    """
    raw = (schema.metadata or {}).get(b"geor1")
    if raw is None:
        raise InputError(f"{path} is not a view table", hint=f"geor1 index {path} -o views.parquet")
    try:
        facts: dict[str, Any] = dict(parse_json(raw))
    except (ValueError, TypeError):
        raise InputError(
            f"{path} has damaged metadata", hint="index the source again with this version"
        ) from None
    if facts.get("schema") != VIEW_SCHEMA_VERSION:
        raise InputError(
            f"{path} has view schema {facts.get('schema')!r}, not {VIEW_SCHEMA_VERSION}",
            hint="index the source again with this version",
        )
    return facts
