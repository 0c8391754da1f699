"""A rendered cross-view world: street panoramas and satellite tiles of the same invented places."""

from geobench_tools.world._cache import DEFAULT_SPEC, cache_folder, default_world
from geobench_tools.world._canvas import SKY_CM
from geobench_tools.world._develop import encode
from geobench_tools.world._facts import scene_facts, view_facts
from geobench_tools.world._frame import Camera
from geobench_tools.world._inject import inject_position_leak
from geobench_tools.world._layout import make_scene
from geobench_tools.world._light import Sun, sun_at
from geobench_tools.world._nuisance import Nuisance
from geobench_tools.world._oracle import GROUND_SIZE, TILE_SIZE, Oracle
from geobench_tools.world._pairs import Pair, read_spec, render_pair, scene_pairs
from geobench_tools.world._panorama import Panorama, render_panorama
from geobench_tools.world._places import Place, choose_places
from geobench_tools.world._relief import Ground, survey
from geobench_tools.world._render import render_world
from geobench_tools.world._sampling import LEAKS, PROVIDERS, draw_ground, draw_tile
from geobench_tools.world._scene import LAND_M, Kind, Scene, flatten_scene
from geobench_tools.world._sheet import contact_sheet
from geobench_tools.world._spec import RENDERER_VERSION, WorldSpec
from geobench_tools.world._tile import Tile, render_tile
from geobench_tools.world._towns import TOWNS, Town

__all__ = [
    "DEFAULT_SPEC",
    "GROUND_SIZE",
    "LAND_M",
    "LEAKS",
    "PROVIDERS",
    "RENDERER_VERSION",
    "SKY_CM",
    "TILE_SIZE",
    "TOWNS",
    "Camera",
    "Ground",
    "Kind",
    "Nuisance",
    "Oracle",
    "Pair",
    "Panorama",
    "Place",
    "Scene",
    "Sun",
    "Tile",
    "Town",
    "WorldSpec",
    "cache_folder",
    "choose_places",
    "contact_sheet",
    "default_world",
    "draw_ground",
    "draw_tile",
    "encode",
    "flatten_scene",
    "inject_position_leak",
    "make_scene",
    "read_spec",
    "render_pair",
    "render_panorama",
    "render_tile",
    "render_world",
    "scene_facts",
    "scene_pairs",
    "sun_at",
    "survey",
    "view_facts",
]
