"""The logs of a training run, read as they are: torn lines and restarts included."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.strictjson import parse_json

__all__ = ["Series", "TrainingLogs", "read_logs"]

_MAX_LINE = 4 << 20

Series = list[tuple[float, float]]
"""(step, value) in ascending steps."""


@dataclass(frozen=True)
class TrainingLogs:
    """What a training run wrote.

    Attributes:
        folder: The run.
        metrics: Every number by name over the steps.
        samples: Replies with their rewards, in the order of the log.
        warnings: ``step`` and ``warning`` of each early warning.
        recipe: The resolved recipe, or nothing.
        result: What the run ended with, or nothing.
        manifest: ``run.json``, or nothing.
    """

    folder: Path
    metrics: Mapping[str, Series]
    samples: tuple[Mapping[str, Any], ...]
    warnings: tuple[Mapping[str, Any], ...]
    recipe: Mapping[str, Any]
    result: Mapping[str, Any]
    manifest: Mapping[str, Any]

    def series(self, name: str) -> Series:
        """Return a metric's values; empty if the run has none."""
        return self.metrics.get(name, [])

    def setting(self, name: str) -> Any:
        """Return a value of the recipe, or None."""
        return self.recipe.get("settings", {}).get(name, {}).get("value")


def read_logs(folder: Path) -> TrainingLogs:
    """Read the logs of a training run.

    Of several lines for one step, which a restart leaves behind, the last one counts. A run that
    was handed over to ms-swift has that trainer's own ``checkpoints/logging.jsonl`` instead.

    Raises:
        InputError: The folder has no metrics, or no line of them can be read.
    """
    path = folder / "metrics.jsonl"
    other = folder / "checkpoints" / "logging.jsonl"
    if not path.is_file() and not other.is_file():
        raise InputError(f"{path} does not exist", hint="name the folder of a training run")
    path = path if path.is_file() else other
    steps: dict[float, dict[str, float]] = {}
    for row in map(_with_step, _lines(path)):
        numbers = {name: float(value) for name, value in row.items() if _is_number(value)}
        if "step" in numbers:
            steps.setdefault(numbers["step"], {}).update(numbers)
    if not steps:
        raise InputError(f"{path} holds no metrics", hint="the run has not logged a step yet")
    metrics: dict[str, Series] = {}
    for step in sorted(steps):
        for name, value in steps[step].items():
            if name != "step":
                metrics.setdefault(name, []).append((step, value))
    return TrainingLogs(
        folder,
        metrics,
        tuple(row for row in _lines(folder / "samples.jsonl") if _is_number(row.get("step"))),
        tuple(row for row in _lines(folder / "warnings.jsonl") if _is_number(row.get("step"))),
        _document(folder / "recipe.json"),
        _document(folder / "result.json"),
        _document(folder / "run.json"),
    )


def _with_step(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its step as a number; ms-swift writes "7/140"."""
    done, _, of = str(row.get("global_step/max_steps", "")).partition("/")
    return {**row, "step": int(done)} if done.isdigit() and of.isdigit() else row


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        return
    with path.open("rb") as stream:
        for line in stream:
            if len(line) > _MAX_LINE:
                continue
            try:
                row = parse_json(line)
            except ValueError:
                continue
            if isinstance(row, dict):
                yield row


def _document(path: Path) -> dict[str, Any]:
    try:
        document = parse_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _is_number(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value)  # type: ignore[arg-type]
