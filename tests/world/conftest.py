"""Scenes: a real neighbourhood, and a bare plain on which a test puts what it needs."""

from dataclasses import replace

import pytest
from world_scenes import cell_of

from geobench_tools.world import TOWNS, flatten_scene, make_scene


@pytest.fixture(scope="session")
def lyon():
    """The first neighbourhood of the first town."""
    return make_scene(0, cell_of(TOWNS[0]), TOWNS[0], 0.3)


@pytest.fixture(scope="session")
def plain(lyon):
    """Bare ground at the same place, whose textures are tied to the ground."""
    return replace(flatten_scene(lyon), flat=False)
