"""What an examination finds: one thing that was looked at, what is the case, and the next step."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "Level"]

Level = Literal["ok", "note", "warning", "error"]
"""``ok``; ``note``: nothing to do; ``warning``: changes a figure or a speed; ``error``: fails."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        topic: Heading it stands under.
        name: What was looked at.
        level: How much it matters.
        found: What is the case.
        effect: What that does, to a score or to a command; empty if nothing.
        next: The next step; empty if there is none.
    """

    topic: str
    name: str
    level: Level
    found: str
    effect: str = ""
    next: str = ""
