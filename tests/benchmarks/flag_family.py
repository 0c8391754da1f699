"""Which colour is the flag? A family of benchmarks in one file, with its manifest beside it."""

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from geobench_tools.answers import READER_VERSION, Reading, read
from geobench_tools.benchmarks import BenchmarkOptions, Family
from geobench_tools.evaluation import Items, Metric, Sample, SampleRecord, Scores, estimate
from geobench_tools.models import JSON, ImagePart, Message, Sampling

COLOURS = {"A": "red", "B": "green", "C": "blue"}


class FlagRules:
    """How replies are read and scored: all that a finished run needs."""

    def __init__(self, name: str, *, sample: bool) -> None:
        self.name, self.sample = name, sample

    def read(self, text: str, sample: Sample) -> Reading:
        return read(text, "mcq", choices=tuple(COLOURS))

    def items(self, records: Sequence[SampleRecord]) -> Items:
        right = [float(bool(r.reading) and r.reading.value == r.target) for r in records]
        return Items.of(records, {"accuracy": np.array(right)})

    def score(self, records: Iterable[SampleRecord]) -> Mapping[str, JSON]:
        kept = list(records)
        items = self.items(kept)
        accuracy = estimate(items.values["accuracy"], items)
        most = max(Counter(r.target for r in kept).values()) / len(kept)
        metric = Metric("accuracy", "Accuracy", "share", "higher", accuracy, None, most, 1 / 3)
        return Scores.of(self.name, kept, [metric], sample=self.sample).document()


class Flags(FlagRules):
    """The benchmark with its data: pictures drawn here."""

    sampling = Sampling(max_tokens=16)

    def __init__(self, name: str, options: BenchmarkOptions, manifest: Mapping[str, Any]) -> None:
        super().__init__(f"{name}-SAMPLE", sample=True)
        self._prompt = manifest["prompt"]
        self._wording = options.settings["wording"]

    @property
    def identity(self) -> Mapping[str, JSON]:
        return {
            "data": "drawn",
            "prompt": self._prompt["id"],
            "wording": self._wording,
            "reader": READER_VERSION,
            "probe": "none",
            "sample": True,
        }

    def size(self) -> int:
        return len(COLOURS)

    def samples(self) -> Iterator[Sample]:
        for letter, colour in COLOURS.items():
            flag = io.BytesIO()
            Image.new("RGB", (32, 20), colour).save(flag, "PNG")
            parts = (self._prompt[self._wording], ImagePart(flag.getvalue(), "image/png"))
            yield Sample(f"flag-{colour}", self.name, (Message("user", parts),), letter)

    def pool(self) -> Mapping[str, int]:
        return dict.fromkeys(COLOURS, 1)


FAMILY = Family(open=Flags, rules_of=lambda identity, _: FlagRules(identity["name"], sample=True))
