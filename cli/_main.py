"""The Typer application and its entry point."""

from typing import Annotated

import typer

from geobench_tools import __version__

from . import audit, benchmarks, eval, export, index, pairs, runs, score, tiles, world

__all__ = ["app", "main"]

EPILOG = "Exit codes: 0 done, 1 a check failed, 2 bad usage or input, 3 finished with errors."

app = typer.Typer(
    name="geor1",
    help="Indirect verifiable rewards for geospatial reasoning: build, audit, train, evaluate.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"geor1 {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


index.register(app)
tiles.register(app)
pairs.register(app)
audit.register(app)
eval.register(app)
score.register(app)
runs.register(app)
benchmarks.register(app)
export.register(app)
world.register(app)


def main() -> None:
    """Run ``geor1``."""
    app()
