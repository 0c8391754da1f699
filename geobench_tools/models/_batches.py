"""Engines on this machine answer batches; a run asks one request at a time. This joins the two."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from itertools import groupby

from geobench_tools.models._types import ModelError, Reply, Request

__all__ = ["Batcher", "Generate"]

Generate = Callable[[Sequence[Request]], Sequence[Reply | ModelError]]
"""Answers requests that share their sampling, in order; called in a thread, never twice at once."""

_GATHER_S = 0.02


class Batcher:
    """Gathers the requests that wait and hands them to an engine, one batch at a time.

    Args:
        generate: The engine.
        size: Most requests in a batch.
    """

    def __init__(self, generate: Generate, size: int) -> None:
        self._generate = generate
        self._size = size
        self._waiting: deque[tuple[Request, asyncio.Future[Reply]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def reply(self, request: Request) -> Reply:
        """Return the engine's reply.

        Raises:
            ModelError: The engine has none.
        """
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        return await future

    async def close(self) -> None:
        """Wait for the batch in hand."""
        task, self._task = self._task, None
        if task is not None:
            await task

    async def _work(self) -> None:
        await asyncio.sleep(_GATHER_S)
        while self._waiting:
            count = min(self._size, len(self._waiting))
            batch = [self._waiting.popleft() for _ in range(count)]
            batch = [item for item in batch if not item[1].done()]
            for _, group in groupby(batch, key=lambda item: item[0].sampling):
                await self._answer(list(group))

    async def _answer(self, batch: list[tuple[Request, asyncio.Future[Reply]]]) -> None:
        requests = [request for request, _ in batch]
        (result,) = await asyncio.gather(
            asyncio.to_thread(self._generate, requests), return_exceptions=True
        )
        ends = [result] * len(batch) if isinstance(result, BaseException) else result
        for (_, future), end in zip(batch, ends, strict=True):
            if future.done():
                continue
            if isinstance(end, Reply):
                future.set_result(end)
            else:
                future.set_exception(end)
