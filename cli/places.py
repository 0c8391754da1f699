"""``geor1 places``: what is at a position, what a name stands for."""

import math
from typing import Annotated, Any, Literal

import typer

from ._console import JsonOption, QuietOption, command, table

__all__ = ["register"]

NARROW_PANEL = "Names"
MOST_ROWS = 20


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("places", context_settings={"ignore_unknown_options": True})(places)


def places(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="LAT LON | NAME", help="A position in degrees, or a name.", show_default=False
        ),
    ],
    kind: Annotated[
        Literal["country", "admin1", "city"] | None,
        typer.Option(help="Only places of this kind.", rich_help_panel=NARROW_PANEL),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(
            metavar="CODE", help="Only places of this ISO code.", rich_help_panel=NARROW_PANEL
        ),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Tell what is at a position, or list what a name can stand for. Asks no network."""
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.places import look_up

        answer = look_up(" ".join(what), kind=kind, country=country)
        if answer.place is not None and answer.position is not None:
            lat, lon = answer.position
            document = {"lat": lat, "lon": lon, **answer.place._asdict()}
            document["coast_km"] = answer.coast_km
            rows = [(key, _shown(value)) for key, value in document.items() if value != ()]
            out.result(_without_nan(document), table("what is here", ("", ""), rows))
            return
        found = answer.candidates
        listed = [
            (c.name, c.kind, c.country, c.admin1, f"{c.lat:.4f}", f"{c.lon:.4f}", c.population)
            for c in found[:MOST_ROWS]
        ]
        header = ("name", "kind", "country", "division", "lat", "lon", "population")
        shown = [table(f"{len(found):,} candidates", header, listed)]
        out.result({"candidates": [_without_nan(c._asdict()) for c in found]}, *shown)
        if len(found) > MOST_ROWS:
            out.note(f"{len(found) - MOST_ROWS:,} more; --json lists all")


def _shown(value: object) -> object:
    if isinstance(value, tuple):
        return " ".join(value)
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.5g}"
    return value


def _without_nan(document: dict[str, Any]) -> dict[str, Any]:
    return {
        key: None if isinstance(value, float) and math.isnan(value) else value
        for key, value in document.items()
    }
