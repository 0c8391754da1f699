"""The falsification experiment: samplers by worlds by policies, where the truth is known."""

import json
import math
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.files import write_text
from geobench_tools.pairing import (
    FAMILIES,
    AuditOptions,
    BuildJob,
    FamilyResult,
    OracleOptions,
    PairingSet,
    PairOptions,
    ask_oracle,
    audit_pairs,
    build_pairs,
    open_pairs,
)
from geobench_tools.processes import in_order, worker_pool
from geobench_tools.progress import SILENT, Advance, Progress
from geobench_tools.provenance import Manifest, write_manifest
from geobench_tools.reports._lab_examples import draw_examples
from geobench_tools.reports._lab_page import write_lab_page
from geobench_tools.strictjson import parse_json
from geobench_tools.world import (
    LEAKS,
    RENDERER_VERSION,
    WorldSpec,
    inject_position_leak,
    render_world,
)

__all__ = ["LabCell", "LabOptions", "LabReport", "run_lab"]

SAMPLERS = ("clique", "ring", "random")
WORLDS = ("normal", "null", "position", *LEAKS)

_LEFT_OUT = ("memory",)
_POSITION_STRENGTH = 0.3
_EXAMPLES = {"normal": 3, "null": 1}


@dataclass(frozen=True)
class LabOptions:
    """What the experiment is made of.

    Attributes:
        out: Folder of the experiment; a folder that holds part of it is completed.
        towns: Towns of each world.
        views: Ground views of each world.
        k: Candidates of each question.
        seed: Seed of worlds, sets and audits.
        strength: Strength of the leaks of the images, 0 to 1.
        oracle_questions: About how many questions the oracle is asked in each cell.
        samplers: Which samplers, of ``clique``, ``ring``, ``random``.
        worlds: Which worlds: ``normal``, ``null``, ``position`` and the leaks of the renderer.
        workers: Processes.
        overwrite: Start anew in a folder that holds another experiment.
    """

    out: Path
    towns: int = 12
    views: int = 360
    k: int = 4
    seed: int = 0
    strength: float = 0.8
    oracle_questions: int = 120
    samplers: tuple[str, ...] = SAMPLERS
    worlds: tuple[str, ...] = WORLDS
    workers: int = 2
    overwrite: bool = False

    def check(self) -> None:
        """Check the names and numbers.

        Raises:
            InputError: One is unknown or out of range.
        """
        for given, known, what in (
            (self.samplers, SAMPLERS, "sampler"),
            (self.worlds, WORLDS, "world"),
        ):
            unknown = [name for name in given if name not in known]
            if unknown or not given:
                named = repr(unknown[0]) if unknown else "named"
                raise InputError(f"no {what} {named}", hint=f"of: {', '.join(known)}")
            if len(set(given)) < len(given):
                raise InputError(f"a {what} is named twice: {', '.join(given)}")
        if self.workers < 1 or self.oracle_questions < 1:
            raise InputError("workers and oracle questions must be at least 1")
        # What would stop the builder or the renderer stops here, before any work.
        for sampler in self.samplers:
            _pair_options(self, sampler).resolved()
        for world in self.worlds:
            _spec(self, world)

    def identity(self) -> dict[str, Any]:
        """Return what the figures depend on, as JSON values."""
        fixed = asdict(self)
        for name in ("out", "workers", "overwrite", "samplers", "worlds"):
            del fixed[name]
        return {
            **fixed,
            "position_strength": _POSITION_STRENGTH,
            "max_distance_m": PairOptions.max_distance_m,
            "renderer": RENDERER_VERSION,
            "format": 2,
        }


@dataclass(frozen=True)
class LabCell:
    """One sampler on one world.

    Attributes:
        sampler: Name of the sampler.
        world: Name of the world.
        questions: Number of questions.
        coverage: Share of the world's ground views that became questions.
        certificate: Whether all checks hold exactly. Where negatives are drawn around the camera,
            two of them may lie nearer to each other than the minimum separation, and it does not.
        balanced: Whether counting proves that tiles alone tell nothing.
        policies: One entry for each policy: ``policy``, ``looks_at``, ``outcome``, ``questions``,
            ``coverage``, and unless not present ``accuracy`` and ``entropy`` with ``value``,
            ``low``, ``high``; the entropy H(Y | policy) in nats.
        oracle_ms: CPU time of the oracle for a question, milliseconds.
    """

    sampler: str
    world: str
    questions: int
    coverage: float
    certificate: bool
    balanced: bool
    policies: tuple[dict[str, Any], ...]
    oracle_ms: float

    def policy(self, name: str) -> dict[str, Any]:
        """Return the entry of a policy."""
        return next(entry for entry in self.policies if entry["policy"] == name)


@dataclass(frozen=True)
class LabReport:
    """The whole experiment.

    Attributes:
        cells: All cells, sampler by sampler.
        page: The page.
        k: Candidates of each question.
    """

    cells: tuple[LabCell, ...]
    page: Path
    k: int

    def document(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "page": str(self.page),
            "k": self.k,
            "chance": 1 / self.k,
            "log_k": math.log(self.k),
            "cells": [asdict(cell) for cell in self.cells],
        }


def run_lab(options: LabOptions, progress: Progress = SILENT) -> LabReport:
    """Run the experiment, or the part of it that is still missing.

    The folder gets ``worlds/``, ``pairs/``, one JSON file for each finished cell under ``cells/``,
    ``lab.json``, ``lab.html`` and ``manifest.json``.

    Args:
        options: What to run.
        progress: Told of views and cells.

    Raises:
        InputError: An option is bad, or the folder holds another experiment.
    """
    options.check()
    _claim(options)
    names = [(sampler, world) for sampler in options.samplers for world in options.worlds]
    needed = [pair for pair in names if not _cell_path(options, *pair).exists()]
    shown = [(options.samplers[0], world) for world in _EXAMPLES if world in options.worlds]
    for world in dict.fromkeys(_images_of(world) for _, world in (*needed, *shown)):
        folder = options.out / "worlds" / world
        if not folder.exists():
            told = _Named(progress, world)
            render_world(_spec(options, world), folder, told, workers=options.workers)
    with progress.task("cells", len(names)) as advance:
        advance(len(names) - len(needed))
        for finished in _run_all(options, needed):
            advance(finished)
    cells = tuple(_read_cell(_cell_path(options, *pair)) for pair in names)
    page = options.out / "lab.html"
    report = LabReport(cells, page, options.k)
    write_text(options.out / "results.json", json.dumps(report.document(), indent=1) + "\n")
    examples = [
        example
        for sampler, world in shown
        for example in draw_examples(_pairs(options, sampler, world), world, _EXAMPLES[world])
    ]
    write_lab_page(report.document()["cells"], examples, options.identity(), page)
    manifest = Manifest(
        kind="lab",
        parameters={**options.identity(), "samplers": options.samplers, "worlds": options.worlds},
        seed=options.seed,
        counts={"cells": len(cells), "questions": sum(cell.questions for cell in cells)},
    )
    write_manifest(manifest, options.out / "manifest.json")
    return report


@dataclass(frozen=True)
class _Named:
    """A progress whose tasks say which world they belong to."""

    progress: Progress
    world: str

    def task(self, label: str, total: int | None = None) -> AbstractContextManager[Advance]:
        return self.progress.task(f"{label} of {self.world}", total)


def _claim(options: LabOptions) -> None:
    mark, identity = options.out / "lab.json", json.dumps(options.identity(), indent=1) + "\n"
    if options.out.exists() and any(options.out.iterdir()):
        if mark.exists() and mark.read_text(encoding="utf-8") == identity:
            return
        if not options.overwrite or not mark.exists():
            raise InputError(
                f"{options.out} holds something else",
                hint="choose another -o, or pass --overwrite to replace another lab",
            )
        shutil.rmtree(options.out)
    write_text(mark, identity)


def _spec(options: LabOptions, world: str) -> WorldSpec:
    return WorldSpec(
        towns=options.towns,
        views=options.views,
        seed=options.seed,
        flatten=world == "null",
        leaks={world: options.strength} if world in LEAKS else {},
    )


def _images_of(world: str) -> str:
    """The leak of position is one of sets, not of images."""
    return "normal" if world == "position" else world


def _cell_path(options: LabOptions, sampler: str, world: str) -> Path:
    return options.out / "cells" / f"{sampler}-{world}.json"


def _run_all(options: LabOptions, names: list[tuple[str, str]]) -> Iterator[int]:
    """Run cells and yield how many are finished.

    Those that show the same pictures run in one process, which measures each picture once.
    """
    alike: dict[str, list[tuple[str, str]]] = {}
    for sampler, world in names:
        alike.setdefault(_images_of(world), []).append((sampler, world))
    run = partial(_run_cells, options)
    if options.workers == 1 or len(alike) < 2:
        yield from map(run, alike.values())
        return
    with worker_pool(min(options.workers, len(alike))) as pool:
        yield from in_order(pool, run, alike.values())


def _run_cells(options: LabOptions, names: list[tuple[str, str]]) -> int:
    for sampler, world in names:
        _run_cell(options, sampler, world)
    return len(names)


def _run_cell(options: LabOptions, sampler: str, world: str) -> None:
    pairs = _pairs(options, sampler, world)
    families = tuple(name for name in FAMILIES if name not in _LEFT_OUT)
    audit = audit_pairs(pairs, AuditOptions(families=families, seed=options.seed))
    sets = options.oracle_questions // (options.k if sampler == "clique" else 1)
    oracle = ask_oracle(pairs, OracleOptions(max_sets=max(1, sets), seed=options.seed))
    log_k = math.log(options.k)
    policies = [_policy(one, log_k) for one in audit.families]
    told = oracle.accuracy.low > 1 / options.k
    policies.append(
        {
            "policy": "oracle",
            "looks_at": "the ground plan that photo and tile show",
            "outcome": "reads the scene" if told else "chance",
            "questions": oracle.questions,
            "coverage": 1 - oracle.unreadable / oracle.questions,
            "accuracy": _interval(asdict(oracle.accuracy)),
            "entropy": _entropy(asdict(oracle.leak), log_k) if oracle.leak else None,
        }
    )
    cell = LabCell(
        sampler=sampler,
        world=world,
        questions=pairs.count("train"),
        coverage=pairs.count("train") / options.views,
        certificate=audit.certificate.passed,
        balanced=audit.certificate.balanced,
        policies=tuple(policies),
        oracle_ms=oracle.ms_per_question,
    )
    path = _cell_path(options, sampler, world)
    write_text(path, json.dumps(asdict(cell), indent=1) + "\n")


def _pairs(options: LabOptions, sampler: str, world: str) -> PairingSet:
    folder = options.out / "pairs" / f"{sampler}-{world}"
    if folder.exists():
        return open_pairs(folder)
    views = options.out / "worlds" / _images_of(world)
    plain = folder.with_name(f"{folder.name}-before") if world == "position" else folder
    job = BuildJob(
        ground=views / "ground.parquet",
        satellite=views / "satellite.parquet",
        out=plain,
        options=_pair_options(options, sampler),
        overwrite=True,
    )
    pairs = build_pairs(job)
    if world == "position":
        inject_position_leak(plain, folder, _POSITION_STRENGTH, options.seed)
        shutil.rmtree(plain)
        pairs = open_pairs(folder)
    return pairs


def _pair_options(options: LabOptions, sampler: str) -> PairOptions:
    return PairOptions(k=options.k, sampler=sampler, seed=options.seed, split=(1.0, 0.0, 0.0))


def _policy(one: FamilyResult, log_k: float) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "policy": one.name,
        "looks_at": one.looks_at,
        "outcome": one.outcome,
        "questions": one.questions,
        "coverage": 1.0,
        "accuracy": None,
        "entropy": None,
    }
    if one.accuracy and one.leak:
        entry["accuracy"] = _interval(asdict(one.accuracy[one.stronger]))
        entry["entropy"] = _entropy(asdict(one.leak[one.stronger]), log_k)
    return entry


def _interval(estimate: Mapping[str, float]) -> dict[str, float]:
    return {name: round(estimate[name], 5) for name in ("value", "low", "high")}


def _entropy(leak: Mapping[str, float], log_k: float) -> dict[str, float]:
    ends = {"value": "value", "low": "high", "high": "low"}
    return {name: round(log_k - leak[end], 5) for name, end in ends.items()}


def _read_cell(path: Path) -> LabCell:
    document = parse_json(path.read_text(encoding="utf-8"))
    return LabCell(**{**document, "policies": tuple(document["policies"])})
