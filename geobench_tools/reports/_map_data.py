"""The cliques that a map shows: a sample chosen by hash, with the views that they name."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.counter_random import mix
from geobench_tools.geo import unit_vectors, wrap_longitude
from geobench_tools.pairing import SPLITS, PairingSet

__all__ = ["MOST_VIEWS", "map_data"]

U64 = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

MOST_VIEWS = 20_000
_MOST_PLACES = 400
_STREAM = 0x3A9
_BATCH_ROWS = 1 << 15
_MICRO = 1e6
_SIDES = (("xmin", "x"), ("ymin", "y"), ("xmax", "x"), ("ymax", "y"))
_NEAR = 1.0
_COLUMNS = ("view_id", "lat", "lon", "heading_deg", "captured_at", "provider", "image")


@dataclass
class _Views:
    """Views of one kind by id, as columns for JSON."""

    rows: dict[str, int]
    columns: dict[str, list[Any]]


def map_data(pairs: PairingSet, folder: Path) -> dict[str, Any]:
    """Return what the map's scripts read.

    Positions are integers, millionths of a degree. Longitudes go on beyond 180 degrees where that
    keeps the set in one piece.

    Args:
        pairs: The set.
        folder: Folder of the page, which image addresses are relative to.
    """
    chosen, total = _sample(pairs)
    rows = list(_rows(pairs, chosen))
    ids = {
        "ground": {row["ground_id"] for _, row in rows},
        "satellite": {view_id for _, row in rows for view_id in row["candidate_ids"]},
    }
    places = _Places()
    views = {kind: _views(pairs, kind, wanted, places) for kind, wanted in ids.items()}
    cut = _longitude_cut(views["satellite"].columns["lon"])
    for kind in views.values():
        kind.columns["lon"] = [_unwrapped(lon, cut) for lon in kind.columns["lon"]]
    return {
        "k": pairs.k,
        "splits": [split for split in SPLITS if any(split == name for name, _ in rows)],
        "total": total,
        "cliques": _cliques(rows, views),
        "satellite": _for_page(views["satellite"], pairs, "satellite", folder),
        "ground": _for_page(views["ground"], pairs, "ground", folder),
        "places": places.labels(cut),
    }


def _sample(pairs: PairingSet) -> tuple[U64, int]:
    """Return the ids of the cliques to show, and how many there are."""
    found: list[U64] = []
    for split in SPLITS:
        for batch in pairs.question_batches(split, ["clique_id"], rows=_BATCH_ROWS):
            found.append(np.unique(batch.column("clique_id").to_numpy()))
    every = np.unique(np.concatenate(found)) if found else np.zeros(0, np.uint64)
    most = MOST_VIEWS // (2 * pairs.k)
    seed = int(pairs.manifest.seed or 0)
    order = np.argsort(mix(seed, _STREAM, every), kind="stable")
    return np.sort(every[order[:most]]), len(every)


def _rows(pairs: PairingSet, chosen: U64) -> Iterable[tuple[str, dict[str, Any]]]:
    columns = [
        "ground_id",
        "candidate_ids",
        "answer_index",
        "clique_id",
        "cell",
        "min_separation_m",
        "max_separation_m",
        "camera_distance_m",
        "negative_distance_m",
    ]
    for split in SPLITS:
        for batch in pairs.question_batches(split, ["rotation", *columns], rows=_BATCH_ROWS):
            once = batch.column("rotation").to_numpy() == 0
            shown = np.flatnonzero(once & np.isin(batch.column("clique_id").to_numpy(), chosen))
            if len(shown):
                for row in batch.take(shown).select(columns).to_pylist():
                    yield split, row


def _views(pairs: PairingSet, kind: str, wanted: set[str], places: "_Places") -> _Views:
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = pa.array(sorted(wanted), pa.string())
    views = _Views({}, {name: [] for name in (*_COLUMNS[1:], "shape")})
    columns = (*_COLUMNS, "place", "bbox", "footprint")
    for batch in pairs.view_batches(kind, columns, rows=_BATCH_ROWS):
        if kind == "ground":
            places.add(batch)
        mask = pc.is_in(batch.column("view_id"), value_set=ids)
        part = batch.filter(mask)
        for view_id in part.column("view_id").to_pylist():
            views.rows[view_id] = len(views.rows)
        for name in _COLUMNS[1:]:
            views.columns[name] += _values(part, name)
        if kind == "satellite":
            views.columns["shape"] += _shapes(part)
    return views


def _values(part: Any, name: str) -> list[Any]:
    if name not in part.schema.names:
        return [None] * part.num_rows
    column = part.column(name)
    if name == "captured_at":
        import pyarrow as pa

        return [None if t is None else t.isoformat() for t in column.cast(pa.date32()).to_pylist()]
    if name in ("lat", "lon"):
        return _micro(column.to_numpy())
    if name == "heading_deg":
        return [None if value is None else round(value, 1) for value in column.to_pylist()]
    values: list[Any] = column.to_pylist()
    return values


def _shapes(part: Any) -> list[Any]:
    """Return footprints relative to the view's position: a box as four numbers, else rings."""
    shapes: list[Any] = [None] * part.num_rows
    lat, lon = part.column("lat").to_numpy(), part.column("lon").to_numpy()
    if "bbox" in part.schema.names:
        box = part.column("bbox")
        sides = [(box.field(side).to_numpy(zero_copy_only=False), axis) for side, axis in _SIDES]
        known = np.all([np.isfinite(values) for values, _ in sides], axis=0)
        known &= box.is_valid().to_numpy(zero_copy_only=False)
        offsets = [
            _micro(wrap_longitude(values - lon)[known] if axis == "x" else (values - lat)[known])
            for values, axis in sides
        ]
        for i, offset in zip(
            np.flatnonzero(known).tolist(), zip(*offsets, strict=True), strict=True
        ):
            shapes[i] = offset
    if "footprint" in part.schema.names:
        for i, rings in _polygons(part.column("footprint")):
            shapes[i] = [
                list(
                    zip(
                        _micro(wrap_longitude(ring[:, 0] - lon[i])),
                        _micro(ring[:, 1] - lat[i]),
                        strict=True,
                    )
                )
                for ring in rings
            ]
    return shapes


def _micro(degrees: Floats) -> list[int]:
    micro: list[int] = np.rint(degrees * _MICRO).astype(np.int64).tolist()
    return micro


def _polygons(column: Any) -> Iterable[tuple[int, list[Floats]]]:
    """Yield the outer rings of those footprints that are not boxes along the axes."""
    import shapely

    shapes = shapely.from_wkb(column.to_numpy(zero_copy_only=False), on_invalid="ignore")
    area = shapely.area(shapes)
    with np.errstate(invalid="ignore"):
        boxed = area >= (1 - 1e-6) * shapely.area(shapely.envelope(shapes))
    for i in np.flatnonzero((area > 0) & ~boxed).tolist():
        rings = [shapely.get_exterior_ring(part) for part in shapely.get_parts(shapes[i])]
        yield i, [shapely.get_coordinates(ring) for ring in rings if ring is not None]


def _cliques(
    rows: list[tuple[str, dict[str, Any]]], views: Mapping[str, _Views]
) -> list[dict[str, Any]]:
    tiles, cameras = views["satellite"].rows, views["ground"].rows
    cliques: dict[int, dict[str, Any]] = {}
    for split, row in rows:
        clique = cliques.setdefault(
            row["clique_id"],
            {
                "id": f"{row['clique_id']:016x}",
                "split": split,
                "cell": None if row["cell"] is None else f"{row['cell']:x}",
                "apart": [_rounded(row["min_separation_m"]), _rounded(row["max_separation_m"])],
                "tiles": [tiles.get(view_id, -1) for view_id in row["candidate_ids"]],
                "questions": [],
            },
        )
        clique["questions"].append(
            [
                cameras.get(row["ground_id"], -1),
                row["answer_index"],
                _rounded(row["camera_distance_m"]),
                _rounded(row["negative_distance_m"]),
            ]
        )
    return list(cliques.values())


def _rounded(metres: float | None) -> float | None:
    return None if metres is None or not np.isfinite(metres) else round(metres, 1)


def _for_page(views: _Views, pairs: PairingSet, kind: str, folder: Path) -> dict[str, Any]:
    page: dict[str, Any] = {"id": list(views.rows), **views.columns}
    page["base"] = _image_base(pairs, kind, folder)
    page["image"] = [_inside(path) if page["base"] else None for path in page["image"]]
    if kind == "ground":
        del page["shape"]
    else:
        del page["heading_deg"]
    return page


def _image_base(pairs: PairingSet, kind: str, folder: Path) -> str | None:
    root = (pairs.manifest.parameters.get("image_roots") or {}).get(kind)
    if not root:
        return None
    there = os.path.relpath(pairs.folder.resolve() / root, folder.resolve())
    return Path(there).as_posix()


def _inside(path: str | None) -> str | None:
    """Return an image path that cannot leave its folder, or None."""
    parts = path.replace("\\", "/").split("/") if path else [".."]
    return None if ".." in parts or not parts[0] else "/".join(parts)


def _longitude_cut(micro: list[int]) -> float:
    """Return the longitude at which the map begins, degrees.

    It is -180, or the middle of the widest gap if the set spans less than half the globe or has
    tiles on both sides of the antimeridian, so that no clique there is torn apart.
    """
    lons = np.unique(np.asarray(micro, float)) / _MICRO
    if len(lons) < 2:
        return -180.0
    gaps = np.diff(lons)
    widest = int(gaps.argmax())
    both_sides = lons[0] < -180 + _NEAR and lons[-1] > 180 - _NEAR
    if gaps[widest] <= 180 and not both_sides:
        return -180.0
    return float(lons[widest] + gaps[widest] / 2)


def _unwrapped(micro: int, cut: float) -> int:
    return micro + 360_000_000 if micro < cut * _MICRO else micro


class _Places:
    """Mean position and number of the ground views of each place."""

    def __init__(self) -> None:
        self._sums: dict[str, Floats] = {}

    def add(self, batch: Any) -> None:
        if "place" not in batch.schema.names:
            return
        named = batch.filter(batch.column("place").is_valid())
        encoded = named.column("place").dictionary_encode()
        codes = encoded.indices.to_numpy()
        vectors = unit_vectors(named.column("lat").to_numpy(), named.column("lon").to_numpy())
        names = encoded.dictionary.to_pylist()
        weights = (*vectors.T, np.ones(len(codes)))
        sums = np.stack([np.bincount(codes, weight, len(names)) for weight in weights], axis=1)
        for name, total in zip(names, sums, strict=True):
            self._sums[name] = self._sums.get(name, np.zeros(4)) + total

    def labels(self, cut: float) -> list[list[Any]]:
        """Return name, latitude, longitude and count of the largest places, in micro-degrees."""
        ranked = sorted(self._sums.items(), key=lambda item: (-item[1][3], item[0]))
        labels: list[list[Any]] = []
        for name, (x, y, z, count) in ranked[:_MOST_PLACES]:
            lat, lon = np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))
            micro = _unwrapped(round(float(lon) * _MICRO), cut)
            labels.append([name, round(float(lat) * _MICRO), micro, int(count)])
        return labels
