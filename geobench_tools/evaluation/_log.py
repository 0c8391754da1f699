"""The run directory: what was asked and what came back, safe against a kill at any moment.

    run.json        manifest: what the run is, and at its end the counts
    samples.jsonl   one line per finished request, appended, the truth
    prompts.jsonl   the texts of the prompts, once each, by digest

A line is one ``write``; a torn last line is left where it is and not read. Of several lines for
the same sample and run index the last one counts, except that a reply is not undone by a later
failure under the same key.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from geobench_tools.errors import InputError
from geobench_tools.evaluation._lines import parse_line, to_line
from geobench_tools.evaluation._record import ANSWERED, SampleRecord
from geobench_tools.files import end_torn_line, lock_for_appending, remove_leftovers
from geobench_tools.strictjson import parse_json

__all__ = ["PROMPTS", "SAMPLES", "RunLog", "final_records", "read_prompts"]

SAMPLES = "samples.jsonl"
PROMPTS = "prompts.jsonl"


class RunLog:
    """The log of a run, open for appending by one process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._answered: dict[bytes, int] = {}
        self._end = 0
        self._prompts: set[str] = set()
        self._samples_file: IO[bytes] | None = None
        self._prompts_file: IO[bytes] | None = None

    @contextmanager
    def appending(self) -> Iterator[None]:
        """Open and lock the log, take over what it holds, and sweep what a kill left beside it.

        Raises:
            InputError: Another process has it open.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with (
            (self._folder / SAMPLES).open("a+b", buffering=0) as samples,
            (self._folder / PROMPTS).open("a+b", buffering=0) as prompts,
        ):
            lock_for_appending(samples, self._folder)
            remove_leftovers(self._folder)
            for file in (samples, prompts):
                end_torn_line(file)
            self._load()
            self._samples_file, self._prompts_file = samples, prompts
            try:
                yield
            finally:
                self._samples_file = self._prompts_file = None

    def _load(self) -> None:
        with (self._folder / SAMPLES).open("rb") as samples:
            for line in samples:
                record = parse_line(line)
                if record is not None:
                    self._take_in(record)
                self._end += len(line)
        self._prompts = set(read_prompts(self._folder))

    def has_reply(self, sample_id: str, run_index: int, key: str) -> bool:
        """Return whether this very request has a reply already."""
        return _name(sample_id, run_index, key) in self._answered

    def reply(self, sample_id: str, run_index: int, key: str) -> str:
        """Return the text of the reply that this very request has.

        Raises:
            KeyError: It has none.
        """
        with (self._folder / SAMPLES).open("rb") as samples:
            samples.seek(self._answered[_name(sample_id, run_index, key)])
            record = parse_line(samples.readline())
        return record.text if record else ""

    def append(self, record: SampleRecord, prompt_document: str = "") -> None:
        """Append a finished request, and its prompt if it is new.

        Raises:
            InputError: The disk is full or the file cannot be written.
        """
        if record.prompt and record.prompt not in self._prompts:
            self._prompts.add(record.prompt)
            entry = {"prompt": record.prompt, "messages": json.loads(prompt_document)}
            line = json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
            self._write(self._prompts_file, line)
        line = to_line(record)
        self._write(self._samples_file, line)
        self._take_in(record)
        self._end += len(line)

    def _take_in(self, record: SampleRecord) -> None:
        if record.status in ANSWERED:
            self._answered[_name(record.sample_id, record.run_index, record.key)] = self._end

    def _write(self, file: IO[bytes] | None, line: bytes) -> None:
        if file is None:
            raise ValueError("the log is not open for appending")
        try:
            written = file.write(line)
        except OSError as error:
            raise InputError(
                f"{file.name} cannot be written: {error.strerror}",
                hint="make room, then run the same command again; what is written is kept",
            ) from None
        if written != len(line):
            raise InputError(
                f"{file.name} took only part of a line; the disk may be full",
                hint="make room, then run the same command again; what is written is kept",
            )


def final_records(folder: Path) -> Iterator[SampleRecord]:
    """Yield the records that count, ordered by run index and place in the benchmark.

    Only their places in the file are held in memory.

    Raises:
        InputError: The folder has no log.
    """
    path = folder / SAMPLES
    places: dict[tuple[str, str, int], tuple[int, int, int, bool, str]] = {}
    try:
        samples = path.open("rb")
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", hint="give the directory of a run"
        ) from None
    with samples:
        offset = 0
        for line in samples:
            record = parse_line(line)
            if record is not None:
                name = (record.benchmark, record.sample_id, record.run_index)
                answered, old = record.status in ANSWERED, places.get(name)
                if answered or old is None or not old[3] or old[4] != record.key:
                    place = (record.run_index, record.index, offset)
                    places[name] = (*place, answered, record.key)
            offset += len(line)
        for _, _, start, _, _ in sorted(places.values()):
            samples.seek(start)
            record = parse_line(samples.readline())
            if record is not None:
                yield record


def read_prompts(folder: Path) -> dict[str, list[dict[str, object]]]:
    """Return the prompts of a run by digest: messages with texts and ``{"image": number}``."""
    path = folder / PROMPTS
    prompts: dict[str, list[dict[str, object]]] = {}
    if not path.exists():
        return prompts
    with path.open("rb") as lines:
        for line in lines:
            try:
                entry = parse_json(line)
                prompts[entry["prompt"]] = entry["messages"]
            except (ValueError, KeyError, TypeError):
                continue
    return prompts


def _name(sample_id: str, run_index: int, key: str) -> bytes:
    text = f"{key}\0{run_index}\0{sample_id}".encode("utf-8", "replace")
    return hashlib.blake2b(text, digest_size=16).digest()
