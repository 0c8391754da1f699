"""A run in the formats of other tools: inspect, lm-eval, the Hub, CSV, Parquet."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.evaluation._log import final_records, read_prompts
from geobench_tools.evaluation._record import SampleRecord
from geobench_tools.files import atomic_file
from geobench_tools.plaintext import sheet_cell
from geobench_tools.provenance import Manifest

__all__ = ["EXPORTS", "ExportedRun", "write_export"]

_SAMPLE = "SAMPLE data, no result"


@dataclass(frozen=True)
class ExportedRun:
    """What was written.

    Attributes:
        to: The format.
        path: The file.
        samples: Records in it.
    """

    to: str
    path: str
    samples: int

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

    def rows(self) -> list[tuple[str, object]]:
        """Return it as lines for people."""
        return [("file", self.path), ("records", self.samples)]


def write_export(
    folder: Path, manifest: Manifest, scores: Mapping[str, Any], to: str, output: Path
) -> ExportedRun:
    """Write a run directory in another format.

    Args:
        folder: The run directory.
        manifest: Its manifest.
        scores: Its scores.
        to: One of ``EXPORTS``.
        output: The file; for ``hub`` a folder, which gets ``.eval_results/NAME.yaml``.

    Raises:
        InputError: The format is unknown or the output exists.
    """
    if to not in EXPORTS:
        raise InputError(f"unknown format {to!r}", hint=f"one of {', '.join(EXPORTS)}")
    if to == "hub":
        output = output / ".eval_results" / f"{scores['benchmark']}.yaml"
    if output.exists():
        raise InputError(f"{output} exists already", hint="choose another output")
    records = list(final_records(folder))
    with atomic_file(output) as temporary:
        EXPORTS[to](_Run(folder, manifest, scores, records), temporary)
    return ExportedRun(to, str(output), len(records))


@dataclass(frozen=True)
class _Run:
    folder: Path
    manifest: Manifest
    scores: Mapping[str, Any]
    records: Sequence[SampleRecord]

    @property
    def identity(self) -> Mapping[str, Any]:
        identity: Mapping[str, Any] = self.manifest.parameters["identity"]
        return identity

    @property
    def model(self) -> str:
        model = self.identity["model"]
        return f"{model.get('backend', 'model')}/{model.get('name') or 'default'}"

    @property
    def created(self) -> str:
        return str(self.manifest.run.get("created_at") or datetime.now(UTC).isoformat())


def _flat(run: _Run) -> tuple[list[str], list[dict[str, Any]]]:
    header = (
        *("benchmark", "sample_id", "run_index", "task", "group", "status", "target", "reading"),
        *("reading_status", "text", "finish_reason", "prompt_tokens", "completion_tokens"),
        *("latency_s", "cost", "error"),
    )
    rows = [
        {
            "benchmark": record.benchmark,
            "sample_id": record.sample_id,
            "run_index": record.run_index,
            "task": record.task,
            "group": record.group,
            "status": record.status,
            "target": _json(record.target),
            "reading": _json(record.reading.value) if record.reading else None,
            "reading_status": record.reading.status if record.reading else None,
            "text": record.text,
            "finish_reason": record.finish_reason,
            "prompt_tokens": record.usage.prompt_tokens,
            "completion_tokens": record.usage.completion_tokens,
            "latency_s": float(record.latency_s),
            "cost": record.cost,
            "error": record.error.detail if record.error else None,
        }
        for record in run.records
    ]
    return list(header), rows


def _csv(run: _Run, path: Path) -> None:
    header, rows = _flat(run)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header)
        writer.writeheader()
        writer.writerows({name: sheet_cell(v) for name, v in row.items()} for row in rows)


def _parquet(run: _Run, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    header, rows = _flat(run)
    numbers = {
        "run_index": pa.int64(),
        "prompt_tokens": pa.int64(),
        "completion_tokens": pa.int64(),
    }
    numbers |= {"latency_s": pa.float64(), "cost": pa.float64()}
    schema = pa.schema([(name, numbers.get(name, pa.string())) for name in header])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)


def _inspect(run: _Run, path: Path) -> None:
    """Inspect's JSON log, version 2, as ``inspect_ai.log.read_eval_log`` reads it."""
    prompts = read_prompts(run.folder)
    name = str(run.scores["benchmark"])
    document = {
        "version": 2,
        "status": "success",
        "eval": {
            "eval_id": _short(run.manifest, "eval"),
            "run_id": _short(run.manifest, "run"),
            "created": run.created,
            "task": name,
            "task_id": _short(run.manifest, name),
            "task_version": 1,
            "task_args": dict(run.identity["benchmark"]),
            "dataset": {
                "name": name,
                "samples": run.scores["samples"],
                "sample_ids": [r.sample_id for r in run.records if r.run_index == 0],
            },
            "model": run.model,
            "model_args": {},
            "config": {"epochs": run.manifest.parameters["runs"]},
            "packages": dict(run.manifest.packages),
            "metadata": {"SAMPLE": run.scores["sample"], "tool": run.manifest.tool},
        },
        "plan": {"name": "plan", "steps": [], "config": _config(run)},
        "results": {
            "total_samples": len(run.records),
            "completed_samples": run.scores["statuses"]["ok"],
            "scores": [_score(protocol, run.scores) for protocol in ("strict", "official")],
        },
        "stats": {"started_at": run.created, "completed_at": run.created},
        "samples": list(_samples(run.records, prompts)),
    }
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def _score(protocol: str, scores: Mapping[str, Any]) -> dict[str, Any]:
    metrics = {
        metric["name"]: {"name": metric["name"], "value": metric[protocol]["value"]}
        for metric in scores["metrics"]
        if metric[protocol] and metric[protocol]["value"] is not None
    }
    return {"name": protocol, "scorer": protocol, "params": {}, "metrics": metrics}


def _config(run: _Run) -> dict[str, Any]:
    sampling = run.identity["sampling"]
    known = ("temperature", "top_p", "max_tokens", "seed")
    return {k: sampling[k] for k in known if isinstance(sampling, Mapping) and k in sampling}


def _samples(
    records: Sequence[SampleRecord], prompts: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Iterator[dict[str, Any]]:
    """Yield each record with the conversation that led to it."""
    followed = {(record.run_index, record.follows) for record in records if record.follows}
    said: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for record in records:
        before = said.get((record.run_index, record.follows), [])
        sample = _sample(record, prompts.get(record.prompt), before)
        if (record.run_index, record.sample_id) in followed:
            said[record.run_index, record.sample_id] = sample["messages"]
        yield sample


def _sample(
    record: SampleRecord,
    prompt: Sequence[Mapping[str, Any]] | None,
    before: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    own = [{"role": message["role"], "content": _content(message)} for message in prompt or ()]
    asked = next((m["content"] for m in own if m["role"] == "user"), "")
    messages = [*before, *own]
    reply = {"role": "assistant", "content": record.text, "source": "generate"}
    stop = {"length": "max_tokens", "content_filter": "content_filter"}
    sample: dict[str, Any] = {
        "id": record.sample_id,
        "epoch": record.run_index + 1,
        "input": asked,
        "target": _json(record.target),
        "messages": [*messages, reply] if record.text else messages,
        "output": {
            "model": record.model_version,
            "choices": [{"message": reply, "stop_reason": stop.get(record.finish_reason, "stop")}],
            "usage": {
                "input_tokens": record.usage.prompt_tokens or 0,
                "output_tokens": record.usage.completion_tokens or 0,
                "total_tokens": (record.usage.prompt_tokens or 0)
                + (record.usage.completion_tokens or 0),
            },
        },
        "scores": {
            "reading": {
                "value": record.status,
                "answer": _json(record.reading.value) if record.reading else None,
                "explanation": record.reading.status if record.reading else None,
            }
        },
        "metadata": {**record.metadata, "status": record.status, "task": record.task},
        "store": {},
        "events": [],
        "attachments": {},
    }
    if record.error is not None:
        detail = f"{record.error.reason}: {record.error.detail}"
        sample["error"] = {"message": detail, "traceback": "", "traceback_ansi": ""}
    return sample


def _content(message: Mapping[str, Any]) -> str:
    parts = message.get("parts", message.get("content", ()))
    if isinstance(parts, str):
        return parts
    return "".join(part if isinstance(part, str) else "<image>" for part in parts)


def _lm_eval(run: _Run, path: Path) -> None:
    """The results file of lm-evaluation-harness: figures by task, with standard errors."""
    name = str(run.scores["benchmark"])
    figures: dict[str, Any] = {"alias": name}
    for metric in run.scores["metrics"]:
        for protocol in ("strict", "official"):
            found = metric[protocol]
            if found and found["value"] is not None:
                figures[f"{metric['name']},{protocol}"] = found["value"]
                if found["low"] is not None and found["high"] is not None:
                    error = (found["high"] - found["low"]) / (2 * 1.959963984540054)
                    figures[f"{metric['name']}_stderr,{protocol}"] = error
    better = {m["name"]: m["better"] == "higher" for m in run.scores["metrics"]}
    document = {
        "results": {name: figures},
        "configs": {name: {"task": name, "metadata": dict(run.identity["benchmark"])}},
        "versions": {name: run.identity["benchmark"].get("task", "1")},
        "n-shot": {name: 0},
        "higher_is_better": {name: better},
        "n-samples": {name: {"original": run.scores["samples"], "effective": len(run.records)}},
        "config": {"model": run.model, "gen_kwargs": _config(run)},
        "model_name": run.model,
        "date": datetime.fromisoformat(run.created).timestamp(),
        "SAMPLE": run.scores["sample"],
    }
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _hub(run: _Run, path: Path) -> None:
    """A list of results as the Hub reads them from ``.eval_results/*.yaml`` of a model."""
    import yaml

    entries = []
    for metric in run.scores["metrics"]:
        found = metric["strict"]
        if not found or found["value"] is None:
            continue
        note = f"strict, {metric['label']}, n = {found['n']}"
        if found["low"] is not None and found["high"] is not None:
            note += f", 95 % interval {found['low']:.4g} to {found['high']:.4g}"
        if run.scores["sample"]:
            note = f"{_SAMPLE}; {note}"
        entries.append(
            {
                "dataset": {
                    "id": str(run.identity["benchmark"].get("data", "")),
                    "task_id": f"{run.scores['benchmark']}/{metric['name']}",
                    "revision": str(run.identity["benchmark"].get("data_sha256", "")),
                },
                "value": found["value"],
                "date": run.created[:10],
                "notes": note,
            }
        )
    path.write_text(yaml.safe_dump(entries, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(manifest: Manifest, salt: str) -> str:
    import hashlib

    text = json.dumps([manifest.parameters["identity"], salt], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:22]


EXPORTS: Mapping[str, Callable[[_Run, Path], None]] = {
    "inspect": _inspect,
    "lm-eval": _lm_eval,
    "hub": _hub,
    "csv": _csv,
    "parquet": _parquet,
}
"""Formats by name."""
