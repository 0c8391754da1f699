"""The three steps that run for each partition; each writes its results atomically and once.

    halo     tiles near a border are shown to the partitions they reach into
    assign   every camera finds its right tile, in the partition of the camera
    pack     tiles with cameras become candidate sets, in the partition of the tile

A step is a function of (plan, partition) and files, so that any executor can run it anywhere that
sees the work folder.
"""

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.counter_random import hash_strings
from geobench_tools.pairing._assign import Assignment, assign_positives
from geobench_tools.pairing._pack import pack
from geobench_tools.pairing._spill import (
    CELL,
    KEY,
    ROW,
    TILE,
    Plan,
    by_partition,
    column_or,
    read_spill,
    read_spills,
    tile_shapes,
    write_json,
    write_spill,
)
from geobench_tools.pairing._squares import reached_partitions

__all__ = ["STAGES"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def halo(plan: Plan, part: int) -> None:
    """Write, for each other partition, the tiles of this one that cameras there may belong to."""
    done = plan.work / "halo" / f"{part:05d}.done"
    if done.exists():
        return
    tiles = read_spill(plan.work / "spill" / f"satellite-{part:05d}.arrow")
    if tiles is not None and plan.partitions > 1:
        tiles = _numbered(tiles)
        shapes = tile_shapes(tiles, plan.options)
        discs = (shapes.lat, shapes.lon, shapes.reach_m)
        rows, target = reached_partitions(*discs, plan.partition, part)
        for other, copies in by_partition(tiles.take(rows), target):
            write_spill(copies, plan.work / "halo" / f"{other:05d}-from-{part:05d}.arrow")
    write_json(done, {})


def _numbered(tiles: Any) -> Any:
    """Return what assignment needs of the tiles of a partition, with their row numbers."""
    names = ("lat", "lon", "bbox", "gsd_m", "width", "height", "footprint", CELL, KEY)
    table = tiles.select([n for n in names if n in tiles.column_names])
    return table.append_column(ROW, [np.arange(len(tiles))])


def assign(plan: Plan, part: int) -> None:
    """Find the right tile of every camera of this partition and send it where the tile lives."""
    done = plan.work / "assigned" / f"{part:05d}.json"
    if done.exists():
        return
    counts: Counter[str] = Counter()
    cameras = read_spill(plan.work / "spill" / f"ground-{part:05d}.arrow")
    if cameras is not None:
        has_given, given = _given(cameras)
        tiles = _reachable_tiles(plan, part)
        found = _assign(plan, cameras, tiles, has_given, given)
        error = column_or(cameras, "gps_error_m", plan.options.gps_error_m)
        precise = error <= plan.options.min_separation_m
        matched = (found.tile >= 0) & precise
        counts["ground: position error above the minimum separation"] = int((~precise).sum())
        lost = precise & (found.tile < 0)
        counts["ground: its given tile is unknown or too far"] = int((lost & has_given).sum())
        counts["ground: no tile shows it"] = int((lost & ~has_given).sum())
        counts["semi-positives"] = int(found.semi_positives[matched].sum())
        if tiles is not None:
            _send(plan, part, cameras, tiles, found.tile, np.flatnonzero(matched))
    write_json(done, {name: n for name, n in counts.items() if n})


def _given(cameras: Any) -> tuple[Bools, npt.NDArray[np.uint64]]:
    """Return which cameras name their tile, and the hash of its id."""
    if "tile_id" not in cameras.column_names:
        return np.zeros(len(cameras), bool), np.zeros(len(cameras), np.uint64)
    column = cameras["tile_id"]
    return np.asarray(column.is_valid().to_numpy()), hash_strings(column)


def _reachable_tiles(plan: Plan, part: int) -> Any | None:
    """Return all tiles that cameras of a partition may belong to."""
    import pyarrow as pa

    own = read_spill(plan.work / "spill" / f"satellite-{part:05d}.arrow")
    near = read_spills(plan.work / "halo", f"{part:05d}-from-*.arrow")
    tables = [] if own is None else [_numbered(own)]
    tables += [] if near is None else [near]
    return pa.concat_tables(tables) if tables else None


def _assign(
    plan: Plan, cameras: Any, tiles: Any | None, has_given: Bools, given: npt.NDArray[np.uint64]
) -> Assignment:
    if tiles is None:
        none = np.zeros(len(cameras), np.int64)
        return Assignment(none - 1, none, has_given)
    shapes = tile_shapes(tiles, plan.options, polygons=not has_given.all())
    lat, lon = cameras["lat"].to_numpy(), cameras["lon"].to_numpy()
    return assign_positives(shapes, lat, lon, given, has_given)


def _send(plan: Plan, part: int, cameras: Any, tiles: Any, tile: Ints, rows: Ints) -> None:
    """Tell each partition which cameras belong to which rows of its tiles.

    Cameras that stay are named by their rows; others are copied.
    """
    import pyarrow as pa

    tile = tile.take(rows)
    right = tiles[ROW].to_numpy().take(tile)
    target = plan.partition(tiles[CELL].to_numpy().take(tile))
    leaves = target != part
    folder = plan.work / "assigned"
    stay = pa.table({ROW: rows[~leaves], TILE: right[~leaves]})
    if len(stay):
        write_spill(stay, folder / f"{part:05d}-stay.arrow")
    copies = cameras.take(rows[leaves]).append_column(TILE, [right[leaves]])
    for other, sent in by_partition(copies, target[leaves]):
        write_spill(sent, folder / f"{other:05d}-from-{part:05d}.arrow")


STAGES = (("find borders", halo), ("find positives", assign), ("pack candidate sets", pack))
"""The steps in order, each to be finished for all partitions before the next begins."""
