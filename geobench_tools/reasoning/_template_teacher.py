"""A teacher without a model: it writes true traces from the facts of the rendered world."""

import asyncio
from collections.abc import Iterable, Mapping

from geobench_tools.errors import InputError
from geobench_tools.models import JSON, Reply, Request, Usage
from geobench_tools.reasoning._synth_questions import TraceQuestion
from geobench_tools.reasoning._template_teacher_draw import Draw
from geobench_tools.reasoning._template_teacher_errors import EDITS, ERROR_KINDS, SWAPS
from geobench_tools.reasoning._template_teacher_known import Known, known_of
from geobench_tools.reasoning._template_teacher_text import Parts, write_parts

__all__ = ["TemplateTeacher"]

_VERSION = "1"
_TITLES = ("Visual cues", "Cross-view evidence", "Geographic knowledge", "Conclusion")


class TemplateTeacher:
    """Answers as a model does, from what is known about the questions.

    A trace is a function of the seed, the question and the number of the sample. A reply to a
    conversation that holds an earlier reply (a repair) never has an injected error.

    Args:
        questions: All questions that will be asked.
        seed: Of wording and errors.
        error_rate: Share of the traces that get one error of a known kind.

    Raises:
        InputError: The rate is no share.
    """

    sees_images = False

    def __init__(
        self, questions: Iterable[TraceQuestion], *, seed: int = 0, error_rate: float = 0.0
    ) -> None:
        if not 0.0 <= error_rate <= 1.0:
            raise InputError(f"--inject-errors {error_rate:g} is no share", hint="0 to 1, as 0.1")
        self._known: dict[str, Known] = {}
        for asked in questions:
            self._known[asked.question.id] = known_of(asked)
        self._seed = seed
        self._rate = error_rate

    @property
    def identity(self) -> Mapping[str, JSON]:
        """Version of the sentences, seed and rate of errors."""
        return {
            "backend": "template",
            "version": _VERSION,
            "seed": self._seed,
            "inject_errors": self._rate,
        }

    def accepts(self, media_type: str) -> bool:
        """Return true: no image is looked at."""
        return True

    async def reply(self, request: Request) -> Reply:
        """Write one trace."""
        await asyncio.sleep(0)
        question_id, _, sample = request.sample_id.partition("~")
        again = sum(message.role == "assistant" for message in request.messages)
        run_index = int(sample) if sample else request.run_index
        return Reply(self.write(question_id, run_index, again), "stop", Usage(), "template")

    async def facts(self) -> Mapping[str, JSON]:
        """Return nothing: there is no endpoint."""
        return {}

    async def close(self) -> None:
        """Hold nothing, release nothing."""

    def injected(self, question_id: str, run_index: int) -> str:
        """Return the kind of error in a first reply; empty for a true one."""
        draw = Draw(self._seed, f"error {question_id} {run_index}")
        if not draw.chance(self._rate):
            return ""
        known = self._known[question_id]
        for kind in draw.shuffled(ERROR_KINDS):
            if kind not in SWAPS or SWAPS[kind].change(known, draw) is not None:
                return kind
        return ""

    def write(self, question_id: str, run_index: int = 0, again: int = 0) -> str:
        """Return a trace.

        Args:
            question_id: A question.
            run_index: Number of the sample.
            again: How many replies the conversation holds already.
        """
        known = self._known[question_id]
        error = "" if again else self.injected(question_id, run_index)
        draw = Draw(self._seed, f"trace {question_id} {run_index} {again}")
        stated = ""
        if error in SWAPS:
            swap = SWAPS[error]
            known = swap.change(known, draw) or known
            stated = swap.topic
        parts, letter = write_parts(known, draw, stated), known.letter
        if error in EDITS:
            parts, letter = EDITS[error].change(parts, known, draw)
        return f"<think>\n{_laid_out(parts, draw)}\n</think>\n<answer>{letter}</answer>"


def _laid_out(parts: Parts, draw: Draw) -> str:
    texts = (parts.visual, parts.cross_view, parts.knowledge, parts.conclusion)
    shape = draw.of(("{title}: {text}", "**{title}:** {text}", "{number}. {title}: {text}"))
    lines = [
        shape.format(number=number, title=title, text=text)
        for number, (title, text) in enumerate(zip(_TITLES, texts, strict=True), 1)
        if text
    ]
    return "\n".join(lines)
