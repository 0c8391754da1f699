"""A training request handed over to another trainer."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geobench_tools.progress import SILENT, Progress
from geobench_tools.training._request import TrainRequest, job_of, recipe_of
from geobench_tools.training.engines._plan import EngineJob, EnginePlan
from geobench_tools.training.engines._run import launch_engine, plan_engine, prepare_engine

__all__ = ["EngineOptions", "HandedOver", "hand_over"]


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
    """

    engine: str
    nodes: int = 1
    bin: Path | None = None
    home: Path | None = None
    dry_run: bool = False
    launch: bool = False


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
