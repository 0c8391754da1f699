"""View tables of synthetic towns, made for tests: tiles, cameras, and the truth about them."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from geobench_tools import geo
from geobench_tools.views import ViewTable, view_schema, write_views

TOWNS = ((48.13, 11.57), (-33.92, 18.42), (-16.5, 179.97), (64.15, -21.94))


def town_views(n=4000, *, seed=0, sigma_m=3_000.0, width_m=100.0, given=True, towns=TOWNS, **extra):
    """Return (ground, satellite) tables of n tiles with one camera each, in shuffled order.

    ``extra`` are columns for the satellite table: functions of (rng, n).
    """
    rng = np.random.default_rng(seed)
    centre = np.array(towns)[rng.integers(0, len(towns), n)]
    per_lat, per_lon = geo.metres_per_degree(centre[:, 0])
    north, east = rng.normal(0, sigma_m, (2, n))
    lat, lon = centre[:, 0] + north / per_lat, geo.wrap_longitude(centre[:, 1] + east / per_lon)
    half_lat, half_lon = width_m / 2 / per_lat, width_m / 2 / per_lon
    shift = rng.uniform(-0.8, 0.8, (2, n))
    ground = {
        "view_id": [f"photo-{seed}-{i}" for i in range(n)],
        "kind": ["ground"] * n,
        "lat": lat + shift[0] * half_lat,
        "lon": geo.wrap_longitude(lon + shift[1] * half_lon),
    }
    satellite = {
        "view_id": [f"tile-{seed}-{i}" for i in range(n)],
        "kind": ["satellite"] * n,
        "lat": lat,
        "lon": lon,
        "bbox": [
            {"xmin": w, "ymin": s, "xmax": e, "ymax": t}
            for w, s, e, t in zip(
                geo.wrap_longitude(lon - half_lon),
                lat - half_lat,
                geo.wrap_longitude(lon + half_lon),
                lat + half_lat,
                strict=True,
            )
        ],
        **{name: make(rng, n) for name, make in extra.items()},
    }
    if given:
        ground["tile_id"] = satellite["view_id"]
    return tuple(as_table(t).take(rng.permutation(n)) for t in (ground, satellite))


def as_table(columns):
    schema = view_schema()
    fields = [f for f in schema if f.name in columns]
    return pa.table({f.name: pa.array(columns[f.name], f.type) for f in fields})


def save(folder: Path, ground, satellite) -> tuple[Path, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    write_views(ViewTable(ground), folder / "ground.parquet")
    write_views(ViewTable(satellite), folder / "satellite.parquet")
    return folder / "ground.parquet", folder / "satellite.parquet"
