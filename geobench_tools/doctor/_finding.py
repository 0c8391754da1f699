"""What an examination finds."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

__all__ = ["Examination", "Finding", "Level"]

Level = Literal["ok", "note", "warning", "error"]
"""``ok``; ``note``: nothing to do; ``warning``: changes a figure or a speed; ``error``: fails."""

_LEVELS: tuple[Level, ...] = get_args(Level)


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


@dataclass(frozen=True)
class Examination:
    """All findings, in the order in which they were made."""

    findings: Sequence[Finding]

    @property
    def topics(self) -> list[str]:
        """Headings in order."""
        return list(dict.fromkeys(finding.topic for finding in self.findings))

    def of(self, topic: str) -> list[Finding]:
        """Return the findings under a heading."""
        return [finding for finding in self.findings if finding.topic == topic]

    def counts(self) -> dict[Level, int]:
        """Return the number of findings by level."""
        levels = [finding.level for finding in self.findings]
        return {level: levels.count(level) for level in _LEVELS}

    def document(self) -> dict[str, Any]:
        """Return the examination as JSON."""
        return {
            "counts": self.counts(),
            "findings": [asdict(finding) for finding in self.findings],
        }
