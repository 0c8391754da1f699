"""What is chosen where the user leaves it open: the cells of the splits, and the default set."""

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from geobench_tools import __version__
from geobench_tools.geo import encode_cells
from geobench_tools.pairing._build import BuildJob, build_pairs
from geobench_tools.pairing._options import PairOptions
from geobench_tools.pairing._sets import PairingSet, open_pairs
from geobench_tools.pairing._splits import SplitLabeller
from geobench_tools.progress import SILENT, Progress

__all__ = ["default_pairs", "fit_split"]

_MANY_VIEWS = 200_000
_LEAST_OF_SHARE = 0.5


def fit_split(options: PairOptions, ground: Path) -> PairOptions:
    """Choose the cells that are dealt to the splits, where the options leave it open.

    They are one coarser than the coarsest clique cell. Where there are few of those, chance can
    leave a split with hardly any: if one would get less than half its share of the ground views,
    they are as small as the coarsest clique cell, unless that is no better.

    Args:
        options: The parameters.
        ground: View table with the ground views.

    Returns:
        The parameters with all values filled in.

    Raises:
        InputError: An option is out of range.
    """
    made = options.resolved()
    if options.split_resolution is not None or not ground.is_file():
        return made
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if pq.read_metadata(ground).num_rows > _MANY_VIEWS:
        return made
    table = pq.read_table(ground, columns=["lat", "lon"], filters=pc.field("kind") == "ground")
    cells = encode_cells(table["lat"].to_numpy(), table["lon"].to_numpy(), made.resolutions[0])

    def least_of_share(resolution: int) -> float:
        dealt = SplitLabeller(made.seed, made.split, resolution)(cells)
        views: list[int] = np.bincount(dealt, minlength=len(made.split)).tolist()
        wanted = [share * max(1, len(cells)) for share in made.split]
        return min(n / share for n, share in zip(views, wanted, strict=True) if share)

    coarse, fine = made.split_resolution or 0, made.resolutions[-1]
    if least_of_share(coarse) < min(_LEAST_OF_SHARE, least_of_share(fine)):
        return replace(made, split_resolution=fine)
    return made


def default_pairs(progress: Progress = SILENT) -> PairingSet:
    """Return the default pairing set, rendering its world and building it on the first call.

    Args:
        progress: Shows rendering and building.
    """
    from geobench_tools.world import cache_folder, default_world

    world = default_world(progress)
    options = fit_split(PairOptions(), world / "ground.parquet")
    key = json.dumps([__version__, world.name, asdict(options)], sort_keys=True)
    folder = cache_folder() / f"pairs-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    if (folder / "manifest.json").is_file():
        return open_pairs(folder)
    job = BuildJob(world / "ground.parquet", world / "satellite.parquet", folder, options)
    return build_pairs(job, progress)
