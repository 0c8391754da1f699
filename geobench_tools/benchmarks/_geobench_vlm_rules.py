"""How GEOBench-VLM's replies are read and scored, apart from its data."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from geobench_tools.answers import Reading, absence, read, read_with
from geobench_tools.benchmarks._geobench_vlm_boxes import box_items, box_scores
from geobench_tools.benchmarks._geobench_vlm_captions import caption_items, caption_scores
from geobench_tools.benchmarks._geobench_vlm_data import LETTERS
from geobench_tools.benchmarks._geobench_vlm_scores import ChoiceRules, choice_items, choice_scores
from geobench_tools.evaluation import Items, Sample, SampleRecord
from geobench_tools.models import JSON

__all__ = ["GeobenchRules"]

_SHORT_WORDS = 8


class GeobenchRules:
    """Readings and scores of one subset.

    Args:
        name: Of the benchmark.
        subset: What the manifest says of the subset.
        settings: ``rule``, ``policy``, ``letters`` and ``coordinates``, as far as it has them.
        sample: Whether it is the SAMPLE set.
    """

    def __init__(
        self, name: str, subset: Mapping[str, Any], settings: Mapping[str, str], *, sample: bool
    ) -> None:
        self.name = name
        self.sample = sample
        self._kind = str(subset["kind"])
        self._rule = settings["rule"]
        self._coordinates = settings.get("coordinates", "pixel")
        self._choices = ChoiceRules(
            settings["rule"],
            settings["letters"] if settings["policy"] == "official" else "",
            subset.get("categories", {}),
            subset.get("xbd", ()),
        )

    def read(self, text: str, sample: Sample) -> Reading:
        """Read a letter, boxes or a caption."""
        if self._kind == "box":
            return read(text, "bbox")
        if self._kind == "caption":
            return read_with(text, _caption)
        options = sample.metadata.get("options")
        named = options if isinstance(options, list) else []
        if len(named) == len(LETTERS):
            return read(text, "mcq", choices=dict(zip(LETTERS, map(str, named), strict=True)))
        return read(text, "mcq", choices=tuple(LETTERS))

    def items(self, records: Sequence[SampleRecord]) -> Items:
        """Return strict verdicts."""
        if self._kind == "box":
            return box_items(records, self._coordinates)
        if self._kind == "caption":
            return caption_items(records)
        return choice_items(records, self._choices)

    def score(self, records: Iterable[SampleRecord]) -> Mapping[str, JSON]:
        """Score strictly, and choices beside it as the authors' scripts or a harness would."""
        kept = list(records)
        if self._kind == "box":
            scores = box_scores(self.name, kept, self._coordinates, self._rule, sample=self.sample)
        elif self._kind == "caption":
            scores = caption_scores(self.name, kept, self._rule, sample=self.sample)
        else:
            scores = choice_scores(self.name, kept, self._choices, sample=self.sample)
        return scores.document()


def _caption(region: str) -> Reading:
    """Take the whole region, unless it is empty or nothing but a refusal."""
    text = region.strip()
    start = region.find(text) if text else 0
    why = absence(text.lower()) if len(text.split()) <= _SHORT_WORDS else None
    if not text or why:
        return Reading(None, why or "empty")
    return Reading(text, "ok", (start, start + len(text)))
