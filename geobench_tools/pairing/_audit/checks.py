"""What a certificate is made of: one check each, with its counts and first examples."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

__all__ = ["CLAIMS", "EXAMPLES", "ONE_SPLIT", "Certificate", "Check", "Status", "Tally"]

Status = Literal["pass", "fail", "no guarantee", "not checked"]

EXAMPLES = 3
ONE_SPLIT = "there is only one split"

CLAIMS = {
    "complete": "each split holds as many questions as the manifest says",
    "views": "every view that a question names is in the view tables",
    "questions": "every question has K distinct candidates, one is right, the letter is its place",
    "right-tile": "the right candidate is the tile that the ground view names",
    "counting": "each tile of a clique is a candidate of all its questions, by the same image, and "
    "right equally often",
    "order": "the questions of a clique show the candidates in one order",
    "letters": "each answer letter is right equally often in each split",
    "separation": "candidates lie at least the declared distance apart",
    "camera-outside": "no camera lies within GPS error of a wrong candidate's footprint",
    "rotations": "each question appears once in all K rotations, or once in rotation 0 only",
    "clique-splits": "all questions of a clique are in one split",
    "tile-splits": "no tile is in two splits",
    "ground-splits": "no ground view is in two splits",
    "footprint-splits": "no footprints of two splits overlap",
}
"""What each check states, in the order of a certificate."""


@dataclass(frozen=True)
class Check:
    """One statement about a pairing set and whether it holds.

    Attributes:
        name: Short fixed name, a key of ``CLAIMS``.
        claim: The statement.
        status: ``pass`` or ``fail``; ``no guarantee`` where the sampler does not promise it;
            ``not checked`` where what it needs is absent, for some rows at least.
        checked: How many things were checked.
        failed: How many of them break the statement.
        unit: What is counted.
        note: What was left unchecked, or what was found where nothing was promised.
        examples: The first offenders.
    """

    name: str
    claim: str
    status: Status
    checked: int
    failed: int
    unit: str
    note: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Certificate:
    """Exact counts over the whole pairing set.

    Attributes:
        sampler: As the manifest declares it.
        k: Number of candidates.
        questions: Number of questions, by split.
        cliques: Number of cliques; 0 for samplers without.
        checks: All checks, in fixed order.
    """

    sampler: str
    k: int
    questions: dict[str, int]
    cliques: int
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(check.status != "fail" for check in self.checks)

    @property
    def balanced(self) -> bool:
        """Whether no function of the tiles alone can tell the right one, by counting."""
        needed = ("questions", "counting", "clique-splits")
        return all(self[name].status == "pass" for name in needed)

    def __getitem__(self, name: str) -> Check:
        return next(check for check in self.checks if check.name == name)

    def as_dict(self) -> dict[str, Any]:
        """Return the certificate for JSON."""
        return {"passed": self.passed, "balanced": self.balanced, **asdict(self)}


@dataclass
class Tally:
    """Counts for one check while the questions stream by."""

    name: str
    unit: str
    checked: int = 0
    failed: int = 0
    unchecked: int = 0
    note: str = ""
    examples: list[str] = field(default_factory=list)

    def add(
        self,
        bad: npt.NDArray[np.bool_],
        describe: Callable[[int], str],
        known: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """Count a batch; ``describe`` names the offender at a position, ``known`` those checked."""
        if known is not None:
            self.unchecked += int(len(known) - known.sum())
            self.checked += int(known.sum())
            bad = bad & known
        else:
            self.checked += len(bad)
        places = np.flatnonzero(bad)
        self.failed += len(places)
        for place in places[: EXAMPLES - len(self.examples)].tolist():
            self.examples.append(describe(place))

    def check(self, *, promised: bool = True, missing: str = "") -> Check:
        """Return the result; ``missing`` says what unchecked things lack."""
        status: Status = "fail" if self.failed else "pass"
        note = self.note
        if self.unchecked:
            note = f"{self.unchecked:,} {self.unit} {missing}"
        if not promised:
            status = "no guarantee"
        elif not self.failed and (self.unchecked or not self.checked):
            status = "not checked"
        return Check(
            self.name,
            CLAIMS[self.name],
            status,
            self.checked,
            self.failed,
            self.unit,
            note,
            tuple(self.examples),
        )
