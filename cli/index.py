"""``geor1 index``: one view table out of photos, tiles and tables of any kind."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ._console import JsonOption, QuietOption, command, table
from ._quantities import parse_metres

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from geobench_tools.views import IndexResult

__all__ = ["register"]

_MOST_NAMES = 60
MEANING, TEXT, IMAGES, SOURCES = "Meaning", "Text tables", "Images", "Sources"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("index")(index)


def index(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH",
            help="Tables, folders of photos, GeoTIFFs or tiles, Hugging Face datasets.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="View table to write (.parquet); without it the result is only shown.",
        ),
    ] = None,
    on_bad: Annotated[
        Literal["fail", "drop"],
        typer.Option(help="Bad rows: stop, or leave them out and list them in rejected.csv."),
    ] = "fail",
    kind: Annotated[
        Literal["ground", "satellite"] | None,
        typer.Option(help="Kind of rows that do not say.", rich_help_panel=MEANING),
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="VIEW=SOURCE",
            help="Column of the source, as lat=Latitude or 'image={id}.jpg'; captured_at= leaves "
            "one out. Repeatable.",
            rich_help_panel=MEANING,
        ),
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE",
            help="Zone of times without offset, as Europe/Berlin.",
            rich_help_panel=MEANING,
        ),
    ] = None,
    crs: Annotated[
        str | None,
        typer.Option(
            help="Coordinate reference system of positions, as EPSG:25832.", rich_help_panel=MEANING
        ),
    ] = None,
    footprint_size: Annotated[
        float | None,
        typer.Option(
            parser=parse_metres,
            metavar="LENGTH",
            help="Side of a square footprint for tiles without one, as 100m.",
            rich_help_panel=MEANING,
        ),
    ] = None,
    image_root: Annotated[
        Path | None,
        typer.Option(
            help="Folder that image paths are relative to; by default the table's.",
            rich_help_panel=IMAGES,
        ),
    ] = None,
    check_images: Annotated[
        bool,
        typer.Option(
            "--check-images",
            help="Decode every image; take width, height and bytes from the files.",
            rich_help_panel=IMAGES,
        ),
    ] = False,
    max_image_pixels: Annotated[
        int, typer.Option(help="Larger images are refused.", rich_help_panel=IMAGES)
    ] = 200_000_000,
    source: Annotated[
        str | None,
        typer.Option(
            help="The path is a data set of this layout, as cv-cities.", rich_help_panel=SOURCES
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(help="Split of a dataset; by default all.", rich_help_panel=SOURCES),
    ] = None,
    revision: Annotated[
        str | None,
        typer.Option(
            help="Commit, tag or branch of a Hugging Face dataset.", rich_help_panel=SOURCES
        ),
    ] = None,
    export_images: Annotated[
        Path | None,
        typer.Option(help="Folder for images that lie inside a dataset.", rich_help_panel=SOURCES),
    ] = None,
    tms: Annotated[
        bool, typer.Option("--tms", help="Tile rows count from the south.", rich_help_panel=SOURCES)
    ] = False,
    encoding: Annotated[
        str | None,
        typer.Option(help="Encoding, as latin-1; by default UTF-8.", rich_help_panel=TEXT),
    ] = None,
    delimiter: Annotated[
        str | None,
        typer.Option(help="Separator; by default a comma, in .tsv a tab.", rich_help_panel=TEXT),
    ] = None,
    decimal: Annotated[str, typer.Option(help="Decimal mark.", rich_help_panel=TEXT)] = ".",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Read images with positions from any source and write one checked view table.

    Every bad row is named with file, row, column, value and what to do.
    """
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.views import ReadOptions, index_views, parse_mapping

        options = ReadOptions(
            kind=kind,
            columns=parse_mapping(mapping or ()),
            timezone=timezone,
            image_root=image_root,
            crs=crs,
            footprint_size_m=footprint_size,
            source=source,
            split=split,
            revision=revision,
            export_images=export_images,
            tms=tms,
            encoding=encoding,
            delimiter=delimiter,
            decimal=decimal,
            check_images=check_images,
            max_image_pixels=max_image_pixels,
            on_bad=on_bad,
        )
        result = index_views(paths, options, output=output, keep=False, progress=out.progress)
        out.result(_document(result), *_tables(result))
        if result.error is not None:
            if not as_json:
                count = sum(group.count for group in result.groups())
                typer.secho(
                    f"error: bad input: {count:,} problem{'s' * (count != 1)}", fg="red", err=True
                )
                typer.echo(f"next:  {result.error.hint}", err=True)
            raise typer.Exit(result.error.exit_code)
        if output is None:
            out.note("nothing written; -o views.parquet keeps the result")


def _document(result: "IndexResult") -> dict[str, Any]:
    from dataclasses import asdict

    document: dict[str, Any] = {
        "counts": result.counts,
        "dropped": dict(result.dropped),
        "sources": [asdict(source) | {"refused": source.refused} for source in result.sources],
        "problems": [asdict(group) for group in result.groups()],
        "written": {name: str(path) for name, path in result.written.items()},
    }
    if result.error is not None:
        document["error"] = {"message": result.error.message, "hint": result.error.hint}
    return document


def _tables(result: "IndexResult") -> list["RenderableType"]:
    from rich.text import Text

    several = len(result.sources) > 1
    shown: list[RenderableType] = [
        table(
            "sources",
            ("source", "read as", "rows", "accepted", "refused"),
            [(s.source, s.reader, s.rows, s.accepted, s.refused) for s in result.sources],
        )
    ]
    for source in result.sources:
        of = f" of {source.source}" if several else ""
        columns = [*source.columns.items()]
        if source.unused:
            columns.append(("not used", _listed(source.unused)))
        if any(view != name for view, name in columns):
            shown.append(table(f"columns{of}", ("view column", "source column"), columns))
        if source.notes:
            shown.append(table(f"noticed{of}", ("what", "rows"), [*source.notes.items()]))
    for group in result.groups():
        rows = [(p.file, str(p.row or ""), p.column, p.value, p.message) for p in group.examples]
        title = f"{group.kind}: {group.count:,}"
        shown.append(table(title, ("file", "row", "column", "value", "what is wrong"), rows))
        remedies = dict.fromkeys(problem.remedy for problem in group.examples)
        shown += [Text(f"next: {remedy}\n") for remedy in remedies]
    return shown


def _listed(names: "Sequence[str]") -> str:
    shown = ", ".join(name or "''" for name in names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return f"{shown} … and {more:,} more" if more > 0 else shown
