"""The renderer: pairs of a 512x256 panorama and a 256x256 tile per CPU-second, files included.

Two worlds of different size are rendered by one process each; the difference leaves out the start
of the program and the making of the textures.
"""

import tempfile
from pathlib import Path

from perf.runner import GEOR1, Figure, Usage, measure

SMALL, LARGE = 24, 264
TOWNS = 2


def run() -> list[Figure]:
    """Measure the renderer."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = (_render(Path(folder) / str(views), views) for views in (SMALL, LARGE))
    pairs = LARGE - SMALL
    cpu = large.cpu_s - small.cpu_s
    return [
        Figure("pairs per CPU-second", pairs / cpu, "/s", at_least=30.0),
        Figure("CPU per pair", 1e3 * cpu / pairs, "ms"),
        Figure("start and textures: CPU", small.cpu_s - SMALL * cpu / pairs, "s"),
        Figure("peak memory", large.peak_gb, "GB"),
    ]


def _render(out: Path, views: int) -> Usage:
    options = ("--towns", str(TOWNS), "--views", str(views), "--workers", "1", "--quiet")
    return measure(GEOR1, "world", "render", "-o", out, *options)
