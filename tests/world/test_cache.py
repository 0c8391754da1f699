"""The cache of rendered worlds."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from geobench_tools.provenance import read_manifest
from geobench_tools.world import DEFAULT_SPEC, WorldSpec, _cache, cache_folder
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


def test_the_default_is_big_enough_for_cliques():
    assert DEFAULT_SPEC.views >= 1_000
    assert DEFAULT_SPEC.towns >= 10
    assert not DEFAULT_SPEC.leaks
    assert not DEFAULT_SPEC.flatten
