"""A benchmark of numbered questions with one small picture each, and a run of it as a program."""

import io
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from geobench_tools.evaluation import ReadingRecord, RunSpec, Sample, SampleRecord, run
from geobench_tools.models import JSON, ImagePart, Message, parse_model


@dataclass(frozen=True)
class SmallBenchmark:
    """Question ``s0`` is answered right by "answer to s0"."""

    folder: Path
    count: int = 20
    pictures: bool = True
    version: int = 1
    name: str = "small"

    @property
    def identity(self) -> Mapping[str, JSON]:
        return {"version": self.version}

    def size(self) -> int:
        return self.count

    def samples(self) -> Iterator[Sample]:
        for i in range(self.count):
            parts: tuple[str | ImagePart, ...] = (f"[s{i}] Where is this?",)
            if self.pictures:
                parts = (ImagePart(self.folder / f"{i % 4}.jpg"), *parts)
            message = Message("user", parts)
            yield Sample(f"s{i}", self.name, (message,), f"answer to s{i}", "where", str(i % 4))

    def pool(self) -> Mapping[str, int]:
        return {"answer to s1": 3, "answer to s2": 1}

    def read(self, text: str, sample: Sample) -> ReadingRecord:
        if "sorry" in text:
            return ReadingRecord(None, "refusal")
        if not text.startswith("answer"):
            return ReadingRecord(None, "no_answer")
        return ReadingRecord(text, "ok", (0, len(text)))

    def score(self, records: Iterable[SampleRecord]) -> Mapping[str, JSON]:
        right = [r.reading is not None and r.reading.value == r.target for r in records]
        return {"accuracy": sum(right) / len(right)}


def make_pictures(folder: Path, px: int = 32) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(4):
        (folder / f"{i}.jpg").write_bytes(picture(i, px))
    return folder


def picture(i: int, px: int = 32, image_format: str = "JPEG") -> bytes:
    noise = np.random.default_rng(i).integers(0, 256, (px, px, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, image_format)
    return out.getvalue()


if __name__ == "__main__":
    url, pictures, output, count, concurrency = sys.argv[1:]
    spec = RunSpec(Path(output), concurrency=int(concurrency))
    model = parse_model("openai:tiny-vl", base_urls=[url])
    say = partial(print, flush=True)
    result = run(spec, SmallBenchmark(Path(pictures), int(count)), model, note=say)
    say(result.reused, result.sent)
