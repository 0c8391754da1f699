"""Options with a unit: ``30s``, ``2GB``, ``150m``."""

import math
import re

import typer

__all__ = ["parse_bytes", "parse_metres", "parse_period", "parse_seconds"]

_SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0}
_PERIODS = {"h": 3600.0, "d": 86_400.0, "w": 604_800.0, "y": 31_557_600.0}
_METRES = {"": 1.0, "m": 1.0, "km": 1000.0}
_BYTES = {"": 1.0, "b": 1.0, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12}
_BINARY = {"kib": 2.0**10, "mib": 2.0**20, "gib": 2.0**30, "tib": 2.0**40}


def parse_seconds(text: str) -> float:
    """Read a time as ``30s``, ``500ms``, ``2min`` or a bare number of seconds."""
    return _parse(text, _SECONDS, "a time as 30s, 500ms or 2min")


def parse_period(text: str) -> float:
    """Read a span of days as ``365d``, ``12h``, ``2w`` or ``1y`` (365.25 days), in seconds."""
    return _parse(text, _PERIODS, "a period as 365d, 12h, 2w or 1y")


def parse_metres(text: str) -> float:
    """Read a length as ``150m``, ``2km`` or a bare number of metres."""
    return _parse(text, _METRES, "a length as 150m or 2km")


def parse_bytes(text: str) -> int:
    """Read a size as ``2GB``, ``500MB``, ``1GiB`` or a bare number of bytes."""
    return round(_parse(text, _BYTES | _BINARY, "a size as 500MB, 2GB or 1GiB"))


def _parse(text: str, units: dict[str, float], wanted: str) -> float:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", str(text), re.ASCII)
    unit = units.get(found[2].lower()) if found else None
    if found is None or unit is None or not math.isfinite(value := float(found[1]) * unit):
        raise typer.BadParameter(f"{text[:60]!r} is not {wanted}")
    return value
