"""Maps of a scene seen from above: which face each pixel shows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geobench_tools.world._exact import I32, U8, Bools, ragged
from geobench_tools.world._scene import Faces, Kind

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Surface", "paint", "paint_kinds"]


@dataclass(frozen=True)
class Surface:
    """A north-up map of faces.

    Attributes:
        faces: Index of the face plus one; 0 is untended ground. Shape (size, size).
        kinds: ``Kind`` for each value of ``faces``.
        west: Western border, centimetres.
        north: Northern border, centimetres.
        step: Side of a pixel, centimetres.
    """

    faces: I32
    kinds: U8
    west: float
    north: float
    step: float


def paint(
    faces: Faces, centre: tuple[float, float], step: float, size: int, *, raised: bool = False
) -> Surface:
    """Paint faces on a square map.

    Args:
        faces: The faces of a scene.
        centre: East and north of the map's centre, centimetres.
        step: Side of a pixel, centimetres.
        size: Pixels of a side.
        raised: Leave out the faces on the ground.
    """
    from PIL import Image as Images

    half = step * size / 2.0
    west, north = centre[0] - half, centre[1] + half
    image = Images.new("I", (size, size))
    chosen = faces.solid >= 0 if raised else np.ones(len(faces), bool)
    _draw(image, faces, chosen, (west, north), step, np.arange(1, len(faces) + 1))
    kinds = np.concatenate([np.array([Kind.GROUND], np.uint8), faces.kind])
    return Surface(np.asarray(image), kinds, west, north, step)


def paint_kinds(faces: Faces, half: float, step: float, skip: tuple[int, ...]) -> U8:
    """Paint the ``Kind`` of faces on a square map around the origin, leaving out some kinds.

    Args:
        faces: The faces of a scene.
        half: Half of the map's side, centimetres.
        step: Side of a pixel, centimetres.
        skip: Kinds to leave out.
    """
    from PIL import Image as Images

    size = int(2.0 * half / step)
    image = Images.new("L", (size, size))
    chosen = np.ones(len(faces), bool)
    for kind in skip:
        chosen &= faces.kind != kind
    _draw(image, faces, chosen, (-half, half), step, faces.kind)
    return np.asarray(image)


def _draw(
    image: "Image",
    faces: Faces,
    chosen: Bools,
    corner: tuple[float, float],
    step: float,
    ink: npt.NDArray[np.integer],
) -> None:
    """Fill the chosen faces that touch the map whose north-western corner is given."""
    from PIL import ImageDraw

    size = image.width
    west, north = corner
    box = faces.box
    near = (box[:, 2] >= west) & (box[:, 0] <= west + size * step)
    near &= (box[:, 3] >= north - size * step) & (box[:, 1] <= north)
    rows = np.flatnonzero(near & chosen)
    count = faces.start[rows + 1] - faces.start[rows]
    owner, place = ragged(count)
    xy = faces.xy[faces.start[rows][owner] + place]
    pixel = np.empty(xy.shape)
    pixel[:, 0] = np.floor((xy[:, 0] - west) / step)
    pixel[:, 1] = np.floor((north - xy[:, 1]) / step)
    flat = pixel.ravel().tolist()
    polygon = ImageDraw.Draw(image).polygon
    first = 0
    for value, corners in zip(ink[rows].tolist(), (2 * count).tolist(), strict=True):
        polygon(flat[first : first + corners], fill=value)
        first += corners
