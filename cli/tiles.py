"""``geor1 plan-tiles`` and ``geor1 fetch-tiles``: satellite tiles for ground positions."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geobench_tools.errors import PartialFailure

from ._console import JsonOption, Output, QuietOption, Verbatim, command, table
from ._quantities import parse_bytes, parse_seconds

if TYPE_CHECKING:
    from geobench_tools.views import FetchPreview, FetchReport, PlanReport

__all__ = ["register"]

TILES, SOURCE, MANNERS, RECORD = "Tiles", "Source", "Manners", "Record"
ASSUMED = "Estimate"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("plan-tiles")(plan_tiles)
    app.command("fetch-tiles")(fetch_tiles)


def plan_tiles(
    views: Annotated[list[Path], typer.Argument(help="View tables with ground views.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Plan to write (Parquet).")],
    zoom: Annotated[int, typer.Option(help="Zoom level.", rich_help_panel=TILES)] = 18,
    tile_px: Annotated[
        int, typer.Option(help="Side of a tile, pixels: 256 or 512.", rich_help_panel=TILES)
    ] = 256,
    neighbours: Annotated[
        int,
        typer.Option(
            help="Rings of tiles added around each tile with a camera.", rich_help_panel=TILES
        ),
    ] = 0,
    image_format: Annotated[
        str, typer.Option("--format", help="jpg, png or webp.", rich_help_panel=ASSUMED)
    ] = "jpg",
    tile_bytes: Annotated[
        int | None,
        typer.Option(
            parser=parse_bytes,
            metavar="SIZE",
            help="Size of one tile; by default a mean of the format.",
            rich_help_panel=ASSUMED,
        ),
    ] = None,
    rate: Annotated[
        float, typer.Option(help="Requests each second.", rich_help_panel=ASSUMED)
    ] = 5.0,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """List the web tiles that the ground views lie in, with size and time estimates."""
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.views import PlanOptions, plan_tiles

        options = PlanOptions(
            zoom=zoom,
            tile_px=tile_px,
            neighbours=neighbours,
            image_format=image_format,
            tile_bytes=tile_bytes,
            rate=rate,
        )
        report = plan_tiles(views, output, options, progress=out.progress)
        if report.beyond_limit:
            named = ", ".join(report.beyond_examples)
            out.warn(f"{report.beyond_limit:,} views lie beyond Web Mercator: {named}")
        out.result(_document(report), table("tile plan", ("", ""), _plan_rows(report)))


def fetch_tiles(
    plan: Annotated[Path, typer.Argument(help="Plan of plan-tiles.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Tile folder.")],
    source: Annotated[
        str,
        typer.Option(
            help="URL with {z} {x} {y}, {-y} (TMS), {q} (quadkey), {s} (sub-domain), {key}.",
            rich_help_panel=SOURCE,
        ),
    ],
    api_key_env: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Environment variable with the key for {key}; the key is never recorded.",
            rich_help_panel=SOURCE,
        ),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'NAME: VALUE'",
            help="Further request header; may hold {key}. Repeatable.",
            rich_help_panel=SOURCE,
        ),
    ] = None,
    subdomains: Annotated[
        str, typer.Option(help="Values of {s}, by comma.", rich_help_panel=SOURCE)
    ] = "a,b,c",
    missing_status: Annotated[
        list[int],
        typer.Option(
            metavar="STATUS",
            help="HTTP status that means: no such tile. Repeatable.",
            rich_help_panel=SOURCE,
        ),
    ] = [204, 404, 410],  # noqa: B006
    no_imagery: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SHA256",
            help="Tiles with these bytes show nothing: left out of the view table. Repeatable.",
            rich_help_panel=SOURCE,
        ),
    ] = None,
    rate: Annotated[
        float, typer.Option(help="Most requests each second.", rich_help_panel=MANNERS)
    ] = 5.0,
    concurrency: Annotated[
        int, typer.Option(help="Most requests open at once.", rich_help_panel=MANNERS)
    ] = 4,
    retries: Annotated[
        int, typer.Option(help="Further attempts at a tile.", rich_help_panel=MANNERS)
    ] = 5,
    timeout: Annotated[
        float,
        typer.Option(
            parser=parse_seconds,
            metavar="TIME",
            help="Most time for one request.",
            rich_help_panel=MANNERS,
        ),
    ] = "30s",  # type: ignore[assignment]
    backoff: Annotated[
        float,
        typer.Option(
            parser=parse_seconds,
            metavar="TIME",
            help="Mean wait before the first retry; it doubles.",
            rich_help_panel=MANNERS,
        ),
    ] = "1s",  # type: ignore[assignment]
    max_bytes: Annotated[
        int | None,
        typer.Option(
            parser=parse_bytes,
            metavar="SIZE",
            help="Stop once the tiles in the folder take this much.",
            rich_help_panel=MANNERS,
        ),
    ] = None,
    user_agent: Annotated[
        str | None, typer.Option(help="How the client names itself.", rich_help_panel=MANNERS)
    ] = None,
    retry_missing: Annotated[
        bool,
        typer.Option(
            "--retry-missing",
            help="Ask again for tiles that the source did not have.",
            rich_help_panel=MANNERS,
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Show the first URLs and the estimates; send and write nothing.",
            rich_help_panel=MANNERS,
        ),
    ] = False,
    provider: Annotated[
        str | None,
        typer.Option(
            help="Provider in the view table; by default the source's host.", rich_help_panel=RECORD
        ),
    ] = None,
    attribution: Annotated[
        str | None, typer.Option(help="Credit line of the tiles.", rich_help_panel=RECORD)
    ] = None,
    licence: Annotated[
        str | None, typer.Option(help="Licence of the tiles.", rich_help_panel=RECORD)
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Fetch the tiles of a plan from a source that you name; resume by the same command.

    Many providers forbid bulk download: read the source's terms first.
    """
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.views import FetchOptions, preview_fetch
        from geobench_tools.views import fetch_tiles as fetch

        options = FetchOptions(
            source=source,
            rate=rate,
            concurrency=concurrency,
            retries=retries,
            timeout_s=timeout,
            backoff_s=backoff,
            api_key_env=api_key_env,
            headers=tuple(header or ()),
            subdomains=tuple(filter(None, subdomains.split(","))),
            user_agent=user_agent,
            provider=provider,
            licence=licence,
            attribution=attribution,
            max_bytes=max_bytes,
            missing_status=tuple(missing_status),
            retry_missing=retry_missing,
            no_imagery=tuple(no_imagery or ()),
        )
        if dry_run:
            preview = preview_fetch(plan, output, options, progress=out.progress)
            out.result(
                _document(preview),
                table("first requests", ("URL",), [(url,) for url in preview.urls]),
                table("dry run", ("", ""), _preview_rows(preview)),
            )
            return
        report = fetch(plan, output, options, progress=out.progress, note=out.note)
        out.result(_document(report) | {"complete": report.complete}, *_fetch_tables(report))
        _close(report, out)


def _close(report: "FetchReport", out: Output) -> None:
    if report.complete:
        return
    if report.stopped:
        out.warn(f"stopped: {report.stopped}")
    if not report.on_disk and report.missing:
        out.warn("the source has none of the tiles: check {z}, {x}, {y} or {-y} and the zoom level")
    else:
        out.note("next:  the same command fetches what is left, once the cause is gone")
    raise typer.Exit(PartialFailure.exit_code)


def _document(report: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(report)


def _plan_rows(report: "PlanReport") -> list[tuple[str, str]]:
    return [
        ("plan", str(report.plan)),
        ("ground views", f"{report.ground_views:,}"),
        ("beyond Web Mercator", f"{report.beyond_limit:,}"),
        ("tiles", f"{report.tiles:,} of {report.tile_px} px at zoom {report.zoom}"),
        ("of them with a camera", f"{report.camera_tiles:,}"),
        ("most views in one tile", f"{report.most_views:,}"),
        ("ground sample distance", f"{report.gsd_min_m:.3f} to {report.gsd_max_m:.3f} m"),
        ("requests", f"{report.tiles:,} or more (retries, redirects)"),
        (
            "size on disk",
            f"about {_size(report.bytes)} ({_size(report.tile_bytes)} for a "
            f"{report.image_format} tile)",
        ),
        ("time", f"{_time(report.seconds)} or more at {report.rate:g} requests per second"),
    ]


def _preview_rows(preview: "FetchPreview") -> list[tuple[str, str]]:
    return [
        ("folder", str(preview.folder)),
        ("provider", preview.provider),
        ("tiles in the plan", f"{preview.planned:,}"),
        ("on disk", f"{preview.on_disk:,}"),
        ("known to be missing", f"{preview.missing:,}"),
        ("to fetch", f"{preview.to_fetch:,}"),
        ("size", f"about {_size(preview.bytes)} ({_size(preview.tile_bytes)} for a tile)"),
        ("time", f"{_time(preview.seconds)} or more"),
    ]


def _fetch_tables(report: "FetchReport") -> list[Any]:
    rows = [
        ("folder", str(report.folder)),
        ("provider", report.provider),
        ("licence", report.licence or "not recorded (--licence)"),
        ("attribution", report.attribution or "not recorded (--attribution)"),
        ("tiles in the plan", f"{report.planned:,}"),
        ("on disk", f"{report.on_disk:,} ({_size(report.bytes_on_disk)})"),
        ("fetched now", f"{report.fetched:,} ({_size(report.fetched_bytes)})"),
        ("not at the source", f"{report.missing:,}"),
        ("failed", f"{report.failed:,}"),
        ("not tried", f"{report.not_tried:,}"),
        ("requests", f"{report.requests:,} in {_time(report.seconds)}"),
    ]
    optional = {
        "found in the folder": report.adopted,
        "content type of another format": report.mislabelled,
        "left out as showing nothing": report.no_imagery,
    }
    rows += [(name, f"{count:,}") for name, count in optional.items() if count]
    tables = [table("tiles", ("", ""), rows)]
    if report.reasons:
        failures = [
            (reason, count, report.examples[reason]) for reason, count in report.reasons.items()
        ]
        tables.append(table("failed tiles", ("reason", "tiles", "for example"), failures))
    if report.identical:
        groups = [(same.tiles, same.bytes, same.example) for same in report.identical]
        title = "same bytes at several places: perhaps 'no imagery'"
        tables.append(table(title, ("tiles", "bytes", "for example"), groups))
        lines = [f"--no-imagery {same.sha256}" for same in report.identical]
        tables.append(Verbatim("\n".join(["next: look at one; leave them out by", *lines])))
    return tables


def _size(count: float) -> str:
    from rich.filesize import decimal

    return decimal(round(count))


def _time(seconds: float) -> str:
    from datetime import timedelta

    return str(timedelta(seconds=round(seconds))) if seconds >= 1 else f"{seconds:.2f} s"
