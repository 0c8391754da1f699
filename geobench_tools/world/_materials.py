"""Colours of grounds, roofs and trees in season, and how rough they look."""

import numpy as np

from geobench_tools.world._exact import F32
from geobench_tools.world._nuisance import Nuisance
from geobench_tools.world._scene import Kind, Scene, Trees
from geobench_tools.world._styles import CLIMATES

__all__ = ["GRAIN", "PATCH", "face_colours", "texture_anchor", "tree_colours"]

KINDS = len(Kind)

GRAIN = np.full(KINDS, 0.08, np.float32)
"""Strength of the fine texture for each ``Kind``."""

PATCH = np.full(KINDS, 0.10, np.float32)
"""Strength of the patchy texture for each ``Kind``."""

for _kind, _grain, _patch in (
    (Kind.GROUND, 0.17, 0.34),
    (Kind.GRASS, 0.13, 0.26),
    (Kind.SOIL, 0.14, 0.26),
    (Kind.CROP, 0.16, 0.2),
    (Kind.FOREST, 0.22, 0.3),
    (Kind.ROAD, 0.08, 0.22),
    (Kind.ROOF, 0.1, 0.14),
    (Kind.WATER, 0.05, 0.12),
    (Kind.MARKING, 0.06, 0.05),
):
    GRAIN[_kind], PATCH[_kind] = _grain, _patch

_SOFT = (Kind.GROUND, Kind.GRASS, Kind.FOREST, Kind.BANK, Kind.CROP, Kind.HEDGE)
_SNOW = {
    Kind.GROUND: 0.9,
    Kind.GRASS: 0.9,
    Kind.SOIL: 0.85,
    Kind.FOREST: 0.7,
    Kind.BANK: 0.8,
    Kind.CROP: 0.9,
    Kind.PITCH: 0.75,
    Kind.PATH: 0.6,
    Kind.PAVED: 0.45,
    Kind.PAVEMENT: 0.4,
    Kind.PARKING: 0.3,
    Kind.RAIL: 0.4,
    Kind.ROAD: 0.12,
    Kind.MARKING: 0.12,
    Kind.ROOF: 0.6,
    Kind.HEDGE: 0.5,
    Kind.WATER: 0.3,
}


def season_weights(nuisance: Nuisance) -> tuple[F32, F32]:
    """Return for each ``Kind`` the share that the season replaces and with which colour.

    Returns:
        Shares of shape (kinds,) and colours times share of shape (3, kinds).
    """
    share = np.zeros(KINDS)
    colour = np.zeros((KINDS, 3))

    def blend(kind: int, weight: float, rgb: tuple[float, float, float]) -> None:
        share[kind] = share[kind] * (1.0 - weight) + weight
        colour[kind] = colour[kind] * (1.0 - weight) + weight * np.array(rgb)

    for kind in _SOFT:
        blend(kind, 0.55 * nuisance.dry, (168.0, 148.0, 98.0))
        blend(kind, 0.3 * (1.0 - nuisance.leaves), (126.0, 116.0, 88.0))
    for kind, weight in _SNOW.items():
        blend(kind, weight * nuisance.snow, (232.0, 236.0, 243.0))
    return share.astype(np.float32), np.ascontiguousarray(colour.T, np.float32)


def face_colours(scene: Scene, nuisance: Nuisance) -> F32:
    """Return sRGB colours in season, shape (3, 1 + faces + kinds).

    Row 0 is untended ground, the faces follow, then one typical colour for each ``Kind``.
    """
    ground = _BARE[nuisance.seed % len(_BARE)] if scene.flat else scene.ground_rgb
    kind = np.concatenate([[Kind.GROUND], scene.faces.kind, np.arange(KINDS)]).astype(np.uint8)
    n = len(scene.faces) + 1
    share, colour = season_weights(nuisance)
    kept = (np.float32(1.0) - share).take(kind)
    out = np.empty((3, len(kind)), np.float32)
    for channel in range(3):
        rgb = out[channel]
        rgb[1:n], rgb[n:] = scene.faces.rgb[:, channel], _TYPICAL[:, channel]
        rgb[[0, n]] = ground[channel]
        rgb *= kept
        rgb += colour[channel].take(kind)
    return out


_BARE = ((112, 122, 78), (124, 125, 84), (134, 130, 88), (146, 138, 96), (104, 118, 74))
"""Ground of a world without geometry: drawn for each view, so that it tells nothing of the town."""

_TYPICAL = np.array(
    [
        (110, 120, 80),
        (92, 118, 62),
        (140, 118, 90),
        (150, 146, 138),
        (86, 86, 88),
        (158, 154, 147),
        (224, 224, 220),
        (58, 78, 82),
        (110, 120, 80),
        (90, 142, 66),
        (170, 154, 126),
        (116, 106, 98),
        (88, 88, 88),
        (150, 132, 92),
        (62, 86, 44),
        (140, 120, 110),
        (180, 170, 150),
        (50, 80, 36),
        (60, 92, 46),
        (120, 120, 120),
        (180, 200, 230),
    ],
    np.float32,
)

_LEAF = np.array(
    [
        (66, 98, 40),
        (42, 70, 44),
        (78, 108, 50),
        (48, 76, 44),
        (76, 94, 48),
        (98, 124, 58),
    ],
    float,
)
_AUTUMN = np.array(
    [
        (186, 112, 40),
        (42, 70, 44),
        (78, 108, 50),
        (48, 76, 44),
        (76, 94, 48),
        (208, 168, 58),
    ],
    float,
)
_EVERGREEN = np.array([False, True, True, True, True, False])


def texture_anchor(scene: Scene, nuisance: Nuisance) -> tuple[int, int]:
    """Return the offset of the textures: tied to the ground, unless there is no geometry."""
    if scene.flat:
        return nuisance.seed & 511, nuisance.seed >> 9 & 511
    return scene.anchor


def tree_colours(trees: Trees, climate: str, nuisance: Nuisance) -> tuple[F32, F32]:
    """Return linear crown colours and how dense the crowns are.

    Args:
        trees: The trees.
        climate: Name of their climate class.
        nuisance: The view's nuisance.

    Returns:
        Colours of shape (trees, 3) and densities in [0, 1] of shape (trees,).
    """
    species = trees.species
    shade = ((trees.seed & 255) / 255.0)[:, None]
    green = _LEAF[species] * (0.86 + 0.3 * shade) + (trees.seed[:, None] >> 8 & 15)
    gold = _AUTUMN[species] * (0.8 + 0.35 * shade)
    rgb = green * (1.0 - nuisance.autumn) + gold * nuisance.autumn
    rgb = rgb * (1.0 - 0.25 * nuisance.dry) + np.array((150, 140, 90)) * 0.25 * nuisance.dry
    density = np.ones(len(species))
    if CLIMATES[climate].deciduous:
        bare = ~_EVERGREEN[species]
        density = np.where(bare, 0.42 + 0.58 * nuisance.leaves, 1.0)
        wood = np.array((104, 92, 82))
        share = (bare * (1.0 - nuisance.leaves))[:, None]
        rgb = rgb * (1.0 - share) + wood * share
    white = (0.45 * nuisance.snow * np.where(density < 1.0, 0.4, 1.0))[:, None]
    rgb = rgb * (1.0 - white) + np.array((226, 231, 238)) * white
    rgb = rgb / 255.0
    return (rgb * rgb).astype(np.float32), density.astype(np.float32)
