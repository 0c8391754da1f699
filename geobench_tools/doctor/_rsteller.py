"""What to know of RSTeller's patches as a task of geolocation."""

from collections.abc import Iterator
from pathlib import Path

from geobench_tools.benchmarks import BenchmarkOptions, open_benchmark
from geobench_tools.benchmarks._family import family_files
from geobench_tools.doctor._finding import Finding

__all__ = ["rsteller_findings"]


def rsteller_findings(name: str, folder: Path) -> Iterator[Finding]:
    """Yield what the truth can bear, and what was left out."""
    yield Finding(
        name,
        "positions",
        "note",
        "records have none; truth is the cell of the NAIP name, 5 to 7 km wide",
        "distances below about 5 km mean nothing",
    )
    yield Finding(
        name,
        "captions",
        "note",
        "name roads and places",
        "they are never shown; a model that was trained on them has seen the answer",
    )
    manifest = family_files()["rsteller-geo"].manifest
    here = {path.name for path in folder.rglob("*.tar")}
    if lacking := [shard for shard in manifest["shards"] if shard not in here]:
        yield Finding(
            name,
            "archives",
            "warning",
            f"{len(lacking)} of the {len(manifest['shards'])} of version 1 are missing: "
            f"{', '.join(lacking[:3])}",
            "a score over other archives is not one of version 1 of the task",
            "get them, or run with --set shards=all and say so",
        )
    options = BenchmarkOptions(data=str(folder), settings={"shards": "all"})
    identity = open_benchmark(name, options).identity
    left_out = identity.get("left_out")
    if left_out:
        yield Finding(
            name,
            "patches left out",
            "note",
            f"{left_out:,} have no NAIP name or lie outside the states",
            "they are never asked",
        )
