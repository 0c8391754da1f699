"""What an audit allows to say, in plain sentences."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from geobench_tools.pairing._audit.checks import ONE_SPLIT, Certificate
from geobench_tools.pairing._audit.features import FAMILIES
from geobench_tools.pairing._audit.verdict import Estimate

__all__ = ["CONTENT_MARGIN", "TESTS", "FamilyResult", "Outcome", "conclusions"]

CONTENT_MARGIN = 0.10
"""Distance from 1/K that is put down to content, for families that see it."""

TESTS = 6
"""Tests of a family: two adversaries; accuracy above and below 1/K, and leak above 0."""

_UNITS = {
    "split_cell": "the H3 cells that were dealt to the splits",
    "cell": "the H3 cells of the cliques, as there are few larger ones",
    "clique": "single cliques, as there are few cells",
}

_WORSE = (
    " Worse than chance tells as much: whoever learns not to trust the guess gains by it, as what "
    "it sees goes with the answer, but otherwise from place to place."
)

Outcome = Literal[
    "leak", "alike", "no leak found", "proven", "constant", "not present", "too few places"
]


@dataclass(frozen=True)
class FamilyResult:
    """What the adversaries made of one family.

    Attributes:
        name: The family.
        looks_at: What they saw.
        remedy: What to do about a leak.
        outcome: ``leak`` or ``no leak found``; ``alike`` if photo and tile are more alike than
            chance, but not by more than the content of the images can explain
            (``CONTENT_MARGIN``); ``proven`` if the columns are functions of the tiles and the
            cliques are balanced, so that there can be none; ``constant`` if they never tell
            candidates apart; ``not present`` if the set has none of the columns;
            ``too few places`` to test on.
        columns: The columns that were there.
        questions: Number of questions asked.
        places: Unit, number and effective number of places, or None.
        accuracy: By adversary; without a leak 1/K.
        leak: By adversary, log K minus the cross-validated negative log-likelihood, nats: a lower
            bound of the information I(Y; columns).
        p_below: By adversary, p-value of the accuracy being no less than 1/K.
        p: p-value of the family: six times the least of its six tests.
        p_holm: The same after Holm's correction over all families tested.
        detectable: Smallest leak found with 80 % power by one test at 5 %: accuracy above 1/K and
            nats.
        detectable_corrected: The same at the level that the verdict uses.
    """

    name: str
    looks_at: str
    remedy: str
    outcome: Outcome
    columns: tuple[str, ...] = ()
    questions: int = 0
    places: dict[str, Any] | None = None
    accuracy: dict[str, Estimate] | None = None
    leak: dict[str, Estimate] | None = None
    p_below: dict[str, float] | None = None
    p: float | None = None
    p_holm: float | None = None
    detectable: tuple[float, float] | None = None
    detectable_corrected: tuple[float, float] | None = None

    @property
    def stronger(self) -> str:
        """The adversary with the smaller p-value; the simpler one if they are equal."""
        return min(self.accuracy or {}, key=lambda name: min(self.tests(name)))

    @property
    def worse_than_chance(self) -> bool:
        """Whether the stronger adversary stands out by being wrong."""
        above, below = self.tests(self.stronger)
        return below < above

    def tests(self, name: str) -> tuple[float, float]:
        """p-values of an adversary being better and worse than chance."""
        accuracy, leak, below = self.accuracy or {}, self.leak or {}, self.p_below or {}
        return min(accuracy[name].p, leak[name].p), below[name]


def conclusions(
    certificate: Certificate, families: Sequence[FamilyResult], sample: dict[str, int]
) -> dict[str, list[str]]:
    """Sort what an audit found into failed, proven, measured and not measured."""
    return {
        "failed": _failed(certificate, families),
        "proven": _proven(certificate),
        "measured": _measured(certificate, families, sample),
        "not measured": _not_measured(certificate, families),
    }


def _failed(certificate: Certificate, families: Sequence[FamilyResult]) -> list[str]:
    said = [
        f"Untrue: {check.claim} ({check.failed:,} {check.unit} break it)."
        for check in certificate.checks
        if check.status == "fail"
    ]
    for one in families:
        if one.outcome == "leak" and one.accuracy and one.leak:
            hit, gain = one.accuracy[one.stronger], one.leak[one.stronger]
            nats = f"{gain.value:.2g} nats, " if gain.value > 0 else ""
            p = "p < 1e-6" if (one.p_holm or 0.0) < 1e-6 else f"p = {one.p_holm:.2g}"
            said.append(
                f"Leak through {one.name} ({one.looks_at}): {100 * hit.value:.1f} % right without "
                f"reading the scene, chance is {100 / certificate.k:.1f} % ({nats}{p})."
                f"{_WORSE if one.worse_than_chance else ''} Remedy: {one.remedy}."
            )
    return said


def _proven(certificate: Certificate) -> list[str]:
    k, total = certificate.k, sum(certificate.questions.values())
    if not certificate.balanced:
        return [
            "Nothing about shortcuts: "
            + (
                f"the sampler {certificate.sampler!r} gives no guarantee."
                if certificate["counting"].status == "no guarantee"
                else "the cliques are not balanced."
            )
        ]
    ordered = "pixels and order included" if certificate["order"].status == "pass" else "pixels too"
    several = certificate.cliques > 1
    said = [
        f"In {f'all {certificate.cliques:,} cliques' if several else 'the clique'} ({total:,} "
        f"questions) each tile is right equally often. So no function of the tiles alone, "
        f"{ordered}, tells the right one: I(Y; tiles) = 0 and H(Y | tiles) = log {k} = "
        f"{math.log(k):.4f} nats."
    ]
    if certificate["letters"].status == "pass":
        said.append("Each letter is right equally often, so the position alone tells nothing.")
    return said


def _measured(
    certificate: Certificate, families: Sequence[FamilyResult], sample: dict[str, int]
) -> list[str]:
    tested = [one for one in families if one.places]
    if not tested:
        return []
    widest = max(tested, key=lambda one: one.questions)
    where = widest.places or {}
    drawn = "all" if sample["drawn"] == sample["of"] else f"{sample['drawn']:,} of"
    said = [
        f"The adversaries saw {drawn} {sample['of']:,} "
        f"{'cliques' if certificate.cliques else 'questions'}; each question was asked of one "
        f"trained elsewhere ({where['count']:,} places: {_UNITS[where['unit']]})."
    ]
    clean = [one for one in tested if one.detectable_corrected]
    clean = [one for one in clean if one.outcome == "no leak found"]
    if clean:
        worst = max(clean, key=lambda one: (one.detectable_corrected or (0.0,))[0])
        points, nats = worst.detectable_corrected or (0.0, 0.0)
        said.append(
            f"No leak found in {_list(clean)}. That is no proof: a leak below {100 * points:.2g} "
            f"accuracy points ({nats:.1g} nats) could have gone unseen."
        )
    alike = [one for one in tested if one.outcome == "alike"]
    if alike:
        shares = ", ".join(
            f"{one.name} ({100 * one.accuracy[one.stronger].value:.1f} %)"
            for one in alike
            if one.accuracy
        )
        said.append(
            f"Photo and tile go together beyond chance in {shares}. What they show can explain it, "
            f"as a green place is green in both; a leak is declared once the whole interval is "
            f"more than {100 * CONTENT_MARGIN:.0f} points off chance. Stratify to rule out the "
            f"rest."
        )
    return said


def _not_measured(certificate: Certificate, families: Sequence[FamilyResult]) -> list[str]:
    opened = any(FAMILIES[one.name].opens_images and one.places for one in families)
    beside = "what photo and tile may share beside colour, brightness, sharpness and marks"
    said = [f"Pixels: {beside if opened else 'nothing about them was tested'}."]
    for outcome, why in (
        ("not present", "the set has nothing of the kind"),
        ("too few places", "too few places to test on"),
    ):
        chosen = [one for one in families if one.outcome == outcome]
        if chosen:
            said.append(f"{_list(chosen)}: {why}.")
    said += [
        f"Whether {one.claim}{one.note and f' ({one.note})'}."
        for one in certificate.checks
        if one.status == "not checked" and one.note != ONE_SPLIT
    ]
    return said


def _list(families: Sequence[FamilyResult]) -> str:
    return ", ".join(one.name for one in families)
