"""What holds for every benchmark: does it open, are its pictures there, how skewed is its truth."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from geobench_tools.benchmarks import BenchmarkOptions, benchmark_info, open_benchmark
from geobench_tools.errors import GeobenchError
from geobench_tools.evaluation import Sample
from geobench_tools.findings import Finding, Level
from geobench_tools.models import ImagePart, UnreadableImage, decoded, image_bytes, media_type_of
from geobench_tools.progress import Progress

__all__ = ["sample_findings"]

_SHOWN = 3
_CONSTANT = 0.9
"""Constant answers above this share make plain accuracy say little."""


@dataclass
class _Survey:
    samples: int = 0
    pictured: int = 0
    wrong: dict[str, str] = field(default_factory=dict)
    pictures: dict[Path, str] = field(default_factory=dict)
    answers: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def sample_findings(
    name: str,
    data: str,
    progress: Progress,
    *,
    decode: bool,
    settings: Mapping[str, str],
) -> Iterator[Finding]:
    """Open a benchmark's data and go through its samples.

    Args:
        name: Of the benchmark.
        data: As ``--data`` takes it.
        progress: Shows samples.
        decode: Decode each picture wholly instead of looking at its first bytes.
        settings: Of the benchmark.
    """
    try:
        benchmark = open_benchmark(name, BenchmarkOptions(data=data, settings=settings))
        survey = _Survey()
        with progress.task(f"{name}: samples", benchmark.size()) as advance:
            for sample in benchmark.samples():
                _look(sample, survey, decode)
                advance(1)
    except GeobenchError as error:
        yield Finding(name, "reader", "error", error.message, "it cannot be run", error.hint)
        return
    yield _rows(name, survey.samples)
    yield from _pictures(name, survey)
    yield from _answers(name, survey.answers)


def _look(sample: Sample, survey: _Survey, decode: bool) -> None:
    parts = [part for message in sample.messages for part in message.parts]
    pictures = [part for part in parts if isinstance(part, ImagePart)]
    survey.samples += 1
    survey.pictured += bool(pictures)
    for part in pictures:
        if fault := _fault(part, survey, decode):
            survey.wrong.setdefault(sample.sample_id, fault)
    if isinstance(sample.target, str | bool | int):
        survey.answers[sample.task][str(sample.target)] += 1


def _fault(part: ImagePart, survey: _Survey, decode: bool) -> str:
    """What is wrong with a picture; empty if nothing."""
    source = part.source
    if isinstance(source, Path) and source in survey.pictures:
        return survey.pictures[source]
    fault = "no picture" if source == b"" else _unreadable(part, decode)
    if isinstance(source, Path):
        survey.pictures[source] = fault
    return fault


def _unreadable(part: ImagePart, decode: bool) -> str:
    try:
        if decode:
            decoded(part)
        elif not media_type_of(_head(part)):
            return "is no picture"
    except UnreadableImage as error:
        missing = isinstance(part.source, Path) and not part.source.exists()
        return "no picture" if missing else error.message
    return ""


def _head(part: ImagePart) -> bytes:
    if isinstance(part.source, bytes):
        return part.source
    try:
        with part.source.open("rb") as stream:
            return stream.read(64) or image_bytes(part)
    except OSError:
        return image_bytes(part)


def _rows(name: str, samples: int) -> Finding:
    facts = benchmark_info(name).facts
    expected = facts.get("rows")
    note = str(facts.get("note") or "")
    if expected and samples != expected:
        return Finding(
            name,
            "samples",
            "warning",
            f"{samples:,}, the benchmark has {expected:,}",
            "the score is over other samples than published ones",
            "get the whole data set, or say so beside the score",
        )
    return Finding(name, "samples", "ok", f"{samples:,}", note)


def _pictures(name: str, survey: _Survey) -> Iterator[Finding]:
    missing = [sample for sample, fault in survey.wrong.items() if fault == "no picture"]
    broken = {sample: fault for sample, fault in survey.wrong.items() if fault != "no picture"}
    effect = "asked as skipped: wrong in strict scores, left out of official ones"
    if missing:
        level: Level = "error" if len(missing) == survey.pictured else "warning"
        said = f"{len(missing):,} of {survey.pictured:,} are missing: {_some(missing)}"
        yield Finding(name, "pictures", level, said, effect, _how_to_get(name))
    if broken:
        first = next(iter(broken))
        said = f"{len(broken):,} cannot be read: {first}: {broken[first]}"
        again = "download them again (an error page saved as a picture is the usual cause)"
        yield Finding(name, "pictures", "warning", said, effect, again)
    if survey.pictured and not survey.wrong:
        yield Finding(name, "pictures", "ok", f"all {survey.pictured:,} are here")


def _how_to_get(name: str) -> str:
    return str(benchmark_info(name).facts["data"])


def _answers(name: str, answers: Mapping[str, Counter[str]]) -> Iterator[Finding]:
    single = [task for task, counts in answers.items() if len(counts) == 1 and counts.total() > 1]
    for task in single:
        only, count = next(iter(answers[task].items()))
        yield Finding(
            name,
            f"answers {task}".strip(),
            "warning",
            f"all {count:,} are {only!r}",
            "a constant answer scores 100 %; balanced accuracy and MCC do not exist (n/a)",
            "leave it out of averages",
        )
    if not answers:
        return
    shares = [max(counts.values()) / counts.total() for counts in answers.values()]
    mean = sum(shares) / len(shares)
    said = f"constant answers score {100 * mean:.1f} %"
    if len(shares) > 1:
        said += f" on average over {len(shares)} tasks"
    effect = "plain accuracy near this says nothing" if mean >= _CONSTANT else "the line to beat"
    look = "read balanced accuracy and MCC beside it" if mean >= _CONSTANT else ""
    level: Level = "warning" if mean >= _CONSTANT else "note"
    yield Finding(name, "majority", level, said, effect, look)


def _some(names: list[str]) -> str:
    more = " …" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
