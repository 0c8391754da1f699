"""What to know of RSTeller's patches as a task of geolocation."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geobench_tools.benchmarks._options import BenchmarkOptions
from geobench_tools.benchmarks._registry import open_benchmark
from geobench_tools.findings import Finding

__all__ = ["rsteller_faults"]


def rsteller_faults(name: str, folder: Path, manifest: Mapping[str, Any]) -> Iterator[Finding]:
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
