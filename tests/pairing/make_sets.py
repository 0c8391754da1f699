"""Pairing sets of synthetic towns for the audit's tests, with leaks on request.

Written apart from the product's own builder, so that each checks the other.
"""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from geobench_tools.geo import encode_cells, haversine_m, metres_per_degree, parent_cells
from geobench_tools.pairing import LETTERS, SPLITS, PairingSet, open_pairs, question_schema
from geobench_tools.provenance import Manifest, write_manifest
from geobench_tools.views import view_schema

HALF_TILE_M = 60.0
SEPARATION_M = 150.0
RING_M = 1000.0
DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Recipe:
    """What to make.

    ``sampler``: ``clique``; ``ring`` (negatives 150 to 1,000 m from the camera's tile); ``far``
    (negatives from all towns); ``pools`` (negatives from tiles that never have a camera, each tile
    used once). ``leak``: empty, or ``position``, ``bytes``, ``jpeg``, ``time``, ``names``,
    ``local`` (right tiles have the town's own provider), ``question-split``, with ``strength``.
    """

    towns: int = 30
    tiles: int = 100
    k: int = 4
    cameras: int = 1
    sampler: str = "clique"
    leak: str = ""
    strength: float = 0.0
    rotations: bool = False
    parts: int = 3
    aligned: bool = True
    seed: int = 0


def write_set(folder: Path, recipe: Recipe) -> PairingSet:
    """Write a pairing set and open it."""
    rng = np.random.default_rng(recipe.seed)
    tiles = _tiles(recipe, rng)
    sets, right, clique, camera_tiles = _sample(recipe, tiles, rng)
    cameras = _cameras(recipe, tiles, camera_tiles, rng)
    tiles = _inject_into_tiles(recipe, tiles, cameras, sets, right, rng)
    ground = np.arange(len(sets))
    if recipe.leak == "position":
        sets, right = _move_right_to_front(sets, right, recipe.strength, rng)
    rotation = np.zeros(len(sets), int)
    if recipe.rotations:
        k, n = recipe.k, len(sets)
        rotation = np.tile(np.arange(k), n)
        order = (np.arange(k)[None, :] + rotation[:, None]) % k
        sets = np.take_along_axis(np.repeat(sets, k, 0), order, 1)
        right = (np.repeat(right, k) - rotation) % k
        ground, clique = np.repeat(ground, k), np.repeat(clique, k)
    _write(folder, recipe, tiles, cameras, sets, right, clique, ground, rotation, rng)
    return open_pairs(folder)


def _tiles(recipe, rng):
    """Tiles around town centres two degrees apart, with nuisances that vary smoothly in space."""
    town = np.repeat(np.arange(recipe.towns), recipe.tiles)
    centre_lat = 30.0 + 2.0 * (np.arange(recipe.towns) % 12)
    centre_lon = -100.0 + 2.0 * (np.arange(recipe.towns) // 12)
    per_lat, per_lon = metres_per_degree(centre_lat[town])
    east, north = rng.normal(0, 1200.0, (2, len(town)))
    lat, lon = centre_lat[town] + north / per_lat, centre_lon[town] + east / per_lon
    cell = encode_cells(lat, lon, 7)
    split_cell = parent_cells(cell, 4)
    phase = rng.uniform(0, 2 * np.pi, (3, recipe.towns))[:, town]
    smooth = [np.sin(east / 2000 + p) + np.cos(north / 1500 - p) for p in phase]
    keep = np.zeros(len(town), bool)
    for number in range(recipe.towns):
        rows = np.flatnonzero(town == number)
        names, counts = np.unique(split_cell[rows], return_counts=True)
        keep[rows] = split_cell[rows] == names[counts.argmax()]
    rows = np.flatnonzero(keep)
    vendor = (smooth[0] + rng.normal(0, 0.5, len(town)) > 0).astype(int) + town % 2
    days = 17_000 + 300 * smooth[1] + rng.normal(0, 200, len(town))
    table = SimpleNamespace(
        town=town,
        lat=lat,
        lon=lon,
        cell=cell,
        split_cell=split_cell,
        vendor=vendor,
        gsd=np.array([0.3, 0.5, 0.6])[vendor],
        captured=(days * DAY_US).astype(np.int64),
        size=np.exp(10 + 0.1 * smooth[2] + rng.normal(0, 0.1, len(town))),
        key=rng.integers(0, 2**63, len(town)),
    )
    return _rows(table, rows)


def _rows(table, rows):
    return SimpleNamespace(**{name: column[rows] for name, column in vars(table).items()})


def _sample(recipe, tiles, rng):
    """Return candidate sets (n, K), place of the right one, clique ids and each camera's tile."""
    if recipe.sampler == "clique":
        groups = _cliques(tiles, recipe.k, rng)
        k, m = recipe.k, recipe.cameras
        sets = np.repeat(groups, k * m, axis=0)
        right = np.tile(np.repeat(np.arange(k), m), len(groups))
        clique = np.repeat(rng.permutation(len(groups)), k * m)
    else:
        draw = {"ring": _ring, "far": _far, "pools": _pools}[recipe.sampler]
        sets, right = draw(tiles, recipe.k, rng)
        clique = np.arange(len(sets))
    return sets, right, clique, sets[np.arange(len(sets)), right]


def _cliques(tiles, k, rng):
    found, left = [], np.arange(len(tiles.lat))
    for _ in range(6):
        left = left[np.lexsort((rng.random(len(left)), tiles.cell[left]))]
        start = np.r_[True, tiles.cell[left][1:] != tiles.cell[left][:-1]]
        first = np.flatnonzero(start)[np.cumsum(start) - 1]
        size = np.diff(np.r_[np.flatnonzero(start), len(left)])[np.cumsum(start) - 1]
        place = np.arange(len(left)) - first
        whole = place < size // k * k
        groups = left[whole].reshape(-1, k)
        good = _separation(tiles, groups) >= SEPARATION_M
        found.append(groups[good])
        left = np.concatenate([left[~whole], groups[~good].ravel()])
    return np.concatenate(found)


def _separation(tiles, groups):
    k = groups.shape[1]
    lowest = np.full(len(groups), np.inf)
    for i in range(k):
        for j in range(i):
            a, b = groups[:, i], groups[:, j]
            metres = haversine_m(tiles.lat[a], tiles.lon[a], tiles.lat[b], tiles.lon[b])
            lowest = np.minimum(lowest, metres)
    return lowest


def _ring(tiles, k, rng):
    sets = []
    for town in np.unique(tiles.town):
        rows = np.flatnonzero(tiles.town == town)
        lat, lon = tiles.lat[rows], tiles.lon[rows]
        metres = haversine_m(lat[:, None], lon[:, None], lat[None], lon[None])
        valid = (metres >= SEPARATION_M) & (metres <= RING_M)
        order = np.argsort(np.where(valid, rng.random(valid.shape), 2.0), axis=1)[:, : k - 1]
        enough = valid.sum(1) >= k - 1
        sets.append(np.column_stack([rows[enough], rows[order[enough]]]))
    return _shuffled(np.concatenate(sets), rng)


def _far(tiles, k, rng):
    n = len(tiles.lat)
    steps = np.array([rng.choice(n - 1, k - 1, replace=False) for _ in range(n)]) + 1
    own = np.arange(n)[:, None]
    return _shuffled(np.hstack([own, (own + steps) % n]), rng)


def _pools(tiles, k, rng):
    sets = []
    for town in np.unique(tiles.town):
        rows = rng.permutation(np.flatnonzero(tiles.town == town))
        sets.append(rows[: len(rows) // k * k].reshape(-1, k))
    groups = np.concatenate(sets)
    return _shuffled(groups[_separation(tiles, groups) >= SEPARATION_M], rng)


def _shuffled(sets, rng):
    """Shuffle candidates whose first is right; return them and the place of the right one."""
    order = np.argsort(rng.random(sets.shape), axis=1)
    return np.take_along_axis(sets, order, 1), np.argmin(order, axis=1)


def _cameras(recipe, tiles, of, rng):
    per_lat, per_lon = metres_per_degree(tiles.lat[of])
    east, north = rng.uniform(-10, 10, (2, len(of)))
    days = 18_000 + rng.normal(0, 300, len(of))
    cameras = SimpleNamespace(
        tile=of,
        town=tiles.town[of],
        lat=tiles.lat[of] + north / per_lat,
        lon=tiles.lon[of] + east / per_lon,
        captured=(days * DAY_US).astype(np.int64),
        vendor=rng.integers(0, 3, len(of)),
        key=rng.integers(0, 2**63, len(of)),
    )
    return cameras


def _inject_into_tiles(recipe, tiles, cameras, sets, right, rng):
    if recipe.leak == "time":
        noise = rng.normal(0, 10 * DAY_US, len(sets)).astype(np.int64)
        tiles.captured[cameras.tile] = cameras.captured + noise
    if recipe.leak == "local":
        tiles.vendor[:] = rng.integers(0, recipe.towns, len(tiles.vendor))
        tiles.vendor[cameras.tile] = cameras.town
    if recipe.leak == "bytes":
        tiles.size[cameras.tile] *= recipe.strength
    return tiles


def _move_right_to_front(sets, right, share, rng):
    """Redraw the order of each set so that the right candidate is first in ``share`` of them."""
    n, k = sets.shape
    others = np.full(k - 1, (1 - share) / (k - 1))
    target = rng.choice(k, n, p=np.r_[share, others])
    sets, rows = sets.copy(), np.arange(n)
    sets[rows, right], sets[rows, target] = sets[rows, target], sets[rows, right]
    return sets, target


def _names(recipe, tiles, cameras):
    tile_ids = [f"t{key:016x}" for key in tiles.key]
    ground_ids = [f"g{key:016x}" for key in cameras.key]
    tile_images = [f"sat/town{t}/{i}.jpg" for t, i in zip(tiles.town, tile_ids, strict=True)]
    ground_images = [f"pano/town{t}/{i}.jpg" for t, i in zip(cameras.town, ground_ids, strict=True)]
    if recipe.leak == "names":
        number = np.arange(len(cameras.tile))
        for i, tile in zip(number, cameras.tile, strict=True):
            tile_images[tile] = f"sat/town{tiles.town[tile]}/{i:06d}.jpg"
            ground_images[i] = f"pano/town{cameras.town[i]}/{i:06d}.jpg"
    return tile_ids, ground_ids, tile_images, ground_images


def _write(folder, recipe, tiles, cameras, sets, right, clique, ground, rotation, rng):
    tile_ids, ground_ids, tile_images, ground_images = _names(recipe, tiles, cameras)
    towns = np.arange(recipe.towns)
    split = np.array([0, 0, 0, 1, 2])[towns % 5]
    own = sets[np.arange(len(sets)), right]
    town = tiles.town[own]
    of_split = split[town]
    if recipe.leak == "question-split":
        of_split = rng.choice(3, len(sets), p=[0.8, 0.1, 0.1])
    part = town * recipe.parts // recipe.towns
    fields = {
        "ground_id": np.array(ground_ids, object)[ground],
        "rotation": rotation.astype(np.int8),
        "candidate_ids": _lists(np.array(tile_ids, object)[sets]),
        "answer_index": right.astype(np.int8),
        "answer": np.array(list(LETTERS))[right],
        "clique_id": clique.astype(np.uint64) + np.uint64(recipe.seed << 32),
        "cell": tiles.cell[own],
        "split_cell": tiles.split_cell[own],
        "min_separation_m": _separation(tiles, sets).astype(np.float32),
        "ground_image": np.array(ground_images, object)[ground],
        "candidate_images": _lists(np.array(tile_images, object)[sets]),
    }
    counts = {
        f"questions_{name}": int((of_split == code).sum()) for code, name in enumerate(SPLITS)
    }
    schema = question_schema()
    absent = pa.nulls(len(sets), pa.float32())
    table = pa.table([fields.get(f.name, absent) for f in schema], names=schema.names).cast(schema)
    for number in range(recipe.parts):
        for code, name in enumerate(SPLITS):
            rows = np.flatnonzero((part == number) & (of_split == code))
            if len(rows):
                _parquet(table.take(pa.array(rows)), folder / name, number)
    satellite = _view_table(tiles, "satellite", tile_ids, tile_images)
    shown = _view_table(cameras, "ground", ground_ids, ground_images, tile_ids)
    for kind, views, towns_of in (
        ("satellite", satellite, tiles.town),
        ("ground", shown, cameras.town),
    ):
        where = towns_of * recipe.parts // recipe.towns
        if not recipe.aligned:
            where = np.zeros(len(towns_of), int)
        for number in np.unique(where):
            rows = pa.array(np.flatnonzero(where == number))
            _parquet(views.take(rows), folder / "views" / kind, number)
    roots = None
    if recipe.leak == "jpeg":
        _images(folder, recipe, tile_images, cameras.tile, rng)
        roots = {"satellite": "images"}
    write_manifest(
        Manifest(
            kind="pairing-set",
            parameters={
                "k": recipe.k,
                "seed": recipe.seed,
                "sampler": "random" if recipe.sampler in ("pools", "far") else recipe.sampler,
                "min_separation_m": SEPARATION_M if recipe.sampler not in ("ring", "far") else 0.0,
                "gps_error_m": 5.0,
                "image_roots": roots,
            },
            seed=recipe.seed,
            counts=counts,
        ),
        folder / "manifest.json",
    )


def _parquet(table, folder, number):
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / f"part-{number:05d}.parquet", compression="zstd")


def _lists(values):
    n, k = values.shape
    flat = pa.array(values.ravel(), pa.string())
    return pa.ListArray.from_arrays(pa.array(np.arange(n + 1) * k, pa.int32()), flat)


def _view_table(views, kind, ids, images, tile_ids=None):
    n = len(ids)
    columns = {
        "view_id": ids,
        "kind": [kind] * n,
        "lat": views.lat,
        "lon": views.lon,
        "captured_at": pa.array(views.captured, pa.timestamp("us", tz="UTC")),
        "provider": [f"provider {v}" for v in views.vendor],
        "place": [f"town {t}" for t in views.town],
        "image": images,
    }
    if tile_ids is not None:
        columns["tile_id"] = np.array(tile_ids, object)[views.tile]
    else:
        per_lat, per_lon = metres_per_degree(views.lat)
        dlat, dlon = HALF_TILE_M / per_lat, HALF_TILE_M / per_lon
        sides = [views.lon - dlon, views.lat - dlat, views.lon + dlon, views.lat + dlat]
        columns["bbox"] = pa.StructArray.from_arrays(
            [pa.array(s) for s in sides], ["xmin", "ymin", "xmax", "ymax"]
        )
        columns |= {"gsd_m": views.gsd, "width": np.full(n, 256), "height": np.full(n, 256)}
        columns["bytes"] = views.size.astype(np.int64)
    schema = view_schema()
    return pa.table(
        [columns[f.name] if f.name in columns else pa.nulls(n, f.type) for f in schema],
        names=schema.names,
    ).cast(schema)


def _images(folder, recipe, paths, positives, rng):
    """Write small JPEG files; those of tiles with a camera are better by ``strength``."""
    quality = 75 + rng.normal(0, 2, len(paths))
    quality[positives] += recipe.strength
    for path, value in zip(paths, quality, strict=True):
        target = folder / "images" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        noise = rng.integers(0, 255, (4, 4, 3), np.uint8)
        Image.fromarray(noise).resize((32, 32)).save(target, quality=round(float(value)))
