"""``geor1 build-pairs`` on 1M tiles against scikit-learn's BallTree with haversine distance.

The peer finds the 128 nearest tiles of each camera, as common neighbour scripts do (in radians, as
the metric wants): the index is built over all tiles, a random part of the cameras is looked up, and
the time of the look-ups is extrapolated to all.
"""

import json
import shutil
import sys
import time
from pathlib import Path

from perf.runner import GEOR1, OUT, Figure, Usage, measure, towns

NUMBER = 1_000_000
PEER_ANCHORS = 5_000
NEIGHBOURS = 128


def run() -> list[Figure]:
    """Measure the command and its peer."""
    ground, satellite = towns(NUMBER)
    ours, alone = build(NUMBER)[0], build_alone(NUMBER)
    peer = measure(sys.executable, "-m", "perf.build", ground, satellite)
    queries = json.loads(peer.stdout)["query_cpu_s"]
    peer_cpu = peer.cpu_s - queries + queries * NUMBER / PEER_ANCHORS
    note = f"extrapolated from {PEER_ANCHORS:,} of {NUMBER:,} cameras"
    return [
        Figure("builder, 1M tiles, Parquet to Parquet: CPU", alone.cpu_s, "s", at_most=6.0),
        Figure("builder: wall", alone.wall_s, "s"),
        Figure("builder: peak memory", alone.peak_gb, "GB", at_most=0.7),
        Figure("build-pairs with certificate, card and map: CPU", ours.cpu_s, "s"),
        Figure("build-pairs: peak memory", ours.peak_gb, "GB", at_most=0.7),
        Figure(f"BallTree haversine, {NEIGHBOURS} nearest: CPU", peer_cpu, "s", note=note),
        Figure("BallTree haversine: peak memory", peer.peak_gb, "GB"),
        Figure("BallTree CPU / builder CPU", peer_cpu / alone.cpu_s, "x", at_least=50.0),
    ]


def build(number: int) -> tuple[Usage, Path]:
    """Run ``geor1 build-pairs`` on towns of a number of tiles; return what it took and its set."""
    ground, satellite = towns(number)
    folder = OUT / f"pairs-{number}"
    shutil.rmtree(folder, ignore_errors=True)
    inputs: list[str | Path] = ["--ground", ground, "--satellite", satellite, "-o", folder]
    options = ["--k", "4", "--audit", "certificate", "--quiet"]
    return measure(GEOR1, "build-pairs", *inputs, *options), folder


def build_alone(number: int) -> Usage:
    """Run the builder from Python, without certificate, card and map; return what it took."""
    folder = OUT / f"alone-{number}"
    shutil.rmtree(folder, ignore_errors=True)
    return measure(sys.executable, "-c", _ALONE, *towns(number), folder)


_ALONE = """
import sys
from pathlib import Path
from geobench_tools.pairing import BuildJob, build_pairs
build_pairs(BuildJob(*map(Path, sys.argv[1:])))
"""


def peer(ground: Path, satellite: Path) -> None:
    """Look up the nearest tiles of some cameras and print the CPU seconds of it."""
    import numpy as np
    import pyarrow.parquet as pq
    from sklearn.neighbors import BallTree

    cameras, tiles = (
        np.radians(np.column_stack(pq.read_table(path, columns=["lat", "lon"]).columns))
        for path in (ground, satellite)
    )
    anchors = np.random.default_rng(0).choice(len(cameras), PEER_ANCHORS, replace=False)
    tree = BallTree(tiles, metric="haversine")
    started = time.process_time()
    tree.query(cameras[anchors], k=NEIGHBOURS)
    print(json.dumps({"query_cpu_s": time.process_time() - started}))


if __name__ == "__main__":
    peer(Path(sys.argv[1]), Path(sys.argv[2]))
