"""Errors on the globe: a line from each true place to the predicted one, on a plain graticule."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geobench_tools.counter_random import hash_strings
from geobench_tools.evaluation import SampleRecord
from geobench_tools.geo import geodesic_m
from geobench_tools.reports._page import Html, escape

__all__ = ["error_map"]

_MOST = 1500


def error_map(records: Sequence[SampleRecord]) -> Html:
    """Return the map, or nothing for benchmarks without positions.

    Equirectangular, 1 unit a degree; a line follows the shorter way round and is cut at the edges.
    Of more than 1,500 samples a fixed selection is drawn.
    """
    placed = [record for record in records if _position(record.target)]
    if not placed:
        return Html()
    drawn = placed
    if len(placed) > _MOST:
        order = np.argsort(hash_strings([record.sample_id for record in placed]), kind="stable")
        drawn = [placed[i] for i in sorted(order[:_MOST])]
    truths = [_position(record.target) or (0.0, 0.0) for record in drawn]
    guesses = [_guess(record) for record in drawn]
    pairs = [(t, g, r.sample_id) for t, g, r in zip(truths, guesses, drawn, strict=True) if g]
    ends = np.array([(*truth, *guess) for truth, guess, _ in pairs], float).reshape(-1, 4)
    lines, rings = [], []
    for (truth, guess, name), metres in zip(pairs, geodesic_m(*ends.T), strict=True):
        title = escape(f"{name}: {metres / 1000:,.1f} km")
        path = "".join(_path(*truth, *guess))
        lines.append(f'<path class="error" d="{path}"><title>{title}</title></path>')
        rings.append(
            f'<circle class="guess" cx="{guess[1]:.2f}" cy="{-guess[0]:.2f}" r="0.9">'
            f"<title>{title}</title></circle>"
        )
    dots = "".join(
        f'<circle class="truth" cx="{lon:.2f}" cy="{-lat:.2f}" r="0.9"/>' for lat, lon in truths
    )
    said = f"{len(drawn):,} of {len(placed):,} samples drawn, {len(pairs):,} with a predicted place"
    return Html(
        '<section class="card gap"><h2 class="flush">Map of errors</h2>'
        f'<svg class="world" viewBox="-180 -90 360 180" role="img" aria-label="{said}">'
        f"{_graticule()}{''.join(lines)}{dots}{''.join(rings)}</svg>"
        '<p class="legend small muted"><span><b class="good">●</b> true place</span>'
        '<span><b class="bad">○</b> predicted place</span>'
        f"<span>— error; hover for its length</span><span>{said}</span></p></section>"
    )


def _guess(record: SampleRecord) -> tuple[float, float] | None:
    readable = record.status == "ok" and record.reading is not None
    return _position(record.reading.value) if readable and record.reading else None


def _position(value: object) -> tuple[float, float] | None:
    if not isinstance(value, Mapping):
        return None
    fields: Mapping[str, Any] = value
    lat, lon = fields.get("lat"), fields.get("lon")
    there = isinstance(lat, int | float) and isinstance(lon, int | float)
    return (float(lat), float(lon)) if there and lat is not None and lon is not None else None


def _path(lat1: float, lon1: float, lat2: float, lon2: float) -> list[str]:
    if abs(lon2 - lon1) <= 180:
        return [f"M{lon1:.2f} {-lat1:.2f}L{lon2:.2f} {-lat2:.2f}"]
    turn = 360.0 if lon1 > lon2 else -360.0
    return [
        f"M{lon1:.2f} {-lat1:.2f}L{lon2 + turn:.2f} {-lat2:.2f}",
        f"M{lon1 - turn:.2f} {-lat1:.2f}L{lon2:.2f} {-lat2:.2f}",
    ]


def _graticule() -> str:
    meridians = "".join(f"M{lon} -90V90" for lon in range(-150, 180, 30))
    parallels = "".join(f"M-180 {lat}H180" for lat in range(-60, 90, 30))
    names = "".join(
        f'<text x="{lon + 1}" y="88">{abs(lon)}°{"W" if lon < 0 else "E" if lon else ""}</text>'
        for lon in range(-120, 180, 60)
    ) + "".join(
        f'<text x="-179" y="{-lat - 1}">{abs(lat)}°{"S" if lat < 0 else "N" if lat else ""}</text>'
        for lat in (-60, -30, 0, 30, 60)
    )
    return f'<path class="graticule" d="{meridians}{parallels}"/>{names}'
