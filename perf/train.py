"""What this project adds to a step of TRL's GRPO trainer: CPU time with and without it.

Both sides train the tiny model on the same questions with the same rewards, settings and random
state, so they sample the same replies; one also keeps metrics, replies, warnings and TensorBoard.
A round is one run of either; the ratio is that of the sums over all rounds and steps but the first.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from perf.runner import Figure

ROUNDS, STEPS, SKIPPED = 4, 12, 2
SETTINGS = {
    **{"model": "tiny", "batch_per_device": 64, "max_steps": STEPS, "save_steps": 1000},
    **{"log_steps": 1, "max_completion_tokens": 56},
}
PLACES = 100


def run() -> list[Figure]:
    """Measure the wrapper and the reading of the data."""
    import torch

    torch.set_num_threads(1)
    from geobench_tools.training import LaptopSpec, TrainJob, load_recipe
    from geobench_tools.training._data import as_dataset
    from geobench_tools.training._run_folder import RunFolder
    from geobench_tools.training._sources import gather

    recipe = load_recipe("laptop", SETTINGS, stage="grpo")
    with tempfile.TemporaryDirectory() as folder:
        job = TrainJob(recipe, Path(folder), level=LaptopSpec(neighbourhoods=PLACES))
        sources = gather(job)
        start = sources.start(RunFolder(Path(folder)))
        plain: list[float] = []
        ours: list[float] = []
        for number in range(ROUNDS):
            plain += _steps(_plain(recipe, sources, start, Path(folder) / f"plain{number}"))
            ours += _steps(_ours(recipe, sources, start, Path(folder) / f"ours{number}"))
        rows = as_dataset(sources.rows)
        started = time.process_time()
        for row in rows:
            assert len(row["images"]) == 5
        read = len(rows) / (time.process_time() - started)
    extra = sum(ours) / sum(plain) - 1
    return [
        Figure("CPU added to a GRPO step over plain TRL", 100 * extra, "%", at_most=3.0),
        Figure("CPU of a step, plain TRL, median", statistics.median(plain), "s"),
        Figure("questions of five images read per CPU second", read, "/s"),
    ]


def _steps(trainer: Any) -> list[float]:
    """Train and return the CPU seconds of each step, what callbacks do included."""
    from transformers import TrainerCallback

    class Clock(TrainerCallback):  # type: ignore[misc]
        def __init__(self) -> None:
            self.times: list[float] = []

        def on_step_begin(self, *_: Any, **__: Any) -> None:
            self.times.append(time.process_time())

    clock = Clock()
    trainer.add_callback(clock)
    trainer.train()
    pairs = zip(clock.times, clock.times[1:], strict=False)
    return [after - before for before, after in pairs][SKIPPED:]


def _plain(recipe: Any, sources: Any, start: str, folder: Path) -> Any:
    from transformers import PrinterCallback
    from trl import GRPOTrainer

    from geobench_tools.training._data import as_dataset
    from geobench_tools.training._run_folder import RunFolder
    from geobench_tools.training._trl_config import grpo_config
    from geobench_tools.training._trl_model import load_for_training
    from geobench_tools.training.rewards import trl_reward_functions

    loaded = load_for_training(start, recipe, None)
    tokens = loaded.processor.tokenizer
    functions, weights = trl_reward_functions(
        recipe.reward(sources.k), special_ids=(tokens.eos_token_id, tokens.pad_token_id)
    )
    trainer = GRPOTrainer(
        model=loaded.model,
        processing_class=loaded.processor,
        train_dataset=as_dataset(sources.rows),
        reward_funcs=functions,
        args=grpo_config(recipe, RunFolder(folder), weights),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _ours(recipe: Any, sources: Any, start: str, folder: Path) -> Any:
    from geobench_tools.progress import SILENT
    from geobench_tools.training._run_folder import RunFolder
    from geobench_tools.training._trl import Engine
    from geobench_tools.training._trl_model import load_for_training

    folder.mkdir()
    engine = Engine(recipe, sources, RunFolder(folder), start, SILENT, lambda _said: None)
    return engine.trainer(load_for_training(start, recipe, None), lambda _n: None)
