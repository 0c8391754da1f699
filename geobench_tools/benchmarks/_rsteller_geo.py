"""``rsteller-geo``: in which state, and where, was this aerial picture taken?

A task of this project on the pictures of RSTeller (arXiv 2408.14744). Geo-R1 (arXiv 2510.00072)
reports satellite geolocation on RSTeller without subset, prompt or metric, so no published number
can be set beside this one. Only the picture is shown; captions name roads and places.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geobench_tools.answers import READER_VERSION
from geobench_tools.benchmarks._family import Family
from geobench_tools.benchmarks._geoloc_scores import typical_of
from geobench_tools.benchmarks._hub import hub_folder
from geobench_tools.benchmarks._options import BenchmarkOptions
from geobench_tools.benchmarks._rsteller_data import Patch, Patches, load_patches
from geobench_tools.benchmarks._rsteller_faults import rsteller_faults
from geobench_tools.benchmarks._rsteller_rules import RstellerRules
from geobench_tools.benchmarks._rsteller_sample import sample_patches
from geobench_tools.errors import InputError
from geobench_tools.evaluation import Sample
from geobench_tools.models import JSON, Message, Sampling

__all__ = ["FAMILY", "RstellerGeo"]

TASK_VERSION = "1"


class RstellerGeo(RstellerRules):
    """Patches of RSTeller, the same number of each state as far as there are so many.

    Args:
        subset: ``rsteller-geo``.
        options: Where the data are; without ``data`` the SAMPLE set is used.
        manifest: Of the family.

    Raises:
        InputError: The data are not there or are bad, or a setting is no number.
    """

    def __init__(self, subset: str, options: BenchmarkOptions, manifest: Mapping[str, Any]) -> None:
        sample = not options.data
        super().__init__(f"{subset}-SAMPLE" if sample else subset, sample=sample)
        self._prompt: Mapping[str, str] = manifest["prompt"]
        self._probe = options.probe
        self._shards = options.settings["shards"]
        self._per_state = _number(options.settings["per_state"])
        self._patches = sample_patches() if sample else self._load(options, manifest)

    @property
    def identity(self) -> Mapping[str, JSON]:
        """Task version, data digest, choice of patches, prompt, reader, probe."""
        return {
            "task": TASK_VERSION,
            "data": self._patches.origin,
            "data_sha256": self._patches.sha256,
            "left_out": self._patches.left_out,
            "shards": self._shards,
            "per_state": self._per_state,
            "prompt": self._prompt["id"],
            "reader": READER_VERSION,
            "probe": self._probe,
            "sample": self.sample,
        }

    @property
    def sampling(self) -> Sampling:
        """Greedy."""
        return Sampling()

    def size(self) -> int:
        """Return the number of patches."""
        return len(self._patches.rows)

    def samples(self) -> Iterator[Sample]:
        """Yield the patches in the order of their ids."""
        text = self._prompt["user"]
        for row in self._patches.rows:
            shown = () if self._probe == "no-image" else (self._patches.picture(row.patch_id),)
            message = Message("user", (*shown, text))
            yield Sample(row.patch_id, self.name, (message,), _truth(row), group=row.patch_id)

    def pool(self) -> Mapping[str, int]:
        """Return one reply for each state: the centre of its typical patch."""
        truths = [_truth(row) for row in self._patches.rows]
        return {_reply(truth): n for truth, n in typical_of(truths)}

    def _load(self, options: BenchmarkOptions, manifest: Mapping[str, Any]) -> Patches:
        wanted = manifest["shards"] if self._shards == "v1" else []
        folder, origin = Path(options.data), "RSTeller"
        if not folder.exists():
            patterns = [f"*{name}" for name in wanted] or ["*.tar"]
            folder = hub_folder(options.data, patterns, options.revision, manifest["data"])
            origin = f"{options.data}@{options.revision}"
        return load_patches(folder, wanted, self._per_state, manifest["seed"], origin)


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise InputError(f"per_state cannot be {text!r}", hint="a whole number from 1")
    return int(text)


def _truth(row: Patch) -> dict[str, JSON]:
    return {
        "state": row.state,
        "states": list(row.states),
        "cell": [row.south, row.north, row.west, row.east],
        "lat": (row.south + row.north) / 2,
        "lon": (row.west + row.east) / 2,
    }


def _reply(truth: Mapping[str, Any]) -> str:
    lines = f"state: {truth['state']}\nlatitude: {truth['lat']}\nlongitude: {truth['lon']}"
    return f"<answer>\n{lines}\n</answer>"


def _rules_of(identity: Mapping[str, Any], manifest: Mapping[str, Any]) -> RstellerRules:
    return RstellerRules(str(identity["name"]), sample=bool(identity.get("sample")))


FAMILY = Family(open=RstellerGeo, rules_of=_rules_of, faults=rsteller_faults)
