"""Readers of files that hold one view in each row: delimited text, JSON, Parquet, vector files."""

import codecs
import io
import json
import warnings
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geobench_tools.errors import InputError
from geobench_tools.strictjson import parse_json
from geobench_tools.views._delimited import decoded_bytes, read_delimited
from geobench_tools.views._folders import Unreadable
from geobench_tools.views._options import ReadOptions
from geobench_tools.views._raw import BATCH, Problem, RawViews, TableStream, shorten
from geobench_tools.views._schema import view_facts

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DELIMITED_SUFFIXES", "JSON_SUFFIXES", "TABLE_SUFFIXES", "read_table"]


def read_table(path: Path, options: ReadOptions) -> RawViews:
    """Read a table of views; its format follows from the file's suffix.

    Args:
        path: A file with one of ``TABLE_SUFFIXES``.
        options: What the user says about it.

    Returns:
        The rows with the source's own column names, structures spread into ``outer.inner``.

    Raises:
        InputError: The file does not exist, or its suffix is unknown.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist", hint="check the path")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"{path} has no known table suffix",
            hint=f"known are {', '.join(TABLE_SUFFIXES)}; images are read by the folder",
        )
    if path.stat().st_size == 0:
        return RawViews.broken(_fault(path, "empty-file", "the file is empty", "fill it"))
    return reader(path, options)


def _read_json(path: Path, options: ReadOptions) -> RawViews:
    """Read one JSON document: a list of objects, or GeoJSON."""
    try:
        document = parse_json(_content(path, options).decode("utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        return _unreadable(path, f"not JSON: {error}")
    if isinstance(document, dict) and "type" in document and "features" in document:
        return _read_vector(path, options)
    if not isinstance(document, list):
        return _unreadable(path, "neither a list of objects nor GeoJSON")
    return _from_objects(path, options, lambda _: enumerate(document, start=1))


def _read_json_lines(path: Path, options: ReadOptions) -> RawViews:
    try:
        content = decoded_bytes(path, options.encoding)
    except UnicodeDecodeError as error:
        return _unreadable(path, str(error))

    def read(problems: list[Problem]) -> Iterator[tuple[int, Any]]:
        with path.open("rb") if content is None else io.BytesIO(content) as stream:
            for number, line in enumerate(stream, start=1):
                line = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
                if not line.strip():
                    continue
                try:
                    yield number, parse_json(line)
                except UnicodeDecodeError as error:
                    kind, message = "mixed-encodings", f"the line is not UTF-8: {error.reason}"
                    remedy = "save the file as UTF-8, or pass --encoding latin-1 if all of it is"
                    shown = line.decode("latin-1")
                    problems.append(Problem.at(path, number, kind, message, remedy, shown))
                except json.JSONDecodeError as error:
                    kind, message = "malformed-row", f"the line is not JSON: {error.msg}"
                    remedy = "correct the line; each must be one JSON object"
                    shown = line.decode(errors="replace")
                    problems.append(Problem.at(path, number, kind, message, remedy, shown))

    return _from_objects(path, options, read)


def _from_objects(
    path: Path,
    options: ReadOptions,
    read: Callable[[list[Problem]], Iterator[tuple[int, Any]]],
) -> RawViews:
    """Make a table of objects, kept as columns from the start.

    Args:
        path: The file.
        options: ``image_root`` is used.
        read: Yields numbered objects and adds to the problems; called again if a column turns out
            to hold values of several types.
    """
    texts: set[str] = set()
    while True:
        problems: list[Problem] = []
        rows = array("q")
        parts: list[tuple[int, pa.Table]] = []
        objects: list[dict[str, Any]] = []
        for number, item in read(problems):
            if isinstance(item, dict):
                rows.append(number)
                objects.append(item)
            else:
                message, remedy = "the row is no JSON object", "write one object for each view"
                problems.append(Problem.at(path, number, "malformed-row", message, remedy, item))
            if len(objects) == BATCH:
                parts.append((len(objects), _columns(objects, texts)))
                objects = []
        parts.append((len(objects), _columns(objects, texts)))
        table, clashes = _joined(parts)
        if not clashes:
            root = options.image_root or path.parent
            return RawViews(path, _flat(table), str(path), rows, tuple(problems), root)
        texts |= clashes


def _columns(objects: list[dict[str, Any]], texts: set[str]) -> "pa.Table":
    import pyarrow as pa

    names = dict.fromkeys(name for item in objects for name in item)
    return pa.table(
        {name: _column([item.get(name) for item in objects], name in texts) for name in names}
    )


def _column(values: list[Any], as_text: bool) -> "pa.Array":
    """Return values of one JSON field as one type; as text where they are of several."""
    import pyarrow as pa

    if not as_text:
        try:
            return pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError):
            pass
    written = (v if isinstance(v, str) or v is None else json.dumps(v) for v in values)
    whole = (v and v.encode(errors="backslashreplace").decode() for v in written)
    return pa.array(list(whole), pa.string())


def _joined(parts: "list[tuple[int, pa.Table]]") -> "tuple[pa.Table, set[str]]":
    """Join tables of so many rows; also name columns whose types have nothing in common."""
    import pyarrow as pa

    names = dict.fromkeys(name for _, part in parts for name in part.column_names)

    def absent(name: str, rows: int) -> pa.Table:
        return pa.table({name: pa.nulls(rows)})

    joined: dict[str, pa.ChunkedArray] = {}
    clashes = set()
    for name in names:
        columns = [
            part.select([name]) if name in part.column_names else absent(name, rows)
            for rows, part in parts
        ]
        try:
            joined[name] = pa.concat_tables(columns, promote_options="permissive")[name]
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            clashes.add(name)
    return pa.table(joined), clashes


def _read_parquet(path: Path, options: ReadOptions) -> RawViews:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            schema, count = file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowInvalid, OSError) as error:
        return _unreadable(path, f"not Parquet: {error}")
    metadata = schema.metadata or {}
    root = options.image_root or path.parent
    if options.image_root is None and b"geor1" in metadata:
        stated = view_facts(path, schema).get("image_root")
        root = (path.resolve().parent / stated).resolve() if stated else path.parent
    names = _flat(schema.empty_table()).column_names
    table: pa.Table | TableStream = TableStream(names, count, partial(_parquet_batches, path))
    crs = None
    if b"geo" in metadata:
        try:
            geo = parse_json(metadata[b"geo"])
            column = geo["columns"][geo["primary_column"]]
            encoding, crs = column["encoding"], column.get("crs", "OGC:CRS84")
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            return _unreadable(path, f"its GeoParquet metadata is broken: {error!r}")
        if encoding != "WKB":
            table = _flat(_geoarrow_to_wkb(path, str(geo["primary_column"])))
    text = json.dumps(crs) if isinstance(crs, dict) else crs
    return RawViews(path, table, str(path), range(1, count + 1), (), root, text)


def _parquet_batches(path: Path, columns: Sequence[str]) -> "Iterator[pa.Table]":
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH, columns=list(columns)):
                yield _flat(pa.table(batch)).select(columns)
    except (pa.ArrowInvalid, OSError) as error:
        remedy = "check that the file is whole"
        raise Unreadable("unreadable-file", f"not Parquet: {error}", remedy) from None


def _geoarrow_to_wkb(path: Path, column: str) -> "pa.Table":
    import geopandas
    import pyarrow as pa

    frame = geopandas.read_parquet(path)
    geometry = pa.array(frame.geometry.to_wkb(), pa.binary())
    table = pa.Table.from_pandas(frame.drop(columns=column), preserve_index=False)
    return table.append_column(column, geometry)


def _read_vector(path: Path, options: ReadOptions) -> RawViews:
    import pyogrio

    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", RuntimeWarning)
            # Validation names the rows with open rings itself.
            warnings.filterwarnings("ignore", "Non closed ring", RuntimeWarning)
            layers = pyogrio.list_layers(path)
            meta, table = pyogrio.read_arrow(path, layer=str(layers[0][0]))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        return _unreadable(path, str(error).partition("; It might help")[0])
    except IndexError:
        return _unreadable(path, "the file has no layer")
    geometry = meta.get("geometry_name") or "wkb_geometry"
    names = ["geometry" if name == geometry else name for name in table.column_names]
    table = _flat(table.rename_columns(names))
    notes = Counter(f"GDAL: {shorten(warning.message)}" for warning in said)
    notes[f"layers beside {layers[0][0]!r} not read"] += len(layers) - 1
    rows = range(1, table.num_rows + 1)
    root = options.image_root or path.parent
    return RawViews(path, table, str(path), rows, (), root, meta.get("crs"), dict(+notes))


def _flat(table: "pa.Table") -> "pa.Table":
    import pyarrow as pa

    table = table.replace_schema_metadata(None)
    while any(pa.types.is_struct(column.type) for column in table.schema):
        table = table.flatten()
    return table


def _content(path: Path, options: ReadOptions) -> bytes:
    return decoded_bytes(path, options.encoding) or path.read_bytes()


def _unreadable(path: Path, reason: str) -> RawViews:
    return RawViews.broken(_fault(path, "unreadable-file", reason, "check that the file is whole"))


def _fault(path: Path, kind: str, message: str, remedy: str) -> Problem:
    return Problem.at(path, 0, kind, message, remedy)


DELIMITED_SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
JSON_SUFFIXES = (".json", ".jsonl", ".ndjson")

_READERS: dict[str, Callable[[Path, ReadOptions], RawViews]] = {
    **dict.fromkeys(DELIMITED_SUFFIXES, read_delimited),
    ".json": _read_json,
    **dict.fromkeys((".jsonl", ".ndjson"), _read_json_lines),
    **dict.fromkeys((".parquet", ".geoparquet"), _read_parquet),
    **dict.fromkeys((".geojson", ".gpkg", ".shp", ".fgb"), _read_vector),
}

TABLE_SUFFIXES = tuple(_READERS)
"""File suffixes that ``read_table`` knows."""
