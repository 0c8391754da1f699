"""Plans, options and a command line for the tests of fetching."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from click.testing import Result
from tile_server import TileServer
from typer.testing import CliRunner

from geobench_tools.cli import app
from geobench_tools.geo import tile_bounds
from geobench_tools.views import (
    FetchOptions,
    PlanOptions,
    ViewTable,
    plan_tiles,
    read_views,
    write_views,
)


def make_plan(path: Path, tiles: int | Sequence[str] | Sequence[tuple[int, int, int]]) -> Path:
    """A plan of a number of tiles at zoom 18 in columns of three, of (z, x, y), or of any ids."""
    if isinstance(tiles, int):
        tiles = [(18, 140_000 + n // 3, 85_000 + n % 3) for n in range(tiles)]
    if not tiles or isinstance(tiles[0], str):
        ids = pa.array(tiles, pa.string())
        zeros = np.zeros(len(tiles))
        columns = {"view_id": ids, "kind": ["satellite"] * len(ids), "lat": zeros, "lon": zeros}
        write_views(ViewTable(pa.table(columns)), path)
        return path
    zoom, x, y = np.array(tiles).T
    middle = tile_bounds(2 * x + 1, 2 * y + 1, int(zoom[0]) + 1)
    columns = {
        "view_id": [f"v{n}" for n in range(len(x))],
        "kind": ["ground"] * len(x),
        "lat": middle.north,
        "lon": middle.west,
    }
    ground = path.with_name(f"{path.stem}.ground.parquet")
    write_views(ViewTable(pa.table(columns)), ground)
    plan_tiles([ground], path, PlanOptions(zoom=int(zoom[0])))
    return path


def fast(source: str, **changes) -> FetchOptions:
    """Options for a server on this machine."""
    return FetchOptions(source, **{"rate": 1000.0, "backoff_s": 0.01} | changes)


def source_url(server: TileServer, placeholders: str) -> str:
    return f"http://127.0.0.1:{server.port}{placeholders}"


def command(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def tile_names(plan: Path) -> list[str]:
    return read_views(plan).table["view_id"].to_pylist()


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "fetch.jsonl").read_text().splitlines()]
