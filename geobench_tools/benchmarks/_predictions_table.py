"""Replies made elsewhere in a CSV table: GLOBE's output, or columns of predicted positions."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from geobench_tools.benchmarks._csv import csv_rows
from geobench_tools.benchmarks._pictures import picture_name
from geobench_tools.errors import InputError
from geobench_tools.strictjson import parse_json

__all__ = ["TEXTS", "table_entries"]

_IDS = ("sample_id", "img_id", "id", "image_id")
TEXTS = ("text", "reply", "response", "prediction", "output")
_LATS = ("pred_latitude", "pred_lat")
_LONS = ("pred_longitude", "pred_lon", "pred_lng")
_LAYOUT = "columns: sample_id (or IMG_ID, id) and text (or prediction), or pred_lat and pred_lon"


def table_entries(path: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Yield row number and ``{"sample_id": …, "text": …}`` of each row.

    Positions, in degrees, become the reply ``{"latitude": …, "longitude": …}``.

    Raises:
        InputError: The table cannot be read or lacks a column, or a position is no number.
    """
    with csv_rows(path, _LAYOUT) as reader:
        known = {str(name).strip().lower(): name for name in reader.fieldnames or ()}
        name, text, lat, lon = (_found(known, one) for one in (_IDS, TEXTS, _LATS, _LONS))
        if not name or not (text or (lat and lon)):
            raise InputError(f"{path} is no table of replies", hint=_LAYOUT)
        for number, row in enumerate(reader, 2):
            reply = (
                _content(row[text] or "")
                if text
                else _position(row[lat], row[lon], f"{path}, row {number}")
            )
            yield number, {"sample_id": picture_name(row[name] or ""), "text": reply}


def _found(known: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((known[name] for name in names if name in known), "")


def _content(text: str) -> str:
    """GLOBE writes a reply as ``{"data": reply}``."""
    if text.startswith('{"data":'):
        try:
            data = parse_json(text)["data"]
        except ValueError:
            return text
        return data if isinstance(data, str) else ""
    return text


def _position(lat: str | None, lon: str | None, where: str) -> str:
    if not lat or not lon:
        return ""
    try:
        return json.dumps({"latitude": float(lat), "longitude": float(lon)})
    except ValueError:
        raise InputError(
            f"{where}: ({lat}, {lon}) is no position in degrees", hint=_LAYOUT
        ) from None
