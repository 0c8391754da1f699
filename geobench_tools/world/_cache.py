"""The default world: rendered once, kept in the user's cache."""

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from geobench_tools.progress import SILENT, Progress
from geobench_tools.world._render import render_world
from geobench_tools.world._spec import RENDERER_VERSION, WorldSpec

__all__ = ["DEFAULT_SPEC", "cache_folder", "default_world"]

DEFAULT_SPEC = WorldSpec(towns=12, views=1440)
"""What commands use that are given no input: 12 towns with 10 neighbourhoods of 12 places each."""

_MOST_WORKERS = 8


def cache_folder() -> Path:
    """Return the user's cache folder.

    ``GEOR1_CACHE`` names it; else it is ``geor1`` under ``XDG_CACHE_HOME`` or ``~/.cache``.
    """
    if named := os.environ.get("GEOR1_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "geor1"


def default_world(progress: Progress = SILENT) -> Path:
    """Return the folder of the default world, rendering it on the first call.

    Args:
        progress: Shows the rendering.

    Returns:
        A folder as ``render_world`` makes it, named after its spec and the renderer's version.
    """
    return cached_world(DEFAULT_SPEC, progress)


def cached_world(spec: WorldSpec, progress: Progress = SILENT) -> Path:
    """Return the folder of a world in the cache, rendering it on the first call."""
    key = json.dumps([RENDERER_VERSION, spec.parameters()], sort_keys=True)
    name = f"world-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    final = cache_folder() / name
    if (final / "manifest.json").is_file():
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    # A folder of its own for each process: two that start together do not meet before the rename.
    with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=final.parent) as folder:
        made = Path(folder) / name
        render_world(spec, made, progress, workers=min(os.cpu_count() or 1, _MOST_WORKERS))
        if not (final / "manifest.json").is_file():
            shutil.rmtree(final, ignore_errors=True)
        try:
            made.replace(final)
        except OSError:
            # Another process was first; its world is the same.
            if not (final / "manifest.json").is_file():
                raise
    return final
