"""What a user may say about a benchmark's data and questions."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from geobench_tools.errors import InputError

__all__ = ["PROBES", "BenchmarkOptions", "Probe"]

Probe = Literal["none", "blank-ground", "tiles-only", "shuffled-tiles", "8px", "no-image"]
PROBES: tuple[Probe, ...] = get_args(Probe)


@dataclass(frozen=True)
class BenchmarkOptions:
    """Where a benchmark's data are and how it asks.

    Attributes:
        data: A local folder, or ``OWNER/NAME`` on the Hugging Face Hub; empty for the data set of
            the manifest, or for the SAMPLE set where there is none.
        revision: Commit of a data set of the Hub.
        split: Split of the data.
        probe: What is withheld from the model, as a control.
        circular: Ask each question once for each rotation of its candidates.
        prompt: A question template in place of the built-in one.
        seed: Of probes that shuffle.
    """

    data: str = ""
    revision: str | None = None
    split: str | None = None
    probe: Probe = "none"
    circular: bool = False
    prompt: Path | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.probe not in PROBES:
            raise InputError(f"unknown probe {self.probe!r}", hint=f"one of {', '.join(PROBES)}")
