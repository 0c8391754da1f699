"""GEOBench-VLM (arXiv 2411.19325): questions on pictures from above.

Subsets ``geobench-vlm`` (one picture, five choices, 17 tasks), ``geobench-vlm-temporal`` (before
and after), ``geobench-vlm-boxes`` (the box of what a sentence refers to) and ``geobench-vlm-
captions``. Each question comes in five wordings; by default the first is asked.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from geobench_tools.answers import READER_VERSION
from geobench_tools.benchmarks._family import Family
from geobench_tools.benchmarks._geobench_vlm_boxes import box_of
from geobench_tools.benchmarks._geobench_vlm_data import GeobenchQuestion, load_geobench
from geobench_tools.benchmarks._geobench_vlm_faults import geobench_faults
from geobench_tools.benchmarks._geobench_vlm_rules import GeobenchRules
from geobench_tools.benchmarks._geobench_vlm_sample import sample_geobench
from geobench_tools.benchmarks._options import BenchmarkOptions
from geobench_tools.errors import InputError
from geobench_tools.evaluation import Sample
from geobench_tools.models import JSON, Message, Part, Sampling

__all__ = ["FAMILY", "GeobenchVlm"]

TASK_VERSION = "1"
_UNITS = {
    "pixel": "in pixels of the picture{size}",
    "unit": "as shares of its width and height, from 0 to 1",
    "thousand": "in thousandths of its width and height, from 0 to 1000",
}


class GeobenchVlm(GeobenchRules):
    """One subset of GEOBench-VLM.

    Args:
        subset: ``geobench-vlm`` or one of its siblings.
        options: Where the data are; without ``data`` the SAMPLE set is used.
        manifest: Of the family.

    Raises:
        InputError: The data are not there or are bad, or do not fit the settings.
    """

    def __init__(self, subset: str, options: BenchmarkOptions, manifest: Mapping[str, Any]) -> None:
        entry = manifest["subsets"][subset]
        sample = not options.data
        self._settings = dict(options.settings)
        name = f"{subset}-SAMPLE" if sample else subset
        super().__init__(name, entry, self._settings, sample=sample)
        self._set = (
            sample_geobench(entry["archive"])
            if sample
            else load_geobench(
                options.data,
                options.revision,
                entry["archive"],
                entry["kind"],
                self._settings["xbd"],
                manifest["data"],
            )
        )
        self._temporal = entry["archive"] == "Temporal"
        self._prompt: Mapping[str, str] = manifest["prompt"]
        self._probe = options.probe
        official = self._settings["policy"] == "official" and self._kind == "choice"
        self.sampling = Sampling(
            temperature=manifest["sampling"]["temperature"],
            max_tokens=manifest["sampling"]["max_tokens"] if official else None,
        )
        if self._kind == "box" and self._coordinates != "pixel":
            for question in self._set.questions:
                if question.size is None:
                    raise InputError(
                        f"question {question.name} has no image_size",
                        hint="ask for pixels: --set coordinates=pixel",
                    )

    @property
    def identity(self) -> Mapping[str, JSON]:
        """Task version, data digest, prompt with its policies, reader, probe."""
        settings = {key: value for key, value in self._settings.items() if key != "xbd"}
        asked = [self._prompt["id"], settings["policy"], settings["rule"]]
        if self._kind == "box":
            asked.append(settings["coordinates"])
        return {
            "task": TASK_VERSION,
            "data": self._set.origin,
            "data_sha256": self._set.sha256,
            "prompt": "/".join(asked),
            **settings,
            "reader": READER_VERSION,
            "probe": self._probe,
            "sample": self.sample,
        }

    def size(self) -> int:
        """Return the number of questions, in each wording that is asked."""
        return sum(len(self._wordings(question)) for question in self._set.questions)

    def samples(self) -> Iterator[Sample]:
        """Yield the questions in their order, each followed by its other wordings if asked."""
        for question in self._set.questions:
            for number, wording in enumerate(self._wordings(question), 1):
                metadata: dict[str, JSON] = {"question": question.name, "prompt": number}
                if question.is_xbd:
                    metadata["xbd"] = True
                if self._kind == "choice":
                    metadata["options"] = list(question.choices)
                yield Sample(
                    f"{question.name}#{number}",
                    self.name,
                    (Message("user", tuple(self._parts(question, wording))),),
                    self._target(question),
                    task=question.task,
                    group=question.images[0],
                    metadata=metadata,
                )

    def pool(self) -> Mapping[str, int]:
        """Return the letters (or captions) with the number of questions each is right for."""
        if self._kind == "box":
            return {str(box_of(_polygons(q))): 1 for q in self._set.questions}
        return Counter(str(question.truth) for question in self._set.questions)

    def _wordings(self, question: GeobenchQuestion) -> tuple[str, ...]:
        return question.prompts[: 1 if self._rule == "first" else None]

    def _target(self, question: GeobenchQuestion) -> JSON:
        if self._kind != "box":
            return question.truth
        box = box_of(_polygons(question))
        return {"box": box, "size": list(question.size or (1024, 1024))}

    def _parts(self, question: GeobenchQuestion, wording: str) -> Iterator[Part]:
        text = self._text(question, wording)
        if self._probe == "no-image":
            yield text
        elif self._temporal:
            yield self._prompt["temporal"]
            yield self._prompt["pre"]
            yield self._set.pictures[question.images[0]]
            yield self._prompt["post"]
            yield self._set.pictures[question.images[-1]]
            yield text
        else:
            yield self._set.pictures[question.images[0]]
            yield text

    def _text(self, question: GeobenchQuestion, wording: str) -> str:
        policy = self._settings["policy"]
        if self._kind == "choice":
            template = self._prompt[policy]
            fields = {"cls_description": question.about, "options": question.options}
        else:
            template = self._prompt[f"{self._kind}_{policy}"]
            size = f", which has {question.size[0]} x {question.size[1]}" if question.size else ""
            fields = {"unit": _UNITS[self._coordinates].format(size=size)}
        for key, value in {**fields, "question": wording}.items():
            template = template.replace(f"{{{key}}}", value)
        return template.lstrip("\n")


def _polygons(question: GeobenchQuestion) -> Any:
    return question.truth


def _rules_of(identity: Mapping[str, Any], manifest: Mapping[str, Any]) -> GeobenchRules:
    return GeobenchRules(
        str(identity["name"]),
        manifest["subsets"][identity["subset"]],
        identity,
        sample=bool(identity.get("sample")),
    )


FAMILY = Family(open=GeobenchVlm, rules_of=_rules_of, faults=geobench_faults)
