"""The option that names a user's own family of benchmarks."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["FamilyOption", "SettingOption", "add_families", "settings_of"]

FamilyOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--family",
        metavar="FILE.py",
        envvar="GEOR1_FAMILY",
        help="File of a benchmark family of your own, with FILE.yaml beside it; its code is run.",
        rich_help_panel="Data",
        show_default=False,
    ),
]
SettingOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A setting of the benchmark, see: geor1 benchmarks show NAME. In a run of several "
        "benchmarks BENCHMARK.NAME=VALUE is for one alone.",
        rich_help_panel="Data",
        show_default=False,
    ),
]


def add_families(paths: list[Path] | None) -> None:
    """Make the user's families known.

    Raises:
        InputError: One cannot be read, or its name is taken.
    """
    if paths:
        from geobench_tools.benchmarks import add_family

        for path in paths:
            add_family(path)


def settings_of(pairs: list[str] | None) -> dict[str, str]:
    """Read NAME=VALUE.

    Raises:
        InputError: There is no equals sign, or a name occurs twice.
    """
    from geobench_tools.errors import InputError

    settings: dict[str, str] = {}
    for pair in pairs or ():
        name, sign, value = (part.strip() for part in pair.partition("="))
        if not sign or not name or name in settings:
            raise InputError(f"--set {pair!r} is no setting", hint="write NAME=VALUE, each once")
        settings[name] = value
    return settings
