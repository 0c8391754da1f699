"""The columns of a source one by one: kind, numbers, times, texts, image paths and ids."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geobench_tools.views._arrays import mask, plain
from geobench_tools.views._checks_positions import Home, check_text
from geobench_tools.views._columns import ColumnMap, template_parts
from geobench_tools.views._findings import Bools, Findings
from geobench_tools.views._numbers import Reading, parse_numbers, trimmed_text
from geobench_tools.views._options import ReadOptions
from geobench_tools.views._raw import RawViews
from geobench_tools.views._times import TimeReading, parse_times

if TYPE_CHECKING:
    import pyarrow as pa
    import pyproj

__all__ = [
    "LIMITS",
    "Source",
    "Survey",
    "are_whole",
    "read_ids",
    "read_images",
    "read_kinds",
    "read_numbers",
    "read_text",
    "read_times",
]

Floats = npt.NDArray[np.float64]

KIND_WORDS = {
    "ground": "ground",
    "street": "ground",
    "street view": "ground",
    "streetview": "ground",
    "panorama": "ground",
    "satellite": "satellite",
    "sat": "satellite",
    "aerial": "satellite",
    "overhead": "satellite",
    "nadir": "satellite",
    "tile": "satellite",
}
"""What a column of kinds may say, in lower case, and what it means."""

LIMITS = {
    "heading_deg": (-360.0, 360.0, "degrees clockwise from north, -360..360"),
    "gps_error_m": (0.0, 1e6, "metres"),
    "gsd_m": (1e-4, 1e5, "metres in each pixel"),
    "width": (1.0, 2**31 - 1.0, "whole pixels"),
    "height": (1.0, 2**31 - 1.0, "whole pixels"),
    "bytes": (0.0, 2.0**53, "whole bytes"),
    "altitude_m": (-1e4, 1e6, "metres above ground"),
    "pitch_deg": (-180.0, 180.0, "degrees"),
    "focal_35mm": (0.0, 1e5, "millimetres"),
}
"""Optional numeric columns, each with its range and unit."""

_WHOLE_NUMBERS = ("width", "height", "bytes")
_OUTSIDE = r"^(/|[A-Za-z]:|[A-Za-z][A-Za-z0-9+.-]*://)|(^|/)\.\.(/|$)|\x00"


@dataclass(frozen=True)
class Survey:
    """What only all rows of a source together tell.

    Attributes:
        crs: Coordinate reference system of the positions if it is not WGS-84 degrees.
        outlines_crs: That of the outlines.
        misread: The positions as a whole are none; that is recorded as a fault.
        home: Where the source lies, if it lies around one place.
        unfit: Guessed columns that have values but not one that fits.
        whole_ids: Ids that are floating-point numbers have no fraction.
        image_ids: All rows have an image, which can stand for an id.
    """

    crs: "pyproj.CRS | None" = None
    outlines_crs: "pyproj.CRS | None" = None
    misread: bool = False
    home: Home | None = None
    unfit: frozenset[str] = frozenset()
    whole_ids: bool = True
    image_ids: bool = True


@dataclass(frozen=True)
class Source:
    """One source, or a batch of it, with where its columns come from and what was found in it.

    Attributes:
        raw: The rows.
        columns: Where the columns of a view table come from.
        options: What the user says.
        findings: Takes the problems.
        survey: What all rows together tell.
    """

    raw: RawViews
    columns: ColumnMap
    options: ReadOptions
    findings: Findings
    survey: Survey = Survey()

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.raw.table.num_rows)

    def has(self, *fields: str) -> bool:
        """Tell whether all these fields have a column."""
        return all(field in self.columns.used for field in fields)

    def name(self, field: str) -> str:
        """The source's own name of a field's column."""
        return self.columns.used.get(field, field)

    def cells(self, field: str) -> "pa.Array":
        """Return the source's values for a field, or the texts that its template makes."""
        import pyarrow as pa
        import pyarrow.compute as pc

        source = self.columns.used[field]
        if source in self.raw.table.column_names:
            return plain(self.raw.table[source])
        parts = [
            trimmed_text(plain(self.raw.table[part])) if is_column else pa.scalar(part)
            for is_column, part in template_parts(source)
        ]
        return pc.binary_join_element_wise(*parts, "")

    def used_columns(self, fields: Iterable[str]) -> list[str]:
        """Return the source's columns that these fields are made of."""
        there = self.raw.table.column_names
        used: dict[str, None] = {}
        for name in fields:
            source = self.columns.used.get(name)
            if source is None:
                continue
            if source in there:
                used[source] = None
            else:
                used.update((part, None) for is_column, part in template_parts(source) if is_column)
        return list(used)

    def is_unfit(self, field: str, given: Bools) -> bool:
        """Tell, and note, that a guessed column has values but not one that fits."""
        if field not in self.survey.unfit:
            return False
        column = self.columns.used[field]
        self.findings.note(f"column {column!r} not used as {field}: no value fits", given.sum())
        return True


def read_kinds(source: Source) -> "pa.Array":
    """Return ``ground`` or ``satellite`` for each row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    default = source.options.kind
    if not source.has("kind"):
        return pa.repeat(pa.scalar(default, pa.string()), source.rows)
    cells = source.cells("kind")
    words = pc.utf8_lower(pc.replace_substring_regex(trimmed_text(cells), "[_-]+", " "))
    if default is not None:
        words = words.fill_null(default)
    found = pc.index_in(words, pa.array(list(KIND_WORDS)))
    source.findings.refuse(
        mask(pc.is_null(found)),
        "unknown-kind",
        source.name("kind"),
        cells,
        "the kind is neither ground nor satellite",
        "write ground or satellite, or leave the column out: --map kind= with --kind ground",
    )
    return pa.array(list(KIND_WORDS.values())).take(found)


def read_numbers(source: Source) -> dict[str, Floats]:
    """Return the optional numeric columns, NaN where unknown."""
    found = {}
    for field, (low, high, unit) in LIMITS.items():
        if not source.has(field):
            continue
        cells, name = source.cells(field), source.name(field)
        numbers = parse_numbers(cells, source.options.decimal)
        given = ~(numbers.are(Reading.EMPTY) | numbers.are(Reading.NAN))
        if source.is_unfit(field, given):
            continue
        check_text(numbers, cells, name, source.findings)
        values = numbers.values
        out = (values < low) | (values > high)
        if field in _WHOLE_NUMBERS:
            out |= np.isfinite(values) & (values != np.round(values))
        source.findings.refuse(
            out,
            "out-of-range",
            name,
            cells,
            f"{field} is not a number of {unit}",
            f"correct the value, or leave the column out: --map {field}=",
            among=given,
        )
        values = np.where(out, np.nan, values)
        found[field] = values % 360.0 if field == "heading_deg" else values
    return found


def read_times(source: Source) -> "pa.Array | None":
    """Return times of capture in UTC."""
    import pyarrow as pa

    if not source.has("captured_at"):
        return None
    findings, zone = source.findings, source.options.timezone
    cells, name = source.cells("captured_at"), source.name("captured_at")
    times = parse_times(cells, zone)
    given = ~times.are(TimeReading.EMPTY)
    unparsable = times.are(TimeReading.UNPARSABLE)
    if source.is_unfit("captured_at", given):
        return None
    leave_out = "leave times out: --map captured_at="
    findings.refuse(
        unparsable,
        "unparsable-time",
        name,
        cells,
        "the time cannot be read",
        f"write ISO 8601 as 2020-05-01T12:00:00+02:00, or {leave_out}",
        among=given,
    )
    findings.refuse(
        times.are(TimeReading.NAIVE),
        "naive-time",
        name,
        cells,
        "the time has no offset from UTC",
        f"name the zone: --timezone Europe/Berlin, or {leave_out}",
        among=given,
    )
    findings.refuse(
        times.are(TimeReading.NONEXISTENT),
        "nonexistent-time",
        name,
        cells,
        f"the clocks of {zone} skipped this time",
        "check the time zone",
        among=given,
    )
    twice = "local times that the clocks showed twice, read as the earlier"
    findings.note(twice, times.ambiguous.sum())
    for unit, count in times.epoch.items():
        findings.note(f"times read as {unit} since 1970", count)
    known = times.are(TimeReading.TIME)
    return pa.array(times.microseconds, mask=~known).cast(pa.timestamp("us", "UTC"))


def read_text(source: Source, field: str) -> "pa.Array | None":
    """Return a column of free text without surrounding space, empty text as null."""
    return trimmed_text(source.cells(field)) if source.has(field) else None


def read_images(source: Source) -> "pa.Array | None":
    """Return image paths relative to the image root; those that leave it are refused."""
    import pyarrow.compute as pc

    if not source.has("image"):
        return None
    cells, root = source.cells("image"), source.raw.image_root
    paths = pc.replace_substring(trimmed_text(cells), "\\", "/")
    if root is not None:
        inside = f"{root.resolve().as_posix()}/"
        absolute = pc.starts_with(paths, inside)
        note = "absolute image paths made relative to the image root"
        source.findings.note(note, pc.sum(absolute).as_py() or 0)
        paths = pc.if_else(absolute, pc.utf8_slice_codeunits(paths, len(inside)), paths)
    source.findings.refuse(
        mask(pc.match_substring_regex(paths, _OUTSIDE)),
        "outside-root",
        source.name("image"),
        cells,
        "the image path leaves the image root",
        "give paths inside the root, or pass --image-root",
    )
    return paths


def read_ids(source: Source, images: "pa.Array | None") -> "pa.Array":
    """Return ids as text; where no column has them, image paths, else file name and row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    findings = source.findings
    if source.has("view_id"):
        cells = source.cells("view_id")
        if pa.types.is_floating(cells.type) and source.survey.whole_ids:
            cells = cells.cast(pa.int64())
        ids = trimmed_text(cells)
        findings.refuse(
            mask(pc.is_null(ids)),
            "missing-value",
            source.name("view_id"),
            cells,
            "the view has no id",
            "fill it in, or make ids of other columns: --map 'view_id={image}'",
        )
        return ids
    if images is not None and source.survey.image_ids:
        findings.note("ids made from image paths", source.rows)
        return images
    findings.note("ids made from file name and row", source.rows)
    files = source.raw.files
    names = repeat(Path(files).name) if isinstance(files, str) else (Path(f).name for f in files)
    made = [f"{name}:{row}" for name, row in zip(names, source.raw.rows, strict=False)]
    return pa.array(made, pa.string())


def are_whole(numbers: "pa.Array") -> bool:
    """Tell whether floats have no fraction, so that 12.0 is the id 12."""
    import pyarrow as pa

    try:
        numbers.cast(pa.int64())
    except pa.ArrowInvalid:
        return False
    return True
