"""What a run writes while it trains: metrics, sampled replies with their rewards, warnings."""

import json
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from accelerate import PartialState
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from geobench_tools.progress import Advance
from geobench_tools.training._run_folder import RunFolder
from geobench_tools.training._warnings import EarlyWarnings
from geobench_tools.training.rewards import TrlReward

__all__ = ["Recorder", "RunLog"]

Note = Callable[[str], None]
_SAMPLES = 4


class Recorder:
    """A reward function that remembers the last batch it saw, and is otherwise the one it wraps."""

    def __init__(self, reward: TrlReward, seen: dict[str, Any]) -> None:
        self.__name__ = reward.__name__
        self._reward = reward
        self._seen = seen

    def __call__(self, **columns: Any) -> list[float]:
        """Return the wrapped function's rewards."""
        values = self._reward(**columns)
        self._seen[self.__name__] = values
        self._seen["completions"] = columns["completions"]
        self._seen["tokens"] = self._reward.tokens(columns["completion_ids"])
        self._seen["columns"] = {name: columns[name] for name in ("id", "solution")}
        return values


class RunLog(TrainerCallback):  # type: ignore[misc]
    """Writes ``metrics.jsonl``, ``samples.jsonl`` and ``warnings.jsonl``; marks whole checkpoints.

    Args:
        run: The folder.
        advance: Told of every step.
        note: Told of every warning.
        examples_per_step: Examples (completions) of an optimiser step, over all processes.
        seen: What the recorders remember; empty for fine-tuning.
        weights: Weight of each reward term.
        group_size: Completions of one question; 1 for fine-tuning.
        wrong: Accuracy reward of a wrong reply; that of a right one is 1.
    """

    def __init__(
        self,
        run: RunFolder,
        advance: Advance,
        note: Note,
        *,
        examples_per_step: int,
        seen: Mapping[str, Any],
        weights: Mapping[str, float],
        group_size: int = 1,
        wrong: float = -1.0,
    ) -> None:
        self._run = run
        self._advance = advance
        self._note = note
        self._examples = examples_per_step
        self._seen = seen
        self._weights = weights
        self._group_size = group_size
        self._wrong = wrong
        self._warnings = EarlyWarnings()
        self._started = time.monotonic()
        earlier = run.last_metrics()
        self._seconds_before = float(earlier.get("seconds", 0.0))
        # The trainer's own count starts anew with each process in fine-tuning.
        self._tokens_before = 0 if weights else float(earlier.get("num_tokens", 0))

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Advance the progress bar; the last step is always logged."""
        self._advance(1)
        if state.global_step >= state.max_steps:
            control.should_log = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Append one line of metrics and some replies; warn where something goes wrong."""
        if not state.is_world_process_zero or not logs or "train_runtime" in logs:
            return
        row: dict[str, Any] = {"step": state.global_step}
        row |= {name: _plain(value) for name, value in logs.items()}
        if "num_tokens" in row:
            row["num_tokens"] += self._tokens_before
        if (mean := row.get("rewards/accuracy/mean")) is not None:
            row["accuracy"] = (mean - self._wrong) / (1 - self._wrong)
        row["examples"] = state.global_step * self._examples
        row["seconds"] = round(self._seconds_before + time.monotonic() - self._started, 3)
        _append(self._run.path / "metrics.jsonl", row)
        for sample in self._samples():
            _append(self._run.path / "samples.jsonl", {"step": state.global_step, **sample})
        for kind, said in self._warnings.of(row):
            warning = {"step": state.global_step, "kind": kind, "warning": said}
            _append(self._run.path / "warnings.jsonl", warning)
            self._note(f"step {state.global_step}: {said}")

    def on_save(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Mark the checkpoint as whole, once every process has written its part."""
        PartialState().wait_for_everyone()
        if state.is_world_process_zero:
            self._run.mark_complete(state.global_step)

    def _samples(self) -> list[dict[str, Any]]:
        """Return the first reply of each of the first groups, with its reward terms."""
        if "completions" not in self._seen:
            return []
        completions, columns = self._seen["completions"], self._seen["columns"]
        found = []
        for i in range(0, len(completions), self._group_size)[:_SAMPLES]:
            terms = {name: self._seen[name][i] for name in self._weights}
            total = sum(self._weights[name] * value for name, value in terms.items())
            found.append(
                {
                    "id": columns["id"][i],
                    "solution": columns["solution"][i],
                    "reply": completions[i][0]["content"],
                    "tokens": self._seen["tokens"][i],
                    "right": terms["accuracy"] > 0,
                    "terms": terms,
                    "reward": total,
                }
            )
        return found


def _plain(value: Any) -> Any:
    """Return a number that JSON knows: NaN and infinity become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def _append(path: Path, row: Mapping[str, Any]) -> None:
    with path.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(row, ensure_ascii=False) + "\n")
