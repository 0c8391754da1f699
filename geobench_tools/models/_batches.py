"""Engines on this machine answer batches; a run asks one request at a time: this joins the two."""

import asyncio
import traceback
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from itertools import groupby
from typing import Generic, TypeVar

from geobench_tools.errors import GeobenchError, InputError
from geobench_tools.models._checkpoint import said
from geobench_tools.models._types import ModelError, Reply, Request

__all__ = ["BatchedModel"]

Engine = TypeVar("Engine")
_Asked = tuple[Request, asyncio.Future[Reply]]

_GATHER_S = 0.02


class BatchedModel(ABC, Generic[Engine]):
    """Gathers the requests that wait and hands them to an engine, one batch at a time.

    Whatever a library raises ends as an error with a name. A batch that fails is halved until the
    request that cannot be answered stands alone; memory that did not suffice may suffice for half.

    Args:
        name: As the user names the model, as in ``hf:PATH``.
        size: Most requests in a batch.
    """

    sees_images = True

    def __init__(self, name: str, size: int) -> None:
        self._named = name
        self._size = size
        self._engine: Engine | None = None
        self._waiting: deque[_Asked] = deque()
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    def _load(self) -> Engine:
        """Load the engine, at the first request; in a thread."""

    @abstractmethod
    def _generate(self, engine: Engine, requests: Sequence[Request]) -> Sequence[Reply]:
        """Answer requests that share their sampling, in order; in a thread, never twice at once.

        Raises:
            ModelError: A request cannot be answered; a fatal one ends all that wait.
        """

    async def reply(self, request: Request) -> Reply:
        """Generate one reply, together with others that wait.

        Raises:
            ModelError: An image cannot be decoded, the prompt is longer than the model takes,
                memory does not suffice, or the library fails at it.
            InputError: The engine cannot be loaded.
        """
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        return await future

    async def close(self) -> None:
        """Wait for the batch in hand; the engine stays loaded."""
        task, self._task = self._task, None
        if task is not None:
            await task

    async def _work(self) -> None:
        await asyncio.sleep(_GATHER_S)
        if self._engine is None:
            (engine,) = await asyncio.gather(asyncio.to_thread(self._load), return_exceptions=True)
            if isinstance(engine, BaseException):
                self._end_all(self._not_loaded(engine))
                return
            self._engine = engine
        while self._waiting:
            count = min(self._size, len(self._waiting))
            batch = [self._waiting.popleft() for _ in range(count)]
            batch = [item for item in batch if not item[1].done()]
            for _, group in groupby(batch, key=lambda item: item[0].sampling):
                await self._answer(self._engine, list(group))

    async def _answer(self, engine: Engine, batch: Sequence[_Asked]) -> None:
        requests = [request for request, _ in batch]
        (result,) = await asyncio.gather(
            asyncio.to_thread(self._generate, engine, requests), return_exceptions=True
        )
        if not isinstance(result, BaseException):
            for (_, future), reply in zip(batch, result, strict=True):
                if not future.done():
                    future.set_result(reply)
            return
        traceback.clear_frames(result.__traceback__)  # they hold what filled the memory
        if isinstance(result, ModelError) and result.fatal:
            self._waiting.extendleft(batch)
            self._end_all(result)
        elif len(batch) > 1:
            half = len(batch) // 2
            await self._answer(engine, batch[:half])
            await self._answer(engine, batch[half:])
        elif not batch[0][1].done():
            failed = isinstance(result, ModelError)
            batch[0][1].set_exception(result if failed else ModelError("rejected", said(result)))

    def _end_all(self, error: BaseException) -> None:
        while self._waiting:
            _, future = self._waiting.popleft()
            if not future.done():
                future.set_exception(error)

    def _not_loaded(self, error: BaseException) -> BaseException:
        if isinstance(error, GeobenchError) or not isinstance(error, Exception):
            return error
        return InputError(
            f"{self._named} cannot be loaded: {said(error)}",
            hint="fetch the checkpoint again if a file is damaged; "
            "a newer library may know a newer architecture",
        )
