"""The first look at a source: what only all of its rows together tell."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geobench_tools.views._checks_positions import (
    Axis,
    Home,
    find_home,
    is_misread,
    parse_crs,
    to_degrees,
)
from geobench_tools.views._columns import SIDES
from geobench_tools.views._fields import LIMITS, Source, Survey, are_whole
from geobench_tools.views._findings import Findings
from geobench_tools.views._numbers import Reading, parse_numbers, trimmed_text
from geobench_tools.views._places import position_axes, read_outlines
from geobench_tools.views._times import TimeReading, parse_times

if TYPE_CHECKING:
    import pyproj

__all__ = ["survey"]

Floats = npt.NDArray[np.float64]


def survey(source: Source) -> Survey:
    """Read the columns that tell something as a whole; positions that are none become a fault.

    Raises:
        Unreadable: The file turns out to be damaged.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    options, findings = source.options, source.findings
    stated = options.crs or source.raw.crs
    outlines_crs = parse_crs(stated, findings) if stated else None
    located = source.has("lat", "lon")
    # A vector file states the system of its geometry, not of two columns beside it.
    apart = located and source.has("footprint") and not options.crs
    crs = None if apart else outlines_crs
    guessed = [field for field in (*LIMITS, "captured_at") if field in source.columns.guessed]
    given: set[str] = set()
    fitting: set[str] = set()
    positions = _Positions()
    whole_ids = image_ids = True
    fields = ["lat", "lon", *guessed, *(() if located else ("footprint", *SIDES))]
    fields.append("view_id" if source.has("view_id") else "image")
    for batch in source.raw.batches(source.used_columns(fields)):
        part = replace(source, raw=batch, findings=_Unheard(batch))
        shapes = None if located else read_outlines(part, outlines_crs)
        positions.add(position_axes(part, shapes))
        for field in guessed:
            if field not in fitting:
                has_values, fits = _fits(part, field)
                given |= {field} if has_values else set()
                fitting |= {field} if fits else set()
        if source.has("view_id"):
            cells = part.cells("view_id")
            whole_ids &= not pa.types.is_floating(cells.type) or are_whole(cells)
        elif source.has("image"):
            image_ids &= not pc.any(pc.is_null(trimmed_text(part.cells("image")))).as_py()
    misread, home = positions.judge(crs, options.crs is not None, findings)
    unfit = frozenset(given - fitting)
    return Survey(crs, outlines_crs, misread, home, unfit, whole_ids, image_ids)


def _fits(source: Source, field: str) -> tuple[bool, bool]:
    """Tell whether a column has values, and whether one of them fits."""
    cells = source.cells(field)
    if field == "captured_at":
        times = parse_times(cells, source.options.timezone)
        given = ~times.are(TimeReading.EMPTY)
        good = given & ~times.are(TimeReading.UNPARSABLE)
    else:
        numbers = parse_numbers(cells, source.options.decimal)
        given = ~(numbers.are(Reading.EMPTY) | numbers.are(Reading.NAN))
        good = numbers.are(Reading.NUMBER)
    return bool(given.any()), bool(good.any())


class _Positions:
    """The positions of all rows."""

    def __init__(self) -> None:
        self._y: list[Floats] = []
        self._x: list[Floats] = []
        self._names = ("", "")
        self._first: tuple[object, object] | None = None

    def add(self, axes: Sequence[Axis]) -> None:
        """Add a batch; without both axes nothing is added."""
        if len(axes) < 2:
            return
        lat, lon = axes
        self._names = lat.name, lon.name
        self._y.append(lat.values)
        self._x.append(lon.values)
        known = np.flatnonzero(np.isfinite(lat.values) & np.isfinite(lon.values))
        if self._first is None and len(known):
            self._first = _cell(lat, known[0]), _cell(lon, known[0])

    def judge(
        self, crs: "pyproj.CRS | None", stated: bool, findings: Findings
    ) -> tuple[bool, Home | None]:
        """Tell whether they are no positions, which is recorded, else where they lie together."""
        if self._first is None:
            return False, None
        y, x = np.concatenate(self._y), np.concatenate(self._x)
        self._y, self._x = [], []
        lat, lon = (
            Axis(name, values, cell)
            for name, values, cell in zip(self._names, (y, x), self._first, strict=True)
        )
        if is_misread(lat, lon, crs, stated, findings):
            return True, None
        return False, find_home(*(to_degrees(crs, x, y) if crs is not None else (y, x)))


def _cell(axis: Axis, row: int) -> object:
    cell = axis.cells[int(row)]
    return cell.as_py() if hasattr(cell, "as_py") else cell


class _Unheard(Findings):
    """Takes what the first look finds wrong with rows; the second one will say it."""

    def refuse(self, *_: Any, **__: Any) -> None:
        """Record nothing."""
