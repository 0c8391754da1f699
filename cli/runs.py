"""``geor1 runs``: finished evaluations, listed, shown, re-scored, compared, exported."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ._console import JsonOption, QuietOption, command, table
from ._families import FamilyOption, add_families
from .eval import ProtocolOption, score_tables

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["register"]

Target = Literal["inspect", "lm-eval", "hub", "csv", "parquet"]
RunArgument = Annotated[
    Path, typer.Argument(metavar="RUN", help="Run directory.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the group of this file."""
    group = typer.Typer(help="Work with finished evaluations.", no_args_is_help=True)
    for name, function in (
        ("list", list_),
        ("show", show),
        ("rescore", rescore),
        ("merge", merge),
        ("compare", compare),
        ("export", export),
    ):
        group.command(name)(function)
    app.add_typer(group, name="runs")


def list_(
    root: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of runs.")] = Path("runs"),
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """List the runs below a folder with their headline figure."""
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.reports import list_runs

        found = list_runs(root)
        header = ("run", "benchmark", "model", "state", "requests", "coverage", "headline")
        document = {"runs": [entry.document() for entry in found]}
        out.result(document, table(f"runs in {root}", header, [entry.row() for entry in found]))


def show(
    run: RunArgument,
    errors: Annotated[
        bool, typer.Option("--errors", help="List the requests that are not ok.")
    ] = False,
    protocol: ProtocolOption = "strict",
    family: FamilyOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show the scores of a run, or what went wrong in it."""
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.reports import problems_of, show_run

        add_families(family)
        shown = show_run(run)
        tables = score_tables(shown.scores, shown.model, protocol)
        document: dict[str, Any] = {"run": str(run), "model": shown.model}
        document["scores"] = shown.scores
        if errors:
            problems = problems_of(run)
            rows = [(p.sample_id, p.status, p.detail) for p in problems]
            tables.append(table(f"not ok: {len(rows):,}", ("sample", "status", "what"), rows))
            document["problems"] = [p.document() for p in problems]
        out.result(document, *tables)


def rescore(
    run: RunArgument,
    reread: Annotated[
        bool,
        typer.Option(
            "--reread",
            help="Read all replies again, even if this reader's version read them.",
        ),
    ] = False,
    protocol: ProtocolOption = "strict",
    family: FamilyOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Score a run again from its log, with no model call; a new reader reads the replies again."""
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.reports import rescore, show_run

        add_families(family)
        changes = rescore(run, again=reread)
        shown = show_run(run)
        out.note(f"{changes:,} replies are read differently now")
        document = {"run": str(run), "read_differently": changes, "scores": shown.scores}
        out.result(document, *score_tables(shown.scores, shown.model, protocol))


def merge(
    shards: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Directories of the shards.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Run directory to make.", show_default=False)
    ],
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Merge although shards are missing.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing output.")
    ] = False,
    protocol: ProtocolOption = "strict",
    family: FamilyOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Merge the shards of one run and score the whole."""
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.reports import merge_and_score

        add_families(family)
        made = merge_and_score(shards, output, allow_missing=allow_missing, overwrite=overwrite)
        if made.repeated:
            out.warn(f"{made.repeated:,} records are in several shards; one of each is kept")
        if made.missing:
            out.warn(f"shards are missing: {', '.join(made.missing)}")
        document = {"run": str(output), "missing": made.missing, "scores": made.scores}
        out.result(document, *score_tables(made.scores, made.model, protocol))


def compare(
    first: Annotated[Path, typer.Argument(metavar="A", help="Run folder.", show_default=False)],
    second: Annotated[
        Path, typer.Argument(metavar="B", help="Run folder to compare with.", show_default=False)
    ],
    force: Annotated[
        bool, typer.Option("--force", help="Compare runs that were not asked and scored alike.")
    ] = False,
    family: FamilyOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Compare two runs sample by sample: differences B minus A, wins, losses, tests."""
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.reports import compare_runs, comparison_rows

        add_families(family)
        made = compare_runs(first, second, force=force)
        if made.policy:
            out.warn("not asked and scored alike: " + "; ".join(made.policy))
        header = (
            "metric",
            "A",
            "B",
            "B - A",
            "95 % interval",
            "wins",
            "losses",
            "ties",
            "McNemar p",
        )
        title = f"{made.samples:,} samples; A {made.first}, B {made.second}"
        out.result(made.document(), table(title, header, comparison_rows(made)))


def export(
    run: RunArgument,
    to: Annotated[Target, typer.Option("--to", help="Who is to read it.", show_default=False)],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="File (hub: folder) to write.", show_default=False),
    ],
    family: FamilyOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write a run as another harness or a table tool reads it."""
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.reports import export_run

        add_families(family)
        report = export_run(run, to, output)
        shown: list[RenderableType] = [table(f"{to}: {output}", ("", ""), report.rows())]
        out.result(report.document(), *shown)
