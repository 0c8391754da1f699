"""A statement found in a trace, before and after it is judged."""

from dataclasses import dataclass

from geobench_tools.reasoning._claims import (
    Claim,
    ClaimKind,
    ClaimValue,
    Evidence,
    Span,
    Strength,
    Verdict,
)

__all__ = ["UNKNOWN", "Finding", "Judgement", "judged"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a statement is true: None where that cannot be told."""

    true: bool | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Finding:
    """A statement with its judgement, whatever its strength."""

    kind: ClaimKind
    span: Span
    value: ClaimValue
    strength: Strength
    judgement: Judgement


UNKNOWN = Judgement(None, Evidence("", "nothing is known to compare it with", ""))


def judged(text: str, finding: Finding) -> Claim:
    """Return the claim: only what is asserted can be contradicted.

    A hedged statement that is true is supported, and so is a denial of what is false.
    """
    true, strength = finding.judgement.true, finding.strength
    evidence = finding.judgement.evidence
    verdict: Verdict = "unverifiable"
    if true is not None:
        if strength == "asserted":
            verdict = "supported" if true else "contradicted"
        elif strength == "hedged":
            verdict = "supported" if true else "unverifiable"
        elif strength == "negated":
            verdict = "unverifiable" if true else "supported"
        if verdict == "unverifiable":
            rule = f"{evidence.rule}; only asserted claims can be contradicted"
            evidence = Evidence(evidence.known, rule, evidence.source, evidence.distance_m)
    start, end = finding.span
    return Claim(
        finding.kind, text[start:end], finding.span, finding.value, strength, verdict, evidence
    )
