"""The default pairing set: built once from the default world, kept in the user's cache."""

import hashlib
import json
from dataclasses import asdict, replace

from geobench_tools import __version__
from geobench_tools.pairing._build import BuildJob, build_pairs
from geobench_tools.pairing._options import PairOptions
from geobench_tools.pairing._sets import PairingSet, open_pairs
from geobench_tools.progress import SILENT, Progress

__all__ = ["default_pairs"]


def default_pairs(progress: Progress = SILENT) -> PairingSet:
    """Return the default pairing set, rendering its world and building it on the first call.

    The few towns are dealt to the splits in the smallest cells that hold cliques.

    Args:
        progress: Shows rendering and building.
    """
    from geobench_tools.world import cache_folder, default_world

    world = default_world(progress)
    options = PairOptions().resolved()
    options = replace(options, split_resolution=options.resolutions[-1])
    key = json.dumps([__version__, world.name, asdict(options)], sort_keys=True)
    folder = cache_folder() / f"pairs-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    if (folder / "manifest.json").is_file():
        return open_pairs(folder)
    job = BuildJob(world / "ground.parquet", world / "satellite.parquet", folder, options)
    return build_pairs(job, progress)
