"""``geor1 demo``: the whole path on the embedded world."""

from pathlib import Path
from typing import Annotated

import typer

from ._console import JsonOption, QuietOption, command

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("demo")(demo)


def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where everything goes.")
    ] = Path("demo"),
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Render, pair, audit, write and check traces, train, evaluate, and show it all on one page.

    Each stage is a public command, printed as it is run; the same command goes on after a stop.
    """
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.demo import run_demo

        report = run_demo(output, out.note)
        if report.left_out:
            out.warn(report.left_out)
        minutes = sum(report.seconds.values()) / 60
        document = {
            "page": str(report.page),
            "seconds": report.seconds,
            "left_out": report.left_out,
        }
        out.result(document, f"{minutes:,.1f} min; open {report.page.resolve().as_uri()}")
