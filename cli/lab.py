"""``geor1 world lab``: the falsification experiment."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ._console import JsonOption, QuietOption, Verbatim, command, table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from geobench_tools.reports import LabReport

__all__ = ["register"]

EXPERIMENT, WORK = "Experiment", "Work"


def register(app: typer.Typer) -> None:
    """Add the command of this file to the application of ``geor1 world``."""
    app.command("lab")(lab)


def lab(
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Folder of the experiment.", show_default=False),
    ],
    towns: Annotated[
        int, typer.Option(help="Towns of each world.", rich_help_panel=EXPERIMENT)
    ] = 12,
    views: Annotated[
        int, typer.Option(help="Ground views of each world.", rich_help_panel=EXPERIMENT)
    ] = 360,
    k: Annotated[
        int, typer.Option("--k", help="Candidates of each question.", rich_help_panel=EXPERIMENT)
    ] = 4,
    strength: Annotated[
        float, typer.Option(help="Strength of the images' leaks.", rich_help_panel=EXPERIMENT)
    ] = 0.8,
    samplers: Annotated[
        str,
        typer.Option(metavar="NAME,…", help="Samplers to try.", rich_help_panel=EXPERIMENT),
    ] = "clique,ring,random",
    worlds: Annotated[
        str,
        typer.Option(
            metavar="NAME,…",
            help="Worlds to try: normal, null, position and the leaks; all by default.",
            rich_help_panel=EXPERIMENT,
            show_default=False,
        ),
    ] = "",
    oracle_questions: Annotated[
        int,
        typer.Option(help="Questions for the oracle in each cell.", rich_help_panel=EXPERIMENT),
    ] = 120,
    seed: Annotated[int, typer.Option(help="Seed of everything.", rich_help_panel=WORK)] = 0,
    workers: Annotated[
        int, typer.Option(help="Processes; the figures do not depend on it.", rich_help_panel=WORK)
    ] = 2,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace another experiment.", rich_help_panel=WORK),
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Try to solve pairing sets by shortcuts where the truth is known, and write lab.html.

    An experiment that was stopped goes on where it stopped when it is started again.

    Example: geor1 world lab -o lab
    """
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.reports import LabOptions, run_lab

        options = LabOptions(
            out=output,
            towns=towns,
            views=views,
            k=k,
            seed=seed,
            strength=strength,
            oracle_questions=oracle_questions,
            samplers=_names(samplers) or LabOptions.samplers,
            worlds=_names(worlds) or LabOptions.worlds,
            workers=workers,
            overwrite=overwrite,
        )
        report = run_lab(options, out.progress)
        out.result(report.document(), *_tables(report))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _tables(report: "LabReport") -> "list[RenderableType]":
    rows = []
    for cell in report.cells:
        leaks = [
            one["policy"] + (" (alike)" if one["outcome"] == "alike" else "")
            for one in cell.policies
            if one["outcome"] in ("leak", "alike")
        ]
        oracle = cell.policy("oracle")["accuracy"]
        shown = f"{oracle['value']:.3f} ({oracle['low']:.3f}, {oracle['high']:.3f})"
        rows.append((cell.sampler, cell.world, cell.questions, shown, ", ".join(leaks) or "none"))
    return [
        table(
            f"Laboratory: chance is 1/{report.k} = {1 / report.k:.3g}",
            ("sampler", "world", "questions", "oracle (95 %)", "leaks found"),
            rows,
        ),
        Verbatim(report.page),
    ]
