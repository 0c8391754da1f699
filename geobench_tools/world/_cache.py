"""The default world: rendered once, kept in the user's cache."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from geobench_tools.errors import InputError
from geobench_tools.files import lock_for_appending
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
    """Return the folder of a world in the cache, rendering it on the first call.

    A rendering that was killed is gone on with, where the disk has locks.
    """
    key = json.dumps([RENDERER_VERSION, spec.parameters()], sort_keys=True)
    final = cache_folder() / f"world-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    if _is_whole(final):
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    with _own_folder(final) as folder:
        made = folder / final.name
        if not _is_whole(made):
            workers = min(os.cpu_count() or 1, _MOST_WORKERS)
            render_world(spec, made, progress, workers=workers)
        if not _is_whole(final):
            shutil.rmtree(final, ignore_errors=True)
        try:
            made.replace(final)
        except OSError:
            # Another process was first; its world is the same.
            if not _is_whole(final):
                raise
    return final


def _is_whole(world: Path) -> bool:
    return (world / "manifest.json").is_file()


@contextmanager
def _own_folder(final: Path) -> Iterator[Path]:
    """Yield a folder of this process alone: one that a killed process left, else a new one.

    Two processes that start together do not meet before the rename. The folder is kept if the block
    raises, but not on a disk without locks, where nobody can tell that it is left.
    """
    with ExitStack() as held:
        for folder in final.parent.glob(f".{final.name}.*"):
            if _locked(folder, held):
                break
        else:
            folder = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
            if not _locked(folder, held):
                held.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder
        shutil.rmtree(folder, ignore_errors=True)


def _locked(folder: Path, held: ExitStack) -> bool:
    try:
        return lock_for_appending(held.enter_context((folder / "lock").open("ab")), folder)
    except (OSError, InputError):
        return False
