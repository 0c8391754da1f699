"""A tree of web tiles, ``z/x/y.jpg``."""

import re
from pathlib import Path

import numpy as np

from geobench_tools.errors import InputError
from geobench_tools.geo import ground_sample_distance_m, tile_bounds
from geobench_tools.strictjson import parse_json
from geobench_tools.views._folders import FolderFile, Unreadable, folder_views, list_folder
from geobench_tools.views._footprints import box_footprints
from geobench_tools.views._images import image_header
from geobench_tools.views._options import ReadOptions
from geobench_tools.views._raw import RawViews

__all__ = ["TILE_NAME", "read_xyz"]

TILE_NAME = re.compile(
    r"(?P<z>[0-9]{1,2})/(?P<x>[0-9]{1,9})/(?P<y>[0-9]{1,9})(?:@[1-4]x)?\.(?:jpe?g|png|webp)",
    re.IGNORECASE,
)
"""Name of a tile relative to the tree's root."""

_FINEST_ZOOM = 30
_CREDIT = "attribution.json"


def read_xyz(path: Path, options: ReadOptions) -> RawViews:
    """Read a tree ``{z}/{x}/{y}`` of Web Mercator tiles (``{y}@2x`` too), in order of zoom, x, y.

    The view id is ``z/x/y`` with y counted from the north, whatever the tree counts from. Only the
    images' headers are read. The provider is taken from the ``attribution.json`` that
    ``geor1 fetch-tiles`` leaves in its folder, if there is one.

    Args:
        path: The folder that holds the folders of the zoom levels.
        options: ``tms`` says that y counts from the south; ``max_image_pixels`` is heeded.

    Returns:
        Satellite views with footprint, box, GSD from the real pixel size, and north up; a problem
        for each tile outside its zoom level and for each file that is no image.

    Raises:
        InputError: ``path`` is no folder or holds no tiles.
    """
    import pyarrow as pa

    listing = list_folder(path)
    good: list[tuple[int, int, int, int, int, FolderFile]] = []
    for file in listing.files:
        match = TILE_NAME.fullmatch(file.name)
        if not match:
            listing.notes["files that are no tiles"] += file.name != _CREDIT
            continue
        try:
            z, x, y = _checked(match, file.name, options.tms)
            with image_header(file.path, options.max_image_pixels) as image:
                width, height = image.size
        except Unreadable as error:
            listing.problems.append(error.problem(str(file.path)))
        else:
            good.append((z, x, y, width, height, file))
    if not good and not listing.problems:
        raise InputError(
            f"{path} holds no tiles named z/x/y.jpg, .png or .webp",
            hint=_hint([file.name for file in listing.files], path),
        )
    good.sort(key=lambda tile: tile[:3])
    zooms, xs, ys, widths, heights = np.array([t[:5] for t in good], np.int64).reshape(-1, 5).T
    centre = tile_bounds(xs + 0.5, ys + 0.5, zooms)
    bounds = tile_bounds(xs, ys, zooms)
    made = box_footprints(bounds.west, bounds.south, bounds.east, bounds.north)
    files = [tile[5] for tile in good]
    table = pa.table(
        {
            "view_id": pa.array([f"{t[0]}/{t[1]}/{t[2]}" for t in good], pa.string()),
            "kind": pa.array(["satellite"] * len(good), pa.string()),
            "lat": centre.north,
            "lon": centre.west,
            "heading_deg": np.zeros(len(good)),
            "gsd_m": ground_sample_distance_m(centre.north, zooms, widths),
            "width": pa.array(widths, pa.int32()),
            "height": pa.array(heights, pa.int32()),
            "provider": pa.array([_provider(path)] * len(good), pa.string()),
            "image": pa.array([file.name for file in files], pa.string()),
            "bytes": pa.array([file.bytes for file in files], pa.int64()),
            "footprint": made.wkb(),
        }
    )
    return folder_views(path, table, [str(file.path) for file in files], listing)


def _checked(match: re.Match[str], name: str, tms: bool) -> tuple[int, int, int]:
    z, x, y = (int(match[part]) for part in "zxy")
    if z > _FINEST_ZOOM:
        raise Unreadable(
            "tile-out-of-range",
            f"there is no zoom level {z}",
            "name the folder that holds the zoom levels",
            "view_id",
            name,
        )
    last = (1 << z) - 1
    if x > last or y > last:
        raise Unreadable(
            "tile-out-of-range",
            f"at zoom {z}, x and y run from 0 to {last:,}",
            "correct the path; is it {z}/{x}/{y}?",
            "view_id",
            name,
        )
    return z, x, last - y if tms else y


def _provider(path: Path) -> str | None:
    credit = path / _CREDIT
    try:
        provider = parse_json(credit.read_text(encoding="utf-8"))["provider"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"{credit} names no provider: {error!r}", hint="correct it or move it away"
        ) from None
    return str(provider) if provider else None


def _hint(names: list[str], path: Path) -> str:
    for name in names:
        parts = name.split("/")
        if len(parts) > 3 and TILE_NAME.fullmatch("/".join(parts[-3:])):
            return f"name {path.joinpath(*parts[:-3])}"
    return "name the folder that holds the folders of the zoom levels"
