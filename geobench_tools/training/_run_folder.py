"""The folder of a training run: whose it is, its checkpoints, and its logs after a crash.

run/
  run.json  recipe.json   what was trained, on what, by what
  base/                   the untrained model, where the project made it
  checkpoints/checkpoint-N/   whole only if it holds complete.json
  metrics.jsonl  samples.jsonl  warnings.jsonl
  tensorboard/
  final/                  the trained model
  result.json             last: steps, seconds, accuracy
"""

import json
import shutil
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.files import atomic_file, lock_for_appending, remove_leftovers
from geobench_tools.provenance import Manifest, read_manifest, write_manifest
from geobench_tools.strictjson import parse_json

__all__ = ["LOGS", "RUN_KIND", "RunFolder"]

RUN_KIND = "training-run"
LOGS = ("metrics.jsonl", "samples.jsonl", "warnings.jsonl")
_COMPLETE = "complete.json"
_PREFIX = "checkpoint-"
_LOCK = ".lock"
_BEGUN = (_LOCK, "recipe.json")
"""What a run leaves that was killed as it began."""


class RunFolder:
    """The folder of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints = path / "checkpoints"
        self.final = path / "final"
        self.base = path / "base"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep the folder for this process, and remove what a kill left half-written in it.

        Raises:
            InputError: Another process trains there.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / _LOCK).open("a+b") as file:
            lock_for_appending(file, self.path)
            remove_leftovers(self.path)
            try:
                yield
            finally:
                if not (self.path / "run.json").is_file():
                    (self.path / _LOCK).unlink(missing_ok=True)
                    with suppress(OSError):
                        self.path.rmdir()

    def claim(self, manifest: Manifest, *, overwrite: bool = False) -> bool:
        """Make the folder this run's, or find that it is this run's already.

        Args:
            manifest: What the run is; ``parameters["identity"]`` is compared.
            overwrite: Remove another run that lies there.

        Returns:
            Whether a run with the same identity was there.

        Raises:
            InputError: Something else lies there.
        """
        if (self.path / "run.json").is_file():
            there = read_manifest(self.path / "run.json", RUN_KIND).parameters["identity"]
            here = json.loads(json.dumps(manifest.parameters["identity"]))
            if there == here:
                return True
            if not overwrite:
                raise self._other(there, here)
            for path in self.path.iterdir():
                if path.name != _LOCK:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        if self.path.exists() and any(p.name not in _BEGUN for p in self.path.iterdir()):
            raise InputError(
                f"{self.path} is not empty and holds no training run", hint="choose another -o"
            )
        self.path.mkdir(parents=True, exist_ok=True)
        recipe = manifest.parameters["recipe"]
        with atomic_file(self.path / "recipe.json") as temporary:
            temporary.write_text(json.dumps(recipe, indent=2, ensure_ascii=False) + "\n")
        write_manifest(manifest, self.path / "run.json")
        return False

    def _other(self, there: Mapping[str, Any], here: Mapping[str, Any]) -> InputError:
        different = [
            f"{name} is {there.get(name)!r} there and {here.get(name)!r} here"
            for name in sorted(there.keys() | here.keys())
            if there.get(name) != here.get(name)
        ]
        return InputError(
            f"{self.path} holds another run: {'; '.join(different)}",
            hint="choose another -o, or pass --overwrite to lose that run",
        )

    def result(self) -> dict[str, Any] | None:
        """Return what a finished run wrote last, or None."""
        path = self.path / "result.json"
        if not path.is_file() or not self.final.is_dir():
            return None
        return _document(path)

    def write(self, name: str, document: Mapping[str, Any]) -> None:
        """Write a JSON file of the run, atomically."""
        with atomic_file(self.path / name) as temporary:
            temporary.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")

    def read(self, name: str) -> dict[str, Any] | None:
        """Return a JSON file of the run, or None if it is not there."""
        path = self.path / name
        if not path.is_file():
            return None
        return _document(path)

    def last_metrics(self) -> dict[str, Any]:
        """Return the last line of ``metrics.jsonl``, or nothing."""
        path = self.path / "metrics.jsonl"
        if not path.is_file():
            return {}
        with path.open("rb") as lines:
            last = deque(lines, maxlen=1)
        return dict(parse_json(last[0])) if last else {}

    def mark_complete(self, step: int) -> None:
        """Note that all files of a checkpoint are written."""
        folder = self.checkpoints / f"{_PREFIX}{step}"
        files = (path for path in sorted(folder.rglob("*")) if path.is_file())
        sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
        with atomic_file(folder / _COMPLETE) as temporary:
            temporary.write_text(json.dumps({"step": step, "bytes": sizes}) + "\n")

    def last_checkpoint(self) -> tuple[Path, int] | None:
        """Return the newest whole checkpoint and its step."""
        for step in sorted(self._steps(), reverse=True):
            folder = self.checkpoints / f"{_PREFIX}{step}"
            if _is_whole(folder):
                return folder, step
        return None

    def rewind(self) -> int:
        """Remove what a crash left behind the last whole checkpoint; return its step, or 0.

        Broken checkpoints go, and log lines of steps that will be taken again.
        """
        last = self.last_checkpoint()
        step = last[1] if last else 0
        for other in self._steps():
            folder = self.checkpoints / f"{_PREFIX}{other}"
            if not _is_whole(folder):
                shutil.rmtree(folder)
        for name in LOGS:
            _keep_until(self.path / name, step)
        return step

    def _steps(self) -> list[int]:
        names = [path.name for path in self.checkpoints.glob(f"{_PREFIX}*") if path.is_dir()]
        return [int(n.removeprefix(_PREFIX)) for n in names if n.removeprefix(_PREFIX).isdigit()]


def _document(path: Path) -> dict[str, Any]:
    try:
        return dict(parse_json(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise InputError(
            f"{path} is damaged", hint="remove it; the same command writes it again"
        ) from None


def _is_whole(folder: Path) -> bool:
    try:
        sizes = parse_json((folder / _COMPLETE).read_text(encoding="utf-8"))["bytes"]
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _keep_until(path: Path, step: int) -> None:
    """Keep the lines of a log up to a step; a torn last line goes."""
    if not path.is_file():
        return
    kept = []
    for line in path.read_bytes().split(b"\n"):
        try:
            if parse_json(line)["step"] <= step:
                kept.append(line + b"\n")
        except (ValueError, KeyError, TypeError):
            continue
    with atomic_file(path) as temporary:
        temporary.write_bytes(b"".join(kept))
