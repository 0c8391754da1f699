"""The manifests of benchmarks: where data come from, prompts, published figures."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["load_manifest"]


@cache
def load_manifest(family: str) -> Mapping[str, Any]:
    """Return the manifest of a benchmark family, as ``imageo``."""
    import yaml

    path = files("geobench_tools.manifests") / "benchmarks" / f"{family}.yaml"
    loaded: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded
