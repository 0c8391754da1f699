"""Errors of position: how many lie within a distance, and where they lie on the globe."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geobench_tools.counter_random import hash_strings
from geobench_tools.evaluation import SampleRecord
from geobench_tools.geo import geodesic_m
from geobench_tools.reports._page import Html, card, escape

__all__ = ["distance_chart", "error_map"]

_MOST = 1500
_AXIS_KM = (0.1, 20_100.0)


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
            f'<circle class="guess" cx="{guess[1]:.2f}" cy="{-guess[0]:.2f}" r="0.8">'
            f"<title>{title}</title></circle>"
        )
    dots = "".join(
        f'<circle class="truth" cx="{lon:.2f}" cy="{-lat:.2f}" r="0.8"/>' for lat, lon in truths
    )
    said = f"{len(drawn):,} of {len(placed):,} samples drawn, {len(pairs):,} with a predicted place"
    return card(
        f'<svg class="world" viewBox="-180 -90 360 180" role="img" aria-label="{said}">'
        f"{_graticule()}{''.join(lines)}{dots}{''.join(rings)}</svg>"
        '<p class="legend small muted"><span><b class="good">●</b> true place</span>'
        '<span><b class="bad">○</b> predicted place</span>'
        f"<span>— error; hover for its length</span><span>{said}</span></p>",
        title="Map of errors",
        level=2,
    )


def distance_chart(records: Sequence[SampleRecord]) -> Html:
    """Return the share of all samples within a distance, on a logarithmic axis, as a curve."""
    placed = [(t, _guess(record)) for record in records if (t := _position(record.target))]
    if not placed:
        return Html()
    ends = np.array([(*truth, *guess) for truth, guess in placed if guess], float).reshape(-1, 4)
    km = np.sort(geodesic_m(*ends.T) / 1000.0)
    limits = np.geomspace(*_AXIS_KM, 161)
    shares = np.searchsorted(km, limits, side="right") / len(placed)
    points = [
        f"{_x(limit):.1f} {_y(share):.1f}" for limit, share in zip(limits, shares, strict=True)
    ]
    marks = "".join(
        f'<path class="grid" d="M{_x(limit):.1f} {_y(1):.1f}V{_y(0):.1f}"/>'
        f'<text x="{_x(limit):.1f}" y="214" text-anchor="middle">{limit:,} km</text>'
        for limit in (1, 25, 200, 750, 2500, 20000)
    ) + "".join(
        f'<path class="grid" d="M{_x(_AXIS_KM[0]):.1f} {_y(share):.1f}H{_x(_AXIS_KM[1]):.1f}"/>'
        f'<text x="36" y="{_y(share) + 4:.1f}" text-anchor="end">{100 * share:.0f} %</text>'
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    )
    said = f"share of all {len(placed):,} samples within a distance; {len(km):,} have one"
    return card(
        f'<svg class="chart" viewBox="0 0 736 222" role="img" aria-label="{said}">{marks}'
        f'<path class="curve" d="M{"L".join(points)}"/></svg>'
        f'<p class="small muted">{said}.</p>',
        title="Within a distance",
        level=2,
    )


def _x(km: float) -> float:
    low, high = _AXIS_KM
    return 42 + 650 * math.log(km / low) / math.log(high / low)


def _y(share: float) -> float:
    return 198 - 188 * share


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
