"""The whole audit: certificate, adversaries family by family, and what may be concluded."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from geobench_tools.errors import InputError
from geobench_tools.files import atomic_file
from geobench_tools.pairing._audit import pixels
from geobench_tools.pairing._audit.adversaries import cross_validate
from geobench_tools.pairing._audit.certificate import certify
from geobench_tools.pairing._audit.checks import Certificate
from geobench_tools.pairing._audit.conclusions import (
    CONTENT_MARGIN,
    TESTS,
    FamilyResult,
    Outcome,
    conclusions,
)
from geobench_tools.pairing._audit.features import FAMILIES, Design, Family, Features
from geobench_tools.pairing._audit.places import FOLDS, choose_places, fold_places, home_folds
from geobench_tools.pairing._audit.sample import TRAIN, Sample, draw_sample
from geobench_tools.pairing._audit.verdict import (
    LEVEL,
    estimate,
    holm,
    smallest_detectable,
    worse_than_chance,
)
from geobench_tools.pairing._sets import SPLITS, PairingSet
from geobench_tools.progress import SILENT, Progress
from geobench_tools.provenance import Manifest, digest_input, package_versions

__all__ = ["AUDIT_FILE", "AuditOptions", "AuditReport", "audit_pairs"]

AUDIT_FILE = "audit.json"
"""Where an audit lies in the folder of its set."""

_FORMAT = 1

_PACKAGES = ("geobench-tools", "numpy", "scipy", "scikit-learn", "pyarrow", "shapely", "pillow")


@dataclass(frozen=True)
class AuditOptions:
    """How to audit.

    Attributes:
        families: Names of the feature families; empty for all.
        max_sets: Most cliques that the adversaries see (questions, where there are no cliques);
            fewer if they have more than a million candidates.
        bootstrap: Resamples of places for the intervals.
        seed: Seed of the sample and of the bootstrap.
    """

    families: tuple[str, ...] = ()
    max_sets: int = 50_000
    bootstrap: int = 1000
    seed: int = 0

    def chosen(self) -> list[Family]:
        """Return the families.

        Raises:
            InputError: A name is unknown or a number too small.
        """
        unknown = [name for name in self.families if name not in FAMILIES]
        if unknown:
            raise InputError(
                f"no feature family {unknown[0]!r}", hint=f"one of: {', '.join(FAMILIES)}"
            )
        if self.max_sets < 1 or self.bootstrap < 100:
            raise InputError(
                f"{self.max_sets} sets and {self.bootstrap} resamples cannot be audited",
                hint="at least 1 set and 100 resamples",
            )
        return [one for name, one in FAMILIES.items() if not self.families or name in self.families]


@dataclass(frozen=True)
class AuditReport:
    """The audit of a pairing set.

    Attributes:
        certificate: What was counted, over the whole set.
        families: What was measured, on a sample.
        sample: Number of cliques (of questions, without cliques) ``drawn`` and ``of`` how many, and
            the number of ``questions`` that makes.
        manifest: Parameters, inputs and software; without time, so that equal audits are equal.
    """

    certificate: Certificate
    families: tuple[FamilyResult, ...]
    sample: dict[str, int]
    manifest: Manifest

    @property
    def leaks(self) -> tuple[FamilyResult, ...]:
        """The families that leak."""
        return tuple(one for one in self.families if one.outcome == "leak")

    @property
    def passed(self) -> bool:
        """Whether the certificate holds and no leak was found."""
        return self.certificate.passed and not self.leaks

    def document(self) -> dict[str, Any]:
        """Return the report for JSON, floats to six digits."""
        k = self.certificate.k
        document = {
            "format": _FORMAT,
            "passed": self.passed,
            "conclusions": self.conclusions(),
            "chance": 1 / k,
            "log_k": math.log(k),
            "certificate": self.certificate.as_dict(),
            "sample": self.sample,
            "families": [
                asdict(one) | {"stronger": one.stronger if one.accuracy else None}
                for one in self.families
            ],
            "manifest": asdict(self.manifest),
        }
        rounded: dict[str, Any] = _rounded(document)
        return rounded

    def conclusions(self) -> dict[str, list[str]]:
        """Return plain sentences: what is proven, what was measured and what was not."""
        return conclusions(self.certificate, self.families, self.sample)


def audit_pairs(
    pairs: PairingSet, options: AuditOptions | None = None, progress: Progress = SILENT
) -> AuditReport:
    """Audit a pairing set for shortcuts and write ``audit.json`` into its folder.

    The same set and options give the same bytes.

    Args:
        pairs: The set.
        options: What to look at, and how much of it.
        progress: Told of questions and families.

    Returns:
        The report; ``passed`` tells whether the set may be used.

    Raises:
        InputError: A part is missing or lacks a column, the set is empty, an option is bad.
    """
    options = options or AuditOptions()
    families = options.chosen()
    if not any(pairs.count(name) for name in SPLITS):
        raise InputError(f"{pairs.folder} holds no questions", hint="build the pairs again")
    certificate = certify(pairs, progress)
    sample = draw_sample(pairs, options.max_sets, options.seed, progress)
    if any(family.opens_images for family in families):
        sample = pixels.look(sample, progress)
    results = []
    with progress.task("adversaries", len(families)) as advance:
        for family in families:
            results.append(_measure(family, sample, certificate, options))
            advance(1)
    report = AuditReport(
        certificate,
        tuple(_judged(results, certificate.k)),
        {"drawn": sample.drawn, "of": sample.population, "questions": len(sample)},
        _manifest(pairs, options),
    )
    with atomic_file(pairs.folder / AUDIT_FILE) as temporary:
        text = json.dumps(report.document(), indent=2, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")
    return report


def _manifest(pairs: PairingSet, options: AuditOptions) -> Manifest:
    names = [*SPLITS, "views", "manifest.json"]
    present = [name for name in names if (pairs.folder / name).exists()]
    return Manifest(
        kind="pairing-audit",
        parameters={**asdict(options), "folds": FOLDS, "level": LEVEL},
        seed=options.seed,
        inputs=tuple(replace(digest_input(pairs.folder / name), path=name) for name in present),
        packages=package_versions(_PACKAGES),
        run={},
    )


def _measure(
    family: Family, sample: Sample, certificate: Certificate, options: AuditOptions
) -> FamilyResult:
    """Let the adversaries loose on a family; the verdict comes later, for all at once."""
    asked = np.ones(len(sample), bool) if family.all_rotations else sample.rotation == 0
    if family.held_out_splits_only:
        asked &= sample.split != TRAIN
    if family.opens_images:
        asked &= pixels.some_cliques(sample)
    sample = sample.take(asked)
    result = FamilyResult(
        family.name, family.looks_at, family.remedy, "not present", questions=len(sample)
    )
    features = family.build(sample).known()
    if not len(sample) or not features.columns():
        return result
    result = replace(result, columns=tuple(features.columns()))
    places = choose_places(
        {"split_cell": sample.split_cell, "cell": sample.cell, "clique": sample.clique}
    )
    if places is None:
        return replace(result, outcome="too few places")
    folds = fold_places(places)
    if family.by_fold:
        built = [family.build(sample, folds, held_out).known() for held_out in range(FOLDS)]
    else:
        built = [features]
    designs = [Design(one) for one in built]
    if all(design.is_constant() for design in designs):
        return replace(result, outcome="constant")
    k = sample.k
    scores = cross_validate(designs, sample.answer, folds, home_folds(sample, places, folds))
    accuracy, leak = (
        {
            name: estimate(getattr(score, field), places, null, options.bootstrap, options.seed)
            for name, score in scores.items()
        }
        for field, null in (("hit", 1 / k), ("gain", 0.0))
    )
    p_below = {
        name: worse_than_chance(one, len(sample), places, 1 / k) for name, one in accuracy.items()
    }
    proven = certificate.balanced and all(_is_of_tiles(one, sample) for one in built)
    result = replace(
        result,
        outcome="proven" if proven else "no leak found",
        places={"unit": places.unit, "count": places.count, "effective": places.effective},
        accuracy=accuracy,
        leak=leak,
        p_below=p_below,
    )
    return replace(result, p=min(1.0, TESTS * min(result.tests(result.stronger))))


def _is_of_tiles(features: Features, sample: Sample) -> bool:
    """Whether each tile has the same values in all questions of a rotation."""
    key = sample.tiles * (int(sample.rotation.max()) + 1) + sample.rotation[:, None]
    for values in features.columns().values():
        first = np.zeros(int(key.max()) + 1, values.dtype)
        first[key] = values
        if not np.array_equal(first[key], values, equal_nan=values.dtype.kind == "f"):
            return False
    return True


def _judged(results: Sequence[FamilyResult], k: int) -> list[FamilyResult]:
    """Correct the p-values for the number of families, declare leaks, say what could be seen."""
    tested = [i for i, one in enumerate(results) if one.outcome == "no leak found"]
    adjusted = holm([results[i].p or 0.0 for i in tested])
    judged = list(results)
    for i, p_holm in zip(tested, adjusted, strict=True):
        one = results[i]
        error = (one.accuracy or {})[one.stronger].error
        level = LEVEL / (TESTS * len(tested))
        judged[i] = replace(
            one,
            outcome=_outcome(one, p_holm, k),
            p_holm=p_holm,
            detectable=smallest_detectable(one.questions, k, error),
            detectable_corrected=smallest_detectable(one.questions, k, error, level),
        )
    return judged


def _outcome(one: FamilyResult, p_holm: float, k: int) -> Outcome:
    if p_holm > LEVEL:
        return "no leak found"
    accuracy = (one.accuracy or {}).values()
    above = max(estimate.low for estimate in accuracy) - 1 / k
    below = 1 / k - min(estimate.high for estimate in accuracy)
    explained = FAMILIES[one.name].sees_content and max(above, below) <= CONTENT_MARGIN
    return "alike" if explained else "leak"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
