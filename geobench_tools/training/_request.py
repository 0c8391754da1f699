"""What the user asks for, with what is left open filled in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from geobench_tools.progress import SILENT, Progress
from geobench_tools.training._controls import ControlReport, run_controls
from geobench_tools.training._laptop import LaptopSpec
from geobench_tools.training._recipes import Recipe, load_recipe, parse_settings
from geobench_tools.training._run_folder import RunFolder
from geobench_tools.training._sources import LAPTOP, TrainJob
from geobench_tools.training._trl import TrainReport, train

__all__ = ["TrainRequest", "job_of", "recipe_of", "run_training", "run_training_controls"]

Stage = Literal["sft", "grpo"]
Note = Callable[[str], None]
_LAPTOP_HELD_OUT = 600
_RUNS = Path("runs")


@dataclass(frozen=True)
class TrainRequest:
    """A training run as the user gives it.

    Attributes:
        stage: ``sft`` or ``grpo``.
        recipe: Name of a built-in recipe, a YAML file, or the ``recipe.json`` of a run.
        settings: Changes of the recipe, as ``NAME=VALUE``.
        model: Model to start from; None for the recipe's.
        pairs: Pairing set; None with the recipe ``laptop`` alone.
        traces: Folder of traces (``sft``); None with the recipe ``laptop`` alone.
        prompt: Question template; None for the built-in one.
        held_out: Questions asked before and after; None for 600 (``laptop`` with a pairing set or
            without data) or none.
        allow_leak: Train although the pairing set fails its audit.
        output: Folder of the run; None for ``runs/RECIPE-STAGE``.
        overwrite: Remove another run that lies there.
        level: The drawn level of the recipe ``laptop``.
    """

    stage: Stage
    recipe: str = LAPTOP
    settings: Sequence[str] = ()
    model: str | None = None
    pairs: Path | None = None
    traces: Path | None = None
    prompt: Path | None = None
    held_out: int | None = None
    allow_leak: bool = False
    output: Path | None = None
    overwrite: bool = False
    level: LaptopSpec = field(default_factory=LaptopSpec)


def run_training(
    request: TrainRequest, progress: Progress = SILENT, note: Note = lambda _said: None
) -> TrainReport:
    """Train as requested.

    GRPO by the laptop recipe without a model starts from ``laptop-sft`` beside its own folder,
    which is trained first if it is not there.

    Raises:
        InputError: As ``load_recipe`` and ``train`` raise it.
    """
    return train(_with_start(request, progress, note), progress, note)


def run_training_controls(
    request: TrainRequest, progress: Progress = SILENT, note: Note = lambda _said: None
) -> Iterator[ControlReport]:
    """Train the controls of a run, see ``run_controls``.

    Raises:
        InputError: As ``run_controls`` raises it.
    """
    yield from run_controls(_with_start(request, progress, note), progress, note)


def _with_start(request: TrainRequest, progress: Progress, note: Note) -> TrainJob:
    """Return the request's job; the model that laptop GRPO starts from is trained if need be."""
    recipe = recipe_of(request)
    job = job_of(request, recipe)
    if request.stage == "grpo" and recipe["model"] is None and recipe.name == LAPTOP:
        run = RunFolder(job.output.parent / f"{LAPTOP}-sft")
        before = replace(
            request,
            stage="sft",
            settings=(f"seed={recipe['seed']}",),
            output=run.path,
            overwrite=False,
        )
        note(f"no model given: starting from {run.path}")
        if run.result() is None:
            train(job_of(before, recipe_of(before)), progress, note)
        recipe = recipe_of(replace(request, model=str(run.final)))
        job = replace(job, recipe=recipe)
    return job


def job_of(request: TrainRequest, recipe: Recipe) -> TrainJob:
    """Return the job with defaults in place of what the request leaves open."""
    held_out = request.held_out
    if held_out is None:
        known = request.pairs is not None or request.traces is None
        held_out = _LAPTOP_HELD_OUT if recipe.name == LAPTOP and known else 0
    return TrainJob(
        recipe,
        request.output or _RUNS / f"{recipe.name}-{request.stage}",
        request.pairs,
        request.traces,
        request.prompt,
        held_out,
        request.allow_leak,
        request.overwrite,
        request.level,
    )


def recipe_of(request: TrainRequest) -> Recipe:
    """Return the recipe with the request's changes.

    Raises:
        InputError: A change is no NAME=VALUE, or as ``load_recipe`` raises it.
    """
    overrides: dict[str, object] = dict(parse_settings(request.settings))
    if request.model is not None:
        overrides["model"] = request.model
    return load_recipe(request.recipe, overrides, stage=request.stage)
