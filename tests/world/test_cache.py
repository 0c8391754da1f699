"""The cache of rendered worlds."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from geobench_tools.files import lock_for_appending
from geobench_tools.provenance import read_manifest
from geobench_tools.world import DEFAULT_SPEC, WorldSpec, _cache, _render, cache_folder
from geobench_tools.world._cache import cached_world

TINY = WorldSpec(towns=1, views=2, width=64, height=32, tile_px=32)


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"GEOR1_CACHE": "/a/b", "XDG_CACHE_HOME": "/c"}, "/a/b"),
        ({"XDG_CACHE_HOME": "/c"}, "/c/geor1"),
        ({}, "/home/someone/.cache/geor1"),
    ],
)
def test_where_the_cache_is(monkeypatch, environment, folder):
    for name in ("GEOR1_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/someone")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == Path(folder)


def test_a_world_is_rendered_once(tmp_path, monkeypatch):
    monkeypatch.setenv("GEOR1_CACHE", str(tmp_path / "cache"))
    first = cached_world(TINY)
    made = (first / "manifest.json").stat().st_mtime_ns
    assert cached_world(TINY) == first
    assert (first / "manifest.json").stat().st_mtime_ns == made
    other = cached_world(WorldSpec(towns=1, views=2, width=64, height=32, tile_px=32, seed=1))
    assert other != first
    assert sorted(p.name for p in first.parent.iterdir()) == sorted([first.name, other.name])


def test_another_renderer_makes_another_world(tmp_path, monkeypatch):
    monkeypatch.setenv("GEOR1_CACHE", str(tmp_path))
    first = cached_world(TINY)
    monkeypatch.setattr(_cache, "RENDERER_VERSION", -1)
    assert cached_world(TINY) != first


def test_two_that_start_together_end_with_one_world(tmp_path, monkeypatch):
    monkeypatch.setenv("GEOR1_CACHE", str(tmp_path))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = set(pool.map(cached_world, [TINY, TINY]))
    (folder,) = found
    assert read_manifest(folder / "manifest.json", "world").counts["ground"] == 2
    assert [p.name for p in tmp_path.iterdir()] == [folder.name]


def test_an_unfinished_folder_is_replaced(tmp_path, monkeypatch):
    monkeypatch.setenv("GEOR1_CACHE", str(tmp_path))
    folder = cached_world(TINY)
    (folder / "manifest.json").unlink()
    assert cached_world(TINY) == folder
    assert (folder / "manifest.json").is_file()


TWO_SCENES = WorldSpec(towns=2, views=14, width=64, height=32, tile_px=32)

KILLED = f"""
import os, signal
import geobench_tools.world._render as render
from geobench_tools.world import WorldSpec
from geobench_tools.world._cache import cached_world

work, seen = render._work, []

def dies(argument):
    seen.append(argument)
    if len(seen) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return work(argument)

render._work, os.cpu_count = dies, lambda: 1
cached_world({TWO_SCENES!r})
"""


@pytest.fixture
def killed(tmp_path, monkeypatch):
    """A cache with a rendering that was killed after the first of its two scenes."""
    monkeypatch.setenv("GEOR1_CACHE", str(tmp_path))
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    done = subprocess.run([sys.executable, "-c", KILLED], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    return left


@pytest.fixture
def rendered(monkeypatch):
    """How many scenes are rendered from now on."""
    cells, work = [], _render._work

    def seen(argument):
        cells.append(argument[1].cell)
        return work(argument)

    monkeypatch.setattr(_render, "_work", seen)
    return cells


def test_a_killed_rendering_is_gone_on_with(killed, rendered, tmp_path):
    folder = cached_world(TWO_SCENES)
    assert len(rendered) == 1
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert sorted(path.name for path in folder.iterdir()) == [
        "ground.parquet", "images", "manifest.json", "satellite.parquet", "scenes.jsonl",
        "views.jsonl",
    ]  # fmt: skip


def test_a_rendering_that_another_process_is_at_is_left_to_it(killed, rendered):
    with (killed / "lock").open("ab") as held:
        assert lock_for_appending(held, killed)
        cached_world(TWO_SCENES)
    assert len(rendered) == 2
    assert killed.is_dir()


def test_without_locks_nobody_knows_what_is_left(killed, rendered, tmp_path, monkeypatch):
    def flock(*_):
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", flock)
    folder = cached_world(TWO_SCENES)
    assert len(rendered) == 2
    assert sorted(tmp_path.iterdir()) == sorted([killed, folder])


def test_the_default_is_big_enough_for_cliques():
    assert DEFAULT_SPEC.views >= 1_000
    assert DEFAULT_SPEC.towns >= 10
    assert not DEFAULT_SPEC.leaks
    assert not DEFAULT_SPEC.flatten
