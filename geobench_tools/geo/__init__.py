"""Positions: distance, bearing, H3 cells, web tiles, NAIP cells and coordinate text."""

from geobench_tools.geo._cells import (
    cell_diameter_m,
    cell_ranks,
    disk_cover_m,
    encode_cells,
    parent_cells,
)
from geobench_tools.geo._coordinates import CoordinateReading, find_coordinates, read_coordinates
from geobench_tools.geo._distance import (
    EARTH_RADIUS_M,
    bearing_deg,
    chord_to_metres,
    destination,
    geodesic_m,
    haversine_m,
    metres_per_degree,
    metres_to_chord,
    unit_vectors,
    wrap_longitude,
)
from geobench_tools.geo._naip import NaipCell, read_naip_name
from geobench_tools.geo._webtiles import (
    MAX_LATITUDE,
    TileBounds,
    ground_sample_distance_m,
    tile_bounds,
    tile_of,
)

__all__ = [
    "EARTH_RADIUS_M",
    "MAX_LATITUDE",
    "CoordinateReading",
    "NaipCell",
    "TileBounds",
    "bearing_deg",
    "cell_diameter_m",
    "cell_ranks",
    "chord_to_metres",
    "destination",
    "disk_cover_m",
    "encode_cells",
    "find_coordinates",
    "geodesic_m",
    "ground_sample_distance_m",
    "haversine_m",
    "metres_per_degree",
    "metres_to_chord",
    "parent_cells",
    "read_coordinates",
    "read_naip_name",
    "tile_bounds",
    "tile_of",
    "unit_vectors",
    "wrap_longitude",
]
