"""The workers of a run: each takes the next sample, asks, logs; a stop lets them finish."""

import asyncio
import hashlib
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress

from geobench_tools.evaluation._ask import Asker
from geobench_tools.evaluation._log import RunLog
from geobench_tools.evaluation._outcome import (
    declined,
    record_failure,
    record_reply,
    record_skip,
)
from geobench_tools.evaluation._plan import conversations
from geobench_tools.evaluation._prepare import Prepared, Preparer, Turn
from geobench_tools.evaluation._record import Benchmark, ErrorInfo, ReadingLike, RunSpec, Sample
from geobench_tools.models import Model, ModelError, Reply, UnreadableImage
from geobench_tools.progress import Advance

__all__ = ["Workers"]

_Turns = tuple[tuple[int, Sample], ...]
_Item = tuple[_Turns, Preparer]


class Workers:
    """As many workers as requests may be open, over one iterator of conversations.

    A sample on its own is a conversation of one turn.

    Attributes:
        asker: Sends the requests.
        reused: Requests that had a reply in the log.
        finished: Requests finished.
        interrupts: How often the user asked to stop.
        stopped: Why the run gave up; empty if it did not.
    """

    def __init__(
        self,
        spec: RunSpec,
        benchmark: Benchmark,
        model: Model,
        log: RunLog,
        advance: Advance,
        note: Callable[[str], None],
    ) -> None:
        self._stop = asyncio.Event()
        self.asker = Asker(spec, model, self._stop)
        self.reused = self.finished = self.interrupts = 0
        self.stopped = ""
        self._spec, self._benchmark, self._model = spec, benchmark, model
        self._log, self._advance, self._note = log, advance, note
        self._failed_in_a_row = 0
        self._digest = 0
        self._queue = self._items()
        self._all_seen = False

    @property
    def samples_digest(self) -> str:
        """Sum of SHA-256 of id, prompt and images over samples; empty if not all were seen."""
        return f"{self._digest % 2**256:064x}" if self._all_seen else ""

    async def run(self) -> BaseException | None:
        """Work until the samples are done or the run stops; return what a worker failed with."""
        tasks = [asyncio.create_task(self._work()) for _ in range(self._spec.concurrency)]
        for task in tasks:
            task.add_done_callback(self._note_end)
        with self._signals(tasks):
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        self._queue.close()
        for end in ends:
            if end is not None and not isinstance(end, asyncio.CancelledError):
                return end
        return None

    def _items(self) -> Generator[_Item, None, None]:
        pool = {} if self._model.sees_images else self._benchmark.pool()
        for run_index in range(self._spec.runs):
            preparer = Preparer(self._spec, self._model, pool, run_index)
            for conversation in conversations(self._spec, self._benchmark):
                yield conversation, preparer
        self._all_seen = True

    async def _work(self) -> None:
        while not self._stop.is_set():
            item = next(self._queue, None)
            if item is None:
                return
            await self._converse(*item)

    async def _converse(self, turns: _Turns, preparer: Preparer) -> None:
        """Ask the turns of a conversation one after another, each with the replies before it."""
        before: Turn | None = None
        lost: ErrorInfo | None = None
        last = turns[-1][0]
        for index, sample in turns:
            if lost is None:
                try:
                    prepared = preparer.prepare(sample, before)
                except UnreadableImage as error:
                    lost = ErrorInfo("image", error.message)
            if lost is not None:
                self._log.append(record_skip(sample, index, preparer.run_index, lost))
                self._advance(1)
                await asyncio.sleep(0)
                continue
            self._count_in(prepared)
            text = await self._text(index, sample, prepared, needed=index != last)
            if self._stop.is_set() and text is None:
                return
            if text is None:
                lost = ErrorInfo("turn", f"{sample.sample_id}, a turn before it, has no reply")
            else:
                before = Turn(prepared, text)

    async def _text(
        self, index: int, sample: Sample, prepared: Prepared, *, needed: bool
    ) -> str | None:
        """Return the reply to a request, from the log or new; None if there is none."""
        request = prepared.request
        if not self._log.has_reply(sample.sample_id, request.run_index, request.key):
            reply = await self._ask(index, sample, prepared)
            return None if reply is None else reply.text
        self.reused += 1
        self._advance(1)
        await asyncio.sleep(0)
        if not needed:
            return ""
        return self._log.reply(sample.sample_id, request.run_index, request.key)

    async def _ask(self, index: int, sample: Sample, prepared: Prepared) -> Reply | None:
        outcome = await self.asker.ask(prepared.request)
        reply, error = outcome.reply, outcome.error
        if error is not None and error.fatal:
            raise error
        if reply is not None:
            reading = None
            try:
                reading = self._read(reply, sample)
            finally:
                prices = self._spec.prices
                record = record_reply(sample, index, prepared, outcome, reply, reading, prices)
                self._log.append(record, prepared.prompt_document)
            self._failed_in_a_row = 0
        elif error is not None:
            record = record_failure(sample, index, prepared, outcome, error)
            self._log.append(record, prepared.prompt_document)
            self._count_failure(error)
        else:
            return None
        self.finished += 1
        self._advance(1)
        return reply

    def _read(self, reply: Reply, sample: Sample) -> ReadingLike | None:
        return None if declined(reply) else self._benchmark.read(reply.text, sample)

    def _count_in(self, prepared: Prepared) -> None:
        request = prepared.request
        if request.run_index == 0:
            images = "".join(image.sha256 for image in prepared.images)
            line = f"{request.sample_id}\0{prepared.prompt}\0{images}\n"
            digest = hashlib.sha256(line.encode("utf-8", "replace")).digest()
            self._digest += int.from_bytes(digest, "big")

    def _count_failure(self, error: ModelError) -> None:
        if error.reason == "unanswerable":
            return
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= self._spec.stop_after_errors and not self.stopped:
            self.stopped = f"{self._failed_in_a_row} in a row failed, the last one: {error.detail}"
            self._stop.set()

    def _note_end(self, task: "asyncio.Task[None]") -> None:
        if task.cancelled() or task.exception() is not None:
            self._stop.set()

    @contextmanager
    def _signals(self, tasks: "list[asyncio.Task[None]]") -> Iterator[None]:
        """Stop softly at the first Ctrl-C or SIGTERM, at once at the second."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()

        def interrupt() -> None:
            self.interrupts += 1
            self._stop.set()
            if self.interrupts == 1:
                self._note("finishing open requests; press Ctrl-C again to drop them")
                return
            for task in tasks:
                task.cancel()

        with suppress(NotImplementedError):
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, interrupt)
        try:
            yield
        finally:
            with suppress(NotImplementedError):
                for number in (signal.SIGINT, signal.SIGTERM):
                    loop.remove_signal_handler(number)
