"""Small pairing sets with real images, written in the on-disk format without the builder."""

import io
import json
from pathlib import Path

import h3
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from PIL import Image

from geobench_tools.geo import destination, haversine_m
from geobench_tools.pairing import LETTERS, SPLITS, PairingSet, open_pairs, question_schema
from geobench_tools.provenance import Manifest, write_manifest
from geobench_tools.views import view_schema

TOWNS = {
    "Lisboa": (38.72, -9.14),
    "São Paulo": (-23.55, -46.63),
    "Nairobi": (-1.29, 36.82),
    "Suva": (-18.14, 178.44),
    "Oslo": (59.91, 10.75),
}
SPACING_M = 300.0
HALF_M = 75.0


def write_set(
    folder: Path,
    *,
    cliques: dict[str, int] | None = None,
    k: int = 4,
    rotations: bool = False,
    images: bool = True,
    suffix: str = ".jpg",
    parts: int = 1,
    towns: dict[str, tuple[float, float]] | None = None,
    footprints: str = "box",
    places: dict[str, str] | None = None,
) -> PairingSet:
    """Write ``folder/pairs`` and, with ``images``, ``folder/ground`` and ``folder/satellite``.

    Every image has a colour of its own, and its bytes say which view it is (``content``).

    Args:
        folder: Where to.
        cliques: Number of cliques of each split.
        k: Candidates.
        rotations: Write val and test in all rotations.
        images: Make images and name them.
        suffix: ``.jpg`` or ``.png``.
        parts: Part files of each split.
        towns: Positions that the cliques are laid around in turn.
        footprints: ``box``, ``diamond`` or ``none``.
        places: Names shown for the towns.
    """
    cliques = {"train": 4, "val": 1, "test": 1} if cliques is None else cliques
    towns = towns or TOWNS
    pairs = folder / "pairs"
    pairs.mkdir(parents=True)
    questions: dict[str, list[dict[str, object]]] = {split: [] for split in SPLITS}
    views: dict[str, list[dict[str, object]]] = {"ground": [], "satellite": []}
    number = 0
    for split in SPLITS:
        for _ in range(cliques.get(split, 0)):
            town = list(towns)[number % len(towns)]
            tiles, cameras = _clique(number, towns[town], k, images, suffix, footprints)
            for view in tiles + cameras:
                view["place"] = (places or {}).get(town, town)
            rows = _questions(number, tiles, cameras)
            if rotations and split != "train":
                rows = [turned for row in rows for turned in _rotated(row, k)]
            questions[split] += rows
            views["satellite"] += tiles
            views["ground"] += cameras
            number += 1
    for split, rows in questions.items():
        _write_parts(pairs / split, rows, question_schema(), parts)
    for kind, rows in views.items():
        _write_parts(pairs / "views" / kind, rows, view_schema(), 1)
        if images:
            for row in rows:
                path = folder / kind / str(row["image"])
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content(str(row["view_id"]), suffix))
    used = {kind: len(rows) for kind, rows in views.items()}
    counts = {f"questions_{split}": len(rows) for split, rows in questions.items()}
    manifest = Manifest(
        kind="pairing-set",
        parameters={
            "k": k,
            "seed": 3,
            "sampler": "clique",
            "min_separation_m": 150.0,
            "max_distance_m": 2000.0,
            "gps_error_m": 10.0,
            "split": [0.9, 0.05, 0.05],
            "image_roots": dict.fromkeys(("ground", "satellite"))
            if not images
            else {"ground": "../ground", "satellite": "../satellite"},
        },
        seed=3,
        counts={
            "ground_read": used["ground"] + 12,
            "satellite_read": used["satellite"] + 30,
            "ground_used": used["ground"],
            "satellite_used": used["satellite"],
            "cliques": number,
            "semi-positives": 2,
            **counts,
        },
        dropped={
            "ground: no tile shows it": 9,
            "ground: its tile is in no clique": 3,
            "satellite: no camera": 30,
        },
    )
    write_manifest(manifest, pairs / "manifest.json")
    return open_pairs(pairs)


def content(view_id: str, suffix: str = ".jpg") -> bytes:
    """Return the image file of a view: a colour of its own, and its name as a comment."""
    colour = tuple(
        int(x) for x in np.random.default_rng(list(view_id.encode())).integers(0, 256, 3)
    )
    buffer = io.BytesIO()
    image = Image.new("RGB", (24, 16), colour)
    if suffix == ".png":
        image.save(buffer, "PNG")
    else:
        image.save(buffer, "JPEG", quality=95, comment=view_id.encode())
    return buffer.getvalue()


def edit_manifest(pairs: PairingSet, **changes: object) -> PairingSet:
    """Change entries of a set's manifest and open the set again."""
    path = pairs.folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return open_pairs(pairs.folder)


def _clique(number, town, k, images, suffix, footprints):
    lat0, lon0 = town
    lat0 += 0.05 * (number // 5)
    side = int(np.ceil(np.sqrt(k)))
    tiles, cameras = [], []
    for member in range(k):
        lat, lon = _offset(lat0, lon0, SPACING_M * (member % side), SPACING_M * (member // side))
        west, south = _offset(lat, lon, -HALF_M, -HALF_M)[::-1]
        east, north = _offset(lat, lon, HALF_M, HALF_M)[::-1]
        shape = {
            "box": shapely.box(west, south, east, north),
            "diamond": shapely.Polygon([(lon, north), (east, lat), (lon, south), (west, lat)]),
        }.get(footprints)
        tiles.append(
            {
                "view_id": f"tile-{number}-{member}",
                "kind": "satellite",
                "lat": lat,
                "lon": lon,
                "captured_at": 1_600_000_000_000_000 + number * 86_400_000_000,
                "gsd_m": 0.6,
                "provider": "aerial",
                "image": f"{lat:.4f}_{lon:.4f}{suffix}" if images else None,
                "bbox": {"xmin": west, "ymin": south, "xmax": east, "ymax": north}
                if shape
                else None,
                "footprint": shape.wkb if shape else None,
            }
        )
        camera = _offset(lat, lon, 20.0 + member, -10.0)
        cameras.append(
            {
                "view_id": f"photo-{number}-{member}",
                "kind": "ground",
                "lat": camera[0],
                "lon": camera[1],
                "captured_at": 1_650_000_000_000_000 + member * 86_400_000_000,
                "heading_deg": 45.0 * member,
                "provider": "walkers",
                "image": f"street/{number}/{member}{suffix}" if images else None,
            }
        )
    return tiles, cameras


def _offset(lat, lon, east, north):
    up = destination(lat, lon, 0.0, north)
    there = destination(up[0], up[1], 90.0, east)
    return float(there[0]), float(there[1])


def _questions(number, tiles, cameras):
    k = len(tiles)
    order = np.random.default_rng(number).permutation(k)
    shown = [tiles[i] for i in order]
    lat, lon = (np.array([tile[name] for tile in shown]) for name in ("lat", "lon"))
    apart = haversine_m(lat[:, None], lon[:, None], lat[None], lon[None])
    apart = apart[np.triu_indices(k, 1)]
    cell = h3.str_to_int(h3.latlng_to_cell(lat[0], lon[0], 7))
    rows = []
    for place, member in enumerate(order):
        camera = cameras[member]
        away = haversine_m(camera["lat"], camera["lon"], lat, lon)
        rows.append(
            {
                "ground_id": camera["view_id"],
                "rotation": 0,
                "candidate_ids": [tile["view_id"] for tile in shown],
                "answer_index": place,
                "answer": LETTERS[place],
                "clique_id": 2**63 + number,
                "cell": cell,
                "split_cell": h3.str_to_int(h3.cell_to_parent(h3.int_to_str(cell), 5)),
                "min_separation_m": apart.min(),
                "max_separation_m": apart.max(),
                "camera_distance_m": away[place],
                "negative_distance_m": np.delete(away, place).min(),
                "ground_image": camera["image"],
                "candidate_images": [tile["image"] for tile in shown],
            }
        )
    return rows


def _rotated(row, k):
    for turn in range(k):
        answer = (row["answer_index"] - turn) % k
        yield row | {
            "rotation": turn,
            "answer_index": answer,
            "answer": LETTERS[answer],
            **{
                name: row[name][turn:] + row[name][:turn]
                for name in ("candidate_ids", "candidate_images")
            },
        }


def _write_parts(folder, rows, schema, parts):
    if not rows:
        return
    if not any(row.get("ground_image") or row.get("image") for row in rows):
        keep = [f for f in schema if f.name not in ("ground_image", "candidate_images", "image")]
        schema = pa.schema(keep)
    folder.mkdir(parents=True)
    size = -(-len(rows) // parts)
    for part in range(parts):
        table = pa.Table.from_pylist(rows[part * size : (part + 1) * size], schema=schema)
        pq.write_table(table, folder / f"part-{part:05d}.parquet")
