"""Numbers, times and column names out of what people write."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geobench_tools.errors import InputError
from geobench_tools.views._columns import USUAL_NAMES, map_columns, parse_mapping
from geobench_tools.views._numbers import Reading, parse_numbers
from geobench_tools.views._times import TimeReading, check_timezone, parse_times

SPACES = st.sampled_from(["", " ", "\t", "  "])
TEXTS = st.text(max_size=12)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
DATES = st.datetimes(datetime(1800, 1, 1), datetime(2200, 1, 1))


def reading(text: str) -> Reading:
    return Reading(int(parse_numbers(pa.array([text], pa.string())).reading[0]))


@given(st.lists(st.tuples(SPACES, st.floats(allow_nan=False, allow_infinity=False), SPACES)))
def test_every_written_float_is_read_back_exactly(cells: list[tuple[str, float, str]]) -> None:
    texts = [f"{before}{value!r}{after}" for before, value, after in cells]
    numbers = parse_numbers(pa.array(texts, pa.string()))
    assert numbers.are(Reading.NUMBER).all()
    assert numbers.values.tolist() == [value for _, value, _ in cells]


@given(st.lists(TEXTS))
def test_one_bad_cell_never_changes_how_another_is_read(texts: list[str]) -> None:
    together = parse_numbers(pa.array([*texts, "1.5", "x"], pa.string()))
    alone = [reading(text) for text in texts]
    assert [Reading(int(r)) for r in together.reading] == [*alone, Reading.NUMBER, Reading.TEXT]
    assert np.isfinite(together.values[together.are(Reading.NUMBER)]).all()
    assert np.isnan(together.values[~together.are(Reading.NUMBER)]).all()


@given(st.integers(-999, 999), st.integers(0, 10**7))
def test_a_decimal_comma_is_seen_and_read_on_demand(whole: int, part: int) -> None:
    text = pa.array([f"{whole},{part}"])
    assert parse_numbers(text).are(Reading.COMMA).all()
    assert parse_numbers(text, ",").values.tolist() == [float(f"{whole}.{part}")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Reading.EMPTY),
        ("  ", Reading.EMPTY),
        ("N/A", Reading.EMPTY),
        ("null", Reading.EMPTY),
        ("-", Reading.EMPTY),
        ("nan", Reading.NAN),
        ("NaN", Reading.NAN),
        ("inf", Reading.TEXT),
        ("1e999", Reading.TEXT),
        ("1_000", Reading.TEXT),
        ("0x1f", Reading.TEXT),
        ("52°31'", Reading.TEXT),
        ("1,000.5", Reading.TEXT),
        ("+5.", Reading.NUMBER),
        (".5", Reading.NUMBER),
        ("5e-3", Reading.NUMBER),
        ("٣", Reading.TEXT),
    ],
)
def test_what_is_a_number(text: str, expected: Reading) -> None:
    assert reading(text) == expected


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([1, None, 3]), [Reading.NUMBER, Reading.EMPTY, Reading.NUMBER]),
        (pa.array([1.5, float("nan"), float("inf")]), [Reading.NUMBER, Reading.NAN, Reading.TEXT]),
        (pa.array([Decimal("1.5"), None]), [Reading.NUMBER, Reading.EMPTY]),
        (pa.array([True, None]), [Reading.TEXT, Reading.EMPTY]),
        (pa.array([[1.0], None]), [Reading.TEXT, Reading.EMPTY]),
        (pa.array(["2", "x"]).dictionary_encode(), [Reading.NUMBER, Reading.TEXT]),
        (pa.chunked_array([["2"], ["x"]]), [Reading.NUMBER, Reading.TEXT]),
        (pa.nulls(1), [Reading.EMPTY]),
    ],
)
def test_numbers_of_any_type(column: pa.Array, expected: list[Reading]) -> None:
    assert parse_numbers(column).reading.tolist() == expected


def stamp(moment: datetime) -> int:
    return (moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@given(st.lists(st.tuples(DATES, ZONES, st.sampled_from(["T", " "]))))
def test_iso_times_with_offset_agree_with_the_standard_library(
    cells: list[tuple[datetime, timezone, str]],
) -> None:
    moments = [date.replace(tzinfo=zone) for date, zone, _ in cells]
    texts = [moment.isoformat(sep=sep) for moment, (_, _, sep) in zip(moments, cells, strict=True)]
    times = parse_times(pa.array(texts, pa.string()))
    assert times.are(TimeReading.TIME).all()
    assert times.microseconds.tolist() == [stamp(moment) for moment in moments]


@given(st.lists(DATES, min_size=1))
def test_naive_times_need_a_zone(dates: list[datetime]) -> None:
    texts = pa.array([date.isoformat() for date in dates])
    assert parse_times(texts).are(TimeReading.NAIVE).all()
    for column in (texts, pa.array(dates, pa.timestamp("us"))):
        times = parse_times(column, "UTC")
        assert times.microseconds.tolist() == [stamp(date.replace(tzinfo=UTC)) for date in dates]


@given(st.lists(TEXTS), st.sampled_from([None, "Europe/Berlin"]))
def test_any_text_is_read_or_refused_on_its_own(texts: list[str], zone: str | None) -> None:
    good = "2020-05-01T12:00:00Z"
    together = parse_times(pa.array([*texts, good]), zone)
    alone = [int(parse_times(pa.array([text]), zone).reading[0]) for text in texts]
    assert together.reading.tolist() == [*alone, TimeReading.TIME]
    assert together.microseconds[-1] == stamp(datetime.fromisoformat(good))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020:05:01 12:00:00", "2020-05-01T10:00:00+00:00"),
        ("2020:05:01 12:00:00+05:30", "2020-05-01T06:30:00+00:00"),
        ("2020/05/01 12:00", "2020-05-01T10:00:00+00:00"),
        ("2020-05-01", "2020-04-30T22:00:00+00:00"),
        ("2020-05-01T12:00:00.1234567Z", "2020-05-01T12:00:00.123456+00:00"),
        ("2020-05-01 12:00:00 UTC", "2020-05-01T12:00:00+00:00"),
        ("2020-05-01T12:00:00-0800", "2020-05-01T20:00:00+00:00"),
        ("1588334400", "2020-05-01T12:00:00+00:00"),
        ("1588334400123", "2020-05-01T12:00:00.123000+00:00"),
    ],
)
def test_forms_of_time(text: str, expected: str) -> None:
    times = parse_times(pa.array([text]), "Europe/Berlin")
    assert times.are(TimeReading.TIME).all()
    assert times.microseconds.tolist() == [stamp(datetime.fromisoformat(expected))]


@pytest.mark.parametrize(
    "text",
    [
        *("2020-13-01", "2020-02-30T00:00:00Z", "2019-02-29", "2020-05-01T24:00:00Z"),
        *("2020-05-01T12:60:00Z", "2020-05-01T12:00:00+15:00", "01/05/2020", "20200501", "12:00"),
        *("2020", "5", "May 2020", "2020-05-01T12:00:00Zulu"),
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert parse_times(pa.array([text]), "UTC").are(TimeReading.UNPARSABLE).all()


@pytest.mark.parametrize("text", ["", "NA", "0000:00:00 00:00:00", "NaT"])
def test_what_is_an_unknown_time(text: str) -> None:
    assert parse_times(pa.array([text]), "UTC").are(TimeReading.EMPTY).all()


def test_times_that_the_clocks_skip_or_show_twice() -> None:
    texts = pa.array(["2020-03-29 02:30:00", "2020-10-25 02:30:00", "2020-10-25 03:30:00"])
    times = parse_times(texts, "Europe/Berlin")
    assert times.reading.tolist() == [TimeReading.NONEXISTENT, TimeReading.TIME, TimeReading.TIME]
    assert times.ambiguous.tolist() == [False, True, False]
    assert times.microseconds[1] == stamp(datetime(2020, 10, 25, 0, 30, tzinfo=UTC))


def test_typed_times() -> None:
    moment = datetime(2020, 5, 1, 12, tzinfo=UTC)
    for kind in (pa.timestamp("ns", "UTC"), pa.timestamp("s", "America/Lima")):
        times = parse_times(pa.array([moment, None], kind))
        assert times.reading.tolist() == [TimeReading.TIME, TimeReading.EMPTY]
        assert times.microseconds[0] == stamp(moment)
    assert parse_times(pa.array([moment.date()])).are(TimeReading.NAIVE).all()
    epoch = parse_times(pa.array([1588334400.0, 1588334400e3, 12.0, None]))
    assert epoch.epoch == {"seconds": 1, "milliseconds": 1}
    assert epoch.microseconds.tolist()[:2] == [stamp(moment)] * 2
    assert epoch.reading.tolist()[2:] == [TimeReading.UNPARSABLE, TimeReading.EMPTY]


def test_zone_names_are_checked() -> None:
    check_timezone("Europe/Berlin")
    with pytest.raises(InputError, match="no time zone"):
        check_timezone("Europe/Atlantis")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Latitude", "LONGITUDE"], {"lat": "Latitude", "lon": "LONGITUDE"}),
        (["GPS Latitude", "gps_longitude"], {"lat": "GPS Latitude", "lon": "gps_longitude"}),
        (["y", "x"], {"lat": "y", "lon": "x"}),
        (["y", "x", "geometry"], {"footprint": "geometry"}),
        (["lat", "latitude", "lng"], {"lat": "lat", "lon": "lng"}),
        (["pred_latitude", "pred_longitude"], {}),
        (["north"], {}),
        (
            ["minx", "miny", "maxx", "maxy"],
            {"west": "minx", "south": "miny", "east": "maxx", "north": "maxy"},
        ),
        (["image_id", "image_path"], {"view_id": "image_id", "image": "image_path"}),
    ],
)
def test_usual_names_are_recognised(names: list[str], expected: dict[str, str]) -> None:
    columns = map_columns(names, {})
    assert columns.used == expected
    assert columns.guessed == set(expected)
    assert set(columns.unused) == set(names) - set(expected.values())


@given(st.lists(st.text(max_size=8) | st.sampled_from(sorted(USUAL_NAMES)), unique=True))
def test_guessing_uses_each_column_once(names: list[str]) -> None:
    columns = map_columns(names, {})
    used = list(columns.used.values())
    assert len(used) == len(set(used))
    assert sorted([*used, *columns.unused]) == sorted(names)


def test_the_users_mapping_comes_first() -> None:
    names = ["lat", "lon", "true_lat", "id", "seq"]
    columns = map_columns(
        names, parse_mapping(["lat=true_lat", "image={seq}/{id}.jpg", "captured_at="])
    )
    assert columns.used == {
        "view_id": "id",
        "lat": "true_lat",
        "lon": "lon",
        "image": "{seq}/{id}.jpg",
    }
    assert columns.unused == ("lat",)
    assert map_columns(names, {"lat": "Lat", "image": "{nr}.jpg"}).missing == {
        "lat": "Lat",
        "image": "nr",
    }


@pytest.mark.parametrize("pair", ["lat", "latitude=lat", "bbox=b"])
def test_a_wrong_mapping_is_refused(pair: str) -> None:
    with pytest.raises(InputError):
        parse_mapping([pair])
    with pytest.raises(InputError, match="twice"):
        parse_mapping(["lat=a", "lat=b"])
