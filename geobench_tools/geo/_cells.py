"""H3 cells as 64-bit integers, vectorised where h3 is not."""

import numpy as np
import numpy.typing as npt

__all__ = ["cell_diameter_m", "cell_ranks", "disk_cover_m", "encode_cells", "parent_cells"]

U64 = npt.NDArray[np.uint64]

_COVER_M = (
    (1190e3, 3070e3, 4970e3),
    (376e3, 1000e3, 1520e3),
    (140e3, 360e3, 580e3),
    (49.2e3, 130.7e3, 200e3),
    (19.4e3, 48.8e3, 78.3e3),
    (6930.0, 18.2e3, 27.7e3),
    (2770.0, 6920.0, 11.0e3),
    (988.0, 2600.0, 3950.0),
    (395.0, 987.0, 1580.0),
    (141.0, 371.0, 564.0),
    (56.5, 141.0, 226.0),
    (20.1, 53.0, 80.6),
    (8.0, 20.1, 32.2),
    (2.8, 7.5, 11.5),
    (1.1, 2.8, 4.6),
    (0.4, 1.0, 1.6),
)
"""Radius that the disks of 1, 2 and 3 rings surely cover, metres, for resolutions 0 to 15.

Smallest distance between the outlines of a cell and of the cells just outside its disk, rounded
down: over all cells up to resolution 4, beyond over all within 12 rings of the pentagons and 3,000
others. The smallest always lies a few cells from a pentagon, where cells are smallest.
"""


def encode_cells(lat: npt.ArrayLike, lon: npt.ArrayLike, resolution: int) -> U64:
    """Return the H3 cells of points given in degrees."""
    from h3ronpy.vector import coordinates_to_cells

    lats, lons = np.ascontiguousarray(lat, float), np.ascontiguousarray(lon, float)
    return np.asarray(coordinates_to_cells(lats, lons, resolution), np.uint64)


def parent_cells(cells: U64, resolution: int) -> U64:
    """Return the index parents by bit operations.

    The index parent is not the cell that contains the point at the coarser resolution: for 6 to
    7 % of points the two differ. Group and split by the index parent only.

    Args:
        cells: Cells of any one resolution not coarser than ``resolution``.
        resolution: The parents' resolution, 0 to 15.
    """
    cells = np.asarray(cells, np.uint64)
    unused = np.uint64((1 << (3 * (15 - resolution))) - 1)
    cleared = cells & ~np.uint64(0xF << 52)
    return np.asarray(cleared | np.uint64(resolution << 52) | unused)


def cell_ranks(cells: U64, resolution: int) -> npt.NDArray[np.int64]:
    """Return what orders the cells of one resolution as they are, in 7 + 3 x resolution bits."""
    low = np.uint64(3 * (15 - resolution))
    mask = np.uint64((1 << (7 + 3 * resolution)) - 1)
    return np.asarray((np.asarray(cells, np.uint64) >> low) & mask).astype(np.int64)


def cell_diameter_m(resolution: int) -> float:
    """Mean corner-to-corner diameter of the cells of a resolution, metres."""
    from h3.api.basic_int import average_hexagon_edge_length

    return 2.0 * float(average_hexagon_edge_length(resolution, unit="m"))


def disk_cover_m(resolution: int, rings: int = 1) -> float:
    """Radius around any point of a cell that the disk of cells around it surely covers, metres.

    Args:
        resolution: H3 resolution, 0 to 15.
        rings: Rings of neighbours in the disk (``k`` of ``grid_disk``), 1 to 3.
    """
    return _COVER_M[resolution][rings - 1]
