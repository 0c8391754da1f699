"""An OpenAI-compatible server on 127.0.0.1 that misbehaves as told, and remembers every request.

A request is named by the text in square brackets in its prompt, as in ``[s12] Where is this?``.
"""

import asyncio
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

_MARK = re.compile(r"\[([\w.-]+)\]")


@dataclass(frozen=True)
class Seen:
    at: float
    name: str
    body: dict[str, Any]
    headers: dict[str, str]


Fault = Callable[["OpenAIServer", Seen], Awaitable[bytes | None]]
"""Returns the whole response, or None to close the connection without one."""


@dataclass
class OpenAIServer:
    """Serves ``/v1/chat/completions`` and ``/v1/models``.

    Attributes:
        model: The one model it serves; empty for any, of which it lists none.
        answer: Makes the reply's text of the request.
        faults: Faults of a request in order; a good answer when they are used up.
        always: A fault for every request that has none of its own.
        delay: Wait before every answer, seconds.
        holds_after: Later requests than so many wait for ``release``.
        capacity: Answers 429 to requests beyond so many open ones.
        most_open: Largest number of requests that were open at once.
    """

    model: str = "tiny-vl"
    answer: Callable[[Seen], str] = lambda seen: f"answer to {seen.name}"
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    always: Fault | None = None
    delay: float = 0.0
    holds_after: int | None = None
    capacity: int | None = None
    most_open: int = 0
    requests: list[Seen] = field(default_factory=list)

    def __enter__(self) -> "OpenAIServer":
        self._open = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),))
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def release(self) -> None:
        """Answer the requests that wait, and all later ones."""
        self.holds_after = None
        self._loop.call_soon_threadsafe(self._released.set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def asked(self) -> Counter[str]:
        return Counter(seen.name for seen in list(self.requests))

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._released = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=1 << 26)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._end.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: Any, writer: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._request(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _request(self, reader: Any, writer: Any) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        if method == "GET":
            entry = {"id": self.model, "object": "model", "max_model_len": 4096}
            listing = {"object": "list", "data": [entry] if self.model else []}
            writer.write(response(listing if path == "/v1/models" else {}, 200))
            return True
        body = json.loads(raw)
        mark = _MARK.search(json.dumps(body["messages"]))
        seen = Seen(time.monotonic(), mark[1] if mark else "", body, headers)
        self.requests.append(seen)
        held = self.holds_after is not None and len(self.requests) > self.holds_after
        self._open += 1
        self.most_open = max(self.most_open, self._open)
        try:
            if held:
                await self._released.wait()
            answered = await self._answer(seen)
        finally:
            self._open -= 1
        if answered is not None:
            writer.write(answered)
            await writer.drain()
        return answered is not None and b"Connection: close" not in answered

    async def _answer(self, seen: Seen) -> bytes | None:
        if self.capacity is not None and self._open > self.capacity:
            return response({"error": {"message": "busy"}}, 429, **{"Retry-After": "0"})
        if self.delay:
            await asyncio.sleep(self.delay)
        if seen.body["model"] != (self.model or seen.body["model"]):
            said = f"The model `{seen.body['model']}` does not exist."
            return response({"error": {"message": said, "code": "model_not_found"}}, 404)
        waiting = self.faults.get(seen.name)
        fault = waiting.pop(0) if waiting else self.always
        return await fault(self, seen) if fault else response(completion(self, seen), 200)


def response(document: Any, status: int, **headers: str) -> bytes:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def completion(server: OpenAIServer, seen: Seen, **changes: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": server.answer(seen)} | changes.pop("message", {})
    choice = {"index": 0, "finish_reason": "stop", "message": message} | changes.pop("choice", {})
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 10,
        "completion_tokens_details": {"reasoning_tokens": 4},
    }
    made = {"id": "x", "model": "tiny-vl-0725", "choices": [choice], "usage": usage}
    return made | {"system_fingerprint": "fp1"} | changes


def status(code: int, message: str = "no", **headers: str) -> Fault:
    async def fault(_server: OpenAIServer, seen: Seen) -> bytes:
        said = message.replace("{key}", seen.headers.get("authorization", ""))
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return response({"error": {"message": said}}, code, **named)

    return fault


def body(raw: bytes) -> Fault:
    async def fault(_server: OpenAIServer, _seen: Seen) -> bytes:
        return response(raw, 200)

    return fault


def changed(**changes: Any) -> Fault:
    async def fault(server: OpenAIServer, seen: Seen) -> bytes:
        return response(completion(server, seen, **json.loads(json.dumps(changes))), 200)

    return fault


async def hang(_server: OpenAIServer, _seen: Seen) -> bytes:
    await asyncio.sleep(60)
    raise AssertionError("the server hung for a minute")


async def drop(_server: OpenAIServer, _seen: Seen) -> None:
    return None


async def cut(server: OpenAIServer, seen: Seen) -> bytes:
    whole = response(completion(server, seen), 200, Connection="close")
    return whole[:-40]
