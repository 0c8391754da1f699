"""What a file must declare to be a family of benchmarks, and where such files are found.

A family is one Python file and one manifest. In this package they are ``_NAME.py`` (dashes of the
name as underscores) and ``manifests/benchmarks/NAME.yaml``; a user's are ``ANY.py`` and
``ANY.yaml`` side by side.
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

from geobench_tools.benchmarks._manifest import read_manifest
from geobench_tools.benchmarks._options import BenchmarkOptions
from geobench_tools.benchmarks._suite import EvalBenchmark
from geobench_tools.errors import InputError
from geobench_tools.evaluation import Rules
from geobench_tools.findings import Finding

__all__ = ["Family", "FamilyFile", "add_family", "family_files"]

_LAYOUT = "a family is FILE.py with FAMILY = Family(open=…, rules_of=…), and FILE.yaml beside it"


@dataclass(frozen=True)
class Family:
    """How the benchmarks of one family are opened and scored; a family's file names it FAMILY.

    Attributes:
        open: Takes the name of a subset, the options (settings complete and checked, a Hub data
            set with its revision) and the manifest; returns the benchmark with its data.
        rules_of: Takes the benchmark's part of a finished run's identity, with the name of the
            subset under ``subset``, and the manifest; returns how its replies are read and scored.
        faults: Takes the name of a subset, a folder as ``--data`` takes it, and the manifest;
            yields what is known to be wrong with such data, for ``geor1 doctor`` where it
            recognises them. None where nothing is known.
    """

    open: Callable[[str, BenchmarkOptions, Mapping[str, Any]], EvalBenchmark]
    rules_of: Callable[[Mapping[str, Any], Mapping[str, Any]], Rules]
    faults: Callable[[str, Path, Mapping[str, Any]], Iterator[Finding]] | None = None


@dataclass(frozen=True)
class FamilyFile:
    """A family before it is imported: its manifest, and where its code is.

    Attributes:
        name: Of the family, as in ``imageo``.
        manifest: What the manifest holds.
        module: Of this package, or the path of the user's file.
    """

    name: str
    manifest: Mapping[str, Any]
    module: str | Path

    def load(self) -> Family:
        """Import the family's file.

        Raises:
            InputError: The user's file cannot be imported or declares no family.
        """
        if isinstance(self.module, str):
            return _declared(importlib.import_module(self.module), self.module)
        return _declared(_import_file(self.module), str(self.module))


_ADDED: dict[str, FamilyFile] = {}


@cache
def _built_in() -> Mapping[str, FamilyFile]:
    found = {}
    folder = files("geobench_tools.manifests") / "benchmarks"
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        name, dot, suffix = entry.name.rpartition(".")
        if dot and suffix == "yaml":
            module = f"geobench_tools.benchmarks._{name.replace('-', '_')}"
            found[name] = FamilyFile(name, read_manifest(entry), module)
    return found


def family_files() -> Mapping[str, FamilyFile]:
    """Return the families by name: this package's, then those that were added."""
    return {**_built_in(), **_ADDED}


def add_family(path: Path) -> FamilyFile:
    """Make a user's family known to this process; its code runs when one of its names is used.

    Args:
        path: The Python file; its manifest has the same name with ``.yaml``.

    Raises:
        InputError: A file is missing or is no manifest, or a name is taken.
    """
    path = path.resolve()
    if path.suffix != ".py" or not path.is_file():
        raise InputError(f"{path} is no Python file", hint=_LAYOUT)
    if not path.with_suffix(".yaml").is_file():
        raise InputError(f"{path} has no {path.stem}.yaml beside it", hint=_LAYOUT)
    name = path.stem.strip("_").replace("_", "-")
    made = FamilyFile(name, read_manifest(path.with_suffix(".yaml")), path)
    for other in family_files().values():
        if other.module == path:
            continue
        taken = {*made.manifest["subsets"]} & {*other.manifest["subsets"]}
        if name == other.name or taken:
            raise InputError(
                f"{path}: the name {min(taken, default=name)!r} belongs to the family {other.name}",
                hint="give the benchmark and the file names of their own",
            )
    _ADDED[name] = made
    return made


def _import_file(path: Path) -> ModuleType:
    name = f"geobench_tools_family_{path.stem}"
    if name in sys.modules and sys.modules[name].__file__ == str(path):
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path} is no Python file", hint=_LAYOUT)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (ImportError, SyntaxError, NameError, AttributeError) as error:
        del sys.modules[name]
        raise InputError(f"{path} cannot be imported: {error}", hint=_LAYOUT) from None
    return module


def _declared(module: ModuleType, where: str) -> Family:
    family = getattr(module, "FAMILY", None)
    if not isinstance(family, Family):
        raise InputError(f"{where} declares no FAMILY", hint=_LAYOUT)
    return family
