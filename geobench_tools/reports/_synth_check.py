"""From the replies of a round to the lines of ``traces.jsonl``."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geobench_tools.answers import READER_VERSION, read
from geobench_tools.evaluation import ANSWERED, SampleRecord, final_records
from geobench_tools.pairing import candidate_labels
from geobench_tools.progress import Advance
from geobench_tools.reasoning import CHECKER_VERSION, CheckOptions, check_trace
from geobench_tools.reasoning._select import judge
from geobench_tools.reasoning._synth_questions import TraceQuestion, TraceQuestions
from geobench_tools.reasoning._template_teacher import TemplateTeacher
from geobench_tools.reports._synth_ask import trace_id
from geobench_tools.reports._synth_log import TraceLog

__all__ = ["TraceChecker"]


@dataclass(frozen=True)
class TraceChecker:
    """Checks replies that are not in the log yet, or were checked otherwise.

    Attributes:
        questions: All questions.
        log: Open for appending.
        options: Of the fact checker.
        check_facts: Whether contradicted claims reject a trace.
        template: The template teacher, if it wrote the replies.
    """

    questions: TraceQuestions
    log: TraceLog
    options: CheckOptions
    check_facts: bool
    template: TemplateTeacher | None

    def check_round(self, folder: Path, number: int, advance: Advance) -> None:
        """Check the replies of a round.

        Args:
            folder: Its run directory.
            number: Of the round.
            advance: Told of each reply.
        """
        records = (record for record in final_records(folder) if record.status in ANSWERED)
        for asked, record in _with_questions(self.questions, records):
            run_index = _run_index(record)
            text = _whole(record)
            name = trace_id(asked.question.id, number, run_index)
            signature = self._signature(text, asked)
            known = self.log.entries.get(name)
            if known is None or known.signature != signature:
                line = self._line(asked, record, text)
                place = {"id": name, "round": number, "run_index": run_index}
                self.log.append(place | line | {"signature": signature})
            advance(1)

    def _signature(self, text: str, asked: TraceQuestion) -> str:
        parts = (text, asked.answer, CHECKER_VERSION, READER_VERSION, self.options)
        whole = repr((*parts, self.check_facts))
        return hashlib.blake2b(whole.encode("utf-8", "replace"), digest_size=12).hexdigest()

    def _line(self, asked: TraceQuestion, record: SampleRecord, text: str) -> dict[str, Any]:
        question = asked.question
        reading = read(text, "mcq", choices=candidate_labels(len(question.images) - 1, "letters"))
        checked = check_trace(text, asked.facts, self.options)
        reason, detail = judge(reading, asked.answer, checked, check_facts=self.check_facts)
        injected = ""
        if self.template is not None and "run_index" not in record.metadata:
            injected = self.template.injected(question.id, record.run_index)
        return {
            "question_id": question.id,
            "split": question.split,
            "view_id": question.row["ground_id"],
            "place": asked.place,
            "clique_id": question.facts()["clique_id"],
            "answer": asked.answer,
            "text": text,
            "reading": {"value": reading.value, "status": reading.status},
            **checked.to_json(),
            "reason": reason or "",
            "detail": detail,
            "injected": injected,
        }


def _with_questions(
    questions: Iterable[TraceQuestion], records: Iterable[SampleRecord]
) -> Iterator[tuple[TraceQuestion, SampleRecord]]:
    """Pair records with their questions, both in the set's order; once for each run index.

    Records of questions that are not among the given ones are left out.
    """
    walk: Iterator[TraceQuestion] = iter(())
    asked: TraceQuestion | None = None
    run_index = -1
    for record in records:
        if record.run_index != run_index:
            walk, run_index = iter(questions), record.run_index
            asked = next(walk, None)
        name = record.metadata.get("question_id")
        while asked is not None and asked.question.id != name:
            asked = next(walk, None)
        if asked is not None:
            yield asked, record


def _run_index(record: SampleRecord) -> int:
    """Return the number of the sample; a repair's record names the one that it repairs."""
    named = record.metadata.get("run_index")
    return named if isinstance(named, int) else record.run_index


def _whole(record: SampleRecord) -> str:
    """Return the reply with reasoning that the endpoint returned apart from it."""
    if record.reasoning and "<think>" not in record.text:
        return f"<think>{record.reasoning}</think>{record.text}"
    return record.text
