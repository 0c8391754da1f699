"""What a teacher is asked, round by round, as a benchmark that the runner runs."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from geobench_tools.answers import READER_VERSION, Reading, read
from geobench_tools.evaluation import Sample, SampleRecord
from geobench_tools.models import JSON, Message
from geobench_tools.pairing import candidate_labels
from geobench_tools.provenance import digest_input
from geobench_tools.reasoning._claims import CheckedTrace
from geobench_tools.reasoning._select import problems_of
from geobench_tools.reasoning._synth_questions import TraceQuestion, TraceQuestions
from geobench_tools.reasoning._teacher import Teacher
from geobench_tools.reports._synth_log import TraceLog

__all__ = ["Round", "trace_id"]

_TASK_VERSION = "1"
_REPAIRED = ("facts", "template", "leak", "length")


def trace_id(question_id: str, number: int, run_index: int) -> str:
    """Return the name of a trace: question, round, sample."""
    return f"{question_id}~{number}.{run_index}"


class Round:
    """One round of questions: the first, or the repair of what the one before got wrong.

    Args:
        questions: All questions.
        teacher: How they are put.
        log: What earlier rounds gave; read when the round's samples are asked for.
        number: 0 for the first round.
    """

    name = "synth-cot"

    def __init__(
        self, questions: TraceQuestions, teacher: Teacher, log: TraceLog, number: int
    ) -> None:
        self._questions = questions
        self._teacher = teacher
        self._log = log
        self._number = number
        pairs = questions.pairs
        self._roots = {kind: pairs.image_root(kind) for kind in ("ground", "satellite")}
        self._labels = candidate_labels(pairs.k, "letters")

    @property
    def identity(self) -> Mapping[str, JSON]:
        """What must be equal for replies to belong together; not how many questions are asked."""
        pairs = self._questions.pairs
        return {
            "task": _TASK_VERSION,
            "questions": pairs.manifest.outputs.get("questions_digest") or self._digest(),
            "k": pairs.k,
            "splits": list(self._questions.splits),
            "prompt": self._teacher.prompt.sha256,
            "question": self._teacher.question.sha256,
            "mode": self._teacher.mode,
            "hints": list(self._teacher.hints),
            "reader": READER_VERSION,
            "round": self._number,
        }

    def size(self) -> int:
        """Return the number of samples."""
        if self._number == 0:
            return len(self._questions)
        return sum(len(runs) for runs in self._rejected().values())

    def samples(self) -> Iterator[Sample]:
        """Yield the questions in the set's order; in a repair each with what went before."""
        rejected = self._rejected() if self._number else {}
        for asked in self._questions:
            question = asked.question
            if self._number == 0:
                yield self._sample(asked, question.id, self._asked(asked), None)
                continue
            for run_index in rejected.get(question.id, ()):
                messages = (*self._asked(asked), *self._history(question.id, run_index))
                yield self._sample(asked, f"{question.id}~{run_index}", messages, run_index)

    def pool(self) -> Mapping[str, int]:
        """Return nothing: no reply is right for more than one question."""
        return {}

    def read(self, text: str, sample: Sample) -> Reading:
        """Read one letter."""
        return read(text, "mcq", choices=self._labels)

    def score(self, records: Iterable[SampleRecord]) -> Mapping[str, JSON]:
        """Return the share of right answers."""
        right = [r.reading is not None and r.reading.value == r.target for r in records]
        return {"accuracy": sum(right) / len(right) if right else None}

    def _digest(self) -> str:
        """Return a digest of the questions of a set that does not say its own."""
        folder = self._questions.pairs.folder
        return " ".join(digest_input(folder / split).sha256 for split in self._questions.splits)

    def _asked(self, asked: TraceQuestion) -> tuple[Message, ...]:
        return self._teacher.ask(asked, self._roots)

    def _sample(
        self,
        asked: TraceQuestion,
        name: str,
        messages: tuple[Message, ...],
        run_index: int | None,
    ) -> Sample:
        row: Mapping[str, Any] = asked.question.row
        metadata: dict[str, JSON] = {"question_id": asked.question.id, "place": asked.place}
        if run_index is not None:
            metadata["run_index"] = run_index
        return Sample(
            name, self.name, messages, asked.answer, group=str(row["ground_id"]), metadata=metadata
        )

    def _rejected(self) -> dict[str, list[int]]:
        """Return the samples of the round before that a repair may help, by question."""
        found: dict[str, list[int]] = {}
        for entry in self._log.entries.values():
            if entry.round == self._number - 1 and entry.reason in _REPAIRED:
                found.setdefault(entry.question_id, []).append(entry.run_index)
        return {question_id: sorted(runs) for question_id, runs in found.items()}

    def _history(self, question_id: str, run_index: int) -> list[Message]:
        names = [trace_id(question_id, number, run_index) for number in range(self._number)]
        said: list[Message] = []
        for line in self._log.lines(names):
            problems = problems_of(CheckedTrace.from_json(line))
            said += self._teacher.repair(line["text"], problems)
        return said
