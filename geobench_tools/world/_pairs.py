"""The true pairs of a world: what each ground view and its tile are rendered from."""

from dataclasses import dataclass, replace
from pathlib import Path

from geobench_tools.errors import InputError
from geobench_tools.provenance import read_manifest
from geobench_tools.world._exact import Dice
from geobench_tools.world._layout import make_scene
from geobench_tools.world._light import Sun
from geobench_tools.world._nuisance import Nuisance
from geobench_tools.world._panorama import Panorama, render_panorama
from geobench_tools.world._places import Place, choose_places
from geobench_tools.world._relief import survey
from geobench_tools.world._sampling import draw_ground, draw_tile
from geobench_tools.world._scene import Scene, flatten_scene
from geobench_tools.world._spec import Job, WorldSpec, plan_jobs, view_names
from geobench_tools.world._tile import Tile, render_tile
from geobench_tools.world._towns import TOWNS

__all__ = ["Pair", "read_spec", "render_pair", "scene_pairs"]

_NUISANCE = 3


@dataclass(frozen=True)
class Pair:
    """A ground view and the tile that shows its place.

    Attributes:
        view_id: Name of the ground view.
        tile_id: Name of the tile.
        place: Where both are taken; its camera has the view's heading.
        photo: Nuisance of the ground view.
        photo_sun: Sun of the ground view.
        above: Nuisance of the tile.
        above_sun: Sun of the tile.
        gps_error_m: Standard error that the ground view claims, metres: the most by which its
            position is off in each axis.
        gps_shift_cm: By how much its position is off, east and north, centimetres.
    """

    view_id: str
    tile_id: str
    place: Place
    photo: Nuisance
    photo_sun: Sun
    above: Nuisance
    above_sun: Sun
    gps_error_m: float
    gps_shift_cm: tuple[float, float]


def read_spec(world: Path) -> WorldSpec:
    """Return the spec of a rendered world.

    Raises:
        InputError: ``world`` is no world.
    """
    parameters = read_manifest(world / "manifest.json", "world").parameters
    known = {name: parameters[name] for name in WorldSpec.__dataclass_fields__}
    return WorldSpec(**known)


def scene_pairs(spec: WorldSpec, cell: int) -> tuple[Scene, list[Pair]]:
    """Return the scene of a cell and the pairs that are rendered from it.

    Args:
        spec: The spec of the world.
        cell: H3 cell, as an integer; ``views.jsonl`` and ``scenes.jsonl`` name it in hexadecimal.

    Raises:
        InputError: The world has no scene in this cell.
    """
    for job in plan_jobs(spec):
        if job.cell == cell:
            return job_pairs(spec, job)
    raise InputError(f"the world has no scene in cell {cell:x}")


def job_pairs(spec: WorldSpec, job: Job) -> tuple[Scene, list[Pair]]:
    """Return the scene of a job and its pairs."""
    scene = make_scene(spec.seed, job.cell, TOWNS[job.town], spec.difficulty)
    places = choose_places(scene, job.views, spec.tile_m)
    pairs = [_draw(spec, scene, place, number) for number, place in enumerate(places)]
    return (flatten_scene(scene) if spec.flatten else scene), pairs


def _draw(spec: WorldSpec, scene: Scene, place: Place, number: int) -> Pair:
    view_id, tile_id = view_names(spec, scene.cell, number)
    seed = spec.seed if spec.nuisance_seed is None else spec.nuisance_seed
    photo_dice, tile_dice, pair_dice = (
        Dice(seed, _NUISANCE, scene.cell, number, part) for part in range(3)
    )
    where = (scene.town, *scene.degrees(place.camera.east, place.camera.north), spec.leaks)
    photo, photo_sun = draw_ground(photo_dice, *where)
    above, above_sun = draw_tile(tile_dice, *where, pair_dice, photo)
    if spec.heading == "random":
        turn = round(photo_dice.between("heading", 0.0, 360.0), 2)
        place = replace(place, camera=replace(place.camera, heading_deg=turn))
    error = round(photo_dice.between("gps error", 1.5, 6.0), 1)
    # The sum of two uniform numbers: a bounded stand-in for the normal distribution.
    east, north = (
        (photo_dice.one("gps", axis) + photo_dice.one("gps", axis + 2) - 1.0) * error * 100.0
        for axis in (0, 1)
    )
    return Pair(view_id, tile_id, place, photo, photo_sun, above, above_sun, error, (east, north))


def render_pair(spec: WorldSpec, scene: Scene, pair: Pair) -> tuple[Panorama, Tile]:
    """Render both views of a pair, with their truth."""
    size = (spec.width, spec.height)
    ground = survey(scene, pair.place.tile, spec.ground_m, spec.tile_px)
    view = render_panorama(scene, pair.place.camera, *size, pair.photo_sun, pair.photo, ground)
    tile = render_tile(
        scene, pair.place.tile, spec.ground_m, spec.tile_px, pair.above_sun, pair.above, ground
    )
    return view, tile
