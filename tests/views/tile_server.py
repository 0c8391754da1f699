"""A tile server on 127.0.0.1 that misbehaves as told, and remembers every request."""

import io
import socket
import struct
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image

Fault = Callable[["_Handler", bytes], None]


def tile_bytes(name: str, px: int = 256, image_format: str = "JPEG") -> bytes:
    """A tile of noise that is the same for the same name."""
    noise = np.random.default_rng(zlib.crc32(name.encode())).integers(0, 256, (8, 8, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).resize((px, px)).save(out, image_format)
    return out.getvalue()


@dataclass(frozen=True)
class Request:
    at: float
    path: str
    tile: str
    headers: dict[str, str]


@dataclass
class TileServer:
    """Serves any path that ends in ``/z/x/y`` with or without extension or query.

    Attributes:
        faults: Faults of a tile in the order of its requests; a good answer when they are used up.
        always: A fault for every request whose tile has none of its own.
        image_format: Of good answers.
        delay: Wait before every answer, seconds.
        holds_after: Later requests than so many wait for ``release``.
        most_open: Largest number of requests that were open at once.
    """

    faults: dict[str, list[Fault]] = field(default_factory=dict)
    always: Fault | None = None
    image_format: str = "JPEG"
    delay: float = 0.0
    holds_after: int | None = None
    most_open: int = 0
    requests: list[Request] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    _released: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "TileServer":
        self._lock = threading.Lock()
        self._open = 0
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.tiles = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.release()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def release(self) -> None:
        """Answer the requests that wait, and all later ones."""
        self.holds_after = None
        self._released.set()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{{z}}/{{x}}/{{y}}.jpg"

    @property
    def asked(self) -> Counter[str]:
        """How often each tile was requested."""
        return Counter(request.tile for request in list(self.requests))

    def begin(self, path: str, headers: dict[str, str]) -> tuple[str, Fault]:
        """Note a request, and wait while it is held."""
        tile = "/".join(path.partition("?")[0].rpartition(".")[0].split("/")[-3:])
        with self._lock:
            self.requests.append(Request(time.monotonic(), path, tile, headers))
            waiting = self.faults.get(tile)
            fault = waiting.pop(0) if waiting else self.always
            self._open += 1
            self.most_open = max(self.most_open, self._open)
            held = self.holds_after is not None and len(self.requests) > self.holds_after
        if held:
            self._released.wait()
        return tile, fault or good

    def end(self) -> None:
        with self._lock:
            self._open -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    tiles: TileServer

    def handle_error(self, request, client_address) -> None:
        """A client that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        tiles = self.server.tiles
        tile, fault = tiles.begin(self.path, dict(self.headers.items()))
        try:
            if tiles.delay:
                tiles.stopping.wait(tiles.delay)
            fault(self, tile_bytes(tile, image_format=tiles.image_format))
        finally:
            tiles.end()

    def answer(self, body: bytes, content_type: str, length: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def good(handler: _Handler, body: bytes) -> None:
    handler.answer(body, f"image/{handler.server.tiles.image_format.lower()}")


def typed(content_type: str) -> Fault:
    """The right bytes under a wrong label."""
    return lambda handler, body: handler.answer(body, content_type)


def instead(body: bytes, content_type: str = "image/jpeg") -> Fault:
    """Other bytes than the tile's."""
    return lambda handler, _body: handler.answer(body, content_type)


def status(code: int, **headers: str) -> Fault:
    def fault(handler: _Handler, _body: bytes) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return fault


def http_date(seconds_from_now: float) -> str:
    return formatdate(time.time() + seconds_from_now, usegmt=True)


def cut_short(handler: _Handler, body: bytes) -> None:
    """A body that ends before its Content-Length."""
    handler.answer(body[: len(body) // 2], "image/jpeg", length=len(body))
    handler.close_connection = True


def half_an_image(handler: _Handler, body: bytes) -> None:
    """A whole answer with half an image in it."""
    handler.answer(body[: len(body) // 2], "image/jpeg")


def hang(handler: _Handler, _body: bytes) -> None:
    handler.server.tiles.stopping.wait()
    handler.close_connection = True


def trickle(handler: _Handler, body: bytes) -> None:
    """One byte at a time, so that no single read ever times out."""
    handler.answer(b"", "image/jpeg", length=len(body))
    with suppress(OSError):
        for byte in body:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            if handler.server.tiles.stopping.wait(0.02):
                return


def reset(handler: _Handler, _body: bytes) -> None:
    """A connection that is reset in the middle."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 40,000 x 40,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    packed = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed)
