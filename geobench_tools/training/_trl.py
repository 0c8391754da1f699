"""The TRL engine: both stages in this process, resumed exactly by the same call."""

import gc
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geobench_tools.files import atomic_folder
from geobench_tools.progress import SILENT, Progress
from geobench_tools.provenance import Manifest, package_versions
from geobench_tools.training._data import as_dataset
from geobench_tools.training._held_out import HeldOut
from geobench_tools.training._intervals import change_of
from geobench_tools.training._processor import save_processor
from geobench_tools.training._recipes import Recipe
from geobench_tools.training._run_folder import RUN_KIND, RunFolder
from geobench_tools.training._sources import LAPTOP, Sources, TrainJob, gather
from geobench_tools.training._trl_ask import ask, restored, stored
from geobench_tools.training._trl_config import check_devices, total_steps
from geobench_tools.training._trl_errors import advice
from geobench_tools.training._trl_model import Loaded, import_torch, load_for_training

__all__ = ["TrainReport", "train"]

Note = Callable[[str], None]
_PACKAGES = (
    *("geobench-tools", "torch", "transformers", "trl", "accelerate", "peft", "tokenizers"),
    *("datasets", "numpy", "pillow"),
)
_MEASURED = 2000


@dataclass(frozen=True)
class TrainReport:
    """A finished run.

    Attributes:
        folder: Of the run.
        model: The trained model, which transformers and vLLM load.
        result: What ``result.json`` holds: ``steps``, ``metrics`` of the last log line and, with
            held-out questions, ``before``, ``after`` and ``change``.
        was_finished: Whether the run was finished before this call.
        main_process: Whether this process of several speaks for all.
    """

    folder: Path
    model: Path
    result: dict[str, Any]
    was_finished: bool = False
    main_process: bool = True

    def document(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {"folder": str(self.folder), "model": str(self.model), **self.result}


def train(
    job: TrainJob, progress: Progress = SILENT, note: Note = lambda _said: None
) -> TrainReport:
    """Fine-tune on traces, or reinforce on pairing questions, as the recipe's stage says.

    The same call after an interruption, ``kill -9`` included, goes on from the last whole
    checkpoint; on a CPU the result is then the same to the last bit as without it.

    Args:
        job: What to train, on what, and where to.
        progress: Told of every step.
        note: Told of warnings.

    Raises:
        InputError: Data, model or output folder are not fit for it, or memory or disk do not
            suffice.
    """
    torch, transformers = import_torch()
    import datasets

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    datasets.disable_progress_bars()
    check_devices(job.recipe, int(os.environ.get("WORLD_SIZE", "1")))
    first = _is_first()
    if not first:
        progress, note = SILENT, lambda _said: None
    run = RunFolder(job.output)
    with run.locked() if first else nullcontext():
        return _train(job, run, progress, note, torch)


def _train(
    job: TrainJob, run: RunFolder, progress: Progress, note: Note, torch: Any
) -> TrainReport:
    first = _is_first()
    with _main_process_first(torch):
        sources = gather(job, progress)
        total_steps(job.recipe, len(sources.rows))
        run.claim(_manifest(job, sources), overwrite=job.overwrite and first)
        start = sources.start(run)
        if first:
            run.rewind()
        kept = {name: run.read(f"{name}.json") for name in ("before", "after")}
    for said in (*sources.notes, *_short_limit(job.recipe, start)):
        note(said)
    if (result := run.result()) is not None:
        return TrainReport(run.path, run.final, result, was_finished=True, main_process=first)

    def asked(name: str, model: str) -> HeldOut | None:
        if not sources.held_out:
            return None
        if there := kept[name]:
            return restored(there, sources)
        found = ask(job.recipe, sources, model, progress, f"Held-out questions {name}")
        if first:
            run.write(f"{name}.json", stored(found))
        return found

    with (
        advice(job.recipe, run, (*sources.rows, *sources.held_out)),
        _threads(torch, job.recipe),
        warnings.catch_warnings(),
    ):
        # The libraries warn each other of names that change.
        warnings.simplefilter("ignore", FutureWarning)
        before = asked("before", start) if job.recipe.stage == "grpo" else None
        if not run.final.is_dir():
            Engine(job.recipe, sources, run, start, progress, note).run()
        after = asked("after", str(run.final))
        result = _result(run, before, after)
        if first:
            run.write("result.json", result)
    return TrainReport(run.path, run.final, result, main_process=first)


class Engine:
    """One run of a trainer."""

    def __init__(
        self,
        recipe: Recipe,
        sources: Sources,
        run: RunFolder,
        start: str,
        progress: Progress,
        note: Note,
    ) -> None:
        self._recipe = recipe
        self._sources = sources
        self._run = run
        self._start = start
        self._progress = progress
        self._note = note
        self._steps = total_steps(recipe, len(sources.rows))

    def run(self) -> None:
        """Train from the last whole checkpoint to the end and write ``final``."""
        found = self._run.last_checkpoint()
        checkpoint, done = found or (None, 0)
        loaded = load_for_training(self._start, self._recipe, checkpoint)
        label = {"sft": "Fine-tuning", "grpo": "Reinforcing"}[self._recipe.stage]
        with self._progress.task(label, self._steps) as advance:
            advance(done)
            trainer = self.trainer(loaded, advance)
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        self._finish(trainer, loaded)
        if self._recipe.stage == "sft" and trainer.is_world_process_zero():
            self._run.write("targets.json", self._target_tokens(loaded))
        del trainer, loaded
        gc.collect()

    def trainer(self, loaded: Loaded, advance: Callable[[int], None]) -> Any:
        """Return TRL's trainer of the stage with the run's log attached."""
        from torch.utils.tensorboard import SummaryWriter
        from transformers import PrinterCallback
        from transformers.integrations import TensorBoardCallback
        from trl import GRPOTrainer, SFTTrainer

        from geobench_tools.training._trl_config import grpo_config, sft_config
        from geobench_tools.training._trl_log import Recorder, RunLog
        from geobench_tools.training.rewards import trl_reward_functions

        recipe, seen = self._recipe, dict[str, Any]()
        rows = as_dataset(self._sources.rows)
        tokenizer = loaded.processor.tokenizer
        options: dict[str, Any] = {
            "model": loaded.model,
            "processing_class": loaded.processor,
            "train_dataset": rows,
            "peft_config": loaded.peft,
        }
        weights: dict[str, float] = {}
        if recipe.stage == "sft":
            trainer = SFTTrainer(args=sft_config(recipe, self._run), **options)
        else:
            functions, values = trl_reward_functions(
                recipe.reward(self._sources.k),
                special_ids=(tokenizer.eos_token_id, tokenizer.pad_token_id),
            )
            weights = {one.__name__: value for one, value in zip(functions, values, strict=True)}
            trainer = GRPOTrainer(
                args=grpo_config(recipe, self._run, values),
                reward_funcs=[Recorder(one, seen) for one in functions],
                **options,
            )
        trainer.remove_callback(PrinterCallback)
        log = RunLog(
            self._run,
            advance,
            self._note,
            examples_per_step=recipe.batch,
            seen=seen,
            weights=weights,
            group_size=recipe["group_size"] if recipe.stage == "grpo" else 1,
            wrong=0.0 if recipe.stage == "grpo" and recipe["reward"] == "vlm-r1" else -1.0,
        )
        trainer.add_callback(log)
        if trainer.is_world_process_zero():
            board = SummaryWriter(str(self._run.path / "tensorboard"))
            trainer.add_callback(TensorBoardCallback(board))
        return trainer

    def _target_tokens(self, loaded: Loaded) -> dict[str, int]:
        """Return how long the targets are, for a later GRPO to leave room for them."""
        texts = [row.completion or "" for row in self._sources.rows[:_MEASURED]]
        lengths = [len(ids) for ids in loaded.processor.tokenizer(texts)["input_ids"]]
        return {f"p{q}": int(np.percentile(lengths, q)) for q in (50, 95, 100)}

    def _finish(self, trainer: Any, loaded: Loaded) -> None:
        """Write the trained model; adapters are merged into it and kept beside it."""
        if loaded.peft is not None and trainer.is_world_process_zero():
            with atomic_folder(self._run.path / "adapter", overwrite=True) as folder:
                trainer.model.save_pretrained(folder)
                # An empty form; the card is written where the model's is.
                (folder / "README.md").unlink(missing_ok=True)
        work = self._run.path / ".final.work"
        if loaded.peft is None:
            trainer.save_model(str(work))
        elif trainer.is_world_process_zero():
            trainer.accelerator.unwrap_model(trainer.model).merge_and_unload().save_pretrained(work)
        if trainer.is_world_process_zero():
            save_processor(loaded.processor, work)
            (work / "training_args.bin").unlink(missing_ok=True)
            work.replace(self._run.final)
        trainer.accelerator.wait_for_everyone()


def _is_first() -> bool:
    return int(os.environ.get("RANK", "0")) == 0


def _main_process_first(torch: Any) -> AbstractContextManager[None]:
    """Let one process of several look at the folder, draw and write before the others do."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return nullcontext()
    from accelerate import PartialState

    state = PartialState(cpu=not torch.cuda.is_available())
    ordered: AbstractContextManager[None] = state.main_process_first()
    return ordered


@contextmanager
def _threads(torch: Any, recipe: Recipe) -> Iterator[None]:
    """Give the tiny model one thread, unless the user says otherwise by ``OMP_NUM_THREADS``.

    Its matrices are too small to share, and sums of one thread are the same on every machine.
    """
    before = torch.get_num_threads()
    if recipe.name == LAPTOP and "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _short_limit(recipe: Recipe, start: str) -> Iterator[str]:
    """Yield a warning if the length term would punish replies as long as those taught before."""
    taught = RunFolder(Path(start).parent).read("targets.json")
    if recipe.stage == "sft" or taught is None:
        return
    free = recipe["max_completion_tokens"] - recipe["overlong_tokens"]
    if free < taught["p95"]:
        yield (
            f"replies of more than {free} tokens are punished or cut, and fine-tuning taught "
            f"{taught['p95']} (95 %); raise max_completion_tokens or lower overlong_tokens"
        )


def _manifest(job: TrainJob, sources: Sources) -> Manifest:
    return Manifest(
        kind=RUN_KIND,
        parameters={
            "engine": "trl",
            "identity": sources.identity,
            "recipe": job.recipe.to_json(),
            "model": sources.model,
            "k": sources.k,
            "audit": sources.audit,
        },
        seed=sources.seed,
        inputs=sources.inputs,
        counts=sources.counts,
        packages=package_versions(_PACKAGES),
    )


def _result(run: RunFolder, before: HeldOut | None, after: HeldOut | None) -> dict[str, Any]:
    last = run.last_metrics()
    result: dict[str, Any] = {
        "steps": last.get("step", 0),
        "seconds": last.get("seconds", 0.0),
        "metrics": last,
    }
    if after is not None:
        result["after"] = after.document()
    if before is not None and after is not None:
        result["before"] = before.document()
        result["change"] = {
            name: asdict(change_of(getattr(before, name), getattr(after, name), after.groups))
            for name in ("greedy", "sampled")
        }
    return result
