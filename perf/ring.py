"""The ring sampler on 1M cameras, against scikit-learn's BallTree on the same task.

The task: three distinct tiles for each camera, uniform over those at 150 m to 1,000 m. The peer
looks up all tiles within 1,000 m of a random part of the cameras and draws from those beyond 150 m;
its time for look-ups and draws is extrapolated to all. Reading the tables, hashing the ids and
matching the cameras with their tiles is left out on both sides; building the index is not.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from perf.runner import Figure, measure, towns

NUMBER = 1_000_000
PEER_ANCHORS = 5_000
NEGATIVES = 3
INNER_M, OUTER_M = 150.0, 1_000.0


def run() -> list[Figure]:
    """Measure the sampler and its peer."""
    files = towns(NUMBER, bbox=True)
    ours = measure(sys.executable, "-m", "perf.ring", "ours", *files)
    peer = measure(sys.executable, "-m", "perf.ring", "peer", *files)
    cpu = json.loads(ours.stdout)["cpu_s"]
    parts = json.loads(peer.stdout)
    peer_cpu = parts["index_cpu_s"] + parts["query_cpu_s"] * NUMBER / PEER_ANCHORS
    note = f"extrapolated from {PEER_ANCHORS:,} of {NUMBER:,} cameras"
    return [
        Figure("ring sampler, 1M cameras: CPU", cpu, "s", at_most=6.0),
        Figure("ring sampler: CPU per camera", 1e6 * cpu / NUMBER, "us"),
        Figure("ring sampler: peak memory with both tables", ours.peak_gb, "GB"),
        Figure("BallTree haversine, radius query and draw: CPU", peer_cpu, "s", note=note),
        Figure("BallTree CPU / ring sampler CPU", peer_cpu / cpu, "x"),
    ]


def ours(ground: Path, satellite: Path) -> dict[str, float]:
    """Return the CPU seconds of the ring sampler."""
    import numpy as np
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from geobench_tools.counter_random import hash_strings
    from geobench_tools.pairing import CameraArrays, TileArrays, ring_negatives

    cameras, tiles = pq.read_table(ground), pq.read_table(satellite)
    sides = {side: pc.struct_field(tiles["bbox"], side).to_numpy() for side in ("xmin", "xmax")}
    heights = {side: pc.struct_field(tiles["bbox"], side).to_numpy() for side in ("ymin", "ymax")}
    tile_arrays = TileArrays(
        lat=tiles["lat"].to_numpy(),
        lon=tiles["lon"].to_numpy(),
        key=hash_strings(tiles["view_id"]),
        half_width_deg=(sides["xmax"] - sides["xmin"]) % 360.0 / 2.0,
        half_height_deg=(heights["ymax"] - heights["ymin"]) / 2.0,
        group=np.zeros(len(tiles), np.int32),
    )
    camera_arrays = CameraArrays(
        lat=cameras["lat"].to_numpy(),
        lon=cameras["lon"].to_numpy(),
        key=hash_strings(cameras["view_id"]),
        gps_error_m=np.zeros(len(cameras)),
        tile=pc.index_in(cameras["tile_id"], tiles["view_id"]).to_numpy().astype(np.int64),
    )
    limits = {"min_separation_m": INNER_M, "max_distance_m": OUTER_M}
    started = time.process_time()
    ring_negatives(tile_arrays, camera_arrays, k=NEGATIVES + 1, seed=0, **limits)
    return {"cpu_s": time.process_time() - started}


def peer(ground: Path, satellite: Path) -> dict[str, float]:
    """Return the CPU seconds of the BallTree: building it, and using it for some cameras."""
    import numpy as np
    import pyarrow.parquet as pq
    from sklearn.neighbors import BallTree

    from geobench_tools.geo import EARTH_RADIUS_M

    cameras, tiles = (
        np.radians(np.column_stack(pq.read_table(path, columns=["lat", "lon"]).columns))
        for path in (ground, satellite)
    )
    rng = np.random.default_rng(0)
    anchors = cameras[rng.choice(len(cameras), PEER_ANCHORS, replace=False)]
    started = time.process_time()
    tree = BallTree(tiles, metric="haversine")
    built = time.process_time()
    near = tree.query_radius(anchors, OUTER_M / EARTH_RADIUS_M, return_distance=True)
    for rows, distance in zip(*near, strict=True):
        ring = rows[distance >= INNER_M / EARTH_RADIUS_M]
        rng.choice(ring, min(NEGATIVES, len(ring)), replace=False)
    done = time.process_time()
    return {"index_cpu_s": built - started, "query_cpu_s": done - built}


if __name__ == "__main__":
    programs: dict[str, Any] = {"ours": ours, "peer": peer}
    print(json.dumps(programs[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))))
