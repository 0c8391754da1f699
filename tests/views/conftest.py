"""A table of photos to index; a tile server and a plan for the tests of fetching."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tile_server import TileServer
from tile_tools import make_plan

PHOTOS = """id,lat,lon,time,city,image
a,52.51,13.41,2020-05-01T12:00:00+02:00,Berlin,a.png
b,52.52,13.42,2020-05-01T12:05:00+02:00,Berlin,b.png
c,52.53,13.43,,Berlin,c.png
"""


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    path = tmp_path / "ground" / "photos.csv"
    path.parent.mkdir()
    path.write_text(PHOTOS)
    return path


@pytest.fixture
def server() -> Iterator[TileServer]:
    with TileServer() as running:
        yield running


@pytest.fixture
def plan(tmp_path) -> Path:
    """Nine tiles."""
    return make_plan(tmp_path / "plan.parquet", 9)
