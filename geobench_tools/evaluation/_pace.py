"""How many requests may be open at once: slow start, then additive increase, halved on overload.

Additive increase and multiplicative decrease as in TCP's congestion avoidance (Chiu and Jain, 1989,
doi 10.1016/0169-7552(89)90019-6).
"""

import asyncio
from collections import deque
from contextlib import suppress

__all__ = ["Pace"]

_START = 8.0


class Pace:
    """A limit that adapts between 1 and ``most``.

    Until the first overload it grows by one with each success (it doubles in each round); after
    that by one in each round. It is halved at most once for requests that were open together.

    Attributes:
        limit: The present limit.
        lowest: The lowest it has been.
        overloads: How often it was cut.
    """

    def __init__(self, most: int, stop: asyncio.Event) -> None:
        self.limit = min(float(most), _START)
        self.lowest = self.limit
        self.overloads = 0
        self._most = float(most)
        self._stop = stop
        self._open = 0
        self._held_until = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> int:
        """Wait for a place, or for the stop of the run; return a ticket for ``leave``."""
        while True:
            delay = self._held_until - asyncio.get_running_loop().time()
            if delay > 0 and not self._stop.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), delay)
            elif self._open < int(self.limit) or self._stop.is_set():
                self._open += 1
                return self.overloads
            else:
                await self._turn()

    def leave(self, ticket: int, *, succeeded: bool = False) -> None:
        """Give the place back."""
        self._open -= 1
        if succeeded and self.limit < self._most:
            step = 1.0 / self.limit if self.overloads else 1.0
            self.limit = min(self._most, self.limit + step)
        self._wake()

    def overloaded(self, ticket: int, retry_after_s: float | None) -> None:
        """Cut the limit, and open nothing before the endpoint wants it, seconds from now."""
        if ticket == self.overloads:
            self.overloads += 1
            self.limit = max(1.0, self.limit / 2.0)
            self.lowest = min(self.lowest, self.limit)
        if retry_after_s:
            until = asyncio.get_running_loop().time() + retry_after_s
            self._held_until = max(self._held_until, until)

    async def _turn(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            with suppress(ValueError):
                self._waiting.remove(turn)
            self._wake()
            raise

    def _wake(self) -> None:
        free = int(self.limit) - self._open
        while free > 0 and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                free -= 1
