"""Claims that the rules cannot verify, put to a language model; its verdicts are marked as such."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from geobench_tools.answers import READER_VERSION, Reading, read
from geobench_tools.evaluation import ANSWERED, RunSpec, Sample, SampleRecord, final_records, run
from geobench_tools.models import JSON, Message, Model, Sampling
from geobench_tools.progress import Progress
from geobench_tools.reasoning import CHECKER_VERSION, Claim, TraceFacts, Verdict
from geobench_tools.reasoning._batch import CheckedLine
from geobench_tools.reasoning._truth import truth_of

__all__ = ["Doubts", "judge"]

_CHOICES: dict[str, Verdict] = {"A": "supported", "B": "contradicted", "C": "unverifiable"}
_QUESTION = """\
What is known of a photo:
{known}

A text about the photo says: "{sentence}"
Is the part "{claim}" ({kind}) true of the photo?
A: true, it follows from what is known
B: false, it contradicts what is known
C: it cannot be told from what is known
Answer with one letter."""
_CONTEXT = 200
_VERSION = "1"


class Doubts:
    """The asserted claims of known views that the rules left open, as a benchmark to run.

    Args:
        lines: Checked traces.
        facts: What is known of each, in the same order.
    """

    name = "fact-check-judge"

    def __init__(self, lines: Sequence[CheckedLine], facts: Sequence[TraceFacts | None]) -> None:
        self._lines = lines
        self._facts = facts

    @property
    def identity(self) -> Mapping[str, JSON]:
        """What must be equal for verdicts to belong together."""
        return {"task": _VERSION, "checker": CHECKER_VERSION, "reader": READER_VERSION}

    def size(self) -> int:
        """Return the number of open claims."""
        return sum(1 for _ in self._open())

    def samples(self) -> Iterator[Sample]:
        """Yield one question for each open claim."""
        for line, facts, index, claim in self._open():
            start, end = claim.span
            text = line.trace.text
            question = _QUESTION.format(
                known=_known(facts),
                sentence=text[max(0, start - _CONTEXT) : end + _CONTEXT].replace("\n", " "),
                claim=claim.text,
                kind=claim.kind.replace("_", " "),
            )
            yield Sample(claim_name(line, index), self.name, (Message("user", (question,)),), None)

    def pool(self) -> Mapping[str, int]:
        """Return nothing: no reply is right for more than one claim."""
        return {}

    def read(self, text: str, sample: Sample) -> Reading:
        """Read one letter."""
        return read(text, "mcq", choices=list(_CHOICES))

    def score(self, records: Iterable[SampleRecord]) -> Mapping[str, JSON]:
        """Return how many claims got each verdict."""
        found = [r.reading.value for r in records if r.reading is not None]
        return {verdict: found.count(letter) for letter, verdict in _CHOICES.items()}

    def _open(self) -> Iterator[tuple[CheckedLine, TraceFacts, int, Claim]]:
        for line, facts in zip(self._lines, self._facts, strict=True):
            if facts is None:
                continue
            for index, claim in enumerate(line.checked.claims):
                if claim.verdict == "unverifiable" and claim.strength == "asserted":
                    yield line, facts, index, claim


def claim_name(line: CheckedLine, index: int) -> str:
    """Return the name of a claim's question: line of the trace, number of the claim."""
    return f"{line.trace.number}.{index}"


def judge(
    lines: Sequence[CheckedLine],
    facts: Sequence[TraceFacts | None],
    model: Model,
    name: str,
    folder: Path,
    progress: Progress,
) -> list[CheckedLine]:
    """Ask a model about the open claims, and return the traces with its verdicts.

    Args:
        lines: Checked traces.
        facts: What is known of each.
        model: Who is asked.
        name: What the verdicts are marked with.
        folder: Run directory of the questions; the same call resumes, nothing is asked twice.
        progress: Told of each reply.

    Raises:
        InputError: The folder holds another run.
        ModelError: The model does not exist or refuses the key.
        PartialFailure: Some questions have no reply; those that have one are kept.
    """
    doubts = Doubts(lines, facts)
    if not doubts.size():
        return list(lines)
    result = run(RunSpec(folder, Sampling(temperature=0.0)), doubts, model, progress)
    failure = result.failure()
    if failure is not None:
        raise failure
    verdicts = {
        record.sample_id: _CHOICES[str(record.reading.value)]
        for record in final_records(folder)
        if record.status in ANSWERED and record.reading is not None and record.reading.value
    }
    return [_with_verdicts(line, verdicts, name) for line in lines]


def _with_verdicts(line: CheckedLine, verdicts: Mapping[str, Verdict], name: str) -> CheckedLine:
    claims = tuple(
        replace(
            claim,
            verdict=verdict,
            judge=name,
            evidence=replace(claim.evidence, rule="judged by a language model", source=name),
        )
        if (verdict := verdicts.get(claim_name(line, index))) is not None
        and claim.verdict == "unverifiable"
        else claim
        for index, claim in enumerate(line.checked.claims)
    )
    return replace(line, checked=replace(line.checked, claims=claims))


def _known(facts: TraceFacts) -> str:
    lines = []
    if facts.position is not None:
        lines.append(f"position: {facts.position[0]:.5f}, {facts.position[1]:.5f}")
    place = truth_of(facts).place
    if place is not None:
        lines.append(f"nearest town: {place.city}, {place.admin1}, {place.country}")
        lines.append(f"climate class: {place.koppen}; time zone: {place.timezone}")
    if facts.places:
        lines.append(f"names: {'; '.join(facts.places)}")
    if facts.captured_at is not None:
        lines.append(f"taken: {facts.captured_at:%Y-%m-%d %H:%M} UTC")
    if facts.heading_deg is not None:
        lines.append(f"camera heading: {facts.heading_deg:.0f} degrees")
    return "\n".join(f"- {line}" for line in lines) or "- nothing"
