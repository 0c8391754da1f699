"""The three steps that run for each partition; each writes its results atomically and once.

    halo     tiles near a border are shown to the partitions they reach into
    assign   every camera finds its right tile, in the partition of the camera
    pack     tiles with cameras become candidate sets, in the partition of the tile

A step is a function of (plan, partition) and files, so that any executor can run it anywhere that
sees the work folder.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.counter_random import hash_strings, mix
from geobench_tools.errors import InputError
from geobench_tools.files import atomic_file
from geobench_tools.pairing._arrays import CameraArrays, TileArrays, find_sorted
from geobench_tools.pairing._assign import TileShapes, assign_positives
from geobench_tools.pairing._cliques import NO_TIME, Cliques, Reason, pack_cliques
from geobench_tools.pairing._controls import pivot_negatives, random_negatives, ring_negatives
from geobench_tools.pairing._emit import (
    Questions,
    from_cliques,
    from_negatives,
    question_table,
    write_part,
)
from geobench_tools.pairing._options import PairOptions
from geobench_tools.pairing._sets import SPLITS
from geobench_tools.pairing._spill import (
    CAMERA_SNAP_M,
    CELL,
    KEY,
    Plan,
    column_or,
    read_spill,
    read_spills,
    tile_shapes,
    times_us,
    write_spill,
)
from geobench_tools.pairing._splits import touching_labels

__all__ = ["STAGES", "assign", "halo", "pack"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TILE = "_tile"
_CAMERA_STREAM = 0xCA3E


def halo(plan: Plan, part: int) -> None:
    """Write, for each other partition, the tiles of this one that cameras there may belong to."""
    done = plan.work / "halo" / f"{part:05d}.done"
    if done.exists():
        return
    tiles = read_spill(plan.work / "spill" / f"satellite-{part:05d}.arrow")
    if tiles is not None and plan.partitions > 1:
        cells = tiles[CELL].to_numpy()
        shapes = tile_shapes(tiles, plan.options, polygons=False)
        reach = shapes.reach_m + CAMERA_SNAP_M
        rows, target = touching_labels(
            shapes.lat, shapes.lon, cells, reach, plan.partition, plan.finest
        )
        for other in np.unique(target).tolist():
            name = f"{other:05d}-from-{part:05d}.arrow"
            copies = _shape_columns(tiles).take(rows[target == other])
            write_spill(copies, plan.work / "halo" / name)
    _write_json(done, {})


def _shape_columns(tiles: Any) -> Any:
    names = ("lat", "lon", "bbox", "gsd_m", "width", "height", "footprint", CELL, KEY)
    return tiles.select([n for n in names if n in tiles.column_names])


def assign(plan: Plan, part: int) -> None:
    """Find the right tile of every camera of this partition and send it where the tile lives."""
    done = plan.work / "assigned" / f"{part:05d}.json"
    if done.exists():
        return
    counts: Counter[str] = Counter()
    cameras = read_spill(plan.work / "spill" / f"ground-{part:05d}.arrow")
    if cameras is not None:
        cameras, has_given, given = _with_given(cameras)
        tiles = _reachable_tiles(plan, part, polygons=not has_given.all())
        lat, lon = cameras["lat"].to_numpy(), cameras["lon"].to_numpy()
        error = column_or(cameras, "gps_error_m", plan.options.gps_error_m)
        precise = error <= plan.options.min_separation_m
        found = assign_positives(tiles[0], lat, lon, given, has_given)
        matched = (found.tile >= 0) & precise
        counts["ground: position error above the minimum separation"] = int((~precise).sum())
        lost = precise & (found.tile < 0)
        counts["ground: its given tile is unknown or too far"] = int((lost & has_given).sum())
        counts["ground: no tile shows it"] = int((lost & ~has_given).sum())
        counts["semi-positives"] = int(found.semi_positives[matched].sum())
        _send(plan, part, cameras, tiles, found.tile, matched)
    _write_json(done, {name: n for name, n in counts.items() if n})


def _with_given(cameras: Any) -> tuple[Any, Bools, npt.NDArray[np.uint64]]:
    """Take the given tile ids out of a camera table, as hashes."""
    if "tile_id" not in cameras.column_names:
        return cameras, np.zeros(len(cameras), bool), np.zeros(len(cameras), np.uint64)
    column = cameras["tile_id"]
    has = np.asarray(column.is_valid().to_numpy())
    return cameras, has, hash_strings(column)


def _reachable_tiles(
    plan: Plan, part: int, *, polygons: bool
) -> tuple[TileShapes, npt.NDArray[np.uint64]]:
    """Return shapes and cells of all tiles that cameras of a partition may belong to, by key."""
    import pyarrow as pa

    own = read_spill(plan.work / "spill" / f"satellite-{part:05d}.arrow")
    tables = [] if own is None else [_shape_columns(own)]
    near = read_spills(plan.work / "halo", f"{part:05d}-from-*.arrow")
    tables += [] if near is None else [near]
    if not tables:
        empty = np.zeros(0)
        keys = np.zeros(0, np.uint64)
        return TileShapes(empty, empty, keys, empty, empty, empty, {}), keys
    table = pa.concat_tables(tables)
    table = table.take(np.argsort(table[KEY].to_numpy()))
    return tile_shapes(table, plan.options, polygons=polygons), table[CELL].to_numpy()


def _send(
    plan: Plan,
    part: int,
    cameras: Any,
    tiles: tuple[TileShapes, npt.NDArray[np.uint64]],
    tile: Ints,
    matched: Bools,
) -> None:
    shapes, cells = tiles
    rows = np.flatnonzero(matched)
    target = plan.partition(cells[tile[rows]])
    cameras = cameras.drop_columns([CELL])
    for other in np.unique(target).tolist():
        chosen = rows[target == other]
        table = cameras.take(chosen).append_column(TILE, [shapes.key[tile[chosen]]])
        name = f"{other:05d}-from-{part:05d}.arrow"
        write_spill(table, plan.work / "assigned" / name)


def pack(plan: Plan, part: int) -> None:
    """Make the candidate sets of the tiles of this partition and write its output parts."""
    done = plan.work / "packed" / f"{part:05d}.json"
    if done.exists():
        return
    counts: Counter[str] = Counter()
    digest = 0
    tiles = read_spill(plan.work / "spill" / f"satellite-{part:05d}.arrow")
    cameras = read_spills(plan.work / "assigned", f"{part:05d}-from-*.arrow")
    if tiles is not None:
        counts["satellite_read"] = tiles.num_rows
        if cameras is None:
            counts["satellite: no camera"] = tiles.num_rows
        else:
            digest = _pack(plan, part, tiles, cameras, counts)
    _write_json(done, {"counts": {k: v for k, v in counts.items() if v}, "digest": digest})


@dataclass(frozen=True)
class _Partition:
    """The views of one partition that may be used, as tables and as arrays with the same rows."""

    tile_views: Any
    camera_views: Any
    tiles: TileArrays
    cameras: CameraArrays

    @property
    def cells(self) -> npt.NDArray[np.uint64]:
        return np.asarray(self.tile_views[CELL].to_numpy())


def _pack(plan: Plan, part: int, tile_views: Any, camera_views: Any, counts: Counter[str]) -> int:
    held = _arrays(plan, *_joined(plan, tile_views, camera_views, counts))
    make = _clique_questions if plan.options.sampler == "clique" else _control_questions
    questions = make(plan.options, held, counts)
    order = np.lexsort((questions.clique_id, plan.partition.order(questions.cell)))
    questions = questions.take(order)
    digest = _write_questions(plan, part, questions, held, counts)
    used = {"satellite": questions.candidates, "ground": questions.camera}
    cell = {"satellite": held.cells, "ground": held.cells[held.cameras.tile]}
    for kind, views in (("satellite", held.tile_views), ("ground", held.camera_views)):
        is_used = np.zeros(views.num_rows, bool)
        is_used[used[kind]] = True
        rows = np.flatnonzero(is_used)
        rows = rows[np.argsort(plan.partition.order(cell[kind][rows]), kind="stable")]
        counts[f"{kind}_used"] = len(rows)
        dropped = [n for n in (CELL, KEY, TILE) if n in views.column_names]
        path = plan.out / "views" / kind / f"part-{part:05d}.parquet"
        write_part(views.take(rows).drop_columns(dropped), path, unique=("view_id", "tile_id"))
    return digest


def _joined(plan: Plan, tiles: Any, cameras: Any, counts: Counter[str]) -> tuple[Any, Any]:
    """Keep tiles that have cameras and lie clear of other splits, with their cameras.

    Returns:
        Tiles sorted by (cell, key); cameras sorted by (tile, order of use), with
        the tile's row number in ``_tile``.
    """
    import pyarrow as pa

    key, cells = tiles[KEY].to_numpy(), tiles[CELL].to_numpy()
    ascending = np.argsort(key)
    in_order = key[ascending]
    repeated = np.flatnonzero(in_order[1:] == in_order[:-1])
    if len(repeated):
        name = tiles["view_id"][int(ascending[repeated[0]])].as_py()
        raise InputError(f"{plan.satellite}: view_id {name!r} occurs twice")
    tile = ascending[find_sorted(in_order, cameras[TILE].to_numpy())]
    has_camera = np.bincount(tile, minlength=len(key)) > 0
    clear = _clear_of_other_splits(plan, tiles, cells)
    keep = has_camera & clear
    counts["satellite: no camera"] = int((~has_camera).sum())
    counts["satellite: too near another split"] = int((has_camera & ~clear).sum())
    counts["ground: its tile is too near another split"] = int((~clear[tile]).sum())
    rows = ascending[keep[ascending]]
    rows = rows[np.argsort(cells[rows], kind="stable")]
    new_row = np.full(len(key), -1)
    new_row[rows] = np.arange(len(rows))
    kept = np.flatnonzero(keep[tile])
    use = mix(plan.options.seed, _CAMERA_STREAM, cameras[KEY].to_numpy()[kept])
    shift = np.uint64(max(1, len(rows)).bit_length())
    place = new_row[tile[kept]].astype(np.uint64) << (np.uint64(64) - shift)
    order = kept[np.argsort(place | (use >> shift))]
    cameras = cameras.take(order)
    column = cameras.schema.get_field_index(TILE)
    return tiles.take(rows), cameras.set_column(column, TILE, pa.array(new_row[tile[order]]))


def _clear_of_other_splits(plan: Plan, tiles: Any, cells: npt.NDArray[np.uint64]) -> Bools:
    clear = np.ones(len(cells), bool)
    if max(plan.options.split) < 1:
        shapes = tile_shapes(tiles, plan.options, polygons=False)
        reach = shapes.reach_m + plan.options.split_buffer_m
        rows, _ = touching_labels(shapes.lat, shapes.lon, cells, reach, plan.split, plan.finest)
        clear[rows] = False
    return clear


def _arrays(plan: Plan, tile_views: Any, camera_views: Any) -> _Partition:
    shapes = tile_shapes(tile_views, plan.options, polygons=False)
    split = plan.split(tile_views[CELL].to_numpy())
    group = split.astype(np.int32)
    if plan.options.stratify:
        labels = mix(split, *_strata(tile_views, plan.options.stratify))
        group = np.unique(labels, return_inverse=True)[1].astype(np.int32)
    tiles = TileArrays(
        shapes.lat, shapes.lon, shapes.key, shapes.half_width_deg, shapes.half_height_deg, group
    )
    cameras = CameraArrays(
        camera_views["lat"].to_numpy(),
        camera_views["lon"].to_numpy(),
        camera_views[KEY].to_numpy(),
        column_or(camera_views, "gps_error_m", plan.options.gps_error_m),
        camera_views[TILE].to_numpy(),
    )
    return _Partition(tile_views, camera_views, tiles, cameras)


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


def _clique_questions(options: PairOptions, held: _Partition, counts: Counter[str]) -> Questions:
    cliques = pack_cliques(
        held.tiles,
        held.cells,
        held.cameras,
        options,
        tile_time_us=times_us(held.tile_views, NO_TIME),
        camera_time_us=times_us(held.camera_views, NO_TIME),
    )
    _count_cliques(cliques, held.cameras, counts)
    per_tile = np.bincount(held.cameras.tile, minlength=len(held.tiles))
    return from_cliques(cliques, held.cells, np.cumsum(per_tile) - per_tile)


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


def _control_questions(options: PairOptions, held: _Partition, counts: Counter[str]) -> Questions:
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
    return questions


def _write_questions(
    plan: Plan, part: int, questions: Questions, held: _Partition, counts: Counter[str]
) -> int:
    options = plan.options
    assert options.split_resolution is not None
    label = plan.split(questions.cell)
    digest = 0
    for number, split in enumerate(SPLITS):
        chosen = questions.take(label == number)
        if options.rotations and split != "train":
            chosen = chosen.rotated()
        counts[f"questions_{split}"] = len(chosen)
        table = question_table(
            chosen,
            held.tiles,
            held.cameras,
            held.tile_views,
            held.camera_views,
            options.split_resolution,
        )
        path = plan.out / split / f"part-{part:05d}.parquet"
        write_part(table, path, unique=("ground_id", "ground_image", "clique_id"))
        digest = (digest + chosen.digest(held.cameras, held.tiles)) % 2**64
    return digest


def _write_json(path: Path, document: dict[str, Any]) -> None:
    with atomic_file(path) as temporary:
        temporary.write_text(json.dumps(document, indent=1))


STAGES = (("find borders", halo), ("find positives", assign), ("pack candidate sets", pack))
"""The steps in order, each to be finished for all partitions before the next begins."""
