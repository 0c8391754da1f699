"""The evaluation runner against the bare openai client: CPU per request and memory.

2,000 requests with one 512 x 512 JPEG each, 64 at once, to a loopback endpoint that answers after
50 ms. Both are measured as whole processes; what a process with three requests takes, imports
above all, is subtracted from the CPU time. The bare client reads each file, encodes it and sends
it, and keeps nothing; the runner also hashes, logs and can resume. inspect-ai is measured where
``perf/out/inspect-venv`` has it: ``python -m venv``, then ``pip install inspect-ai openai``.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from perf.runner import HERE, OUT, Figure, Usage, measure

REQUESTS = 2_000
MANY = 6_152
FEW = 3
CONCURRENCY = 64
REPEATS = 2
INSPECT_REQUESTS = 200
INSPECT = OUT / "inspect-venv" / "bin" / "python"
PROMPT = "Which of the four tiles shows this place? Answer with one letter."


def run() -> list[Figure]:
    """Measure the runner and its peers."""
    photos = _photos()
    os.environ["OPENAI_API_KEY"] = "none"
    with _endpoint() as url:
        ours, bare = [], []
        for _ in range(REPEATS):
            bare.append(_per_request("bare", url, photos, REQUESTS))
            ours.append(_per_request("ours", url, photos, REQUESTS))
        best, peer = (min(runs, key=lambda pair: pair[0]) for runs in (ours, bare))
        memory = _client("ours", url, photos, MANY).peak_gb
        figures = [
            Figure("openai client: CPU per request", peer[0], "ms"),
            Figure("runner: CPU per request", best[0], "ms", at_most=4.0),
            Figure("runner / openai client: CPU", best[0] / peer[0], "x", at_most=1.2),
            Figure("openai client: requests per second", REQUESTS / peer[1].wall_s, "1/s"),
            Figure("runner: requests per second", REQUESTS / best[1].wall_s, "1/s"),
            Figure("openai client: peak memory", 1e3 * peer[1].peak_gb, "MB"),
            Figure("runner: peak memory, 2,000 images", 1e3 * best[1].peak_gb, "MB", at_most=150),
            Figure("runner: peak memory, 6,152 images", 1e3 * memory, "MB", at_most=150),
        ]
        if INSPECT.with_name("inspect").exists():
            other, usage = _per_request("inspect", url, photos, INSPECT_REQUESTS)
            note = f"{INSPECT_REQUESTS} requests"
            figures += [
                Figure("inspect-ai: CPU per request", other, "ms", note=note),
                Figure("inspect-ai / runner: CPU", other / best[0], "x", at_least=5.0),
                Figure("inspect-ai: peak memory", 1e3 * usage.peak_gb, "MB", note=note),
            ]
    return figures


def _per_request(name: str, url: str, photos: Path, requests: int) -> tuple[float, Usage]:
    """Return CPU milliseconds per request without the start, and what the whole run took."""
    start = _client(name, url, photos, FEW)
    whole = _client(name, url, photos, requests)
    return 1e3 * (whole.cpu_s - start.cpu_s) / (requests - FEW), whole


def _client(name: str, url: str, photos: Path, requests: int) -> Usage:
    program = [sys.executable, "-m", "perf.eval_client", name]
    if name == "inspect":
        program = [str(INSPECT), str(HERE / "eval_inspect.py")]
    with tempfile.TemporaryDirectory(dir=OUT) as folder:
        output = Path(folder) / "run"
        usage = measure(*program, url, photos, str(requests), output)
    done = int(usage.stdout.split()[-1])
    if done != requests:
        raise SystemExit(f"{name} finished {done} of {requests} requests")
    return usage


def _photos() -> Path:
    """Return a folder with images of noise, about 54 KB each, made on first use."""
    folder = OUT / "photos-512"
    if len(list(folder.glob("*.jpg"))) < REQUESTS:
        import io

        import numpy as np
        from PIL import Image

        folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(0)
        for number in range(REQUESTS):
            noise = rng.integers(0, 256, (96, 96, 3), np.uint8)
            out = io.BytesIO()
            Image.fromarray(noise).resize((512, 512)).save(out, "JPEG", quality=88)
            (folder / f"{number:05}.jpg").write_bytes(out.getvalue())
    return folder


@contextmanager
def _endpoint() -> Iterator[str]:
    command = [sys.executable, "-m", "perf.eval_server"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=HERE.parent, stdin=pipe, stdout=pipe) as process:
        assert process.stdin
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        process.stdin.close()


def bare(url: str, photos: Path, requests: int, _output: Path) -> int:
    """Send the requests with the openai client alone."""
    import base64

    from openai import AsyncOpenAI

    async def work() -> int:
        client = AsyncOpenAI(base_url=url, max_retries=0)
        numbers, done = iter(range(requests)), 0

        async def worker() -> None:
            nonlocal done
            for number in numbers:
                data = (photos / f"{number % REQUESTS:05}.jpg").read_bytes()
                encoded = base64.b64encode(data).decode()
                image = {"url": f"data:image/jpeg;base64,{encoded}"}
                content = [
                    {"type": "image_url", "image_url": image},
                    {"type": "text", "text": PROMPT},
                ]
                reply = await client.chat.completions.create(
                    model="measured",
                    messages=[{"role": "user", "content": content}],  # type: ignore[misc,list-item]
                    temperature=0.0,
                )
                done += reply.choices[0].message.content is not None

        await asyncio.gather(*(worker() for _ in range(CONCURRENCY)))
        await client.close()
        return done

    return asyncio.run(work())


def ours(url: str, photos: Path, requests: int, output: Path) -> int:
    """Send the requests with the runner, which logs each reply."""
    from geobench_tools.evaluation import ReadingRecord, RunSpec, Sample, SampleRecord
    from geobench_tools.evaluation import run as run_benchmark
    from geobench_tools.models import JSON, ImagePart, Message, parse_model

    @dataclass(frozen=True)
    class Measured:
        name: str = "measured"

        @property
        def identity(self) -> Mapping[str, JSON]:
            return {}

        def size(self) -> int:
            return requests

        def samples(self) -> Iterator[Sample]:
            for number in range(requests):
                image = ImagePart(photos / f"{number % REQUESTS:05}.jpg")
                messages = (Message("user", (image, PROMPT)),)
                yield Sample(str(number), self.name, messages, "B")

        def pool(self) -> Mapping[str, int]:
            return {}

        def read(self, text: str, sample: Sample) -> ReadingRecord:
            return ReadingRecord(text[-2], "ok", (len(text) - 2, len(text) - 1))

        def score(self, records: Iterable[SampleRecord]) -> Mapping[str, JSON]:
            return {}

    spec = RunSpec(output, concurrency=CONCURRENCY)
    result = run_benchmark(spec, Measured(), parse_model("openai:measured", base_urls=[url]))
    return result.totals.statuses["ok"]


if __name__ == "__main__":
    programs = {"bare": bare, "ours": ours}
    which, endpoint, folder, number, output = sys.argv[1:]
    print(programs[which](endpoint, Path(folder), int(number), Path(output)))
