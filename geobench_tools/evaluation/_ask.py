"""One request until it has a reply or is given up: attempts, waits, and what an error means."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from geobench_tools.counter_random import uniform
from geobench_tools.evaluation._pace import Pace
from geobench_tools.evaluation._record import RunSpec
from geobench_tools.models import Model, ModelError, Reply, Request

__all__ = ["Asker", "Outcome"]

_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended; neither a reply nor an error if the run stopped before its end.

    Attributes:
        reply: The reply.
        error: The last failure, if there is no reply.
        attempts: Requests sent.
        started_at: ISO 8601 UTC.
        elapsed_s: Waits included, seconds.
    """

    reply: Reply | None
    error: ModelError | None
    attempts: int
    started_at: str
    elapsed_s: float


class Asker:
    """Sends requests, again where that may help.

    Attributes:
        pace: How many may be open at once.
        attempts: Requests sent so far.
    """

    def __init__(self, spec: RunSpec, model: Model, stop: asyncio.Event) -> None:
        self.pace = Pace(spec.concurrency, stop)
        self.attempts = 0
        self._spec = spec
        self._model = model
        self._stop = stop

    async def ask(self, request: Request) -> Outcome:
        """Ask until there is a reply, an error that will stay, or the run stops."""
        started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        started = time.monotonic()
        reply: Reply | None = None
        attempts = faults = 0
        while not self._stop.is_set():
            ticket = await self.pace.enter()
            if self._stop.is_set():
                self.pace.leave(ticket)
                break
            attempts += 1
            self.attempts += 1
            try:
                reply = await self._model.reply(request)
                return Outcome(reply, None, attempts, started_at, time.monotonic() - started)
            except ModelError as failure:
                error = failure
                if error.reason == "overloaded":
                    asked = error.retry_after_s or 0.0
                    self.pace.overloaded(ticket, asked if asked <= self._spec.patience_s else None)
            finally:
                self.pace.leave(ticket, succeeded=reply is not None)
            faults += error.reason != "overloaded"
            elapsed = time.monotonic() - started
            wait = self._wait(request.key, error, attempts)
            if (
                not error.retryable
                or faults >= self._spec.max_attempts
                or elapsed + wait > self._patience(error)
            ):
                return Outcome(None, error, attempts, started_at, elapsed)
            await self._sleep(wait)
        return Outcome(None, None, attempts, started_at, time.monotonic() - started)

    def _patience(self, error: ModelError) -> float:
        """Return how long a request may take: as long as it likes where attempts alone count."""
        asked_to_wait = error.reason == "overloaded" or error.retry_after_s
        return self._spec.patience_s if asked_to_wait else float("inf")

    def _wait(self, key: str, error: ModelError, attempts: int) -> float:
        """Return the wait before the next attempt: what was asked for, or exponential, jittered."""
        if error.retry_after_s:
            return error.retry_after_s
        longest = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(attempts - 1, 10))
        return longest * (0.5 + 0.5 * float(uniform(int(key[:15], 16), attempts)))

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return
