"""What is true about a scene and a ground view: what a reasoning trace may cite."""

from typing import Any

import numpy as np

from geobench_tools.world._exact import F32, F64, I64, Bools, azimuth_deg
from geobench_tools.world._light import Sun
from geobench_tools.world._panorama import Panorama
from geobench_tools.world._places import Place
from geobench_tools.world._scene import Kind, Scene

__all__ = ["scene_facts", "view_facts"]

_RANKS = ("lane", "local street", "main street")
_MIN_PIXELS = 10
_MIN_COLUMN = 2
_SEEN = {
    Kind.WATER: "water",
    Kind.RAIL: "railway",
    Kind.PITCH: "sports ground",
    Kind.TREE: "trees",
    Kind.GRASS: "grass",
    Kind.CROP: "crops",
    Kind.PARKING: "car park",
}


def scene_facts(scene: Scene) -> dict[str, Any]:
    """Return the facts of a scene as a JSON object; lengths in metres, angles in degrees."""
    town, streets = scene.town, scene.streets

    def spot(centre: Any) -> dict[str, float]:
        lat, lon = scene.degrees(float(centre[0]), float(centre[1]))
        return {"lat": lat, "lon": lon}

    marks = scene.landmarks
    return {
        "cell": f"{scene.cell:x}",
        "town": town.name,
        "country": town.country,
        "driving_side": town.drives,
        "climate": town.climate,
        "style": town.style,
        "centre": {"lat": scene.lat, "lon": scene.lon},
        "landmarks": [
            {
                "id": k,
                "kind": marks.kind[k],
                **spot(marks.centre[k]),
                "height_m": int(marks.height[k]) / 100.0,
                "radius_m": int(marks.radius[k]) / 100.0,
            }
            for k in range(len(marks))
        ],
        "areas": [
            {
                "kind": scene.areas.kind[k],
                **spot(scene.areas.centre[k]),
                "area_m2": int(scene.areas.area_m2[k]),
            }
            for k in range(len(scene.areas))
        ],
        "streets": {name: int((streets.rank == k).sum()) for k, name in enumerate(_RANKS)},
        "bridges": int(streets.bridge.sum()),
        "roundabouts": len(streets.roundabouts),
        "crossings": len(streets.crossings),
        "buildings": len(scene.buildings),
        "trees": len(scene.trees),
    }


def view_facts(scene: Scene, place: Place, view: Panorama, sun: Sun) -> dict[str, Any]:
    """Return what a ground view shows, by azimuth, as a JSON object.

    Args:
        scene: The scene.
        place: Where the view was taken.
        view: The rendered panorama; its camera's heading must be that of ``place.camera``.
        sun: Position of the sun.
    """
    camera = place.camera
    width = view.kind.shape[1]
    bearing = (np.arange(width) + 0.5) * (360.0 / width) - 180.0 + camera.heading_deg
    lat, lon = scene.degrees(camera.east, camera.north)
    facts: dict[str, Any] = {
        "camera": {"lat": lat, "lon": lon, "height_m": camera.height / 100.0},
        "sun": {"azimuth_deg": sun.azimuth_deg, "altitude_deg": sun.altitude_deg},
        "visible": _landmarks(scene, place, view),
    }
    if not scene.flat:
        streets = scene.streets
        facts["street"] = {
            "rank": _RANKS[int(streets.rank[place.edge])],
            "width_m": int(streets.width[place.edge]) / 100.0,
            "azimuths_deg": [place.street_deg, (place.street_deg + 180.0) % 360.0],
            "bridge": bool(streets.bridge[place.edge]),
        }
        facts["street"]["azimuths_deg"] = [round(a, 1) for a in facts["street"]["azimuths_deg"]]
    facts["visible"] += _surroundings(view, bearing)
    groups = {"sky": (Kind.SKY,), "buildings": (Kind.WALL, Kind.ROOF), "trees": (Kind.TREE,)}
    facts["shares"] = {name: _share(view, kinds) for name, kinds in groups.items()}
    return facts


def _share(view: Panorama, kinds: tuple[Kind, ...]) -> float:
    pixels = sum(np.count_nonzero(view.kind == kind) for kind in kinds)
    return round(pixels / view.kind.size, 4)


def _landmarks(scene: Scene, place: Place, view: Panorama) -> list[dict[str, Any]]:
    marks, camera, found = scene.landmarks, place.camera, []
    pixels = np.bincount(view.solid[view.solid >= 0].ravel(), minlength=len(scene.solids))
    for k in range(len(marks)):
        count = int(pixels[marks.solid[k]])
        if count < _MIN_PIXELS:
            continue
        dx = float(marks.centre[k, 0]) - camera.east
        dy = float(marks.centre[k, 1]) - camera.north
        found.append(
            {
                "kind": marks.kind[k],
                "landmark": k,
                "azimuth_deg": round(float(azimuth_deg(dx, dy)), 1),
                "distance_m": round((dx * dx + dy * dy) ** 0.5 / 100.0, 1),
                "pixels": count,
            }
        )
    return found


def _surroundings(view: Panorama, bearing: F64) -> list[dict[str, Any]]:
    """Return the sectors in which water, trees and their like are seen."""
    width = view.kind.shape[1]
    wanted = np.zeros(len(Kind), bool)
    wanted[list(_SEEN)] = True
    at = np.flatnonzero(wanted.take(view.kind))
    cell = view.kind.take(at).astype(np.int64) * width + at % width
    size = len(Kind) * width
    pixels = np.bincount(cell, minlength=size).reshape(-1, width)
    near = np.full(size, np.float32(1e9))
    np.minimum.at(near, cell, view.depth.take(at))
    near = near.reshape(-1, width)
    found = []
    for kind, name in _SEEN.items():
        if pixels[kind].max() >= _MIN_COLUMN:
            found += _sectors(name, pixels[kind] >= _MIN_COLUMN, near[kind], bearing)
    return found


def _sectors(name: str, columns: Bools, near: F32, bearing: F64) -> list[dict[str, Any]]:
    """Return runs of columns that show something: first and last azimuth, nearest distance."""
    width = len(columns)

    def sector(low: float, high: float, at: I64) -> dict[str, Any]:
        metres = round(float(near[at].min()) / 100.0, 1)
        return {"kind": name, "from_deg": low, "to_deg": high, "distance_m": metres}

    # Bridge gaps of one column, so that a trunk does not cut a river in two.
    full = columns | (np.roll(columns, 1) & np.roll(columns, -1))
    if full.all():
        return [sector(0.0, 360.0, np.arange(width))]
    first = int(np.flatnonzero(~full)[0])
    turned = np.roll(full, -first)
    steps = np.flatnonzero(np.diff(np.concatenate([[False], turned, [False]]).astype(np.int8)))
    found = []
    for a, b in steps.reshape(-1, 2).tolist():
        if b - a >= 3:
            at = (np.arange(a, b) + first) % width
            low, high = (round(float(bearing[at[k]]) % 360.0, 1) for k in (0, -1))
            found.append(sector(low, high, at))
    return found
