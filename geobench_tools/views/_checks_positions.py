"""Positions: from two columns of a source to degrees on WGS-84, or the reason why not."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geobench_tools.geo import wrap_longitude
from geobench_tools.views._findings import Bools, Findings
from geobench_tools.views._numbers import Numbers, Reading
from geobench_tools.views._raw import shorten

if TYPE_CHECKING:
    import pyproj

__all__ = [
    "Axis",
    "Home",
    "check_numbers",
    "check_positions",
    "check_text",
    "find_home",
    "is_misread",
    "parse_crs",
    "to_degrees",
]

Floats = npt.NDArray[np.float64]

_OPEN_SEA = (1.6, 3.2)
_NULL_ISLAND = 0.1
_METRES = 1000.0
_SCALED = 2.1e7
_LOCAL_DEG = 5.0
_LOCAL_SHARE = 0.6
_FEW = 3


@dataclass(frozen=True)
class Axis:
    """One coordinate of all rows.

    Attributes:
        name: The source's name of the column.
        values: Degrees, or units of the CRS; NaN where there is none, shape (n,).
        cells: The source's values as they are, for messages.
    """

    name: str
    values: Floats
    cells: Any


@dataclass(frozen=True)
class Home:
    """The place around which a data set lies.

    Attributes:
        lat: Median latitude, degrees.
        lon: Median longitude, degrees.
        reach: Greatest distance of the rows that lie around it, degrees in either direction.
    """

    lat: float
    lon: float
    reach: float


def parse_crs(text: str, findings: Findings) -> "pyproj.CRS | None":
    """Return a coordinate reference system, or None where it is WGS-84 degrees or unknown."""
    import pyproj

    try:
        crs = pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError:
        findings.fault(
            "unknown-crs",
            "",
            text,
            "the coordinate reference system is unknown",
            "name it: --crs EPSG:25832",
        )
        return None
    return None if crs.equals(pyproj.CRS("EPSG:4326"), ignore_axis_order=True) else crs


def to_degrees(crs: "pyproj.CRS", x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Convert positions to latitudes and longitudes; what cannot be converted becomes NaN.

    Args:
        crs: Their coordinate reference system.
        x: Eastings or longitudes.
        y: Northings or latitudes.
    """
    import pyproj

    transformer = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    lon, lat = (np.asarray(v, float) for v in transformer.transform(x, y))
    lost = ~(np.isfinite(lat) & np.isfinite(lon))
    return np.where(lost, np.nan, lat), np.where(lost, np.nan, lon)


def check_numbers(numbers: Numbers, cells: Any, name: str, findings: Findings) -> None:
    """Refuse the rows without a number in a column that must have one."""
    findings.refuse(
        numbers.are(Reading.EMPTY),
        "missing-value",
        name,
        cells,
        "the value is missing",
        "fill it in, or leave the row out",
    )
    findings.refuse(
        numbers.are(Reading.NAN),
        "nan",
        name,
        cells,
        "the value is not a number (NaN)",
        "fill it in, or leave the row out",
    )
    check_text(numbers, cells, name, findings)


def check_text(numbers: Numbers, cells: Any, name: str, findings: Findings) -> None:
    """Refuse the rows with text that is no number."""
    given = ~(numbers.are(Reading.EMPTY) | numbers.are(Reading.NAN))
    findings.refuse(
        numbers.are(Reading.COMMA),
        "decimal-comma",
        name,
        cells,
        "a comma is no decimal mark",
        "write a point, or pass --decimal , if all numbers have a comma",
        among=given,
    )
    findings.refuse(
        numbers.are(Reading.TEXT),
        "non-numeric",
        name,
        cells,
        "the value is no number",
        "write decimal numbers as 52.5163",
        among=given,
    )


def check_positions(
    lat: Axis, lon: Axis, crs: "pyproj.CRS | None", home: Home | None, findings: Findings
) -> tuple[Floats, Floats]:
    """Bring positions to degrees and refuse those that cannot be.

    Args:
        lat: Latitudes or northings.
        lon: Longitudes or eastings.
        crs: Their coordinate reference system if it is not WGS-84 degrees.
        home: As ``find_home`` returns it.
        findings: Takes the problems.

    Returns:
        Latitudes and longitudes in degrees, longitudes in [-180, 180); NaN where refused.
    """
    y, x = lat.values, lon.values
    known = np.isfinite(y) & np.isfinite(x)
    if crs is not None:
        y, x = to_degrees(crs, x, y)
        lost = known & np.isnan(y)
        findings.refuse(
            lost,
            "out-of-range",
            lat.name,
            lat.cells,
            f"the position is not in {crs.name}",
            "check the coordinates and --crs",
        )
        known &= ~lost
    lat, lon = Axis(lat.name, y, lat.cells), Axis(lon.name, x, lon.cells)
    return _check_degrees(lat, lon, known, home, findings)


def is_misread(
    lat: Axis, lon: Axis, crs: "pyproj.CRS | None", stated: bool, findings: Findings
) -> bool:
    """Find out that both columns are something else than positions, and record it as a fault.

    Args:
        lat: Latitudes or northings of all rows; the cells are those of the first known position.
        lon: Longitudes or eastings.
        crs: Their coordinate reference system if it is not WGS-84 degrees.
        stated: The user says what the coordinates are: nothing else is suspected.
        findings: Takes the fault.
    """
    known = np.isfinite(lat.values) & np.isfinite(lon.values)
    if not known.any() or (crs is None and stated):
        return False
    y, x = lat.values[known], lon.values[known]
    if crs is not None:
        if not (crs.is_projected and _are_degrees(y, x)):
            return False
        message = f"positions in {crs.name} look like degrees"
        findings.fault("wrong-crs", lat.name, crs.name, message, "pass --crs EPSG:4326")
        return True
    pair = f"{shorten(lat.cells)}, {shorten(lon.cells)}"
    count = f"({len(y):,} rows)"
    middle = np.median(np.maximum(np.abs(y), np.abs(x)))
    if middle > _SCALED:
        kind, what = "scaled-degrees", "these are degrees times 10^7"
        remedy = "divide both columns by 10,000,000"
    elif middle > _METRES:
        kind, what = "metres", "these are projected metres, not degrees"
        remedy = "name their coordinate reference system: --crs EPSG:25832"
    elif _are_radians(y, x):
        kind, what = "radians", "these are radians, or all in the open sea"
        remedy = "convert to degrees; if these are degrees pass --crs EPSG:4326"
    elif len(y) > 1 and _are_swapped(y, x):
        kind, what = "swapped-columns", "latitude and longitude are swapped"
        remedy = f"pass --map 'lat={lon.name}' --map 'lon={lat.name}'"
    else:
        return False
    findings.fault(kind, lat.name, pair, f"{what} {count}", remedy)
    return True


def _are_degrees(y: Floats, x: Floats) -> bool:
    return bool((np.abs(y) <= 90).all() and (np.abs(x) <= 360).all())


def _are_radians(y: Floats, x: Floats) -> bool:
    """Tell whether all points are in the range of radians and make no sense as degrees.

    As degrees the box of ±1.6 by ±3.2 is open sea in the Gulf of Guinea. Small made-up worlds are
    often laid around 0/0; they are let pass, as are positions that are exactly there.
    """
    away = (y != 0) | (x != 0)
    if not away.any() or (np.abs(y) > _OPEN_SEA[0]).any() or (np.abs(x) > _OPEN_SEA[1]).any():
        return False
    return bool(max(np.abs(y[away]).max(), np.abs(x[away]).max()) > _NULL_ISLAND)


def _are_swapped(y: Floats, x: Floats) -> bool:
    """Tell whether most rows are impossible as they are and all are possible when swapped."""
    impossible = np.abs(y) > 90
    possible = (np.abs(x) <= 90) & (np.abs(y) <= 360)
    return bool(impossible.mean() > 0.5 and possible.all())


def _check_degrees(
    lat: Axis, lon: Axis, known: Bools, home: Home | None, findings: Findings
) -> tuple[Floats, Floats]:
    y, x = lat.values, lon.values
    lat_out, lon_out = _outside(y, x, known)
    swapped = _swapped_rows(y, x, known & ~lat_out & ~lon_out, lat_out, home)
    zero = known & (y == 0) & (x == 0)
    wrapped = known & ~lat_out & ~lon_out & (x > 180)
    findings.refuse(
        swapped,
        "swapped-lat-lon",
        lat.name,
        lat.cells,
        _swap_messages(y, x, swapped),
        "swap the two values in this row",
    )
    findings.refuse(
        lat_out & ~swapped,
        "out-of-range",
        lat.name,
        lat.cells,
        "the latitude is not in -90..90",
        "correct the value",
    )
    findings.refuse(
        lon_out & ~swapped,
        "out-of-range",
        lon.name,
        lon.cells,
        "the longitude is neither in -180..180 nor in 0..360",
        "correct the value",
    )
    findings.refuse(
        zero,
        "zero-position",
        lat.name,
        lat.cells,
        "the position is 0/0, which stands for a missing one",
        "fill it in, or leave the row out",
    )
    findings.note("longitudes beyond 180 (0..360 convention) brought to -180..180", wrapped.sum())
    good = known & ~(lat_out | lon_out | swapped | zero)
    return np.where(good, y, np.nan), _wrapped(np.where(good, x, np.nan))


def _wrapped(x: Floats) -> Floats:
    """Bring longitudes into [-180, 180) and leave those that are there as they are, bit by bit."""
    return np.where((x >= -180) & (x < 180), x, wrap_longitude(x))


def _outside(y: Floats, x: Floats, known: Bools) -> tuple[Bools, Bools]:
    return known & (np.abs(y) > 90), known & ((x < -180) | (x > 360))


def find_home(y: Floats, x: Floats) -> Home | None:
    """Return where a data set lies if most of its rows are within 5 degrees of the median.

    Args:
        y: Latitudes of all rows, degrees; NaN where unknown.
        x: Longitudes of all rows, degrees.
    """
    lat_out, lon_out = _outside(y, x, np.isfinite(y) & np.isfinite(x))
    possible = np.isfinite(y) & np.isfinite(x) & ~lat_out & ~lon_out
    y, x = y[possible], x[possible]
    if len(y) < _FEW:
        return None
    lat, lon = float(np.median(y)), float(np.median(x))
    distance = np.maximum(np.abs(y - lat), np.abs(x - lon))
    local = distance[distance <= _LOCAL_DEG]
    if len(local) < _LOCAL_SHARE * len(y):
        return None
    return Home(lat, lon, max(float(local.max()), _NULL_ISLAND))


def _swapped_rows(
    y: Floats, x: Floats, possible: Bools, impossible: Bools, home: Home | None
) -> Bools:
    """Find rows whose two values were probably exchanged.

    Of a data set that lies around one place, these are the rows far away that would be at home
    when exchanged. Of any other, they are the rows that are impossible as they are and possible
    when exchanged.
    """
    exchangeable = impossible & (np.abs(x) <= 90) & (np.abs(y) <= 180)
    if home is None:
        return exchangeable
    distance = np.maximum(np.abs(y - home.lat), np.abs(x - home.lon))
    mirrored = np.maximum(np.abs(x - home.lat), np.abs(y - home.lon))
    stray = possible & (distance > 2 * home.reach) & (mirrored <= home.reach)
    return np.asarray(stray | (exchangeable & (mirrored <= _LOCAL_DEG)))


def _swap_messages(y: Floats, x: Floats, rows: Bools) -> dict[int, str]:
    return {
        row: f"latitude {y[row]:g} and longitude {x[row]:g} are probably swapped"
        for row in np.flatnonzero(rows).tolist()
    }
