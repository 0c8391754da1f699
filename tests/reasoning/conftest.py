"""A small rendered world with its pairing set, and a server that answers as a teacher."""

from collections.abc import Iterator

import pytest
from openai_server import OpenAIServer
from synth_tools import good_trace

from geobench_tools.pairing import BuildJob, PairingSet, PairOptions, build_pairs
from geobench_tools.world import WorldSpec, render_world


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> PairingSet:
    folder = tmp_path_factory.mktemp("synth")
    world = folder / "world"
    render_world(WorldSpec(towns=3, views=36, width=64, height=32, tile_px=32), world)
    options = PairOptions(split=(1.0, 0.0, 0.0))
    job = BuildJob(world / "ground.parquet", world / "satellite.parquet", folder / "set", options)
    return build_pairs(job)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    with OpenAIServer(answer=good_trace) as server:
        yield server
