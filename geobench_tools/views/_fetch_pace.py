"""The pace of requests: a token bucket, waits that a stop ends, and ``Retry-After``."""

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["Bucket", "read_retry_after", "sleep"]

_TIMER_S = 0.02
"""How late a timer may be without losing its place, seconds."""


class Bucket:
    """A token bucket that holds one token, for all workers; it can be held shut for a while."""

    def __init__(self, rate: float) -> None:
        self._interval = 1.0 / rate
        self._free_at = 0.0
        self._turn = asyncio.Lock()

    async def take(self, stop: asyncio.Event) -> bool:
        """Wait for a token; False if the run stops before."""
        async with self._turn:
            while (delay := self._free_at - _now()) > 0:
                if await sleep(delay, stop):
                    return False
            self._free_at = max(self._free_at, _now() - _TIMER_S) + self._interval
        return not stop.is_set()

    def hold(self, seconds: float) -> float:
        """Give no token for this long; return by how much the wait grew, seconds."""
        before = max(self._free_at, _now())
        self._free_at = max(before, _now() + seconds)
        return self._free_at - before


def read_retry_after(value: str | None) -> float | None:
    """Read ``Retry-After`` (RFC 9110, section 10.2.3): seconds or an HTTP date."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


async def sleep(seconds: float, stop: asyncio.Event) -> bool:
    """Sleep; True if the run stopped meanwhile."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True


def _now() -> float:
    return asyncio.get_running_loop().time()
