"""A training request handed over to another trainer."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.progress import SILENT, Progress
from geobench_tools.training._request import TrainRequest, job_of, recipe_of
from geobench_tools.training.engines._plan import EngineJob, EnginePlan
from geobench_tools.training.engines._run import launch_engine, plan_engine, prepare_engine

__all__ = ["EngineOptions", "HandedOver", "check_in_process", "hand_over"]


@dataclass(frozen=True)
class EngineOptions:
    """Which trainer, where it lives, and how far to go.

    Attributes:
        engine: ``verl``, ``ms-swift``, ``llamafactory`` or ``vlm-r1``.
        nodes: Machines.
        bin: Folder of the engine's own commands; None for those on PATH.
        home: Checkout of VLM-R1.
        dry_run: Return files and command, and write nothing.
        launch: Start the engine once everything is written.
        controls: Whether controls were asked for, which ``trl`` alone trains.
    """

    engine: str
    nodes: int = 1
    bin: Path | None = None
    home: Path | None = None
    dry_run: bool = False
    launch: bool = False
    controls: bool = False


@dataclass(frozen=True)
class HandedOver:
    """What was handed over.

    Attributes:
        plan: Files and command.
        folder: The run's folder.
        written: Whether it was written.
        launched: Whether the engine ran to its end.
    """

    plan: EnginePlan
    folder: Path
    written: bool
    launched: bool

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        state = {"written": self.written, "launched": self.launched}
        return {"folder": str(self.folder), **state, **self.plan.document()}


def check_in_process(options: EngineOptions) -> None:
    """Refuse options of other engines for training in this process.

    Raises:
        InputError: One is given.
    """
    given = {
        "--dry-run": options.dry_run,
        "--launch": options.launch,
        "--nodes": options.nodes > 1,
        "--engine-bin": options.bin is not None,
        "--engine-home": options.home is not None,
    }
    if wrong := [name for name, present in given.items() if present]:
        raise InputError(
            f"{wrong[0]} belongs to the engines that run elsewhere, and trl trains right here",
            hint="name one: --engine ms-swift, verl, llamafactory or vlm-r1; several processes "
            "of trl: accelerate launch",
        )


def hand_over(
    request: TrainRequest,
    options: EngineOptions,
    *,
    progress: Progress = SILENT,
    note: Callable[[str], None] = lambda _said: None,
) -> HandedOver:
    """Write the files of another trainer, and start it if asked to.

    Raises:
        InputError: As ``plan_engine``, ``prepare_engine`` and ``launch_engine`` raise it.
        PartialFailure: The engine ended with an error.
    """
    if options.controls or request.held_out is not None:
        given = "--controls" if options.controls else "--held-out"
        raise InputError(
            f"{given} belongs to the engine trl; {options.engine} does not ask questions itself",
            hint="leave it out, and measure afterwards: geor1 eval pairing --model hf:CHECKPOINT",
        )
    recipe = recipe_of(request)
    asked = job_of(request, recipe)
    job = EngineJob(
        options.engine,
        recipe,
        asked.output,
        asked.pairs,
        asked.traces,
        asked.prompt,
        options.nodes,
        options.bin,
        options.home,
        asked.allow_leak,
        asked.overwrite,
    )
    if options.dry_run:
        return HandedOver(plan_engine(job), job.output, False, False)
    plan = prepare_engine(job, progress=progress, note=note)
    if options.launch:
        launch_engine(job)
    return HandedOver(plan, job.output, True, options.launch)
