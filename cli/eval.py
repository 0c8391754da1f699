"""``geor1 eval``: run benchmarks against a model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from . import _asking
from ._console import JsonOption, Output, QuietOption, command, fail, table
from ._families import FamilyOption, SettingOption, add_families, settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from geobench_tools.evaluation import DryRun
    from geobench_tools.reports import Evaluated, SuiteResult

__all__ = ["DataOption", "ProtocolOption", "RevisionOption", "register", "score_tables"]

DATA, MODEL, ASKING, SHARE, COST = "Data", "Model", "Sampling", "Scope", "Cost"
SUITE = "Suite"

Protocol = Literal["strict", "official"]
Probe = Literal["none", "blank-ground", "tiles-only", "shuffled-tiles", "8px", "no-image"]

DataOption = Annotated[
    str,
    typer.Option(
        "--data",
        metavar="PATH",
        help="Local folder of the data (for pairing: the pairing set), or OWNER/NAME on the Hub "
        "with --revision, or hub for the one that the manifest names. Without it: the SAMPLE set, "
        "which measures nothing.",
        rich_help_panel=DATA,
        show_default=False,
    ),
]
DataListOption = Annotated[
    list[str] | None,
    typer.Option(
        "--data",
        metavar="[NAME=]PATH",
        help="Local folder of the data (for pairing: the pairing set), OWNER/NAME on the Hub with "
        "--revision, hub for the manifest's own, or sample. Repeat it with NAME=, a benchmark or "
        "family, where several are run. By default the root in geor1.toml, else the SAMPLE set, "
        "which measures nothing.",
        rich_help_panel=DATA,
        show_default=False,
    ),
]
RevisionOption = Annotated[
    str | None,
    typer.Option(
        metavar="COMMIT",
        help="Commit of a data set of the Hub.",
        rich_help_panel=DATA,
        show_default=False,
    ),
]
ProtocolOption = Annotated[
    Protocol, typer.Option(help="Which of the two protocols is shown first.")
]


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("eval")(evaluate)


def evaluate(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME...", help="Benchmarks, see: geor1 benchmarks list", show_default=False
        ),
    ] = None,
    suite: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="All benchmarks of a suite in one table: geo-r1, or a FILE.yaml of its form.",
            rich_help_panel=SUITE,
            show_default=False,
        ),
    ] = "",
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="With --suite: the base model's suite folder or run, for differences.",
            rich_help_panel=SUITE,
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="With --against: compare runs that were not asked alike.",
            rich_help_panel=SUITE,
        ),
    ] = False,
    model: Annotated[
        str,
        typer.Option(
            help="openai:NAME, vllm:PATH, hf:PATH, geoclip, majority, random[:SEED], "
            "constant:TEXT, replay:FILE, or a name of geor1.toml. By default OPENAI_MODEL at "
            "OPENAI_BASE_URL, else the file's default, else majority.",
            rich_help_panel=MODEL,
            show_default=False,
        ),
    ] = "",
    base_url: Annotated[list[str] | None, _asking.endpoints(MODEL)] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Run directory (a folder of them for several benchmarks); by default "
            "runs/NAME_MODEL. The same command resumes.",
            show_default=False,
        ),
    ] = None,
    protocol: ProtocolOption = "strict",
    data: DataListOption = None,
    revision: RevisionOption = None,
    split: Annotated[
        str | None,
        typer.Option(help="Split; pairing: test.", rich_help_panel=DATA, show_default=False),
    ] = None,
    settings: SettingOption = None,
    family: FamilyOption = None,
    probe: Annotated[
        Probe, typer.Option(help="Withhold something, as a control.", rich_help_panel=DATA)
    ] = "none",
    circular: Annotated[
        bool,
        typer.Option(
            "--circular",
            help="pairing: ask each question once for each rotation of its tiles.",
            rich_help_panel=DATA,
        ),
    ] = False,
    prompt: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.yaml",
            help="pairing: question template.",
            rich_help_panel=DATA,
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            help="Only the first so many samples.", rich_help_panel=SHARE, show_default=False
        ),
    ] = None,
    runs: Annotated[
        int, typer.Option(help="How often each sample is asked.", rich_help_panel=SHARE)
    ] = 1,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N",
            help="Only a part of the samples; see: geor1 runs merge",
            rich_help_panel=SHARE,
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Show prompt, image sizes, tokens and cost; ask nothing.",
            rich_help_panel=COST,
        ),
    ] = False,
    concurrency: Annotated[int, _asking.concurrency(MODEL)] = 32,
    max_attempts: Annotated[int, _asking.attempts(MODEL)] = 5,
    timeout: Annotated[float, _asking.timeout(MODEL)] = 600.0,
    max_image_side: Annotated[
        int | None,
        typer.Option(
            metavar="PX",
            help="Shrink larger images; by default they go out untouched.",
            rich_help_panel=MODEL,
            show_default=False,
        ),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(
            help="By default what the benchmark's own code uses.",
            rich_help_panel=ASKING,
            show_default=False,
        ),
    ] = None,
    top_p: Annotated[
        float | None,
        typer.Option(
            help="Nucleus sampling: least probability mass kept.",
            rich_help_panel=ASKING,
            show_default=False,
        ),
    ] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(
            help="Most generated tokens, reasoning included.",
            rich_help_panel=ASKING,
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="Sampling seed.", rich_help_panel=ASKING, show_default=False),
    ] = None,
    json_object: Annotated[
        bool | None,
        typer.Option(
            "--json-object/--free-text",
            help="Ask for JSON mode; by default as the benchmark's own code does.",
            rich_help_panel=ASKING,
            show_default=False,
        ),
    ] = None,
    price_in: _asking.PriceIn = None,
    price_out: _asking.PriceOut = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Ask a model the questions of benchmarks and score its replies; the same command resumes.

    Without a name or data: the suite geo-r1 on SAMPLE pictures.
    """
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.benchmarks import BenchmarkOptions, chosen_benchmarks, data_by_name
        from geobench_tools.evaluation import Shard
        from geobench_tools.reports import (
            EvalRequest,
            SuiteRequest,
            dry_run_of,
            evaluate,
            prices_of,
            run_suite,
        )

        add_families(family)
        if not (names or suite or data):
            suite, data = "geo-r1", ["sample"]
            out.warn("nothing was named: the suite geo-r1 on its SAMPLE sets")
        chosen = chosen_benchmarks(names or (), suite, against=against, force=force)
        common, by_name = data_by_name(data or (), chosen)
        sampling = {
            "temperature": temperature,
            "top_p": top_p,
            "max_tokens": max_tokens,
            "seed": seed,
            "json_object": json_object,
        }
        request = EvalRequest(
            benchmarks=chosen,
            model=model,
            options=BenchmarkOptions(
                common,
                revision,
                split,
                probe,
                circular,
                prompt,
                seed=seed or 0,
                settings=settings_of(settings),
            ),
            data=by_name,
            output=output,
            base_urls=base_url or (),
            runs=runs,
            limit=limit,
            shard=Shard.parse(shard) if shard else None,
            concurrency=concurrency,
            max_side_px=max_image_side,
            max_attempts=max_attempts,
            timeout_s=timeout,
            prices=prices_of(price_in, price_out),
            sampling={name: value for name, value in sampling.items() if value is not None},
        )
        if dry_run:
            plans = dry_run_of(request, note=out.warn)
            out.result({"dry_run": [plan.document() for plan in plans]}, *_plans(plans))
            return
        if suite:
            asked = SuiteRequest(suite, request, against, force)
            _show_suite(out, run_suite(asked, out.progress, note=out.warn), protocol)
            return
        done = evaluate(request, out.progress, note=out.warn)
        _show(out, done, protocol)


def _show(out: Output, done: "Sequence[Evaluated]", protocol: Protocol) -> None:
    document = {
        "runs": [
            {
                "benchmark": one.benchmark,
                "SAMPLE": one.scores["sample"],
                "model": one.model,
                "folder": str(one.folder),
                "scores": one.scores,
            }
            for one in done
        ]
    }
    shown = [made for one in done for made in score_tables(one.scores, one.model, protocol)]
    out.result(document, *shown)
    for one in done:
        out.note(f"report: {one.folder}/report.html")
    failures = [failure for one in done if (failure := one.failure())]
    if failures and out.as_json:
        raise typer.Exit(failures[0].exit_code)
    if failures:
        fail(failures[0], False)


def _show_suite(out: Output, done: "SuiteResult", protocol: Protocol) -> None:
    from rich.text import Text

    from geobench_tools.reports import status_line, text_table

    shown: list[RenderableType] = []
    for one in done.tables:
        text = text_table(one, protocol)
        shown.append(table(text.title, text.header, text.rows))
        shown += [Text(note, "dim") for note in text.notes]
        shown += [Text(f"[{i}] {source}", "dim") for i, source in enumerate(text.sources, 1)]
        shown += [Text(remark, "dim") for remark in one.remarks]
        shown.append(Text(f"{status_line(one)}\n"))
    shown += [Text(remark, "dim") for remark in done.suite.remarks]
    out.result({"folder": str(done.folder), **done.document}, *shown)
    out.note(f"page: {done.folder}/suite.html")
    if failure := done.failure():
        if out.as_json:
            raise typer.Exit(failure.exit_code)
        fail(failure, False)


def score_tables(
    scores: "Mapping[str, Any]", model: str, protocol: Protocol
) -> "list[RenderableType]":
    """Return the table of scores and the line of statuses."""
    from rich.text import Text

    from geobench_tools.reports import figure, metric_rows

    other = "official" if protocol == "strict" else "strict"
    header = ("metric", protocol, "95 % interval", "n", other, "n", "majority", "chance")
    rows = metric_rows(scores, protocol)
    kept = [i for i in range(len(header)) if any(row[i] for row in rows)]
    title = f"{'SAMPLE, NO RESULT: ' if scores['sample'] else ''}{scores['benchmark']}, {model}"
    made = table(title, [header[i] for i in kept], [[row[i] for i in kept] for row in rows])
    counts = ", ".join(f"{n:,} {name}" for name, n in scores["statuses"].items() if n) or "none"
    line = f"{scores['records']:,} requests: {counts}"
    return [made, Text(f"{line}; coverage {figure(scores['coverage'], 'share')}\n")]


def _plans(plans: "Sequence[DryRun]") -> "list[RenderableType]":
    from rich.text import Text

    from geobench_tools.reports import sum_rows

    shown: list[RenderableType] = []
    if len(plans) > 1:
        header = ("benchmark", "requests", "prompt tokens", "completion tokens", "cost")
        shown.append(table("dry run: all", header, sum_rows(plans)))
    for plan in plans:
        shown.append(table(f"dry run: {plan.benchmark}", ("", ""), plan.rows()))
        shown.append(Text(f"first prompt:\n{plan.prompt}\n"))
    return shown
