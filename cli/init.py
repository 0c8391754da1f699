"""``geor1 init``: write a settings file."""

from pathlib import Path
from typing import Annotated

import typer

from ._console import JsonOption, QuietOption, command

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("init")(init)


def init(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write it.")
    ] = Path("geor1.toml"),
    scan: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="Look for benchmark data and pairing sets in DIR and enter what is found; "
            "may be repeated.",
            show_default=False,
        ),
    ] = None,
    show: Annotated[
        bool, typer.Option("--print", help="Print the file and write nothing.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing file.")
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write a commented geor1.toml: data roots, models, defaults of options."""
    with command(as_json=as_json, quiet=quiet, settings=False) as out:
        from rich.text import Text

        from geobench_tools.doctor import write_settings

        made = write_settings(None if show else output, scan or (), overwrite=overwrite)
        said = made.text if show else f"written: {output}"
        document = {"file": None if show else str(output), "data": made.data, "text": made.text}
        out.result(document, Text(said.rstrip("\n")))
        for name, root in made.data.items():
            out.note(f"found {name}: {root}")
        if not show:
            out.note("next: edit it, then: geor1 doctor")
