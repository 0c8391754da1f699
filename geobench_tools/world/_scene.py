"""A scene: everything that stands and lies in one H3 neighbourhood, as arrays (the Phi of a world).

Coordinates are whole centimetres east and north of the scene's origin, heights whole centimetres
above the flat ground. Polygons run counter-clockwise.
"""

from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from functools import cached_property
from typing import TypeVar

import numpy as np

from geobench_tools.geo import metres_per_degree
from geobench_tools.world._exact import F32, F64, I32, I64, U8, Bools
from geobench_tools.world._towns import Town

__all__ = [
    "LAND_M",
    "Areas",
    "Buildings",
    "Faces",
    "Kind",
    "Landmarks",
    "Scene",
    "Segments",
    "Solids",
    "Streets",
    "Trees",
    "flatten_scene",
    "take",
]

LAND_M = 1.0
"""Pixel of the land raster of a scene, metres."""


class Kind(IntEnum):
    """What a pixel of a view shows."""

    GROUND = 0
    GRASS = 1
    SOIL = 2
    PAVED = 3
    ROAD = 4
    PAVEMENT = 5
    MARKING = 6
    WATER = 7
    BANK = 8
    PITCH = 9
    PATH = 10
    RAIL = 11
    PARKING = 12
    CROP = 13
    FOREST = 14
    ROOF = 15
    WALL = 16
    TREE = 17
    HEDGE = 18
    CAR = 19
    SKY = 20


@dataclass(frozen=True)
class Streets:
    """The street graph, each street an edge between two nodes.

    Attributes:
        points: Centre lines, shape (edges, 7, 2).
        width: Width of the carriageway, shape (edges,).
        rank: 0 lane, 1 local street, 2 main street.
        bridge: Whether the edge crosses water.
        nodes: Junctions and ends, shape (nodes, 2).
        degree: Number of streets that meet at each node.
        roundabouts: Node indices.
        crossings: Edge of each zebra crossing and the end, 0 or 1, at which it lies.
    """

    points: I32
    width: I32
    rank: U8
    bridge: Bools
    nodes: I32
    degree: I32
    roundabouts: I32
    crossings: I32

    @cached_property
    def box(self) -> I32:
        """West, south, east and north bound of each centre line, shape (edges, 4)."""
        return np.concatenate([self.points.min(axis=1), self.points.max(axis=1)], axis=1)


@dataclass(frozen=True)
class Buildings:
    """Houses and other buildings on a footprint of four corners.

    Attributes:
        corners: Shape (n, 4, 2); the edge from the first to the second corner is a long one.
        eave: Height of the walls.
        ridge: Height of the roof's top; equal to ``eave`` for flat roofs.
        roof: 0 flat, 1 gable, 2 hip.
        wall_rgb: Facade colours, shape (n, 3).
        roof_rgb: Roof colours, shape (n, 3).
        facade: Index into the facade patterns.
        seed: Chooses doors, lit windows and stains.
    """

    corners: I32
    eave: I32
    ridge: I32
    roof: U8
    wall_rgb: U8
    roof_rgb: U8
    facade: U8
    seed: I32

    def __len__(self) -> int:
        return len(self.eave)


@dataclass(frozen=True)
class Landmarks:
    """Conspicuous things: one row each.

    Attributes:
        kind: ``church``, ``dome``, ``tower`` …
        centre: Shape (n, 2).
        height: Height of the top.
        radius: Half the diagonal of the site.
        solid: Index of its row of ``Solids``.
    """

    kind: tuple[str, ...]
    centre: I32
    height: I32
    radius: I32
    solid: I32

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True)
class Trees:
    """Trees: ``species`` indexes ``SPECIES``; ``base`` is the height where the crown begins."""

    centre: I32
    radius: I32
    height: I32
    base: I32
    species: U8
    seed: I32

    def __len__(self) -> int:
        return len(self.height)


@dataclass(frozen=True)
class Areas:
    """Named areas for facts: parks, waters, pitches, squares.

    Attributes:
        kind: ``park``, ``river``, ``pond``, ``sports ground``, ``square``, ``wood`` …
        centre: Shape (n, 2).
        area_m2: Size in square metres.
    """

    kind: tuple[str, ...]
    centre: I32
    area_m2: I32

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True)
class Solids:
    """What stands on the ground, for culling: centre, radius of the footprint and height."""

    centre: I32
    radius: I32
    height: I32

    def __len__(self) -> int:
        return len(self.height)


@dataclass(frozen=True)
class Faces:
    """Polygons seen from above, in the order in which they are painted.

    Attributes:
        start: Offsets into ``xy``, shape (n + 1,).
        xy: Corners of all polygons, shape (corners, 2).
        box: West, south, east and north bound, shape (n, 4).
        kind: ``Kind`` of each face.
        rgb: Colour in sRGB, shape (n, 3).
        normal: Unit normal, shape (n, 3).
        plane: Height in centimetres is plane[0] + plane[1] * x + plane[2] * y, shape (n, 3).
        solid: Row of ``Solids``, -1 for the ground.
    """

    start: I32
    xy: I32
    box: I32
    kind: U8
    rgb: U8
    normal: F32
    plane: F64
    solid: I32

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True)
class Segments:
    """Walls and roof edges for ray casting, each upright over a line on the ground.

    Attributes:
        ends: East and north of both ends, shape (n, 4).
        top: Height at both ends, shape (n, 2).
        front: Normal of the face seen from the right of the line, shape (n, 3).
        back: Normal of the face seen from the left.
        edge: Roof edge (shows roof on both sides) rather than a wall.
        backed: Wall whose back shows roof (gables, low boxes) rather than nothing.
        wall_rgb: Colour of the wall.
        roof_rgb: Colour of the roof.
        facade: Facade pattern.
        eave: Height above which the wall has no windows.
        offset: Distance along the facade at which the line starts.
        solid: Row of ``Solids``.
        seed: As in ``Buildings``.
    """

    ends: I32
    top: I32
    front: F32
    back: F32
    edge: Bools
    backed: Bools
    wall_rgb: U8
    roof_rgb: U8
    facade: U8
    eave: I32
    offset: I32
    solid: I32
    seed: I32

    def __len__(self) -> int:
        return len(self.edge)


@dataclass(frozen=True)
class Scene:
    """One neighbourhood of the world.

    Attributes:
        cell: H3 cell whose neighbourhood this is, 0 for a scene made by hand.
        seed: Seed of the world.
        town: Where it lies.
        lat: Latitude of the origin, WGS-84 degrees.
        lon: Longitude of the origin, WGS-84 degrees.
        half_m: Half of the side of the square that is laid out, metres.
        streets: The street graph.
        buildings: Buildings.
        first_building: Row of ``solids`` of the first building; the others follow.
        landmarks: Landmarks.
        trees: Trees.
        areas: Parks, waters and other named areas.
        solids: Buildings, hedges and landmarks.
        faces: What is seen from above.
        segments: What is seen from the street.
        land: ``Kind`` of the ground, one pixel for ``LAND_M`` metres, north up, buildings as ROOF.
        ground_rgb: Colour of untended ground.
        anchor: Offset of the textures, which are tied to the ground.
        flat: Whether all geometry was removed.
    """

    cell: int
    seed: int
    town: Town
    lat: float
    lon: float
    half_m: float
    streets: Streets
    buildings: Buildings
    first_building: int
    landmarks: Landmarks
    trees: Trees
    areas: Areas
    solids: Solids
    faces: Faces
    segments: Segments
    land: U8
    ground_rgb: tuple[int, int, int]
    anchor: tuple[int, int] = (0, 0)
    flat: bool = field(default=False)

    def degrees(self, east_cm: float, north_cm: float) -> tuple[float, float]:
        """Return latitude and longitude of a position, rounded to 1e-7 degrees (about 1 cm)."""
        per_lat, per_lon = metres_per_degree(self.lat)
        lat = self.lat + north_cm / 100.0 / per_lat
        lon = self.lon + east_cm / 100.0 / float(per_lon)
        return round(lat, 7), round((lon + 180.0) % 360.0 - 180.0, 7)


_Table = TypeVar("_Table", Solids, Segments, Trees, Buildings)


def take(table: _Table, rows: I64) -> _Table:
    """Return some rows of a table whose columns all run along the rows."""
    return replace(
        table, **{f.name: getattr(table, f.name).take(rows, axis=0) for f in fields(table)}
    )


def flatten_scene(scene: Scene) -> Scene:
    """Return the scene with all geometry removed: bare ground under a sky."""
    none = np.zeros(0, np.int64)
    numbers, points = np.zeros(0, np.int32), np.zeros((0, 2), np.int32)
    faces = {f.name: getattr(scene.faces, f.name)[none] for f in fields(Faces) if f.name != "start"}
    streets = {f.name: getattr(scene.streets, f.name)[none] for f in fields(Streets)}
    return replace(
        scene,
        streets=Streets(**streets),
        buildings=take(scene.buildings, none),
        landmarks=Landmarks((), points, numbers, numbers, numbers),
        trees=take(scene.trees, none),
        areas=Areas((), points, numbers),
        solids=take(scene.solids, none),
        faces=Faces(start=np.zeros(1, np.int32), **faces),
        segments=take(scene.segments, none),
        land=np.zeros_like(scene.land),
        flat=True,
    )
