"""What a checked trace consists of: claims with verdicts, leaks, and the state of its template."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

__all__ = [
    "CHECKER_VERSION",
    "CLAIM_KINDS",
    "CheckOptions",
    "CheckedTrace",
    "Claim",
    "ClaimKind",
    "ClaimValue",
    "Evidence",
    "Leak",
    "LeakKind",
    "Span",
    "Strength",
    "TemplatePart",
    "TemplateReport",
    "Verdict",
]

CHECKER_VERSION = "3"
"""Changes whenever any trace may be judged differently; artefacts that hold verdicts record it."""

ClaimKind = Literal[
    "coordinates",
    "country",
    "admin1",
    "city",
    "continent",
    "hemisphere",
    "coast",
    "climate",
    "driving_side",
    "language",
    "script",
    "currency",
    "phone_prefix",
    "tld",
    "timezone",
    "season",
    "sun",
    "bearing",
    "candidate",
    "scene",
]
CLAIM_KINDS: tuple[ClaimKind, ...] = get_args(ClaimKind)

Strength = Literal["asserted", "hedged", "negated", "contrast"]
Verdict = Literal["supported", "contradicted", "unverifiable"]
LeakKind = Literal["exact_coordinates", "metadata_quoted", "answer_quoted", "identifier"]
TemplatePart = Literal["visual", "cross_view", "knowledge", "conclusion"]
Span = tuple[int, int]
ClaimValue = str | float | tuple[float, float]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a claim got its verdict.

    Attributes:
        known: What was known of the question, in words; empty where nothing was.
        rule: The rule that decided, in words.
        source: Where what was known comes from: ``metadata``, ``gazetteer``, ``borders`` …
        distance_m: Distance between claim and truth, metres, where one was measured.
    """

    known: str
    rule: str
    source: str
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One checkable statement of a trace.

    Attributes:
        kind: What it is about.
        text: Its words, as written.
        span: Offsets (start, end) of ``text`` in the trace.
        value: What it says, normalised: ISO code, name, (latitude, longitude), degrees, label …
        strength: ``asserted``; ``hedged`` ("could be Lyon"); ``negated`` ("not Japan");
            ``contrast`` ("unlike in Japan"). Only asserted claims can be contradicted.
        verdict: ``supported``, ``contradicted`` or ``unverifiable``.
        evidence: Why.
        judge: The language model that gave the verdict; empty for the rules' own.
    """

    kind: ClaimKind
    text: str
    span: Span
    value: ClaimValue
    strength: Strength
    verdict: Verdict
    evidence: Evidence
    judge: str = ""


@dataclass(frozen=True, slots=True)
class Leak:
    """Words that quote what no viewer of the images could know.

    Attributes:
        kind: ``exact_coordinates``, ``metadata_quoted`` ("according to the EXIF"),
            ``answer_quoted`` ("the given answer") or ``identifier`` (a file name or tile id).
        text: The words.
        span: Their offsets in the trace.
    """

    kind: LeakKind
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class TemplateReport:
    """Whether a trace follows the four-part template inside well-formed tags.

    Attributes:
        parts: Offsets of each part that was found.
        problems: What is wrong, as stable identifiers such as ``missing:cross_view``; see
            ``docs/reference/fact-check.md`` for the list.
        words: Number of words of the reasoning.
        repetition: Share of the reasoning's 6-word sequences that occurred before, in [0, 1].
    """

    parts: Mapping[TemplatePart, Span] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    words: int = 0
    repetition: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """How strictly traces are checked.

    Attributes:
        city_radius_m: Any place of the mentioned name within this distance supports a city.
        coordinates_radius_m: Distance up to which coordinates are right, metres; the rounding of
            the written numbers and the position's own error are added.
        coast_near_m: "On the coast" is right up to this distance from the sea, metres.
        coast_far_m: "Far inland" is right from this distance on, metres.
        bearing_tolerance_deg: Largest error of a compass direction; half a sector is added for
            directions in words (22.5° for the eight-point rose, 45° for the four-point one).
        exact_decimals: Decimal places from which on coordinates are more than a viewer can know.
        min_words: Shortest reasoning that passes the template check, words.
        max_words: Longest reasoning that passes the template check, words.
        max_repetition: Largest share of repeated 6-word sequences that passes.
        template: Whether to check the template at all.
    """

    city_radius_m: float = 25_000.0
    coordinates_radius_m: float = 25_000.0
    coast_near_m: float = 50_000.0
    coast_far_m: float = 50_000.0
    bearing_tolerance_deg: float = 22.5
    exact_decimals: int = 4
    min_words: int = 20
    max_words: int = 1200
    max_repetition: float = 0.3
    template: bool = True


@dataclass(frozen=True, slots=True)
class CheckedTrace:
    """The result of checking one trace.

    Attributes:
        claims: All claims in the order of the text.
        leaks: Quotations of what no viewer could see; any makes the trace a ``metadata_leak``.
        template: The template check.
        checker: ``CHECKER_VERSION``.
    """

    claims: tuple[Claim, ...]
    leaks: tuple[Leak, ...] = ()
    template: TemplateReport = field(default_factory=TemplateReport)
    checker: str = CHECKER_VERSION

    @property
    def contradictions(self) -> tuple[Claim, ...]:
        """The claims that are wrong."""
        return tuple(claim for claim in self.claims if claim.verdict == "contradicted")

    @property
    def flags(self) -> tuple[str, ...]:
        """What speaks against the trace: ``contradicted``, ``metadata_leak``, ``template``."""
        return tuple(
            name
            for name, raised in (
                ("contradicted", bool(self.contradictions)),
                ("metadata_leak", bool(self.leaks)),
                ("template", not self.template.passed),
            )
            if raised
        )

    def to_json(self) -> dict[str, Any]:
        """Return the result as a JSON object; ``from_json`` reads it back."""
        return {**asdict(self), "flags": list(self.flags)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "CheckedTrace":
        """Read what ``to_json`` returned.

        Raises:
            KeyError: The document lacks a field.
            TypeError: A part of the document is of another shape.
        """
        claims = tuple(
            Claim(
                **{
                    **claim,
                    "span": tuple(claim["span"]),
                    "value": _value(claim["value"]),
                    "evidence": Evidence(**claim["evidence"]),
                }
            )
            for claim in document["claims"]
        )
        leaks = tuple(Leak(**{**leak, "span": tuple(leak["span"])}) for leak in document["leaks"])
        template = document["template"]
        parts = {name: tuple(span) for name, span in template["parts"].items()}
        report = TemplateReport(
            **{**template, "parts": parts, "problems": tuple(template["problems"])}
        )
        return cls(claims, leaks, report, document["checker"])


def _value(value: Any) -> ClaimValue:
    return (float(value[0]), float(value[1])) if isinstance(value, list) else value
