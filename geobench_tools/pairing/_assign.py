"""Which tile is right for a camera: the given one, the containing one, or the nearest one."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.geo import (
    haversine_m,
    metres_per_degree,
    metres_to_chord,
    unit_vectors,
    wrap_longitude,
)
from geobench_tools.pairing._arrays import find

__all__ = ["Assignment", "TileShapes", "assign_positives"]

U64 = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TileShapes:
    """Tiles as far as assignment needs them, arrays of shape (n,).

    Attributes:
        lat: Latitudes of the centres, degrees.
        lon: Longitudes of the centres, degrees.
        key: Hash of the ids.
        half_width_deg: Half the east-west extent, degrees of longitude; NaN where unknown.
        half_height_deg: Half the north-south extent, degrees of latitude; NaN where unknown.
        reach_m: Radius around the centre in which a camera may belong to the tile, metres.
        polygons: Footprints that are no boxes, by row.
    """

    lat: Floats
    lon: Floats
    key: U64
    half_width_deg: Floats
    half_height_deg: Floats
    reach_m: Floats
    polygons: dict[int, Any]

    def take(self, rows: Ints) -> "TileShapes":
        """Return the given rows, without polygons."""
        names = (field.name for field in fields(self) if field.name != "polygons")
        return replace(self, **{n: getattr(self, n).take(rows) for n in names}, polygons={})


@dataclass(frozen=True)
class Assignment:
    """What was found for each camera, arrays of shape (n,).

    Attributes:
        tile: Row of the right tile, or -1.
        semi_positives: Number of other tiles that show the camera.
        given: Whether the source named a tile.
    """

    tile: Ints
    semi_positives: Ints
    given: npt.NDArray[np.bool_]


def assign_positives(
    tiles: TileShapes, lat: Floats, lon: Floats, given: U64, has_given: npt.NDArray[np.bool_]
) -> Assignment:
    """Find each camera's right tile.

    A given tile is taken if the camera is within the tile's reach. Else it is the tile whose
    footprint contains the camera with the largest margin to its border; else, among tiles of
    unknown footprint, the nearest within reach. Ties go to the nearest centre, then to the id hash.

    Args:
        tiles: All tiles that can reach any of the cameras.
        lat: Latitudes of the cameras, degrees.
        lon: Longitudes of the cameras, degrees.
        given: Hash of the given tile's id.
        has_given: Whether a tile is given.
    """
    tile = np.full(len(lat), -1, np.int64)
    semi = np.zeros(len(lat), np.int64)
    if not len(tiles.key):
        return Assignment(tile, semi, has_given)
    rows = np.flatnonzero(has_given)
    place = find(tiles.key, given[rows])
    metres = haversine_m(lat[rows], lon[rows], tiles.lat[place], tiles.lon[place])
    good = (tiles.key[place] == given[rows]) & (metres <= tiles.reach_m[place])
    tile[rows[good]] = place[good]
    rows = np.flatnonzero(~has_given)
    if len(rows):
        camera, candidate, margin, metres = _showing(tiles, lat[rows], lon[rows])
        best = np.lexsort((tiles.key[candidate], metres, -margin, camera))
        first = np.unique(camera[best], return_index=True)[1]
        tile[rows[camera[best][first]]] = candidate[best][first]
        seen = np.bincount(camera, weights=margin >= 0, minlength=len(rows)).astype(np.int64)
        semi[rows] = np.maximum(seen - 1, 0)
    return Assignment(tile, semi, has_given)


def _showing(tiles: TileShapes, lat: Floats, lon: Floats) -> tuple[Ints, Ints, Floats, Floats]:
    """List all (camera, tile) pairs in which the tile shows the camera.

    Returns:
        Camera rows, tile rows, margins to the footprint's border in metres (-1 for a tile of
        unknown footprint) and distances to the centre in metres.
    """
    from scipy.spatial import cKDTree

    reach = float(metres_to_chord(tiles.reach_m.max()))
    trees = cKDTree(unit_vectors(lat, lon)), cKDTree(unit_vectors(tiles.lat, tiles.lon))
    pairs = trees[0].sparse_distance_matrix(trees[1], reach, output_type="ndarray")
    camera, tile = pairs["i"].astype(np.int64), pairs["j"].astype(np.int64)
    order = np.lexsort((tile, camera))
    camera, tile = camera[order], tile[order]
    metres = haversine_m(lat[camera], lon[camera], tiles.lat[tile], tiles.lon[tile])
    north_m, east_m = metres_per_degree(tiles.lat[tile])
    north = np.abs(lat[camera] - tiles.lat[tile])
    east = np.abs(wrap_longitude(lon[camera] - tiles.lon[tile]))
    margin = np.minimum(
        (tiles.half_height_deg[tile] - north) * north_m,
        (tiles.half_width_deg[tile] - east) * east_m,
    )
    if tiles.polygons:
        _polygon_margins(tiles, camera, tile, lat, lon, margin)
    unknown = np.isnan(margin)
    shows = np.where(unknown, metres <= tiles.reach_m[tile], margin >= 0)
    margin[unknown] = -1.0
    return camera[shows], tile[shows], margin[shows], metres[shows]


def _polygon_margins(
    tiles: TileShapes, camera: Ints, tile: Ints, lat: Floats, lon: Floats, margin: Floats
) -> None:
    """Replace the margins of tiles whose footprint is no box, in place."""
    import shapely

    rows = np.flatnonzero(np.isin(tile, list(tiles.polygons)) & (margin >= 0))
    for row in rows.tolist():
        t, c = int(tile[row]), int(camera[row])
        north_m, east_m = metres_per_degree(tiles.lat[t])
        east = wrap_longitude(shapely.get_coordinates(tiles.polygons[t])[:, 0] - tiles.lon[t])
        north = shapely.get_coordinates(tiles.polygons[t])[:, 1] - tiles.lat[t]
        scaled = np.stack([east * east_m, north * north_m], axis=1)
        local = shapely.set_coordinates(shapely.from_wkb(shapely.to_wkb(tiles.polygons[t])), scaled)
        point = shapely.Point(
            float(wrap_longitude(lon[c] - tiles.lon[t]) * east_m),
            float((lat[c] - tiles.lat[t]) * north_m),
        )
        inside = local.contains(point)
        margin[row] = local.boundary.distance(point) if inside else -0.5
