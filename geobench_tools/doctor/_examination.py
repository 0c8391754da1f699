"""All findings of one examination."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, get_args

from geobench_tools.findings import Finding, Level

__all__ = ["Examination"]

_LEVELS: tuple[Level, ...] = get_args(Level)


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
