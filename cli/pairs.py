"""``geor1 build-pairs``: candidate sets from ground views and satellite tiles."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ._console import JsonOption, QuietOption, command, table
from ._quantities import parse_metres, parse_period

if TYPE_CHECKING:
    from rich.console import RenderableType

    from geobench_tools.reports import PairingReport

__all__ = ["register"]

INPUT, SETS, SPLIT, WORK = "Input and output", "Candidate sets", "Splits", "Work"


class Sampler(StrEnum):
    """Samplers by name."""

    clique = "clique"
    ring = "ring"
    pivot = "pivot"
    random = "random"


class Executor(StrEnum):
    """Executors by name."""

    local = "local"
    process = "process"
    ray = "ray"


class AuditDepth(StrEnum):
    """How much of the audit runs after the build."""

    full = "full"
    certificate = "certificate"


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("build-pairs")(build_pairs)


def build_pairs(
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Folder of the pairing set.", rich_help_panel=INPUT),
    ] = Path("pairs"),
    ground: Annotated[
        Path | None,
        typer.Option(
            help="Ground views: a view table, or anything that index reads. "
            "Without it, the embedded default is used.",
            rich_help_panel=INPUT,
            show_default=False,
        ),
    ] = None,
    satellite: Annotated[
        Path | None,
        typer.Option(
            help="Satellite tiles, likewise; a tile plan does too.",
            rich_help_panel=INPUT,
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the output.", rich_help_panel=INPUT)
    ] = False,
    k: Annotated[
        int, typer.Option("--k", "-k", help="Candidates of each question.", rich_help_panel=SETS)
    ] = 4,
    min_separation: Annotated[
        float,
        typer.Option(
            parser=parse_metres,
            metavar="LENGTH",
            help="Least distance between two candidates.",
            rich_help_panel=SETS,
        ),
    ] = "150m",  # type: ignore[assignment]
    max_distance: Annotated[
        float,
        typer.Option(
            parser=parse_metres,
            metavar="LENGTH",
            help="Greatest distance between two candidates.",
            rich_help_panel=SETS,
        ),
    ] = "2km",  # type: ignore[assignment]
    within: Annotated[
        float | None,
        typer.Option(
            parser=parse_period,
            metavar="PERIOD",
            help="All views of a clique are captured within this period, as 365d.",
            rich_help_panel=SETS,
            show_default=False,
        ),
    ] = None,
    stratify: Annotated[
        str,
        typer.Option(
            metavar="NAME,…",
            help="Candidates share these: columns of the tiles, year or month.",
            rich_help_panel=SETS,
            show_default=False,
        ),
    ] = "",
    positive_radius: Annotated[
        float,
        typer.Option(
            parser=parse_metres,
            metavar="LENGTH",
            help="A tile of unknown footprint is right for a camera this near.",
            rich_help_panel=SETS,
        ),
    ] = "50m",  # type: ignore[assignment]
    gps_error: Annotated[
        float,
        typer.Option(
            parser=parse_metres,
            metavar="LENGTH",
            help="Position error of views that state none.",
            rich_help_panel=SETS,
        ),
    ] = "10m",  # type: ignore[assignment]
    cameras_per_tile: Annotated[
        int | None,
        typer.Option(
            help="At most so many ground views of a tile.", rich_help_panel=SETS, show_default=False
        ),
    ] = None,
    resolutions: Annotated[
        str,
        typer.Option(
            metavar="N,…",
            help="H3 resolutions of the clique cells, finest first; by distance if left out.",
            rich_help_panel=SETS,
            show_default=False,
        ),
    ] = "",
    sampler: Annotated[
        Sampler,
        typer.Option(
            help="clique holds by counting; the others are controls that leak.",
            rich_help_panel=SETS,
        ),
    ] = Sampler.clique,
    seed: Annotated[int, typer.Option(help="Seed of every draw.", rich_help_panel=SETS)] = 0,
    split: Annotated[
        str, typer.Option(help="Shares of train/val/test.", rich_help_panel=SPLIT)
    ] = "90/5/5",
    split_resolution: Annotated[
        int | None,
        typer.Option(
            help="H3 resolution of the cells that are dealt to the splits; by the places if left "
            "out.",
            rich_help_panel=SPLIT,
            show_default=False,
        ),
    ] = None,
    split_buffer: Annotated[
        float,
        typer.Option(
            parser=parse_metres,
            metavar="LENGTH",
            help="Extra distance kept free between two splits.",
            rich_help_panel=SPLIT,
        ),
    ] = "0m",  # type: ignore[assignment]
    rotations: Annotated[
        bool,
        typer.Option(
            "--rotations",
            help="Write val and test questions in all K rotations (circular evaluation).",
            rich_help_panel=SPLIT,
        ),
    ] = False,
    audit: Annotated[
        AuditDepth,
        typer.Option(help="full also trains the shortcut adversaries.", rich_help_panel=WORK),
    ] = AuditDepth.full,
    partitions: Annotated[
        int | None,
        typer.Option(
            help="Partitions of out-of-core work; chosen by size if left out.",
            rich_help_panel=WORK,
            show_default=False,
        ),
    ] = None,
    executor: Annotated[
        Executor, typer.Option(help="Where partitions are worked on.", rich_help_panel=WORK)
    ] = Executor.local,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes of --executor process.", rich_help_panel=WORK, show_default=False
        ),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Build a cross-view pairing set: one ground view, one true tile, K-1 hard negatives."""
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.pairing import PairOptions, parse_resolutions, parse_split
        from geobench_tools.reports import PairingRequest, make_pairs

        options = PairOptions(
            k=k,
            min_separation_m=min_separation,
            max_distance_m=max_distance,
            seed=seed,
            within_s=within,
            stratify=tuple(name.strip() for name in stratify.split(",") if name.strip()),
            sampler=sampler.value,
            split=parse_split(split),
            split_resolution=split_resolution,
            split_buffer_m=split_buffer,
            positive_radius_m=positive_radius,
            gps_error_m=gps_error,
            cameras_per_tile=cameras_per_tile,
            rotations=rotations,
            resolutions=parse_resolutions(resolutions),
            partitions=partitions,
        )
        request = PairingRequest(
            ground,
            satellite,
            output,
            options,
            adversaries=audit is AuditDepth.full,
            executor=executor.value,
            workers=workers,
            overwrite=overwrite,
        )
        report = make_pairs(request, out.progress)
        if report.embedded:
            out.note("no input given: the embedded rendered world was used")
        for warning in report.warnings():
            out.warn(warning)
        out.result(report.document(), *_tables(report))
        report.check()


def _tables(report: "PairingReport") -> "list[RenderableType]":
    from geobench_tools.pairing import DISTANCES

    stats, folder = report.stats, report.pairs.folder
    splits = [
        (name, stats.cliques.get(name, 0), stats.cameras.get(name, 0), rows)
        for name, rows in stats.questions.items()
    ]
    distances = [
        (DISTANCES[name], *(round(lengths.quantiles[q]) for q in (0.05, 0.5, 0.95)))
        for name, lengths in stats.distances.items()
    ]
    views = [
        (kind, totals.read, totals.used, sum(totals.dropped.values()))
        for kind, totals in stats.totals.items()
    ]
    dropped = [
        (kind, reason, n)
        for kind, totals in stats.totals.items()
        for reason, n in totals.dropped.items()
    ]
    shown = [
        table("questions", ("split", "cliques", "ground views", "rows"), splits),
        table("distances, metres", ("", "5 %", "median", "95 %"), distances),
        table("views", ("kind", "read", "used", "left out"), views),
    ]
    if dropped:
        shown.append(table("left out", ("kind", "reason", "views"), dropped))
    if refused := report.refused():
        shown.append(table("refused as negatives", ("reason", "times"), refused))
    shown.append(table("audit", ("", ""), report.findings()))
    shown.append(f"{folder}: manifest.json, audit.json, card.md; open {folder / 'map.html'}")
    return shown
