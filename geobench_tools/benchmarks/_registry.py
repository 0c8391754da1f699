"""Benchmarks by name."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geobench_tools.benchmarks._family import FamilyFile, family_files
from geobench_tools.benchmarks._options import TAKEN, BenchmarkOptions
from geobench_tools.benchmarks._suite import EvalBenchmark
from geobench_tools.errors import InputError
from geobench_tools.evaluation import Rules
from geobench_tools.findings import Finding
from geobench_tools.settings import active

__all__ = [
    "BenchmarkInfo",
    "Published",
    "benchmark_info",
    "benchmark_names",
    "known_faults",
    "open_benchmark",
    "rules_of",
]

HUB = "hub"
"""As ``--data``: the data set of the manifest, at its pinned revision."""

SAMPLE = "sample"
"""As ``--data``: the SAMPLE set, also where the settings name a data root."""


@dataclass(frozen=True)
class Published:
    """One table of published figures of a benchmark.

    Attributes:
        source: Where they were published.
        protocol: ``official``, ``strict`` or ``unknown``: what they can be set beside.
        columns: ``model``, then names of metrics as in ``scores.json``.
        rows: By model; None where nothing was published. Shares are fractions.
    """

    source: str
    protocol: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class BenchmarkInfo:
    """What a manifest says about a benchmark.

    Attributes:
        name: As the user types it.
        family: Name of the manifest.
        title: For people.
        facts: Rows, truth, source, licence, how to get the data.
        settings: What ``--set NAME=VALUE`` takes: default, choices, help.
        prompt: Texts of the built-in prompt.
        published: Published figures.
    """

    name: str
    family: str
    title: str
    facts: Mapping[str, Any]
    settings: Mapping[str, Mapping[str, Any]]
    prompt: Mapping[str, str]
    published: tuple[Published, ...]


def benchmark_names() -> Mapping[str, str]:
    """Return the names of all benchmarks and the family that each belongs to."""
    return {
        name: family.name
        for family in family_files().values()
        for name in family.manifest["subsets"]
    }


def benchmark_info(name: str) -> BenchmarkInfo:
    """Return what is known about a benchmark.

    Raises:
        InputError: There is no such benchmark.
    """
    family = _family(name)
    manifest = {**family.manifest, **family.manifest["subsets"][name]}
    revision = manifest.get("revision")
    shown = ("paper", "source", "commit", "licence", "data")
    facts = {
        "family": family.manifest["title"],
        **{
            key: value
            for key, value in family.manifest["subsets"][name].items()
            if key not in ("title", "settings", "hub", "revision", *shown)
        },
        **{key: manifest.get(key, "") for key in shown},
        "hub": f"{manifest['hub']}@{revision}" if revision else manifest.get("hub") or "none known",
    }
    return BenchmarkInfo(
        name,
        family.name,
        manifest["title"],
        facts,
        _declared_settings(family, name),
        manifest.get("prompt") or {},
        tuple(_published(manifest, name)),
    )


def open_benchmark(name: str, options: BenchmarkOptions | None = None) -> EvalBenchmark:
    """Open a benchmark and its data.

    Raises:
        InputError: There is no such benchmark, its data are not there, or an option does not fit.
    """
    family = _family(name)
    options = _with_root(name, family, options or BenchmarkOptions())
    _check_fits(name, family.manifest, options)
    options = replace(options, settings=_settings(family, name, options.settings))
    opened = family.load().open(name, _with_hub(family, name, options), family.manifest)
    if opened.sample and options.split:
        raise InputError(f"the SAMPLE set of {name} has no splits", hint="leave --split out")
    return opened


def rules_of(identity: Mapping[str, Any]) -> Rules:
    """Return how a finished run's replies are read and scored.

    Args:
        identity: The benchmark's part of the run's identity, with its name.

    Raises:
        InputError: The run is of a benchmark that this version does not know.
    """
    subset = str(identity.get("name")).removesuffix("-SAMPLE")
    family = _family(subset)
    return family.load().rules_of({**identity, "subset": subset}, family.manifest)


def known_faults(name: str, folder: Path) -> list[Finding]:
    """Return what is known to be wrong with a benchmark's data, and what it does to a score.

    Args:
        name: Of the benchmark.
        folder: As ``--data`` takes it.

    Raises:
        InputError: There is no such benchmark, or its data cannot be read.
    """
    family = _family(name)
    faults = family.load().faults
    return list(faults(name, folder, family.manifest)) if faults else []


def _family(name: str) -> FamilyFile:
    names = benchmark_names()
    if name in names:
        return family_files()[names[name]]
    near = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(sorted(names))}"
    raise InputError(
        f"there is no benchmark {name!r}", hint=f"{hint}; a file of your own: --family"
    )


def _check_fits(name: str, manifest: Mapping[str, Any], options: BenchmarkOptions) -> None:
    """Refuse what the family does not look at, so that nobody takes it for done."""
    probes = manifest.get("probes") or ["none"]
    if options.probe not in probes:
        hint = f"use {' or '.join(probes)}"
        raise InputError(f"{name} has no probe {options.probe!r}", hint=hint)
    for option in TAKEN:
        if getattr(options, option) and option not in (manifest.get("takes") or ()):
            raise InputError(f"{name} takes no --{option}", hint="leave it out for this benchmark")
    folder = Path(options.data.partition(":")[0])
    if options.revision and (not options.data or (options.data != HUB and folder.exists())):
        raise InputError(
            f"{name}: --revision is a commit on the Hub, and {options.data or 'SAMPLE'} is here",
            hint="leave --revision out",
        )


def _with_root(name: str, family: FamilyFile, options: BenchmarkOptions) -> BenchmarkOptions:
    """Put the data root of the active settings where the user names no data."""
    if options.data == SAMPLE:
        return replace(options, data="")
    settings = active()
    if options.data or not settings.data:
        return options
    names = benchmark_names()
    settings.check_data({*names, *names.values()})
    return replace(options, data=settings.data_root((name, family.name)))


def _with_hub(family: FamilyFile, name: str, options: BenchmarkOptions) -> BenchmarkOptions:
    """Put the manifest's data set and its pinned revision where the user left them out."""
    manifest = {**family.manifest, **family.manifest["subsets"][name]}
    hub, pinned = manifest.get("hub"), manifest.get("revision")
    data = options.data
    if data == HUB:
        if not hub:
            raise InputError(f"no data set of {name} on the Hub is known", hint=manifest["data"])
        data = str(hub)
    if hub and data.split(":", 1)[0] == hub:
        return replace(options, data=data, revision=options.revision or pinned)
    return replace(options, data=data)


def _declared_settings(family: FamilyFile, name: str) -> dict[str, Mapping[str, Any]]:
    return {
        **(family.manifest.get("settings") or {}),
        **(family.manifest["subsets"][name].get("settings") or {}),
    }


def _settings(family: FamilyFile, name: str, given: Mapping[str, str]) -> dict[str, str]:
    """Complete settings by their defaults; ``BENCHMARK.name`` is for that benchmark alone."""
    declared = _declared_settings(family, name)
    chosen = {key: str(entry["default"]) for key, entry in declared.items()}
    for key, value in given.items():
        owner, dot, own = key.rpartition(".")
        if dot and owner not in (name, family.name):
            if owner not in {*benchmark_names(), *family_files()}:
                raise InputError(
                    f"--set {key}: there is no benchmark {owner!r}", hint="geor1 benchmarks list"
                )
            continue
        if own not in declared:
            known = ", ".join(declared) or "it has none"
            raise InputError(f"{name} has no setting {own!r}", hint=f"its settings: {known}")
        choices = [str(choice) for choice in declared[own].get("choices") or ()]
        if choices and value not in choices:
            raise InputError(
                f"{name}: {own} cannot be {value!r}", hint=f"one of {', '.join(choices)}"
            )
        chosen[own] = value
    return chosen


def _published(manifest: Mapping[str, Any], name: str) -> list[Published]:
    found = []
    for table in manifest.get("published") or ():
        rows = tuple(tuple(row[1:]) for row in table["rows"] if row[0] == name)
        if rows:
            columns = tuple(str(column) for column in table["columns"][1:])
            found.append(Published(table["source"], table["protocol"], columns, rows))
    return found
