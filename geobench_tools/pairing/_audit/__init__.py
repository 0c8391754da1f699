"""The shortcut audit: an exact certificate and cross-validated adversaries.

``certificate`` counts, with ``reading``, ``lookup``, ``cliques``, ``splits`` and ``crossing``;
``sample`` draws the sets that the adversaries see, ``places`` holds some of them out; ``families``,
``names``, ``matches`` and ``pixels`` say what an adversary may look at, ``features`` how it sees
it, ``adversaries`` how it learns, ``verdict`` when its success is a leak; ``report`` puts all of it
together and ``conclusions`` into words.
"""

from geobench_tools.pairing._audit import matches as _matches
from geobench_tools.pairing._audit.certificate import certify
from geobench_tools.pairing._audit.checks import Certificate, Check
from geobench_tools.pairing._audit.conclusions import FamilyResult
from geobench_tools.pairing._audit.features import FAMILIES, NAME_FAMILIES
from geobench_tools.pairing._audit.report import AUDIT_FILE, AuditOptions, AuditReport, audit_pairs
from geobench_tools.pairing._audit.sample import draw_sample
from geobench_tools.pairing._audit.verdict import Estimate

__all__ = [
    "AUDIT_FILE",
    "FAMILIES",
    "NAME_FAMILIES",
    "AuditOptions",
    "AuditReport",
    "Certificate",
    "Check",
    "Estimate",
    "FamilyResult",
    "audit_pairs",
    "certify",
    "draw_sample",
]

del _matches
