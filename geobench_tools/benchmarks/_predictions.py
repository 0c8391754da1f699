"""Replies made elsewhere, as records of a run.

Lines of JSON in one of two layouts: IMAGEO-Bench's own (``image_file``, ``raw_response``,
``error``, ``usage_info``), or ``sample_id`` (or ``id``, ``image_id``) with ``text`` (or ``reply``,
``response``, ``prediction``, ``output``). Or a CSV table with such columns: GLOBE's (``IMG_ID``,
``prediction``), or positions in degrees (``pred_latitude`` and ``pred_longitude``, or ``pred_lat``
and ``pred_lon``) as OSV-5M's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from geobench_tools.benchmarks._imageo_data import stem_of
from geobench_tools.benchmarks._predictions_table import TEXTS, table_entries
from geobench_tools.errors import InputError
from geobench_tools.evaluation import (
    Benchmark,
    ErrorInfo,
    ReadingRecord,
    Sample,
    SampleRecord,
    status_of,
)
from geobench_tools.models import Reply, Usage
from geobench_tools.strictjson import parse_json

__all__ = ["Predictions", "read_predictions", "records_of_predictions"]

_IDS = ("sample_id", "id", "image_id")
_LAYOUT = 'each line as {"sample_id": "…", "text": "the reply"}'


@dataclass(frozen=True)
class Predictions:
    """Replies by sample.

    Attributes:
        replies: By sample id, in the order of the file.
        errors: What the file says went wrong, by sample id.
        model: As the file names it; empty if it does not.
        unreadable: Lines that hold no record.
    """

    replies: Mapping[str, Reply]
    errors: Mapping[str, str]
    model: str
    unreadable: int


def read_predictions(path: Path) -> Predictions:
    """Read a file of replies; a failure of a sample that has a reply as well does not count.

    Raises:
        InputError: The file is missing, a line names no sample, or a sample has two replies.
    """
    replies: dict[str, Reply] = {}
    errors: dict[str, str] = {}
    model, unreadable = "", 0
    for number, entry in table_entries(path) if path.suffix == ".csv" else _lines(path):
        if entry is None:
            unreadable += 1
            continue
        sample_id, reply, problem, named = _entry(entry, path, number)
        model = model or named
        if problem:
            errors[sample_id] = problem
        elif sample_id in replies:
            raise InputError(
                f"{path}, line {number}: {sample_id!r} occurs twice",
                hint="score one reply for each sample; several runs go into several files",
            )
        else:
            replies[sample_id] = reply
    errors = {
        sample_id: problem for sample_id, problem in errors.items() if sample_id not in replies
    }
    if not replies and not errors:
        raise InputError(f"{path} holds no replies", hint=_LAYOUT)
    return Predictions(replies, errors, model, unreadable)


def records_of_predictions(
    predictions: Predictions, benchmark: Benchmark
) -> Iterator[SampleRecord]:
    """Yield a record for every sample of a benchmark; those without a reply are errors."""
    for index, sample in enumerate(benchmark.samples()):
        reply = predictions.replies.get(sample.sample_id)
        if reply is None:
            problem = predictions.errors.get(sample.sample_id, "the file has no reply")
            yield _record(sample, index, Reply(""), error=ErrorInfo("unanswerable", problem))
        else:
            yield _record(sample, index, reply, benchmark=benchmark)


def _record(
    sample: Sample,
    index: int,
    reply: Reply,
    *,
    benchmark: Benchmark | None = None,
    error: ErrorInfo | None = None,
) -> SampleRecord:
    reading = benchmark.read(reply.text, sample) if benchmark else None
    value: object = reading.value if reading else None
    kept = ReadingRecord(value, reading.status, reading.span) if reading else None  # type: ignore[arg-type]
    return SampleRecord(
        key="",
        benchmark=sample.benchmark,
        sample_id=sample.sample_id,
        index=index,
        run_index=0,
        status=status_of(reply, reading) if reading else "error",
        target=sample.target,
        task=sample.task,
        group=sample.group,
        metadata=sample.metadata,
        text=reply.text,
        reading=kept,
        usage=reply.usage,
        model_version=reply.model_version,
        error=error,
    )


def _lines(path: Path) -> Iterator[tuple[int, object]]:
    """Yield line number and document of each line, None for one that holds none."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", hint=_LAYOUT) from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, parse_json(line)
            except ValueError:
                yield number, None


def _entry(entry: object, path: Path, number: int) -> tuple[str, Reply, str, str]:
    if isinstance(entry, dict) and isinstance(entry.get("image_file"), str):
        usage = entry.get("usage_info") or {}
        model = str(entry.get("model_used") or "")
        text = entry.get("raw_response")
        problem = str(entry.get("error") or "") if not isinstance(text, str) else ""
        problem = problem or ("" if isinstance(text, str) and text else "no response")
        tokens = Usage(_count(usage, "input_tokens"), _count(usage, "output_tokens"))
        reply = Reply(text if isinstance(text, str) else "", usage=tokens, model_version=model)
        return stem_of(entry["image_file"]), reply, problem, model
    fields = entry if isinstance(entry, dict) else {}
    sample_id = next((fields[name] for name in _IDS if name in fields), None)
    text = next((fields[name] for name in TEXTS if name in fields), None)
    if sample_id is None or not isinstance(text, str | None):
        raise InputError(f"{path}, line {number} is no reply to a sample", hint=_LAYOUT)
    model = str(fields.get("model") or "")
    return str(sample_id), Reply(text or "", model_version=model), "" if text else "no reply", model


def _count(usage: object, name: str) -> int | None:
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if isinstance(value, int) else None
