"""The last step of a build: tiles with cameras become candidate sets, partition by partition."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.counter_random import hash_strings, mix
from geobench_tools.errors import InputError
from geobench_tools.geo import cell_ranks
from geobench_tools.pairing._arrays import CameraArrays, TileArrays, argsort_pairs
from geobench_tools.pairing._assign import TileShapes
from geobench_tools.pairing._cliques import NO_TIME, Cliques, Reason, pack_cliques
from geobench_tools.pairing._controls import pivot_negatives, random_negatives, ring_negatives
from geobench_tools.pairing._emit import (
    Questions,
    WrittenViews,
    from_cliques,
    from_negatives,
    question_table,
    write_part,
)
from geobench_tools.pairing._sets import SPLITS
from geobench_tools.pairing._spill import (
    CELL,
    KEY,
    ROW,
    TILE,
    Plan,
    column_or,
    read_spill,
    read_spills,
    tile_shapes,
    times_us,
    write_json,
)
from geobench_tools.pairing._splits import touching_labels

__all__ = ["pack"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_CAMERA_STREAM = 0xCA3E


def pack(plan: Plan, part: int) -> None:
    """Make the candidate sets of the tiles of this partition and write its output parts."""
    done = plan.work / "packed" / f"{part:05d}.json"
    if done.exists():
        return
    counts: Counter[str] = Counter()
    digest = 0
    tiles = read_spill(plan.work / "spill" / f"satellite-{part:05d}.arrow")
    if tiles is not None:
        counts["satellite_read"] = tiles.num_rows
        cameras = _assigned(plan, part)
        if cameras is None:
            counts["satellite: no camera"] = tiles.num_rows
        else:
            digest = _pack(plan, part, _joined(plan, tiles, *cameras, counts), counts)
    write_json(done, {"counts": {k: v for k, v in counts.items() if v}, "digest": digest})


def _assigned(plan: Plan, part: int) -> tuple[Any, Ints, Ints] | None:
    """Return a table with the cameras of a partition's tiles, their rows in it, and their tiles."""
    import pyarrow as pa

    folder = plan.work / "assigned"
    tables: list[Any] = []
    rows, tiles = [], []
    stay = read_spill(folder / f"{part:05d}-stay.arrow")
    if stay is not None:
        tables.append(read_spill(plan.work / "spill" / f"ground-{part:05d}.arrow"))
        rows.append(stay[ROW].to_numpy())
        tiles.append(stay[TILE].to_numpy())
    came = read_spills(folder, f"{part:05d}-from-*.arrow")
    if came is not None:
        rows.append(np.arange(len(came)) + sum(map(len, tables)))
        tiles.append(came[TILE].to_numpy())
        tables.append(came.drop_columns([TILE]))
    if not tables:
        return None
    return pa.concat_tables(tables), np.concatenate(rows), np.concatenate(tiles)


@dataclass(frozen=True)
class _Partition:
    """The views of one partition that may be used.

    Attributes:
        tile_views: View table.
        tile_rows: Row in it of each tile.
        camera_views: View table.
        camera_rows: Row in it of each camera.
        tiles: The tiles, sorted by (cell, key).
        cells: Their cells.
        cameras: The cameras, sorted by (tile, order of use).
    """

    tile_views: Any
    tile_rows: Ints
    camera_views: Any
    camera_rows: Ints
    tiles: TileArrays
    cells: npt.NDArray[np.uint64]
    cameras: CameraArrays


def _joined(
    plan: Plan,
    tile_views: Any,
    camera_views: Any,
    camera_rows: Ints,
    camera_tile: Ints,
    counts: Counter[str],
) -> _Partition:
    """Keep tiles that have cameras and lie clear of other splits, with their cameras."""
    shapes = tile_shapes(tile_views, plan.options)
    _refuse_repeated(plan, tile_views, shapes.key)
    cells = tile_views[CELL].to_numpy()
    order = argsort_pairs(cell_ranks(cells, plan.finest), shapes.key)
    shapes, cells = shapes.take(order), cells.take(order)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    tile = place.take(camera_tile)
    has_camera = np.bincount(tile, minlength=len(order)) > 0
    clear = _clear_of_other_splits(plan, shapes, cells)
    keep = has_camera & clear
    counts["satellite: no camera"] = int((~has_camera).sum())
    counts["satellite: too near another split"] = int((has_camera & ~clear).sum())
    counts["ground: its tile is too near another split"] = int((~clear[tile]).sum())
    kept = np.flatnonzero(keep.take(tile))
    tile = (np.cumsum(keep) - 1).take(tile.take(kept))
    keys = camera_views[KEY].to_numpy().take(camera_rows.take(kept))
    use = argsort_pairs(tile, mix(plan.options.seed, _CAMERA_STREAM, keys))
    camera_rows = camera_rows.take(kept.take(use))
    error = column_or(camera_views, "gps_error_m", plan.options.gps_error_m)
    cameras = CameraArrays(
        camera_views["lat"].to_numpy().take(camera_rows),
        camera_views["lon"].to_numpy().take(camera_rows),
        keys.take(use),
        error.take(camera_rows),
        tile.take(use),
    )
    kept = np.flatnonzero(keep)
    rows, shapes, cells = order.take(kept), shapes.take(kept), cells.take(kept)
    group = plan.split(cells).astype(np.int32)
    if plan.options.stratify:
        strata = (of_all[rows] for of_all in _strata(tile_views, plan.options.stratify))
        group = np.unique(mix(group, *strata), return_inverse=True)[1].astype(np.int32)
    tiles = TileArrays(
        shapes.lat, shapes.lon, shapes.key, shapes.half_width_deg, shapes.half_height_deg, group
    )
    return _Partition(tile_views, rows, camera_views, camera_rows, tiles, cells, cameras)


def _refuse_repeated(plan: Plan, tiles: Any, key: npt.NDArray[np.uint64]) -> None:
    ascending = np.sort(key)
    repeated = ascending[1:][ascending[1:] == ascending[:-1]]
    if len(repeated):
        name = tiles["view_id"][int(np.flatnonzero(key == repeated[0])[0])].as_py()
        raise InputError(f"{plan.satellite}: view_id {name!r} occurs twice")


def _clear_of_other_splits(plan: Plan, shapes: TileShapes, cells: npt.NDArray[np.uint64]) -> Bools:
    clear = np.ones(len(cells), bool)
    if max(plan.options.split) < 1:
        reach = shapes.reach_m + plan.options.split_buffer_m
        rows, _ = touching_labels(shapes.lat, shapes.lon, cells, reach, plan.split, plan.finest)
        clear[rows] = False
    return clear


def _pack(plan: Plan, part: int, held: _Partition, counts: Counter[str]) -> int:
    """Make the questions of a partition, write them and their views, and return their digest."""
    make = _clique_questions if plan.options.sampler == "clique" else _control_questions
    questions = make(plan, held, counts)
    satellite = _write_views(plan, part, "satellite", questions.candidates, held, counts)
    ground = _write_views(plan, part, "ground", questions.camera, held, counts)
    digest = 0
    edges = np.searchsorted(plan.split(questions.cell), np.arange(len(SPLITS) + 1))
    for name, first, end in zip(SPLITS, edges, edges[1:], strict=False):
        chosen = questions.take(slice(first, end))
        if plan.options.rotations and name != "train":
            chosen = chosen.rotated()
        counts[f"questions_{name}"] = len(chosen)
        assert plan.options.split_resolution is not None
        table = question_table(
            chosen, held.tiles, held.cameras, satellite, ground, plan.options.split_resolution
        )
        path = plan.out / name / f"part-{part:05d}.parquet"
        write_part(table, path, unique=("ground_id", "ground_image", "clique_id"))
        digest = (digest + chosen.digest(held.cameras, held.tiles)) % 2**64
    return digest


def _write_views(
    plan: Plan, part: int, kind: str, used: Ints, held: _Partition, counts: Counter[str]
) -> WrittenViews:
    views, source, cells = {
        "satellite": (held.tile_views, held.tile_rows, held.cells),
        "ground": (held.camera_views, held.camera_rows, held.cells[held.cameras.tile]),
    }[kind]
    is_used = np.zeros(len(source), bool)
    is_used[used] = True
    rows = np.flatnonzero(is_used)
    rows = rows[np.argsort(plan.partition.order(cells[rows]), kind="stable")]
    counts[f"{kind}_used"] = len(rows)
    dropped = [n for n in (CELL, KEY) if n in views.column_names]
    table = views.drop_columns(dropped).take(source[rows])
    path = plan.out / "views" / kind / f"part-{part:05d}.parquet"
    write_part(table, path, unique=("view_id", "tile_id"))
    place = np.full(len(source), -1)
    place[rows] = np.arange(len(rows))
    return WrittenViews(table, place)


def _strata(views: Any, names: tuple[str, ...]) -> list[npt.NDArray[np.uint64]]:
    """Hash the columns that all candidates of a question share; nulls are a value of their own."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = []
    for name in names:
        if name in ("year", "month"):
            column = pc.strftime(views["captured_at"], "%Y" if name == "year" else "%Y-%m")
        else:
            column = views[name]
        found.append(hash_strings(column.cast(pa.string())))
    return found


def _in_order(plan: Plan, cell: npt.NDArray[np.uint64], name: npt.NDArray[np.uint64]) -> Ints:
    """Order questions by split, then as for any number of partitions."""
    return np.lexsort((name, plan.partition.order(cell), plan.split(cell)))


def _clique_questions(plan: Plan, held: _Partition, counts: Counter[str]) -> Questions:
    cliques = pack_cliques(
        held.tiles,
        held.cells,
        held.cameras,
        plan.options,
        tile_time_us=times_us(held.tile_views, NO_TIME)[held.tile_rows],
        camera_time_us=times_us(held.camera_views, NO_TIME)[held.camera_rows],
    )
    _count_cliques(cliques, held.cameras, counts)
    per_tile = np.bincount(held.cameras.tile, minlength=len(held.tiles))
    order = _in_order(plan, cliques.cell, cliques.clique_id)
    return from_cliques(cliques, order, np.cumsum(per_tile) - per_tile)


def _count_cliques(cliques: Cliques, cameras: CameraArrays, counts: Counter[str]) -> None:
    counts["cliques"] = len(cliques.members)
    for which, text in enumerate(Reason.TEXT):
        counts[f"satellite: {text}"] = int((cliques.reason == which).sum())
        counts[f"refused groups: {text}"] = cliques.refused[which]
    for resolution, n in zip(*np.unique(cliques.resolution, return_counts=True), strict=True):
        counts[f"cliques_at_resolution_{resolution}"] = int(n)
    unplaced = cliques.reason[cameras.tile] >= 0
    counts["ground: its tile is in no clique"] = int(unplaced.sum())
    used = int(cliques.cameras.sum()) * cliques.members.shape[1]
    counts["ground: left out to give each tile of a clique as many"] = (
        len(cameras) - int(unplaced.sum()) - used
    )


_SAMPLERS: dict[str, Callable[..., Ints]] = {
    "ring": ring_negatives,
    "pivot": pivot_negatives,
    "random": random_negatives,
}


def _control_questions(plan: Plan, held: _Partition, counts: Counter[str]) -> Questions:
    options = plan.options
    bounds = {
        "min_separation_m": options.min_separation_m,
        "max_distance_m": options.max_distance_m,
    }
    if options.sampler == "random":
        del bounds["max_distance_m"]
    sampler = _SAMPLERS[options.sampler]
    negatives = sampler(held.tiles, held.cameras, k=options.k, seed=options.seed, **bounds)
    questions, complete = from_negatives(
        negatives, held.cameras, held.tiles, held.cells, options.seed
    )
    counts["ground: fewer than K-1 negatives in reach"] = int((~complete).sum())
    used = np.zeros(len(held.tiles), bool)
    used[questions.candidates] = True
    counts["satellite: in no question"] = int((~used).sum())
    return questions.take(_in_order(plan, questions.cell, questions.clique_id))
