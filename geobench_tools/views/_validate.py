"""From rows as a source has them to rows of a view table, each fault named with its remedy."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geobench_tools.progress import SILENT, Progress
from geobench_tools.views._arrays import mask
from geobench_tools.views._columns import CAMERA, SIDES, ColumnMap, listed, map_columns
from geobench_tools.views._fields import (
    Source,
    read_ids,
    read_images,
    read_kinds,
    read_numbers,
    read_text,
    read_times,
)
from geobench_tools.views._findings import Findings
from geobench_tools.views._folders import Unreadable
from geobench_tools.views._images import ImageFacts, check_images
from geobench_tools.views._options import ReadOptions
from geobench_tools.views._places import find_footprints, find_places
from geobench_tools.views._raw import RawViews
from geobench_tools.views._rows import RowStore
from geobench_tools.views._schema import COLUMNS, view_schema
from geobench_tools.views._survey import survey

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Checked", "validate"]

Floats = npt.NDArray[np.float64]

_FILE_FACTS = ("width", "height", "bytes")


@dataclass(frozen=True)
class Checked:
    """One source after validation.

    Attributes:
        image_root: Folder that image paths are relative to, or None.
        columns: Where the columns of a view table came from.
        findings: What is wrong with it.
        rows: The good rows in the columns of the view schema, None if the source has a fault.
    """

    image_root: Path | None
    columns: ColumnMap
    findings: Findings
    rows: RowStore | None


def validate(
    raw: RawViews, options: ReadOptions, rows: RowStore, progress: Progress = SILENT
) -> Checked:
    """Check the rows of one source and bring them to the view schema.

    Args:
        raw: What a reader returned.
        options: What the user says about it.
        rows: Takes the good rows.
        progress: Shows the work.
    """
    findings = Findings(raw)
    columns = map_columns(raw.table.column_names, options.columns)
    source = Source(raw, columns, options, findings)
    if not findings.faults:
        _check_rows(source)
    if findings.faults or not source.rows:
        return Checked(None, columns, findings, None)
    _check_columns(source)
    try:
        _check_batches(source, rows, progress)
    except Unreadable as error:
        return validate(RawViews.broken(error.problem(str(raw.source))), options, rows)
    findings.settle()
    return Checked(raw.image_root, columns, findings, None if findings.faults else rows)


def _check_batches(source: Source, rows: RowStore, progress: Progress) -> None:
    needed = source.used_columns(source.columns.used)
    opened: dict[str, ImageFacts] = {}
    # Absurd values overflow and unknown ones are NaN: both are refused by what comes of them.
    with np.errstate(all="ignore"), progress.task("checking rows", source.rows) as done:
        source = replace(source, survey=survey(source))
        for batch in source.raw.batches(needed):
            source.findings.begin(batch)
            table = _view_columns(replace(source, raw=batch), opened, progress)
            rows.add(table, ~source.findings.bad)
            done(table.num_rows)


def _check_rows(source: Source) -> None:
    """Record why the source cannot be looked at any closer."""
    names = source.raw.table.column_names
    for name in sorted({name for name in names if names.count(name) > 1}):
        message = f"{names.count(name)} columns are named {name!r}"
        source.findings.fault("duplicate-column", name, name, message, "rename all but one of them")
    if source.rows == 0 and not source.findings.problems:
        source.findings.fault("empty-file", "", "", "there are no rows", "give a source with rows")


def _check_columns(source: Source) -> None:
    """Record the columns that are missing; the others are checked all the same."""
    findings, columns, options = source.findings, source.columns, source.options
    names = [name for name in source.raw.table.column_names if name]
    there = listed(names) or "none"
    for field, name in columns.missing.items():
        findings.fault(
            "missing-column",
            name,
            "",
            f"there is no column {name!r} to use as {field}",
            f"map one of those that are there: {there}",
        )
    located = source.has("footprint") or source.has(*SIDES)
    for field, word in (("lat", "a latitude"), ("lon", "a longitude")):
        if not (located or source.has(field) or field in columns.missing):
            findings.fault(
                "missing-column",
                field,
                "",
                f"no column is {word}; there are: {there}",
                f"name it: --map {field}=COLUMN",
            )
    if not source.has("kind") and options.kind is None and "kind" not in columns.missing:
        findings.fault(
            "missing-column",
            "kind",
            "",
            "nothing says whether these are ground views or tiles",
            "pass --kind ground or --kind satellite, or --map kind=COLUMN",
        )
    if options.check_images and not source.has("image") and "image" not in columns.missing:
        findings.fault(
            "missing-column",
            "image",
            "",
            f"no column is an image path; there are: {there}",
            "name it, or make it of others: --map 'image={id}.jpg'",
        )


def _view_columns(
    source: Source, opened: dict[str, ImageFacts], progress: Progress
) -> "pa.RecordBatch":
    import pyarrow as pa
    import pyarrow.compute as pc
    import shapely

    kinds = read_kinds(source)
    places = find_places(source)
    numbers = read_numbers(source)
    times = read_times(source)
    images = read_images(source)
    ids = read_ids(source, images)
    texts = {field: read_text(source, field) for field in ("provider", "place", "tile_id")}
    if source.has("altitude_m"):
        numbers.setdefault("gsd_m", np.full(source.rows, np.nan))
    if images is not None and source.options.check_images:
        _open_images(source, images, numbers, opened, progress)
    tiles = mask(pc.equal(kinds, "satellite"))
    footprints = find_footprints(source, places, tiles, numbers)
    shown = footprints.polygons.copy()
    cameras = np.isfinite(places.lat) & ~tiles
    shown[cameras] = shapely.points(places.lon[cameras], places.lat[cameras])
    made = {
        **{field: values for field, values in numbers.items() if field not in CAMERA},
        **texts,
        "view_id": ids,
        "kind": kinds,
        "lat": places.lat,
        "lon": places.lon,
        "captured_at": times,
        "image": images,
        "bbox": footprints.bbox(),
        "footprint": replace(footprints, polygons=shown).wkb(),
    }
    schema = view_schema()
    return pa.record_batch(
        {
            name: _column(made[name], schema.field(name).type)
            for name in COLUMNS
            if made.get(name) is not None
        }
    )


def _column(values: "pa.Array | Floats", kind: "pa.DataType") -> "pa.Array":
    import pyarrow as pa

    array = pa.array(values, from_pandas=True) if isinstance(values, np.ndarray) else values
    return array.cast(kind)


def _open_images(
    source: Source,
    images: "pa.Array",
    numbers: dict[str, Floats],
    opened: dict[str, ImageFacts],
    progress: Progress,
) -> None:
    """Open the images of all rows that are right so far, and take their facts from the files."""
    import pyarrow.compute as pc

    findings, name = source.findings, source.name("image")
    findings.refuse(
        mask(pc.is_null(images)),
        "missing-value",
        name,
        images,
        "there is no image path",
        "fill it in, or leave the row out",
    )
    rows = np.flatnonzero(~findings.bad)
    coded = images.take(rows).dictionary_encode()
    codes = np.asarray(coded.indices)
    paths = coded.dictionary.to_pylist()
    fresh = [path for path in paths if path not in opened]
    root, most = source.raw.image_root or Path(), source.options.max_image_pixels
    opened.update(zip(fresh, check_images(fresh, root, most, progress), strict=True))
    facts = [opened[path] for path in paths]
    for kind in sorted({fact.kind for fact in facts} - {""}):
        of_kind = np.array([fact.kind == kind for fact in facts])[codes]
        where = np.zeros(source.rows, bool)
        where[rows[of_kind]] = True
        which = zip(rows[of_kind].tolist(), codes[of_kind].tolist(), strict=True)
        messages = {row: facts[code].message for row, code in which}
        remedy = next(fact.remedy for fact in facts if fact.kind == kind)
        findings.refuse(where, kind, name, images, messages, remedy)
    for field in _FILE_FACTS:
        stated = numbers.get(field, np.full(source.rows, np.nan))
        found = stated.copy()
        seen = np.array([getattr(fact, field) for fact in facts], float)[codes]
        found[rows[seen > 0]] = seen[seen > 0]
        differ = np.isfinite(stated) & (stated != found)
        findings.note(f"{field} of images not as stated; taken from the file", differ.sum())
        numbers[field] = found
