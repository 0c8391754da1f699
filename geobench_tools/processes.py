"""Worker processes that end when the process that started them ends, however it ends."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from geobench_tools.errors import InputError

__all__ = ["worker_pool"]


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
