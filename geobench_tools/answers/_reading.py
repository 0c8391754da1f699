"""What reading a reply yields."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Kind", "Reading", "Span", "Status", "Value"]

Kind = Literal["mcq", "index", "bool", "count", "bbox", "multi", "country", "place", "latlon"]

Status = Literal[
    "ok",
    "swapped",
    "wrapped",
    "reordered",
    "partial",
    "no_answer",
    "ambiguous",
    "refusal",
    "truncated",
    "empty",
    "invalid",
    "out_of_range",
    "incomplete",
    "error",
]

Value = (
    str
    | int
    | bool
    | tuple[float, float]
    | list[str]
    | list[list[float]]
    | dict[str, str | float]
    | None
)

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read out of a reply.

    Attributes:
        value: The answer, or None where there is none. By kind: ``mcq`` an option's key, ``index``
            a number from 1, ``bool`` a truth value, ``count`` a whole number, ``bbox`` a list of
            [x1, y1, x2, y2], ``multi`` a sorted list of keys, ``country`` an ISO alpha-2 code,
            ``place`` a dict with any of city, country, lat, lon, ``latlon`` (latitude, longitude).
        status: ``ok``, or with a value ``swapped``, ``wrapped``, ``reordered`` or ``partial``
            (a place with a field missing); any other status says why there is no value.
        span: Offsets (start, end) in the reply of what was read, or None.
    """

    value: Value
    status: Status
    span: Span | None = None
