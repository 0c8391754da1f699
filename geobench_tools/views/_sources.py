"""Public cross-view data sets in the layouts in which they are given out."""

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geobench_tools.errors import InputError
from geobench_tools.geo import ground_sample_distance_m
from geobench_tools.views._folders import Unreadable, without_empty_columns
from geobench_tools.views._footprints import square_footprints
from geobench_tools.views._images import image_header
from geobench_tools.views._options import ReadOptions
from geobench_tools.views._raw import Problem, RawViews
from geobench_tools.views._source_layouts import (
    Listing,
    SourceLayout,
    ViewTemplate,
    layouts,
    load_layout,
)
from geobench_tools.views._source_lists import Record, fill, find_files, read_records

if TYPE_CHECKING:
    import pyarrow as pa
    from pyproj import Transformer

__all__ = ["SourceLayout", "guess_source", "list_sources", "read_source"]

_TEXTS = ("view_id", "kind", "image", "tile_id", "place")


def list_sources() -> tuple[SourceLayout, ...]:
    """Return the source layouts that come with the package, ordered by name."""
    return tuple(layouts().values())


def guess_source(path: Path) -> str | None:
    """Return the name of the first layout whose lists lie in a folder, or None.

    Lists that are mere file names count for nothing here.
    """
    for layout in list_sources():
        for listing in layout.lists:
            if listing.format != "names" and any(
                find_files(path, patterns) for patterns in listing.files.values()
            ):
                return layout.name
    return None


def read_source(name: str, path: Path, options: ReadOptions) -> RawViews:
    """Read a data set by its layout.

    Ground views and satellite tiles come in one table; a ground view names its tile in ``tile_id``
    where the data set does. Tiles have GSD, size and footprint where the zoom level is known. If
    tiles on disk are not of the published size, their own size counts and the ground they show
    stays the same.

    Args:
        name: ``cv-cities``, ``cvact``, ``cvusa`` or ``vigor``, or a YAML file of one's own.
        path: Folder of the data set; image paths are relative to it.
        options: ``split`` picks lists (default: the whole data set); ``max_image_pixels``.

    Returns:
        Views in WGS-84 degrees; a problem for each line that cannot be read, each position off the
        layout's region, and each ground view whose tile is not in the data set.

    Raises:
        InputError: There is no such layout or split, the folder lacks the lists, or one of them
            cannot be read.
    """
    layout = load_layout(name)
    if not path.is_dir():
        raise InputError(
            f"{path} is not a folder", hint=f"name the folder that holds {layout.title}"
        )
    reading = _Reading(layout, path)
    chosen = _chosen(layout, path, options.split)
    for kind in {view.kind for listing in layout.lists for view in listing.views}:
        if not any(kind in kinds for _, kinds in chosen):
            reading.notes[_missing(layout, path, kind)] += 1
    for listing, kinds in chosen:
        files = _files(listing, path, options.split)
        for record in read_records(path, listing, files, options.split, reading.problems):
            for view in listing.views:
                if view.kind in kinds:
                    reading.add(record, view)
    reading.drop_unknown_tiles()
    return RawViews(
        source=path,
        table=without_empty_columns(reading.table(options.max_image_pixels)),
        files=[record.file for record, _ in reading.rows],
        rows=[record.row for record, _ in reading.rows],
        problems=tuple(reading.problems),
        image_root=path,
        notes=dict(reading.notes),
    )


def _files(listing: Listing, path: Path, split: str | None) -> list[tuple[str, dict[str, str]]]:
    return find_files(path, _patterns(listing, split))


def _patterns(listing: Listing, split: str | None) -> tuple[str, ...]:
    default = next(iter(listing.files))
    return listing.files.get(split or default, listing.files[default])


def _chosen(layout: SourceLayout, path: Path, split: str | None) -> list[tuple[Listing, set[str]]]:
    """The lists to read, with the kinds of views to take from each."""
    splits = dict.fromkeys(name for listing in layout.lists for name in listing.splits)
    if split is not None and split not in splits:
        raise InputError(
            f"{layout.title} has no split {split!r}", hint=f"its splits are {', '.join(splits)}"
        )
    chosen: list[tuple[Listing, set[str]]] = []
    wanted: list[str] = []
    for kind in ("ground", "satellite"):
        lists = [one for one in layout.lists if any(view.kind == kind for view in one.views)]
        lists = [one for one in lists if split in one.splits] or lists
        wanted.extend(pattern for one in lists for pattern in _patterns(one, split))
        listing = next((one for one in lists if _files(one, path, split)), None)
        if listing is not None:
            kinds = next((kinds for one, kinds in chosen if one is listing), None)
            if kinds is None:
                chosen.append((listing, {kind}))
            else:
                kinds.add(kind)
    if not chosen:
        other = guess_source(path)
        raise InputError(
            f"{path} does not hold {layout.title}",
            hint=f"it looks like --source {other}"
            if other not in (None, layout.name)
            else f"it should hold {' or '.join(dict.fromkeys(wanted))}",
        )
    return chosen


def _missing(layout: SourceLayout, path: Path, kind: str) -> str:
    there = [
        split
        for listing in layout.lists
        for split in listing.files
        if any(view.kind == kind for view in listing.views)
        and find_files(path, listing.files[split])
    ]
    return f"no list of {kind} views" + (f", but of the splits {', '.join(there)}" if there else "")


class _Reading:
    """Views gathered from the lists of one data set."""

    def __init__(self, layout: SourceLayout, path: Path) -> None:
        self.layout = layout
        self.path = path
        self.rows: list[tuple[Record, dict[str, Any]]] = []
        self.problems: list[Problem] = []
        self.notes: Counter[str] = Counter()
        self._to_degrees = _transformer(layout.crs)

    def add(self, record: Record, view: ViewTemplate) -> None:
        """Make a view of a record."""
        try:
            lat, lon = self._position(record, view)
            row = {
                "kind": view.kind,
                "view_id": fill(view.view_id, record.values),
                "lat": lat,
                "lon": lon,
                "tile_id": fill(view.tile_id, record.values) if view.tile_id else None,
                "place": fill(view.place, record.values) if view.place else None,
                "image": self._image(record, view),
            }
        except Unreadable as error:
            self.problems.append(error.problem(record.file, record.row))
        else:
            self.rows.append((record, row))

    def _position(self, record: Record, view: ViewTemplate) -> tuple[float, float]:
        numbers = []
        for template, column in ((view.lat, "lat"), (view.lon, "lon")):
            text = fill(template, record.values)
            try:
                numbers.append(float(text))
            except ValueError:
                raise Unreadable(
                    "non-numeric", "the position is not a number", "correct it", column, text[:80]
                ) from None
        lat, lon = numbers
        if self._to_degrees is not None:
            lon, lat = self._to_degrees.transform(lon, lat)
        if self.layout.region is not None:
            west, south, east, north = self.layout.region
            if not (west <= lon <= east and south <= lat <= north):
                raise Unreadable(
                    "out-of-range",
                    f"the position does not fall on the region of {self.layout.title}",
                    "are easting and northing exchanged, or is this another file?",
                    "lat",
                    ", ".join(f"{number:g}" for number in numbers),
                )
        return lat, lon

    def _image(self, record: Record, view: ViewTemplate) -> str | None:
        candidates = [fill(t, record.values).replace("\\", "/") for t in view.image]
        if len(candidates) > 1:
            for candidate in candidates:
                if os.path.isfile(os.path.join(self.path, candidate)):
                    return candidate
        return candidates[0] if candidates else None

    def drop_unknown_tiles(self) -> None:
        """Refuse ground views whose tile is not in the data set, if its tiles were read at all."""
        tiles = {row["view_id"] for _, row in self.rows if row["kind"] == "satellite"}
        if not tiles:
            return
        kept = []
        for record, row in self.rows:
            if row["tile_id"] is None or row["tile_id"] in tiles:
                kept.append((record, row))
                continue
            self.problems.append(
                Problem.at(
                    record.file,
                    record.row,
                    "unknown-tile",
                    "the tile of this ground view is not in the list of tiles",
                    "get the list of tiles again, or leave this view out",
                    value=row["tile_id"],
                    column="tile_id",
                )
            )
        self.rows = kept

    def table(self, max_pixels: int) -> "pa.Table":
        """Return all views, tiles with size, GSD and footprint where the zoom level is known."""
        import pyarrow as pa

        rows = [row for _, row in self.rows]
        columns: dict[str, Any] = {
            name: pa.array([row[name] for row in rows], pa.string()) for name in _TEXTS
        }
        lat = columns["lat"] = np.array([row["lat"] for row in rows], float)
        lon = columns["lon"] = np.array([row["lon"] for row in rows], float)
        tiles = self.layout.tiles
        if tiles.zoom is None or tiles.pixels is None:
            return pa.table(columns)
        satellite = np.array([row["kind"] == "satellite" for row in rows], bool)
        published = np.where(satellite, ground_sample_distance_m(lat, tiles.zoom), np.nan)
        side_m = published / tiles.density * tiles.pixels
        width, height = self._tile_size(tiles.pixels, max_pixels)
        sizes = {
            name: pa.array(np.full(len(rows), value, np.int32), mask=~satellite)
            for name, value in (("width", width), ("height", height))
        }
        footprints = square_footprints(lat, lon, side_m, side_m)
        return pa.table(
            {
                **columns,
                **sizes,
                "gsd_m": pa.array(side_m / width, from_pandas=True),
                "footprint": footprints.wkb(),
            }
        )

    def _tile_size(self, pixels: int, max_pixels: int) -> tuple[int, int]:
        """Size of the tiles on disk by the first that is there, else as published."""
        for _, row in self.rows:
            if row["kind"] != "satellite" or not row["image"]:
                continue
            image = self.path / row["image"]
            if not image.is_file():
                continue
            try:
                with image_header(image, max_pixels) as header:
                    width, height = header.size
            except Unreadable:
                continue
            if (width, height) != (pixels, pixels):
                self.notes[f"tiles of {width} x {height} pixels, published with {pixels}"] += 1
            return width, height
        return pixels, pixels


def _transformer(crs: str | None) -> "Transformer | None":
    if crs is None:
        return None
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    try:
        return Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except ProjError:
        raise InputError(f"the layout's crs {crs!r} is unknown", hint="crs: EPSG:32755") from None
