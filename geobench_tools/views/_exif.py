"""Where, when and how a photo was taken, from its EXIF and XMP metadata."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from geobench_tools.strictjson import parse_json
from geobench_tools.views._folders import Unreadable
from geobench_tools.views._images import BROKEN_IMAGE

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["USER_RANGE_ERROR_M", "PhotoFacts", "photo_facts"]

USER_RANGE_ERROR_M = 5.0
"""Standard error of one satellite range, metres: an assumption for receivers under open sky.

The standard error of a position is this times the dilution of precision; among houses it is larger.
"""

_EXIF, _GPS = 0x8769, 0x8825
_LAT_REF, _LAT, _LON_REF, _LON = 1, 2, 3, 4
_TIME, _STATUS, _DOP, _DIRECTION_REF, _DIRECTION, _DATUM = 7, 9, 11, 16, 17, 18
_DATE, _POSITIONING_ERROR = 29, 31
_DESCRIPTION, _ORIENTATION = 0x010E, 0x0112
_ORIGINAL, _DIGITIZED, _OFFSET, _OFFSET_DIGITIZED = 0x9003, 0x9004, 0x9011, 0x9012
_SUBSEC, _SUBSEC_DIGITIZED, _FOCAL_35MM = 0x9291, 0x9292, 0xA405

_NEAR_WGS84 = ("", "WGS84", "WGS1984", "WGS84G873", "ETRS89", "NAD83", "JGD2000", "JGD2011")
"""Datums within about two metres of WGS-84."""

_ADD_POSITION = "add the position to the file, or list the photo in a table with lat and lon"
_XMP_LIMIT = 1 << 18
_DESCRIPTION_LIMIT = 1 << 16


@dataclass(frozen=True)
class PhotoFacts:
    """What the metadata of a photo states.

    Attributes:
        lat: Latitude, degrees.
        lon: Longitude, degrees.
        captured_at: ISO 8601, without offset where the file does not say its time zone, or None.
        heading_deg: Direction of the view, degrees clockwise from north, or None.
        gps_error_m: Standard error of the position, metres, or None.
        altitude_m: Height above the take-off point (drones), metres, or None.
        pitch_deg: Camera pitch (drones), -90 straight down, or None.
        focal_35mm: Focal length in 35 mm equivalent, millimetres, or None.
        notes: What is worth telling and no fault.
    """

    lat: float
    lon: float
    captured_at: str | None
    heading_deg: float | None
    gps_error_m: float | None
    altitude_m: float | None
    pitch_deg: float | None
    focal_35mm: float | None
    notes: tuple[str, ...]


def photo_facts(image: "Image.Image") -> PhotoFacts:
    """Read the metadata of an opened image without decoding its pixels.

    Position: GPSLatitude and GPSLongitude with their references. Heading: GPSImgDirection, else
    the Mapillary app's TrueHeading, else the DJI gimbal's yaw, else GPano:PoseHeadingDegrees.
    Error: GPSHPositioningError, else the Mapillary app's accuracy, else GPSDOP times
    ``USER_RANGE_ERROR_M``. Time: DateTimeOriginal (else DateTimeDigitized) with its offset, else
    GPS date and time (UTC), else the former without offset, else the Mapillary app's (UTC).

    Raises:
        Unreadable: There is no usable position.
    """
    try:
        exif = _exif(image)
        tags, gps = _plain(exif), _plain(exif.get_ifd(_GPS))
        detail = _plain(exif.get_ifd(_EXIF))
    except BROKEN_IMAGE as error:
        raise Unreadable("broken-exif", f"unreadable EXIF: {error}", _ADD_POSITION) from None
    lat = _coordinate(gps, _LAT, _LAT_REF, "NS", "lat", "GPSLatitude")
    lon = _coordinate(gps, _LON, _LON_REF, "EW", "lon", "GPSLongitude")
    _check_datum(_text(gps.get(_DATUM)))
    app = _mapillary(_text(tags.get(_DESCRIPTION)))
    xmp = _xmp(image)
    notes = []
    if _text(gps.get(_STATUS)) == "V":
        notes.append("positions that the receiver marked as void")
    if _number(tags.get(_ORIENTATION)) not in (None, 1.0):
        notes.append("images to be turned by EXIF Orientation; sizes are as stored")
    heading = _number(gps.get(_DIRECTION))
    if heading is not None:
        reference = _text(gps.get(_DIRECTION_REF)).upper()
        if reference == "M":
            notes.append("headings relative to magnetic north, kept as they are")
        elif reference != "T":
            notes.append("headings that do not say which north they mean")
    else:
        heading = app.get("heading")
        if heading is not None:
            notes.append("headings of the Mapillary app")
        for name in ("GimbalYawDegree", "PoseHeadingDegrees"):
            heading = xmp.get(name) if heading is None else heading
    focal = _number(detail.get(_FOCAL_35MM))
    return PhotoFacts(
        lat=lat,
        lon=lon,
        captured_at=_captured_at(detail, gps) or _app_time(app.get("time")),
        heading_deg=None if heading is None else heading % 360.0,
        gps_error_m=_gps_error(gps, app.get("accuracy")),
        altitude_m=xmp.get("RelativeAltitude"),
        pitch_deg=xmp.get("GimbalPitchDegree"),
        focal_35mm=focal if focal and focal > 0 else None,
        notes=tuple(notes),
    )


def _exif(image: "Image.Image") -> "Image.Exif":
    from PIL import Image

    if image.format == "PNG" and not {"exif", "Raw profile type exif"} & set(image.info):
        return Image.Exif()
    return image.getexif()


def _plain(values: Mapping[int, Any]) -> dict[int, object]:
    return dict(values.items())


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", errors="replace")
    return value.strip("\0 \t\r\n") if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    """A finite number, or None: a missing tag, text, or a rational over zero."""
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, str | bytes | tuple) or value is None:
        return None
    number = float(value)  # type: ignore[arg-type]
    return number if math.isfinite(number) else None


def _coordinate(
    gps: Mapping[int, object], tag: int, reference_tag: int, letters: str, column: str, name: str
) -> float:
    """Degrees, minutes and seconds, any of the latter two left out or folded into the degrees."""
    value = gps.get(tag)
    if value is None:
        raise Unreadable("no-position", f"no {name} in the EXIF", _ADD_POSITION, column)
    parts = value if isinstance(value, tuple) else (value,)
    numbers = [_number(part) for part in parts]
    shown = ", ".join(_rational(part) for part in parts)
    if not 1 <= len(numbers) <= 3 or any(number is None for number in numbers):
        raise Unreadable(
            "unreadable-position", f"{name} has no value", _ADD_POSITION, column, shown
        )
    degrees, minutes, seconds = ([n for n in numbers if n is not None] + [0.0, 0.0])[:3]
    reference = _text(gps.get(reference_tag))[:1].upper()
    if reference not in tuple(letters):
        raise Unreadable(
            "no-position-reference",
            f"{name}Ref is {reference!r}, not {letters[0]} or {letters[1]}: the sign is unknown",
            _ADD_POSITION,
            column,
            shown,
        )
    if degrees < 0 or not (0 <= minutes <= 60 and 0 <= seconds <= 60):
        raise Unreadable(
            "unreadable-position",
            f"{name} is not degrees, minutes and seconds without sign",
            _ADD_POSITION,
            column,
            f"{shown} {reference}",
        )
    total = degrees + minutes / 60.0 + seconds / 3600.0
    return -total if reference == letters[1] else total


def _rational(value: object) -> str:
    numerator, denominator = getattr(value, "numerator", None), getattr(value, "denominator", None)
    if denominator == 0:
        return f"{numerator}/{denominator}"
    number = _number(value)
    return repr(value)[:40] if number is None else f"{number:.10g}"


def _check_datum(name: str) -> None:
    key = re.sub(r"[^A-Z0-9]", "", name.upper())
    if key not in _NEAR_WGS84 and not re.fullmatch(r"WGS84G?\d*", key):
        raise Unreadable(
            "other-datum",
            "GPSMapDatum is not WGS-84",
            "transform the position to WGS-84",
            "lat",
            name[:40],
        )


def _gps_error(gps: Mapping[int, object], app_accuracy: float | None) -> float | None:
    stated = _number(gps.get(_POSITIONING_ERROR))
    if stated is not None and stated > 0:
        return stated
    if app_accuracy is not None and app_accuracy > 0:
        return app_accuracy
    dilution = _number(gps.get(_DOP))
    return dilution * USER_RANGE_ERROR_M if dilution is not None and dilution > 0 else None


def _captured_at(detail: Mapping[int, object], gps: Mapping[int, object]) -> str | None:
    local = offset = fraction = ""
    for time_tag, offset_tag, fraction_tag in (
        (_ORIGINAL, _OFFSET, _SUBSEC),
        (_DIGITIZED, _OFFSET_DIGITIZED, _SUBSEC_DIGITIZED),
    ):
        local = _text(detail.get(time_tag))
        if re.search(r"[1-9]", local):
            offset = _text(detail.get(offset_tag))
            fraction = _text(detail.get(fraction_tag))
            break
        local = ""
    if local and fraction.isdecimal() and fraction.isascii():
        local = f"{local}.{fraction}"
    if local and re.fullmatch(r"[+-]\d\d:\d\d|Z", offset):
        return local + offset
    return _gps_time(gps) or local or None


def _gps_time(gps: Mapping[int, object]) -> str | None:
    date = re.fullmatch(r"(\d{4})\D(\d\d)\D(\d\d)", _text(gps.get(_DATE)))
    clock = gps.get(_TIME)
    parts = [_number(part) for part in clock] if isinstance(clock, tuple) else []
    if not date or len(parts) != 3 or any(part is None for part in parts):
        return None
    hours, minutes, seconds = (part for part in parts if part is not None)
    try:
        year, month, day = (int(group) for group in date.groups())
        midnight = datetime(year, month, day, tzinfo=UTC)
        time = midnight + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    except (ValueError, OverflowError):
        return None
    return time.isoformat()


def _mapillary(description: str) -> dict[str, Any]:
    """Heading, accuracy and UTC time that the Mapillary app keeps in ImageDescription."""
    if not description.startswith('{"MAP') or len(description) > _DESCRIPTION_LIMIT:
        return {}
    try:
        values = parse_json(description)
    except ValueError:
        return {}
    compass = values.get("MAPCompassHeading")
    heading = compass.get("TrueHeading") if isinstance(compass, dict) else None
    return {
        "heading": _parsed(heading),
        "accuracy": _parsed(values.get("MAPGPSAccuracyMeters")),
        "time": values.get("MAPCaptureTime"),
    }


def _parsed(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _app_time(value: object) -> str | None:
    match = re.fullmatch(
        r"(\d{4})_(\d\d)_(\d\d)_(\d\d)_(\d\d)_(\d\d)(?:_(\d{1,6}))?", str(value), re.ASCII
    )
    if not match:
        return None
    year, month, day, hour, minute, second, fraction = match.groups()
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}.{fraction or 0}+00:00"


def _xmp(image: "Image.Image") -> dict[str, float]:
    """Numbers of the drone and panorama tags; the packet is searched as text, never as XML."""
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    raw = packet.encode() if isinstance(packet, str) else packet
    text = raw[:_XMP_LIMIT].decode(errors="replace") if isinstance(raw, bytes) else ""
    found: dict[str, float] = {}
    for name, value in _XMP_TAGS.findall(text):
        number = _parsed(value)
        if number is not None:
            found.setdefault(name, number)
    return found


_XMP_TAGS = re.compile(
    r"\b(?:drone-dji|GPano):(RelativeAltitude|GimbalYawDegree|GimbalPitchDegree|PoseHeadingDegrees)"
    r"\s{0,8}(?:=\s{0,8}[\"']|>)\s{0,8}([+-]?[0-9]{1,9}(?:\.[0-9]{1,12})?)\s{0,8}(?:[\"']|<)"
)
