"""Benchmarks by name."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geobench_tools.benchmarks._manifest import load_manifest
from geobench_tools.benchmarks._options import BenchmarkOptions
from geobench_tools.benchmarks._suite import EvalBenchmark
from geobench_tools.errors import InputError
from geobench_tools.evaluation._scores import Rules

__all__ = ["BENCHMARKS", "BenchmarkInfo", "benchmark_info", "open_benchmark", "rules_of"]

BENCHMARKS: Mapping[str, str] = {
    "imageo-gss": "imageo",
    "imageo-pcw": "imageo",
    "imageo-upc": "imageo",
    "pairing": "pairing",
}
"""Names and the family, with its manifest, that each belongs to."""


@dataclass(frozen=True)
class BenchmarkInfo:
    """What a manifest says about a benchmark.

    Attributes:
        name: As the user types it.
        family: Name of the manifest.
        title: For people.
        facts: Rows, truth, source, licence, how to get the data.
        prompt: Texts of the built-in prompt.
        published: Published rows: the first are the column names.
        published_source: Where they come from.
    """

    name: str
    family: str
    title: str
    facts: Mapping[str, Any]
    prompt: Mapping[str, str]
    published: tuple[tuple[Any, ...], ...]
    published_source: str


def benchmark_info(name: str) -> BenchmarkInfo:
    """Return what is known about a benchmark.

    Raises:
        InputError: There is no such benchmark.
    """
    family = _family(name)
    manifest = load_manifest(family)
    subset = manifest["subsets"][name]
    published = manifest.get("published") or {"columns": [], "rows": [], "source": ""}
    rows = [tuple(row) for row in published["rows"] if row[0] == name]
    facts = {
        "family": manifest["title"],
        **{key: value for key, value in subset.items() if key != "title"},
        **{key: manifest[key] for key in ("paper", "source", "commit", "licence", "data")},
        "hub": manifest["hub"] or "none known",
    }
    return BenchmarkInfo(
        name,
        family,
        subset["title"],
        facts,
        manifest.get("prompt") or {},
        (tuple(published["columns"]), *rows) if rows else (),
        published["source"] if rows else "",
    )


def open_benchmark(name: str, options: BenchmarkOptions | None = None) -> EvalBenchmark:
    """Open a benchmark and its data.

    Raises:
        InputError: There is no such benchmark, its data are not there, or an option does not fit.
    """
    options = options or BenchmarkOptions()
    if _family(name) == "pairing":
        from geobench_tools.benchmarks._pairing import Pairing

        return Pairing(options)
    from geobench_tools.benchmarks._imageo import Imageo

    return Imageo(name, options)


def rules_of(identity: Mapping[str, Any]) -> Rules:
    """Return how a finished run's replies are read and scored.

    Args:
        identity: The benchmark's part of the run's identity, with its name.

    Raises:
        InputError: The run is of a benchmark that this version does not know.
    """
    name = str(identity.get("name"))
    subset = name.removesuffix("-SAMPLE")
    if _family(subset) == "pairing":
        from geobench_tools.benchmarks._pairing_rules import PairingRules

        return PairingRules(int(identity["k"]), str(identity["probe"]))
    from geobench_tools.benchmarks._imageo_rules import ImageoRules

    truth = load_manifest("imageo")["subsets"][subset]["truth"]
    return ImageoRules(name, truth, sample=bool(identity.get("sample")))


def _family(name: str) -> str:
    if name in BENCHMARKS:
        return BENCHMARKS[name]
    near = difflib.get_close_matches(name, BENCHMARKS, 1)
    hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(BENCHMARKS)}"
    raise InputError(f"there is no benchmark {name!r}", hint=hint)
