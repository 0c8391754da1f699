"""The TRL engine: both stages in this process, resumed exactly by the same call."""

import gc
import json
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geobench_tools.files import atomic_folder
from geobench_tools.progress import SILENT, Progress
from geobench_tools.provenance import Manifest, package_versions
from geobench_tools.training._data import as_dataset
from geobench_tools.training._held_out import HeldOut, change_of, held_out
from geobench_tools.training._processor import load_processor, save_processor
from geobench_tools.training._recipes import Recipe
from geobench_tools.training._run_folder import RUN_KIND, RunFolder
from geobench_tools.training._sources import LAPTOP, Sources, TrainJob, gather
from geobench_tools.training._trl_errors import advice
from geobench_tools.training._trl_model import Loaded, import_torch, load_for_training

__all__ = ["TrainReport", "train"]

Note = Callable[[str], None]
_PACKAGES = (
    *("geobench-tools", "torch", "transformers", "trl", "accelerate", "peft", "tokenizers"),
    *("datasets", "numpy", "pillow"),
)
_SPARE_TOKENS = 16
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

    from geobench_tools.training._trl_config import check_devices

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
        run.claim(_manifest(job, sources), overwrite=job.overwrite and first)
        start = sources.start(run)
        if first:
            run.rewind()
    for said in (*sources.notes, *_short_limit(job.recipe, start)):
        note(said)
    if (result := run.result()) is not None:
        return TrainReport(run.path, run.final, result, was_finished=True, main_process=first)
    with advice(job.recipe, run), _threads(torch, job.recipe), warnings.catch_warnings():
        # The libraries warn each other of names that change.
        warnings.simplefilter("ignore", FutureWarning)
        reinforced = job.recipe.stage == "grpo"
        before = (
            _ask(job, sources, run, start, "before", progress) if first and reinforced else None
        )
        if not run.final.is_dir():
            Engine(job.recipe, sources, run, start, progress, note).run()
        after = _ask(job, sources, run, str(run.final), "after", progress) if first else None
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

    def run(self) -> None:
        """Train from the last whole checkpoint to the end and write ``final``."""
        from geobench_tools.training._trl_config import total_steps

        found = self._run.last_checkpoint()
        checkpoint, done = found or (None, 0)
        loaded = load_for_training(self._start, self._recipe, checkpoint)
        total = total_steps(self._recipe, len(self._sources.rows))
        label = {"sft": "Fine-tuning", "grpo": "Reinforcing"}[self._recipe.stage]
        with self._progress.task(label, total) as advance:
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


def _ask(
    job: TrainJob, sources: Sources, run: RunFolder, model: str, name: str, progress: Progress
) -> HeldOut | None:
    """Ask a model the held-out questions, or return what an earlier call wrote down."""
    if not sources.held_out:
        return None
    groups = tuple(row.group for row in sources.held_out)
    if kept := run.read(f"{name}.json"):
        return HeldOut(_flags(kept["greedy"]), _flags(kept["sampled"]), kept["answered"], groups)
    import torch
    from transformers import AutoModelForImageTextToText

    recipe = job.recipe
    device = "cuda" if torch.cuda.is_available() else "cpu"
    loaded = AutoModelForImageTextToText.from_pretrained(model, dtype=torch.float32).to(device)
    processor = load_processor(model, (recipe["min_pixels"], recipe["max_pixels"]))
    if recipe.stage == "grpo":
        tokens = recipe["max_completion_tokens"]
    else:
        longest = max((row.completion or "" for row in sources.rows), key=len)
        tokens = len(processor.tokenizer(longest)["input_ids"]) + _SPARE_TOKENS
    found = held_out(
        loaded,
        processor,
        sources.held_out,
        max_tokens=tokens,
        seed=recipe["seed"],
        progress=progress,
        label=f"Held-out questions {name}",
    )
    told = {"greedy": _text(found.greedy), "sampled": _text(found.sampled)}
    run.write(f"{name}.json", {**told, "answered": found.answered})
    return found


def _text(flags: np.typing.NDArray[np.bool_]) -> str:
    return "".join("1" if flag else "0" for flag in flags.tolist())


def _flags(text: str) -> np.typing.NDArray[np.bool_]:
    return np.array([flag == "1" for flag in text])


def _result(run: RunFolder, before: HeldOut | None, after: HeldOut | None) -> dict[str, Any]:
    last = _last_line(run.path / "metrics.jsonl")
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


def _last_line(path: Path) -> dict[str, Any]:
    lines: Sequence[str] = path.read_text(encoding="utf-8").splitlines() if path.is_file() else ()
    found: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    return found
