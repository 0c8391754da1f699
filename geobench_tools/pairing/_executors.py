"""One task for each partition: in this process, in several, or on a Ray cluster."""

from collections.abc import Callable, Sequence
from typing import Any

from geobench_tools.errors import missing_extra
from geobench_tools.pairing._spill import Plan
from geobench_tools.progress import Progress

__all__ = ["Stage", "run_tasks"]

Stage = Callable[[Plan, int], None]


def run_tasks(
    stage: Stage,
    plan: Plan,
    parts: Sequence[int],
    executor: str,
    workers: int | None,
    label: str,
    progress: Progress,
) -> None:
    """Run a stage for all partitions and return when the last one is done.

    Args:
        stage: A function at module level; its results are files in the plan's work folder, which
            every worker must see under the same path.
        plan: The build.
        parts: The partitions.
        executor: ``local``, ``process`` or ``ray``.
        workers: Number of processes for ``process``; None for the number of cores.
        label: Shown with the progress.
        progress: Told of each finished partition.

    Raises:
        InputError: Ray is asked for and not installed, or a stage refused its input.
    """
    with progress.task(label, len(parts)) as advance:
        if executor == "process" and len(parts) > 1:
            _in_processes(stage, plan, parts, workers, advance)
        elif executor == "ray":
            _on_ray(stage, plan, parts, advance)
        else:
            for part in parts:
                stage(plan, part)
                advance(1)


def _in_processes(
    stage: Stage,
    plan: Plan,
    parts: Sequence[int],
    workers: int | None,
    advance: Callable[[int], None],
) -> None:
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(stage, plan, part) for part in parts]
        try:
            for future in as_completed(futures):
                future.result()
                advance(1)
        finally:
            pool.shutdown(cancel_futures=True)


def _on_ray(stage: Stage, plan: Plan, parts: Sequence[int], advance: Callable[[int], None]) -> None:
    try:
        import ray
    except ModuleNotFoundError:
        raise missing_extra("ray", "ray", "for --executor ray") from None
    if not ray.is_initialized():
        ray.init(log_to_driver=False, include_dashboard=False)
    task: Any = ray.remote(stage)
    waiting = [task.remote(plan, part) for part in parts]
    while waiting:
        ready, waiting = ray.wait(waiting)
        try:
            ray.get(ready)
        except ray.exceptions.RayTaskError as error:
            raise error.cause from None
        advance(len(ready))
