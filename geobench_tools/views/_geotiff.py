"""A folder of GeoTIFFs."""

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geobench_tools.errors import InputError, missing_extra
from geobench_tools.geo import wrap_longitude
from geobench_tools.views._folders import FolderFile, Unreadable, folder_views, list_folder
from geobench_tools.views._options import ReadOptions
from geobench_tools.views._raw import RawViews

if TYPE_CHECKING:
    from pyproj import CRS

__all__ = ["TIFF_SUFFIXES", "read_geotiffs"]

Floats = npt.NDArray[np.float64]

TIFF_SUFFIXES = (".tif", ".tiff", ".gtiff")
"""Names of the files that are read; others are left out and counted."""

_EDGE_PARTS = 32
_PLAIN_TO_PX = 0.1
_GEOREFERENCE = "georeference it (gdal_translate -a_srs -a_ullr, or gdalwarp)"


def read_geotiffs(path: Path, options: ReadOptions) -> RawViews:
    """Read the GeoTIFFs of a folder and its sub-folders, in the order of their names.

    The footprint is the image's outline with 32 points a side, transformed from its own reference
    system to WGS-84 and thinned where a straight line is right to a tenth of a pixel. GSD is the
    geodesic length of the central pixel, the mean of its two sides; the heading is the direction
    of the image's "up" there. The view id is the path in the folder. Time: the acquisition time of
    GDAL's ``IMAGERY`` metadata, else a tag named like one, else ``TIFFTAG_DATETIME``. Only headers
    are read.

    Args:
        path: The folder.
        options: ``crs`` overrides the files' own; ``max_image_pixels`` is heeded.

    Returns:
        Satellite views; a problem for each file that is not georeferenced.

    Raises:
        InputError: rasterio is missing, ``path`` is no folder or holds no TIFF, or ``crs`` is
            unknown.
    """
    import pyarrow as pa
    import shapely

    try:
        import rasterio  # noqa: F401
    except ImportError:
        raise missing_extra("rasterio", "geotiff", "to read GeoTIFF files") from None
    override = _crs(options.crs) if options.crs else None
    listing = list_folder(path)
    tiffs = [file for file in listing.files if file.suffix in TIFF_SUFFIXES]
    if not tiffs and not listing.problems:
        raise InputError(f"{path} holds no .tif files", hint="name the folder that has them")
    listing.notes["files that are no TIFFs"] += len(listing.files) - len(tiffs)
    rows: list[dict[str, Any]] = []
    files: list[str] = []
    for file in tiffs:
        try:
            rows.append(_row(file, override, options.max_image_pixels))
        except Unreadable as error:
            listing.problems.append(error.problem(str(file.path)))
        else:
            files.append(str(file.path))
    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("view_id", "kind", "captured_at", "provider")),
            *((name, pa.float64()) for name in ("lat", "lon", "heading_deg", "gsd_m")),
            ("width", pa.int32()),
            ("height", pa.int32()),
            ("image", pa.string()),
            ("bytes", pa.int64()),
        ]
    )
    outlines = np.empty(len(rows), dtype=object)
    outlines[:] = [row.pop("outline") for row in rows]
    table = pa.Table.from_pylist(rows, schema=schema)
    footprints = pa.array(shapely.to_wkb(outlines, byte_order=1), pa.binary())
    return folder_views(path, table.append_column("footprint", footprints), files, listing)


def _crs(text: str) -> "CRS":
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(text)
    except CRSError:
        raise InputError(
            f"there is no coordinate reference system {text!r}", hint="--crs EPSG:25832"
        ) from None


def _row(file: FolderFile, override: "CRS | None", max_pixels: int) -> dict[str, Any]:
    import rasterio
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        try:
            with rasterio.open(file.path.absolute(), driver="GTiff") as image:
                width, height, transform = image.width, image.height, image.transform
                wkt = image.crs.to_wkt() if image.crs else ""
                unplaced = transform.is_identity or transform.is_degenerate
                points = bool(image.gcps[0])
                tags, imagery = image.tags(), image.tags(ns="IMAGERY")
        except rasterio.errors.RasterioError as error:
            raise Unreadable("broken-image", f"no GeoTIFF: {error}", "replace the file") from None
    if width * height > max_pixels:
        raise Unreadable(
            "oversized-image",
            "the image has more pixels than allowed",
            "cut it into tiles or raise the limit",
            value=f"{width} x {height} pixels",
        )
    if unplaced:
        reason = "only ground control points" if points else "no geotransform"
        remedy = "warp it (gdalwarp)" if points else _GEOREFERENCE
        raise Unreadable("no-position", f"the TIFF has {reason}", remedy, "footprint")
    if override is None and not wkt:
        raise Unreadable(
            "unknown-crs",
            "the TIFF names no coordinate reference system",
            "pass --crs, or set it in the file (gdal_edit.py -a_srs EPSG:…)",
            "footprint",
        )
    try:
        crs = override or CRS.from_wkt(wkt)
    except CRSError as error:
        raise Unreadable("unknown-crs", str(error), "pass --crs", "footprint") from None
    return {
        "view_id": file.name,
        "kind": "satellite",
        "captured_at": _captured_at(tags, imagery),
        "provider": imagery.get("SATELLITEID"),
        "width": width,
        "height": height,
        "image": file.name,
        "bytes": file.bytes,
        **_place(crs, transform, width, height),
    }


def _place(crs: "CRS", transform: Any, width: int, height: int) -> dict[str, Any]:
    """Outline, centre, GSD and "up" of a raster."""
    import shapely
    from pyproj import Geod, Transformer
    from pyproj.exceptions import ProjError

    try:
        to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except ProjError as error:
        raise Unreadable(
            "unknown-crs", f"{crs.name!r} has no way to WGS-84: {error}", "pass --crs", "footprint"
        ) from None

    def located(columns: Floats, rows: Floats) -> Floats:
        x = transform.a * columns + transform.b * rows + transform.c
        y = transform.d * columns + transform.e * rows + transform.f
        lon, lat = to_degrees.transform(x, y)
        return np.stack([np.asarray(lon), np.asarray(lat)], axis=1)

    share = np.arange(_EDGE_PARTS) / _EDGE_PARTS
    corners = np.array([(0, height), (width, height), (width, 0), (0, 0)], float)
    following = np.roll(corners, -1, axis=0)
    ring = (corners[:, None] + (following - corners)[:, None] * share[:, None]).reshape(-1, 2)
    middle = np.array([(0, 0), (-0.5, 0), (0.5, 0), (0, 0.5), (0, -0.5)])
    middle += np.array([width, height]) / 2.0
    outline, cross = located(*ring.T), located(*middle.T)
    if np.isfinite(outline).all() and np.isfinite(cross).all():
        geod = Geod(ellps="WGS84")
        _, _, across = geod.inv(*cross[1], *cross[2])
        up, _, along = geod.inv(*cross[3], *cross[4])
    else:
        across = along = up = 0.0
    if not (across > 0 and along > 0):
        raise Unreadable(
            "out-of-range",
            f"the outline lies outside the range of {crs.name!r}",
            "check the geotransform, or pass --crs",
            "footprint",
        )
    lon, lat = float(wrap_longitude(cross[0, 0])), float(cross[0, 1])
    steps = wrap_longitude(np.diff(np.append(outline[:, 0], outline[0, 0])))
    if abs(float(steps.sum())) > 180.0:
        raise Unreadable(
            "out-of-range",
            "the image holds a pole",
            "cut it into tiles beside the pole",
            "footprint",
        )
    outline[:, 0] = lon + wrap_longitude(outline[:, 0] - lon)
    gsd = (across + along) / 2.0
    tolerance = _PLAIN_TO_PX * gsd / 111_320.0
    polygon = shapely.simplify(shapely.Polygon(outline), tolerance)
    return {
        "lat": lat,
        "lon": lon,
        "heading_deg": up % 360.0,
        "gsd_m": gsd,
        "outline": polygon,
    }


def _captured_at(tags: Mapping[str, str], imagery: Mapping[str, str]) -> str | None:
    if stated := imagery.get("ACQUISITIONDATETIME", "").strip():
        return stated if re.search(r"(Z|[+-]\d\d:?\d\d)$", stated) else f"{stated}Z"
    by_name = {name.lower().replace("_", ""): value.strip() for name, value in tags.items()}
    for name in ("acquisitiondatetime", "acquisitiontime", "acquisitiondate", "tifftagdatetime"):
        if value := by_name.get(name):
            return value
    return None
