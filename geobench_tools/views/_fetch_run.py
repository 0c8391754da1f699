"""The requests of a fetch: rate, retries, redirects, and when to give up."""

import asyncio
import logging
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from urllib.parse import urljoin, urlsplit

import httpx2

from geobench_tools.counter_random import uniform
from geobench_tools.progress import Advance
from geobench_tools.views._fetch_image import BadImage, TileImage, check_image
from geobench_tools.views._fetch_ledger import Ledger
from geobench_tools.views._fetch_pace import Bucket, read_retry_after, sleep
from geobench_tools.views._fetch_source import FetchOptions, Tile, TileSource

__all__ = ["MAX_REDIRECTS", "MAX_TILE_BYTES", "FetchRun", "Tally"]

MAX_REDIRECTS = 3
"""Redirects followed for one tile."""

MAX_TILE_BYTES = 8 << 20
"""Longest body that is read for one tile, bytes."""

_RETRIED = (408, 425, 429, 500, 502, 503, 504)
_SLOW_DOWN = (429, 503)
_REFUSED = (401, 403)
_MAX_BACKOFF_S = 60.0
_MAX_WAIT_S = 600.0
_NOTED_WAIT_S = 5.0
_REFUSED_IN_A_ROW = 5
_FAILED_IN_A_ROW = 20
_FAILED_FROM_THE_START = 5
_DETAIL_LENGTH = 200


@dataclass
class Tally:
    """What a run did.

    Attributes:
        requests: Requests sent, retries and redirects included.
        fetched: Tiles got and checked.
        bytes: Their size, bytes.
        missing: Tiles that the source does not have.
        failed: Tiles that failed, by reason.
        examples: First tile and detail of each reason.
        mislabelled: Tiles whose content type names another format than their bytes.
        stopped: Why the run ended before the last tile, or empty.
    """

    requests: int = 0
    fetched: int = 0
    bytes: int = 0
    missing: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    mislabelled: int = 0
    stopped: str = ""


@dataclass(frozen=True)
class _Answer:
    """What one request brought; the body only of status 200, the location only of a redirect."""

    status: int
    body: bytes
    content_type: str
    location: str | None
    retry_after: str | None


class _TileFailed(Exception):
    """One attempt at a tile failed.

    Attributes:
        reason: Short fixed name, by which failures are counted.
        detail: What happened, without URL.
        passing: Whether another attempt may help.
        status: HTTP status, or 0.
        wait_s: How long the source asks all clients to wait, or None.
    """

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        passing: bool,
        status: int = 0,
        wait_s: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail
        self.passing = passing
        self.status = status
        self.wait_s = wait_s


class FetchRun:
    """One run over the pending tiles: some workers share an iterator, a bucket and a client."""

    def __init__(
        self,
        source: TileSource,
        options: FetchOptions,
        ledger: Ledger,
        rows: Iterator[int],
        advance: Advance,
        note: Callable[[str], None],
    ) -> None:
        self.tally = Tally()
        self._source = source
        self._options = options
        self._ledger = ledger
        self._rows = rows
        self._advance = advance
        self._note = note
        self._bytes = ledger.bytes_on_disk
        self._in_a_row: Counter[str] = Counter()
        self._aborted = False

    def run(self) -> bool:
        """Fetch until there is no tile left or the run is stopped.

        Returns:
            False if a second interrupt broke off the open requests.
        """
        return asyncio.run(self._run())

    async def _run(self) -> bool:
        self._stop = asyncio.Event()
        self._bucket = Bucket(self._options.rate)
        self._check_budget()
        workers = self._options.concurrency
        async with httpx2.AsyncClient(
            timeout=self._options.timeout_s,
            limits=httpx2.Limits(max_connections=workers, max_keepalive_connections=workers),
            follow_redirects=False,
        ) as client:
            self._client = client
            self._tasks = [asyncio.create_task(self._work()) for _ in range(workers)]
            with _quiet_client(), _interrupts(self._interrupt):
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_EXCEPTION)
                for task in self._tasks:
                    task.cancel()
                ends = await asyncio.gather(*self._tasks, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end
        return not self._aborted

    def _interrupt(self) -> None:
        if not self._stop.is_set():
            self._end("interrupted")
            self._note("interrupted: the open requests are finished; once more stops at once")
            return
        self._aborted = True
        for task in self._tasks:
            task.cancel()

    def _end(self, why: str) -> None:
        if not self._stop.is_set():
            self.tally.stopped = why
            self._stop.set()

    async def _work(self) -> None:
        while not self._stop.is_set():
            row = next(self._rows, None)
            if row is None:
                return
            await self._tile(row)

    async def _tile(self, row: int) -> None:
        tile = self._ledger.tile(row)
        for attempt in range(self._options.retries + 1):
            if not await self._bucket.take(self._stop):
                return
            try:
                data, image = await self._attempt(tile, self._ledger.tile_px(row))
            except _TileFailed as failure:
                delay = self._backoff(tile, attempt)
                self._slow_down(failure, delay)
                if failure.passing and self._stop.is_set():
                    return
                if failure.passing and attempt < self._options.retries:
                    await sleep(delay, self._stop)
                    continue
                self._give_up(row, failure, attempt + 1)
            else:
                self._keep(row, data, image, attempt + 1)
            self._advance(1)
            return

    def _backoff(self, tile: Tile, attempt: int) -> float:
        """Return the wait before the next attempt: doubling, with a jitter of half on each side."""
        jitter = 0.5 + float(uniform(tile.z, tile.x, tile.y, attempt))
        return min(_MAX_BACKOFF_S, self._options.backoff_s * 2.0**attempt) * jitter

    def _slow_down(self, failure: _TileFailed, delay: float) -> None:
        """Hold all workers where the source says that there are too many requests."""
        if failure.wait_s is None and failure.status not in _SLOW_DOWN:
            return
        wait = delay if failure.wait_s is None else failure.wait_s
        if wait > _MAX_WAIT_S:
            self._end(f"the source asks to come back in {wait:,.0f} s (HTTP {failure.status})")
        elif self._bucket.hold(wait) > _NOTED_WAIT_S:
            self._note(f"HTTP {failure.status}: no request for {wait:,.0f} s")

    def _keep(self, row: int, data: bytes, image: TileImage, attempts: int) -> None:
        self._ledger.record_tile(row, data, image, attempts)
        self._in_a_row.clear()
        self.tally.fetched += 1
        self.tally.bytes += len(data)
        self.tally.mislabelled += image.mislabelled
        self._bytes += len(data)
        self._check_budget()

    def _check_budget(self) -> None:
        budget = self._options.max_bytes
        if budget is not None and self._bytes >= budget:
            self._end(f"the tiles take {self._bytes:,} bytes, the budget is {budget:,}")

    def _give_up(self, row: int, failure: _TileFailed, attempts: int) -> None:
        if failure.status in self._options.missing_status:
            self._ledger.record_missing(row, failure.status)
            self._in_a_row.clear()
            self.tally.missing += 1
            return
        detail = self._source.redact(failure.detail)[:_DETAIL_LENGTH]
        self._ledger.record_failure(row, failure.reason, detail, attempts)
        self.tally.failed[failure.reason] += 1
        self.tally.examples.setdefault(failure.reason, f"{self._ledger.tile(row)}: {detail}")
        self._in_a_row["any"] += 1
        self._in_a_row["refused"] += failure.status in _REFUSED
        if self._in_a_row["refused"] >= _REFUSED_IN_A_ROW:
            self._end(f"the source refuses access (HTTP {failure.status})")
        limit = _FAILED_IN_A_ROW if self.tally.fetched else _FAILED_FROM_THE_START
        if self._in_a_row["any"] >= limit:
            self._end(f"{limit} tiles in a row failed, the last one by {failure.reason} ({detail})")

    async def _attempt(self, tile: Tile, tile_px: int) -> tuple[bytes, TileImage]:
        """Make one attempt: request, follow redirects, check the image."""
        answer = await self._get(self._source.url(tile))
        if answer.status != 200:
            raise _bad_status(answer)
        try:
            return answer.body, check_image(answer.body, tile_px, answer.content_type)
        except BadImage as bad:
            raise _TileFailed(bad.reason, bad.detail, passing=bad.passing) from None

    async def _get(self, url: str) -> _Answer:
        home = _origin(url)
        for hop in range(MAX_REDIRECTS + 1):
            if hop and not await self._bucket.take(self._stop):
                raise _TileFailed("interrupted", "before a redirect", passing=True)
            own = _origin(url) == home
            headers = self._source.headers if own else self._source.public_headers
            answer = await self._request(url, headers)
            if answer.location is None:
                return answer
            url = self._redirect(url, answer.location, home)
        raise _TileFailed("too-many-redirects", f"more than {MAX_REDIRECTS}", passing=False)

    async def _request(self, url: str, headers: Mapping[str, str]) -> _Answer:
        """Send one request and read its answer, within the time limit."""
        limit = self._options.timeout_s
        self.tally.requests += 1
        try:
            async with (
                asyncio.timeout(limit),
                self._client.stream("GET", url, headers=headers) as response,
            ):
                return await _answer(response)
        except (TimeoutError, httpx2.TimeoutException):
            raise _TileFailed("timeout", f"more than {limit:g} s", passing=True) from None
        except httpx2.ConnectError as error:
            raise _TileFailed("no-connection", _first_line(error), passing=True) from None
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise _TileFailed("connection-lost", _first_line(error), passing=True) from None
        except httpx2.InvalidURL as error:
            raise _TileFailed("bad-url", _first_line(error), passing=False) from None

    def _redirect(self, url: str, location: str, home: tuple[str, str, int]) -> str:
        target = urljoin(url, location)
        try:
            origin = _origin(target)
        except ValueError:
            raise _TileFailed("bad-redirect", "its address is no URL", passing=False) from None
        scheme, host, _ = origin
        if not location or not host or scheme not in ("http", "https"):
            raise _TileFailed("bad-redirect", "its address is no HTTP URL", passing=False)
        if origin != home and self._source.holds_key(target):
            raise _TileFailed("bad-redirect", f"it would send the key to {host}", passing=False)
        if (home[0], scheme) == ("https", "http"):
            raise _TileFailed("bad-redirect", f"from https to http at {host}", passing=False)
        return target


async def _answer(response: httpx2.Response) -> _Answer:
    """Read the body of a good answer, at most ``MAX_TILE_BYTES``; only the head of another."""
    headers = response.headers
    location = headers.get("location", "") if response.is_redirect else None
    data = bytearray()
    if response.status_code == 200:
        try:
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > MAX_TILE_BYTES:
                    raise _TileFailed(
                        "oversized-body", f"more than {MAX_TILE_BYTES:,} bytes", passing=False
                    )
        except httpx2.RemoteProtocolError as error:
            raise _TileFailed("truncated-body", _first_line(error), passing=True) from None
    return _Answer(
        status=response.status_code,
        body=bytes(data),
        content_type=headers.get("content-type", ""),
        location=location,
        retry_after=headers.get("retry-after"),
    )


def _bad_status(answer: _Answer) -> _TileFailed:
    retried = answer.status in _RETRIED
    return _TileFailed(
        f"http-{answer.status}",
        f"HTTP {answer.status} {httpx2.codes.get_reason_phrase(answer.status)}".strip(),
        passing=retried,
        status=answer.status,
        wait_s=read_retry_after(answer.retry_after) if retried else None,
    )


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return parts.scheme, parts.hostname or "", port


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0] or type(error).__name__


@contextmanager
def _quiet_client() -> Iterator[None]:
    """Keep the HTTP client from logging URLs, which may hold the key."""
    loggers = [logging.getLogger(name) for name in ("httpx2", "httpcore2")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def _interrupts(handler: Callable[[], None]) -> Iterator[None]:
    """Call ``handler`` in the loop at Ctrl-C or a request to end; only the main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(handler)

    before = {
        number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
