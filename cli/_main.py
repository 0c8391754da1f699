"""The Typer application and its entry point."""

import os
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Annotated, Any

import typer

from geobench_tools import __version__
from geobench_tools.errors import InputError

from . import (
    _settings,
    audit,
    benchmarks,
    demo,
    doctor,
    eval,
    export,
    fact_check,
    index,
    init,
    pairs,
    places,
    push,
    reward,
    runs,
    score,
    study,
    synth,
    tiles,
    train,
    world,
)
from ._console import print_error

__all__ = ["app", "main"]

EPILOG = (
    "Exit codes: 0 done, 1 a check failed, 2 bad usage or input, 3 finished with errors.\n\n"
    "Options: command line > environment (GEOR1_EVAL_CONCURRENCY for geor1 eval --concurrency) > "
    "geor1.toml > default."
)

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
    ctx: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
    config: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            envvar="GEOR1_CONFIG",
            help="Settings, or none; by default geor1.toml here or in a folder above, else in "
            "~/.config/geor1. See: geor1 init, geor1 doctor",
            show_default=False,
        ),
    ] = "",
) -> None:
    _settings.apply(ctx, config)


_PANELS: Mapping[str, Sequence[ModuleType]] = {
    "Begin": (demo, init, doctor),
    "Views": (index, tiles, world, places),
    "Pairing sets": (pairs, audit, export),
    "Traces": (synth, fact_check),
    "Training": (train, reward),
    "Evaluation": (eval, score, runs, benchmarks, study),
    "Publishing": (push,),
}
"""The command files in the order in which ``geor1 --help`` shows them."""

for _panel, _files in _PANELS.items():
    for _file in _files:
        _before = len(app.registered_commands), len(app.registered_groups)
        _file.register(app)
        for _added in app.registered_commands[_before[0] :]:
            _added.rich_help_panel = _panel
        for _group in app.registered_groups[_before[1] :]:
            _group.rich_help_panel = _panel


_UsageError: Any = typer.BadParameter.__base__
"""Of the Click that Typer brings; Typer itself does not name it."""


def main() -> None:
    """Run ``geor1``; with ``--json``, wrong usage too is one document on stdout."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    if "--json" not in sys.argv:
        app(prog_name="geor1")
    try:
        sys.exit(app(prog_name="geor1", standalone_mode=False))
    except _UsageError as error:
        wrong = InputError(
            error.format_message(), hint=f"{getattr(error.ctx, 'command_path', 'geor1')} --help"
        )
        print_error(wrong, as_json=True)
        sys.exit(wrong.exit_code)
