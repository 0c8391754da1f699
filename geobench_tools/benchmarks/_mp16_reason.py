"""Photos to be placed on the map: MP16-Reason (arXiv 2506.14674) and the sets evaluated beside it.

Subsets ``mp16-reason`` (12,000 photos; city, country, coordinates), ``im2gps3k`` and ``yfcc4k``
(coordinates), and ``osv5m`` (OpenStreetView-5M's test; coordinates). Replies give names, which a
geocoder that the result names turns into positions, or coordinates.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from geobench_tools.answers import READER_VERSION
from geobench_tools.benchmarks._family import Family
from geobench_tools.benchmarks._geoloc_data import Photos
from geobench_tools.benchmarks._geoloc_faults import photo_faults
from geobench_tools.benchmarks._geoloc_geocoder import open_geocoder
from geobench_tools.benchmarks._geoloc_rules import LocationRules
from geobench_tools.benchmarks._geoloc_scores import typical_of
from geobench_tools.benchmarks._geoloc_sources import load_photos
from geobench_tools.benchmarks._options import BenchmarkOptions
from geobench_tools.benchmarks._sample_scenes import sample_records
from geobench_tools.evaluation import Sample
from geobench_tools.models import JSON, Message, Sampling

__all__ = ["FAMILY", "PhotoLocation"]

TASK_VERSION = "1"
_PLAIN_SAMPLING = ("temperature", "max_tokens")


class PhotoLocation(LocationRules):
    """The photos of one benchmark.

    Args:
        subset: Name of the benchmark.
        options: Where the data are; without ``data`` the SAMPLE set is used.
        manifest: Of the family.

    Raises:
        InputError: The data are not there or are bad, or there is no such geocoder.
    """

    def __init__(self, subset: str, options: BenchmarkOptions, manifest: Mapping[str, Any]) -> None:
        self._manifest = {**manifest, **manifest["subsets"][subset]}
        self._asked = options.settings["prompt"]
        self._probe = options.probe
        sample = not options.data
        rules = _rules(
            f"{subset}-SAMPLE" if sample else subset,
            self._manifest,
            options.settings["geocoder"],
            self._asked,
            sample=sample,
        )
        super().__init__(**rules)
        if sample:
            self._records = sample_records(states=False, countries=True)
        else:
            photos = _photos(options, self._manifest)
            self._records, self.left_out = photos.records, photos.left_out

    @property
    def identity(self) -> Mapping[str, JSON]:
        """Task version, data digest, prompt, geocoder, reader, probe."""
        return {
            "task": TASK_VERSION,
            "data": self._records.origin,
            "data_sha256": self._records.sha256,
            "left_out": self.left_out,
            "prompt": self._manifest["prompt_ids"][self._asked],
            "asked": self._asked,
            "geocoder": self.geocoder.setting,
            "geocoder_sha256": self.geocoder.sha256,
            "reader": READER_VERSION,
            "probe": self._probe,
            "sample": self.sample,
        }

    @property
    def sampling(self) -> Sampling:
        """How GLOBE's code draws replies; greedy for this project's prompt."""
        given = self._manifest["sampling"][self._asked]
        plain = {name: given[name] for name in _PLAIN_SAMPLING if name in given}
        return Sampling(**plain, extra={k: v for k, v in given.items() if k not in plain})

    def size(self) -> int:
        """Return the number of photos."""
        return len(self._records.rows)

    def samples(self) -> Iterator[Sample]:
        """Yield the photos in their order; one that is not there is a file that is not there."""
        prompt = self._manifest["prompt"]
        system, text = Message("system", (prompt["system"],)), prompt[self._asked]
        for row in self._records.rows:
            shown = () if self._probe == "no-image" else (self._records.picture(row),)
            messages = (system, Message("user", (*shown, text)))
            yield Sample(row.image_id, self.name, messages, row.truth, group=row.image_id)

    def pool(self) -> Mapping[str, int]:
        """Return one reply for each country (or square of 5 degrees), with its photos."""
        truths = [row.truth for row in self._records.rows]
        return {_reply(truth): n for truth, n in typical_of(truths)}


def _rules(
    name: str, manifest: Mapping[str, Any], geocoder: str, asked: str, *, sample: bool
) -> dict[str, Any]:
    return {
        "name": name,
        "sample": sample,
        "official": manifest["official"],
        "geocoder": open_geocoder(geocoder),
        "areas": manifest.get("areas") == "positions",
        "tagged": asked != "direct",
    }


def _photos(options: BenchmarkOptions, manifest: Mapping[str, Any]) -> Photos:
    return load_photos(
        options.data,
        manifest["files"],
        manifest.get("hub_files") or (),
        options.revision,
        options.split,
        manifest["data"],
    )


def _reply(truth: Mapping[str, Any]) -> str:
    named = {
        "country": truth.get("country"),
        "city": truth.get("city"),
        "latitude": truth["lat"],
        "longitude": truth["lon"],
    }
    lines = "\n".join(f"{name}: {value}" for name, value in named.items() if value is not None)
    return f"<answer>\n{lines}\n</answer>"


def _rules_of(identity: Mapping[str, Any], manifest: Mapping[str, Any]) -> LocationRules:
    rules = _rules(
        str(identity["name"]),
        {**manifest, **manifest["subsets"][identity["subset"]]},
        str(identity["geocoder"]),
        str(identity["asked"]),
        sample=bool(identity.get("sample")),
    )
    return LocationRules(**rules, left_out=int(identity["left_out"]))


FAMILY = Family(open=PhotoLocation, rules_of=_rules_of, faults=photo_faults)
