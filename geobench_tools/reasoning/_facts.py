"""What is known about the question that a trace answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

__all__ = ["TraceFacts", "facts_of_view"]


@dataclass(frozen=True)
class TraceFacts:
    """The truth that a trace is checked against; whatever is None or empty is not known.

    Attributes:
        lat: Latitude of the (ground) view, WGS-84 degrees.
        lon: Longitude, degrees.
        accuracy_m: Standard error of the position, metres.
        captured_at: Time of capture; without a zone it is taken as UTC.
        heading_deg: Direction the camera looks, degrees clockwise from north.
        places: Names that the data give for the place: city, region, country.
        bearing_deg: Direction from the first view to the second, degrees clockwise from north.
        distance_m: Distance from the first view to the second, metres.
        candidates: Labels of the candidates in order, as "A", "B" …
        answer: The right label.
        scene: Facts of the scene as a JSON object: the rendered world's ``scene_facts`` and
            ``view_facts`` merged; of any other mapping ``driving_side``, ``climate``, ``sun``
            (``azimuth_deg``, ``altitude_deg``), ``street`` and ``visible`` in their form.
        identifiers: Names that a viewer cannot see: view and tile ids, file names.
    """

    lat: float | None = None
    lon: float | None = None
    accuracy_m: float = 0.0
    captured_at: datetime | None = None
    heading_deg: float | None = None
    places: tuple[str, ...] = ()
    bearing_deg: float | None = None
    distance_m: float | None = None
    candidates: tuple[str, ...] = ()
    answer: str | None = None
    scene: Mapping[str, Any] = field(default_factory=dict)
    identifiers: tuple[str, ...] = ()

    @property
    def position(self) -> tuple[float, float] | None:
        """Latitude and longitude, if both are known."""
        return None if self.lat is None or self.lon is None else (self.lat, self.lon)


def facts_of_view(
    row: Mapping[str, Any],
    *,
    other: Mapping[str, Any] | None = None,
    candidates: Sequence[str] = (),
    answer: str | None = None,
    scene: Mapping[str, Any] | None = None,
) -> TraceFacts:
    """Return what a row of a view table says.

    Args:
        row: The (ground) view, with the columns of ``views.COLUMNS`` as far as they are known;
            city, region and country columns are taken as place names too.
        other: The second view, for the bearing and the distance between them; its names join the
            identifiers.
        candidates: Labels of the candidates.
        answer: The right label.
        scene: Facts of the scene.
    """
    lat, lon = _number(row.get("lat")), _number(row.get("lon"))
    bearing = distance = None
    if other is not None and lat is not None and lon is not None:
        far = _number(other.get("lat")), _number(other.get("lon"))
        if far[0] is not None and far[1] is not None:
            from geobench_tools.geo import bearing_deg, haversine_m

            bearing = float(bearing_deg(lat, lon, far[0], far[1]))
            distance = float(haversine_m(lat, lon, far[0], far[1]))
    names = [row.get(name) for name in _PLACE_COLUMNS]
    return TraceFacts(
        lat=lat,
        lon=lon,
        accuracy_m=_number(row.get("gps_error_m")) or 0.0,
        captured_at=_time(row.get("captured_at")),
        heading_deg=_number(row.get("heading_deg")),
        places=tuple(dict.fromkeys(str(name) for name in names if name)),
        bearing_deg=bearing,
        distance_m=distance,
        candidates=tuple(candidates),
        answer=answer,
        scene=dict(scene or {}),
        identifiers=tuple(
            dict.fromkeys(
                str(value)
                for view in (row, other or {})
                for name in _IDENTIFIERS
                if (value := view.get(name))
            )
        ),
    )


_PLACE_COLUMNS = ("place", "city", "region", "admin1", "country")
_IDENTIFIERS = ("view_id", "tile_id", "image")


def _number(value: Any) -> float | None:
    if value is None or value == "":
        return None
    number = float(value)
    return number if number == number else None


def _time(value: Any) -> datetime | None:
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if value else None
    if value is None or not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
