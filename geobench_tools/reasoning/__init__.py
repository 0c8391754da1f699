"""Reasoning traces: the claims they make, and whether those are true."""

from geobench_tools.reasoning._check import check_trace
from geobench_tools.reasoning._claims import (
    CHECKER_VERSION,
    CLAIM_KINDS,
    CheckedTrace,
    CheckOptions,
    Claim,
    ClaimKind,
    Evidence,
    Leak,
    LeakKind,
    Strength,
    TemplatePart,
    TemplateReport,
    Verdict,
)
from geobench_tools.reasoning._facts import TraceFacts, facts_of_view

__all__ = [
    "CHECKER_VERSION",
    "CLAIM_KINDS",
    "CheckOptions",
    "CheckedTrace",
    "Claim",
    "ClaimKind",
    "Evidence",
    "Leak",
    "LeakKind",
    "Strength",
    "TemplatePart",
    "TemplateReport",
    "TraceFacts",
    "Verdict",
    "check_trace",
    "facts_of_view",
]
