"""``run.json``: what a run is, so that the same command resumes it and no other one does."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from geobench_tools.errors import InputError
from geobench_tools.evaluation._log import SAMPLES
from geobench_tools.evaluation._record import Benchmark, RunSpec
from geobench_tools.evaluation._totals import Totals
from geobench_tools.models import JSON, Model
from geobench_tools.provenance import Manifest, package_versions, read_manifest, write_manifest

__all__ = [
    "RUN",
    "RUN_KIND",
    "begin_run",
    "check_run",
    "end_run",
    "read_run",
    "run_identity",
    "run_manifest",
]

RUN = "run.json"
RUN_KIND = "evaluation-run"
_PACKAGES = (
    *("geobench-tools", "openai", "httpx2", "numpy", "pillow"),
    *("torch", "transformers", "vllm", "geoclip"),
)


def run_identity(spec: RunSpec, benchmark: Benchmark, model: Model) -> dict[str, JSON]:
    """Return what must be equal for a directory to be resumed."""
    return {
        "benchmark": {"name": benchmark.name, **benchmark.identity},
        "model": model.identity,
        "sampling": spec.sampling.document(),
        "max_side_px": spec.max_side_px,
        "shard": str(spec.shard) if spec.shard else None,
    }


def run_manifest(
    spec: RunSpec, identity: Mapping[str, JSON], endpoint: Mapping[str, JSON]
) -> Manifest:
    """Return the manifest of a run that begins."""
    parameters = {
        "identity": identity,
        "endpoint": endpoint,
        "runs": spec.runs,
        "limit": spec.limit,
        "concurrency": spec.concurrency,
        "max_attempts": spec.max_attempts,
        "patience_s": spec.patience_s,
        "prices": asdict(spec.prices) if spec.prices else None,
    }
    made = Manifest(
        RUN_KIND,
        parameters,
        seed=spec.sampling.seed,
        packages=package_versions(_PACKAGES),
    )
    return replace(made, run={**made.run, "state": "running"})


def check_run(folder: Path, identity: Mapping[str, JSON]) -> None:
    """Check that a directory is new, or holds this very run or one without any record.

    Raises:
        InputError: It holds another run, or something that is no run.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file", hint="choose another output")
    if (folder / RUN).exists():
        before = read_run(folder)
        if (folder / SAMPLES).exists() and (folder / SAMPLES).stat().st_size:
            _check_same(folder, before, identity)
    elif folder.exists() and any(map(_holds_something, folder.iterdir())):
        raise InputError(f"{folder} is not empty and holds no {RUN}", hint="choose another output")


def _holds_something(path: Path) -> bool:
    """Tell a file with content from what a run leaves that was killed as it began."""
    begun = path.name.startswith(f".{RUN}.") or (path.is_file() and not path.stat().st_size)
    return not begun


def begin_run(folder: Path, manifest: Manifest) -> None:
    """Write ``run.json`` of a run that begins or goes on."""
    write_manifest(manifest, folder / RUN)


def end_run(folder: Path, manifest: Manifest, totals: Totals, state: str, samples: str) -> None:
    """Write ``run.json`` of a run that has ended.

    Args:
        folder: The run directory.
        manifest: As it was at the beginning.
        totals: Of the final records.
        state: ``finished``, ``interrupted``, ``stopped`` or ``failed``.
        samples: Digest of the sample list; empty if not all samples were seen.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    facts = {**manifest.run, "state": state, "ended_at": now}
    if totals.cost is not None:
        prices = manifest.parameters["prices"]
        facts["cost"] = f"{totals.cost:.6f} {prices['currency'] if prices else 'as charged'}"
    outputs = {"samples": samples} if samples else {}
    ended = replace(manifest, counts=totals.document(), outputs=outputs, run=facts)
    write_manifest(ended, folder / RUN)


def read_run(folder: Path) -> Manifest:
    """Read the manifest of a run directory.

    Raises:
        InputError: It is none.
    """
    return read_manifest(folder / RUN, RUN_KIND)


def _check_same(folder: Path, old: Manifest, identity: Mapping[str, JSON]) -> None:
    before = _leaves(old.parameters.get("identity"))
    now = _leaves(json.loads(json.dumps(identity)))
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            raise InputError(
                f"{folder} holds another run: its {name} is {_shown(before, name)}, "
                f"this one's is {_shown(now, name)}",
                hint="choose another output to start a new run",
            )


def _leaves(value: JSON, name: str = "") -> dict[str, JSON]:
    if not isinstance(value, Mapping):
        return {name: value}
    leaves: dict[str, JSON] = {}
    for key, inner in value.items():
        leaves |= _leaves(inner, f"{name} {key}".strip())
    return leaves


def _shown(leaves: Mapping[str, JSON], name: str) -> str:
    return json.dumps(leaves.get(name), ensure_ascii=False)[:100]
