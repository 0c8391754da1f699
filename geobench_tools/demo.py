"""The whole path on the embedded world: every stage is one public command, run as a user would."""

import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from geobench_tools.errors import InputError, PartialFailure
from geobench_tools.files import atomic_file

__all__ = ["DemoReport", "Stage", "demo_stages", "run_demo"]

_TRAIN_PACKAGES = ("torch", "transformers", "trl")
_DONE = ".done"
_BEGUN = "begun: "
_WHOLE = ("world", "build-pairs")
_STDERR = 2


@dataclass(frozen=True)
class Stage:
    """One command of the demo.

    Attributes:
        title: What it does.
        words: The command after ``geor1``.
    """

    title: str
    words: Sequence[str]

    @property
    def command(self) -> str:
        """The command as typed."""
        return shlex.join(("geor1", *self.words))

    @property
    def whole(self) -> Path | None:
        """The folder, of a stage whose folder appears when it is whole and is made only once."""
        return Path(self.words[self.words.index("-o") + 1]) if self.words[0] in _WHOLE else None


@dataclass(frozen=True)
class DemoReport:
    """What the demo did.

    Attributes:
        page: The study.
        seconds: By command; 0 for what an earlier call had finished.
        left_out: Why stages were left out; empty if none were.
    """

    page: Path
    seconds: dict[str, float]
    left_out: str


def can_train() -> bool:
    """Tell whether the packages of the extra ``train`` are there."""
    return all(find_spec(name) is not None for name in _TRAIN_PACKAGES)


def demo_stages(folder: Path, *, train: bool) -> Iterator[Stage]:
    """Yield the commands of the demo.

    Args:
        folder: Where everything goes.
        train: Whether to train and to ask the trained models.
    """
    for title, typed in _STAGES:
        yield _stage(title, typed, demo=folder)
    if train:
        yield from _training(folder / "runs")
    yield _stage("One page of everything", _STUDY, demo=folder)


_STAGES = (
    (
        "Render a world that is seen from the street and from above",
        "world render -o {demo}/world",
    ),
    (
        "Build candidate sets of four",
        "build-pairs --k 4 --ground {demo}/world/ground.parquet "
        "--satellite {demo}/world/satellite.parquet --split 80/10/10 --audit certificate "
        "-o {demo}/pairs",
    ),
    (
        "Audit them: a certificate by counting, and adversaries that look for shortcuts",
        "audit-pairs {demo}/pairs",
    ),
    (
        "Write reasoning traces, one in ten with a known error, and check every claim",
        "synth-cot --pairs {demo}/pairs --fact-check --inject-errors 0.1 -o {demo}/traces",
    ),
    (
        "Five benchmark families on their SAMPLE sets",
        "eval --suite geo-r1 --model majority -o {demo}/runs/suite",
    ),
)
_STUDY = "study {demo} -o {demo}/study.html --title Demo"
_ASK = (
    "eval pairing --data {pairs} --prompt {prompt} --limit 200 --max-tokens 64 "
    "--model hf:{runs}/{model}"
)


def _training(runs: Path) -> Iterator[Stage]:
    from geobench_tools.training import LaptopSpec, laptop_level
    from geobench_tools.training._laptop import laptop_prompt_file

    yield _stage(
        "Fine-tune a tiny model on traces that read and compare",
        "train sft -o {runs}/sft",
        runs=runs,
    )
    yield _stage(
        "Reinforce it by nothing but the choice of the right tile",
        "train grpo --model {runs}/sft/final -o {runs}/grpo",
        runs=runs,
    )
    given = {
        "runs": runs,
        "pairs": laptop_level(LaptopSpec()).pairs,
        "prompt": laptop_prompt_file(),
    }
    models = {"base": "sft/base", "sft": "sft/final", "grpo": "grpo/final"}
    for name, model in models.items():
        yield _stage(
            f"Ask the {name} model which tile shows the place, at places never trained on",
            f"{_ASK} -o {{runs}}/pairing-{name}",
            model=model,
            **given,
        )
    for probe in ("tiles-only", "shuffled-tiles"):
        yield _stage(
            f"Ask it again with the pictures withheld: {probe}",
            f"{_ASK} --probe {probe} -o {{runs}}/pairing-grpo-{probe}",
            model=models["grpo"],
            **given,
        )


def _stage(title: str, typed: str, **places: object) -> Stage:
    """Return a stage; places may hold blanks."""
    return Stage(title, tuple(word.format(**places) for word in typed.split()))


def run_demo(folder: Path, note: Callable[[str], None]) -> DemoReport:
    """Run every stage, one after the other; a second call goes on where the first one stopped.

    Args:
        folder: Where everything goes; made if it is not there.
        note: Told of each stage as it begins and ends.

    Raises:
        InputError: ``folder`` is a file.
        PartialFailure: A stage failed; it has said why on stderr.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file", hint="choose another -o")
    done = folder / _DONE
    done.mkdir(parents=True, exist_ok=True)
    train = can_train()
    seconds: dict[str, float] = {}
    for number, stage in enumerate(demo_stages(folder, train=train)):
        mark = done / f"{number:02d}-{stage.words[0]}"
        said = mark.read_text() if mark.is_file() and stage.words[0] != "study" else ""
        made = stage.whole is not None and stage.whole.exists()
        if said == stage.command or (made and said == _BEGUN + stage.command):
            seconds[stage.command] = 0.0
            continue
        if stage.whole and not made:
            _write(mark, _BEGUN + stage.command)
        note(f"\n{stage.title}\n$ {stage.command}")
        started = time.monotonic()
        words = (sys.executable, "-P", "-m", "geobench_tools", *stage.words)
        code = subprocess.run(words, stdout=_STDERR, check=False).returncode
        if code:
            hint = "see its message above; the same command goes on from here"
            if said.removeprefix(_BEGUN) not in ("", stage.command):
                hint = f"{folder} was made by other commands: remove it, or choose another -o"
            raise PartialFailure(f"{stage.command} ended with exit code {code}", hint=hint)
        seconds[stage.command] = time.monotonic() - started
        note(f"{seconds[stage.command]:,.0f} s")
        _write(mark, stage.command)
    left_out = "" if train else "training needs: pip install 'geobench-tools[train]'"
    return DemoReport(folder / "study.html", seconds, left_out)


def _write(mark: Path, text: str) -> None:
    with atomic_file(mark) as temporary:
        temporary.write_text(text)
