"""Models that look at nothing: the lines that any result has to beat."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

from geobench_tools.counter_random import hash_strings, uniform
from geobench_tools.errors import InputError
from geobench_tools.models._types import JSON, ModelError, Reply, Request, Usage
from geobench_tools.strictjson import parse_json

__all__ = ["ConstantModel", "MajorityModel", "RandomModel", "ReplayModel"]

_MAX_LINE_BYTES = 16 << 20


class _Baseline:
    """What the baselines share: they take any image, and hold nothing open."""

    identity: Mapping[str, JSON]
    sees_images = False

    def accepts(self, media_type: str) -> bool:
        """Any image is fine, as none is looked at."""
        return True

    async def facts(self) -> Mapping[str, JSON]:
        """Nothing to record."""
        return {}

    async def close(self) -> None:
        """Nothing to close."""

    async def reply(self, request: Request) -> Reply:
        """Answer at once.

        Raises:
            ModelError: The baseline has no answer to this request.
        """
        await asyncio.sleep(0)
        return Reply(self._answer(request), finish_reason="stop")

    def _answer(self, request: Request) -> str:
        raise ModelError("unanswerable", f"no baseline answers {request.sample_id}")


class ConstantModel(_Baseline):
    """Always the same text."""

    def __init__(self, text: str) -> None:
        self.identity = {"backend": "constant", "text": text}
        self._text = text

    def _answer(self, request: Request) -> str:
        return self._text


class MajorityModel(_Baseline):
    """The reply that is right most often in the very benchmark (the first one among equals)."""

    identity: Mapping[str, JSON] = {"backend": "majority"}

    def _answer(self, request: Request) -> str:
        pool = _pool(request)
        return min(pool, key=lambda text: (-pool[text], text))


class RandomModel(_Baseline):
    """One of the replies that are right somewhere, each equally likely.

    The draw is a function of seed, sample id and run index alone.
    """

    def __init__(self, seed: int = 0) -> None:
        self.identity = {"backend": "random", "seed": seed}
        self._seed = seed

    def _answer(self, request: Request) -> str:
        texts = sorted(_pool(request))
        draw = uniform(self._seed, request.run_index, hash_strings([request.sample_id])[0])
        return texts[int(float(draw) * len(texts))]


class ReplayModel(_Baseline):
    """Recorded replies, looked up by sample id.

    Args:
        path: JSON lines with ``sample_id`` and ``text`` (or ``reply``, or ``response``), and
            optionally ``run_index``, ``finish_reason`` and ``model_version``. A run's own
            ``samples.jsonl`` is such a file; its rows without a reply count as missing, and a torn
            last line is left out.

    Raises:
        InputError: The file is missing, or a line is no such record.
    """

    def __init__(self, path: Path) -> None:
        from geobench_tools.files import sha256_file

        self._replies = _read_replies(path)
        self._path = path
        self.identity = {"backend": "replay", "sha256": sha256_file(path)}

    async def reply(self, request: Request) -> Reply:
        """Return the recorded reply.

        Raises:
            ModelError: There is none for this sample.
        """
        await asyncio.sleep(0)
        started = time.perf_counter()
        for run_index in (request.run_index, None):
            found = self._replies.get((request.sample_id, run_index))
            if found is not None:
                text, finish_reason, version = found
                latency_s = time.perf_counter() - started
                return Reply(text, finish_reason, Usage(), version, latency_s=latency_s)
        raise ModelError("unanswerable", f"{self._path} has no reply to {request.sample_id!r}")


def _pool(request: Request) -> Mapping[str, int]:
    if not request.pool:
        raise ModelError(
            "unanswerable",
            "the benchmark names no possible replies",
            hint="use --model constant:TEXT or a real model",
        )
    return request.pool


_Recorded = tuple[str, str, str]


def _read_replies(path: Path) -> dict[tuple[str, int | None], _Recorded]:
    replies: dict[tuple[str, int | None], _Recorded] = {}
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                if len(line) > _MAX_LINE_BYTES:
                    raise InputError(f"{path}, line {number} is longer than {_MAX_LINE_BYTES:,}")
                if line.strip():
                    _take(path, number, line, replies)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    if not replies:
        raise InputError(f"{path} holds no reply", hint='lines such as {"sample_id": …, "text": …}')
    return replies


def _take(
    path: Path, number: int, line: bytes, replies: dict[tuple[str, int | None], _Recorded]
) -> None:
    place = f"{path}, line {number}"
    try:
        row = parse_json(line)
    except ValueError:
        if not line.endswith(b"\n"):
            return
        raise InputError(f"{place} is not JSON") from None
    if not isinstance(row, dict) or "sample_id" not in row:
        raise InputError(f"{place} has no sample_id")
    if row.get("status") in ("error", "skipped"):
        return
    text = next((row[name] for name in ("text", "reply", "response") if name in row), None)
    if not isinstance(text, str):
        raise InputError(f"{place} has no text", hint="put the reply into the field text")
    run_index = row.get("run_index")
    recorded = (text, str(row.get("finish_reason") or "stop"), str(row.get("model_version") or ""))
    replies[str(row["sample_id"]), run_index if isinstance(run_index, int) else None] = recorded
