"""A tile server and a plan for the tests of fetching."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tile_server import TileServer
from tile_tools import make_plan


@pytest.fixture
def server() -> Iterator[TileServer]:
    with TileServer() as running:
        yield running


@pytest.fixture
def plan(tmp_path) -> Path:
    """Nine tiles."""
    return make_plan(tmp_path / "plan.parquet", 9)
