"""What tests of the world build their scenes from."""

from dataclasses import replace

import h3
import numpy as np

from geobench_tools.world._build import Model
from geobench_tools.world._scene import Buildings


def cell_of(town):
    return h3.str_to_int(h3.latlng_to_cell(town.lat, town.lon, 8))


def box(east, north, width, depth, height, turn=0.0):
    """A flat-roofed block, metres and degrees clockwise from north."""
    angle = np.radians(turn)
    half = np.array([[-width, -depth], [width, -depth], [width, depth], [-width, depth]]) / 2.0
    turned = half @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return turned + np.array([east, north]), height


def build(plain, *boxes):
    """Return the plain with blocks on it; the row of a block's solid is its place in the list."""
    corners = np.stack([corners for corners, _ in boxes])
    height = np.rint(np.array([h for _, h in boxes]) * 100).astype(np.int32)
    n = len(boxes)
    buildings = Buildings(
        corners=np.rint(corners * 100).astype(np.int32),
        eave=height,
        ridge=height,
        roof=np.zeros(n, np.uint8),
        wall_rgb=np.full((n, 3), 180, np.uint8),
        roof_rgb=np.full((n, 3), 150, np.uint8),
        facade=np.zeros(n, np.uint8),
        seed=np.arange(n, dtype=np.int32),
    )
    model = Model()
    model.buildings(buildings)
    return replace(
        plain,
        buildings=buildings,
        solids=model.solids(),
        faces=model.faces(),
        segments=model.segments(),
    )
