"""What a user may say about a benchmark's data and questions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from geobench_tools.errors import InputError

__all__ = ["PROBES", "TAKEN", "BenchmarkOptions", "Probe"]

Probe = Literal["none", "blank-ground", "tiles-only", "shuffled-tiles", "8px", "no-image"]
PROBES: tuple[Probe, ...] = get_args(Probe)
TAKEN = ("circular", "prompt", "split")
"""What a family looks at only if its manifest says so under ``takes``."""


@dataclass(frozen=True)
class BenchmarkOptions:
    """Where a benchmark's data are and how it asks.

    Attributes:
        data: A local folder, ``OWNER/NAME`` on the Hugging Face Hub, or ``hub`` for the data set
            that the manifest names; empty for the SAMPLE set.
        revision: Commit of a data set of the Hub.
        split: Split of the data.
        probe: What is withheld from the model, as a control.
        circular: Ask each question once for each rotation of its candidates.
        prompt: A question template in place of the built-in one.
        seed: Of probes that shuffle.
        settings: What the family declares in its manifest under ``settings``, by name.
    """

    data: str = ""
    revision: str | None = None
    split: str | None = None
    probe: Probe = "none"
    circular: bool = False
    prompt: Path | None = None
    seed: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.probe not in PROBES:
            raise InputError(f"unknown probe {self.probe!r}", hint=f"one of {', '.join(PROBES)}")
