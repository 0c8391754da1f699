"""Options that several commands have which ask a model or check what it wrote.

Each function returns one option for the help panel of its command.
"""

from typing import Annotated, Any

import typer

__all__ = ["PriceIn", "PriceOut", "attempts", "city_radius", "concurrency", "endpoints", "timeout"]

_COST = "Cost"

PriceIn = Annotated[
    float | None,
    typer.Option(
        help="Price of a million prompt tokens.", rich_help_panel=_COST, show_default=False
    ),
]
PriceOut = Annotated[
    float | None,
    typer.Option(
        help="Price of a million generated tokens.", rich_help_panel=_COST, show_default=False
    ),
]


def endpoints(panel: str) -> Any:
    """``--base-url``."""
    return typer.Option(
        help="Endpoint of openai:NAME; repeat it to spread requests.",
        rich_help_panel=panel,
        show_default=False,
    )


def concurrency(panel: str) -> Any:
    """``--concurrency``."""
    return typer.Option(help="Most requests open at once.", rich_help_panel=panel)


def attempts(panel: str) -> Any:
    """``--max-attempts``."""
    return typer.Option(help="Requests for one sample.", rich_help_panel=panel)


def timeout(panel: str) -> Any:
    """``--timeout``."""
    return typer.Option(help="Longest wait for a reply, seconds.", rich_help_panel=panel)


def city_radius(panel: str) -> Any:
    """``--city-radius``."""
    return typer.Option(
        min=0.0,
        max=1000.0,
        help="Kilometres within which a place of a city's name supports the city.",
        rich_help_panel=panel,
    )
