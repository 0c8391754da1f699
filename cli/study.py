"""``geor1 study``: all artefacts of an experiment on one page."""

from pathlib import Path
from typing import Annotated

import typer

from ._console import JsonOption, QuietOption, command

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("study")(study)


def study(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="FOLDER...",
            help="Folders of build-pairs, synth-cot, train and eval, or a folder with several.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE.html", help="The page.")
    ] = Path("study.html"),
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "Study",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show pairing sets, audits, traces, training and evaluation beside the published figures.

    Example: geor1 study runs/ pairs/ traces/ -o study.html
    """
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.reports import write_study

        path = write_study(folders, output, title=title)
        out.result({"page": str(path)}, f"open {path}")
