"""Which web tiles show the places where ground views were taken."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geobench_tools.errors import InputError
from geobench_tools.geo import MAX_LATITUDE, ground_sample_distance_m, tile_bounds, tile_of
from geobench_tools.progress import SILENT, Progress
from geobench_tools.provenance import Manifest, digest_input, write_manifest
from geobench_tools.views._footprints import box_footprints
from geobench_tools.views._schema import (
    ViewTable,
    check_output,
    open_views,
    view_schema,
    write_views,
)

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "BYTES_PER_PIXEL",
    "MAX_ZOOM",
    "PlanOptions",
    "PlanReport",
    "estimated_tile_bytes",
    "plan_tiles",
]

MAX_ZOOM = 28
"""Finest zoom level; a pixel of a 256 px tile is then 0.6 mm at the equator."""

BYTES_PER_PIXEL = {"jpg": 0.25, "webp": 0.16, "png": 1.75}
"""Size of encoded aerial imagery, bytes for each pixel.

Means over 185 crops of 256 and 512 px from 14 nadir photos at two scales, encoded by Pillow: JPEG
quality 75 0.23 to 0.24 (quality 85 0.27 to 0.32), WebP quality 75 0.15 to 0.19, PNG 1.6 to 1.9.
"""

_MAX_NEIGHBOURS = 16
_SHOWN = 5
_BLOCK = 50_000
_COLUMN_BITS = np.int64(32)

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PlanOptions:
    """What tiles to plan and what to assume about them.

    Attributes:
        zoom: Zoom level, 0 to 28.
        tile_px: Side of a tile in pixels: 256, or 512 where the source serves tiles of double
            density.
        neighbours: Rings of tiles added around each tile that has a camera.
        image_format: ``jpg``, ``png`` or ``webp``; only the size estimate depends on it.
        tile_bytes: Size of one tile on disk for the estimate; None to take ``BYTES_PER_PIXEL``.
        rate: Requests each second for the time estimate.
    """

    zoom: int = 18
    tile_px: int = 256
    neighbours: int = 0
    image_format: str = "jpg"
    tile_bytes: int | None = None
    rate: float = 5.0

    def check(self) -> None:
        """Raise InputError for the first value that is out of range."""
        if not 0 <= self.zoom <= MAX_ZOOM:
            raise InputError(f"zoom {self.zoom} is not from 0 to {MAX_ZOOM}", hint="--zoom 18")
        if self.tile_px not in (256, 512):
            raise InputError(f"tiles of {self.tile_px} px", hint="--tile-px 256 or --tile-px 512")
        if not 0 <= self.neighbours <= _MAX_NEIGHBOURS:
            raise InputError(
                f"{self.neighbours} rings of neighbours",
                hint=f"--neighbours 0 to {_MAX_NEIGHBOURS}",
            )
        if self.image_format not in BYTES_PER_PIXEL:
            raise InputError(
                f"no size estimate for {self.image_format!r}",
                hint=f"one of {', '.join(BYTES_PER_PIXEL)}",
            )
        if self.tile_bytes is not None and self.tile_bytes <= 0:
            raise InputError(f"a tile of {self.tile_bytes} bytes", hint="--tile-bytes 16384")
        if not 0 < self.rate < float("inf"):
            raise InputError(f"a rate of {self.rate:g} requests per second", hint="--rate 5")


@dataclass(frozen=True)
class PlanReport:
    """What a plan asks for.

    Attributes:
        plan: The file that was written.
        zoom: Zoom level.
        tile_px: Side of a tile, pixels.
        ground_views: Ground views read.
        beyond_limit: Ground views beyond the latitude at which Web Mercator ends; no tile shows
            them.
        beyond_examples: The first few of them.
        tiles: Tiles in the plan: one request each, if none is repeated or redirected.
        camera_tiles: Tiles with at least one camera.
        most_views: Largest number of ground views in one tile.
        gsd_min_m: Smallest ground sample distance in the plan, metres.
        gsd_max_m: Largest ground sample distance, metres.
        image_format: Format assumed for the size.
        tile_bytes: Size assumed for one tile, bytes.
        bytes: Estimated size of all tiles, bytes.
        rate: Assumed requests each second.
        seconds: Estimated time at that rate, seconds.
    """

    plan: Path
    zoom: int
    tile_px: int
    ground_views: int
    beyond_limit: int
    beyond_examples: tuple[str, ...]
    tiles: int
    camera_tiles: int
    most_views: int
    gsd_min_m: float
    gsd_max_m: float
    image_format: str
    tile_bytes: int
    bytes: int
    rate: float
    seconds: float


def estimated_tile_bytes(tile_px: int, image_format: str) -> int:
    """Return the size to expect of one tile of aerial imagery, bytes."""
    return round(BYTES_PER_PIXEL[image_format] * tile_px * tile_px)


def plan_tiles(
    sources: Sequence[Path], output: Path, options: PlanOptions, *, progress: Progress = SILENT
) -> PlanReport:
    """Write the list of tiles that contain the ground views.

    The plan is a view table of satellite views without images (``view_id`` is ``z/x/y``, position
    is the tile's centre in Web Mercator), followed by the columns ``z``, ``x``, ``y`` and
    ``ground_views``, sorted by z, x and y. The manifest goes to ``NAME.manifest.json`` beside it.

    Args:
        sources: View tables; their satellite views are ignored.
        output: The ``.parquet`` file to write; replaced if it exists.
        options: What to plan.
        progress: Shows the views read.

    Raises:
        InputError: A source is no view table, would be overwritten, or has a position that is
            none, or no ground view lies within Web Mercator.
    """
    import pyarrow as pa

    options.check()
    manifest_path = output.with_suffix(".manifest.json")
    check_output(output, sources, manifest_path)
    seen = _Seen()
    with progress.task("views") as advance:
        for source in sources:
            for batch in _ground_batches(source):
                seen.add(batch, source, options.zoom)
                advance(batch.num_rows)
    if not seen.ground_views:
        raise InputError(
            f"no ground view in {', '.join(map(str, sources))}",
            hint="plan-tiles needs the positions of ground views: geor1 index --kind ground",
        )
    if seen.beyond == seen.ground_views:
        raise InputError(f"all {seen.beyond} ground views lie beyond {MAX_LATITUDE:.4f}° latitude")
    keys, views = np.unique(np.concatenate(seen.keys), return_counts=True)
    camera_tiles = len(keys)
    keys, views = _with_neighbours(keys, views, options)
    blocks = range(0, len(keys), _BLOCK)
    table = pa.concat_tables(
        _plan_table(keys[at : at + _BLOCK], views[at : at + _BLOCK], options) for at in blocks
    )
    gsd = table["gsd_m"].to_numpy()
    tile_bytes = options.tile_bytes or estimated_tile_bytes(options.tile_px, options.image_format)
    report = PlanReport(
        plan=output,
        zoom=options.zoom,
        tile_px=options.tile_px,
        ground_views=seen.ground_views,
        beyond_limit=seen.beyond,
        beyond_examples=tuple(seen.beyond_examples),
        tiles=len(keys),
        camera_tiles=camera_tiles,
        most_views=int(views.max()),
        gsd_min_m=float(gsd.min()),
        gsd_max_m=float(gsd.max()),
        image_format=options.image_format,
        tile_bytes=tile_bytes,
        bytes=tile_bytes * len(keys),
        rate=options.rate,
        seconds=len(keys) / options.rate,
    )
    manifest = Manifest(
        "tile-plan",
        asdict(options) | {"tile_bytes": tile_bytes},
        inputs=tuple(digest_input(source) for source in sources),
        counts={
            "ground_views": report.ground_views,
            "tiles": report.tiles,
            "camera_tiles": report.camera_tiles,
        },
        dropped={"beyond-web-mercator": report.beyond_limit},
    )
    write_views(ViewTable(table), output)
    write_manifest(manifest, manifest_path)
    return report


@dataclass
class _Seen:
    """Tiles of the views read so far."""

    keys: list[Ints] = field(default_factory=list)
    ground_views: int = 0
    beyond: int = 0
    beyond_examples: list[str] = field(default_factory=list)

    def add(self, batch: "pa.RecordBatch", source: Path, zoom: int) -> None:
        lat = np.asarray(batch["lat"].to_numpy(zero_copy_only=False), float)
        lon = np.asarray(batch["lon"].to_numpy(zero_copy_only=False), float)
        valid = (np.abs(lat) <= 90) & (np.abs(lon) <= 180)
        if not valid.all():
            row = int(np.argmin(valid))
            raise InputError(
                f"{source}: view {batch['view_id'][row]} has position {lat[row]:g}, {lon[row]:g}",
                hint="index the source again: geor1 index checks positions",
            )
        beyond = np.abs(lat) > MAX_LATITUDE
        self.ground_views += len(lat)
        self.beyond += int(beyond.sum())
        for row in np.flatnonzero(beyond)[: _SHOWN - len(self.beyond_examples)]:
            self.beyond_examples.append(f"{batch['view_id'][int(row)]} ({lat[row]:.4f}°)")
        self.keys.append(_key(*tile_of(lat[~beyond], lon[~beyond], zoom)))


def _ground_batches(source: Path) -> Iterator["pa.RecordBatch"]:
    import pyarrow.compute as pc

    with open_views(source) as file:
        for batch in file.iter_batches(columns=["view_id", "kind", "lat", "lon"]):
            yield batch.filter(pc.equal(batch["kind"], "ground"))


def _key(x: Ints, y: Ints) -> Ints:
    return np.asarray((x << _COLUMN_BITS) | y)


def _with_neighbours(keys: Ints, views: Ints, options: PlanOptions) -> tuple[Ints, Ints]:
    """Add the tiles at most ``neighbours`` columns and rows away: columns wrap, rows end."""
    if not options.neighbours:
        return keys, views
    count = 1 << options.zoom
    x, y = keys >> _COLUMN_BITS, keys & np.int64(0xFFFFFFFF)
    reach = range(-options.neighbours, options.neighbours + 1)
    rings = [keys]
    for across in reach:
        for down in reach:
            row = y + down
            inside = (row >= 0) & (row < count)
            rings.append(_key((x[inside] + across) % count, row[inside]))
    every = np.unique(np.concatenate(rings))
    counts = np.zeros(len(every), np.int64)
    counts[np.searchsorted(every, keys)] = views
    return every, counts


def _plan_table(keys: Ints, views: Ints, options: PlanOptions) -> "pa.Table":
    import pyarrow as pa

    x, y = keys >> _COLUMN_BITS, keys & np.int64(0xFFFFFFFF)
    zoom, rows = options.zoom, len(keys)
    bounds = tile_bounds(x, y, zoom)
    centre = tile_bounds(x + 0.5, y + 0.5, zoom)
    made = box_footprints(bounds.west, bounds.south, bounds.east, bounds.north)
    columns = {
        "view_id": [f"{zoom}/{a}/{b}" for a, b in zip(x.tolist(), y.tolist(), strict=True)],
        "kind": ["satellite"] * rows,
        "lat": centre.north,
        "lon": centre.west,
        "gsd_m": ground_sample_distance_m(centre.north, zoom, options.tile_px),
        "width": np.full(rows, options.tile_px, np.int32),
        "height": np.full(rows, options.tile_px, np.int32),
        "bbox": made.bbox(),
        "footprint": made.wkb(),
        "z": np.full(rows, zoom),
        "x": x,
        "y": y,
        "ground_views": views,
    }
    fields = [f for f in view_schema() if f.name in columns]
    fields += [pa.field(name, pa.int32()) for name in ("z", "x", "y", "ground_views")]
    return pa.table([columns[f.name] for f in fields], schema=pa.schema(fields))
