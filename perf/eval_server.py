"""An endpoint for measurements: reads a request's body without parsing it, waits, answers.

python -m perf.eval_server    prints its port, serves until its standard input closes
"""

import asyncio
import json
import sys

DELAY_S = 0.05
_REPLY = {
    "id": "x",
    "object": "chat.completion",
    "created": 0,
    "model": "measured",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "The answer is B."},
        }
    ],
    "usage": {"prompt_tokens": 400, "completion_tokens": 6, "total_tokens": 406},
}
_BODY = json.dumps(_REPLY).encode()
_RESPONSE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
    + str(len(_BODY)).encode()
    + b"\r\n\r\n"
    + _BODY
)


class _Endpoint(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._head = b""
        self._missing = -1

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            self._head += data
            head, found, rest = self._head.partition(b"\r\n\r\n")
            if not found:
                return
            fields = head.lower().split(b"\r\n")
            lengths = [f.split(b":")[1] for f in fields if f.startswith(b"content-length:")]
            self._missing = int(lengths[0]) if lengths else 0
            data = rest
        self._missing -= len(data)
        if self._missing == 0:
            self._head, self._missing = b"", -1
            asyncio.get_running_loop().call_later(DELAY_S, self._answer)

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(_RESPONSE)


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Endpoint, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
