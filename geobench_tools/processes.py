"""Worker processes that end when the process that started them ends, however it ends."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from geobench_tools.errors import InputError

__all__ = ["in_order", "worker_pool"]

Item = TypeVar("Item")
Made = TypeVar("Made")


@contextmanager
def worker_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool of freshly started processes.

    Ctrl-C and, in the main thread, SIGTERM raise KeyboardInterrupt here and end the workers at
    once; they end by themselves when this process is killed.

    Raises:
        InputError: A worker was killed, or could not start.
    """
    context, others = multiprocessing.get_context("spawn"), multiprocessing.active_children()
    with (
        _interrupted_by_sigterm(),
        ProcessPoolExecutor(workers, mp_context=context, initializer=_follow_parent) as pool,
    ):
        try:
            yield pool
        except BrokenProcessPool:
            raise InputError(
                "a worker process ended before its work did, perhaps for want of memory",
                hint="use fewer workers; a script that starts them needs if __name__ == '__main__'",
            ) from None
        except BaseException:
            for child in multiprocessing.active_children():
                if child not in others:
                    child.terminate()
            raise


def in_order(
    pool: ProcessPoolExecutor, work: Callable[[Item], Made], items: Iterable[Item]
) -> Iterator[Made]:
    """Yield what ``work`` makes of each item, in their order.

    ``pool.map`` cancels what has not begun when it is left; ending the workers then raises in a
    thread of the pool's own (Python before 3.12.2).
    """
    for future in [pool.submit(work, item) for item in items]:
        yield future.result()


@contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _follow_parent() -> None:
    """Leave Ctrl-C to the parent, and end when it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
