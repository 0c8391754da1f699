"""GeoChain (arXiv 2506.00785): 21 questions on one street photo, from coarse to exact.

``geochain`` asks all of them, ``geochain-binary13`` the yes/no questions and ``geochain-q5_q17``
questions 5 to 17: the two readings of "13 verifiable tasks" in arXiv 2510.00072. By default the
questions of a picture are one conversation, each asked after the model's own earlier answers.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from geobench_tools.answers import READER_VERSION
from geobench_tools.benchmarks._family import Family
from geobench_tools.benchmarks._geochain_data import Geochain, GeochainRecord, load_geochain
from geobench_tools.benchmarks._geochain_faults import geochain_faults
from geobench_tools.benchmarks._geochain_rules import GeochainRules, Question, questions_of
from geobench_tools.benchmarks._geochain_sample import sample_geochain
from geobench_tools.benchmarks._options import BenchmarkOptions
from geobench_tools.evaluation import Sample
from geobench_tools.models import JSON, ImagePart, Message, Sampling

__all__ = ["FAMILY", "GeochainBenchmark"]

TASK_VERSION = "1"


class GeochainBenchmark(GeochainRules):
    """One set of GeoChain's questions.

    Args:
        subset: ``geochain``, ``geochain-binary13`` or ``geochain-q5_q17``.
        options: Where the data are; without ``data`` the SAMPLE set is used.
        manifest: Of the family.

    Raises:
        InputError: The data are not there or are bad, or a setting is no number.
    """

    def __init__(self, subset: str, options: BenchmarkOptions, manifest: Mapping[str, Any]) -> None:
        self._settings = dict(options.settings)
        sample = not options.data
        name = f"{subset}-SAMPLE" if sample else subset
        super().__init__(name, subset, manifest, self._settings["q21_km"], sample=sample)
        self._data = sample_geochain() if sample else _load(options, manifest)
        self._questions = questions_of(manifest, subset)
        self._prompt: Mapping[str, str] = manifest["prompt"]
        self._probe = options.probe
        self.sampling = Sampling(temperature=manifest["sampling"]["temperature"])

    @property
    def identity(self) -> Mapping[str, JSON]:
        """Task version, data digest, prompt with its policy, reader, probe, tolerance."""
        asked = (self._settings["conversation"], self._settings["policy"])
        return {
            "task": TASK_VERSION,
            "data": self._data.origin,
            "data_sha256": self._data.sha256,
            "prompt": "/".join((self._prompt["id"], *asked)),
            "q21_km": self._settings["q21_km"],
            "reader": READER_VERSION,
            "probe": self._probe,
            "sample": self.sample,
        }

    def size(self) -> int:
        """Return the number of questions on all pictures."""
        return len(self._data.records) * len(self._questions)

    def samples(self) -> Iterator[Sample]:
        """Yield the questions picture by picture, in their order."""
        chain = self._settings["conversation"] == "chain"
        for record in self._data.records:
            before = ""
            for question in self._questions:
                name = f"{record.picture.key}#q{question.number:02d}"
                yield Sample(
                    name,
                    self.name,
                    (self._message(question, record, first=not before),),
                    question.target(record),
                    task=question.task,
                    group=record.picture.key,
                    metadata={**record.facts, "question": question.number},
                    follows=before,
                    pool=self._pools[question.number],
                )
                before = name if chain else ""

    def pool(self) -> Mapping[str, int]:
        """Return nothing: each question has right replies of its own."""
        return {}

    @cached_property
    def _pools(self) -> Mapping[int, Mapping[str, int]]:
        return {
            question.number: Counter(
                record.answers[question.number - 1] for record in self._data.records
            )
            for question in self._questions
        }

    def _message(self, question: Question, record: GeochainRecord, *, first: bool) -> Message:
        form = (self._prompt[question.kind], self._prompt[self._settings["policy"]])
        text = f"{question.text}\n{' '.join(form)}"
        parts: tuple[str | ImagePart, ...] = (text,)
        if first and self._probe != "no-image":
            parts = (record.image, text)
        return Message("user", parts)


def _load(options: BenchmarkOptions, manifest: Mapping[str, Any]) -> Geochain:
    return load_geochain(
        options.data,
        options.revision,
        options.split,
        options.settings["images"],
        options.settings["per_city"],
        manifest["data"],
    )


def _rules_of(identity: Mapping[str, Any], manifest: Mapping[str, Any]) -> GeochainRules:
    return GeochainRules(
        str(identity["name"]),
        str(identity["subset"]),
        manifest,
        str(identity["q21_km"]),
        sample=bool(identity.get("sample")),
    )


FAMILY = Family(open=GeochainBenchmark, rules_of=_rules_of, faults=geochain_faults)
