"""A pairing set with everything that belongs to it: views in, set, audit, card and map out."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geobench_tools.errors import CheckFailed, InputError
from geobench_tools.files import atomic_file
from geobench_tools.pairing import (
    NAME_FAMILIES,
    SPLITS,
    AuditReport,
    BuildJob,
    Certificate,
    PairingSet,
    PairingStats,
    PairOptions,
    audit_pairs,
    build_pairs,
    certify,
    fit_split,
    summarise,
)
from geobench_tools.progress import SILENT, Progress
from geobench_tools.reports._card import write_card
from geobench_tools.reports._map import write_map
from geobench_tools.views import Kind, is_view_table, load_views, write_views

__all__ = ["PairingReport", "PairingRequest", "make_pairs"]


_REFUSED = "refused groups: "
_FAR_OFF = 3.0


@dataclass(frozen=True)
class PairingRequest:
    """What a user asks for.

    Attributes:
        ground: Anything that ``load_views`` reads; None, with ``satellite``, for the embedded
            default: the rendered world.
        satellite: Likewise; may be the same source.
        out: Folder of the pairing set.
        options: The parameters.
        adversaries: Train the shortcut adversaries too, not only the exact certificate.
        executor: ``local``, ``process`` or ``ray``.
        workers: Number of processes; None for the number of cores.
        overwrite: Replace an existing ``out``.
    """

    ground: Path | None
    satellite: Path | None
    out: Path
    options: PairOptions
    adversaries: bool = True
    executor: str = "local"
    workers: int | None = None
    overwrite: bool = False


@dataclass(frozen=True)
class PairingReport:
    """What was made.

    Attributes:
        pairs: The set.
        stats: Its statistics.
        certificate: What counting proves about it.
        audit: What the adversaries found, or None if they were not asked for.
        embedded: Whether the views are the embedded default.
    """

    pairs: PairingSet
    stats: PairingStats
    certificate: Certificate
    audit: AuditReport | None
    embedded: bool

    def document(self) -> Mapping[str, Any]:
        """Return the report as JSON values."""
        return {
            "folder": str(self.pairs.folder),
            "embedded": self.embedded,
            "counts": self.pairs.manifest.counts,
            "dropped": self.pairs.manifest.dropped,
            "outputs": self.pairs.manifest.outputs,
            "audit": self.audit_document(),
        }

    def audit_document(self) -> dict[str, Any]:
        """Return what ``audit.json`` holds."""
        if self.audit is not None:
            return self.audit.document()
        return {"passed": self.certificate.passed, "certificate": self.certificate.as_dict()}

    def findings(self) -> list[tuple[str, str]]:
        """Return what was proven, measured and not measured, in plain sentences."""
        if self.audit is None:
            return [(check.status, check.claim) for check in self.certificate.checks]
        said = self.audit.conclusions()
        return [(kind, sentence) for kind, sentences in said.items() for sentence in sentences]

    def refused(self) -> list[tuple[str, int]]:
        """Return why candidates were refused as negatives, and how often.

        A refused group may find other members, so these are no views left out.
        """
        counts = self.pairs.manifest.counts
        said = [
            (f"groups: {name.removeprefix(_REFUSED)}", n)
            for name, n in counts.items()
            if name.startswith(_REFUSED)
        ]
        if semi := counts.get("semi-positives"):
            said.append(("semi-positives: other tiles that show the camera", semi))
        return said

    def warnings(self) -> list[str]:
        """Return what a user should know before using the set."""
        parameters = self.pairs.manifest.parameters
        wanted = [name for name, share in zip(SPLITS, parameters["split"], strict=True) if share]
        resolution, finest = parameters["split_resolution"], parameters["resolutions"][-1]
        finer = f"--split-resolution {finest}, " if resolution < finest else ""
        why = (
            f"whole H3 cells of resolution {resolution} are dealt to the splits, and there are "
            f"few; try {finer}another --seed or a larger share"
        )
        empty = [name for name in wanted if not self.stats.questions.get(name)]
        said = [f"{name} is empty: {why}" for name in empty]
        cameras = [self.stats.cameras.get(name, 0) for name in SPLITS]
        shares = [n / sum(cameras) for n in cameras]
        both = list(zip(shares, parameters["split"], strict=True))
        if not empty and any(m and not m / _FAR_OFF <= n <= m * _FAR_OFF for n, m in both):
            have, meant = (
                "/".join(f"{100 * n:.3g}" for n in part) for part in zip(*both, strict=True)
            )
            said.append(f"train/val/test are {have} % of the questions, not {meant}: {why}")
        guard = self.certificate["camera-outside"]
        if guard.status == "not checked":
            said.append(
                f"{guard.note}: there, --min-separation alone keeps a wrong tile from showing the "
                "camera; geor1 index --footprint-size 100m gives tiles a square of that side"
            )
        for family in self.audit.leaks if self.audit else ():
            if family.name in NAME_FAMILIES:
                said.append(
                    f"{family.name}: {family.looks_at} tell the right tile; {family.remedy}"
                )
        return said

    def check(self) -> None:
        """Raise if the set must not be used.

        Raises:
            CheckFailed: What counting should prove does not hold, or a clique set leaks. The set is
                kept. The controls leak by design and are not refused, nor are names that match:
                an export gives its files names that say nothing.
        """
        failed = [check.claim for check in self.certificate.checks if check.status == "fail"]
        if self.audit is not None and self.pairs.manifest.parameters["sampler"] == "clique":
            leaks = [family.name for family in self.audit.leaks if family.name not in NAME_FAMILIES]
            failed += [f"{name} tells the right tile" for name in leaks]
        if failed:
            raise CheckFailed(
                f"the audit failed: {'; '.join(failed)}",
                hint=f"geor1 audit-pairs {self.pairs.folder} shows the figures",
            )


def make_pairs(request: PairingRequest, progress: Progress = SILENT) -> PairingReport:
    """Build a pairing set from any views, audit it, and write its card and map.

    Raises:
        InputError: As ``build_pairs`` and ``load_views`` raise it, or only one input is given.
    """
    staged = request.out.parent / f".{request.out.name}.views"
    try:
        return _made(request, *_inputs(request, staged, progress), progress)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _made(
    request: PairingRequest,
    ground: Path,
    satellite: Path,
    sources: tuple[Path, ...],
    progress: Progress,
) -> PairingReport:
    made: list[PairingReport] = []

    def finish(pairs: PairingSet) -> None:
        stats = summarise(pairs)
        audit = audit_pairs(pairs, progress=progress) if request.adversaries else None
        certificate = audit.certificate if audit else certify(pairs, progress)
        report = PairingReport(pairs, stats, certificate, audit, request.ground is None)
        document = report.audit_document()
        if audit is None:
            with atomic_file(pairs.folder / "audit.json") as temporary:
                temporary.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        write_map(pairs, stats, pairs.folder / "map.html")
        write_card(pairs, stats, document, pairs.folder / "card.md")
        made.append(report)

    job = BuildJob(
        ground,
        satellite,
        request.out,
        fit_split(request.options, ground),
        request.executor,
        request.workers,
        request.overwrite,
        sources,
    )
    pairs = build_pairs(job, progress, finish)
    return replace(made[0], pairs=pairs)


def _inputs(
    request: PairingRequest, staged: Path, progress: Progress
) -> tuple[Path, Path, tuple[Path, ...]]:
    """Return the two view tables and what they were read from."""
    if request.ground is None and request.satellite is None:
        from geobench_tools.world import default_world

        world = default_world(progress)
        return world / "ground.parquet", world / "satellite.parquet", ()
    if request.ground is None or request.satellite is None:
        missing = "satellite" if request.satellite is None else "ground"
        raise InputError(
            f"--{missing} is missing",
            hint="give both (one source may hold both kinds); without satellite tiles, "
            "geor1 plan-tiles lists those that the ground views need",
        )
    ground = _view_table(request.ground, "ground", staged, progress)
    satellite = _view_table(request.satellite, "satellite", staged, progress)
    return ground, satellite, tuple(dict.fromkeys((request.ground, request.satellite)))


def _view_table(path: Path, kind: Kind, staged: Path, progress: Progress) -> Path:
    if is_view_table(path):
        return path
    try:
        views = load_views(path, kind, progress=progress)
    except InputError as error:
        if "--" not in error.hint or error.hint.startswith("geor1"):
            raise
        command = f"geor1 index {path} --kind {kind} -o {kind}.parquet"
        raise InputError(
            error.message, hint=f"{error.hint}; these are options of {command}"
        ) from None
    target = staged / f"{kind}.parquet"
    write_views(views, target)
    return target
