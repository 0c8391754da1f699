"""``geor1 score``: replies made elsewhere, scored."""

from pathlib import Path
from typing import Annotated

import typer

from ._console import JsonOption, QuietOption, command
from ._families import FamilyOption, SettingOption, add_families, settings_of
from .eval import DataOption, ProtocolOption, RevisionOption, score_tables

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("score")(score)


def score(
    predictions: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Lines with sample_id and text, IMAGEO-Bench's own prediction files, or a CSV "
            "table with text or pred_lat and pred_lon.",
            show_default=False,
        ),
    ],
    benchmark: Annotated[
        str, typer.Option(metavar="NAME", help="As in imageo-pcw.", show_default=False)
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Run directory to write, with report.html.", show_default=False
        ),
    ] = None,
    model: Annotated[
        str, typer.Option(help="Name to show; by default the file's.", show_default=False)
    ] = "",
    protocol: ProtocolOption = "strict",
    data: DataOption = "",
    revision: RevisionOption = None,
    split: Annotated[str | None, typer.Option(help="Split; pairing: test.")] = None,
    settings: SettingOption = None,
    family: FamilyOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Score replies made elsewhere; samples without a reply count as failed."""
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.benchmarks import BenchmarkOptions
        from geobench_tools.reports import ScoreRequest, score_predictions

        add_families(family)
        options = BenchmarkOptions(data, revision, split, settings=settings_of(settings))
        request = ScoreRequest(predictions, benchmark, options, model, output)
        done = score_predictions(request, note=out.warn)
        document = {"benchmark": done.benchmark, "model": done.model, "scores": done.scores}
        out.result(document, *score_tables(done.scores, done.model, protocol))
        if done.folder:
            out.note(f"report: {done.folder}/report.html")
