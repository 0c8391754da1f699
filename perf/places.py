"""Places: load, positions and names per CPU second, and what the gazetteer gets right.

Positions are drawn round the gazetteer's cities, and evenly over the sphere. The peer for countries
is what most packages for this do, the country of the nearest city, here of the same cities and by
the exact distance. The truth is the country that airportsdata gives for each airport.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from perf.runner import Figure, measure

COUNT = 100_000
LOAD = """
from geobench_tools.places import resolve, reverse_one
reverse_one(48.86, 2.35), resolve("Paris")
"""
WITH_COAST = LOAD + "from geobench_tools.places import coast_distance_km; coast_distance_km(0, 0)"
FOLDER = Path(__file__).resolve().parent.parent / "geobench_tools" / "places"


def run() -> list[Figure]:
    """Measure the gazetteer."""
    loads = [measure(sys.executable, "-c", text) for text in (LOAD, WITH_COAST)]
    megabytes = sum(path.stat().st_size for path in FOLDER.glob("*.*z")) / 1e6
    return [
        Figure("places, packed data", megabytes, "MB", at_most=12.0),
        Figure("places, load with all imports: CPU", loads[0].cpu_s, "s", at_most=1.0),
        Figure("places, loaded: peak memory", loads[0].peak_gb, "GB", at_most=0.2),
        Figure("places, loaded with the coast: peak memory", loads[1].peak_gb, "GB"),
        *_speed(),
        *_countries(),
    ]


def _speed() -> list[Figure]:
    from geobench_tools.geo import destination
    from geobench_tools.places import coast_distance_km, resolve, reverse
    from geobench_tools.places._gazetteer import cities

    table, draw = cities(), np.random.default_rng(20)
    rows = draw.integers(0, len(table.lat), COUNT)
    metres = draw.exponential(5_000, COUNT)
    near = destination(table.lat[rows], table.lon[rows], draw.uniform(0, 360, COUNT), metres)
    even = np.degrees(np.arcsin(draw.uniform(-1, 1, COUNT))), draw.uniform(-180, 180, COUNT)
    names = [str(name) for name in table.names[rows[:20_000]]]
    strange = [f"{name[::-1]} {k}" for k, name in enumerate(names)]
    reverse([0.0], [0.0])
    coast_distance_km(0, 0)
    return [
        Figure("reverse, 100,000 near cities: CPU", _cpu(lambda: reverse(*near)), "s", at_most=2.0),
        Figure(
            "reverse, 100,000 over the sphere: CPU", _cpu(lambda: reverse(*even)), "s", at_most=2.0
        ),
        Figure("coast_distance_km, 100,000: CPU", _cpu(lambda: coast_distance_km(*near)), "s"),
        Figure("resolve, known names", len(names) / _cpu(lambda: [*map(resolve, names)]), "/s"),
        Figure("resolve, unknown", len(names) / _cpu(lambda: [*map(resolve, strange)]), "/s"),
        Figure("resolve, asked before", len(names) / _cpu(lambda: [*map(resolve, strange)]), "/s"),
    ]


def _countries() -> list[Figure]:
    from airportsdata import load

    from geobench_tools.places import reverse

    airports = load("ICAO").values()
    lat, lon, code = (
        np.array([airport[key] for airport in airports]) for key in ("lat", "lon", "country")
    )
    found = reverse(lat, lon)
    ours, peer = (
        (given.astype("U2") == code).mean() for given in (found.country, found.city_country)
    )
    note = f"{len(code):,} airports of airportsdata"
    return [
        Figure("country right", 100 * ours, "%", at_least=99.7, note=note),
        Figure("country of the nearest city right", 100 * peer, "%", note=note),
        Figure("its errors / errors of reverse", (1 - peer) / (1 - ours), "x"),
    ]


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
