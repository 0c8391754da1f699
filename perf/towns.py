"""Synthetic towns as two view tables, written batch by batch: ``python -m perf.towns -h``.

Cameras lie in Gaussian towns of 20,000 on average, with a standard deviation of 4 km on each axis,
so that density stays the same while the number grows; their rows are in random order. Each camera
has one tile, centred 15 m away, in another row. Ids have 21 characters.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from geobench_tools.counter_random import mix
from geobench_tools.files import atomic_folder
from geobench_tools.geo import destination, metres_per_degree, wrap_longitude
from geobench_tools.views import VIEW_SCHEMA_VERSION, view_schema

Floats = npt.NDArray[np.float64]

PER_TOWN = 20_000
SIGMA_M = 4_000.0
OFFSET_M = 15.0
HALF_TILE_M = 50.0
BATCH = 250_000


def tables(number: int, *, bbox: bool, seed: int) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Yield batches of cameras and their tiles."""
    towns = max(1, number // PER_TOWN)
    rng = np.random.default_rng([seed, 0])
    town_lat, town_lon = rng.uniform(-55.0, 65.0, towns), rng.uniform(-180.0, 180.0, towns)
    for first in range(0, number, BATCH):
        rng = np.random.default_rng([seed, 1, first])
        rows = np.arange(first, min(first + BATCH, number))
        town = rng.integers(towns, size=len(rows))
        radius = SIGMA_M * np.sqrt(-2.0 * np.log(1.0 - rng.random(len(rows))))
        bearing, tile_bearing = 360.0 * rng.random((2, len(rows)))
        lat, lon = destination(town_lat[town], town_lon[town], bearing, radius)
        tile_lat, tile_lon = destination(lat, lon, tile_bearing, OFFSET_M)
        tile_id = _ids("tile-", mix(seed, 2, rows))
        ground = {
            "view_id": _ids("view-", mix(seed, 1, rows)),
            "kind": pa.array(["ground"]).take(pa.array(np.zeros(len(rows), np.int8))),
            "lat": lat,
            "lon": lon,
            "tile_id": tile_id,
        }
        satellite = {
            "view_id": tile_id,
            "kind": pa.array(["satellite"]).take(pa.array(np.zeros(len(rows), np.int8))),
            "lat": tile_lat,
            "lon": tile_lon,
        }
        if bbox:
            satellite["bbox"] = _boxes(tile_lat, tile_lon)
        yield _table(ground), _table(satellite).take(rng.permutation(len(rows)))


def _ids(prefix: str, words: npt.NDArray[np.uint64]) -> pa.Array:
    """Strings of the prefix and 16 hexadecimal digits."""
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    octets = words.astype(">u8").view(np.uint8)
    width = len(prefix) + 16
    text = np.empty((len(words), width), np.uint8)
    text[:, : len(prefix)] = np.frombuffer(prefix.encode(), np.uint8)
    text[:, len(prefix) :: 2] = digits[octets >> 4].reshape(len(words), 8)
    text[:, len(prefix) + 1 :: 2] = digits[octets & 15].reshape(len(words), 8)
    offsets = np.arange(0, width * len(words) + 1, width, dtype=np.int32)
    return pa.StringArray.from_buffers(len(words), pa.py_buffer(offsets), pa.py_buffer(text))


def _boxes(lat: Floats, lon: Floats) -> pa.Array:
    north_m, east_m = metres_per_degree(lat)
    half_height, half_width = HALF_TILE_M / north_m, HALF_TILE_M / east_m
    sides = {
        "xmin": wrap_longitude(lon - half_width),
        "ymin": lat - half_height,
        "xmax": wrap_longitude(lon + half_width),
        "ymax": lat + half_height,
    }
    return pa.StructArray.from_arrays([pa.array(v) for v in sides.values()], names=list(sides))


def _table(columns: dict[str, Any]) -> pa.Table:
    schema = pa.schema([field for field in view_schema() if field.name in columns])
    facts = {"schema": VIEW_SCHEMA_VERSION, "image_root": None}
    schema = schema.with_metadata({b"geor1": json.dumps(facts).encode()})
    return pa.table([columns[name] for name in schema.names], schema=schema)


def write_towns(folder: Path, number: int, *, bbox: bool, seed: int) -> None:
    """Write ``ground.parquet`` and ``satellite.parquet``."""
    with atomic_folder(folder) as work:
        writers: list[pq.ParquetWriter] = []
        for batch in tables(number, bbox=bbox, seed=seed):
            writers = writers or [
                pq.ParquetWriter(work / name, table.schema, compression="zstd")
                for name, table in zip(("ground.parquet", "satellite.parquet"), batch, strict=True)
            ]
            for writer, table in zip(writers, batch, strict=True):
                writer.write_table(table)
        for writer in writers:
            writer.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m perf.towns", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tiles", type=int, default=1_000_000)
    parser.add_argument("--bbox", action="store_true", help="give the tiles a footprint")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    write_towns(options.folder, options.tiles, bbox=options.bbox, seed=options.seed)
