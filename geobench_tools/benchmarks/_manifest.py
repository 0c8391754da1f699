"""The manifest of a family: what it must hold, checked when it is read."""

from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from geobench_tools.benchmarks._options import PROBES, TAKEN
from geobench_tools.errors import InputError
from geobench_tools.safeyaml import parse_yaml

__all__ = ["read_manifest"]

_NEEDED = ("title", "paper", "source", "licence", "data", "subsets")
_TABLE = ("source", "protocol", "columns", "rows")
_PROTOCOLS = ("official", "strict", "unknown")
_HINT = "the form of a manifest: docs/how-to/add-a-benchmark.md"


def read_manifest(path: Path | Traversable) -> Mapping[str, Any]:
    """Read the manifest of a family.

    Raises:
        InputError: It cannot be read or is no YAML, or a part of it is missing or of another form.
    """
    try:
        loaded = parse_yaml(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", hint=_HINT) from None
    except ValueError as error:
        raise InputError(f"{path} is no YAML: {error}", hint=_HINT) from None
    if not isinstance(loaded, dict):
        raise InputError(f"{path} holds no mapping", hint=_HINT)
    if missing := [name for name in _NEEDED if not loaded.get(name)]:
        raise InputError(f"{path} lacks {', '.join(missing)}", hint=_HINT)
    if problem := next(_problems(loaded), ""):
        raise InputError(f"{path}: {problem}", hint=_HINT)
    return loaded


def _problems(manifest: Mapping[str, Any]) -> Iterator[str]:
    subsets = manifest["subsets"]
    if not _are_mappings(subsets):
        yield "subsets must hold a mapping for each name of a benchmark"
        return
    yield from _of_settings(manifest.get("settings"), "settings")
    for name, subset in subsets.items():
        yield from _of_settings(subset.get("settings"), f"settings of {name}")
    prompt = manifest.get("prompt") or {}
    if not isinstance(prompt, dict) or not all(isinstance(text, str) for text in prompt.values()):
        yield "prompt must hold texts by name"
    probes = manifest.get("probes") or ["none"]
    if not isinstance(probes, list) or not {*map(str, probes)} <= {*PROBES}:
        yield f"probes must be a list of {', '.join(PROBES)}"
    takes = manifest.get("takes") or []
    if not isinstance(takes, list) or not {*map(str, takes)} <= {*TAKEN}:
        yield f"takes must be a list of {', '.join(TAKEN)}"
    tables = manifest.get("published") or []
    if not isinstance(tables, list):
        yield "published must be a list of tables"
        return
    for number, table in enumerate(tables, 1):
        yield from _of_table(table, {*subsets}, f"published table {number}")


def _are_mappings(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(name, str) and isinstance(inner, dict) for name, inner in value.items()
    )


def _of_settings(settings: Any, where: str) -> Iterator[str]:
    if settings is None:
        return
    if not _are_mappings(settings):
        yield f"{where} must hold a mapping for each name"
        return
    for name, entry in settings.items():
        if lacking := [key for key in ("default", "help") if key not in entry]:
            yield f"{where}: {name} lacks {' and '.join(lacking)}"
        if not isinstance(entry.get("choices") or [], list):
            yield f"{where}: choices of {name} must be a list"


def _of_table(table: Any, subsets: set[str], where: str) -> Iterator[str]:
    if not isinstance(table, dict) or any(not table.get(key) for key in _TABLE):
        yield f"{where} lacks one of {', '.join(_TABLE)}"
        return
    if table["protocol"] not in _PROTOCOLS:
        yield f"{where}: protocol {table['protocol']!r} is none of {', '.join(_PROTOCOLS)}"
    columns, rows = table["columns"], table["rows"]
    if not isinstance(columns, list) or columns[:2] != ["subset", "model"]:
        yield f"{where}: columns must be [subset, model, metric …]"
        return
    if not isinstance(rows, list):
        yield f"{where}: rows must be a list"
        return
    for row in rows:
        if not isinstance(row, list) or len(row) != len(columns):
            yield f"{where}: {row!r} is no row of {len(columns)} values"
        elif row[0] not in subsets:
            yield f"{where}: {row[0]!r} is no subset"
        elif not all(value is None or _is_figure(value) for value in row[2:]):
            yield f"{where}: {row!r} holds what is no number"


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
