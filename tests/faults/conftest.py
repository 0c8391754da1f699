"""Fixtures of the fault tests."""

import math
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import Result
from faults import GEOR1, PATIENCE_S, environment, write_csv
from typer.testing import CliRunner

Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def geor1(tmp_path: Path) -> Run:
    """Run ``geor1`` in the test's folder; it must never show a traceback."""

    def run(
        *words: object, cwd: Path = tmp_path, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*GEOR1, *map(str, words)],
            cwd=cwd,
            env=environment(**(env or {})),
            capture_output=True,
            text=True,
            errors="backslashreplace",
            timeout=PATIENCE_S,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start ``geor1`` in the test's folder; what still runs after the test is killed."""
    with ExitStack() as stack:

        def begin(*words: object) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [*GEOR1, *map(str, words)],
                cwd=tmp_path,
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield begin


@pytest.fixture(scope="session")
def view_tables(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Ground views and tiles of one town, 20 by 20 on a grid of 400 m, as view tables."""
    folder = tmp_path_factory.mktemp("views")
    ground, tiles = [], []
    for row in range(20):
        for column in range(20):
            lat = 45.0 + row * 400 / 111_195
            lon = 5.0 + column * 400 / (111_195 * math.cos(math.radians(lat)))
            ground.append((f"g{row}-{column}", "ground", lat, lon, f"t{row}-{column}"))
            tiles.append((f"t{row}-{column}", "satellite", lat + 1e-4, lon))
    head = ("view_id", "kind", "lat", "lon")
    sources = {
        "ground": write_csv(folder / "ground.csv", (*head, "tile_id"), ground),
        "satellite": write_csv(folder / "satellite.csv", head, tiles),
    }
    for kind, path in sources.items():
        subprocess.run(
            [*GEOR1, "index", path, "-o", folder / f"{kind}.parquet", "--quiet"],
            env=environment(),
            check=True,
        )
    return folder / "ground.parquet", folder / "satellite.parquet"


@pytest.fixture(scope="session")
def world_pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pairing set of a small rendered world, 32 questions for training."""
    from geobench_tools.pairing import BuildJob, PairOptions, build_pairs
    from geobench_tools.world import WorldSpec, render_world

    folder = tmp_path_factory.mktemp("world")
    world = folder / "world"
    render_world(WorldSpec(towns=2, views=32, width=64, height=32, tile_px=32), world)
    options = PairOptions(split=(1.0, 0.0, 0.0))
    build_pairs(
        BuildJob(world / "ground.parquet", world / "satellite.parquet", folder / "set", options)
    )
    return folder / "set"


@pytest.fixture
def geor1_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run ``geor1`` in this process, which is quicker; it must never raise."""
    from geobench_tools.cli import app

    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> Result:
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return run
