"""``geor1 world``: the rendered cross-view world."""

import re
from pathlib import Path
from typing import Annotated, Literal

import typer

from geobench_tools.errors import InputError

from . import lab
from ._console import JsonOption, QuietOption, Verbatim, command, table

__all__ = ["register"]

GEOMETRY, PICTURES, NUISANCE = "Geometry", "Pictures", "Nuisance"

app = typer.Typer(
    help="Render street panoramas and satellite tiles of invented places.", no_args_is_help=True
)


def register(root: typer.Typer) -> None:
    """Add the commands of this file."""
    lab.register(app)
    root.add_typer(app, name="world")


def parse_size(text: str) -> tuple[int, int]:
    """Read ``512x256``."""
    found = re.fullmatch(r"(\d{1,6})x(\d{1,6})", text, re.ASCII | re.IGNORECASE)
    if found is None:
        raise InputError(f"size {text!r} is not of the form 512x256")
    return int(found[1]), int(found[2])


def parse_leaks(texts: list[str]) -> dict[str, float]:
    """Read ``tint=0.5`` and its like."""
    leaks: dict[str, float] = {}
    for text in texts:
        name, _, strength = text.partition("=")
        if name in leaks:
            raise InputError(f"leak {name!r} is given twice")
        try:
            leaks[name] = float(strength)
        except ValueError:
            raise InputError(
                f"leak {text!r} is not of the form NAME=STRENGTH", hint="--leak tint=0.5"
            ) from None
    return leaks


@app.command("render")
def render(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder to make.", show_default=False)
    ],
    towns: Annotated[int, typer.Option(help="Number of towns.", rich_help_panel=GEOMETRY)] = 12,
    views: Annotated[int, typer.Option(help="Number of ground views; each has its tile.")] = 2000,
    seed: Annotated[
        int,
        typer.Option(help="Seed of the geometry, and of the nuisance if it has none of its own."),
    ] = 0,
    nuisance_seed: Annotated[
        int | None,
        typer.Option(
            help="Seed of the nuisance; by default that of the geometry.",
            rich_help_panel=NUISANCE,
            show_default=False,
        ),
    ] = None,
    difficulty: Annotated[
        float,
        typer.Option(help="How alike neighbouring places are, 0 to 1.", rich_help_panel=GEOMETRY),
    ] = 0.3,
    flatten: Annotated[
        bool,
        typer.Option(
            "--flatten",
            help="The null world: no geometry in either view, nuisance as ever.",
            rich_help_panel=GEOMETRY,
        ),
    ] = False,
    size: Annotated[
        str,
        typer.Option(
            "--size",
            "--ground-size",
            metavar="WxH",
            help="Pixels of a panorama, twice as wide as high.",
            rich_help_panel=PICTURES,
        ),
    ] = "512x256",
    tile_size: Annotated[
        int, typer.Option(help="Pixels of a tile's side.", rich_help_panel=PICTURES)
    ] = 256,
    gsd: Annotated[
        float | None,
        typer.Option(
            metavar="METRES",
            help="Ground length of a tile's pixel; by default a tile spans 128 m.",
            rich_help_panel=PICTURES,
            show_default=False,
        ),
    ] = None,
    heading: Annotated[
        Literal["north", "random"],
        typer.Option(help="Direction of a panorama's middle.", rich_help_panel=PICTURES),
    ] = "north",
    leak: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=STRENGTH",
            help="Inject a known shortcut: brightness, date, file-size, jpeg-quality, tint or "
            "vendor, with strength 0 to 1. Repeatable.",
            rich_help_panel=NUISANCE,
            show_default=False,
        ),
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes; the bytes do not depend on it.")] = 2,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing folder.")
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Render a world: view tables, images, facts and a manifest.

    A run that was stopped goes on where it stopped when it is started again.

    Example: geor1 world render -o world --towns 4 --views 200
    """
    with command(as_json=as_json, quiet=quiet) as out:
        width, height = parse_size(size)
        leaks = parse_leaks(leak or [])
        from geobench_tools.world import WorldSpec, render_world

        spec = WorldSpec(
            towns=towns,
            views=views,
            seed=seed,
            width=width,
            height=height,
            tile_px=tile_size,
            gsd_m=gsd,
            heading=heading,
            difficulty=difficulty,
            flatten=flatten,
            leaks=leaks,
            nuisance_seed=nuisance_seed,
        )
        manifest = render_world(spec, output, out.progress, workers=workers, overwrite=overwrite)
        document = {"output": str(output), **manifest.counts}
        counts = table("World", ("what", "count"), list(manifest.counts.items()))
        out.result(document, counts, Verbatim(output))


@app.command("sheet")
def sheet(
    world: Annotated[Path, typer.Argument(help="A rendered world.", show_default=False)],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="JPEG to write.", show_default=False)
    ],
    questions: Annotated[int, typer.Option(help="Most questions to draw.")] = 4,
    k: Annotated[int, typer.Option("--k", help="Tiles under each panorama.")] = 4,
    seed: Annotated[int, typer.Option(help="Chooses the views.")] = 0,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Draw a contact sheet: ground views above candidate tiles, to try the task by eye.

    Example: geor1 world sheet world -o sheet.jpg
    """
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.world import contact_sheet

        letters = contact_sheet(world, output, questions=questions, k=k, seed=seed)
        answers = ", ".join(f"{n} {letter}" for n, letter in enumerate(letters, 1))
        out.result(
            {"output": str(output), "answers": letters},
            Verbatim(f"{output}: right tiles are {answers}"),
        )
