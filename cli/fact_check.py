"""``geor1 fact-check``: the claims of reasoning traces, and whether they are true."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import _asking
from ._console import JsonOption, QuietOption, command, table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from geobench_tools.reports import FactCheckReport

__all__ = ["register"]

INPUT = "Input"
RULES = "Rules"


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("fact-check")(fact_check)


def fact_check(
    traces: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Lines of JSON, one trace each; replies of an evaluation run too.",
            show_default=False,
        ),
    ],
    metadata: Annotated[
        list[Path],
        typer.Option(
            "--metadata",
            "-m",
            metavar="PATH",
            help="View table, CSV or other table with positions, or the folder of a rendered "
            "world; repeatable.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Folder to write; by default the file's name with .checked.",
            show_default=False,
        ),
    ] = None,
    city_radius: Annotated[float, _asking.city_radius(RULES)] = 25.0,
    coordinate_radius: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=1000.0,
            help="Kilometres up to which coordinates are right.",
            rich_help_panel=RULES,
        ),
    ] = 25.0,
    template: Annotated[
        bool,
        typer.Option(
            "--template/--no-template",
            help="Check the four-part template and the tags.",
            rich_help_panel=RULES,
        ),
    ] = True,
    text_field: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Field that holds the trace.",
            rich_help_panel=INPUT,
            show_default=False,
        ),
    ] = "",
    id_field: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Field that names the view or its image.",
            rich_help_panel=INPUT,
            show_default=False,
        ),
    ] = "",
    judge: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help="Ask this model, as in openai:NAME, about asserted claims that the rules leave "
            "open; its verdicts are marked.",
            rich_help_panel=RULES,
            show_default=False,
        ),
    ] = "",
    base_url: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="Endpoint of the judge; repeatable.",
            rich_help_panel=RULES,
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing folder.")
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Check what traces claim against what is known of their images.

    Writes verdicts.jsonl, summary.json, report.html and manifest.json. Asks no network but for
    --judge.
    """
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.reasoning import CheckOptions
        from geobench_tools.reports import FactCheckRequest
        from geobench_tools.reports import fact_check as check

        options = CheckOptions(
            city_radius_m=city_radius * 1000.0,
            coordinates_radius_m=coordinate_radius * 1000.0,
            template=template,
        )
        folder = output or traces.with_name(f"{traces.name.partition('.')[0]}.checked")
        request = FactCheckRequest(
            traces,
            tuple(metadata),
            folder,
            options,
            text_field,
            id_field,
            overwrite,
            judge,
            tuple(base_url or ()),
        )
        report = check(request, out.progress)
        if report.counts.unknown:
            out.warn(
                f"{report.counts.unknown:,} of {report.counts.traces:,} traces name no view of the "
                "metadata; nothing in them could be compared"
            )
        out.result(report.document(), *_tables(report))
        out.note(f"report: {report.folder / 'report.html'}")


def _tables(report: "FactCheckReport") -> "list[RenderableType]":
    counts = report.counts
    header = ("kind", "claims", "asserted", "supported", "contradicted", "unverifiable")
    flags = [
        ("traces", counts.traces),
        ("with a contradicted claim", counts.flags["contradicted"]),
        ("with a metadata leak", counts.flags["metadata_leak"]),
        ("with a problem of the template", counts.flags["template"]),
    ]
    return [table("Traces", ("", ""), flags), table("Claims by kind", header, counts.rows())]
