"""What a run trains on and starts from, found and checked before anything is loaded."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geobench_tools.counter_random import hash_strings
from geobench_tools.errors import InputError
from geobench_tools.files import sha256_file
from geobench_tools.models import checkpoint_identity
from geobench_tools.pairing import PairingPrompt, PairingSet, load_prompt, open_pairs
from geobench_tools.progress import SILENT, Progress
from geobench_tools.provenance import InputDigest
from geobench_tools.training._data import Row, image_order, question_rows, trace_rows
from geobench_tools.training._data_checks import check_audit, check_images, check_letters
from geobench_tools.training._data_controls import (
    SHUFFLED_LABELS,
    TILES_ONLY,
    shuffled_labels,
    without_ground,
)
from geobench_tools.training._laptop import (
    LaptopSpec,
    laptop_level,
    laptop_prompt_file,
    laptop_texts,
)
from geobench_tools.training._recipes import Recipe
from geobench_tools.training._run_folder import RunFolder

__all__ = ["LAPTOP", "TINY", "Sources", "TrainJob", "gather"]

LAPTOP, TINY = "laptop", "tiny"
_HELD_OUT = "test"


@dataclass(frozen=True)
class TrainJob:
    """What to train, on what, and where to.

    Attributes:
        recipe: Every setting, the stage and the model to start from.
        output: Folder of the run.
        pairs: Pairing set; None for the level of the laptop recipe.
        traces: For fine-tuning, a folder of ``geor1 synth-cot``; None for the laptop level's.
        prompt: Question template; None for the built-in one (the short one on the laptop level).
        held_out: Most questions of the test split that are asked before and after.
        allow_leak: Train although the pairing set fails its audit.
        overwrite: Remove another run that lies at ``output``.
        level: The laptop level, where that is trained on.
        control: What is withheld, as a control; one of ``CONTROLS`` or empty.
        asked_on: The level whose test split is asked, if not the one that is trained on.
    """

    recipe: Recipe
    output: Path
    pairs: Path | None = None
    traces: Path | None = None
    prompt: Path | None = None
    held_out: int = 0
    allow_leak: bool = False
    overwrite: bool = False
    level: LaptopSpec = field(default_factory=LaptopSpec)
    control: str = ""
    asked_on: LaptopSpec | None = None


@dataclass(frozen=True)
class Sources:
    """The data and the start of a run.

    Attributes:
        rows: What is trained on.
        held_out: Questions of the test split.
        k: Candidates of each question.
        model: The model to start from: a folder, a hub name, or ``tiny``.
        seed: Seed of the weights of ``tiny``.
        identity: What makes the run this run: equal for a resume, else another run.
        inputs: Digests for the manifest.
        counts: For the manifest.
        audit: What the pairing set's audit said, if there is one.
        notes: What the user should know.
    """

    rows: tuple[Row, ...]
    held_out: tuple[Row, ...]
    k: int
    model: str
    seed: int
    identity: dict[str, Any]
    inputs: tuple[InputDigest, ...]
    counts: dict[str, int]
    audit: dict[str, Any]
    notes: tuple[str, ...] = ()

    def start(self, run: RunFolder) -> str:
        """Return the model to load; the tiny one is made in the run's folder at the first call."""
        if self.model != TINY:
            return self.model
        if not (run.base / "preprocessor_config.json").is_file():
            from geobench_tools.training._tiny import make_tiny_model

            make_tiny_model(run.base, laptop_texts(self.k), seed=self.seed)
        return str(run.base)


def gather(job: TrainJob, progress: Progress = SILENT) -> Sources:
    """Find and check the data of a run and the model it starts from.

    Raises:
        InputError: Something is missing, or does not fit.
    """
    recipe = job.recipe
    pairs_folder, traces, prompt_file, notes = job.pairs, job.traces, job.prompt, []
    if pairs_folder is None and traces is None:
        if recipe.name != LAPTOP:
            raise InputError(
                f"recipe {recipe.name} needs data of your own",
                hint="--pairs FOLDER of geor1 build-pairs"
                + (" and --traces FOLDER of geor1 synth-cot" if recipe.stage == "sft" else ""),
            )
        level = laptop_level(job.level, progress)
        pairs_folder, traces = level.pairs, level.folder
        prompt_file = prompt_file or laptop_prompt_file()
        notes.append("no data given: the drawn level of the laptop recipe is used")
    if recipe.stage == "sft" and traces is None:
        raise InputError(
            "fine-tuning needs traces", hint="geor1 synth-cot -o traces; --traces traces"
        )
    if recipe.stage == "grpo" and pairs_folder is None:
        raise InputError(
            "GRPO needs a pairing set", hint="geor1 build-pairs -o pairs; --pairs pairs"
        )
    prompt = load_prompt(prompt_file)
    pairs = open_pairs(pairs_folder) if pairs_folder else None
    audit = check_audit(pairs, allow_leak=job.allow_leak, progress=progress) if pairs else {}
    if audit.get("allowed"):
        notes.append(
            f"the pairing set fails its audit ({', '.join(audit['failed'])}): --allow-leak"
        )
    inputs: list[InputDigest] = []
    if recipe.stage == "sft" and traces is not None:
        rows = tuple(trace_rows(traces))
        inputs.append(_digest(traces / "sft" / "trl" / "train.jsonl"))
    elif pairs is not None:
        rows = tuple(question_rows(pairs, "train", prompt))
    asked = open_pairs(laptop_level(job.asked_on, progress).pairs) if job.asked_on else pairs
    if job.held_out and asked is None:
        raise InputError("held-out questions come from a pairing set", hint="--pairs PAIRS")
    held = _held_out(asked, prompt, job.held_out) if asked else ()
    if job.held_out and not held:
        notes.append("no questions are held out: the pairing set has none in its test split")
    check_letters(rows, pairs.k if pairs else None)
    if job.control == SHUFFLED_LABELS:
        rows = shuffled_labels(rows, recipe["seed"])
    if job.control == TILES_ONLY:
        ground = image_order(prompt, len(rows[0].images) - 1).index(0)
        rows, held = without_ground(rows, ground), without_ground(held, ground)
    files = check_images([*rows, *held])
    if pairs is not None:
        inputs.append(_digest(pairs.folder / "manifest.json"))
    model = str(recipe.model)
    identity = {
        "stage": recipe.stage,
        **{name: recipe[name] for name in recipe if name != "model"},
        "model": _model_identity(model, recipe["seed"]),
        "data": [one.sha256 for one in inputs],
        "prompt": prompt.sha256,
        "held_out": job.held_out,
        "control": job.control,
    }
    counts = {"examples": len(rows), "held_out": len(held), "images": files}
    return Sources(
        rows,
        held,
        len(rows[0].images) - 1,
        model,
        recipe["seed"],
        identity,
        tuple(inputs),
        counts,
        audit,
        tuple(notes),
    )


def _held_out(pairs: PairingSet, prompt: PairingPrompt, most: int) -> tuple[Row, ...]:
    """Return questions of the test split, clique after clique in the order of their hashes."""
    rows = list(question_rows(pairs, _HELD_OUT, prompt)) if most else []
    rank = dict(zip((row.id for row in rows), hash_strings([r.group for r in rows]), strict=True))
    rows.sort(key=lambda row: (int(rank[row.id]), row.id))
    return tuple(rows[:most])


def _model_identity(model: str, seed: int) -> dict[str, Any]:
    if model == TINY:
        return {"checkpoint": TINY, "seed": seed}
    found: dict[str, Any] = checkpoint_identity(model)
    return found


def _digest(path: Path) -> InputDigest:
    return InputDigest(str(path), sha256_file(path), path.stat().st_size)
