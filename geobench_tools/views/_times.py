"""Times of capture out of columns of any type, as microseconds since 1970 in UTC."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.errors import InputError
from geobench_tools.views._arrays import is_text, mask, plain
from geobench_tools.views._numbers import Numbers, Reading, parse_numbers, trimmed_text

__all__ = ["TimeReading", "Times", "check_timezone", "parse_times"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_TIME = (
    r"^(?P<y>[0-9]{4})[-:/](?P<m>[0-9]{2})[-:/](?P<d>[0-9]{2})"
    r"(?:[T ](?P<h>[0-9]{2}):(?P<i>[0-9]{2})(?::(?P<s>[0-9]{2})(?:[.,](?P<f>[0-9]+))?)?)?"
    r" ?(?P<z>Z|z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)?$"
)
_UNSET = ("0000:00:00 00:00:00", "0000-00-00 00:00:00", "0000-00-00")
_SECONDS = (1e8, 1e10)
_MILLISECONDS = (1e11, 1e13)
_DAY_US = 86_400_000_000


class TimeReading(IntEnum):
    """What one cell turned out to be."""

    TIME = 0
    EMPTY = 1
    NAIVE = 2
    NONEXISTENT = 3
    UNPARSABLE = 4


@dataclass(frozen=True)
class Times:
    """A column read as times.

    Attributes:
        microseconds: Since 1970-01-01 UTC, 0 where there is no time, shape (n,).
        reading: A ``TimeReading`` for each cell, shape (n,).
        ambiguous: Local times that the clocks showed twice; the earlier one was taken, shape (n,).
        epoch: Cells read as ``seconds`` or ``milliseconds`` since 1970, counted by unit.
    """

    microseconds: Ints
    reading: npt.NDArray[np.uint8]
    ambiguous: Bools
    epoch: dict[str, int]

    def are(self, reading: TimeReading) -> Bools:
        """Tell which cells are of one reading."""
        return np.asarray(self.reading == reading)


def check_timezone(name: str) -> None:
    """Check the name of a time zone.

    Raises:
        InputError: There is no such zone.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.assume_timezone(pa.array([0], pa.timestamp("us")), name)
    except pa.ArrowInvalid:
        raise InputError(
            f"there is no time zone {name!r}", hint="pass an IANA name as Europe/Berlin or UTC"
        ) from None


def parse_times(column: Any, timezone: str | None = None) -> Times:
    """Read a ``pyarrow`` column as times.

    Text may be ISO 8601 (``2020-05-01T12:00:00.5+02:00``, with a space for the T, with ``Z``, or a
    date alone), EXIF (``2020:05:01 12:00:00``), or seconds or milliseconds since 1970 from
    1973-03-03 on. Numbers are seconds or milliseconds since 1970. Timestamps are taken as they are.

    Args:
        column: Text, timestamps, dates or numbers.
        timezone: Zone of times without offset; without it they are ``NAIVE``.
    """
    import pyarrow as pa

    array = plain(column)
    kind = array.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _from_timestamps(array, timezone)
    if is_text(kind):
        return _from_text(array, timezone)
    return _from_epoch(parse_numbers(array))


def _from_timestamps(array: Any, timezone: str | None) -> Times:
    import pyarrow as pa
    import pyarrow.compute as pc

    aware = pa.types.is_timestamp(array.type) and array.type.tz is not None
    empty = mask(pc.is_null(array))
    micros = array.cast(pa.timestamp("us", "UTC" if aware else None), safe=False)
    stamps = np.array(micros.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False))
    reading = np.where(empty, TimeReading.EMPTY, TimeReading.TIME).astype(np.uint8)
    times = Times(stamps, reading, np.zeros(len(stamps), bool), {})
    return times if aware else _localise(times, ~empty, timezone)


def _from_epoch(numbers: Numbers) -> Times:
    values = numbers.values
    with np.errstate(invalid="ignore"):
        seconds = (values >= _SECONDS[0]) & (values < _SECONDS[1])
        milliseconds = (values >= _MILLISECONDS[0]) & (values < _MILLISECONDS[1])
    scaled = np.where(seconds, 1e6, 1e3) * np.where(seconds | milliseconds, values, 0.0)
    empty = numbers.are(Reading.EMPTY) | numbers.are(Reading.NAN)
    reading = np.select(
        [seconds | milliseconds, empty],
        [TimeReading.TIME, TimeReading.EMPTY],
        TimeReading.UNPARSABLE,
    )
    counts = {"seconds": int(seconds.sum()), "milliseconds": int(milliseconds.sum())}
    return Times(
        np.round(scaled).astype(np.int64),
        reading.astype(np.uint8),
        np.zeros(len(values), bool),
        {unit: count for unit, count in counts.items() if count},
    )


def _from_text(array: Any, timezone: str | None) -> Times:
    import pyarrow as pa
    import pyarrow.compute as pc

    text = trimmed_text(array)
    unset = pc.is_in(text, pa.array([*_UNSET, "nan", "NaN", "NaT"]))
    text = pc.if_else(unset, pa.scalar(None, pa.string()), text)
    parts = pc.extract_regex(text, _TIME)
    matched = mask(pc.is_valid(parts))
    empty = mask(pc.is_null(text))
    fields = {name: _int(parts.field(name)) for name in "ymdhis"}
    stamps, valid = _civil(fields)
    fraction = pc.utf8_rpad(pc.utf8_slice_codeunits(parts.field("f"), 0, 6), 6, "0")
    stamps = stamps + _int(fraction)
    zone = parts.field("z")
    offset, zone_valid = _offset(zone)
    stamps = stamps - offset
    good = matched & valid & zone_valid
    aware = mask(pc.greater(pc.binary_length(zone), 0))
    reading = np.select(
        [good, empty], [TimeReading.TIME, TimeReading.EMPTY], TimeReading.UNPARSABLE
    )
    stamps[~good] = 0
    times = Times(stamps, reading.astype(np.uint8), np.zeros(len(stamps), bool), {})
    times = _localise(times, good & ~aware, timezone)
    rest = times.are(TimeReading.UNPARSABLE)
    return _merge_epoch(times, text, rest) if rest.any() else times


def _merge_epoch(times: Times, text: Any, rest: Bools) -> Times:
    epoch = _from_epoch(parse_numbers(text))
    taken = rest & epoch.are(TimeReading.TIME)
    return Times(
        np.where(taken, epoch.microseconds, times.microseconds),
        np.where(taken, np.uint8(TimeReading.TIME), times.reading),
        times.ambiguous,
        epoch.epoch,
    )


def _int(array: Any) -> Ints:
    """Digits as integers, 0 where there are none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    filled = pc.if_else(pc.equal(array.fill_null(""), ""), "0", array)
    return np.array(filled.cast(pa.int64()).to_numpy(zero_copy_only=False))


def _civil(fields: dict[str, Ints]) -> tuple[Ints, Bools]:
    """Microseconds since 1970 of civil times, and which of them exist in the calendar."""
    month = fields["m"]
    valid = (fields["y"] >= 1) & (month >= 1) & (month <= 12) & (fields["d"] >= 1)
    valid &= (fields["h"] < 24) & (fields["i"] < 60) & (fields["s"] < 60)
    months = (np.where(valid, fields["y"], 1970) - 1970) * 12 + np.where(valid, month, 1) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    next_first = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    days = first + fields["d"] - 1
    valid &= days < next_first
    seconds = (fields["h"] * 60 + fields["i"]) * 60 + fields["s"]
    return np.where(valid, days * _DAY_US + seconds * 1_000_000, 0), np.asarray(valid)


def _offset(zone: Any) -> tuple[Ints, Bools]:
    """Microseconds east of Greenwich, and which offsets are possible (at most 14 hours)."""
    import pyarrow.compute as pc

    parts = pc.extract_regex(zone, r"^(?P<sign>[+-])(?P<h>[0-9]{2}):?(?P<m>[0-9]{2})?$")
    hours, minutes = _int(parts.field("h")), _int(parts.field("m"))
    west = mask(pc.equal(parts.field("sign"), "-"))
    total = hours * 60 + minutes
    return np.where(west, -total, total) * 60_000_000, np.asarray((total <= 840) & (minutes < 60))


def _localise(times: Times, naive: Bools, timezone: str | None) -> Times:
    """Turn the naive ones among the times into UTC."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not naive.any():
        return times
    reading = times.reading.copy()
    if timezone is None:
        reading[naive] = TimeReading.NAIVE
        return Times(np.where(naive, 0, times.microseconds), reading, times.ambiguous, times.epoch)
    local = pa.array(times.microseconds[naive]).cast(pa.timestamp("us"))
    ends = [
        pc.assume_timezone(local, timezone, ambiguous=end, nonexistent=end)
        for end in ("earliest", "latest")
    ]
    early, late = (np.asarray(end.cast(pa.int64()).to_numpy()) for end in ends)
    back = np.asarray(pc.local_timestamp(ends[0]).cast(pa.int64()).to_numpy())
    missing = back != times.microseconds[naive]
    stamps = times.microseconds.copy()
    stamps[naive] = np.where(missing, 0, early)
    reading[naive] = np.where(missing, TimeReading.NONEXISTENT, TimeReading.TIME)
    ambiguous = times.ambiguous.copy()
    ambiguous[naive] = (early != late) & ~missing
    return Times(stamps, reading, ambiguous, times.epoch)
