"""``geor1 train``: fine-tuning on traces and reinforcement by pairing questions."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ._console import JsonOption, Output, QuietOption, command, table
from ._engines import (
    BinOption,
    DryRunOption,
    EngineOption,
    HomeOption,
    LaunchOption,
    NodesOption,
    by_engine,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from geobench_tools.training import ControlReport, TrainReport

__all__ = ["register"]

DATA, SETTINGS, RUN = "Data", "Settings", "Run"

app = typer.Typer(
    help="Train a vision-language model: sft on traces, then grpo on pairing questions.",
    no_args_is_help=True,
)

RecipeOption = Annotated[
    str,
    typer.Option(
        metavar="NAME|FILE",
        help="Built-in recipe (laptop, single-gpu, geo-sft, geo-r1, geo-r1-zero), a YAML file, or "
        "the recipe.json of a run.",
        rich_help_panel=SETTINGS,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A setting of the recipe, as in learning_rate=1e-6. Repeatable.",
        rich_help_panel=SETTINGS,
        show_default=False,
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        help="Model to start from: a folder or a hub name; by default the recipe's.",
        rich_help_panel=DATA,
        show_default=False,
    ),
]
PairsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Pairing set; without any data the laptop recipe draws its own.",
        rich_help_panel=DATA,
        show_default=False,
    ),
]
PromptOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.yaml", help="Question template.", rich_help_panel=DATA, show_default=False
    ),
]
HeldOutOption = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="N",
        help="Questions of the test split that are asked before and after; laptop: 600, else 0.",
        rich_help_panel=RUN,
        show_default=False,
    ),
]
LeakOption = Annotated[
    bool,
    typer.Option(
        "--allow-leak",
        help="Train although the pairing set fails its audit; run.json says so.",
        rich_help_panel=DATA,
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Folder of the run, by default runs/RECIPE-STAGE. The same command resumes.",
        rich_help_panel=RUN,
        show_default=False,
    ),
]
OverwriteOption = Annotated[
    bool,
    typer.Option("--overwrite", help="Remove another run in the folder.", rich_help_panel=RUN),
]


def register(root: typer.Typer) -> None:
    """Add the commands of this file."""
    root.add_typer(app, name="train")


@app.command("sft")
def sft(
    recipe: RecipeOption = "laptop",
    traces: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Traces of geor1 synth-cot.",
            rich_help_panel=DATA,
            show_default=False,
        ),
    ] = None,
    pairs: PairsOption = None,
    model: ModelOption = None,
    prompt: PromptOption = None,
    settings: SetOption = None,
    held_out: HeldOutOption = None,
    allow_leak: LeakOption = False,
    output: OutputOption = None,
    overwrite: OverwriteOption = False,
    engine: EngineOption = "trl",
    nodes: NodesOption = 1,
    engine_bin: BinOption = None,
    engine_home: HomeOption = None,
    dry_run: DryRunOption = False,
    launch: LaunchOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Fine-tune on reasoning traces.

    Without arguments: a tiny model on a drawn level, on one CPU core, in some minutes.

    Example: geor1 train sft
    """
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.training import TrainRequest, run_training

        request = TrainRequest(
            "sft",
            recipe=recipe,
            settings=settings or (),
            model=model,
            pairs=pairs,
            traces=traces,
            prompt=prompt,
            held_out=held_out,
            allow_leak=allow_leak,
            output=output,
            overwrite=overwrite,
        )
        place = (engine, nodes, engine_bin, engine_home)
        if by_engine(out, request, *place, dry_run=dry_run, launch=launch):
            return
        _show(out, run_training(request, out.progress, out.warn))


@app.command("grpo")
def grpo(
    recipe: RecipeOption = "laptop",
    pairs: PairsOption = None,
    model: ModelOption = None,
    prompt: PromptOption = None,
    settings: SetOption = None,
    held_out: HeldOutOption = None,
    controls: Annotated[
        bool,
        typer.Option(
            "--controls",
            help="Train the controls too: shuffled labels, format only, null world, tiles only, "
            "ring negatives; each takes as long as the run.",
            rich_help_panel=RUN,
        ),
    ] = False,
    allow_leak: LeakOption = False,
    output: OutputOption = None,
    overwrite: OverwriteOption = False,
    engine: EngineOption = "trl",
    nodes: NodesOption = 1,
    engine_bin: BinOption = None,
    engine_home: HomeOption = None,
    dry_run: DryRunOption = False,
    launch: LaunchOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Reinforce by pairing questions: the reward is whether the right tile was chosen.

    Without arguments: from the model of "geor1 train sft", which is made first if need be.

    Example: geor1 train grpo
    """
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.training import TrainRequest, run_training, run_training_controls

        request = TrainRequest(
            "grpo",
            recipe=recipe,
            settings=settings or (),
            model=model,
            pairs=pairs,
            prompt=prompt,
            held_out=held_out,
            allow_leak=allow_leak,
            output=output,
            overwrite=overwrite,
        )
        place = (engine, nodes, engine_bin, engine_home)
        if by_engine(out, request, *place, dry_run=dry_run, launch=launch, controls=controls):
            return
        report = run_training(request, out.progress, out.warn)
        made = tuple(run_training_controls(request, out.progress, out.warn)) if controls else ()
        _show(out, report, made)


@app.command("curves")
def curves(
    run: Annotated[Path, typer.Argument(help="Folder of a training run.", show_default=False)],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write curves.html of a run, finished or not: rewards, accuracy, length, replies over time.

    Example: geor1 train curves runs/laptop-grpo
    """
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.reports import write_curves

        page = write_curves(run)
        out.result({"page": str(page)}, str(page))


@app.command("recipes")
def recipes(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME|FILE]", help="Recipe to show in full.", show_default=False),
    ] = None,
    stage: Annotated[
        Literal["sft", "grpo"] | None,
        typer.Option(help="Stage of a recipe that has both.", show_default=False),
    ] = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """List the built-in recipes, or show every value of one with where it comes from.

    Example: geor1 train recipes geo-r1
    """
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.training import list_recipes, shown_recipe

        if name is None:
            found = list_recipes()
            listed = [(one, ", ".join(stages)) for one, stages in found.items()]
            out.result({"recipes": found}, table("recipes", ("name", "stages"), listed))
            return
        recipe = shown_recipe(name, settings or (), stage)
        rows = [
            (key, "null" if one.value is None else str(one.value), one.source)
            for key, one in recipe.settings.items()
        ]
        title = f"{recipe.name}, {recipe.stage}: {recipe.about}"
        out.result(recipe.to_json(), table(title, ("setting", "value", "source"), rows))


def _show(out: Output, report: "TrainReport", controls: "Sequence[ControlReport]" = ()) -> None:
    if not report.main_process:
        return
    from geobench_tools.reports import write_curves, write_model_card

    page = write_curves(report.folder)
    card = write_model_card(report.folder)
    for control in controls:
        write_model_card(control.report.folder)
    shown: list[RenderableType] = []
    result = report.result
    metrics = result["metrics"]
    told = ("loss", "accuracy", "reward", "kl", "entropy", "completions/mean_length")
    rows: list[tuple[str, Any]] = [("steps", result["steps"]), ("seconds", result["seconds"])]
    rows += [(name, metrics[name]) for name in told if metrics.get(name) is not None]
    shown.append(table("last log line", ("", ""), rows))
    if "after" in result:
        shown.append(_held_out(result))
    if controls:
        shown.append(_controls(controls))
    shown.append(f"model:  {report.model}\ncard:   {card}\ncurves: {page}")
    if report.was_finished:
        out.note("this run was finished already")
    document = {**report.document(), "card": str(card), "curves": str(page)}
    if controls:
        document["controls"] = [one.document() for one in controls]
    out.result(document, *shown)


def _controls(controls: "Sequence[ControlReport]") -> "RenderableType":
    rows = []
    for one in controls:
        change = one.report.result["change"]["sampled"]
        shares = [_share(change[name]) for name in ("before", "after", "difference")]
        rows.append((one.name, *shares, {True: "no rise", False: "RISES", None: ""}[one.holds]))
    return table(
        "Controls, sampled replies [95 %]", ("control", "before", "after", "change", ""), rows
    )


def _held_out(result: "Mapping[str, Any]") -> "RenderableType":
    rows = []
    for name in ("greedy", "sampled"):
        before = [_share(result["before"][name])] if "before" in result else []
        change = [_share(result["change"][name]["difference"])] if "change" in result else []
        rows.append((name, *before, _share(result["after"][name]), *change))
    header = (
        ("replies", "before", "after", "change") if "before" in result else ("replies", "right")
    )
    title = f"right of {result['after']['questions']:,} unseen [95 %]"
    return table(title, header, rows)


def _share(share: "Mapping[str, float]") -> str:
    return f"{share['value']:.3f} [{share['low']:.3f}, {share['high']:.3f}]"
