"""Get the tiles of a plan from a source that the user names, politely and resumably."""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError, PartialFailure, system_error
from geobench_tools.files import atomic_file
from geobench_tools.progress import SILENT, Progress
from geobench_tools.provenance import Manifest, digest_input, write_manifest
from geobench_tools.strictjson import parse_json
from geobench_tools.views._fetch_ledger import IdenticalTiles, Ledger
from geobench_tools.views._fetch_source import FetchOptions, TileSource, open_source
from geobench_tools.views._plan import BYTES_PER_PIXEL, estimated_tile_bytes
from geobench_tools.views._schema import ViewTable, write_views

__all__ = ["FetchPreview", "FetchReport", "fetch_tiles", "preview_fetch"]

_VIEWS = "views.parquet"
_CREDIT = "attribution.json"
_PREVIEWED = 5


@dataclass(frozen=True)
class FetchReport:
    """What a run of ``fetch_tiles`` did and what the folder now holds.

    Attributes:
        folder: The tile folder.
        source: The source's template, key left out.
        provider: Provider named in the view table.
        licence: Licence recorded for the folder, or None.
        attribution: Credit line recorded for the folder, or None.
        planned: Tiles in the plan: on disk, missing, failed or not tried.
        on_disk: Tiles in the folder.
        bytes_on_disk: Their size, bytes.
        missing: Tiles that the source does not have.
        failed: Tiles that failed in this run.
        not_tried: Tiles that the run did not come to.
        reasons: Failed tiles by reason.
        examples: First failed tile of each reason, and what happened.
        fetched: Tiles got in this run.
        fetched_bytes: Their size, bytes.
        adopted: Tiles found in the folder that the log did not know; decoded and taken over.
        mislabelled: Tiles of this run whose content type names another format than their bytes.
        no_imagery: Tiles on disk left out of the view table by their digest.
        identical: Largest groups of tiles with the same bytes.
        requests: Requests of this run, retries and redirects included.
        seconds: Duration of the requests.
        stopped: Why the run ended before the last tile, or empty.
    """

    folder: Path
    source: str
    provider: str
    licence: str | None
    attribution: str | None
    planned: int
    on_disk: int
    bytes_on_disk: int
    missing: int
    failed: int
    not_tried: int
    reasons: Mapping[str, int]
    examples: Mapping[str, str]
    fetched: int
    fetched_bytes: int
    adopted: int
    mislabelled: int
    no_imagery: int
    identical: tuple[IdenticalTiles, ...]
    requests: int
    seconds: float
    stopped: str

    @property
    def complete(self) -> bool:
        """Whether every planned tile is on disk or known to be missing, and some are on disk."""
        return self.on_disk > 0 and not self.failed and not self.not_tried


@dataclass(frozen=True)
class FetchPreview:
    """What a run of ``fetch_tiles`` would ask for.

    Attributes:
        folder: The tile folder.
        source: The source's template, key left out.
        provider: Provider to be named in the view table.
        planned: Tiles in the plan.
        on_disk: Tiles already there.
        missing: Tiles known to be missing.
        to_fetch: Tiles to be requested.
        urls: The first of them, key left out.
        tile_bytes: Size assumed for one tile: mean of those on disk, or else by format, bytes.
        bytes: Estimated size of the tiles to be requested, bytes.
        seconds: Least time at the given rate, seconds.
    """

    folder: Path
    source: str
    provider: str
    planned: int
    on_disk: int
    missing: int
    to_fetch: int
    urls: tuple[str, ...]
    tile_bytes: int
    bytes: int
    seconds: float


def preview_fetch(
    plan: Path,
    folder: Path,
    options: FetchOptions,
    *,
    environment: Mapping[str, str] = os.environ,
    progress: Progress = SILENT,
) -> FetchPreview:
    """Say what ``fetch_tiles`` would request; nothing is sent and nothing written.

    Args and errors are those of ``fetch_tiles``.
    """
    options.check()
    source = open_source(options, environment)
    ledger = Ledger(folder, plan)
    _check_credit(folder, source)
    ledger.load(progress)
    rows = ledger.pending(retry_missing=options.retry_missing)
    urls = tuple(source.shown(ledger.tile(row)) for row in islice(rows, _PREVIEWED))
    to_fetch = ledger.count_pending(retry_missing=options.retry_missing)
    if ledger.done:
        tile_bytes = round(ledger.bytes_on_disk / ledger.done)
    else:
        tile_bytes = estimated_tile_bytes(ledger.tile_px(0) or 256, _format_of(source.template))
    return FetchPreview(
        folder=folder,
        source=source.template,
        provider=source.provider,
        planned=len(ledger),
        on_disk=ledger.done,
        missing=ledger.missing,
        to_fetch=to_fetch,
        urls=urls,
        tile_bytes=tile_bytes,
        bytes=tile_bytes * to_fetch,
        seconds=to_fetch / options.rate,
    )


def fetch_tiles(
    plan: Path,
    folder: Path,
    options: FetchOptions,
    *,
    environment: Mapping[str, str] = os.environ,
    progress: Progress = SILENT,
    note: Callable[[str], None] = lambda _message: None,
) -> FetchReport:
    """Fetch the tiles of a plan into ``folder/z/x/y.ext``, bytes untouched.

    The folder can be resumed at any time by the same call: what is on disk is not requested again.
    It also gets ``fetch.jsonl`` (one line for each tile that was settled), ``attribution.json``,
    ``views.parquet`` (the tiles on disk as satellite views) and ``manifest.json``. In the main
    thread, SIGINT and SIGTERM end the run after the open requests, a second one at once. Must not
    be called while an event loop runs in the same thread.

    Args:
        plan: The view table that ``plan_tiles`` wrote.
        folder: The tile folder; made if it does not exist.
        options: Source and manners.
        environment: Where the key is looked up.
        progress: Shows the tiles settled.
        note: Gets remarks for the user while the run goes on.

    Raises:
        InputError: The plan, the source or an option is unusable, the folder was begun from another
            source, another run is using it, or it cannot be written.
        PartialFailure: The run was broken off by a second interrupt.
    """
    options.check()
    source = open_source(options, environment)
    ledger = Ledger(folder, plan)
    _check_credit(folder, source)
    if source.key and source.template.startswith("http:"):
        note("the source is plain http: the key travels unencrypted")
    try:
        with ledger.appending():
            ledger.load(progress)
            _write_credit(folder, source, options, ledger)
            return _fetch(plan, folder, options, source, ledger, progress, note)
    except OSError as error:
        raise system_error(error) from None


def _fetch(
    plan: Path,
    folder: Path,
    options: FetchOptions,
    source: TileSource,
    ledger: Ledger,
    progress: Progress,
    note: Callable[[str], None],
) -> FetchReport:
    from geobench_tools.views._fetch_run import FetchRun

    wanted = ledger.count_pending(retry_missing=options.retry_missing)
    rows = ledger.pending(retry_missing=options.retry_missing)
    with progress.task("fetch tiles", wanted) as advance:
        run = FetchRun(source, options, ledger, rows, advance, note)
        started = time.monotonic()
        finished = run.run() if wanted else True
        seconds = time.monotonic() - started
    if not finished:
        raise PartialFailure(
            f"broken off after {run.tally.fetched:,} tiles", hint="the same command goes on"
        )
    table, no_imagery = ledger.views(source.provider, options.no_imagery)
    write_views(ViewTable(table, folder), folder / _VIEWS)
    credit = _write_credit(folder, source, options, ledger)
    failed = sum(run.tally.failed.values())
    report = FetchReport(
        folder=folder,
        source=source.template,
        provider=source.provider,
        licence=credit["licence"],
        attribution=credit["attribution"],
        planned=len(ledger),
        on_disk=ledger.done,
        bytes_on_disk=ledger.bytes_on_disk,
        missing=ledger.missing,
        failed=failed,
        not_tried=len(ledger) - ledger.done - ledger.missing - failed,
        reasons=dict(sorted(run.tally.failed.items())),
        examples=dict(sorted(run.tally.examples.items())),
        fetched=run.tally.fetched,
        fetched_bytes=run.tally.bytes,
        adopted=ledger.adopted,
        mislabelled=run.tally.mislabelled,
        no_imagery=no_imagery,
        identical=ledger.identical(),
        requests=run.tally.requests,
        seconds=seconds,
        stopped=run.tally.stopped,
    )
    write_manifest(_manifest(plan, options, source, report), folder / "manifest.json")
    return report


def _manifest(
    plan: Path, options: FetchOptions, source: TileSource, report: FetchReport
) -> Manifest:
    parameters = asdict(options) | {
        "source": source.template,
        "provider": source.provider,
        "headers": [header.partition(":")[0].strip() for header in options.headers],
    }
    counts = {
        name: getattr(report, name)
        for name in (
            "planned",
            "on_disk",
            "bytes_on_disk",
            "fetched",
            "adopted",
            "requests",
            "mislabelled",
        )
    }
    dropped = {
        "missing": report.missing,
        "no-imagery": report.no_imagery,
        "not-tried": report.not_tried,
        **report.reasons,
    }
    manifest = Manifest(
        "tiles", parameters, inputs=(digest_input(plan),), counts=counts, dropped=dropped
    )
    command = source.redact(manifest.run["command"])
    return replace(manifest, run={**manifest.run, "command": command})


def _check_credit(folder: Path, source: TileSource) -> None:
    begun = _read_credit(folder).get("source", source.template)
    if begun != source.template:
        raise InputError(
            f"{folder} was begun from the source {begun}",
            hint="give the same --source, or another folder: one folder holds one source",
        )


def _read_credit(folder: Path) -> dict[str, Any]:
    path = folder / _CREDIT
    try:
        credit = parse_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except NotADirectoryError:
        raise InputError(f"{folder} is not a folder", hint="name another output") from None
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}", hint="move it away") from None
    if not isinstance(credit, dict):
        raise InputError(f"{path} is not a JSON object", hint="move it away")
    return credit


def _write_credit(
    folder: Path, source: TileSource, options: FetchOptions, ledger: Ledger
) -> dict[str, Any]:
    """Record where the tiles come from; a licence or credit line once given stays."""
    before = _read_credit(folder)
    credit = {
        "source": source.template,
        "provider": source.provider,
        "licence": options.licence or before.get("licence"),
        "attribution": options.attribution or before.get("attribution"),
        "first_fetched_at": ledger.first_at or None,
        "last_fetched_at": ledger.last_at or None,
        "tiles": ledger.done,
        "bytes": ledger.bytes_on_disk,
    }
    with atomic_file(folder / _CREDIT) as temporary:
        temporary.write_text(
            json.dumps(credit, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    return credit


def _format_of(template: str) -> str:
    path = template.partition("?")[0].lower()
    return next((name for name in BYTES_PER_PIXEL if path.endswith(f".{name}")), "jpg")
