"""``geor1 doctor``: what is installed and reachable, and what is wrong with data."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import _settings
from ._console import JsonOption, Output, QuietOption, command, printable
from ._families import SettingOption, settings_of

if TYPE_CHECKING:
    from rich.console import RenderableType

    from geobench_tools.doctor import Examination, Finding

__all__ = ["register"]

COLOURS = {"ok": "green", "note": "cyan", "warning": "yellow", "error": "red"}


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("doctor")(doctor)


def doctor(
    data: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="Examine the benchmark data or pairing set in DIR instead; may be repeated.",
            show_default=False,
        ),
    ] = None,
    decode: Annotated[
        bool,
        typer.Option("--decode", help="With --data: decode each picture wholly (slow)."),
    ] = False,
    settings: SettingOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say what is installed, reachable and in order, and what to do about the rest.

    Exit code 1 if anything is an error.
    """
    with command(as_json=as_json, quiet=quiet, settings=False) as out:
        from geobench_tools.doctor import examine, examine_data

        if data:
            given = settings_of(settings)
            made = [
                examine_data(folder, out.progress, decode=decode, settings=given) for folder in data
            ]
            document: dict[str, Any] = {
                "data": [
                    {"folder": str(folder), **one.document()}
                    for folder, one in zip(data, made, strict=True)
                ]
            }
        else:
            made = [examine(_settings.problem())]
            document = made[0].document()
        out.result(document, *(shown for one in made for shown in _tables(one, out)))
        if any(one.counts()["error"] for one in made):
            raise typer.Exit(1)


def _tables(made: "Examination", out: Output) -> "list[RenderableType]":
    from rich.table import Table
    from rich.text import Text

    shown: list[RenderableType] = []
    for topic in made.topics:
        findings = [f for f in made.of(topic) if not out.quiet or f.level != "ok"]
        if not findings:
            continue
        grid = Table(title=topic, title_justify="left", title_style="bold", box=None)
        grid.show_header = False
        grid.add_column(no_wrap=True)
        grid.add_column(max_width=26, overflow="fold")
        grid.add_column(overflow="fold")
        for finding in findings:
            level = Text(finding.level, style=COLOURS[finding.level])
            grid.add_row(level, Text(printable(finding.name)), _said(finding))
        shown += [grid, Text("")]
    counts = ", ".join(f"{n:,} {level}" for level, n in made.counts().items())
    return [*shown, Text(counts)]


def _said(finding: "Finding") -> Any:
    from rich.text import Text

    text = Text(printable(finding.found))
    if finding.effect and finding.level != "ok":
        text.append(f"\n{printable(finding.effect)}", style="dim")
    elif finding.effect:
        text.append(f" ({printable(finding.effect)})", style="dim")
    if finding.next:
        text.append(f"\nnext: {printable(finding.next)}", style="cyan")
    return text
