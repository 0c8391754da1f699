"""IMAGEO-Bench (arXiv 2508.01608): where was this picture taken?

Subsets ``imageo-gss`` (6,152 street scenes of 111 countries; truth: city, country, coordinates),
``imageo-upc`` (2,928 points of interest in the United States; city, state, coordinates) and
``imageo-pcw`` (270 private pictures; city, state, country, coordinates).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from geobench_tools.answers import READER_VERSION
from geobench_tools.benchmarks._family import Family
from geobench_tools.benchmarks._geoloc_scores import typical_of
from geobench_tools.benchmarks._geoloc_verdicts import NAME_FIELDS
from geobench_tools.benchmarks._imageo_data import load_records
from geobench_tools.benchmarks._imageo_faults import imageo_faults
from geobench_tools.benchmarks._imageo_rules import ImageoRules
from geobench_tools.benchmarks._options import BenchmarkOptions
from geobench_tools.benchmarks._sample_scenes import sample_records
from geobench_tools.evaluation import Sample
from geobench_tools.models import JSON, ImagePart, Message, Sampling

__all__ = ["FAMILY", "Imageo"]

TASK_VERSION = "1"


class Imageo(ImageoRules):
    """One subset of IMAGEO-Bench.

    Args:
        subset: ``imageo-gss``, ``imageo-upc`` or ``imageo-pcw``.
        options: Where the data are; without ``data`` the SAMPLE set is used.
        manifest: Of the family.

    Raises:
        InputError: The data are not there or are bad.
    """

    def __init__(self, subset: str, options: BenchmarkOptions, manifest: Mapping[str, Any]) -> None:
        entry = manifest["subsets"][subset]
        sample = not options.data
        name = f"{subset}-SAMPLE" if sample else subset
        super().__init__(name, entry["truth"], sample=sample)
        self._records = (
            sample_records(states="state" in entry["truth"], countries="country" in entry["truth"])
            if sample
            else load_records(
                options.data, entry["file"], options.revision, options.split, manifest["data"]
            )
        )
        self._prompt: Mapping[str, str] = manifest["prompt"]
        self._sampling = manifest["sampling"]
        self._probe = options.probe

    @property
    def identity(self) -> Mapping[str, JSON]:
        """Task version, data digest, prompt, reader, probe."""
        return {
            "task": TASK_VERSION,
            "data": self._records.origin,
            "data_sha256": self._records.sha256,
            "prompt": self._prompt["id"],
            "reader": READER_VERSION,
            "probe": self._probe,
            "sample": self.sample,
        }

    @property
    def sampling(self) -> Sampling:
        """How the official code draws replies."""
        return Sampling(
            temperature=self._sampling["temperature"], json_object=self._sampling["json_object"]
        )

    def size(self) -> int:
        """Return the number of records."""
        return len(self._records.rows)

    def samples(self) -> Iterator[Sample]:
        """Yield the records in their order; one without a picture has a file that is not there."""
        for row in self._records.rows:
            yield Sample(
                row.image_id,
                self.name,
                self._messages(self._records.picture(row)),
                row.truth,
                group=row.image_id,
                metadata=dict(row.facts or {}),
            )

    def pool(self) -> Mapping[str, int]:
        """Return one reply for each country (or state): its typical place."""
        truths = [row.truth for row in self._records.rows]
        return {_reply(truth): n for truth, n in typical_of(truths)}

    def _messages(self, picture: ImagePart) -> tuple[Message, ...]:
        text = f"\n{self._prompt['user']}\n"
        parts = (text,) if self._probe == "no-image" else (text, picture)
        return Message("system", (self._prompt["system"],)), Message("user", parts)


def _reply(truth: Mapping[str, Any]) -> str:
    document = {
        "address": {name: truth[name] for name in reversed(NAME_FIELDS) if name in truth},
        "coordinates": {"latitude": str(truth["lat"]), "longitude": str(truth["lon"])},
    }
    return json.dumps({"reverse_geocoding": document}, ensure_ascii=False)


def _rules_of(identity: Mapping[str, Any], manifest: Mapping[str, Any]) -> ImageoRules:
    truth = manifest["subsets"][identity["subset"]]["truth"]
    return ImageoRules(str(identity["name"]), truth, sample=bool(identity.get("sample")))


FAMILY = Family(open=Imageo, rules_of=_rules_of, faults=imageo_faults)
