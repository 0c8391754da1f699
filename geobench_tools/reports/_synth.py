"""Synthesis of reasoning traces: questions and a teacher in; replies, traces, rows, pages out."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from geobench_tools.answers import READER_VERSION
from geobench_tools.errors import InputError
from geobench_tools.evaluation import (
    ANSWERED,
    SAMPLES,
    RunSpec,
    Totals,
    cost_of,
    dry_run,
    run,
    total_of,
)
from geobench_tools.files import atomic_file, atomic_folder, remove_leftovers, sha256_file
from geobench_tools.models import JSON, Model, Usage, default_model, parse_model
from geobench_tools.pairing import default_pairs, load_prompt, open_pairs
from geobench_tools.progress import SILENT, Progress
from geobench_tools.provenance import Manifest, digest_input, package_versions, write_manifest
from geobench_tools.reasoning import CHECKER_VERSION
from geobench_tools.reasoning._select import Candidate, select
from geobench_tools.reasoning._sft import TraceRow, write_sft
from geobench_tools.reasoning._synth_questions import TraceQuestions
from geobench_tools.reasoning._teacher import Teacher, load_teacher_prompt
from geobench_tools.reasoning._teacher_budget import BudgetedModel, BudgetSpent
from geobench_tools.reasoning._template_teacher import TemplateTeacher
from geobench_tools.reports._synth_ask import Round
from geobench_tools.reports._synth_card import write_synth_card
from geobench_tools.reports._synth_check import TraceChecker
from geobench_tools.reports._synth_log import TraceLog
from geobench_tools.reports._synth_page import write_synth_page
from geobench_tools.reports._synth_stats import SynthStats
from geobench_tools.reports._synth_types import TEMPLATE, SynthPlan, SynthReport, SynthRequest

__all__ = ["TRACES_KIND", "plan_synthesis", "synthesise"]

TRACES_KIND = "traces"
TRACES = "traces.jsonl"
_PACKAGES = ("geobench-tools", "numpy", "openai", "httpx2", "pillow", "datasketch", "vllm")
_DRY_QUESTIONS = 200
_TEACHERS = ("openai", "vllm", "hf", "replay")

Note = Callable[[str], None]


def synthesise(
    request: SynthRequest, progress: Progress = SILENT, *, note: Note = lambda _m: None
) -> SynthReport:
    """Ask a teacher for traces, check and select them, and write them out; repeat to resume.

    Raises:
        InputError: An option or the data are bad, or the output holds something else.
        ModelError: The model does not exist or the key is refused; what was finished is kept.
    """
    work = _Work(request, progress, note)
    _check_folder(request.out)
    log = TraceLog(request.out / TRACES)
    with log.appending():
        for folder in (request.out, *request.out.glob("replies/*/")):
            remove_leftovers(folder)
        checker = TraceChecker(
            work.questions, log, request.check, request.select.check_facts, work.template
        )
        stopped, missing = "", 0
        for number in range(request.repair + 1):
            ended = work.ask_round(number, checker)
            missing += ended.missing
            if stopped := ended.stopped:
                break
        return work.finish(log, stopped, missing)


def plan_synthesis(
    request: SynthRequest, progress: Progress = SILENT, *, note: Note = lambda _m: None
) -> SynthPlan:
    """Return what the first round would send; nothing is asked or written.

    Raises:
        InputError: An option or the data are bad.
    """
    work = _Work(request, progress, note)
    _check_folder(request.out)
    asked = Round(work.questions, work.teacher, TraceLog(request.out / TRACES), 0)
    made = dry_run(work.spec(0), asked, work.model, _DRY_QUESTIONS)
    return SynthPlan.of(made, work.name, len(work.questions), request)


@dataclass(frozen=True)
class _Ended:
    stopped: str
    missing: int


class _Work:
    """One synthesis: the questions, the teacher and the rounds."""

    def __init__(self, request: SynthRequest, progress: Progress, note: Note) -> None:
        self.request, self._progress, self._note = request, progress, note
        self.name = request.teacher or _default_teacher(note)
        self.embedded = request.pairs is None
        pairs = default_pairs(progress) if request.pairs is None else open_pairs(request.pairs)
        self.questions = TraceQuestions(pairs, request.splits, request.limit)
        self.teacher = Teacher(
            load_teacher_prompt(request.prompt),
            load_prompt(request.question),
            request.mode,
            request.hints,
        )
        self.template: TemplateTeacher | None = None
        self.model = self._made()

    def _made(self) -> Model:
        request = self.request
        if self.name != TEMPLATE:
            if request.inject_errors:
                raise InputError(
                    "--inject-errors is for the template teacher: errors of a model are its own",
                    hint="leave it out, or pass --teacher template",
                )
            if self.name.partition(":")[0] not in _TEACHERS:
                forms = ", ".join(f"{kind}:…" for kind in _TEACHERS)
                raise InputError(
                    f"--teacher {self.name!r} is not understood", hint=f"one of {forms}, {TEMPLATE}"
                )
            return parse_model(
                self.name,
                base_urls=request.base_urls,
                timeout_s=request.timeout_s,
                local=request.local,
            )
        if request.base_urls:
            raise InputError(
                "--base-url means nothing to the template teacher", hint="--teacher openai:NAME"
            )
        self.template = TemplateTeacher(
            self.questions, seed=request.select.seed, error_rate=request.inject_errors
        )
        return self.template

    def folder(self, number: int) -> Path:
        return self.request.out / "replies" / f"round-{number}"

    def spec(self, number: int) -> RunSpec:
        request = self.request
        return RunSpec(
            output=self.folder(number),
            sampling=request.sampling,
            runs=request.samples if number == 0 else 1,
            max_side_px=request.max_side_px,
            concurrency=request.concurrency,
            max_attempts=request.max_attempts,
            prices=request.prices,
        )

    def ask_round(self, number: int, checker: TraceChecker) -> _Ended:
        asked = Round(self.questions, self.teacher, checker.log, number)
        if number and not asked.size():
            return _Ended("", 0)
        try:
            result = run(self.spec(number), asked, self._limited(), self._progress, note=self._note)
        except BudgetSpent as spent:
            ended = _Ended(spent.message, 0)
        else:
            statuses = result.totals.statuses
            interrupted = "interrupted; what is finished is kept" if result.interrupted else ""
            ended = _Ended(result.stopped or interrupted, statuses["error"] + statuses["skipped"])
        with self._progress.task(f"checking round {number}") as advance:
            checker.check_round(self.folder(number), number, advance)
        return ended

    def _limited(self) -> Model:
        budget, prices = self.request.budget, self.request.prices
        if not budget.limited or self.template:
            return self.model

        def cost(usage: Usage) -> float | None:
            return None if prices is None else cost_of(usage, prices)

        spent = [totals for _, totals in self.totals()]
        priced = [cost(Usage(t.prompt_tokens, t.completion_tokens)) or t.cost for t in spent]
        return BudgetedModel(
            self.model,
            budget,
            cost,
            cost=sum(filter(None, priced)),
            tokens=sum(totals.prompt_tokens + totals.completion_tokens for totals in spent),
            replies=sum(totals.statuses[status] for totals in spent for status in ANSWERED),
        )

    def totals(self) -> Iterator[tuple[int, Totals]]:
        number = 0
        while (self.folder(number) / SAMPLES).exists():
            yield number, total_of(self.folder(number))
            number += 1

    def finish(self, log: TraceLog, stopped: str, missing: int) -> SynthReport:
        """Select among the traces and write everything that is derived from them."""
        out, request = self.request.out, self.request
        names = self._in_order(log)
        rejected = select(_candidates(log, names), request.select)
        stats = SynthStats()
        kept: list[str] = []
        with (
            atomic_file(out / "kept.jsonl") as kept_path,
            atomic_file(out / "rejected.jsonl") as rejected_path,
            kept_path.open("w", encoding="utf-8") as kept_file,
            rejected_path.open("w", encoding="utf-8") as rejected_file,
        ):
            for line in log.lines(names):
                if line["id"] in rejected:
                    line["reason"], line["detail"] = rejected[line["id"]]
                stats.add(line)
                target = rejected_file if line["reason"] else kept_file
                target.write(json.dumps(line, ensure_ascii=False) + "\n")
                if not line["reason"]:
                    kept.append(line["id"])
        with (
            self._progress.task("writing rows", len(kept)) as advance,
            atomic_folder(out / "sft", overwrite=True) as folder,
        ):
            rows = self._rows(log, kept, advance)
            sft = write_sft(
                folder, rows, self.questions.pairs, self.teacher.question, request.images
            )
        report = SynthReport(
            out,
            self.name,
            self.embedded,
            stats,
            sft,
            self._replies(),
            missing,
            stopped,
        )
        manifest = self._manifest(report)
        write_synth_card(report, manifest, out / "card.md")
        write_synth_page(report, manifest, out / "report.html")
        write_manifest(manifest, out / "manifest.json")
        return report

    def _in_order(self, log: TraceLog) -> list[str]:
        order = {asked.question.id: place for place, asked in enumerate(self.questions)}
        found = [
            (order[entry.question_id], entry.round, entry.run_index, name)
            for name, entry in log.entries.items()
            if entry.question_id in order
        ]
        return [name for *_, name in sorted(found)]

    def _rows(
        self, log: TraceLog, kept: list[str], advance: Callable[[int], None]
    ) -> Iterator[TraceRow]:
        walk = iter(self.questions)
        asked = next(walk, None)
        for line in log.lines(kept):
            while asked is not None and asked.question.id != line["question_id"]:
                asked = next(walk, None)
            if asked is not None:
                yield TraceRow(line["id"], asked.question, line["text"])
            advance(1)

    def _replies(self) -> dict[str, JSON]:
        replies: dict[str, JSON] = {}
        cost: float | None = None
        for _, totals in self.totals():
            for name, count in totals.document().items():
                before = replies.get(name, 0)
                replies[name] = count + (before if isinstance(before, int) else 0)
            if totals.cost is not None:
                cost = (cost or 0.0) + totals.cost
        return {**replies, "cost": cost}

    def _manifest(self, report: SynthReport) -> Manifest:
        request, out, pairs = self.request, self.request.out, self.questions.pairs
        inputs = [digest_input(pairs.folder / "manifest.json")]
        inputs += [digest_input(path) for path in (request.prompt, request.question) if path]
        parameters = {
            "teacher": self.name,
            "model": self.model.identity,
            "pairs": "embedded" if self.embedded else str(request.pairs),
            "splits": list(self.questions.splits),
            "limit": request.limit,
            "samples": request.samples,
            "mode": request.mode,
            "hints": list(request.hints),
            "prompt": {"name": self.teacher.prompt.name, "sha256": self.teacher.prompt.sha256},
            "question": {
                "name": self.teacher.question.name,
                "sha256": self.teacher.question.sha256,
            },
            "repair": request.repair,
            "inject_errors": request.inject_errors,
            "check": asdict(request.check),
            "select": asdict(request.select),
            "sampling": request.sampling.document(),
            "max_side_px": request.max_side_px,
            "checker": CHECKER_VERSION,
            "reader": READER_VERSION,
            "image_root": "sft",
            "images": request.images,
        }
        counts = {
            "traces": report.stats.traces,
            "kept": report.stats.kept,
            **{f"sft_{split}": rows for split, rows in report.sft.rows.items()},
            "images": report.sft.images,
            **{f"replies_{k}": v for k, v in report.totals.items() if isinstance(v, int)},
        }
        return Manifest(
            TRACES_KIND,
            parameters,
            seed=request.select.seed,
            inputs=tuple(inputs),
            counts=counts,
            dropped=dict(report.stats.reasons),
            outputs={name: sha256_file(out / name) for name in ("kept.jsonl", "rejected.jsonl")},
            packages=package_versions(_PACKAGES),
        )


def _default_teacher(note: Note) -> str:
    name, said = default_model()
    if name.startswith("openai:"):
        note(said)
        return name
    note(
        "no teacher was named and OPENAI_BASE_URL/OPENAI_MODEL are not set: the embedded template "
        "teacher writes true sentences from the facts of the rendered world"
    )
    return TEMPLATE


def _check_folder(out: Path) -> None:
    if out.is_file():
        raise InputError(f"{out} is a file", hint="choose another output")
    if out.exists() and any(out.iterdir()) and not (out / TRACES).exists():
        raise InputError(f"{out} is not empty and holds no {TRACES}", hint="choose another output")


def _candidates(log: TraceLog, names: Sequence[str]) -> Iterator[Candidate]:
    good = (name for name in names if not log.entries[name].reason)
    for line in log.lines(good):
        yield Candidate(line["id"], line["question_id"], line["place"], line["text"])
