"""What is handed to a trainer that lives in another environment."""

import json
import re
import shlex
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from geobench_tools.models import split_revision
from geobench_tools.training._recipes import Recipe

__all__ = [
    "NODES",
    "DataFiles",
    "Engine",
    "EngineJob",
    "EnginePlan",
    "deepspeed_file",
    "optimisation",
    "torchrun",
    "yaml_text",
]

NODES = {"NODE_RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}
"""Variables by which torchrun finds its machines; those of one machine."""

_LAST = "last=$(ls -d checkpoints/checkpoint-* 2>/dev/null | sort -t- -k2n | tail -n 1)"
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}[\w/.-]*")


@dataclass(frozen=True)
class EngineJob:
    """What to train by which engine.

    Attributes:
        engine: ``verl``, ``ms-swift``, ``llamafactory`` or ``vlm-r1``.
        recipe: Every setting, the stage and the model to start from.
        output: Folder of the run.
        pairs: Pairing set (grpo).
        traces: Folder of traces with its ``sft/`` export (sft).
        prompt: Question template; None for the built-in one.
        nodes: Machines; ``recipe["devices"]`` are spread over them evenly.
        bin: Folder of the engine's own commands, such as ``ENV/bin``; None for those on PATH.
        home: Checkout of VLM-R1 (vlm-r1).
        allow_leak: Train although the pairing set fails its audit.
        overwrite: Remove another run that lies at ``output``.
    """

    engine: str
    recipe: Recipe
    output: Path
    pairs: Path | None = None
    traces: Path | None = None
    prompt: Path | None = None
    nodes: int = 1
    bin: Path | None = None
    home: Path | None = None
    allow_leak: bool = False
    overwrite: bool = False

    @property
    def model(self) -> str:
        """The model to start from; a folder by its absolute path, as engines change folders."""
        name, _ = split_revision(self.recipe.model)
        return str(Path(name).absolute()) if Path(name).is_dir() else name

    @property
    def revision(self) -> dict[str, str]:
        """The revision of a model of the hub, under the name that engines have for it."""
        _, revision = split_revision(self.recipe.model)
        return {"model_revision": revision} if revision else {}

    @property
    def devices_per_node(self) -> int:
        """Processes on each machine."""
        return int(self.recipe["devices"]) // self.nodes


@dataclass(frozen=True)
class DataFiles:
    """Where the engine finds its rows.

    Attributes:
        train: Files of the training split.
        images: Folder that image paths are relative to; None if the rows hold the images.
        val: Files of the validation split, or nothing.
        name: Name of the data set where the engine asks for one.
        k: Candidates of each question.
    """

    train: tuple[Path, ...]
    images: Path | None
    val: tuple[Path, ...] = ()
    name: str = ""
    k: int = 26


@dataclass(frozen=True)
class EnginePlan:
    """The files and the command of a run by another trainer.

    Attributes:
        engine: Its name.
        stage: ``sft`` or ``grpo``.
        files: Texts to write, by path relative to the run's folder.
        command: What starts it on one machine.
        folder: Where it is started.
        bin: Folder of the engine's own commands; None for those on PATH.
        environment: Variables that it needs.
        nodes: How it is started on several machines.
        resume: What is added to the command where ``$last``, the newest checkpoint, is there.
        left_out: Settings of the recipe that the engine does not have, with what happens instead.
        notes: What every user of the engine must know.
    """

    engine: str
    stage: str
    files: Mapping[str, str]
    command: tuple[str, ...]
    folder: Path
    bin: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    nodes: str = (
        "Several machines: start it on each with its NODE_RANK and the first's MASTER_ADDR."
    )
    resume: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def script(self) -> str:
        """Return ``launch.sh``: the environment, the folder and the command."""
        lines = ["#!/bin/sh", f"# {self.engine}, {self.stage}. {self.nodes}", "set -eu"]
        if self.bin:
            lines.append(f'export PATH={shlex.quote(str(self.bin.absolute()))}:"$PATH"')
        lines += [_exported(name, value) for name, value in self.environment.items()]
        lines.append(f"cd {_quoted(str(self.folder))}")
        command = " \\\n  ".join(_options(self.command))
        if self.resume:
            lines.append(_LAST)
            command += f' ${{last:+"{self.resume}"}}'
        return "\n".join([*lines, f"exec {command}"]) + "\n"

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON."""
        return {
            "engine": self.engine,
            "stage": self.stage,
            "command": list(self.command),
            "environment": dict(self.environment),
            "folder": str(self.folder),
            "nodes": self.nodes,
            "left_out": dict(self.left_out),
            "notes": list(self.notes),
            "files": {
                name: text if len(text) < 20_000 else f"({len(text):,} characters)"
                for name, text in self.files.items()
            },
        }


class Engine(ABC):
    """A trainer in an environment of its own.

    Attributes:
        name: As given to ``--engine``.
        stages: What it can train.
        target: The export target whose rows it reads for grpo; empty if it has no grpo.
        traces: The rows that it reads for sft in a folder of traces; empty if they are made for it.
        program: The command that must be there to start it.
        revisions: Whether it can load a revision of the hub other than the newest.
    """

    name: ClassVar[str]
    stages: ClassVar[tuple[str, ...]]
    target: ClassVar[str] = ""
    traces: ClassVar[str] = ""
    program: ClassVar[str] = ""
    revisions: ClassVar[bool] = False

    @abstractmethod
    def plan(self, job: EngineJob, data: DataFiles) -> EnginePlan:
        """Return files and command for a job whose rows lie where ``data`` says."""


def yaml_text(document: Mapping[str, Any], remark: str) -> str:
    """Return a document as YAML under a comment."""
    import yaml

    body = yaml.safe_dump(
        dict(document), sort_keys=False, allow_unicode=True, default_flow_style=False
    )
    return "".join(f"# {line}\n" for line in remark.splitlines()) + body


def optimisation(recipe: Recipe) -> dict[str, Any]:
    """Return the settings that trainers around transformers' own have under its names."""
    return {
        "num_train_epochs": recipe["epochs"],
        "learning_rate": recipe["learning_rate"],
        "lr_scheduler_type": recipe["schedule"],
        "warmup_ratio": recipe["warmup_ratio"],
        "weight_decay": recipe["weight_decay"],
        "max_grad_norm": recipe["max_grad_norm"],
    }


def torchrun(job: EngineJob) -> tuple[str, ...]:
    """Return the words that start a script or module on all devices of a machine."""
    return (
        *("torchrun", "--nproc_per_node", str(job.devices_per_node)),
        *("--nnodes", str(job.nodes), "--node_rank", "${NODE_RANK}"),
        *("--master_addr", "${MASTER_ADDR}", "--master_port", "${MASTER_PORT}"),
    )


def deepspeed_file(recipe: Recipe) -> dict[str, str]:
    """Return a DeepSpeed file by its name, or nothing; sizes are taken from the trainer."""
    stage = recipe["sharding"]
    if stage == "none":
        return {}
    zero: dict[str, Any] = {
        "stage": int(stage.removeprefix("zero")),
        "overlap_comm": True,
        "contiguous_gradients": True,
        "reduce_bucket_size": "auto",
    }
    if stage == "zero3":
        zero |= {
            "stage3_prefetch_bucket_size": "auto",
            "stage3_param_persistence_threshold": "auto",
            "stage3_gather_16bit_weights_on_model_save": True,
        }
    document = {
        "bf16": {"enabled": "auto"},
        "zero_optimization": zero,
        "train_batch_size": "auto",
        "train_micro_batch_size_per_gpu": "auto",
        "gradient_accumulation_steps": "auto",
        "gradient_clipping": "auto",
    }
    return {f"{stage}.json": json.dumps(document, indent=2) + "\n"}


def _options(words: Sequence[str]) -> Iterator[str]:
    """Yield the words of a command, each option with what follows it."""
    line: list[str] = []
    for word in words:
        if word.startswith("-") and line:
            yield " ".join(line)
            line = []
        line.append(_quoted(word))
    yield " ".join(line)


def _exported(name: str, value: str) -> str:
    """Return a line that sets a variable; what differs from machine to machine may be set before.

    All else is the recipe's, whatever the environment says.
    """
    return (
        f'export {name}="${{{name}:-{value}}}"'
        if name in NODES
        else f"export {name}={_quoted(value)}"
    )


def _quoted(word: str) -> str:
    """Quote a word for the shell, leaving a variable that it begins with alone."""
    return f'"{word}"' if _VARIABLE.fullmatch(word) else shlex.quote(word)
