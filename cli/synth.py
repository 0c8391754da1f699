"""``geor1 synth-cot``: reasoning traces from a teacher, checked and selected."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from . import _asking
from ._console import JsonOption, QuietOption, Verbatim, command, fail, table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from geobench_tools.reports import SynthPlan, SynthReport

__all__ = ["register"]

DATA, TEACHER, PROMPT, CHECK, KEEP, COST = (
    *("Questions and output", "Teacher", "What it is told"),
    *("Checks", "Selection", "Cost"),
)

Images = Literal["copy", "link"]


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("synth-cot")(synth_cot)


def synth_cot(
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Folder of the traces. The same command resumes.",
            rich_help_panel=DATA,
        ),
    ] = Path("traces"),
    pairs: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Pairing set. Without it, the embedded default is used.",
            rich_help_panel=DATA,
            show_default=False,
        ),
    ] = None,
    split: Annotated[
        str, typer.Option(metavar="NAME,…", help="Splits to ask.", rich_help_panel=DATA)
    ] = "train",
    limit: Annotated[
        int | None,
        typer.Option(
            help="Only the first so many questions.", rich_help_panel=DATA, show_default=False
        ),
    ] = None,
    images: Annotated[
        Images,
        typer.Option(
            help="How the images of the rows get into sft/; geor1 train takes copies only, since "
            "links lead out of the folder.",
            rich_help_panel=DATA,
        ),
    ] = "copy",
    teacher: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help="openai:NAME, vllm:PATH, hf:PATH, replay:FILE, or template: no model, true "
            "sentences from the facts of a rendered world. By default OPENAI_MODEL at "
            "OPENAI_BASE_URL, else template.",
            rich_help_panel=TEACHER,
            show_default=False,
        ),
    ] = "",
    base_url: Annotated[list[str] | None, _asking.endpoints(TEACHER)] = None,
    samples: Annotated[
        int, typer.Option(help="Traces asked for each question.", rich_help_panel=TEACHER)
    ] = 1,
    repair: Annotated[
        int,
        typer.Option(
            metavar="R",
            help="Send a rejected trace back with what is wrong, up to R times.",
            rich_help_panel=TEACHER,
        ),
    ] = 0,
    temperature: Annotated[
        float, typer.Option(help="Sampling temperature.", rich_help_panel=TEACHER)
    ] = 0.7,
    top_p: Annotated[
        float | None,
        typer.Option(help="Nucleus sampling.", rich_help_panel=TEACHER, show_default=False),
    ] = None,
    max_tokens: Annotated[
        int,
        typer.Option(
            help="Most generated tokens of a reply, reasoning included.", rich_help_panel=TEACHER
        ),
    ] = 2048,
    concurrency: Annotated[int, _asking.concurrency(TEACHER)] = 32,
    max_attempts: Annotated[int, _asking.attempts(TEACHER)] = 5,
    timeout: Annotated[float, _asking.timeout(TEACHER)] = 600.0,
    max_image_side: Annotated[
        int | None,
        typer.Option(
            metavar="PX",
            help="Shrink larger images for the teacher.",
            rich_help_panel=TEACHER,
            show_default=False,
        ),
    ] = None,
    inject_errors: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="template: put one known error into so many traces, to see whether it is caught.",
            rich_help_panel=TEACHER,
        ),
    ] = 0.0,
    rationalise: Annotated[
        bool,
        typer.Option(
            "--rationalise/--blind",
            help="Tell the teacher the right answer, or withhold it.",
            rich_help_panel=PROMPT,
        ),
    ] = True,
    hints: Annotated[
        str,
        typer.Option(
            metavar="NAME,…",
            help="Metadata it is told: place, country, climate, driving-side, time, position, "
            "heading.",
            rich_help_panel=PROMPT,
            show_default=False,
        ),
    ] = "",
    prompt: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.yaml",
            help="Teacher template in place of the built-in one; see --show-prompt.",
            rich_help_panel=PROMPT,
            show_default=False,
        ),
    ] = None,
    question: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.yaml",
            help="Question template, for teacher and rows alike.",
            rich_help_panel=PROMPT,
            show_default=False,
        ),
    ] = None,
    show_prompt: Annotated[
        bool,
        typer.Option(
            "--show-prompt",
            help="Print the built-in teacher template, to copy and change, and stop.",
            rich_help_panel=PROMPT,
        ),
    ] = False,
    fact_check: Annotated[
        bool,
        typer.Option(
            "--fact-check/--no-fact-check",
            help="Reject traces with a claim that is known to be wrong; without, only note it.",
            rich_help_panel=CHECK,
        ),
    ] = True,
    city_radius: Annotated[float, _asking.city_radius(CHECK)] = 25.0,
    min_words: Annotated[int, typer.Option(help="Shortest reasoning.", rich_help_panel=CHECK)] = 30,
    max_words: Annotated[int, typer.Option(help="Longest reasoning.", rich_help_panel=CHECK)] = 600,
    duplicates: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Similarity (shared 5-word sequences) from which a trace repeats another.",
            rich_help_panel=KEEP,
        ),
    ] = 0.8,
    per_question: Annotated[
        int | None,
        typer.Option(
            help="Most traces kept of a question.", rich_help_panel=KEEP, show_default=False
        ),
    ] = None,
    balance: Annotated[
        float,
        typer.Option(
            help="Most traces of a place, as a multiple of the median place; 0 for no limit.",
            rich_help_panel=KEEP,
        ),
    ] = 2.0,
    seed: Annotated[
        int, typer.Option(help="Seed of sampling and selection.", rich_help_panel=KEEP)
    ] = 0,
    max_cost: Annotated[
        float | None,
        typer.Option(
            help="Stop before all calls together cost more.",
            rich_help_panel=COST,
            show_default=False,
        ),
    ] = None,
    max_tokens_total: Annotated[
        int | None,
        typer.Option(
            help="Stop before all calls together use more tokens.",
            rich_help_panel=COST,
            show_default=False,
        ),
    ] = None,
    price_in: _asking.PriceIn = None,
    price_out: _asking.PriceOut = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Show the first prompt, tokens and cost of the first round; ask nothing.",
            rich_help_panel=COST,
        ),
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Let a teacher write reasoning traces; keep those that are right and contradict no fact.

    Without options it works offline: the template teacher on the embedded rendered world.

    Example: geor1 synth-cot --pairs pairs/ --teacher openai:qwen2.5-vl-72b --samples 2 -o traces/
    """
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.models import Sampling
        from geobench_tools.reasoning import (
            Budget,
            CheckOptions,
            SelectOptions,
            teacher_template,
        )
        from geobench_tools.reports import (
            SynthRequest,
            plan_synthesis,
            prices_of,
            synthesise,
        )

        if show_prompt:
            text = teacher_template()
            out.result({"prompt": text}, Verbatim(text.rstrip()))
            return
        request = SynthRequest(
            out=output,
            pairs=pairs,
            teacher=teacher,
            base_urls=base_url or (),
            splits=_names(split),
            limit=limit,
            samples=samples,
            mode="rationalise" if rationalise else "blind",
            hints=_names(hints),
            prompt=prompt,
            question=question,
            repair=repair,
            inject_errors=inject_errors,
            check=CheckOptions(
                city_radius_m=city_radius * 1000.0, min_words=min_words, max_words=max_words
            ),
            select=SelectOptions(
                check_facts=fact_check,
                duplicate_similarity=duplicates,
                per_question=per_question,
                balance=balance,
                seed=seed,
            ),
            sampling=Sampling(
                temperature=temperature, top_p=top_p, max_tokens=max_tokens, seed=seed
            ),
            budget=Budget(max_cost, max_tokens_total),
            prices=prices_of(price_in, price_out),
            concurrency=concurrency,
            max_attempts=max_attempts,
            timeout_s=timeout,
            max_side_px=max_image_side,
            images=images,
        )
        if dry_run:
            plan = plan_synthesis(request, out.progress, note=out.note)
            out.result(plan.document(), *_plan(plan))
            return
        report = synthesise(request, out.progress, note=out.note)
        out.result(report.document(), *_tables(report))
        if failure := report.failure():
            if as_json:
                raise typer.Exit(failure.exit_code)
            fail(failure, False)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _plan(plan: "SynthPlan") -> "list[RenderableType]":
    return [
        table("dry run", ("", ""), plan.rows()),
        Verbatim(f"first prompt:\n{plan.prompt}"),
    ]


def _tables(report: "SynthReport") -> "list[RenderableType]":
    stats = report.stats
    outcomes = [("kept", stats.kept, "")]
    for reason, count in stats.outcomes():
        most = stats.details[reason].most_common(4)
        outcomes.append((reason, count, ", ".join(f"{name} {n:,}" for name, n in most)))
    shown = [table(f"{stats.traces:,} traces", ("outcome", "traces", "most often"), outcomes)]
    if claims := stats.verdict_rows():
        header = ("kind", "supported", "contradicted", "unverifiable", "all")
        shown.append(table("claims of all traces", header, claims))
    if injected := stats.injected_rows():
        rows = [
            (row.kind, row.check, row.traces, row.caught, row.otherwise, f"{row.rate:.3f}",
             f"{row.low:.2f} to {row.high:.2f}")
            for row in injected
        ]  # fmt: skip
        columns = ("error", "to be found by", "traces", "caught", "by another", "rate", "95 %")
        shown.append(table("injected errors", columns, rows))
        shown.append(f"true traces rejected for a fact: {stats.false_alarms:,} of {stats.clean:,}")
    shown.append(f"{report.out}: kept.jsonl, sft/, card.md; open {report.out / 'report.html'}")
    return shown
